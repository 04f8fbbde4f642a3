"""The exact evaluator: a checked tree to closures that give value, error or unknown, and cost, as the language defines them.

Errors and unknowns are values here; `&&`, `||`, `?:` and the macros absorb them. Chains that lean left are run in a loop,
so that their length costs no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.attributes import Attribute, Conditional, Qualifier, local, resolver, variable
from guardrail.cel.calls import is_in_nothing, plan_call
from guardrail.cel.cost import LIST_COST, MAP_COST, STRUCT_COST
from guardrail.cel.errors import CompileError, ErrorKind, EvaluationError, EvaluationFault, Fault
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.operators import no_overload
from guardrail.cel.tree import children
from guardrail.cel.unchecked import maybe_variable
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import NONE, Optional, UInt, as_key, type_name
from guardrail.cel.wellknown import construct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.cel.checker import Scope
    from guardrail.cel.declarations import Overload
    from guardrail.cel.source import Source
    from guardrail.cel.state import State

    Run = Callable[[State], Any]
    Step = Callable[[State, Any], Any]

__all__ = ["NOTHING", "Options", "Plan", "Planner", "beside", "chained", "constant_plan", "uncharged"]

_MAX_SHARED_BRANCHES = 16
"""A selection on a conditional with more branches than this applies to its value: branches times selections would be too many."""

_INDEX = frozenset(("_[_]", "_[?_]"))


class Plan:
    """How a node is evaluated: a closure, and what is known of it before it runs.

    The closure of an attribute is made when it is asked for: most attributes only become part of a longer one.
    """

    __slots__ = ("_run", "attribute", "constant", "first", "steps", "value")

    def __init__(
        self,
        run: Run | None,
        *,
        attribute: Attribute | Conditional | None = None,
        first: Run | None = None,
        steps: list[Step] | None = None,
    ) -> None:
        self._run = run
        self.attribute = attribute
        self.first = first
        self.steps = steps
        self.constant = False
        self.value: Any = None

    @property
    def run(self) -> Run:
        """The closure."""
        if self._run is None:
            assert self.attribute is not None
            self._run = _attribute_run(self.attribute)
        return self._run

    @run.setter
    def run(self, run: Run) -> None:
        self._run = run


@dataclass(frozen=True, slots=True)
class Options:
    """What a planner knows of the environment. `unchecked` is its scope where the tree was not type-checked."""

    functions: Mapping[str, tuple[Overload, ...]]
    unchecked: Scope | None = None
    specification: bool = False
    """Whether map literals must have keys of the specification's types, each once, and presence is asked of maps only."""
    folded: bool = True
    """Whether what is constant is computed at compile time, as the API server does; what is computed then costs nothing."""


