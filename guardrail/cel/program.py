"""A compiled expression."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from guardrail.cel.bindings import Bindings, NotPlain
from guardrail.cel.errors import ErrorKind, EvaluationError, EvaluationFault
from guardrail.cel.exact import Options, Planner
from guardrail.cel.fast_helpers import NeedsExact
from guardrail.cel.nodes import Call, MapExpr, Node
from guardrail.cel.reads import Read, reads_of
from guardrail.cel.state import DEFAULT_COST_LIMIT, Cancelled, State
from guardrail.cel.tree import walk
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import export

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.cel.celtype import CelType
    from guardrail.cel.estimate import CostEstimate
    from guardrail.cel.explain import Explanation, Path, Step, Tracer
    from guardrail.cel.fast_code import FastCode
    from guardrail.cel.source import Source
    from guardrail.cel.versions import Requirement

__all__ = ["Outcome", "Program"]

_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What foreign values or functions may make Python raise; the caller gets an error value instead."""

_NEEDS_EXACT = (LookupError, AttributeError, TypeError, NeedsExact, NotPlain, EvaluationFault, *_UNEXPECTED)
"""What generated code raises where the exact evaluator has to decide."""

_UNWATCHED = 200_000
"""Cost units (some hundredths of a second) that generated code, which cannot look at a deadline, may use where there is one."""

