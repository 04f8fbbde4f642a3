"""A line on the terminal that says how far a long run is; it is gone before the report is written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

__all__ = ["Progress", "shown_progress"]

_PATIENCE_S = 1.0  # a run that is over by then shows nothing
_BETWEEN_S = 0.1
_ERASE = "\r\x1b[K"  # to the end of the line: ECMA-48, "EL"
_COLUMNS = 80  # of a terminal that does not say
_OFF = frozenset({"", "0", "false"})


class Progress:
    """Writes the line. `clock` is monotonic, in seconds; `columns` is the width of the terminal."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], columns: int = _COLUMNS) -> None:
        self._stream, self._clock, self._columns = stream, clock, columns
        self._next = clock() + _PATIENCE_S
        self._shown = False

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        """So much is done: `read` 12 files, `judged` 12 of 40 resources."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _BETWEEN_S
        text = f"{what} {done:,}" if total is None else f"{what} {done:,} of {total:,}"
        self._write(f"{_ERASE}guardrail: {text}"[: self._columns + len(_ERASE) - 1])
        self._shown = True

    def erase(self) -> None:
        """Leaves nothing behind."""
        if self._shown:
            self._write(_ERASE)
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone: nobody looks, and the run goes on
            self._next = float("inf")


@contextmanager
def shown_progress(stream: TextIO | None, environ: Mapping[str, str], clock: Callable[[], float]) -> Iterator[Progress | None]:
    """The line for a run, where somebody can see it; None otherwise.

    Only on a terminal that can erase a line (TERM is not dumb), and not in CI. It has no colour.
    """
    if stream is None or not stream.isatty() or environ.get("TERM") == "dumb" or environ.get("CI", "").lower() not in _OFF:
        yield None
        return
    progress = Progress(stream, clock, _columns_of(stream))
    try:
        yield progress
    finally:
        progress.erase()


def _columns_of(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except (OSError, ValueError):  # ValueError: a stream without a descriptor
        return _COLUMNS
