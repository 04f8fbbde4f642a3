"""Capacity of Azure resources: AKS clusters and node pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group
from guardrail.normalise.terraform.machines import Machine, machine_of
from guardrail.normalise.terraform.values import flag, text, whole
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.values import Values

__all__ = ["cluster", "node_pool", "virtual_machine"]

_AUTOSCALING = ("auto_scaling_enabled", "enable_auto_scaling")  # azurerm 4 and later; before it


def node_pool(change: Change, values: Values, joins: Joins) -> Capacity:
    """An AKS node pool; sizes are totals over all zones."""
    smallest = 1 if values.get("mode") == "System" else 0
    group = _group("nodes", values, smallest)
    return Capacity((group,), autoscaled=_autoscaled(values), cluster=_cluster_name(change, values, joins), blame=_blame(values))


def cluster(change: Change, values: Values, joins: Joins) -> Capacity:
    """An AKS cluster with its default pool; node auto-provisioning adds machines without a limit in the plan."""
    del change, joins
    pool = values.block("default_node_pool")
    groups: list[Group] = []
    if isinstance(pool, Unknown):
        groups.append(Group("default", machine_of("azure", pool), pool, pool, pool, pool))
    elif pool is not None:
        groups.append(_group("default", pool, 1))
    profile = values.block("node_provisioning_profile")
    mode = profile if isinstance(profile, Unknown) or profile is None else profile.get("mode")
    if mode == "Auto" or isinstance(mode, Unknown):
        unknown = mode if isinstance(mode, Unknown) else Unknown(("node auto-provisioning",))
        groups.append(Group("auto-provisioning", Machine(None, unread=unknown), 0, UNBOUNDED, 0, bounded=False))
    known_pool = pool if pool is not None and not isinstance(pool, Unknown) else None
    return Capacity(
        tuple(groups), autoscaled=known_pool is not None and _autoscaled(known_pool), blame=_blame(known_pool) if known_pool else {}
    )


def virtual_machine(change: Change, values: Values, joins: Joins) -> Capacity:
    """One machine of its size."""
    del change, joins
    at = values.point("size")
    machine = machine_of("azure", text(values.get("size")))
    return Capacity((Group("instance", machine, 1, 1, 1),), blame={"gpu": at, "uses_gpu": at, "instance_types": at})


def _autoscaled(values: Values) -> bool:
    return any(flag(values.get(name)) is True for name in _AUTOSCALING) and whole(values.get("max_count")) != 0


def _group(name: str, values: Values, smallest: int) -> Group:
    machine = machine_of("azure", text(values.get("vm_size")))
    fixed = whole(values.get("node_count"))
    switches = [flag(values.get(switch)) for switch in _AUTOSCALING]
    unknown = next((switch for switch in switches if isinstance(switch, Unknown)), None)
    if unknown is not None:
        return Group(name, machine, unknown, unknown, unknown, unknown)
    low, high = whole(values.get("min_count")), whole(values.get("max_count"))
    if True in switches and high != 0:  # a maximum of 0 says that autoscaling is off
        floor = 0 if low is None else low
        bounded = high if isinstance(high, Unknown) else high is not None
        return Group(name, machine, floor, UNBOUNDED if high is None else high, floor if fixed is None else fixed, bounded)
    size = smallest if fixed is None else fixed
    return Group(name, machine, size, size, size, fixed if isinstance(fixed, Unknown) else fixed is not None)


def _cluster_name(change: Change, values: Values, joins: Joins) -> str | Unknown | None:
    named = text(values.get("kubernetes_cluster_id"))
    if isinstance(named, str):
        return named.rsplit("/", 1)[-1]
    for found in joins.linked(change, values, "kubernetes_cluster_id", ("azurerm_kubernetes_cluster",)):
        name = text(found.now.get("name"))
        if isinstance(name, str):
            return name
    return named


def _blame(values: Values) -> dict[str, str]:
    limit = values.point("max_count" if _autoscaled(values) else "node_count")
    size = values.point("vm_size")
    return {
        "units": limit,
        "units.min": values.point("min_count" if _autoscaled(values) else "node_count"),
        "gpu.total_max": limit,
        "gpu": size,
        "uses_gpu": size,
        "instance_types": size,
    }
