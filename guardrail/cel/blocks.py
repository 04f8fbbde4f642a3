"""`cel.block([v0, v1, …], body)`: the form in which optimised expressions are written down in the specification's cases.

`cel.index(n)` reads the n-th value, which is computed when first read; `cel.iterVar(d, u)` names the variable of a macro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, Node

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BLOCK_MACROS", "expand_block"]

BLOCK_MACROS = frozenset((".block:2", ".index:1", ".iterVar:2", ".accuVar:2"))


def expand_block(call: Call, report: Callable[[int, str], None]) -> Node:
    """The expansion of a call on `cel`, or the call itself."""
    if not isinstance(call.target, Ident) or call.target.name != "cel":
        return call
    if call.function != "block":
        numbers = [str(arg.value) for arg in call.args if isinstance(arg, Const)]
        return Ident(call.offset, f"@{call.function}{':'.join(numbers)}")
    values, body = call.args
    if not isinstance(values, ListExpr):
        report(values.offset, "cel.block requires the first arg to be a list literal")
        return call
    for index in range(len(values.elements) - 1, -1, -1):
        body = Fold(call.offset, "bind", values.elements[index], (f"@index{index}",), body)
    return body
