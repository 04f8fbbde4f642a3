"""The files of a profile laid together without overlap, and where every value of the whole is stated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.errors import Fault
    from guardrail.policy.documents import Path, SourceDocument

__all__ = ["Merged", "Stated", "merge"]

_OF_EVERY_FILE = frozenset({("apiVersion",), ("kind",)})
_REGISTRIES = frozenset({("accounts",), ("budgets",), ("clusters",)})
"""Lists of named entries: those of several files are joined. Every other list means what it says as a whole."""
_ONE_PLACE = {
    ("environments", "aliases"): "the order of the environments, strictest last, must stand in one place",
    ("environments", "homes"): "the order in which homes are tried must stand in one place",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """The place of a value: a document, and the path in it (members of joined lists have other numbers there)."""

    source: SourceDocument
    path: Path


@dataclass(frozen=True, slots=True)
class Merged:
    """The whole. `origins` has every map and everything that one file states alone; what lies below has the place of its parent."""

    document: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path, Stated] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def stated(self, path: Path) -> Stated | None:
        """Where a value stands; for one that is not written the nearest parent that is. None: nowhere."""
        for length in range(len(path), -1, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return Stated(origin.source, (*origin.path, *path[length:]))
        return None


def merge(sources: Sequence[SourceDocument]) -> Merged:
    """Maps are joined key by key and registries end to end; what two documents state is a fault that names both places."""
    merged = Merged()
    for source in sources:
        merged.origins.setdefault((), Stated(source, ()))
        if isinstance(source.value, dict):
            _lay(merged, merged.document, source, (), source.value)
    return merged


def _lay(merged: Merged, into: dict[str, Any], source: SourceDocument, at: Path, value: Mapping[str, Any]) -> None:
    for key, member in value.items():
        path = (*at, key)
        if key not in into:
            into[key] = {} if isinstance(member, dict) else list(member) if isinstance(member, list) else member
            merged.origins[path] = Stated(source, path)
            if isinstance(member, dict):
                _lay(merged, into[key], source, path, member)
            continue
        _lay_beside(merged, into[key], source, path, member)


def _lay_beside(merged: Merged, known: Any, source: SourceDocument, path: Path, member: Any) -> None:
    """What an earlier document states too."""
    first = merged.origins[path]
    if isinstance(known, dict) and isinstance(member, dict) and path not in _ONE_PLACE:
        _lay(merged, known, source, path, member)
    elif isinstance(known, list) and isinstance(member, list) and path in _REGISTRIES:
        for number, entry in enumerate(member):
            merged.origins[(*path, len(known))] = Stated(source, (*path, number))
            known.append(entry)
    elif path not in _OF_EVERY_FILE:
        there = first.source.fault(first.path, "", at_key=True)
        why = f"; {_ONE_PLACE[path]}" if path in _ONE_PLACE else ""
        merged.faults.append(source.fault(path, f"stated twice (first at {there.path}:{there.line}:{there.column}){why}", at_key=True))
