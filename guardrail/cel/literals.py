"""Literals of lists, maps and objects, evaluated exactly; and what an operation with failed parts comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.cost import LIST_COST, MAP_COST, STRUCT_COST
from guardrail.cel.errors import ErrorKind, EvaluationError, EvaluationFault
from guardrail.cel.operators import no_overload
from guardrail.cel.plans import Plan, constant_plan
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import NONE, Optional, UInt, as_key, type_name
from guardrail.cel.wellknown import construct

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.cel.exact import Planner
    from guardrail.cel.nodes import ListExpr, MapExpr, StructExpr
    from guardrail.cel.state import State

    Run = Callable[[State], Any]

__all__ = ["NOTHING", "beside", "make_map", "plan_list", "plan_map", "plan_struct", "stops", "uncharged", "unwrap"]

NOTHING = object()
"""An optional element or entry that is left out."""


def stops(value: Any) -> bool:
    """Whether it is an error or an unknown."""
    return type(value) is EvaluationError or type(value) is Unknown


def beside(first: Any, second: Any) -> Any:
    """What two failures of one operation come to: unknowns unite and win over errors."""
    if type(second) is Unknown:
        return first | second if type(first) is Unknown else second
    return first


def uncharged(s: State, run: Run) -> Any:
    """A value that cel-go would not have computed, for the unknowns in it."""
    before = s.cost
    value = run(s)
    s.cost = before
    return value


def unwrap(value: Any, place: tuple[int, int]) -> Any:
    """The value of an optional element; `NOTHING` where it has none."""
    if type(value) is Optional:
        return value.value if value is not NONE else NOTHING
    if stops(value):
        return value
    return EvaluationError(
        f"cannot initialize optional entry from non-optional value of type {type_name(value)}", ErrorKind.CONVERSION, *place
    )


_KEY_TYPES = frozenset((str, int, UInt, bool))


def make_map(entries: list[tuple[Any, Any]], place: tuple[int, int], *, strict: bool) -> Any:
    """A map of evaluated entries, or an error. `strict` refuses repeated keys and keys that are doubles."""
    made: dict[Any, Any] = {}
    for key, value in entries:
        if isinstance(key, (list, dict)) or (strict and type(key) not in _KEY_TYPES):
            fault = no_overload("map key", key)
            return EvaluationError(fault.message, fault.kind, *place)
        if strict and as_key(key) in made:
            return EvaluationError(f"Failed with repeated key: {key}", ErrorKind.DUPLICATE_KEY, *place)
        if value is NOTHING:
            made.pop(as_key(key), None)
        else:
            made[as_key(key)] = value
    return made


def plan_list(planner: Planner, node: ListExpr) -> Plan:
    """A list."""
    plans = [planner.of(element) for element in node.elements]
    if planner.options.folded and all(plan.constant for plan in plans) and not node.optional:
        return constant_plan([plan.value for plan in plans])
    runs, optional, place = [plan.run for plan in plans], node.optional, planner.place(node)

    def run(s: State) -> Any:
        items, failed = [], None
        for index, element in enumerate(runs):
            if failed is None:
                value = element(s)
                if index in optional:
                    value = unwrap(value, place)
            else:  # only an unknown could still change the outcome
                value = uncharged(s, element)
            if type(value) is Unknown or type(value) is EvaluationError:
                failed = value if failed is None else beside(failed, value)
            elif value is not NOTHING:
                items.append(value)
        s.cost += LIST_COST
        return items if failed is None else failed

    return Plan(run)


def plan_map(planner: Planner, node: MapExpr) -> Plan:
    """A map."""
    pairs = [(planner.of(key), planner.of(value)) for key, value in node.entries]
    if planner.options.folded and all(key.constant and value.constant for key, value in pairs) and not node.optional:
        made = make_map([(key.value, value.value) for key, value in pairs], planner.place(node), strict=planner.options.specification)
        return constant_plan(made) if type(made) is dict else Plan(lambda _: made)
    optional, place, strict = node.optional, planner.place(node), planner.options.specification

    def run(s: State) -> Any:
        entries, failed = [], None
        for index, (key_plan, value_plan) in enumerate(pairs):
            if failed is None:
                key = key_plan.run(s)
                value = value_plan.run(s) if not stops(key) else uncharged(s, value_plan.run)
                value = unwrap(value, place) if index in optional else value
            else:
                key, value = uncharged(s, key_plan.run), uncharged(s, value_plan.run)
            for part in (key, value):
                if stops(part):
                    failed = part if failed is None else beside(failed, part)
            entries.append((key, value))
        s.cost += MAP_COST
        return make_map(entries, place, strict=strict) if failed is None else failed

    return Plan(run)


def plan_struct(planner: Planner, node: StructExpr) -> Plan:
    """A message or object."""
    fields = [(name, planner.of(value).run) for name, value in node.fields]
    optional, place, type_ = node.optional, planner.place(node), node.name

    def run(s: State) -> Any:
        made: dict[str, Any] = {}
        for index, (name, field) in enumerate(fields):
            value = field(s)
            value = unwrap(value, place) if index in optional else value
            if stops(value):
                return value
            if value is not NOTHING:
                made[name] = value
        s.cost += STRUCT_COST
        try:
            return construct(type_, made)
        except EvaluationFault as fault:
            return EvaluationError(fault.message, fault.kind, *place)

    return Plan(run)
