"""When one static type may stand where another is expected; type parameters are bound as they are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.celtype import DYN, CelType

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bindings", "assignable", "assignable_all", "is_dyn", "most_general", "substitute"]

Bindings = dict[CelType, CelType]
"""What type parameters stand for."""

_LEGACY_NULLABLE = frozenset(("opaque", "struct", "timestamp", "duration"))
_CONTAINERS = frozenset(("opaque", "list", "map", "type"))


def is_dyn(t: CelType) -> bool:
    """Whether a type is checked at run time only."""
    return t.kind in ("dyn", "error")


def assignable(bindings: Bindings, source: CelType, target: CelType) -> Bindings | None:
    """The bindings under which `source` may stand for `target`, or None."""
    return assignable_all(bindings, (source,), (target,))


def assignable_all(bindings: Bindings, sources: Sequence[CelType], targets: Sequence[CelType]) -> Bindings | None:
    """As `assignable`, pairwise."""
    if len(sources) != len(targets):
        return None
    trial = dict(bindings)
    return trial if all(_assign(trial, s, t) for s, t in zip(sources, targets, strict=True)) else None


def _assign(bindings: Bindings, source: CelType, target: CelType) -> bool:  # noqa: PLR0911 - one line per case of the rule
    if source is target and not source.generic:
        return True
    if target.kind == "param":
        valid, bound = _bind(bindings, source, target)
        if valid or bound:
            return valid
    if source.kind == "param":
        return _bind(bindings, target, source)[0]
    if is_dyn(source) or is_dyn(target):
        return True
    if source.kind == "null" or target.kind == "null":
        other = target if source.kind == "null" else source
        return other.kind == "null" or other.nullable or other.kind in _LEGACY_NULLABLE
    if source.kind in ("opaque", "list", "map"):
        same = source.kind == target.kind and source.name == target.name and len(source.params) == len(target.params)
        return same and all(_assign(bindings, s, t) for s, t in zip(source.params, target.params, strict=True))
    if source.kind == "type":
        return target.kind == "type"
    return source.kind == target.kind and source.name == target.name


def _bind(bindings: Bindings, value: CelType, parameter: CelType) -> tuple[bool, bool]:
    """Whether `value` may stand for the parameter, and whether that was bound before."""
    if value == parameter:
        return True, True
    known = bindings.get(parameter)
    if known is None:
        if not _mentions(bindings, parameter, value):
            bindings[parameter] = value
            return True, False
        return False, False
    if value == known:
        return True, True
    if not _assign(bindings, value, known):
        return False, True
    wider = most_general(value, known)
    if not _mentions(bindings, parameter, wider):
        bindings[parameter] = wider
    return True, True


def _mentions(bindings: Bindings, parameter: CelType, inside: CelType) -> bool:
    """Whether a parameter occurs in a type (which would make it infinite)."""
    if parameter == inside:
        return True
    if not inside.generic:
        return False
    if inside.kind == "param":
        known = bindings.get(inside)
        return known is not None and _mentions(bindings, parameter, known)
    return inside.kind in _CONTAINERS and any(_mentions(bindings, parameter, part) for part in inside.params)


def most_general(a: CelType, b: CelType) -> CelType:
    """The less specific of two types that unify."""
    return a if a == b or _at_most_as_specific(a, b) else b


def _at_most_as_specific(a: CelType, b: CelType) -> bool:
    if a.kind in ("dyn", "param"):
        return True
    if b.kind in ("dyn", "param") or a.kind != b.kind:
        return False
    if a.kind in ("opaque", "list", "map"):
        same = a.name == b.name and len(a.params) == len(b.params)
        return same and all(_at_most_as_specific(x, y) for x, y in zip(a.params, b.params, strict=True))
    return a.kind == "type" or a == b


def substitute(bindings: Bindings, t: CelType, *, free_to_dyn: bool = False) -> CelType:
    """The type with its parameters replaced by what they stand for; free ones by dyn if asked."""
    if t.kind == "param":
        known = bindings.get(t)
        if known is not None:
            return substitute(bindings, known, free_to_dyn=free_to_dyn)
        return DYN if free_to_dyn else t
    if not t.generic:
        return t
    parts = tuple(substitute(bindings, part, free_to_dyn=free_to_dyn) for part in t.params)
    return t if parts == t.params else CelType(t.kind, t.name, parts, t.nullable)
