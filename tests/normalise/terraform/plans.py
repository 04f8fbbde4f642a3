"""Small plans to test with: only what a test is about is written, the rest of a plan's shape is filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from guardrail.facts import Environments, Facts
from guardrail.model import Note, Origin, Plan, Resource
from guardrail.normalise.terraform import normalise_plan
from guardrail.normalise.terraform.addresses import parse_address

FACTS = Facts(
    now=datetime(2026, 11, 25, tzinfo=UTC),
    environments=Environments(
        order=("dev", "prod"), aliases={"dev": "dev", "prod": "prod", "production": "prod"}, accounts={"333333333333": "prod"}
    ),
    spellings={
        key: {"aws": (aws,), "azure": (aws,), "google": (key,), "kubernetes": (key,)}
        for key, aws in {"team": "Team", "environment": "Environment", "cost-center": "CostCenter", "workload-type": "WorkloadType"}.items()
    },
    global_types=("aws_iam_*",),
)

EKS = {"scaling_config": [{"min_size": 0, "max_size": 4, "desired_size": 1}], "cluster_name": "ml"}
NODES = {"location": "europe-west4", "node_config": [{"machine_type": "g2-standard-12", "guest_accelerator": []}], "cluster": "ml"}
PROVIDERS = {
    "aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-central-1"}}},
    "google": {"name": "google", "expressions": {"region": {"constant_value": "europe-west4"}}},
}


def change(  # noqa: PLR0913 - the members of a change, by their names in a plan
    address: str,
    after: dict[str, Any] | None = None,
    *,
    unknown: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    actions: tuple[str, ...] = ("create",),
    sensitive: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """One entry of `resource_changes`; `more` are further members of the entry."""
    parsed = parse_address(address)
    assert parsed is not None
    return {
        "address": address,
        "mode": "managed",
        "type": parsed.type,
        "name": parsed.name,
        **({} if parsed.key is None else {"index": parsed.key}),
        "provider_name": f"registry.terraform.io/hashicorp/{parsed.type.split('_')[0]}",
        "change": {
            "actions": list(actions),
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "before_sensitive": {},
            "after_sensitive": sensitive or {},
        },
        **more,
    }


def block(name: str, expressions: dict[str, Any] | None = None, *, provider: str = "", **more: Any) -> dict[str, Any]:
    """One resource block of the configuration; a plain value stands for a constant, a tuple for references."""
    type_, _, label = name.partition(".")
    return {
        "address": name,
        "mode": "managed",
        "type": type_,
        "name": label,
        "provider_config_key": provider or type_.split("_", maxsplit=1)[0],
        "expressions": {key: expression(value) for key, value in (expressions or {}).items()},
        **more,
    }


def expression(value: Any) -> Any:
    """A constant, the references of a tuple, or nested blocks."""
    if isinstance(value, tuple):
        return {"references": list(value)}
    if isinstance(value, list) and all(isinstance(member, dict) for member in value):
        return [{key: expression(inner) for key, inner in member.items()} for member in value]
    return {"constant_value": value}


def document(
    *changes: dict[str, Any],
    blocks: list[dict[str, Any]] | None = None,
    providers: dict[str, Any] | None = None,
    root: dict[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    """A whole plan. Without `blocks` every root resource gets an empty one; `root` adds to the root module."""
    written = blocks if blocks is not None else [block(f"{entry['type']}.{entry['name']}") for entry in changes]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(changes),
        "configuration": {
            "provider_config": PROVIDERS if providers is None else providers,
            "root_module": {"resources": written, **(root or {})},
        },
        **top,
    }


def normalise(plan: dict[str, Any], facts: Facts = FACTS) -> tuple[dict[str, Resource], list[Note]]:
    """The resources of a plan by address, and its notes."""
    resources, notes = normalise_plan(Plan(plan, Origin("plan.json")), facts)
    return {resource.identity.id: resource for resource in resources}, notes


def only(plan: dict[str, Any], facts: Facts = FACTS) -> Resource:
    """The first resource of a plan."""
    return next(iter(normalise(plan, facts)[0].values()))


def asg(**after: Any) -> dict[str, Any]:
    return change("aws_autoscaling_group.g", {"name": "g", "min_size": 1, "max_size": 6, "desired_capacity": None, **after})


def override(**members: Any) -> dict[str, Any]:
    return {"instance_type": None, "weighted_capacity": None, **members}


def mixed(*overrides: dict[str, Any]) -> dict[str, Any]:
    specification = [{"launch_template_name": "t"}]
    return {
        "mixed_instances_policy": [{"launch_template": [{"launch_template_specification": specification, "override": list(overrides)}]}]
    }
