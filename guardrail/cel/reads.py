"""Which variables and fields an expression reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.cel.nodes import Fold, Ident, Node, Select
from guardrail.cel.tree import children

if TYPE_CHECKING:
    from guardrail.cel.source import Source

__all__ = ["Read", "reads_of"]


@dataclass(frozen=True, slots=True)
class Read:
    """A chain of names that an expression reads: `resource.gpu.total_max`; `line` and `column` (from 1) are those of its root."""

    path: tuple[str, ...]
    line: int
    column: int


def reads_of(tree: Node, source: Source) -> tuple[Read, ...]:
    """Every chain of selections rooted at a free variable, in the order of the text; variables of macros are not free."""
    found: list[tuple[int, tuple[str, ...]]] = []
    todo: list[tuple[Node, frozenset[str]]] = [(tree, frozenset())]
    while todo:
        node, bound = todo.pop()
        chain = _chain(node)
        if chain is not None:
            root, path = chain
            if not isinstance(root, Ident) or root.name not in bound:
                if root.constant is None:
                    found.append((root.offset if isinstance(root, Ident) else _start(root), path))
                continue
            continue
        if isinstance(node, Fold):
            todo.append((node.range, bound))
            inner = bound | set(node.names)
            todo.extend((part, inner) for part in (node.condition, node.body) if part is not None)
        else:
            todo.extend((child, bound) for child in children(node))
    found.sort()
    return tuple(Read(path, *source.place(offset)) for offset, path in found)


def _chain(node: Node) -> tuple[Ident | Select, tuple[str, ...]] | None:
    """The root of a chain and its names. A chain ends at an index, a call, or anything else."""
    names: list[str] = []
    while True:
        if isinstance(node, Ident) or (isinstance(node, Select) and node.name):
            root = node.name.split(".") if isinstance(node, Select) else [node.name]
            return node, (*root, *reversed(names))
        if isinstance(node, Select):
            names.append(node.field)
            node = node.operand
        else:
            return None


def _start(node: Node) -> int:
    while isinstance(node, Select):
        node = node.operand
    return node.offset
