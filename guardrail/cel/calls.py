"""How calls are evaluated: strict operators and functions, and the few that are not strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.cost import BY_RESULT, call_cost
from guardrail.cel.dispatch import Dispatcher
from guardrail.cel.doubts import doubt_of, merge, shallow_doubt
from guardrail.cel.errors import EvaluationError, EvaluationFault
from guardrail.cel.nodes import Call, ListExpr
from guardrail.cel.operators import BINARY, COMPARISONS, equal, negate, no_overload
from guardrail.cel.plans import Plan, chained, constant_plan
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import NONE, Opaque, Optional, UInt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.cel.declarations import Overload
    from guardrail.cel.exact import Planner
    from guardrail.cel.state import State

    Run = Callable[[State], Any]
    Step = Callable[[State, Any], Any]

__all__ = ["call_step", "function_of", "is_conversion", "is_in_nothing", "plan_call"]

_CONVERSIONS = frozenset(("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"))
_REGEX_FUNCTIONS = frozenset(("matches", "find", "findAll"))
_SET_TYPES = frozenset((int, UInt, float, str, bool))
_BOTH_SIDES = frozenset((*BINARY, "_==_", "_!=_"))


def is_conversion(call: Call) -> bool:
    """Whether a call converts one value; of a constant it is computed at compile time."""
    return call.function in _CONVERSIONS and call.target is None and len(call.args) == 1


def apply_function(planner: Planner, call: Call) -> Callable[[Sequence[Any]], Any]:
    """The strict function of a call on evaluated arguments. It raises EvaluationFault."""
    return function_of(planner.functions, call.function, call.overloads)


def function_of(functions: Mapping[str, tuple[Overload, ...]], name: str, ids: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """As `apply_function`, by name and overloads."""
    if name == "_==_":
        return _equal
    if name == "_!=_":
        return lambda args: not equal(args[0], args[1])
    if name == "-_":
        return lambda args: negate(args[0])
    if name == "!_":
        return _not
    binary = BINARY.get(name)
    if binary is not None:
        return lambda args: binary(args[0], args[1])
    overloads = functions.get(name, ())
    if ids:
        chosen = set(ids)
        overloads = tuple(overload for overload in overloads if overload.id in chosen)
    return Dispatcher(name, overloads)


def _equal(args: Sequence[Any]) -> bool:
    a, b = args
    if isinstance(a, Opaque) and b is not None and type(a) is not type(b):
        raise no_overload("_==_", a, b)  # as in Kubernetes; `!=` is true of them
    return equal(a, b)


def _not(args: Sequence[Any]) -> bool:
    if type(args[0]) is not bool:
        raise no_overload("!_", args[0])
    return not args[0]


def _finisher(planner: Planner, call: Call) -> Callable[[State, list[Any]], Any]:
    """What happens once the arguments are there: failures, doubts, the function itself, its cost."""
    function, cost = apply_function(planner, call), _cost(planner, call)
    line, column = planner.place(call)
    doubts, ahead = _DOUBTS.get(call.function, _shallow), cost not in BY_RESULT

    def finish(s: State, args: list[Any]) -> Any:
        for arg in args:
            if type(arg) is EvaluationError or type(arg) is Unknown:
                failed = arg if not s.partial else _failed_in_part(args, doubts)
                s.cost += cost(args, failed)
                return failed
        if s.partial and (unknown := doubts(args)) is not None:
            s.cost += 1
            return unknown
        if ahead:
            s.cost += cost(args, None)
            if s.cost > s.limit:
                s.check()  # what costs too much is not begun
        try:
            result: Any = function(args)
        except EvaluationFault as fault:
            result = EvaluationError(fault.message, fault.kind, line, column)
        if not ahead:
            s.cost += cost(args, result)
            if s.cost > s.limit:
                s.check()
        return result

    return finish


def _cost(planner: Planner, call: Call) -> Callable[[Sequence[Any], Any], int]:
    """What a call costs; where nothing was checked, a call with a number of arguments that no overload has costs a unit."""
    count = len(call.args) + (call.target is not None)
    if call.overloads or any(len(overload.params) == count for overload in planner.functions.get(call.function, ())):
        return call_cost(call.function, call.overloads)
    return lambda _args, _result: 1


def _failed_in_part(args: list[Any], doubts: Callable[[Sequence[Any]], Unknown | None]) -> Any:
    failed = _failed(args)
    return merge([failed, doubts(args)]) if type(failed) is Unknown else failed


def _shallow(args: Sequence[Any]) -> Unknown | None:
    return merge(map(shallow_doubt, args))


def _deep(args: Sequence[Any]) -> Unknown | None:
    return merge(map(doubt_of, args))


def _doubt_of_membership(args: Sequence[Any]) -> Unknown | None:
    """A map answers for each key; a list with an unknown element for none."""
    item, container = args
    if isinstance(container, PartialMap) and type(item) is str:
        present = container.presence(item)
        return present if isinstance(present, Unknown) else None
    return _deep(args) if isinstance(item, (list, dict)) else shallow_doubt(container)


_DOUBTS: dict[str, Callable[[Sequence[Any]], Unknown | None]] = {
    **dict.fromkeys(("_==_", "_!=_", "indexOf", "lastIndexOf", "includes", "distinct", "format"), _deep),
    **dict.fromkeys(("sets.contains", "sets.equivalent", "sets.intersects"), _deep),
    "@in": _doubt_of_membership,
}
"""What is unknown to functions that look at what is inside elements; the others look at elements and keys only."""


def _failed(args: Sequence[Any]) -> Any:
    """What failed arguments come to, or None. Unknowns unite and win; of errors the first stands."""
    failed: Any = None
    for arg in args:
        if type(arg) is Unknown:
            failed = failed | arg if type(failed) is Unknown else arg
        elif type(arg) is EvaluationError and failed is None:
            failed = arg
    return failed


def call_step(planner: Planner, call: Call) -> Step:
    """A call as a step on the value of its first operand (of a method: its target)."""
    rest = call.args if call.target is not None else call.args[1:]
    if call.target is not None and call.function in ("or", "orValue") and len(rest) == 1:
        return _fallback(planner.of(rest[0]).run, unwrap=call.function == "orValue")
    plans = [planner.of(arg) for arg in rest]
    if planner.options.folded and call.function == "@in" and call.overloads == ("in_list",) and plans[0].constant:
        member = _membership(plans[0].value)
        if member is not None:
            return member
    compiled = planner.options.folded and call.function in _REGEX_FUNCTIONS and bool(plans) and plans[0].constant
    if compiled:
        _check_pattern(planner, call, plans[0].value)
    finish, runs = _finisher(planner, call), [plan.run for plan in plans]
    if len(runs) == 1 and not compiled and (call.function in _BOTH_SIDES or len(call.overloads) == 1):
        return _binary(call, finish, runs[0])
    if not runs:
        return lambda s, value: finish(s, [value])
    return _sequence(finish, runs)


def _binary(call: Call, finish: Callable[[State, list[Any]], Any], only: Run) -> Step:
    """A function of two operands that looks at both whatever they are."""
    if call.function in ("_==_", "_!=_"):
        return _equality(finish, only, negated=call.function == "_!=_")
    if call.function == "@in" and call.overloads != ("in_list",):
        return _membership_of(finish, only)
    if call.function in COMPARISONS:
        return _comparison(finish, only, COMPARISONS[call.function])
    return lambda s, value: finish(s, [value, only(s)])


def _equality(finish: Callable[[State, list[Any]], Any], only: Run, *, negated: bool) -> Step:
    """`==` and `!=`, the common types first."""

    def step(s: State, value: Any) -> Any:
        other = only(s)
        kind = type(value)
        if kind is type(other) and (kind is int or kind is bool):
            s.cost += 1
            return (value == other) is not negated
        if kind is str and type(other) is str:
            s.cost += -(-min(len(value), len(other)) // 10)
            return (value == other) is not negated
        if kind is EvaluationError and not s.partial and other and type(other) in _SET_TYPES:
            s.cost += 1
            return value
        return finish(s, [value, other])

    return step


def _membership_of(finish: Callable[[State, list[Any]], Any], only: Run) -> Step:
    """`in`, a key of a plain map first."""

    def step(s: State, value: Any) -> Any:
        container = only(s)
        if type(container) is dict and type(value) is str:
            s.cost += 1
            return value in container
        return finish(s, [value, container])

    return step


def _negation(finish: Callable[[State, list[Any]], Any]) -> Step:
    """`!`, truth values first."""

    def step(s: State, value: Any) -> Any:
        if type(value) is bool:
            s.cost += 1
            return not value
        return finish(s, [value])

    return step


def _comparison(finish: Callable[[State, list[Any]], Any], only: Run, test: Callable[[int], bool]) -> Step:
    """Order, integers first."""

    def step(s: State, value: Any) -> Any:
        other = only(s)
        if type(value) is int and type(other) is int:
            s.cost += 1
            return test((value > other) - (value < other))
        return finish(s, [value, other])

    return step


def _sequence(finish: Callable[[State, list[Any]], Any], runs: list[Run]) -> Step:
    """Arguments up to the first that fails, as cel-go does; later ones only for the unknowns in them."""

    def step(s: State, value: Any) -> Any:
        args = [value]
        for run in runs:
            if _failed(args) is not None:
                return _rest(s, args, runs[len(args) - 1 :])
            args.append(run(s))
        return finish(s, args)

    return step


def _rest(s: State, args: list[Any], runs: list[Run]) -> Any:
    before = s.cost
    args.extend([run(s) for run in runs])
    s.cost = before
    return _failed(args)


def plan_call(planner: Planner, call: Call) -> Plan:
    """The plan of a call that is no operator of its own."""
    operands = ([call.target] if call.target is not None else []) + call.args
    if not operands:
        finish = _finisher(planner, call)
        return Plan(lambda s: finish(s, []))
    first = planner.of(operands[0])
    if call.function == "!_":
        finish = _finisher(planner, call)
        return chained(first, _negation(finish)) if planner.trace is None else Plan(_on(first.run, finish))
    if planner.options.folded and is_conversion(call) and first.constant:
        return _constant(planner, call, first, constant_plan)
    step = call_step(planner, call)
    if planner.trace is None:
        return chained(first, step)
    run = first.run
    return Plan(lambda s: step(s, run(s)))


def _on(first: Run, finish: Callable[[State, list[Any]], Any]) -> Run:
    """A call of one argument."""
    return lambda s: finish(s, [first(s)])


def _constant(planner: Planner, call: Call, first: Plan, made: Callable[[Any], Plan]) -> Plan:
    try:
        return made(apply_function(planner, call)([first.value]))
    except EvaluationFault as fault:
        planner.faults.append(planner.source.fault(call.offset, fault.message))
        return first


def _check_pattern(planner: Planner, call: Call, pattern: Any) -> None:
    from guardrail.cel.regex import compile_pattern  # noqa: PLC0415 - only expressions with patterns pay for RE2

    if type(pattern) is not str:
        return
    try:
        compile_pattern(pattern)
    except EvaluationFault as fault:
        planner.faults.append(planner.source.fault(call.offset, fault.message))


def is_in_nothing(call: Call) -> bool:
    """Whether a call is `x in []`, which is false without looking at x."""
    if call.function != "@in" or call.overloads != ("in_list",):
        return False
    items = call.args[1]
    return isinstance(items, ListExpr) and not items.elements


def _membership(items: list[Any]) -> Step | None:
    """`x in [constants]`, which costs nothing beside `x`; None where an element is no scalar."""
    if not all(type(item) in _SET_TYPES for item in items):
        return None
    words = frozenset(item for item in items if type(item) is str)
    others = [item for item in items if type(item) is not str]

    def step(_: State, value: Any) -> Any:
        if type(value) is str:
            return value in words
        if type(value) is EvaluationError or type(value) is Unknown:
            return value
        return any(equal(value, item) for item in others)

    return step


def _fallback(otherwise: Run, *, unwrap: bool) -> Step:
    """`a.or(b)`, with `unwrap` `a.orValue(b)`: the second only where the first has no value. What is no optional stays, as in cel-go."""

    def step(s: State, value: Any) -> Any:
        if type(value) is not Optional:
            return value
        if value is not NONE:
            return value.value if unwrap else value
        return otherwise(s)

    return step
