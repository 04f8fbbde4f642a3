"""The seams of guardrail: protocols of at most three methods, each with a fake and a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from guardrail.cel.errors import CompileError, EvaluationError
from guardrail.cel.errors import Fault as CelFault
from guardrail.cel.reads import Read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.model import Finding, Location, Origin, Report

__all__ = ["CelFault", "CelRuntime", "CompileError", "EvaluationError", "Locator", "Program", "Read", "Reporter"]


class Program(Protocol):
    """A compiled expression."""

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every chain of selections rooted at a free variable (loop variables are not free)."""

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """A plain JSON value (instants as datetime), an `Unknown` or an `EvaluationError`; never raises.

        Lists and maps are handed back as they are: members may be `Unknown`, a map may be partial.

        `variables` are plain Python values; `Unknown` and `PartialMap` may stand anywhere in them, and
        a named expression that failed stands as its `EvaluationError`: reading it is that error.
        """


class CelRuntime(Protocol):
    """A CEL implementation."""

    @property
    def name(self) -> str:
        """The name for `--engine` and the report."""

    def compile(self, source: str) -> Program:
        """Raises CompileError."""


class Locator(Protocol):
    """Finds the line and column of a value in the source it was read from."""

    def locate(self, origin: Origin, pointer: str) -> Location:
        """The place of `pointer` below the origin, or of the nearest parent that is written."""


class Reporter(Protocol):
    """Prints a report, as events, so that several formats can listen to one run."""

    def begin(self, report: Report) -> None:
        """The run: inputs, library, profile, notes and counts."""

    def finding(self, finding: Finding) -> None:
        """One finding, in the order of the report."""

    def end(self) -> None:
        """Everything was said."""
