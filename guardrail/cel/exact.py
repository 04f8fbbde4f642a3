"""The exact evaluator: a checked tree to closures that give value, error or unknown, and cost, as the language defines them.

Errors and unknowns are values here; `&&`, `||`, `?:` and the macros absorb them. Chains that lean left are run in a loop,
so that their length costs no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.attributes import Attribute, Conditional, Qualifier, local, resolver, variable
from guardrail.cel.calls import is_in_nothing, plan_call
from guardrail.cel.errors import CompileError, ErrorKind, EvaluationError, Fault
from guardrail.cel.literals import plan_list, plan_map, plan_struct
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.plans import Plan, attribute_plan, constant_plan
from guardrail.cel.tree import children
from guardrail.cel.unchecked import maybe_variable
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import NONE, Optional, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.cel.checker import Scope
    from guardrail.cel.declarations import Overload
    from guardrail.cel.source import Source
    from guardrail.cel.state import State

    Run = Callable[[State], Any]

__all__ = ["Options", "Planner"]

_MAX_SHARED_BRANCHES = 16
"""A selection on a conditional with more branches than this applies to its value: branches times selections would be too many."""

_INDEX = frozenset(("_[_]", "_[?_]"))


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
                plan.run, plan.attribute = self.trace(node, plan.run), None
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
            return plan_list(self, node)
        if isinstance(node, MapExpr):
            return plan_map(self, node)
        if isinstance(node, StructExpr):
            return plan_struct(self, node)
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
