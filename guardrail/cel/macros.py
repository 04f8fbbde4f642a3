"""Macro expansion: calls that are not functions.

A comprehension macro becomes one `Fold` node rather than the accumulator loop of the language definition: its types, values
and costs are those of the loop, its depth and speed are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.blocks import BLOCK_MACROS, expand_block
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select

if TYPE_CHECKING:
    from collections.abc import Callable

    Report = Callable[[int, str], None]

__all__ = [
    "BIND_MACROS",
    "EXTREME_MACROS",
    "LATER_MACROS",
    "OPTIONAL_MACROS",
    "SORT_MACROS",
    "STANDARD_MACROS",
    "TWO_VARIABLE_MACROS",
    "expand",
    "macro_key",
]

STANDARD_MACROS = frozenset(
    ("has:1", ".all:2", ".exists:2", ".exists_one:2", ".map:2", ".map:3", ".filter:2"),
)
TWO_VARIABLE_MACROS = frozenset(
    (
        *(".all:3", ".exists:3", ".existsOne:3", ".exists_one:3", ".transformList:3", ".transformList:4"),
        *(".transformMap:3", ".transformMap:4", ".transformMapEntry:3", ".transformMapEntry:4"),
    ),
)
OPTIONAL_MACROS = frozenset((".optMap:2", ".optFlatMap:2"))
SORT_MACROS = frozenset((".sortBy:2",))
BIND_MACROS = frozenset((".bind:3",))
LATER_MACROS = frozenset((".existsOne:2",))
"""In the language definition, not in Kubernetes."""

EXTREME_MACROS = frozenset((".least:*",))
"""math.least and math.greatest, which take any number of arguments."""

_EXTREMES = frozenset(("least", "greatest"))
_CANONICAL = {"existsOne": "exists_one"}
_TWO_VARIABLE_KINDS = frozenset(("transformList", "transformMap", "transformMapEntry"))
_ACCUMULATORS = frozenset(("__result__", "@result"))


def expand(call: Call, enabled: frozenset[str], report: Report) -> Node:  # noqa: PLR0911 - one line per macro of its own form
    """The expansion of a call, or the call itself when it is no macro. `report` takes an offset and a message."""
    key = macro_key(call)
    if key not in enabled and not (call.function in _EXTREMES and ".least:*" in enabled):
        return call
    if key == "has:1":
        return _has(call, report)
    if key in BLOCK_MACROS:
        return expand_block(call, report)
    if call.function in ("least", "greatest"):
        return _extreme(call, report)
    if call.function == "bind":
        return _bind(call, report)
    if call.function == "sortBy" and not isinstance(call.target, ListExpr | Select | Ident | Fold | Call):
        assert call.target is not None
        report(call.target.offset, "sortBy can only be applied to a list, identifier, comprehension, call or select expression")
        return call
    return _fold(call, report)


def macro_key(call: Call) -> str:
    """The key that a call has if it is a macro: `has:1`, `.all:2`; none for a rooted name (`.all(x, y)`), which is a function's."""
    if call.function.startswith("."):
        return ""
    return f"{'.' if call.target is not None else ''}{call.function}:{len(call.args)}"


def _has(call: Call, report: Report) -> Node:
    operand = call.args[0]
    if not isinstance(operand, Select) or operand.test_only or operand.optional:
        report(operand.offset, "invalid argument to has() macro")
        return call
    return Select(call.offset, operand.operand, operand.field, test_only=True, start=operand.start)


def _extreme(call: Call, report: Report) -> Node:
    """`math.least` and `math.greatest` of any number of arguments."""
    if not isinstance(call.target, Ident) or call.target.name != "math":
        return call
    name = f"math.{call.function}()"
    if not call.args:
        report(call.target.offset, f"{name} requires at least one argument")
    for arg in call.args:
        items = arg.elements if isinstance(arg, ListExpr) and len(call.args) == 1 else [arg]
        if not items or any(_never_numeric(item) for item in items):
            report(arg.offset, f"{name} simple literal arguments must be numeric")
            break
    if len(call.args) > 2:  # noqa: PLR2004 - functions of one and two arguments exist
        call.args = [ListExpr(call.args[0].offset, call.args)]
    return call


def _never_numeric(node: Node) -> bool:
    if isinstance(node, Const):
        return isinstance(node.value, (str, bytes, bool)) or node.value is None
    return isinstance(node, (ListExpr, MapExpr))


def _bind(call: Call, report: Report) -> Node:
    if not isinstance(call.target, Ident) or call.target.name != "cel" or call.target.rooted:
        return call
    variable, value, body = call.args
    if not isinstance(variable, Ident) or variable.rooted:
        report(variable.offset, "cel.bind() variable names must be simple identifiers")
        return call
    return Fold(call.offset, "bind", value, (variable.name,), body)


def _fold(call: Call, report: Report) -> Node:
    assert call.target is not None
    kind = _CANONICAL.get(call.function, call.function)
    count = 2 if kind in _TWO_VARIABLE_KINDS or (len(call.args) == 3 and kind != "map") else 1  # noqa: PLR2004 - two names and a body
    names, rest = _names(call.args[:count], report), call.args[count:]
    if names is None:
        return call
    condition, body = (rest[0], rest[1]) if len(rest) > 1 else (None, rest[0])
    if kind == "filter":
        condition, body = body, Ident(call.args[0].offset, names[0])
    if kind == "transformMapEntry" and not isinstance(body, MapExpr | Fold | Call | Ident | Select):
        report(body.offset, "transformMapEntry requires a map literal")
    return Fold(call.offset, kind, call.target, names, body, condition)


def _names(args: list[Node], report: Report) -> tuple[str, ...] | None:
    names: list[str] = []
    for arg in args:
        if not isinstance(arg, Ident) or arg.rooted:
            report(arg.offset, "argument is not an identifier")
            return None
        if arg.name in _ACCUMULATORS:
            report(arg.offset, "iteration variable overwrites accumulator variable")
        if arg.name in names:
            report(arg.offset, f"duplicate variable name: {arg.name}")
        names.append(arg.name)
    return tuple(names)
