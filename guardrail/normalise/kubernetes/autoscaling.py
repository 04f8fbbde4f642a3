"""Horizontal pod autoscalers and what they scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.heads import Head, display
from guardrail.normalise.kubernetes.units import NEVER_SURGE, ONE_POD_A_REPLICA, Number, Units, spec_of
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.normalise.kubernetes.heads import Key
    from guardrail.normalise.kubernetes.run import Run

__all__ = ["ONE_POD_A_REPLICA", "Scaler", "is_autoscaler", "scaler_of", "strongest", "units_of_unread"]

_APPS_KINDS = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})


@dataclass(frozen=True, slots=True)
class Scaler:
    """One autoscaler. `target` is what it scales, when that is in the run; `reference` names it when not."""

    head: Head
    low: Number
    high: Number
    bounded: bool | Unknown
    target: Head | None
    target_kind: tuple[str, str]
    reference: str


def is_autoscaler(head: Head) -> bool:
    """Whether an object is an HPA, of any version."""
    return head.kind == "HorizontalPodAutoscaler" and head.group == "autoscaling"


def scaler_of(head: Head, run: Run) -> Scaler:
    """An HPA joined with its target by group, kind, namespace and name.

    Without `maxReplicas`, which the API server demands, nothing bounds it.
    """
    spec = spec_of(head)
    if isinstance(spec, Unknown):
        return Scaler(head, spec, spec, spec, None, ("", ""), next(iter(spec.references)))
    low = head.reader.count(spec, "minReplicas", "/spec")
    high = head.reader.count(spec, "maxReplicas", "/spec", lowest=1)
    bounded = high if isinstance(high, Unknown) else high is not None
    target, kind, reference = _target(head, run)
    return Scaler(head, 1 if low is None else low, UNBOUNDED if high is None else high, bounded, target, kind, reference)


def _target(head: Head, run: Run) -> tuple[Head | None, tuple[str, str], str]:
    spec = spec_of(head)
    named = spec if isinstance(spec, Unknown) else head.reader.mapping(spec, "scaleTargetRef", "/spec")
    if isinstance(named, Unknown):
        return None, ("", ""), named.references[0]
    at = "/spec/scaleTargetRef"
    kind, name = head.reader.text(named, "kind", at), head.reader.text(named, "name", at)
    version = head.reader.text(named, "apiVersion", at)
    if not isinstance(kind, str) or not isinstance(name, str):
        return None, ("", ""), head.reader.wrong(at, "names no object").references[0]
    namespace = head.namespace if isinstance(head.namespace, str) else None
    key: Key = (_group(kind, version), kind, namespace, name)
    reference = f"{display(kind, namespace, name)} (not in this run)"
    return run.find(key, head), key[:2], reference


def _group(kind: str, version: str | Unknown | None) -> str:
    """The group of a target; the kinds of apps are found under older groups and without any."""
    if kind in _APPS_KINDS:
        return (
            "apps"
            if not isinstance(version, str) or version.partition("/")[0] in {"apps", "extensions", "v1"}
            else version.partition("/")[0]
        )
    return version.partition("/")[0] if isinstance(version, str) and "/" in version else "core"


def units_of_unread(scaler: Scaler, why: Unknown) -> Units:
    """The pods of a target that is not read: those that its kind has for each replica, unknown where the table does not say it.

    What nothing bounds stays unbounded, whatever multiplies it.
    """
    if scaler.target_kind in ONE_POD_A_REPLICA:
        surge: Number = 0 if scaler.target_kind in NEVER_SURGE else why
        return Units(scaler.low, scaler.high, scaler.low, surge, scaler.bounded)
    return Units(why, UNBOUNDED if scaler.high == UNBOUNDED else why, why, why, scaler.bounded)


def strongest(scalers: Iterable[Scaler]) -> Scaler:
    """Of several autoscalers of one target the one with the highest maximum; an unknown one is higher than any."""
    return max(scalers, key=lambda scaler: UNBOUNDED + 1 if isinstance(scaler.high, Unknown) else scaler.high)
