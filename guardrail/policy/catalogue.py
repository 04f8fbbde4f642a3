"""The product's own tables that parameters and profiles default to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CATALOGUE",
    "CATEGORIES",
    "CHECKPOINT_ARGS",
    "CHECKPOINT_ENV",
    "DECLARATIONS",
    "GLOBAL_TYPES",
    "GPU_SYSTEM_NAMESPACES",
    "SYSTEM_NAMESPACES",
    "TAG_KEYS",
    "TAG_SETS",
]

_CANONICAL_KEYS = (
    "team",
    "project",
    "environment",
    "cost-center",
    "owner",
    "workload-type",
    "service",
    "model",
    "experiment-id",
    "run-id",
    "criticality",
    "data-sensitivity",
    "purpose",
    "lifecycle",
    "shared-cost-rule",
)


def _camel(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("-"))


TAG_KEYS: Mapping[str, Mapping[str, list[str]]] = {
    key: {"kubernetes": [key], "aws": [_camel(key)], "google": [key], "azure": [_camel(key)]} for key in _CANONICAL_KEYS
}
"""Accepted spellings of canonical tag keys: labels in kebab-case, AWS and Azure tags in CamelCase."""

SYSTEM_NAMESPACES = ("kube-system", "kube-node-lease", "kube-public", "cert-manager", "karpenter", "kueue-system", "guardrail-system")
GPU_SYSTEM_NAMESPACES = ("gpu-operator", "nvidia-device-plugin", "dcgm-exporter")

GLOBAL_TYPES = (
    "aws_iam_*",
    "aws_route53_*",
    "aws_cloudfront_*",
    "aws_budgets_budget",
    "aws_ce_*",
    "google_dns_*",
    "google_billing_budget",
    "azurerm_consumption_budget_*",
)
"""Globs of Terraform types that live in no region."""

DECLARATIONS: Mapping[str, str] = {
    "kubernetes": "guardrail.dev/{key}",
    "aws": "guardrail:{key}",
    "google": "guardrail-{key}",
    "azure": "guardrail-{key}",
}
"""How a declaration is spelled: annotations, AWS and Azure tags, Google labels and instance metadata."""

CHECKPOINT_ENV = ("CHECKPOINT_DIR", "CHECKPOINT_URI", "CHECKPOINT_PATH", "CKPT_DIR", "CKPT_PATH", "OUTPUT_DIR")
CHECKPOINT_ARGS = (
    "--checkpoint-dir",
    "--checkpoint-path",
    "--ckpt-dir",
    "--ckpt-path",
    "--output-dir",
    "--save-dir",
    "--save",
    "--default-root-dir",
    "--resume-from-checkpoint",
)
"""Variables and flags by which training frameworks are told where checkpoints go; a dash and an underscore are the same."""

TAG_SETS = ("base", "compute", "serving", "data", "namespace", "gpu", "training")
"""The sets of required tag keys that the shipped rules know."""

_RUNS = ["base", "compute"]
_HOLDS_DATA = ["base", "data"]
_CLASS_SETS: Mapping[str, list[str]] = {
    **dict.fromkeys(("compute", "batch", "notebook", "pool"), _RUNS),
    "serving": [*_RUNS, "serving"],
    **dict.fromkeys(("volume", "object-store", "file-store", "database"), _HOLDS_DATA),
    "namespace": ["namespace"],
}
"""The sets that a class of resources needs; a class that is not listed needs `base`."""

CATEGORIES = (
    "tagging",
    "regions",
    "gpu",
    "quota",
    "replicas",
    "autoscaling",
    "spot",
    "batch",
    "lifecycle",
    "network",
    "storage",
    "security",
    "cost",
    "scheduling",
    "environments",
    "hygiene",
)
"""The categories of the shipped rules, those of later versions too: a profile may name them before they come."""

_PLACEHOLDERS = ["todo", "tbd", "none", "na", "unknown", "changeme", "default"]
"""Values of tags that say nothing, in lower case."""

CATALOGUE: Mapping[str, object] = {
    "tag-keys": TAG_KEYS,
    "class-sets": _CLASS_SETS,
    "placeholders": _PLACEHOLDERS,
}
"""What `default: {catalogue: name}` of a parameter may name."""
