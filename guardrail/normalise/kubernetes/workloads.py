"""One workload: its pod template, its devices, its place and its units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.kinds import Reading
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.containers import NO_CONTAINERS, Containers, containers_of
from guardrail.normalise.kubernetes.daemonsets import nodes_of_daemon_set, registered_pools, tolerations_of
from guardrail.normalise.kubernetes.devices import NO_DEVICES, Devices, devices_of
from guardrail.normalise.kubernetes.placement import ANYWHERE, Models, Placement, models_of, placement_of
from guardrail.normalise.kubernetes.pods import PodDevices, devices_of_pod
from guardrail.normalise.kubernetes.purchase import capacity_role_of, purchase_of
from guardrail.normalise.kubernetes.units import ONE, Units, spec_of, unknown_units, written_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["RUNS_NOTHING", "Workload", "read_workload", "unread_workload"]

_TEMPLATES = {"Pod": "", "CronJob": "/spec/jobTemplate/spec/template"}
_TEMPLATE = "/spec/template"
_NO_MODELS = Models()
_RESTARTS = frozenset({"Always", "OnFailure", "Never"})


@dataclass(frozen=True, slots=True)
class Workload:
    """What one object runs. `has_pods` is false for kinds without pods; `unread` says why nothing is known."""

    devices: Devices
    units: Units
    placement: Placement = ANYWHERE
    pod: PodDevices = field(default_factory=PodDevices)
    containers: Containers = NO_CONTAINERS
    template: str = ""
    has_pods: bool = False
    unread: Unknown | None = None
    purchase: str | Unknown = "on-demand"
    restart_policy: str | Unknown = "Always"
    capacity_role: str | None = None


RUNS_NOTHING = Workload(NO_DEVICES, ONE)
"""What runs no pods of its own."""


def read_workload(head: Head, facts: Facts) -> Workload:
    """The pods of an object by its own fields, before any autoscaler."""
    if head.kind_facts.reading is Reading.NOTHING:
        return RUNS_NOTHING
    if head.kind_facts.reading is Reading.LATER:
        return unread_workload(Unknown((f"kind {head.kind}",)))
    spec = spec_of(head)
    if isinstance(spec, Unknown):
        return unread_workload(spec)
    template, at = _template(head)
    pod = template if isinstance(template, Unknown) else _pod_spec(head, template, at)
    if isinstance(template, Unknown) or isinstance(pod, Unknown):
        why = template if isinstance(template, Unknown) else pod
        assert isinstance(why, Unknown)
        units = unknown_units(why) if head.kind == "DaemonSet" else written_units(head, spec, None)
        devices = _unknown_devices(why)
        return Workload(devices, units, template=at, has_pods=True, unread=why, purchase=why, restart_policy=why)
    return _read(head, spec, (template, pod, at), facts)


def _read(head: Head, spec: Mapping[str, Any], where: tuple[Mapping[str, Any], Mapping[str, Any], str], facts: Facts) -> Workload:
    template, pod, at = where
    placement = placement_of(head.reader, pod, f"{at}/spec", registered_pools(facts))
    models = _NO_MODELS if placement is ANYWHERE else models_of(placement)
    held = devices_of_pod(head.reader, template, pod, f"{at}/spec", (placement, models))
    nodes = None
    if head.kind == "DaemonSet":
        tolerations = tolerations_of(head.reader, pod, f"{at}/spec")
        nodes = nodes_of_daemon_set(tolerations, placement, facts, asks_for_devices=bool(held.amounts))
    devices = devices_of(held, models, placement.doubt)
    purchase = purchase_of(head.reader, pod, f"{at}/spec", placement, facts)
    restarts = _restart_policy(head.reader, pod, f"{at}/spec")
    units = written_units(head, spec, nodes)
    return Workload(
        devices,
        units,
        placement,
        held,
        containers_of(head.reader, template, pod, f"{at}/spec"),
        at,
        has_pods=True,
        purchase=purchase,
        restart_policy=restarts,
        capacity_role=capacity_role_of(placement, facts),
    )


def _restart_policy(reader: Reader, pod: Mapping[str, Any], at: str) -> str | Unknown:
    """`Always` where nothing is written, which a Job may not have."""
    written = reader.text(pod, "restartPolicy", at)
    if written is None or isinstance(written, Unknown):
        return "Always" if written is None else written
    return written if written in _RESTARTS else reader.wrong(f"{at}/restartPolicy", "is none of Always, OnFailure and Never")


def unread_workload(why: Unknown) -> Workload:
    """A workload of which nothing is known."""
    return Workload(_unknown_devices(why), unknown_units(why), unread=why, purchase=why, restart_policy=why)


def _unknown_devices(why: Unknown) -> Devices:
    return Devices(why, [], why, {}, why)


def _template(head: Head) -> tuple[Mapping[str, Any] | Unknown, str]:
    """The pod template of an object and its pointer; a pod is its own template."""
    pointer = _TEMPLATES.get(head.kind, _TEMPLATE)
    holder: Mapping[str, Any] = head.value
    at = ""
    for part in pointer.split("/")[1:]:
        found = head.reader.mapping(holder, part, at)
        if isinstance(found, Unknown):
            return found, pointer
        holder, at = found, f"{at}/{part}"
    return holder, pointer


def _pod_spec(head: Head, template: Mapping[str, Any], at: str) -> Mapping[str, Any] | Unknown:
    """The pod spec; without containers, which the API server demands, the object is a part of one."""
    spec = head.reader.mapping(template, "spec", at)
    if isinstance(spec, Unknown) or spec.get("containers"):
        return spec
    return Unknown((f"{at}/spec/containers (not written)",))
