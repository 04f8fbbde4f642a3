"""Qualified names."""

from __future__ import annotations

from guardrail.cel.nodes import Ident, Node, Select

__all__ = ["qualified_name"]


def qualified_name(node: Node, longest: int | None = None) -> str | None:
    """`a.b.c` for a chain of plain selections from a name, else None; None also for one of more than `longest` parts."""
    parts: list[str] = []
    while isinstance(node, Select) and not node.test_only and not node.optional:
        if longest is not None and len(parts) >= longest:
            return None
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return None
    parts.append(("." if node.rooted else "") + node.name)
    return ".".join(reversed(parts))
