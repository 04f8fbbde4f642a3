"""Puts the view of one object together."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from guardrail.attribution import declared_durations, declared_role
from guardrail.catalogue.kinds import Reading
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.autoscaling import is_autoscaler
from guardrail.normalise.kubernetes.jobs import NO_JOB, job_facts
from guardrail.normalise.kubernetes.labels import workload_class
from guardrail.normalise.kubernetes.placement import ANYWHERE, instance_types_of, regions_of
from guardrail.normalise.kubernetes.signals import signals_of
from guardrail.normalise.kubernetes.units import spec_of, surge_of
from guardrail.view.schema import blank_view, unknown_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.kubernetes.autoscaling import Scaler
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.labels import Labels
    from guardrail.normalise.kubernetes.places import ClusterFacts
    from guardrail.normalise.kubernetes.workloads import Workload

__all__ = ["autoscaled", "autoscaled_numbers", "autoscaler_view", "object_view", "with_unknowns"]

_MAIN = "main"


@cache
def _blank() -> Mapping[str, Any]:
    """Shared by all views: nothing changes a value of it, keys are replaced."""
    return blank_view()


def with_unknowns(view: dict[str, Any]) -> dict[str, Any]:
    """The view with its unknown paths; the last step of making one."""
    view["unknown"] = unknown_paths(view)
    return view


def object_view(head: Head, workload: Workload, labels: Labels, cluster: ClusterFacts, surface: str) -> dict[str, Any]:
    """The view of an object without its autoscaler and target, its unknown paths not yet listed."""
    view = {**_blank(), **_identity(head, workload, labels, surface), **_attribution(head, labels), **_place(workload, cluster)}
    if isinstance(labels.workload_type, Unknown) or labels.workload_type:
        view["workload_type"] = labels.workload_type
    view.update(_numbers(workload, autoscaled=False))
    view["containers"] = workload.containers.listed if workload.unread is None else workload.unread
    role = workload.capacity_role if (declared := declared_role(labels.declared)) is None else declared
    if role is not None:
        view["capacity_role"] = role
    if is_autoscaler(head):
        view["signals"] = signals_of(head)
    view["instance_types"] = types = [] if workload.placement is ANYWHERE else instance_types_of(workload.placement)
    view["pod_sets"] = _pod_sets(workload, types)
    view["purchase"], view["pod"] = workload.purchase, {"restart_policy": workload.restart_policy}
    job = job_facts(head, workload) if workload.has_pods or workload.unread is not None else NO_JOB
    view["batch"] = {**view["batch"], **job.fields()}
    return view


def _identity(head: Head, workload: Workload, labels: Labels, surface: str) -> dict[str, Any]:
    unread = head.kind_facts.reading is Reading.LATER
    view: dict[str, Any] = {
        "source": "kubernetes",
        "surface": surface,
        "provider": "kubernetes",
        "kind": head.kind,
        "group": head.group,
        "class": "other" if unread else workload_class(head.kind_facts.kind_class, labels.workload_type),
        "controller": "none" if unread else head.kind_facts.controller,
        "billable": head.kind_facts.billable,
        "id": head.id,
        "operation": "create",
        "controlled": False,
        "taggable": True,
        "suspended": _suspended(head) if workload.has_pods else False,
    }
    if head.name is not None:
        view["name"] = head.name
    if head.namespace is not None:
        view["namespace"] = head.namespace
    return view


def _suspended(head: Head) -> bool | Unknown:
    spec = spec_of(head) if head.kind in {"Job", "CronJob"} else {}
    return spec if isinstance(spec, Unknown) else head.reader.flag(spec, "suspend", "/spec")


def _attribution(head: Head, labels: Labels) -> dict[str, Any]:
    return {
        "declared": labels.declared,
        "declared_s": declared_durations(labels.declared),
        "tags": labels.tags,
        "tags_open": labels.tags.unlisted is not None,
        "raw_tags": head.labels,
        "tag_conflicts": labels.conflicts,
        "unclaimed_keys": labels.unclaimed,
        "environment": labels.environment.name,
        "environments": list(labels.environment.candidates),
        "environment_source": labels.environment.source,
    }


def _place(workload: Workload, cluster: ClusterFacts) -> dict[str, Any]:
    """The cluster's region, and the regions of the zones that the pods must be in."""
    place: dict[str, Any] = {"cluster": cluster.cluster, "region": cluster.region}
    if cluster.account is not None:
        place["account"] = cluster.account
    if not isinstance(cluster.region, Unknown):
        place["region_source"] = "cluster"
    pinned = [] if workload.placement is ANYWHERE else regions_of(workload.placement)
    if workload.placement.doubt is not None:
        pinned.append(workload.placement.doubt)
    others = [region for region in pinned if region != cluster.region]
    if others:
        place["regions"] = [*others, cluster.region] if isinstance(cluster.region, Unknown) else [cluster.region, *others]
    else:
        place["regions"] = cluster.region if isinstance(cluster.region, Unknown) else [cluster.region]
    return place


