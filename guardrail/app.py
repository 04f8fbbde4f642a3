"""The composition root: wires inputs, normalisers, library, engine and report from one set of options.

The only module that knows concrete classes. `cli` parses flags and calls `lint`, `inspect` or
`load_library`; nothing here prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - a field type that is read at run time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

    from guardrail.model import Inspection, Report
    from guardrail.policy.compiled import Library

__all__ = ["Ignore", "Options", "inspect", "lint", "load_library"]


@dataclass(frozen=True, slots=True)
class Ignore:
    """A path that is not judged: a glob (`**` crosses folders) and why."""

    glob: str
    reason: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do; the flags of `lint` and `inspect`."""

    paths: tuple[str, ...]
    now: datetime  # aware, UTC
    profile: str | None = None  # a path, `starter`, or None for the starter unasked
    policies: tuple[str, ...] = ()  # folders of further policies, beside the shipped library
    context: tuple[str, ...] = ()
    namespace: str | None = None
    cluster: str | None = None
    partial: bool = False
    allow_empty: bool = False
    engine: str = "cel-python"
    ignores: tuple[Ignore, ...] = ()
    stdin: BinaryIO | None = None
    stdin_filename: str = "<stdin>"


def lint(options: Options) -> Report:
    """Judges the inputs. Raises ConfigError, ProfileError or PolicyError; input faults are in the report."""
    raise NotImplementedError


def inspect(options: Options) -> Inspection:
    """Builds the views of the inputs without judging them. Raises as `lint`."""
    raise NotImplementedError


def load_library(options: Options) -> Library:
    """The compiled library with the profile bound. Raises ProfileError or PolicyError."""
    raise NotImplementedError
