"""What reading a text gives: documents, and the faults of those that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["ParsedDocument", "SyntaxFault", "line_at"]

# 200: a terminal's width twice over; minified text would flood the screen.
_MAX_EXCERPT_CHARS = 200


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One document: its value, its number (from 0) and the line of its first node (from 1)."""

    value: Any
    index: int
    line: int


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Why document number `document` cannot be read; `line` and `column` count from 1.

    `excerpt` is the line of the text, empty when it is too long to show.
    """

    message: str
    line: int
    column: int
    document: int
    excerpt: str = ""


def line_at(text: str, offset: int) -> str:
    """The line of the text around an offset, or nothing when it is too long to be read."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end].rstrip("\r")
    return line if len(line) <= _MAX_EXCERPT_CHARS else ""
