"""What one evaluation carries: variables, loop variables, cost and deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_COST_LIMIT", "PENDING", "Cancelled", "State"]

DEFAULT_COST_LIMIT = 1_000_000
"""Cost units that one expression may use, as in the Kubernetes API server."""

PENDING = object()
"""Stands in a local slot whose value is computed when it is first read."""

_CHECK_EVERY = 256
"""Loop steps between two looks at the clock."""


class Cancelled(Exception):  # noqa: N818 - a decision of the evaluator, not an error of its own
    """The evaluation was stopped; nothing absorbs it."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)


class State:
    """Of one evaluation."""

    __slots__ = ("_until_check", "cost", "deadline", "limit", "locals", "partial", "thunks", "variables")

    def __init__(self, variables: Mapping[str, Any], *, slots: int, partial: bool, limit: int, deadline: float | None) -> None:
        self.variables = variables
        self.locals: list[Any] = [None] * slots
        self.thunks: list[Any] = [None] * slots
        self.partial = partial
        self.cost = 0
        self.limit = limit
        self.deadline = deadline
        self._until_check = _CHECK_EVERY

    def charge(self, units: int) -> None:
        """Add to the cost. Raises Cancelled over the limit."""
        self.cost += units
        if self.cost > self.limit:
            raise Cancelled(ErrorKind.COST_LIMIT, "operation cancelled: actual cost limit exceeded")

    def tick(self) -> None:
        """One step of a loop. Raises Cancelled after the deadline."""
        self._until_check -= 1
        if self._until_check <= 0:
            self._until_check = _CHECK_EVERY
            self.look_at_clock()

    def look_at_clock(self) -> None:
        """Raises Cancelled after the deadline."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Cancelled(ErrorKind.DEADLINE, "operation cancelled: deadline exceeded")