class Planner:
    """Plans one expression. `fold` mirrors what cel-go computes when it makes a program; its faults are compile errors."""

    def __init__(self, source: Source, options: Options, trace: Callable[[Node, Run], Run] | None = None) -> None:
        self.source = source
        self.functions = options.functions
        self.options = options
        self.trace = trace
        self.slots = 0
        self.plans: dict[int, Plan] = {}
        self.scopes: list[tuple[str, int]] = []
        self.faults: list[Fault] = []

    def program(self, tree: Node) -> Run:
        """The closure of a whole expression. Raises CompileError where a constant cannot be computed."""
        plan = self.plan(tree)
        if self.faults:
            raise CompileError(self.faults)
        return plan.run

    # -- scopes of macros

    def declare(self, name: str) -> int:
        """A slot for a variable, visible until `forget`."""
        slot = self.slots
        self.slots += 1
        self.scopes.append((name, slot))
        return slot

    def forget(self, count: int) -> None:
        """Leave the scope of the last `count` variables."""
        del self.scopes[len(self.scopes) - count :]

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column."""
        return self.source.place(node.offset)

    # -- plans

    def plan(self, tree: Node) -> Plan:
        """The plan of a node. Its parts are planned first, with a stack: depth costs no recursion except for macros."""
        todo: list[tuple[Node, bool]] = [(tree, False)]
        while todo:
            node, ready = todo.pop()
            parts = [] if ready or isinstance(node, Fold) else children(node)
            if parts:
                todo.append((node, True))
                todo.extend((part, False) for part in reversed(parts))
                continue
            plan = self.single(node)
            if self.trace is not None:
                plan.run = self.trace(node, plan.run)
            self.plans[id(node)] = plan
        return self.plans[id(tree)]

    def of(self, node: Node) -> Plan:
        """The plan that a part has."""
        return self.plans[id(node)]

    def single(self, node: Node) -> Plan:  # noqa: PLR0911 - one line per kind of node
        """The plan of a node whose parts are planned."""
        if isinstance(node, Const):
            return constant_plan(node.value)
        if isinstance(node, Ident):
            return self.name(node, node.name, node.constant)
        if isinstance(node, Select):
            return self.name(node, node.name, node.constant) if node.name else self.selection(node, self.of(node.operand))
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, ListExpr):
            return self.list(node)
        if isinstance(node, MapExpr):
            return self.map(node)
        if isinstance(node, StructExpr):
            return self.struct(node)
        from guardrail.cel.loops import plan_fold  # noqa: PLC0415 - the two modules need each other

        return plan_fold(self, node)

    def name(self, node: Node, name: str, constant: Any) -> Plan:
        if constant is not None:
            return constant_plan(constant)
        rooted = isinstance(node, Ident) and node.rooted
        if isinstance(node, Ident) and not rooted:
            for known, slot in reversed(self.scopes):
                if known == name:
                    return attribute_plan(Attribute(local(slot)))
        root = variable(name) if self.options.unchecked is None else maybe_variable(("." if rooted else "") + name, self.options.unchecked)
        return attribute_plan(Attribute(root, name))

    def call(self, node: Call) -> Plan:
        if node.function in ("_&&_", "_||_"):
            return Plan(self.logical(node))
        if node.function == "_?_:_":
            return self.conditional(node)
        if node.function in _INDEX and node.target is None:
            return self.selection(node, self.of(node.args[0]))
        if self.options.folded and is_in_nothing(node):
            return constant_plan(value=False)
        return plan_call(self, node)

    def logical(self, node: Call) -> Run:
        """`&&` or `||`: one operand that decides absorbs errors and unknowns of the others."""
        decides = node.function == "_||_"
        terms = [self.of(arg).run for arg in node.args]
        line, column = self.place(node)

        def run(s: State) -> Any:
            unknown: Unknown | None = None
            error: EvaluationError | None = None
            for term in terms:
                value = term(s)
                if value is decides:
                    return decides
                if type(value) is bool:
                    continue
                if type(value) is Unknown:
                    unknown = value if unknown is None else unknown | value
                elif error is None:
                    error = value if type(value) is EvaluationError else EvaluationError("no such overload", ErrorKind.NO_SUCH_OVERLOAD)
                    error = error.at(line, column)
            if unknown is not None:
                return unknown
            return (not decides) if error is None else error

        return run

    def conditional(self, node: Call) -> Plan:
        """A conditional; one in its last branch becomes part of it, so that chains are a loop."""
        condition, chosen, otherwise = node.args
        last = self.branch(otherwise)
        link = (self.of(condition).run, self.branch(chosen))
        if isinstance(last, Conditional) and isinstance(otherwise, Call) and otherwise.function == "_?_:_":
            last.branches.append(link)  # the inner one is not used by itself any more
            return attribute_plan(Conditional(last.branches, last.otherwise, *self.place(node)))
        return attribute_plan(Conditional([link], last, *self.place(node)))

    def branch(self, node: Node) -> Attribute | Conditional:
        """A branch's own attribute, which costs no unit of its own there."""
        plan = self.of(node)
        if plan.attribute is not None and self.trace is None:
            return plan.attribute
        return Attribute(plan.run)

    def selection(self, node: Node, base: Plan) -> Plan:
        """One more selection on an attribute, or the first on another value."""
        attribute = base.attribute if base.attribute is not None else Attribute(base.run)
        if isinstance(attribute, Conditional) and len(attribute.branches) > _MAX_SHARED_BRANCHES:
            attribute = Attribute(base.run)
        qualifier = self.qualifier(node)
        extended = attribute.extended(qualifier)
        if not qualifier.test:
            return attribute_plan(extended)
        resolve, discount = resolver(extended), isinstance(extended, Conditional)

        def present(s: State) -> Any:
            value = resolve(s)
            if discount:
                s.cost -= 1
            return value if type(value) is not Optional else value is not NONE

        return Plan(present)

    def qualifier(self, node: Node) -> Qualifier:
        line, column = self.place(node)
        if isinstance(node, Select):
            return Qualifier(line, column, node.field, optional=node.optional, test=node.test_only, strict=self.options.specification)
        assert isinstance(node, Call)
        optional = node.function == "_[?_]"
        index = self.of(node.args[1])
        if index.constant:
            if index.value is None or isinstance(index.value, (list, dict)):
                self.faults.append(self.source.fault(node.args[1].offset, f"invalid qualifier type: {type_name(index.value)}"))
            return Qualifier(line, column, index.value, optional=optional, strict=self.options.specification)
        dynamic = resolver(index.attribute) if index.attribute is not None else index.run
        return Qualifier(line, column, dynamic=dynamic, optional=optional)

    # -- literals

    def list(self, node: ListExpr) -> Plan:
        plans = [self.of(element) for element in node.elements]
        if self.options.folded and all(plan.constant for plan in plans) and not node.optional:
            return constant_plan([plan.value for plan in plans])
        runs, optional, place = [plan.run for plan in plans], node.optional, self.place(node)

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
            s.charge(LIST_COST)
            return items if failed is None else failed

        return Plan(run)

    def map(self, node: MapExpr) -> Plan:
        pairs = [(self.of(key), self.of(value)) for key, value in node.entries]
        if self.options.folded and all(key.constant and value.constant for key, value in pairs) and not node.optional:
            made = make_map([(key.value, value.value) for key, value in pairs], self.place(node), strict=self.options.specification)
            return constant_plan(made) if type(made) is dict else Plan(lambda _: made)
        optional, place, strict = node.optional, self.place(node), self.options.specification

        def run(s: State) -> Any:
            entries, failed = [], None
            for index, (key_plan, value_plan) in enumerate(pairs):
                if failed is None:
                    key = key_plan.run(s)
                    value = value_plan.run(s) if not _stops(key) else uncharged(s, value_plan.run)
                    value = unwrap(value, place) if index in optional else value
                else:
                    key, value = uncharged(s, key_plan.run), uncharged(s, value_plan.run)
                for part in (key, value):
                    if _stops(part):
                        failed = part if failed is None else beside(failed, part)
                entries.append((key, value))
            s.charge(MAP_COST)
            return make_map(entries, place, strict=strict) if failed is None else failed

        return Plan(run)

    def struct(self, node: StructExpr) -> Plan:
        fields = [(name, self.of(value).run) for name, value in node.fields]
        optional, place, type_ = node.optional, self.place(node), node.name

        def run(s: State) -> Any:
            made: dict[str, Any] = {}
            for index, (name, field) in enumerate(fields):
                value = field(s)
                value = unwrap(value, place) if index in optional else value
                if _stops(value):
                    return value
                if value is not NOTHING:
                    made[name] = value
            s.charge(STRUCT_COST)
            try:
                return construct(type_, made)
            except EvaluationFault as fault:
                return EvaluationError(fault.message, fault.kind, *place)

        return Plan(run)


