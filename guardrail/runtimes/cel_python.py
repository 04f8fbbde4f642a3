"""The `CelRuntime` on cel-python: its grammar, compiled to closures over plain Python values.

cel-python's own evaluator converts every value it touches and knows no unknown values, so only
its parser and its instants are used. Results are plain values; an instant is a `datetime` and a
span a `timedelta`, and a list or map comes back as it is, with the unknown members it may hold,
so that a variable of a policy means the same as the expression it stands for.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from celpy.celparser import CELParseError, CELParser
from celpy.celtypes import UintType
from celpy.evaluation import celbytes, celstr
from lark import Token, Tree

from guardrail.cel.bindings import Bindings
from guardrail.cel.unknown import Unknown
from guardrail.ports import CelFault, CompileError, EvaluationError, Path, Program, Read
from guardrail.runtimes import cel_python_values as v
from guardrail.runtimes.cel_python_closures import (
    Thunk,
    conditional,
    constant,
    filtered,
    inverted,
    logical,
    quantified,
    selection,
    single,
    variable,
)
from guardrail.runtimes.cel_python_functions import FUNCTIONS, METHODS, edit_distance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CelpyRuntime"]

Scope: TypeAlias = frozenset[str]

_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_OPERATORS: Mapping[str, v.Function] = {
    "relation_lt": v.ordered("<", operator.lt),
    "relation_le": v.ordered("<=", operator.le),
    "relation_gt": v.ordered(">", operator.gt),
    "relation_ge": v.ordered(">=", operator.ge),
    "relation_eq": v.equal,
    "relation_in": v.contained,
    "addition_add": v.add,
    "addition_sub": v.subtract,
    "multiplication_mul": v.multiply,
    "multiplication_div": v.divide,
    "multiplication_mod": v.remainder,
}
_LOOSE = frozenset(
    {"relation_lt", "relation_le", "relation_gt", "relation_ge", "relation_eq", "relation_in"}
)  # they meet unknowns themselves


@dataclass(frozen=True, slots=True)
class CelpyProgram:
    """A compiled expression; see `ports.Program`."""

    reads: tuple[Read, ...]
    root: Thunk

    def evaluate(self, variables: Mapping[str, Any], *, deadline: float | None = None) -> Any:  # noqa: ARG002 - it cannot stop
        try:
            return self.root(variables.raw if isinstance(variables, Bindings) else variables)
        except RecursionError:
            return EvaluationError("the expression or a value is nested too deeply")

    def blamed(self, variables: Mapping[str, Any]) -> tuple[Path, ...]:  # noqa: ARG002 - cel-python keeps no record
        return ()


@dataclass(frozen=True, slots=True)
class CelpyRuntime:
    """CEL by cel-python 0.5.0."""

    name: str = "cel-python"

    def compile(self, source: str) -> Program:
        try:
            tree = CELParser().parse(source)
        except CELParseError as error:
            raise CompileError([_syntax_fault(source, error)]) from error
        compiler = _Compiler()
        try:
            root = compiler.expression(tree, frozenset())
        except RecursionError:
            raise CompileError([CelFault(1, 1, "the expression is nested too deeply")]) from None
        if compiler.faults:
            raise CompileError(compiler.faults)
        return CelpyProgram(tuple(compiler.reads), root)


def _syntax_fault(source: str, error: CELParseError) -> CelFault:
    lines = source.splitlines() or [""]
    token = getattr(error.__context__, "token", None)
    if (token is not None and token.type == "$END") or not error.line or not error.column or error.line < 1:
        return CelFault(len(lines), len(lines[-1]) + 1, "the expression ends too early" if source.strip() else "the expression is empty")
    seen = lines[error.line - 1][error.column - 1 :].split(maxsplit=1)
    return CelFault(error.line, error.column, f"syntax error at {seen[0]!r}" if seen else "syntax error")


class _Compiler:
    """Turns one tree into closures; collects reads and faults on the way."""

    __slots__ = ("faults", "reads")

    def __init__(self) -> None:
        self.faults: list[CelFault] = []
        self.reads: list[Read] = []

    def expression(self, node: Any, scope: Scope) -> Thunk:
        while len(node.children) == 1 and isinstance(node.children[0], Tree) and node.data != "exprlist":
            if node.data in {"list_lit", "map_lit"}:
                break
            node = node.children[0]
        handler: Callable[[Any, Scope], Thunk] = getattr(self, f"_{_HANDLERS.get(node.data, node.data)}")
        return handler(node, scope)

    def _fault(self, node: Any, message: str) -> Thunk:
        self.faults.append(CelFault(*_place(node), message))
        return constant(EvaluationError(message))

    # ---- operators

    def _expr(self, node: Any, scope: Scope) -> Thunk:
        condition, then, otherwise = (self.expression(child, scope) for child in node.children)
        return conditional(condition, then, otherwise)

    def _conditionalor(self, node: Any, scope: Scope) -> Thunk:
        return logical([self.expression(part, scope) for part in _flat(node)], settles=True)

    def _conditionaland(self, node: Any, scope: Scope) -> Thunk:
        return logical([self.expression(part, scope) for part in _flat(node)], settles=False)

    def _binary(self, node: Any, scope: Scope) -> Thunk:
        sign, right_node = node.children
        left, right = self.expression(sign.children[0], scope), self.expression(right_node, scope)
        if sign.data == "relation_ne":
            return lambda env: inverted(v.equal(left(env), right(env)))
        function = _OPERATORS[sign.data]
        if sign.data in _LOOSE:
            return lambda env: function(left(env), right(env))
        return lambda env: v.call(function, left(env), right(env))

    def _unary(self, node: Any, scope: Scope) -> Thunk:
        operand = self.expression(node.children[1], scope)
        if node.children[0].data == "unary_not":
            return lambda env: inverted(operand(env))
        return lambda env: v.call(v.negate, operand(env))

    # ---- members

    def _member_dot(self, node: Any, scope: Scope) -> Thunk:
        base, names = _chain(node)
        if base.data == "ident":
            return self._path(base, names, scope)
        start = self.expression(base, scope)
        return selection(start, names)

    def _path(self, ident: Any, names: tuple[str, ...], scope: Scope) -> Thunk:
        root = str(ident.children[0])
        if root in scope:
            return selection(lambda env: env[root], names)
        if root in v.TYPES and not names:
            return constant(v.TYPES[root])
        self.reads.append(Read((root, *names), *_place(ident)))
        return selection(variable(root), names)

    def _ident(self, node: Any, scope: Scope) -> Thunk:
        return self._path(node, (), scope)

    def _member_index(self, node: Any, scope: Scope) -> Thunk:
        value, key = (self.expression(child, scope) for child in node.children)
        return lambda env: v.index(value(env), key(env))

    def _member_dot_arg(self, node: Any, scope: Scope) -> Thunk:
        receiver, name = node.children[0], str(node.children[1])
        arguments = _arguments(node, 2)
        if name in _MACROS:
            return self._macro(node, receiver, name, arguments, scope)
        return self._call(node, name, METHODS, [receiver, *arguments], scope)

    def _ident_arg(self, node: Any, scope: Scope) -> Thunk:
        name, arguments = str(node.children[0]), _arguments(node, 1)
        if name == "has":
            return self._has(node, arguments, scope)
        return self._call(node, name, FUNCTIONS, arguments, scope)

    def _call(
        self, node: Any, name: str, table: Mapping[str, tuple[frozenset[int], v.Function]], arguments: list[Any], scope: Scope
    ) -> Thunk:
        thunks = tuple(self.expression(argument, scope) for argument in arguments)
        if name not in table:
            near = min(table, key=lambda known: edit_distance(name, known))
            hint = f" (did you mean {near}?)" if edit_distance(name, near) <= max(1, len(name) // 3) else ""
            return self._fault(_name_token(node), f"unknown function {name}{hint}")
        arities, function = table[name]
        if len(thunks) not in arities:
            return self._fault(_name_token(node), f"{name} takes other arguments")
        return lambda env: v.call(function, *[thunk(env) for thunk in thunks])

    def _has(self, node: Any, arguments: list[Any], scope: Scope) -> Thunk:
        chosen = _bare(arguments[0]) if len(arguments) == 1 else None
        if chosen is None or chosen.data != "member_dot":
            return self._fault(_name_token(node), "has() takes a selection such as resource.region")
        base, names = _chain(chosen)
        if base.data == "ident":
            self._path(base, names, scope)  # notes the read of the whole selection
            start = variable(str(base.children[0]))
        else:
            start = self.expression(base, scope)
        owner, last = selection(start, names[:-1]), names[-1]
        return lambda env: v.presence(owner(env), last)

    def _macro(self, node: Any, receiver: Any, name: str, arguments: list[Any], scope: Scope) -> Thunk:
        named = _bare(arguments[0]) if arguments else None
        counts = {2, 3} if name == "map" else {2}
        if named is None or named.data != "ident" or len(arguments) not in counts:
            return self._fault(_name_token(node), f"{name}() takes a name and an expression")
        loop = str(named.children[0])
        source = self.expression(receiver, scope)
        bodies = [self.expression(argument, scope | {loop}) for argument in arguments[1:]]
        match name:
            case "map":
                return filtered(source, loop, bodies[0] if len(bodies) > 1 else None, bodies[-1])
            case "filter":
                return filtered(source, loop, bodies[0], None)
            case "exists_one":
                return single(source, loop, bodies[0])
            case _:
                return quantified(source, loop, bodies[0], settles=name == "exists")

    # ---- literals

    def _dot_ident(self, node: Any, scope: Scope) -> Thunk:
        return self._path(node, (), scope - {str(node.children[0])})

    def _list_lit(self, node: Any, scope: Scope) -> Thunk:
        members = tuple(self.expression(child, scope) for child in (node.children[0].children if node.children else ()))

        def build(env: Mapping[str, Any]) -> Any:
            made = [member(env) for member in members]
            stop = v.blocked(*[part for part in made if isinstance(part, Unknown | EvaluationError)])
            return made if stop is None else stop

        return build

    def _map_lit(self, node: Any, scope: Scope) -> Thunk:
        parts = tuple(self.expression(child, scope) for child in (node.children[0].children if node.children else ()))

        def build(env: Mapping[str, Any]) -> Any:
            made = [part(env) for part in parts]
            stop = v.blocked(*[part for part in made if isinstance(part, Unknown | EvaluationError)])
            return dict(zip(made[::2], made[1::2], strict=True)) if stop is None else stop

        return build

    def _literal(self, node: Any, _scope: Scope) -> Thunk:
        token = node.children[0]
        value = _literal_value(token)
        if isinstance(value, int) and not -(2**63) <= value <= (2**64 - 1 if isinstance(value, UintType) else 2**63 - 1):
            return self._fault(token, "the number does not fit in 64 bits")
        return constant(value)

    def _unsupported(self, node: Any, _scope: Scope) -> Thunk:
        return self._fault(node, "messages are not supported here")


_HANDLERS = {
    "relation": "binary",
    "addition": "binary",
    "multiplication": "binary",
    "dot_ident_arg": "ident_arg",
    "member_object": "unsupported",
}


def _place(node: Any) -> tuple[int, int]:
    place: Any = node if isinstance(node, Token) else node.meta
    return place.line, place.column


def _name_token(node: Any) -> Any:
    return next(child for child in node.children if isinstance(child, Token))


def _arguments(node: Any, at: int) -> list[Any]:
    return list(node.children[at].children) if len(node.children) > at else []


def _bare(node: Any) -> Any:
    """The node below the levels of the grammar that do nothing."""
    while len(node.children) == 1 and isinstance(node.children[0], Tree) and node.data not in {"list_lit", "map_lit"}:
        node = node.children[0]
    return node


def _flat(node: Any) -> list[Any]:
    """The operands of a chain of one logical operator, left to right."""
    parts: list[Any] = []
    kind = node.data
    while node.data == kind and len(node.children) > 1:
        parts.append(node.children[1])
        node = node.children[0]
    return [node, *reversed(parts)]


def _chain(node: Any) -> tuple[Any, tuple[str, ...]]:
    """The base of a chain of selections and the names selected, in order."""
    names: list[str] = []
    while node.data == "member_dot":
        names.append(str(node.children[1]))
        node = node.children[0]
        node = node if node.data == "member_dot" else _without_parentheses(node)
    return node, tuple(reversed(names))


def _without_parentheses(node: Any) -> Any:
    while len(node.children) == 1 and isinstance(node.children[0], Tree) and node.data in {"member", "primary"}:
        node = node.children[0]
    return node


_LITERALS: Mapping[str, Callable[[str], Any]] = {
    "INT_LIT": lambda text: int(text, 16 if "x" in text else 10),
    "UINT_LIT": lambda text: UintType(int(text[:-1], 16 if "x" in text else 10)),
    "FLOAT_LIT": float,
    "BOOL_LIT": lambda text: text == "true",
    "NULL_LIT": lambda _text: None,
}


def _literal_value(token: Token) -> Any:
    if token.type == "BYTES_LIT":
        return bytes(celbytes(token))
    return _LITERALS[token.type](str(token)) if token.type in _LITERALS else str(celstr(token))