def _numbers(workload: Workload, *, autoscaled: bool) -> dict[str, Any]:
    devices, units, unread = workload.devices, workload.units, workload.unread
    peak = _sum(units.high, units.surge)
    return {
        "uses_gpu": devices.used,
        "gpu": {
            "count": devices.total(1),
            "devices": devices.listed if devices.listed or devices.doubt is None else devices.doubt,
            "families": devices.families,
            "by_family": devices.totals(peak),
            "vendors": devices.vendors,
            "bypass": workload.containers.bypass if unread is None else unread,
            "bypass_by": workload.containers.bypass_by if unread is None else unread,
            "total_min": devices.total(units.low),
            "total_max": devices.total(peak),
        },
        "units": {
            "min": units.low,
            "max": units.high,
            "desired": units.desired,
            "surge": units.surge,
            "bounded": units.bounded,
            "autoscaled": autoscaled,
        },
    }


def _sum(high: int | Unknown, surge: int | Unknown) -> int | Unknown:
    if isinstance(high, Unknown):
        return high | surge if isinstance(surge, Unknown) else high
    return surge if isinstance(surge, Unknown) else high + surge


def _pod_sets(workload: Workload, types: list[str]) -> list[dict[str, Any]] | Unknown:
    if not workload.has_pods:
        return [] if workload.unread is None else workload.unread
    devices, units = workload.devices, workload.units
    return [
        {
            "name": _MAIN,
            "units_min": units.low,
            "units_max": units.high,
            "units_desired": units.desired,
            "surge": units.surge,
            "gpu_count": devices.total(1),
            "gpu_devices": devices.listed if devices.listed or devices.doubt is None else devices.doubt,
            "instance_types": types,
        }
    ]


def autoscaled(head: Head, workload: Workload, scaler: Scaler) -> Workload:
    """A workload under an autoscaler, whose numbers replace the replicas; a surge in percent is taken of the maximum."""
    spec, surge = spec_of(head), workload.units.surge
    if head.kind == "Deployment" and not isinstance(spec, Unknown):
        surge = surge_of(head.reader, spec, scaler.high)
    units = replace(workload.units, low=scaler.low, high=scaler.high, surge=surge, bounded=scaler.bounded)
    return replace(workload, units=units)


def autoscaled_numbers(workload: Workload, types: list[str]) -> dict[str, Any]:
    """The members of the view that an autoscaler changes."""
    return {**_numbers(workload, autoscaled=True), "pod_sets": _pod_sets(workload, types)}


def autoscaler_view(view: dict[str, Any], scaled: Workload, types: list[str]) -> dict[str, Any]:
    """The view of an autoscaler: the numbers, devices and instance types of its target under its own maximum."""
    return {
        **view,
        **_numbers(scaled, autoscaled=True),
        "pod_sets": _pod_sets(scaled, types),
        "instance_types": types,
    }
