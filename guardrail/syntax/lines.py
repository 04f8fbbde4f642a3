"""Where in a text a parser's mark is, in the lines that an editor counts."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

__all__ = ["Lines"]

# YAML 1.1 ends lines at these too, editors do not.
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


class Lines:
    """The lines of a text. Lines and columns count from 1, offsets from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        # The search is skipped for nearly all texts: `isascii` is a flag of the string.
        self.agrees_with_yaml = (text.isascii() and "\r" not in text) or not _OTHER_BREAKS.search(text)

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
