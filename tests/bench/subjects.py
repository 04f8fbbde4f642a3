"""What the bench measures on, made when it runs: rule sets, a plan, objects."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from guardrail.policy.sources import PolicySource

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["deployment", "large_plan", "neutral_rules", "single_rules", "write_policies"]

_WORKLOADS = '["Deployment", "StatefulSet", "DaemonSet"]'
_EACH = "!has(object.spec.template) || object.spec.template.spec.containers.all(c, {})"
_LABELS = [
    "name",
    "instance",
    "version",
    "component",
    "part-of",
    "managed-by",
    "team",
    "owner",
    "tier",
    "env",
    "zone",
    "app",
    "release",
    "track",
    "unit",
]
_NOTES = ["contact", "runbook", "source", "docs", "oncall", "cost", "review", "build", "commit", "ticket"]
_REGISTRIES = [
    "docker.io",
    "quay.io",
    "ghcr.io",
    "gcr.io",
    "k8s.gcr.io",
    "registry.k8s.io",
    "public.ecr.aws",
    "mcr.microsoft.com",
    "nvcr.io",
    "icr.io",
]


def _policy(name: str, expression: str, **spec: Any) -> PolicySource:
    document = {
        "apiVersion": "guardrail.dev/v1",
        "kind": "Policy",
        "metadata": {"name": name},
        "spec": {
            "version": 1,
            "title": f"Rule {name}",
            "category": "bench",
            "severity": "low",
            "targets": ["kubernetes"],
            "actions": {"default": "warn"},
            "validations": [{"name": "holds", "expression": expression, "message": f"{name} does not hold", "field": "resource.name"}],
            "noProfile": {"action": "warn"},
            **spec,
        },
    }
    return PolicySource(f"{name}/policy.yaml", json.dumps(document))


def neutral_rules() -> list[PolicySource]:
    """50 rules such as every policy tool has: labels, annotations, limits, probes, registries."""
    rules = {
        f"label-{key}": f'has(object.metadata.labels) && object.metadata.labels != null && "{key}" in object.metadata.labels'
        for key in _LABELS
    }
    rules |= {
        f"note-{key}": f'has(object.metadata.annotations) && object.metadata.annotations != null && "{key}" in object.metadata.annotations'
        for key in _NOTES
    }
    for part in ("requests", "limits"):
        for what in ("cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu"):
            name = f"{part}-{what}".lower().replace(".", "-").replace("/", "-")
            rules[name] = _EACH.format(f'has(c.resources) && has(c.resources.{part}) && "{what}" in c.resources.{part}')
    for probe in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "securityContext"):
        rules[f"has-{probe.lower()}"] = _EACH.format(f"has(c.{probe})")
    for registry in _REGISTRIES:
        rules[f"not-from-{registry.replace('.', '-')}"] = _EACH.format(f'!has(c.image) || !c.image.startsWith("{registry}/")')
    conditions = [{"name": "workloads", "expression": f"object.kind in {_WORKLOADS}"}]
    return [_policy(name, expression, matchConditions=conditions) for name, expression in rules.items()]


def single_rules(count: int, *, matching: int) -> list[PolicySource]:
    """Rules of which some match a Deployment (class serving) and the others never do."""
    return [
        _policy(f"rule-{at}", f"resource.units.max < {1000 + at}", match={"classes": ["serving"] if at < matching else ["budget"]})
        for at in range(count)
    ]


def write_policies(sources: list[PolicySource], folder: Path) -> None:
    """As files that `--policies` takes."""
    for source in sources:
        file = folder / source.path
        file.parent.mkdir(parents=True)
        file.write_text(source.text, "utf-8")


def large_plan(fixture: Path, size: int) -> str:
    """A plan of at least some bytes: the changes of a fixture, again and again under other addresses."""
    plan = json.loads(fixture.read_text("utf-8"))
    changes, total = plan["resource_changes"], 0
    made: list[Any] = []
    while total < size:
        change = copy.deepcopy(changes[len(made) % len(changes)])
        change["address"] = f"{change['address']}_{len(made)}"
        made.append(change)
        total += len(json.dumps(change))
    return json.dumps({**plan, "resource_changes": made})


def deployment(containers: int) -> dict[str, Any]:
    """A Deployment with accelerators."""
    limits = {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "ml", "labels": {"team": "search", "environment": "dev", "cost-center": "cc-1"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web", "team": "search"}},
                "spec": {
                    "containers": [
                        {"name": f"c{at}", "image": f"registry.example/web:{at}", "resources": {"limits": limits, "requests": limits}}
                        for at in range(containers)
                    ]
                },
            },
        },
    }
