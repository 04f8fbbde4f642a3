"""Evaluation of the comprehension macros.

Costs are those of the accumulator loops that cel-go expands them to; the constants are derived at each macro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.cost import LIST_COST, MAP_COST, call_cost
from guardrail.cel.doubts import shallow_doubt
from guardrail.cel.errors import ErrorKind, EvaluationError, EvaluationFault
from guardrail.cel.literals import uncharged
from guardrail.cel.operators import no_overload
from guardrail.cel.plans import Plan
from guardrail.cel.sorting import sort_by_keys
from guardrail.cel.state import PENDING
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import NONE, Optional, as_key, from_key, keys_of, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from guardrail.cel.exact import Planner
    from guardrail.cel.nodes import Fold
    from guardrail.cel.state import State

    Run = Callable[[State], Any]

__all__ = ["plan_fold"]


def plan_fold(planner: Planner, node: Fold) -> Plan:
    """The plan of a macro."""
    if node.kind == "bind":
        return _bind(planner, node)
    if node.kind in ("optMap", "optFlatMap"):
        return _optional(planner, node)
    given = planner.plan(node.range)
    slots = [planner.declare(name) for name in node.names]
    condition = _branch(planner, node) if node.condition is not None else None
    body = planner.plan(node.body)
    planner.forget(len(slots))
    if not planner.options.folded:
        body = Plan(body.run)
    loop = _LOOPS[node.kind](slots, body, condition, planner.place(node))
    if node.kind == "sortBy":
        return _sort(planner, node, given, slots, loop)
    return Plan(_over(planner, node, given.run, loop, slots))


_LISTS = frozenset(("map", "filter", "sortBy", "transformList"))
_MAPS = frozenset(("transformMap", "transformMapEntry"))
"""Macros that begin with an empty list or map."""


def _branch(planner: Planner, node: Fold) -> Run:
    assert node.condition is not None
    return planner.plan(node.condition).run


def _over(planner: Planner, node: Fold, given: Run, loop: Callable[[State, Iterable[Any], Unknown | None], Any], slots: list[int]) -> Run:
    """Evaluate the range, then run the loop over its entries. One variable takes elements or keys, two take both."""
    line, column = planner.place(node)
    initial = 0 if planner.options.folded else LIST_COST if node.kind in _LISTS else MAP_COST if node.kind in _MAPS else 0
    two, element_wise = len(slots) > 1, node.kind in ("all", "exists")

    def run(s: State) -> Any:
        value = given(s)
        doubt = None
        if type(value) is EvaluationError or type(value) is Unknown:
            return value
        if s.partial and (doubt := shallow_doubt(value)) is not None and not element_wise:
            return doubt
        s.cost += initial
        if isinstance(value, list):
            return loop(s, enumerate(value) if two else value, doubt if isinstance(value, PartialMap) else None)
        if isinstance(value, dict):
            entries: Iterable[Any] = ((from_key(key), item) for key, item in value.items()) if two else keys_of(value)
            return loop(s, entries, doubt)
        return EvaluationError(f"got '{type_name(value)}', expected iterable type", ErrorKind.NOT_ITERABLE, line, column)

    return run


def _bound(s: State, slots: list[int], entry: Any) -> None:
    if len(slots) == 1:
        s.locals[slots[0]] = entry
    else:
        s.locals[slots[0]], s.locals[slots[1]] = entry


def _truth_error(value: Any, place: tuple[int, int]) -> EvaluationError:
    """The error of a condition that is no truth value."""
    return value if type(value) is EvaluationError else EvaluationError("no such overload", ErrorKind.NO_SUCH_OVERLOAD, *place)


def _undecided(otherwise: bool, unknown: Unknown | None, error: EvaluationError | None) -> Any:  # noqa: FBT001 - a value
    """What a loop comes to that nothing has decided."""
    if unknown is not None:
        return unknown
    return otherwise if error is None else error


def _quantifier(decides: bool, step: int, check: int) -> Callable[..., Any]:  # noqa: FBT001 - which truth ends the loop
    """`all` and `exists`. Each step costs `step` beside the body, looking whether to go on costs `check` of that."""

    def make(slots: list[int], plan: Plan, condition: Run | None, place: tuple[int, int]) -> Callable[..., Any]:
        del condition
        body, slot, single = plan.run, slots[0], len(slots) == 1

        def loop(s: State, entries: Iterable[Any], doubt: Unknown | None) -> Any:
            unknown, error, decided = doubt, None, False
            for entry in s.steps(entries):
                if decided:
                    s.cost += check
                    break
                s.cost += step
                if single:
                    s.locals[slot] = entry
                else:
                    _bound(s, slots, entry)
                value = body(s)
                if value is decides:
                    decided = True
                elif type(value) is Unknown:
                    unknown = value if unknown is None else unknown | value
                elif type(value) is not bool and error is None:
                    error = _truth_error(value, place)
            s.cost += 1
            if decided:
                return decides
            return _undecided(not decides, unknown, error)

        return loop

    return make


def _not_a_condition(value: Any, place: tuple[int, int]) -> Any:
    if type(value) is EvaluationError or type(value) is Unknown:
        return value
    fault = no_overload("_?_:_", value)
    return EvaluationError(fault.message, fault.kind, *place)


def _exactly_one(slots: list[int], plan: Plan, condition: Run | None, place: tuple[int, int]) -> Callable[..., Any]:
    """`p ? count + 1 : count` for each entry, then `count == 1`."""
    del condition
    body = plan.run

    def loop(s: State, entries: Iterable[Any], doubt: Unknown | None) -> Any:
        del doubt
        count, failed = 0, None
        for entry in s.steps(entries):
            _bound(s, slots, entry)
            value = body(s)
            if value is True:
                s.cost += 2
                count += 1
            elif value is not False:
                failed = _later(failed, _not_a_condition(value, place))
        s.cost += 2
        return count == 1 if failed is None else failed

    return loop


def _later(failed: Any, value: Any) -> Any:
    """The failure of a step whose condition fails: it replaces an earlier error, unknowns unite."""
    if type(failed) is Unknown:
        return failed | value if type(value) is Unknown else failed
    return value


def _list(slots: list[int], plan: Plan, condition: Run | None, place: tuple[int, int]) -> Callable[..., Any]:
    """`result + [t]` for each entry that passes: 1 for the result, 10 for the list (none if constant), 1 for the sum."""
    body, step = plan.run, 2 if plan.constant else LIST_COST + 2

    def loop(s: State, entries: Iterable[Any], doubt: Unknown | None) -> Any:
        del doubt
        items: list[Any] = []
        failed: Any = None
        for entry in s.steps(entries):
            _bound(s, slots, entry)
            if condition is not None:
                truth = condition(s)
                if truth is False:
                    continue
                if truth is not True:
                    failed = _later(failed, _not_a_condition(truth, place))
                    continue
            value = body(s)
            s.cost += step
            if type(value) is EvaluationError or type(value) is Unknown:
                failed = (
                    value if failed is None else failed | value if type(failed) is type(value) is Unknown else _unknown_first(failed, value)
                )
            else:
                items.append(value)
        s.cost += 1
        return items if failed is None else failed

    return loop


def _unknown_first(failed: Any, value: Any) -> Any:
    return value if type(value) is Unknown else failed


def _map(slots: list[int], plan: Plan, condition: Run | None, place: tuple[int, int]) -> Callable[..., Any]:
    """`cel.@mapInsert(result, key, t)`: result, key and call cost 1 each."""
    return _inserting(slots, plan.run, condition, place, entry_cost=3, keyed=True)


def _entries(slots: list[int], plan: Plan, condition: Run | None, place: tuple[int, int]) -> Callable[..., Any]:
    """`cel.@mapInsert(result, entries)`: result and call cost 1 each."""
    return _inserting(slots, plan.run, condition, place, entry_cost=2, keyed=False)


def _inserting(  # noqa: PLR0913 - what a loop needs, and which of two macros it is
    slots: list[int],
    body: Run,
    condition: Run | None,
    place: tuple[int, int],
    *,
    entry_cost: int,
    keyed: bool,
) -> Callable[..., Any]:
    def loop(s: State, entries: Iterable[Any], doubt: Unknown | None) -> Any:
        del doubt
        made: dict[Any, Any] = {}
        failed: Any = None
        for entry in s.steps(entries):
            _bound(s, slots, entry)
            truth = True if condition is None else condition(s)
            if truth is not True:
                if truth is not False:
                    failed = _later(failed, _not_a_condition(truth, place))
                continue
            if failed is not None and keyed:
                s.cost += 1
                failed = _unknown_first(failed, uncharged(s, body))
                continue
            value = body(s)
            s.cost += entry_cost
            outcome = value if type(value) in (EvaluationError, Unknown) else _insert(made, {entry[0]: value} if keyed else value, place)
            if outcome is not None:
                failed = outcome if failed is None else _unknown_first(failed, outcome)
        s.cost += 1
        return made if failed is None else failed

    return loop


def _insert(made: dict[Any, Any], entries: Any, place: tuple[int, int]) -> EvaluationError | None:
    if not isinstance(entries, dict):
        fault = no_overload("cel.@mapInsert", made, entries)
        return EvaluationError(fault.message, fault.kind, *place)
    for key, value in entries.items():
        if as_key(key) in made:
            return EvaluationError(f"insert failed: key {from_key(key)} already exists", ErrorKind.DUPLICATE_KEY, *place)
        made[as_key(key)] = value
    return None


def _bind(planner: Planner, node: Fold) -> Plan:
    """`cel.bind(x, value, body)`: the value is computed when it is first read."""
    value = planner.plan(node.range).run
    slot = planner.declare(node.names[0])
    body = planner.plan(node.body).run
    planner.forget(1)

    def run(s: State) -> Any:
        s.locals[slot], s.thunks[slot] = PENDING, value
        return body(s)

    return Plan(run)


def _optional(planner: Planner, node: Fold) -> Plan:
    """`target.hasValue() ? optional.of(bind(x, target.value(), body)) : optional.none()`; reading x pays for the target again."""
    target = planner.plan(node.range).run
    slot = planner.declare(node.names[0])
    body = planner.plan(node.body).run
    planner.forget(1)
    place, wraps = planner.place(node), node.kind == "optMap"

    def run(s: State) -> Any:
        before = s.cost
        value = target(s)
        again = s.cost - before + 1
        s.cost += 1
        if type(value) is not Optional:
            if type(value) is EvaluationError or type(value) is Unknown:
                return value
            fault = no_overload("hasValue", value)
            return EvaluationError(fault.message, fault.kind, *place)
        if value is NONE:
            s.cost += 1
            return NONE

        def read(s: State) -> Any:
            s.cost += again
            return value.value

        s.locals[slot], s.thunks[slot] = PENDING, read
        result = body(s)
        if not wraps:
            return result
        s.cost += 1
        return result if type(result) in (EvaluationError, Unknown) else Optional(result)

    return Plan(run)


def _sort(planner: Planner, node: Fold, given: Plan, slots: list[int], keys: Callable[..., Any]) -> Plan:
    """`bind(l, target, l.@sortByAssociatedKeys(l.map(x, key)))`."""
    target, over = given.run, _over(planner, node, lambda s: s.locals[slots[0]], keys, slots)
    kind = node.body.type.kind
    names = {"timestamp": "google.protobuf.Timestamp", "duration": "google.protobuf.Duration"}
    overloads = () if kind in ("dyn", "error", "param") else (f"list_{names.get(kind, kind)}_sortByAssociatedKeys",)
    cost, place = call_cost("@sortByAssociatedKeys", overloads), planner.place(node)

    def run(s: State) -> Any:
        items = target(s)
        s.cost += 2
        s.locals[slots[0]] = items
        ordered = over(s)
        result: Any = ordered
        if type(items) is EvaluationError or type(items) is Unknown:
            result = items
        elif not isinstance(items, list):
            fault = no_overload("@sortByAssociatedKeys", items)
            result = EvaluationError(fault.message, fault.kind, *place)
        elif isinstance(ordered, list):
            try:
                result = sort_by_keys(items, ordered)
            except EvaluationFault as fault:
                result = EvaluationError(fault.message, fault.kind, *place)
        s.cost += cost([items, ordered], result)
        return result

    return Plan(run)


_LOOPS: dict[str, Callable[..., Callable[..., Any]]] = {
    # @not_strictly_false(result): 2; result && p: 1 + p
    "all": _quantifier(decides=False, step=3, check=2),
    # @not_strictly_false(!result): 3; result || p: 1 + p
    "exists": _quantifier(decides=True, step=4, check=3),
    "exists_one": _exactly_one,
    "map": _list,
    "filter": _list,
    "sortBy": _list,
    "transformList": _list,
    "transformMap": _map,
    "transformMapEntry": _entries,
}
