"""What an update changes: whether anything got more, and whether it is more than bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.model import Resource

__all__ = ["is_bookkeeping", "only_lowers", "raises", "unchanged"]

_NUMBERS = frozenset({"gpu", "units", "pod_sets", "unknown"})
"""Members of a view that follow from how many pods there are."""

_MEASURED = (("units", "max"), ("units", "surge"), ("gpu", "count"), ("gpu", "total_max"))

# Of metadata only these say something about an object that a rule may look at; the rest (finalizers, owners, versions) is bookkeeping.
_DESCRIBING = ("labels", "annotations", "name", "namespace")


def is_bookkeeping(resource: Resource) -> bool:
    """Whether an update changes nothing of an object but its status, finalizers, owners or versions."""
    if resource.object is None or resource.old_object is None:
        return False
    return _specified(resource.object) == _specified(resource.old_object) and _described(resource.object) == _described(resource.old_object)


def unchanged(resource: Resource) -> bool:
    """Whether an update leaves the view as it is, and nothing that the view does not know has changed."""
    old = resource.old_view
    return old is not None and not _changed(resource.view, old) and not raises(resource)


def only_lowers(resource: Resource) -> bool:
    """Whether an update does nothing but take pods away, or suspend them."""
    old = resource.old_view
    if old is None:
        return False
    numbers = _NUMBERS | {"suspended"} if resource.view.get("suspended") is True else _NUMBERS
    return _changed(resource.view, old) <= numbers and not raises(resource)


def raises(resource: Resource) -> bool:
    """Whether an update raises a measure: the most pods, or accelerators in sum or of a family.

    What is not known counts as raised where it was known before, or where what is specified has changed.
    What was not known before counts as no less.
    """
    if resource.old_view is None:
        return True
    same = (
        resource.object is not None and resource.old_object is not None and _specified(resource.object) == _specified(resource.old_object)
    )
    return any(_grew(now, before, same=same) for now, before in _measures(resource.view, resource.old_view))


def _changed(new: Mapping[str, Any], old: Mapping[str, Any]) -> set[str]:
    return {key for key in new.keys() | old.keys() if not _same(new.get(key), old.get(key))} - {"operation"}


def _measures(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    for group, member in _MEASURED:
        yield new[group][member], old[group][member]
    yield new["uses_gpu"], old["uses_gpu"]
    now, before = new["gpu"]["by_family"], old["gpu"]["by_family"]
    if isinstance(now, Unknown) or isinstance(before, Unknown):
        yield now, before
    else:
        yield from ((count, before.get(family, 0.0)) for family, count in now.items())


def _grew(now: Any, before: Any, *, same: bool) -> bool:
    if isinstance(now, Unknown):
        return not same or bool(now != before)
    return not isinstance(before, Unknown) and bool(now > before)


def _same(now: Any, before: Any) -> bool:
    if isinstance(now, PartialMap) and isinstance(before, PartialMap):
        return dict(now) == dict(before) and now.maybe == before.maybe and now.unlisted == before.unlisted
    return bool(now == before)


def _specified(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object without its metadata and its status."""
    return {key: part for key, part in value.items() if key not in {"metadata", "status"}}


def _described(value: Mapping[str, Any]) -> list[Any]:
    """What metadata says of an object, without what only keeps its books."""
    metadata = value.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    return [known.get(key) or None for key in _DESCRIBING]
