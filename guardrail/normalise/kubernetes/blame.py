"""Where a person changes a value of the view: JSON pointers into the object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.catalogue.accelerators import LabelSays
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.jobs import job_facts
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.labels import Labels
    from guardrail.normalise.kubernetes.workloads import Workload

__all__ = ["blame_of", "scaler_blame"]


def blame_of(head: Head, labels: Labels, workload: Workload, facts: Facts) -> dict[str, str]:
    """The pointers by view path; a pointer may name a field that is not written yet, its parent is."""
    tags = head.labels_at
    blame = {"tags": tags, "raw_tags": tags, "environment": tags, "workload_type": tags, "name": "/metadata/name"}
    blame["namespace"] = "/metadata/namespace" if "namespace" in head.metadata else "/metadata"
    for key in labels.own:
        written = next((spelling for spelling in _spellings(key, facts) if spelling in head.labels), None)
        if written is not None:
            blame[f"tags.{key}"] = f"{head.labels_at}/{escape(written)}"
    blame["unclaimed_keys"] = tags
    for at, unclaimed in enumerate(labels.unclaimed):
        if not isinstance(unclaimed, Unknown):
            blame[f"unclaimed_keys.{at}"] = f"{head.labels_at}/{escape(unclaimed['key'])}"
    if workload.has_pods or workload.units.pointer:
        blame.update(_numbers(workload))
    if head.kind in {"Job", "CronJob"}:
        blame["suspended"] = "/spec/suspend"
    blame.update(job_facts(head, workload).pointers or {})
    if workload.has_pods:
        blame["checkpoint"] = f"{workload.template}/spec/containers"
        blame["pod.restart_policy"] = f"{workload.template}/spec/restartPolicy"
    return blame


def _spellings(key: str, facts: Facts) -> tuple[str, ...]:
    return facts.spellings.get(key, {}).get("kubernetes") or (key,)


def _numbers(workload: Workload) -> dict[str, str]:
    units, placement = workload.units, workload.placement
    device = workload.pod.pointer or (f"{workload.template}/spec" if workload.has_pods else "")
    several = isinstance(units.high, Unknown) or units.high > 1
    peak = units.pointer if several and units.pointer else device
    model = placement.pointer(LabelSays.MODEL, LabelSays.MODEL_HINT, LabelSays.INSTANCE_TYPE)
    numbers = {"uses_gpu": device, "gpu": device, "gpu.total_max": peak, "gpu.by_family": peak, "gpu.families": model or device}
    place = placement.pointer(LabelSays.ZONE, LabelSays.REGION)
    if place is not None:
        numbers["regions"] = place
    if workload.has_pods:
        numbers["containers"] = f"{workload.template}/spec"
        numbers.update(workload.containers.blame)
    if units.pointer:
        numbers["units"] = units.pointer
    if units.surge_pointer:
        numbers["units.surge"] = units.surge_pointer
    return numbers


def scaler_blame(blame: dict[str, str]) -> dict[str, str]:
    """The pointers of an autoscaler, whose numbers are its target's under its own maximum."""
    most = "/spec/maxReplicas"
    numbers = {
        "uses_gpu": "/spec/scaleTargetRef",
        "target": "/spec/scaleTargetRef",
        "gpu": most,
        "units": most,
        "units.min": "/spec/minReplicas",
    }
    return {**blame, **numbers}
