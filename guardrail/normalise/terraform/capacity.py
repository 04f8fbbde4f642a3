"""Capacity groups: the machines that a resource may run, as numbers of the view.

Sums and products are exact and saturate at `UNBOUNDED`. A product with a known 0 is 0, whatever
else is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.terraform.machines import BARE, Machine
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["NOTHING", "Capacity", "Group", "capacity_fields", "ceiling", "unread_fields"]

Count = int | Unknown
_UNNAMED = "unknown"  # the key of gpu.by_family where no family is named


@dataclass(frozen=True, slots=True)
class Group:
    """Machines of one kind. `bounded`: the maximum itself is written, no default supplies it."""

    name: str
    machine: Machine
    minimum: Count
    maximum: Count
    desired: Count
    bounded: bool | Unknown = True


@dataclass(frozen=True, slots=True)
class Capacity:
    """The groups of a resource. `alternatives`: they share one maximum, and any of them may take all of it.

    `blame` maps view paths to pointers of the values that set them.
    """

    groups: tuple[Group, ...] = ()
    alternatives: bool = False
    autoscaled: bool = False
    suspended: bool | Unknown = False
    cluster: str | Unknown | None = None
    blame: Mapping[str, str] = field(default_factory=dict)


NOTHING = Capacity()
"""The capacity of what runs nothing: templates, buckets, networks, permissions."""


def ceiling(limit: Count, weight: int) -> Count:
    """The machines of a weight that a limit in weighted units allows, rounded up."""
    return limit if isinstance(limit, Unknown) or weight <= 1 else -(-limit // weight)


def unread_fields(reference: str) -> dict[str, Any]:
    """The fields of a resource that may run machines which this version does not read: unknown, never 0."""
    unknown = Unknown((reference,))
    return {
        "uses_gpu": unknown,
        "open_ended": False,  # what it may run is unknown, which says more
        "pod_sets": unknown,
        "instance_types": unknown,
        "units": {"min": unknown, "max": unknown, "desired": unknown, "surge": 0, "bounded": unknown, "autoscaled": False},
        "gpu": {
            "count": unknown,
            "devices": unknown,
            "families": unknown,
            "vendors": unknown,
            "bypass": False,
            "bypass_by": [],
            "by_family": PartialMap(unlisted=unknown),
            "total_min": unknown,
            "total_max": unknown,
        },
    }


def capacity_fields(capacity: Capacity) -> dict[str, Any]:
    """The fields of the view that a capacity fills.

    A resource without groups is one unit without accelerators: nothing multiplies it.
    """
    groups = capacity.groups or (Group("", BARE, 1, 1, 1),)
    over: Callable[[Iterable[Any]], Any] = _largest if capacity.alternatives else _sum
    main = max(groups, key=_weight)
    return {
        "uses_gpu": _uses_gpu(groups),
        "open_ended": any(group.machine.by_attributes for group in groups),
        "pod_sets": [_pod_set(group) for group in capacity.groups],
        "instance_types": _instance_types(group.machine for group in groups),
        "units": {
            "min": over(group.minimum for group in groups),
            "max": over(group.maximum for group in groups),
            "desired": over(group.desired for group in groups),
            "surge": 0,
            "bounded": _all_bounded(groups),
            "autoscaled": capacity.autoscaled,
        },
        "gpu": {
            "count": _double(_largest(group.machine.count for group in groups)),
            "devices": _devices(main.machine),
            "families": _families(groups),
            "vendors": sorted({device.vendor for group in groups for device in group.machine.devices if device.vendor}),
            "bypass": False,
            "bypass_by": [],
            "by_family": _by_family(groups, over),
            "total_min": _double(over(_product(group.machine.count, group.minimum) for group in groups)),
            "total_max": _double(over(_product(group.machine.count, group.maximum) for group in groups)),
        },
    }


def _weight(group: Group) -> tuple[Fraction, int]:
    count, maximum = group.machine.count, group.maximum
    known = sum((device.count for device in group.machine.devices if isinstance(device.count, Fraction)), Fraction(0))
    return (known if isinstance(count, Unknown) else count, 0 if isinstance(maximum, Unknown) else maximum)


def _uses_gpu(groups: tuple[Group, ...]) -> bool | Unknown:
    """Whether one machine has or may have an accelerator: a device of unknown number is one."""
    if any(device.count != 0 for group in groups for device in group.machine.devices):
        return True
    unread = _union(group.machine.unread for group in groups)
    return False if unread is None else unread


def _pod_set(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "units_min": group.minimum,
        "units_max": group.maximum,
        "units_desired": group.desired,
        "surge": 0,
        "gpu_count": _double(group.machine.count),
        "gpu_devices": _devices(group.machine),
        "instance_types": _instance_types((group.machine,)),
    }


def _devices(machine: Machine) -> list[dict[str, Any]] | Unknown:
    if machine.unread is not None and not machine.devices:
        return machine.unread
    return [
        {
            **({"resource": device.resource} if device.resource else {}),
            **({"vendor": device.vendor} if device.vendor else {}),
            **({} if device.family is None else {"model": device.family}),
            "count": _double(device.count),
            "listed": device.listed,
        }
        for device in machine.devices
    ]


def _instance_types(machines: Iterable[Machine]) -> list[Any] | Unknown:
    types = [machine.type for machine in machines if machine.type is not None]
    known = sorted({type_ for type_ in types if isinstance(type_, str)})
    unknown = _union(type_ for type_ in types if isinstance(type_, Unknown))
    if unknown is None:
        return known
    return [*known, unknown] if known else unknown


def _families(groups: tuple[Group, ...]) -> list[Any] | Unknown:
    devices = [device for group in groups for device in group.machine.devices]
    named = sorted({device.family for device in devices if isinstance(device.family, str)})
    doubts: list[Any] = [group.machine.unread for group in groups]
    doubts += [Unknown((f"accelerator {device.resource}".strip(),)) if device.family is None else device.family for device in devices]
    unknown = _union(doubts)
    if unknown is None:
        return named
    return [*named, unknown] if named else unknown


def _by_family(groups: tuple[Group, ...], over: Callable[[Iterable[Any]], Any]) -> dict[str, Any]:
    totals: dict[str, list[Any]] = defaultdict(list)
    for group in groups:
        for family, count in group.machine.by_family.items():
            totals[family or _UNNAMED].append(_product(count, group.maximum))
    known = {family: _double(over(parts)) for family, parts in sorted(totals.items())}
    unlisted = _union(group.machine.unread for group in groups if group.maximum != 0)
    return known if unlisted is None else PartialMap(known, unlisted=unlisted)


def _all_bounded(groups: tuple[Group, ...]) -> bool | Unknown:
    if any(group.bounded is False for group in groups):
        return False
    unknown = _union(group.bounded for group in groups)
    return True if unknown is None else unknown


def _product(count: Fraction | Unknown, units: Count) -> Fraction | Unknown:
    if count == 0 or units == 0:
        return Fraction(0)
    if isinstance(count, Unknown):
        return count | units if isinstance(units, Unknown) else count
    if isinstance(units, Unknown):
        return units
    return Fraction(UNBOUNDED) if units >= UNBOUNDED else min(count * units, Fraction(UNBOUNDED))


def _sum(parts: Iterable[Any]) -> Any:
    listed = list(parts)
    unknown = _union(listed)
    return min(sum(listed[1:], listed[0]), UNBOUNDED) if unknown is None else unknown


def _largest(parts: Iterable[Any]) -> Any:
    listed = list(parts)
    unknown = _union(listed)
    return max(listed) if unknown is None else unknown


def _union(values: Iterable[Any]) -> Unknown | None:
    unknown = [value for value in values if isinstance(value, Unknown)]
    return Unknown(ref for value in unknown for ref in value.references) if unknown else None


def _double(number: Fraction | int | Unknown) -> float | Unknown:
    """A number of the view, rounded to a millionth."""
    return number if isinstance(number, Unknown) else round(float(number), 6)
