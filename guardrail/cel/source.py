"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right

from guardrail.cel.errors import Fault

__all__ = ["MAX_SOURCE", "Source"]

MAX_SOURCE = 100_000
"""Code points that an expression may have, as in Kubernetes and cel-go."""


class Source:
    """The text of an expression; turns offsets into lines and columns. The parser notes here what the tree does not show."""

    __slots__ = ("_starts", "macros", "quoted", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.macros: list[tuple[int, str]] = []
        """Macros that were expanded: offset and key."""
        self.quoted: list[int] = []
        """Field names in backticks."""
        starts = [0]
        at = text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = text.find("\n", at + 1)
        self._starts = starts

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, in code points."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def fault(self, offset: int, message: str) -> Fault:
        """A fault at an offset."""
        return Fault(*self.place(offset), message)
