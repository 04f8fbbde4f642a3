"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["join_pointer", "split_pointer"]


def split_pointer(pointer: str) -> list[str]:
    """The reference tokens of a pointer; the empty pointer, which means the whole document, has none."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def join_pointer(tokens: Iterable[str | int]) -> str:
    """The pointer of a path of keys and indices."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
