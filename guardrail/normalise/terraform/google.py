"""Capacity of Google Cloud resources: instances and GKE node pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.catalogue.places import canonical_region, region_of_zone
from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group
from guardrail.normalise.terraform.machines import Machine, attached, machine_of
from guardrail.normalise.terraform.values import Values, flag, text, whole
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins

__all__ = ["compute_instance", "may_run_nodes", "node_pool"]

_GKE_DEFAULT_TYPE = "e2-medium"
_ZONES_OF_A_REGIONAL_CLUSTER = 3  # what GKE takes without node_locations; a few regions have another number
_OFF = {"TERMINATED", "SUSPENDED"}


def compute_instance(change: Change, values: Values, joins: Joins) -> Capacity:
    """One machine with the accelerators of its type, else those attached to it."""
    del change, joins
    machine = _machine(values, None)
    at = values.point("guest_accelerator" if _has_blocks(values, "guest_accelerator") else "machine_type")
    status = text(values.get("desired_status"))
    suspended = status if isinstance(status, Unknown) else status in _OFF
    return Capacity(
        (Group("instance", machine, 1, 1, 1),), suspended=suspended, blame={"gpu": at, "instance_types": values.point("machine_type")}
    )


def node_pool(change: Change, values: Values, joins: Joins) -> Capacity:
    """A GKE node pool: sizes are per zone, except the totals. A 0 of the pair that is not used is no limit."""
    config = values.block("node_config")
    machine = machine_of("google", config) if isinstance(config, Unknown) else _machine(config, _GKE_DEFAULT_TYPE)
    clusters = joins.linked(change, values, "cluster", ("google_container_cluster",))
    zones = _zones(values, clusters[0].now if clusters else None)
    fixed, written = _fixed_size(values)
    fixed = _times(fixed, zones)
    scaling = values.block("autoscaling", computed=False)
    low, high, bounded, at = fixed, fixed, written, "node_count"
    if isinstance(scaling, Unknown):
        low, high, bounded, at = scaling, scaling, scaling, "autoscaling"
    elif scaling is not None:
        total, per_zone = _limit(scaling, "total_max_node_count"), _limit(scaling, "max_node_count")
        limit = total if total is not None else _times(per_zone, zones) if per_zone is not None else None
        if limit is not None:
            high, bounded = limit, True if not isinstance(limit, Unknown) else limit
            low = _lowest(scaling, zones)
            at = f"autoscaling/0/{'total_max_node_count' if total is not None else 'max_node_count'}"
        elif written is False:
            low, high, at = _lowest(scaling, zones), UNBOUNDED, "autoscaling"
    desired = fixed if written is True or scaling is None else low
    blame = _blame(values, at, config)
    cluster = _cluster_name(values, clusters)
    return Capacity((Group("nodes", machine, low, high, desired, bounded),), autoscaled=scaling is not None, cluster=cluster, blame=blame)


def may_run_nodes(values: Values) -> bool | Unknown:
    """Whether a cluster may run nodes of its own: a default pool, inline pools or auto-provisioning."""
    if _has_blocks(values, "node_pool") and flag(values.get("remove_default_node_pool")) is not True:
        return True
    scaling = values.block("cluster_autoscaling")
    provisioned = scaling if isinstance(scaling, Unknown) or scaling is None else flag(scaling.get("enabled"))
    if isinstance(provisioned, Unknown) or provisioned is True:
        return provisioned
    removed = flag(values.get("remove_default_node_pool"))
    autopilot = flag(values.get("enable_autopilot"))
    return removed if isinstance(removed, Unknown) else not removed and autopilot is not True


def _machine(values: Values | None, default: str | None) -> Machine:
    type_ = text(values.get("machine_type")) if values is not None else None
    type_ = default if type_ is None else type_
    machine = machine_of("google", type_.rsplit("/", 1)[-1] if isinstance(type_, str) else type_)
    accelerators = values.blocks("guest_accelerator") if values is not None else []
    if isinstance(accelerators, Unknown):
        return (
            machine
            if machine.devices
            else Machine(machine.type, unread=accelerators if machine.unread is None else machine.unread | accelerators)
        )
    base = machine
    for accelerator in accelerators:
        added = attached(base, text(accelerator.get("type")), whole(accelerator.get("count")))
        machine = Machine(machine.type, machine.devices + (added.devices if not base.devices else ()), machine.unread)
    return machine


def _has_blocks(values: Values, name: str) -> bool:
    found = values.blocks(name)
    return isinstance(found, Unknown) or bool(found)


def _fixed_size(values: Values) -> tuple[int | Unknown, bool | Unknown]:
    """Nodes per zone without autoscaling, and whether the number is written."""
    for name in ("node_count", "initial_node_count"):
        found = whole(values.get(name))
        if isinstance(found, Unknown):
            return found, found
        if found is not None:
            return found, True
    return 0, False


def _limit(scaling: Values, name: str) -> int | Unknown | None:
    """A limit of the autoscaling block; null and 0 are none."""
    found = whole(scaling.get(name))
    return None if found == 0 else found


def _lowest(scaling: Values, zones: int | Unknown) -> int | Unknown:
    total = _limit(scaling, "total_min_node_count")
    per_zone = _limit(scaling, "min_node_count")
    return total if total is not None else _times(0 if per_zone is None else per_zone, zones)


def _times(nodes: int | Unknown, zones: int | Unknown) -> int | Unknown:
    if nodes == 0:
        return 0
    if isinstance(nodes, Unknown):
        return nodes | zones if isinstance(zones, Unknown) else nodes
    return zones if isinstance(zones, Unknown) else min(nodes * zones, UNBOUNDED)


def _zones(values: Values, cluster: Values | None) -> int | Unknown:
    """The zones of a pool: its own, else those of its cluster, else three in a region and one in a zone."""
    own = values.get("node_locations")
    if isinstance(own, Unknown):
        return own
    if isinstance(own, list) and own:
        return len(own)
    location = text(values.get("location"))
    if cluster is not None:
        location = location if isinstance(location, str) else text(cluster.get("location"))
        listed = cluster.get("node_locations")
        if isinstance(listed, Unknown):
            return listed
        if isinstance(listed, list) and listed:
            return len(listed) + (1 if _is_zone(location) else 0)
    location = _location_in(values.get("cluster")) if location is None else location
    if isinstance(location, Unknown):
        return location
    return 1 if _is_zone(location) else _ZONES_OF_A_REGIONAL_CLUSTER


def _location_in(link: object) -> str | None:
    """The location in the full name of a cluster (`projects/p/locations/europe-west4/clusters/ml`)."""
    _, found, rest = link.partition("/locations/") if isinstance(link, str) else ("", "", "")
    return rest.split("/", 1)[0] if found else None


def _is_zone(location: object) -> bool:
    if not isinstance(location, str) or canonical_region("google", location) is not None:
        return False
    return region_of_zone("google", location) is not None


def _cluster_name(values: Values, clusters: list[Change]) -> str | Unknown | None:
    named = text(values.get("cluster"))
    if isinstance(named, str):
        return named.rsplit("/", 1)[-1]
    known = (text(cluster.now.get("name")) for cluster in clusters)
    return next((name for name in known if isinstance(name, str)), named)


def _blame(values: Values, at: str, config: Values | Unknown | None) -> dict[str, str]:
    limit = f"{values.pointer}/{at}"
    machine = config if isinstance(config, Values) else None
    type_at = machine.point("machine_type") if machine else values.point("node_config")
    gpu_at = machine.point("guest_accelerator") if machine and _has_blocks(machine, "guest_accelerator") else type_at
    return {"units": limit, "gpu.total_max": limit, "gpu": gpu_at, "uses_gpu": gpu_at, "instance_types": type_at}
