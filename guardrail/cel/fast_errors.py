"""Errors that the fast path can name.

A selection that finds no key raises in generated code like any other trouble. Where nothing around it could absorb the error, count
for more than was counted already, or fail before it, the error is the result, and the exact evaluator need not run: the place in the code
object where the exception was raised says which selection it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.errors import ErrorKind, EvaluationError
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node
from guardrail.cel.tree import children, with_ancestors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from types import CodeType

__all__ = ["errors_by_instruction", "settled_nodes"]

_LOGICAL = frozenset(("_&&_", "_||_"))
_IN_TURN = frozenset(("_?_:_", "or", "orValue", "_[?_]"))
"""Functions whose operands are evaluated one by one, each only as far as needed; an error of one is theirs."""


def settled_nodes(tree: Node, *, looping: AbstractSet[int], counted: AbstractSet[int], disordered: AbstractSet[int]) -> frozenset[int]:
    """The nodes (by `id`) whose error is the result of the whole.

    `looping` have a macro in them, which is written as statements before the expression around it; `counted` are calls whose cost is
    known only after they ran; of `disordered` calls the operands are not evaluated in the order of the text.
    """
    found: set[int] = set()
    loud = looping | with_ancestors(tree, lambda node: id(node) in counted)
    todo = [tree]
    while todo:
        node = todo.pop()
        found.add(id(node))
        if id(node) in counted or id(node) in disordered:
            continue
        todo.extend(_settled_parts(node, loud))
    return frozenset(found)


def _settled_parts(node: Node, loud: AbstractSet[int]) -> list[Node]:
    """The parts of a node whose error is the node's."""
    if isinstance(node, Fold):
        return [node.body if node.kind == "bind" else node.range]  # what `bind` binds is only evaluated where it is read
    if isinstance(node, Call) and node.function in _LOGICAL:
        return node.args[-1:]  # the others passed
    if isinstance(node, Call) and node.function == "_[_]" and node.target is None:
        return node.args[:1] if id(node.args[1]) in loud else node.args
    parts = children(node)
    if isinstance(node, Call) and node.function in _IN_TURN:
        return parts
    if not isinstance(node, (Call, ListExpr, MapExpr)) or len(parts) == 1:
        return parts
    noisy = [part for part in parts if id(part) in loud]
    first = next((part for part in parts if not isinstance(part, (Const, Ident))), None)
    return parts if not noisy or noisy == [first] else []


def missing_key(key: str, line: int, column: int) -> EvaluationError:
    """The error of a selection in a map that lacks the key."""
    return EvaluationError(f"no such key: {key}", ErrorKind.NO_SUCH_KEY, line, column)


def errors_by_instruction(code: CodeType, source: str, marks: Mapping[str, EvaluationError]) -> dict[int, EvaluationError]:
    """The error of a KeyError that was raised at an instruction (its offset in bytes, as in `tb_lasti`).

    `marks` are the names in the source that stand for a key in one selection only. Nothing is found where Python runs without columns.
    """
    lines, found = source.splitlines(), {}
    for index, (line, last, _, column) in enumerate(code.co_positions()):
        if line is None or line != last or column is None:
            continue
        text = lines[line - 1][:column]
        error = marks.get(text[text.rfind("['") + 2 : -2]) if text.endswith("']") else None
        if error is not None:
            found[2 * index] = error
    return found
