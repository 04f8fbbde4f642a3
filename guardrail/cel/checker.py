"""The type checker: gradual, with the rules and messages of cel-go.

`dyn` passes everywhere and is checked at run time. All faults are collected; a faulty part has the type `error`, which passes
everywhere too, so that one mistake is told once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.cel import wellknown
from guardrail.cel.assignability import Bindings, assignable, assignable_all, is_dyn, most_general, substitute
from guardrail.cel.celtype import BOOL, BYTES, DOUBLE, DYN, ERROR, INT, NULL, STRING, UINT, CelType, list_of, map_of, optional_of, param
from guardrail.cel.names import qualified_name
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.tree import children
from guardrail.cel.values import UInt
from guardrail.cel.wording import no_field, no_function, no_overload, no_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.cel.declarations import Overload
    from guardrail.cel.errors import Fault
    from guardrail.cel.source import Source

__all__ = ["Scope", "check"]

_LITERALS: dict[type, CelType] = {type(None): NULL, bool: BOOL, int: INT, UInt: UINT, float: DOUBLE, str: STRING, bytes: BYTES}
_LOGICAL = frozenset(("_&&_", "_||_"))


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name."""

    variables: Mapping[str, CelType]
    functions: Mapping[str, tuple[Overload, ...]]
    constants: Mapping[str, tuple[CelType, Any]]
    objects: Mapping[str, Mapping[str, CelType]]
    container: str = ""
    mixed_literals: bool = False

    def candidates(self, name: str) -> list[str]:
        """The names that a name may mean in the container, most qualified first."""
        if name.startswith("."):
            return [name[1:]]
        parts = self.container.split(".") if self.container else []
        return [".".join([*parts[:count], name]) for count in range(len(parts), -1, -1)]


def check(tree: Node, source: Source, scope: Scope, faults: list[Fault]) -> None:
    """Write the types into a tree; faults are appended."""
    longest = max((name.count(".") + 1 for names in (scope.variables, scope.constants) for name in names), default=1)
    checker = _Checker(source, scope, faults, longest)
    checker.check(tree)
    checker.finish()


