"""The seams of guardrail: protocols of at most three methods, each with a fake and a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from guardrail.cel.errors import CompileError, EvaluationError
from guardrail.cel.errors import Fault as CelFault
from guardrail.cel.reads import Read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.model import Finding, Report

__all__ = [
    "CelFault",
    "CelRuntime",
    "CompileError",
    "EvaluationError",
    "LibraryCache",
    "Path",
    "Program",
    "ProgramStore",
    "Read",
    "Reporter",
]

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands: the variable's name, then fields, keys and indices."""


class Program(Protocol):
    """A compiled expression."""

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every chain of selections rooted at a free variable (loop variables are not free)."""

    def evaluate(self, variables: Mapping[str, Any], *, deadline: float | None = None) -> Any:
        """A plain JSON value, an `Unknown` or an `EvaluationError`; never raises.

        After `deadline`, in seconds of time.monotonic(), it is an `EvaluationError`; a runtime that cannot stop goes on.
        An instant or a span comes as the runtime's own kind, which it takes back as a variable.

        Lists and maps are handed back as they are: members may be `Unknown`, a map may be partial.

        `variables` are plain Python values; `Unknown` and `PartialMap` may stand anywhere in them, and
        a named expression that failed stands as its `EvaluationError`: reading it is that error.
        """

    def blamed(self, variables: Mapping[str, Any]) -> tuple[Path, ...]:
        """The paths that made the value what it is, most exact only, in the order of reading; empty where the runtime keeps no record."""


class CelRuntime(Protocol):
    """A CEL implementation."""

    @property
    def name(self) -> str:
        """The name for `--engine` and the report."""

    def compile(self, source: str) -> Program:
        """Raises CompileError."""


class ProgramStore(Protocol):
    """A CEL implementation whose programs can be kept as bytes."""

    def keep(self, program: Program) -> tuple[str, bytes | None] | None:
        """The text of a program and its bytes, which may be missing; None for what is no program of this implementation."""

    def restore(self, source: str, data: bytes | None) -> Program:
        """The program of what `keep` gave; compiled from its text where there are no bytes, or none that this version reads."""


class LibraryCache(Protocol):
    """Keeps compiled libraries from one run to the next. What it holds is code: only who trusts the place may use one."""

    @property
    def refused(self) -> str | None:
        """Why the place is not used although it is there, and what to do about it; None where nothing is wrong."""

    def get(self, key: str) -> bytes | None:
        """What was put under a key, unchanged, or None. Never raises."""

    def put(self, key: str, data: bytes) -> None:
        """Keeps some bytes, if it can. Never raises."""


class Reporter(Protocol):
    """Prints a report, as events, so that several formats can listen to one run."""

    def begin(self, report: Report) -> None:
        """The run: inputs, library, profile, notes and counts."""

    def finding(self, finding: Finding) -> None:
        """One finding, in the order of the report."""

    def end(self) -> None:
        """Everything was said."""
