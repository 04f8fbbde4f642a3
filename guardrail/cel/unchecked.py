"""Names in an expression that was not type-checked.

What a chain `a.b.c` means is then decided when it is evaluated: the longest prefix that is a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.attributes import MISSING, lookup
from guardrail.cel.errors import ErrorKind, EvaluationError
from guardrail.cel.names import qualified_name
from guardrail.cel.nodes import Call, Fold, Ident, Node, Select, StructExpr
from guardrail.cel.tree import children
from guardrail.cel.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.cel.checker import Scope
    from guardrail.cel.state import State

__all__ = ["maybe_variable", "resolve_names"]


def resolve_names(tree: Node, scope: Scope) -> None:
    """Write into a tree what its names mean, as far as that is known without types."""
    todo: list[tuple[Node, frozenset[str]]] = [(tree, frozenset())]
    while todo:
        node, bound = todo.pop()
        if isinstance(node, Fold):
            todo.append((node.range, bound))
            inner = bound | set(node.names)
            todo.extend((part, inner) for part in (node.condition, node.body) if part is not None)
            continue
        if isinstance(node, (Ident, Select)):
            _name(node, scope, bound)
        elif isinstance(node, Call):
            _function(node, scope)
        elif isinstance(node, StructExpr):
            node.name = next((name for name in scope.candidates(node.name) if name in scope.objects), node.name)
        todo.extend((child, bound) for child in children(node))


def _name(node: Ident | Select, scope: Scope, bound: frozenset[str]) -> None:
    name = qualified_name(node)
    if name is None or name.partition(".")[0] in bound:
        return
    for candidate in scope.candidates(name):
        if candidate in scope.constants:
            node.constant = scope.constants[candidate][1]
            node.name = candidate
            return
    node.name = name


def _function(node: Call, scope: Scope) -> None:
    prefix = qualified_name(node.target) if node.target is not None else ""
    if prefix is None:
        return
    full = f"{prefix}.{node.function}" if prefix else node.function
    for candidate in scope.candidates(full):
        if candidate in scope.functions:
            node.function, node.target = candidate, None
            return


def maybe_variable(name: str, scope: Scope) -> Callable[[State], Any]:
    """The root that reads a name: the longest prefix of it that is a variable, then fields."""
    parts = name.lstrip(".").split(".")
    rooted = "." if name.startswith(".") else ""
    prefixes = [(scope.candidates(rooted + ".".join(parts[:count])), parts[count:]) for count in range(len(parts), 0, -1)]

    def root(s: State) -> Any:
        for candidates, fields in prefixes:
            for candidate in candidates:
                if candidate in s.variables:
                    return _fields(s.variables[candidate], fields)
        return EvaluationError(f"no such attribute(s): {name}", ErrorKind.NO_SUCH_ATTRIBUTE)

    return root


def _fields(value: Any, fields: list[str]) -> Any:
    for field in fields:
        value = lookup(value, field)
        if value is MISSING:
            return EvaluationError(f"no such key: {field}", ErrorKind.NO_SUCH_KEY)
        if type(value) in (EvaluationError, Unknown):
            return value
    return value
