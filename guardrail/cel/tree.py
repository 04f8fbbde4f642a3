"""Walking the syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.nodes import Call, Fold, ListExpr, MapExpr, Node, Select, StructExpr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["children", "walk", "with_ancestors"]


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


def with_ancestors(tree: Node, wanted: Callable[[Node], bool]) -> frozenset[int]:
    """The ids of the nodes that are wanted or have one in them."""
    found: set[int] = set()
    ancestry: list[Node] = []
    todo: list[tuple[Node, int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        del ancestry[depth:]
        ancestry.append(node)
        if wanted(node):
            found.update(map(id, ancestry))
        todo.extend((child, depth + 1) for child in children(node))
    return frozenset(found)