NOTHING = object()
"""An optional element or entry that is left out."""


def chained(plan: Plan, step: Step) -> Plan:
    """A plan with one more step on its value. A chain is one loop: its length costs no recursion when it runs."""
    if plan.steps is None:
        first = plan.run
        return Plan(lambda s: step(s, first(s)), first=first, steps=[step])
    steps, start = plan.steps, plan.first
    assert start is not None
    steps.append(step)

    def run(s: State) -> Any:
        value = start(s)
        for following in steps:
            value = following(s, value)
        return value

    return Plan(run, first=start, steps=steps)


def constant_plan(value: Any) -> Plan:
    """The plan of a constant."""
    plan = Plan(lambda _: value)
    plan.constant, plan.value = True, value
    return plan


def _attribute_run(attribute: Attribute | Conditional) -> Run:
    """An attribute as a value: resolving it and a unit for its root (none for a conditional)."""
    resolve = resolver(attribute)
    if isinstance(attribute, Conditional):
        return resolve

    def run(s: State) -> Any:
        value = resolve(s)
        s.charge(1)
        return value

    return run


def attribute_plan(attribute: Attribute | Conditional) -> Plan:
    """The plan of an attribute."""
    return Plan(None, attribute=attribute)


def _stops(value: Any) -> bool:
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
    if _stops(value):
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
