"""What a name that nothing declares was meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.own import edit_distance

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["suggestion"]

_LONGEST = 64
_MOST = 3


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean b?` where something known is near enough, else nothing. A third of the letters may be wrong, three at most."""
    if len(name) > _LONGEST:
        return ""
    allowed = min(_MOST, max(1, len(name) // 3))
    near = [(edit_distance(name, other), other) for other in set(known) if abs(len(other) - len(name)) <= allowed]
    found = min((pair for pair in near if pair[0] <= allowed), default=None)
    return f"; did you mean {found[1]}?" if found is not None and len(name) > 1 else ""
