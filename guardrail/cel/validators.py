"""Checks on a typed tree that Kubernetes makes beside the type rules.

Constant arguments of duration(), timestamp() and matches() must be valid; list and map literals must have one type of element;
constant format strings must fit their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import EvaluationFault
from guardrail.cel.formatting import TEXT_TYPES, Clause, clauses
from guardrail.cel.nodes import Call, Const, ListExpr, MapExpr, Node
from guardrail.cel.timestamps import parse_duration, parse_timestamp
from guardrail.cel.tree import children, walk
from guardrail.cel.values import INT_MAX, INT_MIN, checked_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.cel.celtype import CelType
    from guardrail.cel.errors import Fault
    from guardrail.cel.source import Source

__all__ = ["too_deep", "validate"]

_TEXT_KINDS = frozenset(("list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"))
_NUMERIC_KINDS = frozenset(("int", "uint", "double"))
_CLAUSE_KINDS: dict[str, tuple[frozenset[str], str]] = {
    "d": (frozenset(("int", "uint")), "decimal clause can only be used on integers"),
    "f": (frozenset(("double", "string")), "fixed-point clause can only be used on doubles"),
    "e": (frozenset(("double", "string")), "scientific clause can only be used on doubles"),
    "b": (frozenset(("int", "uint", "bool")), "only integers and bools can be formatted as binary"),
    "x": (frozenset(("int", "uint", "string", "bytes")), "only integers, byte buffers, and strings can be formatted as hex"),
    "o": (frozenset(("int", "uint")), "octal clause can only be used on integers"),
}


_MAX_DEPTH = 251
"""Levels that a tree may have in Kubernetes; `&&` and `||` chains are one."""


def too_deep(tree: Node) -> bool:
    """Whether Kubernetes refuses a tree for its depth."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            return True
        level = [part for node in level for part in children(node)]
    return False


def validate(tree: Node, source: Source, faults: list[Fault], *, specification: bool, homogeneous: bool) -> None:
    """Append the faults of a tree that type-checks. With `homogeneous` a literal has one type of element."""
    for node, exempt in walk(tree):
        found: list[tuple[int, str]] = []
        if isinstance(node, Call):
            found = list(_literals(node)) + list(_format(node, specification=specification))
        elif homogeneous and not exempt and isinstance(node, (ListExpr, MapExpr)):
            found = list(_mixed(node))
        faults.extend(source.fault(offset, message) for offset, message in found)


def _literals(call: Call) -> Iterator[tuple[int, str]]:
    argument = call.args[0] if call.args else None
    if not isinstance(argument, Const) or call.function not in ("duration", "timestamp", "matches"):
        return
    if not _valid(call.function, argument.value, method=call.target is not None):
        yield argument.offset, f"invalid {call.function} argument"


def _valid(function: str, value: Any, *, method: bool) -> bool:
    try:
        if function == "matches":
            from guardrail.cel.regex import compile_pattern  # noqa: PLC0415 - only patterns pay for RE2

            if method and type(value) is str:
                compile_pattern(value)
        elif type(value) is str:
            (parse_duration if function == "duration" else parse_timestamp)(value)
        elif type(value) is int and function == "timestamp":
            checked_timestamp(value * 10**9)
        else:
            return type(value) is int and INT_MIN <= value <= INT_MAX
    except EvaluationFault:
        return False
    return True


def _bare(t: CelType) -> tuple[object, ...]:
    """A type without the difference between a value and one that may be null."""
    return t.kind, t.name, tuple(map(_bare, t.params))


def _element_type(node: Node, *, optional: bool) -> CelType:
    return node.type.params[0] if optional and node.type.params else node.type


def _mixed(node: ListExpr | MapExpr) -> Iterator[tuple[int, str]]:
    if isinstance(node, ListExpr):
        columns = [[(item, index in node.optional) for index, item in enumerate(node.elements)]]
    else:
        keys = [(key, False) for key, _ in node.entries]
        columns = [keys, [(value, index in node.optional) for index, (_, value) in enumerate(node.entries)]]
    for column in columns:
        expected: CelType | None = None
        for item, optional in column:
            t = _element_type(item, optional=optional)
            if expected is None:
                expected = t
            elif expected != t and _bare(expected) != _bare(t):
                yield item.offset, f"expected type '{expected}' but found '{t}'"
                break


def _format(call: Call, *, specification: bool) -> Iterator[tuple[int, str]]:
    if call.function != "format" or call.overloads != ("string_format",) or len(call.args) != 1:
        return
    text, arguments = call.target, call.args[0]
    if not isinstance(text, Const) or type(text.value) is not str or not isinstance(arguments, ListExpr):
        return
    used, args = 0, arguments.elements
    try:
        for part in clauses(text.value, len(args)):
            if isinstance(part, Clause):
                wrong = _misfit(args[used], part, specification=specification)
                if wrong is not None:
                    yield wrong[0].offset, f"error during formatting: {wrong[1]}, was given {wrong[0].type.name}"
                    return
                used += 1
    except EvaluationFault as fault:
        yield call.offset, fault.message
        return
    if used < len(args):
        yield call.offset, f"too many arguments supplied to string.format (expected {used}, got {len(args)})"


def _misfit(argument: Node, clause: Clause, *, specification: bool) -> tuple[Node, str] | None:
    """The node that a clause cannot take, and why."""
    if clause.letter == "s":
        bad = next((part for part in _literal_parts(argument) if part.type.kind not in _TEXT_KINDS and part.type.kind != "dyn"), None)
        return None if bad is None else (bad, f"string clause can only be used on {TEXT_TYPES}")
    kinds, why = _CLAUSE_KINDS[clause.letter.lower()]
    if specification and clause.letter in "dfe":
        kinds = _NUMERIC_KINDS
    return None if argument.type.kind in kinds or argument.type.kind == "dyn" else (argument, why)


def _literal_parts(node: Node) -> Iterator[Node]:
    """A literal and, as far as they are literals, what is in it."""
    todo = [node]
    while todo:
        part = todo.pop()
        yield part
        if isinstance(part, (ListExpr, MapExpr)):
            todo.extend(reversed(children(part)))
