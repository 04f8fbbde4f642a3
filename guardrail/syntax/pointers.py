"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["escape", "join_pointer", "split_pointer"]


def split_pointer(pointer: str) -> list[str]:
    """The reference tokens of a pointer; the empty pointer, which means the whole document, has none."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def escape(key: str) -> str:
    """A key as one segment of a pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def join_pointer(tokens: Iterable[str | int]) -> str:
    """The pointer of a path of keys and indices."""
    return "".join(f"/{escape(str(token))}" for token in tokens)