@dataclass(slots=True)
class _Checker:
    source: Source
    scope: Scope
    faults: list[Fault]
    longest: int
    """Parts of the longest declared name; no longer chain of selections is looked up as one."""
    bindings: Bindings = field(default_factory=dict)
    locals: list[dict[str, CelType]] = field(default_factory=list)
    typed: list[Node] = field(default_factory=list)
    fresh: int = 0

    # -- small things

    def fault(self, offset: int, message: str) -> None:
        self.faults.append(self.source.fault(offset, message))

    def mismatch(self, offset: int, expected: CelType, found: CelType) -> None:
        self.fault(offset, f"expected type '{self.shown(expected)}' but found '{self.shown(found)}'")

    def undeclared(self, offset: int, name: str, known: Iterable[str]) -> None:
        self.fault(offset, no_variable(name, known, self.scope.container))

    def undeclared_function(self, node: Call, name: str) -> None:
        """At the name, not at its bracket, where cel-go has it."""
        before = self.source.text[: node.offset].rstrip()
        offset = len(before) - len(name) if before.endswith(name) else node.offset
        known = (overload for group in self.scope.functions.values() for overload in group)
        self.fault(offset, no_function(name, known, method=node.target is not None))

    def shown(self, t: CelType) -> CelType:
        return substitute(self.bindings, t, free_to_dyn=True)

    def new_variable(self) -> CelType:
        self.fresh += 1
        return param(f"_var{self.fresh}")

    def fits(self, source: CelType, target: CelType) -> bool:
        bindings = assignable(self.bindings, source, target)
        if bindings is None:
            return False
        self.bindings = bindings
        return True

    def assign(self, node: Node, t: CelType) -> CelType:
        node.type = t
        self.typed.append(node)
        return t

    def finish(self) -> None:
        """Replace what is left of type variables."""
        for node in self.typed:
            node.type = substitute(self.bindings, node.type, free_to_dyn=True)

    # -- nodes

    def check(self, tree: Node) -> CelType:
        """The type of a node. Its parts are checked first, with a stack: depth costs no recursion except for macros."""
        todo: list[tuple[Node, bool]] = [(tree, False)]
        while todo:
            node, ready = todo.pop()
            parts = [] if ready else self.parts(node)
            if parts:
                todo.append((node, True))
                todo.extend((part, False) for part in reversed(parts))
            else:
                self.assign(node, self.single(node))
        return tree.type

    def parts(self, node: Node) -> list[Node]:
        """What is checked before a node; names that turn out to be qualified are resolved here."""
        if isinstance(node, Fold) or (isinstance(node, Select) and self.resolve(node)):
            return []
        if isinstance(node, Call) and node.target is not None:
            self.qualified_function(node)
        return children(node)

    def single(self, node: Node) -> CelType:  # noqa: PLR0911 - one line per kind of node
        """The type of a node whose parts have been checked."""
        if isinstance(node, Const):
            return _LITERALS[type(node.value)]
        if isinstance(node, Ident):
            return self.ident(node)
        if isinstance(node, Select):
            return self.select(node)
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, ListExpr):
            return self.list(node)
        if isinstance(node, MapExpr):
            return self.map(node)
        if isinstance(node, StructExpr):
            return self.struct(node)
        from guardrail.cel.folds import check_fold  # noqa: PLC0415 - the two modules need each other

        return check_fold(self, node)

    # -- names

    def lookup(self, name: str) -> tuple[str, CelType, Any] | None:
        """Full name, type and (for a type or enum) value of a name; local variables first."""
        if not name.startswith("."):
            for frame in reversed(self.locals):
                if name in frame:
                    return name, frame[name], None
        for candidate in self.scope.candidates(name):
            if candidate in self.scope.variables:
                return candidate, self.scope.variables[candidate], None
            if candidate in self.scope.constants:
                t, value = self.scope.constants[candidate]
                return candidate, t, value
        return None

    def ident(self, node: Ident) -> CelType:
        found = self.lookup(("." if node.rooted else "") + node.name)
        if found is None:
            self.undeclared(node.offset, node.name, [*self.scope.variables, *self.shadowed()])
            return ERROR
        node.name, t, node.constant = found
        return t

    def resolve(self, node: Select) -> bool:
        """Whether a chain of selections is one qualified name; if so, it is written into the node."""
        if node.name:
            return True
        name = qualified_name(node, self.longest)
        if name is None or name.partition(".")[0] in self.shadowed():
            return False
        found = self.lookup(name)
        if found is None:
            return False
        node.name, node.type, node.constant = found
        return True

    def shadowed(self) -> frozenset[str]:
        return frozenset(name for frame in self.locals for name in frame)

    def select(self, node: Select) -> CelType:
        if node.name:
            return node.type
        t = self.field(node, node.operand.type, node.field, optional=node.optional)
        return BOOL if node.test_only else substitute(self.bindings, t)

    def field(self, node: Select, operand: CelType, name: str, *, optional: bool) -> CelType:
        operand = substitute(self.bindings, operand)
        target, wrapped = (operand.params[0], True) if operand.name == "optional_type" else (operand, False)
        result = DYN
        if target.kind == "map":
            result = target.params[1]
        elif target.kind == "struct":
            result = self.object_field(node.offset, target.name, name)
        elif target.kind == "param":
            self.fits(DYN, target)
        elif not is_dyn(target):
            self.fault(node.offset, f"{self.shown(target)} has no fields, so no '{name}'")
        return optional_of(result) if wrapped or optional else result

    def object_field(self, offset: int, type_: str, name: str) -> CelType:
        fields = self.scope.objects.get(type_)
        if fields is None:
            self.fault(offset, f"unexpected failed resolution of '{type_}'")
            return ERROR
        if name not in fields:
            self.fault(offset, no_field(name, type_, fields))
            return ERROR
        return fields[name]

    # -- calls

    def qualified_function(self, node: Call) -> bool:
        """Whether `a.b.f()` is the function `a.b.f` rather than a method; if so, the target is dropped."""
        assert node.target is not None
        prefix = qualified_name(node.target)
        if prefix is None:
            return False
        for candidate in self.scope.candidates(f"{prefix}.{node.function}"):
            if candidate in self.scope.functions:
                node.function, node.target = candidate, None
                return True
        return False

    def call(self, node: Call) -> CelType:
        name = node.function
        if node.target is None:
            name = next((c for c in self.scope.candidates(name) if c in self.scope.functions), name)
            node.function = name
        overloads = self.scope.functions.get(name)
        if overloads is None:
            self.undeclared_function(node, name.lstrip("."))
            return ERROR
        return self.resolve_overload(node, overloads)

    def resolve_overload(self, node: Call, overloads: tuple[Overload, ...]) -> CelType:
        types = [arg.type for arg in ([node.target] if node.target is not None else []) + node.args]
        if node.function in _LOGICAL:
            return self.logical(node)
        result: CelType | None = None
        matched: list[str] = []
        for overload in overloads:
            if overload.member != (node.target is not None) or len(overload.params) != len(types):
                continue
            params, returned = self.instantiate(overload)
            bindings = assignable_all(self.bindings, types, params)
            if bindings is None:
                continue
            self.bindings = bindings
            matched.append(overload.id)
            returned = substitute(self.bindings, returned)
            if result is None:
                result = returned
            elif result.kind != "dyn" and returned != result:
                result = DYN
        if result is None:
            self.no_overload(node, types)
            return ERROR
        node.overloads = tuple(matched)
        return result

    def instantiate(self, overload: Overload) -> tuple[Sequence[CelType], CelType]:
        """An overload's types with fresh type variables."""
        if not overload.generic:
            return overload.params, overload.result
        fresh: Bindings = {}
        for t in (*overload.params, overload.result):
            self.freshen(t, fresh)
        return [substitute(fresh, t) for t in overload.params], substitute(fresh, overload.result)

    def freshen(self, t: CelType, fresh: Bindings) -> None:
        if t.kind == "param" and t not in fresh:
            fresh[t] = self.new_variable()
        for part in t.params:
            self.freshen(part, fresh)

    def logical(self, node: Call) -> CelType:
        faulty = False
        for arg in node.args:
            if not self.fits(arg.type, BOOL):
                self.mismatch(arg.offset, BOOL, arg.type)
                faulty = True
        node.overloads = ("logical_and" if node.function == "_&&_" else "logical_or",)
        return ERROR if faulty else BOOL

    def no_overload(self, node: Call, types: list[CelType]) -> None:
        overloads = self.scope.functions.get(node.function, ())
        self.fault(node.offset, no_overload(node.function, overloads, list(map(self.shown, types)), method=node.target is not None))

    # -- literals

    def join(self, offset: int, previous: CelType | None, current: CelType) -> CelType:
        if previous is None:
            return current
        if self.fits(previous, current):
            return previous if current.kind == "null" else most_general(previous, current)
        if self.scope.mixed_literals:
            return DYN
        self.mismatch(offset, previous, current)
        return ERROR

    def unwrapped(self, node: Node, t: CelType) -> CelType:
        """The type inside an optional that a `?` element or entry must have."""
        if t.name == "optional_type":
            return t.params[0]
        if t.kind != "dyn":
            self.mismatch(node.offset, optional_of(t), t)
        return t

    def list(self, node: ListExpr) -> CelType:
        element: CelType | None = None
        for index, item in enumerate(node.elements):
            t = item.type
            if index in node.optional:
                t = self.unwrapped(item, t)
            element = self.join(item.offset, element, t)
        return list_of(element or self.new_variable())

    def map(self, node: MapExpr) -> CelType:
        keys: CelType | None = None
        values: CelType | None = None
        for index, (key, value) in enumerate(node.entries):
            keys = self.join(key.offset, keys, key.type)
            t = value.type
            if index in node.optional:
                t = self.unwrapped(value, t)
            values = self.join(value.offset, values, t)
        return map_of(keys or self.new_variable(), values or self.new_variable())

    def struct(self, node: StructExpr) -> CelType:
        name = next((c for c in self.scope.candidates(node.name) if c in self.scope.objects), None)
        if name is None:
            known = self.lookup(node.name)
            if known is None:
                self.undeclared(node.offset, node.name, self.scope.objects)
            else:
                self.fault(node.offset, f"'{node.name}' is not a message type")
            return ERROR
        node.name = name
        for index, (field_name, value) in enumerate(node.fields):
            declared = self.object_field(node.offsets[index], name, field_name)
            t = self.unwrapped(value, value.type) if index in node.optional else value.type
            if not self.fits(declared, t):
                message = f"expected type of field '{field_name}' is '{self.shown(declared)}' but provided type is '{self.shown(t)}'"
                self.fault(node.offsets[index], message)
        return wellknown.RESULTS.get(name) or CelType("struct", name)
