"""Where reports go: standard output that may close early, and files."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

__all__ = ["claim_output", "output_file", "standard_output"]


@contextmanager
def standard_output(*, machine: bool) -> Iterator[TextIO]:
    """Standard output, in UTF-8 for machines; a reader that goes away (`| head`) ends the report quietly.

    File names that are no valid text are written as escapes. Raises ConfigError when it cannot be
    written (a full disk).
    """
    stream = sys.stdout
    if stream is None:
        raise ConfigError("the report cannot be written to standard output: it is closed")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8" if machine else None, errors="backslashreplace")
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:
        _abandon(stream)
    except OSError as error:
        _abandon(stream)
        raise ConfigError(f"the report cannot be written to standard output: {error.strerror}") from error


def _abandon(stream: TextIO) -> None:
    """Sends what is left in the buffer nowhere: the interpreter flushes once more when it ends, and that must not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def claim_output(path: str, inputs: Sequence[str]) -> None:
    """Takes away what an earlier run wrote to `--output`, before anything else is done.

    So that no old report stands where this run failed, and a place that cannot be written is told at
    once. Raises ConfigError; for one of the inputs too, which would be lost.
    """
    target = Path(path)
    try:
        if any(Path(name).exists() and target.exists() and target.samefile(name) for name in inputs):
            raise ConfigError(f"--output {path}: this is one of the inputs; the report would be written over it")
        if target.exists() and not target.is_file() and not target.is_dir():
            return  # a pipe or a device
        with target.open("wb"):
            pass
        with suppress(OSError):  # in a folder that may not be changed it stays, and is empty
            target.resolve().unlink()
    except OSError as error:
        raise ConfigError(f"--output {path}: {error.strerror}") from error


@contextmanager
def output_file(path: str) -> Iterator[TextIO]:
    """A file for a report, in UTF-8. Raises ConfigError when it cannot be written."""
    try:
        with Path(path).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise ConfigError(f"--output {path}: {error.strerror}") from error