_COLD_EVALUATIONS = 1
"""Evaluations before a function is generated: making one costs as much as a dozen evaluations."""


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
        self._fast: Any = None
        self._errors: dict[int, EvaluationError] | None = None
        self._evaluations = 0
        self._code: FastCode | None = None
        self._traces: list[tuple[Tracer, Any, int]] = []
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

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions, operators and macros that it calls, each once, in the order of the text (`_+_`, `size`, `.all:2`)."""
        called = [(node.offset, node.function) for node, _ in walk(self._tree) if isinstance(node, Call)]
        return tuple(dict.fromkeys(name for _, name in sorted(called + self._source.macros)))

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What the expression uses that not every Kubernetes version has, in the order of the text."""
        from guardrail.cel.versions import requirements  # noqa: PLC0415 - few programs are asked

        return requirements(self._tree, self._source, self._options.functions)

    @property
    def minimum_version(self) -> str | None:
        """The oldest Kubernetes version whose API server takes the expression; None where none does."""
        from guardrail.cel.versions import minimum_version  # noqa: PLC0415 - as above

        return minimum_version(self.requirements)

    def cost_estimate(self, sizes: Mapping[str, int] | None = None) -> CostEstimate:
        """What an evaluation can cost at least and at most.

        `sizes` bounds the sizes of texts, lists and maps by path: `object.spec.containers`, or `object.args[]` for elements.
        """
        from guardrail.cel.estimate import UNBOUNDED, CostEstimate, Estimator  # noqa: PLC0415 - few programs are asked

        cost = Estimator(sizes or {}, folded=self._options.folded).cost(self._tree)
        return CostEstimate(cost.least, cost.most if cost.most < UNBOUNDED else None)

    def evaluate(
        self,
        variables: Mapping[str, Any],
        deadline: float | None = None,
        cost_limit: int = DEFAULT_COST_LIMIT,
    ) -> Any:
        """The value, an `Unknown` or an `EvaluationError`; never raises. Lists and maps in it are not to be changed.

        `deadline` is in seconds of `time.monotonic()`; `cost_limit` in cost units.
        """
        fast = self._fast
        if fast and deadline is None and type(variables) is Bindings:  # nearly always: `_evaluated` without what it has to ask
            try:
                return fast(variables, cost_limit)
            except _NEEDS_EXACT as trouble:
                return self._despite(trouble, variables, None, cost_limit)
        return self._evaluated(variables, deadline, cost_limit)

    def _evaluated(self, variables: Mapping[str, Any], deadline: float | None, cost_limit: int) -> Any:
        bindings = variables if type(variables) is Bindings else Bindings(variables)
        fast = self._warm() if self._fast is None else self._fast
        if fast and (deadline is None or time.monotonic() < deadline):
            try:
                return fast(bindings, cost_limit if deadline is None else min(cost_limit, _UNWATCHED))
            except _NEEDS_EXACT as trouble:
                return self._despite(trouble, bindings, deadline, cost_limit)
        return self._exactly(bindings, deadline, cost_limit).value

    def _despite(self, trouble: Exception, bindings: Bindings, deadline: float | None, cost_limit: int) -> Any:
        """The outcome where generated code raised."""
        if type(trouble) is KeyError:
            errors = self._errors
            if errors is None:
                errors = self._errors = self._code.errors(self._fast.__code__) if self._code is not None else {}
            raised = trouble.__traceback__
            if raised is not None and (raised := raised.tb_next) is not None and raised.tb_next is None:  # in that code itself
                error = errors.get(raised.tb_lasti)
                if error is not None:
                    return error
        return self._exactly(bindings, deadline, cost_limit).value

    def measure(self, variables: Mapping[str, Any], *, deadline: float | None = None, cost_limit: int = DEFAULT_COST_LIMIT) -> Outcome:
        """As `evaluate`, by the exact evaluator and with the cost that it counted."""
        bindings = variables if type(variables) is Bindings else Bindings(variables)
        return self._exactly(bindings, deadline, cost_limit)

    def explain(self, variables: Mapping[str, Any], *, deadline: float | None = None, cost_limit: int = DEFAULT_COST_LIMIT) -> Explanation:
        """As `measure`, with every sub-expression that was evaluated, its value and the path it was read from."""
        from guardrail.cel.explain import Explanation  # noqa: PLC0415 - only findings are explained

        bindings = variables if type(variables) is Bindings else Bindings(variables)
        outcome = self._exactly(bindings, deadline, cost_limit)
        return Explanation(outcome.value, outcome.cost, self._traced(bindings, deadline, cost_limit))

    def blamed(self, variables: Mapping[str, Any]) -> tuple[Path, ...]:
        """The paths that made the value what it is; see `Explanation.blamed`."""
        from guardrail.cel.explain import Explanation  # noqa: PLC0415 - only findings are explained

        bindings = variables if type(variables) is Bindings else Bindings(variables)
        return Explanation(None, 0, self._traced(bindings, None, DEFAULT_COST_LIMIT)).blamed

    def _traced(self, bindings: Bindings, deadline: float | None, cost_limit: int) -> Step | None:
        """The first step of a recorded evaluation; None where it was too deep or too long to record."""
        from guardrail.cel.explain import Tracer  # noqa: PLC0415 - as above

        try:
            if self._traces:
                tracer, run, slots = self._traces.pop()
            else:
                tracer = Tracer(self._tree, self._source)
                planner = Planner(self._source, self._options, tracer.trace)
                run, slots = planner.program(self._tree), planner.slots
            scope = bindings.every if self._options.unchecked is None else bindings
            run(State(scope, slots=slots, partial=bindings.partial(self._roots), limit=4 * cost_limit, deadline=deadline))
        except (Cancelled, *_UNEXPECTED):
            return None
        root = tracer.taken()
        self._traces.append((tracer, run, slots))  # one at a time has it: threads make more of them
        return root

    def _exactly(self, bindings: Bindings, deadline: float | None, cost_limit: int) -> Outcome:
        variables = bindings.every if self._options.unchecked is None else bindings
        state = State(variables, slots=self._slots, partial=False, limit=cost_limit, deadline=deadline)
        try:
            if deadline is not None:
                state.check()
            state.partial = bindings.partial(self._roots)
            value = self._exact(state)
            if deadline is not None or state.cost > cost_limit:
                state.check()
        except Cancelled as stop:
            value = EvaluationError(stop.message, stop.kind)
            state.cost = min(state.cost, cost_limit + 1)
        except RecursionError:
            value = EvaluationError("the values are nested too deeply", ErrorKind.TOO_DEEP)
        except _UNEXPECTED as error:
            value = EvaluationError(f"internal error: {type(error).__name__}: {error}", ErrorKind.INTERNAL)
        if self._odd_keys and not isinstance(value, (EvaluationError, Unknown)):
            value = export(value)
        return Outcome(value, state.cost)

    # -- the fast path

    @property
    def generated_source(self) -> str:
        """The Python source of the fast path; empty where there is none, or none yet."""
        return self._code.source if self._code is not None else ""

    def _warm(self) -> Any:
        """The generated function, made at the second evaluation; False where there is none."""
        self._evaluations += 1
        if self._evaluations <= _COLD_EVALUATIONS:
            return False
        self._fast = self._generated()
        return self._fast

    @property
    def tree(self) -> Node:
        """The checked tree, which is not to be changed."""
        return self._tree

    def planner(self) -> Planner:
        """A planner for the tree."""
        return Planner(self._source, self._options)

    def dump(self) -> bytes | None:
        """The bytes that `Environment.load` takes; None where there is no such form. They are code: see `guardrail.cel.stored`."""
        from guardrail.cel.stored import dump  # noqa: PLC0415 - few programs are stored

        return dump(self)

    def _generated(self) -> Any:
        if self._options.unchecked is not None or not self._options.folded:
            return False
        from guardrail.cel.fast import Unsupported, generate  # noqa: PLC0415 - a single evaluation does not need it

        try:
            code = generate(self.planner(), self._tree)
            function = code.function()
        except (Unsupported, RecursionError, MemoryError, SyntaxError):
            return False
        self._code = code
        return function


class Outcome:
    """A result with its cost."""

    __slots__ = ("cost", "value")

    def __init__(self, value: Any, cost: int) -> None:
        self.value = value
        self.cost = cost


def deadline_in(seconds: float) -> float:
    """The deadline that lies some seconds ahead."""
    return time.monotonic() + seconds
