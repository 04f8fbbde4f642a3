"""What one evaluation carries: variables, loop variables, cost and deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["DEFAULT_COST_LIMIT", "PENDING", "Cancelled", "State"]

DEFAULT_COST_LIMIT = 1_000_000
"""Cost units that one expression may use, as in the Kubernetes API server."""

PENDING = object()
"""Stands in a local slot whose value is computed when it is first read."""

_CHECK_EVERY = 64
"""Loop steps between two looks at the limits."""


class Cancelled(Exception):  # noqa: N818 - a decision of the evaluator, not an error of its own
    """The evaluation was stopped; nothing absorbs it."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)


class State:
    """Of one evaluation. `cost` grows as it goes; the limit is looked at in loops and at the end, so that adding to it stays cheap."""

    __slots__ = ("cost", "deadline", "limit", "locals", "partial", "thunks", "variables")

    def __init__(self, variables: Mapping[str, Any], *, slots: int, partial: bool, limit: int, deadline: float | None) -> None:
        self.variables = variables
        self.locals: list[Any] = [None] * slots
        self.thunks: list[Any] = [None] * slots
        self.partial = partial
        self.cost = 0
        self.limit = limit
        self.deadline = deadline

    def check(self) -> None:
        """Raises Cancelled over the cost limit or after the deadline."""
        if self.cost > self.limit:
            raise Cancelled(ErrorKind.COST_LIMIT, "operation cancelled: actual cost limit exceeded")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Cancelled(ErrorKind.DEADLINE, "operation cancelled: deadline exceeded")

    def steps(self, entries: Iterable[Any]) -> Iterator[Any]:
        """The entries of a loop, with a look at limit and deadline every few of them."""
        for index, entry in enumerate(entries):
            if index % _CHECK_EVERY == 0:
                self.check()
            yield entry
