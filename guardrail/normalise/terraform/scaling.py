"""Autoscalers of plans that name no machines themselves: what they scale to is written, what one unit is stands elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group
from guardrail.normalise.terraform.machines import BARE, Machine
from guardrail.normalise.terraform.values import text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.terraform.capacity import Count
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.values import Values

__all__ = ["application_target", "instance_group_autoscaler"]

_UNITS: Mapping[str, str | None] = {
    "ecs": "aws_ecs_service",
    "sagemaker": "aws_sagemaker_endpoint",
    "ec2": "aws_spot_fleet_request",
    "appstream": "aws_appstream_fleet",
    "elasticmapreduce": "aws_emr_instance_group",
    "rds": None,
    "elasticache": None,
    "neptune": None,
}
"""Namespaces of Application Auto Scaling that count tasks, instances or replicas, with the type that runs them; None: no accelerators.

The others (DynamoDB, Lambda, Keyspaces, MSK, Comprehend…) count throughput, storage or concurrency, which no cap on replicas is about.
Source: the `ServiceNamespace` and `ScalableDimension` values of the Application Auto Scaling API, state of 2026-11.
"""


def application_target(change: Change, values: Values, joins: Joins) -> Capacity | None:
    """`aws_appautoscaling_target`; None where what it counts is not known to be units."""
    del change, joins
    namespace = text(values.get("service_namespace"))
    if not isinstance(namespace, str) or namespace not in _UNITS:
        return None
    type_ = _UNITS[namespace]
    machine = BARE if type_ is None else Machine(None, unread=Unknown((f"type {type_}",)))
    return _scaled(machine, whole(values.get("min_capacity")), whole(values.get("max_capacity")), values, ("min_capacity", "max_capacity"))


def instance_group_autoscaler(change: Change, values: Values, joins: Joins) -> Capacity | None:
    """`google_compute_autoscaler` and its regional kin, which scale managed instance groups."""
    del change, joins
    policy = values.block("autoscaling_policy")
    if policy is None:
        return None
    machine = Machine(None, unread=Unknown(("type google_compute_instance_group_manager",)))
    if isinstance(policy, Unknown):
        return _scaled(machine, policy, policy, values, ("autoscaling_policy", "autoscaling_policy"))
    low, high = whole(policy.get("min_replicas")), whole(policy.get("max_replicas"))
    return _scaled(machine, low, high, policy, ("min_replicas", "max_replicas"))


def _scaled(machine: Machine, low: Count | None, high: Count | None, values: Values, names: tuple[str, str]) -> Capacity | None:
    if low is None or high is None:  # both are required; a plan without them is damaged
        return None
    least, most = (values.point(name) for name in names)
    blame = {"units": most, "units.min": least, "gpu": most, "uses_gpu": most}
    return Capacity((Group("target", machine, low, high, low),), autoscaled=True, blame=blame)
