"""Walking the syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.nodes import Call, Fold, ListExpr, MapExpr, Node, Select, StructExpr

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["children", "walk"]


def children(node: Node) -> list[Node]:  # noqa: PLR0911 - one line per kind of node
    """The parts of a node, in the order of the text."""
    if isinstance(node, Select):
        return [] if node.name else [node.operand]
    if isinstance(node, Call):
        return [*([node.target] if node.target is not None else []), *node.args]
    if isinstance(node, ListExpr):
        return node.elements
    if isinstance(node, MapExpr):
        return [part for entry in node.entries for part in entry]
    if isinstance(node, StructExpr):
        return [value for _, value in node.fields]
    if isinstance(node, Fold):
        return [node.range, *([node.condition] if node.condition is not None else []), node.body]
    return []


def walk(tree: Node) -> Iterator[tuple[Node, bool]]:
    """Every node, with whether it stands inside the arguments of format()."""
    todo = [(tree, False)]
    while todo:
        node, exempt = todo.pop()
        yield node, exempt
        inside = exempt or (isinstance(node, Call) and node.function == "format")
        todo.extend((child, inside) for child in reversed(children(node)))
