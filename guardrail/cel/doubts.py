"""What is unknown inside values.

`all` and `exists` absorb an unknown element, reading an entry gives it; every other function of a list with an unknown element, or of a
map whose keys are not all known, is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["doubt_of", "merge", "shallow_doubt"]


def merge(unknowns: Iterable[Unknown | None]) -> Unknown | None:
    """The union, or None of nothing."""
    found = [unknown for unknown in unknowns if unknown is not None]
    if len(found) <= 1:
        return found[0] if found else None
    return Unknown(reference for unknown in found for reference in unknown.references)


def shallow_doubt(value: Any) -> Unknown | None:
    """What is unknown about which elements or keys a value has."""
    if type(value) is Unknown:
        return value
    if isinstance(value, list):
        return merge(item for item in value if type(item) is Unknown)
    return value.doubt if isinstance(value, PartialMap) else None


def doubt_of(value: Any) -> Unknown | None:
    """What is unknown anywhere in a value."""
    found: list[Unknown] = []
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) is Unknown:
            found.append(item)
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, dict):
            if isinstance(item, PartialMap) and (doubt := item.doubt) is not None:
                found.append(doubt)
            todo.extend(item.values())
    return merge(found)
