"""A compiled expression."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from guardrail.cel.bindings import Bindings
from guardrail.cel.errors import ErrorKind, EvaluationError
from guardrail.cel.exact import Options, Planner
from guardrail.cel.nodes import MapExpr, Node
from guardrail.cel.reads import Read, reads_of
from guardrail.cel.state import DEFAULT_COST_LIMIT, Cancelled, State
from guardrail.cel.tree import walk
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import export

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.cel.celtype import CelType
    from guardrail.cel.source import Source

__all__ = ["Outcome", "Program"]

_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What foreign values or functions may make Python raise; the caller gets an error value instead."""


class Program:
    """Evaluates one expression; immutable, and safe to use from several threads."""

    def __init__(self, tree: Node, source: Source, options: Options) -> None:
        self._tree = tree
        self._source = source
        self._options = options
        planner = Planner(source, options)
        self._exact = planner.program(tree)
        self._slots = planner.slots
        self._reads = reads_of(tree, source)
        self._roots = frozenset(read.path[0] for read in self._reads)
        self._odd_keys = any(isinstance(node, MapExpr) for node, _ in walk(tree)) or "transformMap" in source.text

    @property
    def type(self) -> CelType:
        """The static type of the result."""
        return self._tree.type

    @property
    def source(self) -> str:
        """The text."""
        return self._source.text

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every chain of selections rooted at a free variable, with its place."""
        return self._reads

    def evaluate(
        self,
        variables: Mapping[str, Any],
        *,
        deadline: float | None = None,
        cost_limit: int = DEFAULT_COST_LIMIT,
    ) -> Any:
        """The value, an `Unknown` or an `EvaluationError`; never raises.

        `deadline` is in seconds of `time.monotonic()`; `cost_limit` in cost units.
        """
        return self.measure(variables, deadline=deadline, cost_limit=cost_limit).value

    def measure(self, variables: Mapping[str, Any], *, deadline: float | None = None, cost_limit: int = DEFAULT_COST_LIMIT) -> Outcome:
        """As `evaluate`, with the cost that the exact evaluator counted."""
        bindings = variables if type(variables) is Bindings else Bindings(variables)
        state = State(bindings, slots=self._slots, partial=False, limit=cost_limit, deadline=deadline)
        try:
            state.partial = bindings.partial(self._roots)
            value = self._exact(state)
        except Cancelled as stop:
            value = EvaluationError(stop.message, stop.kind)
        except RecursionError:
            value = EvaluationError("the values are nested too deeply", ErrorKind.TOO_DEEP)
        except _UNEXPECTED as error:
            value = EvaluationError(f"internal error: {type(error).__name__}: {error}", ErrorKind.INTERNAL)
        if self._odd_keys and not isinstance(value, (EvaluationError, Unknown)):
            value = export(value)
        return Outcome(value, state.cost)


class Outcome:
    """A result with its cost."""

    __slots__ = ("cost", "value")

    def __init__(self, value: Any, cost: int) -> None:
        self.value = value
        self.cost = cost


def deadline_in(seconds: float) -> float:
    """The deadline that lies some seconds ahead."""
    return time.monotonic() + seconds
