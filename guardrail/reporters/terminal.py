"""What the receiver of a text report can show: colour, width, and text that cannot drive a terminal."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

__all__ = ["Terminal", "printable", "terminal_for", "wrapped"]

_PIPED_WIDTH = 100
_NARROWEST, _WIDEST = 60, 120  # columns; right-aligned subjects get lost on anything wider

_CODES = {"deny": "1;31", "error": "1;31", "failed": "31", "warn": "33", "audit": "36", "added": "32", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Terminal:
    """How a text report may look. `timed` says whether times of the run are shown: piped output is the same bytes for the same input."""

    colour: bool = False
    width: int = _PIPED_WIDTH
    timed: bool = False

    def paint(self, text: str, style: str) -> str:
        """The text in a style (`deny`, `warn`, `audit`, `error`, `failed`, `added`, `dim`, `bold`); colour never carries meaning alone."""
        code = _CODES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text


def terminal_for(stream: TextIO, environ: Mapping[str, str]) -> Terminal:
    """The look for a stream.

    NO_COLOR (not empty) turns colour off, then FORCE_COLOR or CLICOLOR_FORCE (neither empty nor 0)
    turn it on, then TERM=dumb turns it off; otherwise a terminal has it. The width is COLUMNS, else
    the terminal's, else 100.
    """
    interactive = stream.isatty()
    return Terminal(
        colour=_wants_colour(environ, interactive=interactive), width=_width(stream, environ, interactive=interactive), timed=interactive
    )


def _wants_colour(environ: Mapping[str, str], *, interactive: bool) -> bool:
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return interactive and environ.get("TERM") != "dumb"


def _width(stream: TextIO, environ: Mapping[str, str], *, interactive: bool) -> int:
    written = environ.get("COLUMNS", "")
    if not interactive and not written.isdigit():
        return _PIPED_WIDTH
    try:
        columns = int(written) if written.isdigit() else os.get_terminal_size(stream.fileno()).columns
    except OSError:  # a terminal without a size: serial lines, some CI runners
        columns = 0
    return min(max(columns, _NARROWEST), _WIDEST) if columns else _PIPED_WIDTH


def printable(text: str) -> str:
    r"""The text with control and format characters written as escapes (`\x1b`, `\u202e`).

    Names come from files that others wrote; none of them may move the cursor, recolour the line or
    reverse its direction.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def wrapped(text: str, width: int, indent: str, *, first: str | None = None) -> list[str]:
    """The text as lines of at most `width` columns; words (paths, addresses) are never broken.

    `first` replaces the indent of the first line; it may hold what stands before the text.
    """
    return textwrap.wrap(
        text,
        width=width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
