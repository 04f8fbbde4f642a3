"""What an update changes: whether anything got more, and whether it is more than bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from guardrail.model import Resource

__all__ = ["is_bookkeeping", "only_lowers", "raises", "unchanged"]

_NUMBERS = frozenset({"gpu", "units", "pod_sets", "unknown"})
"""Members of a view that follow from how many pods there are."""

# Of metadata only these say something about an object that a rule may look at; the rest (finalizers, owners, versions) is bookkeeping.
_DESCRIBING = ("labels", "annotations", "name", "namespace")


def is_bookkeeping(resource: Resource) -> bool:
    """Whether an update changes nothing of an object but its status, finalizers, owners or versions."""
    if resource.object is None or resource.old_object is None:
        return False
    return _described(resource.object) == _described(resource.old_object)


def unchanged(resource: Resource) -> bool:
    """Whether an update leaves the view as it is."""
    return resource.old_view is not None and not _changed(resource.view, resource.old_view)


def only_lowers(resource: Resource) -> bool:
    """Whether an update does nothing but take pods away."""
    old = resource.old_view
    return old is not None and _changed(resource.view, old) <= _NUMBERS and not raises(resource.view, old)


def _changed(new: Mapping[str, Any], old: Mapping[str, Any]) -> set[str]:
    return {key for key in new.keys() | old.keys() if not _same(new.get(key), old.get(key))} - {"operation"}


def raises(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether an update raises a measure: the most pods, or accelerators in sum or of a family.

    What is unknown now and was not unknown in the same way before counts as raised; what was unknown before, as no less.
    """
    return any(_grew(now, before) for now, before in _measures(new, old))


def _measures(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    pairs = [
        (_peak(new["units"]), _peak(old["units"])),
        (new["gpu"]["total_max"], old["gpu"]["total_max"]),
        (new["gpu"]["count"], old["gpu"]["count"]),
        (new["uses_gpu"], old["uses_gpu"]),
    ]
    now, before = new["gpu"]["by_family"], old["gpu"]["by_family"]
    if isinstance(now, Unknown) or isinstance(before, Unknown):
        return [*pairs, (now, before)]
    return [*pairs, *((count, before.get(family, 0.0)) for family, count in now.items())]


def _peak(units: Mapping[str, Any]) -> Any:
    most, surge = units["max"], units["surge"]
    if isinstance(most, Unknown) or isinstance(surge, Unknown):
        return most if isinstance(most, Unknown) else surge
    return most + surge


def _grew(now: Any, before: Any) -> bool:
    if isinstance(now, Unknown):
        return bool(now != before)
    if isinstance(before, Unknown):
        return False
    return bool(now > before)


def _same(now: Any, before: Any) -> bool:
    if isinstance(now, PartialMap) and isinstance(before, PartialMap):
        return dict(now) == dict(before) and now.maybe == before.maybe and now.unlisted == before.unlisted
    return bool(now == before)


def _described(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """An object without its status and without what only keeps its books."""
    metadata = value.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    kept = {key: part for key, part in value.items() if key not in {"metadata", "status"}}
    return kept, [known.get(key) or None for key in _DESCRIBING]
