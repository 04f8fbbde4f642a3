"""Where the value that broke a rule is written: the exact entry or element where one is to blame, else the field of the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["has_inner", "inner_field", "pointer_of"]


def pointer_of(field: str, blame: Mapping[str, str]) -> str:
    """The JSON pointer of a view path, or of the nearest path above it that is written somewhere; "" for the object itself."""
    while field:
        if field in blame:
            return blame[field]
        field = field.rpartition(".")[0]
    return ""


def has_inner(field: str, blame: Mapping[str, str]) -> bool:
    """Whether a place is known for something inside of a field, so that asking for it is worth the work."""
    prefix = f"{field}."
    return any(path.startswith(prefix) for path in blame)


def inner_field(field: str, paths: Iterable[tuple[str | int, ...]], blame: Mapping[str, str]) -> str:
    """The first of the blamed paths that lies inside of a field and is written somewhere; the field itself where there is none.

    `paths` are those that made the rule fail, from the view's root, in the order in which they were read.
    """
    prefix = f"{field}."
    for path in paths:
        found = ".".join(str(part) for part in path)
        while found.startswith(prefix):
            if found in blame:
                return found
            found = found.rpartition(".")[0]
    return field
