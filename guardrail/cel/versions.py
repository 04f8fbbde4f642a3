"""What an expression asks of a cluster: the oldest Kubernetes version whose API server takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.cel.declarations import ALWAYS, NEVER
from guardrail.cel.inventory import MACROS, version_key
from guardrail.cel.nodes import Call, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.tree import walk
from guardrail.cel.validators import too_deep, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.cel.declarations import Overload
    from guardrail.cel.errors import Fault
    from guardrail.cel.source import Source

__all__ = ["Requirement", "minimum_version", "requirements"]

_OPTIONAL_SYNTAX = "1.28"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something of an expression that not every Kubernetes version has; `since` is None where none has it."""

    what: str
    since: str | None
    line: int
    column: int


def requirements(tree: Node, source: Source, functions: Mapping[str, tuple[Overload, ...]]) -> tuple[Requirement, ...]:
    """What a checked expression requires, in the order of the text."""
    found = [(offset, key.lstrip(".").split(":")[0] + "()", MACROS.get(key, NEVER)) for offset, key in source.macros]
    found += [(offset, "a field name in backticks", NEVER) for offset in source.quoted]
    for node, _ in walk(tree):
        found.extend((node.offset, what, since) for what, since in _of_node(node, functions))
    placed = [Requirement(what, since or None, *source.place(offset)) for offset, what, since in sorted(found) if since != ALWAYS]
    return tuple(dict.fromkeys([*placed, *_of_tree(tree, source)]))


def minimum_version(required: tuple[Requirement, ...]) -> str | None:
    """The oldest version that has everything, or None where none has."""
    versions = [requirement.since for requirement in required]
    known = [version for version in versions if version is not None]
    return max([ALWAYS, *known], key=version_key) if len(known) == len(versions) else None


def _of_node(node: Node, functions: Mapping[str, tuple[Overload, ...]]) -> Iterator[tuple[str, str]]:
    if isinstance(node, Call):
        if node.function == "_[?_]":
            yield "optional selection", _OPTIONAL_SYNTAX
            return
        versions = [overload.since for overload in functions.get(node.function, ()) if overload.id in node.overloads]
        if versions:
            yield f"{_shown(node.function)}", min(versions, key=_age)
    elif isinstance(node, Select) and node.optional:
        yield "optional selection", _OPTIONAL_SYNTAX
    elif isinstance(node, (ListExpr, MapExpr, StructExpr)) and node.optional:
        yield "an optional element", _OPTIONAL_SYNTAX


def _age(since: str) -> tuple[int, ...]:
    """Never is after every version."""
    return version_key(since) if since != NEVER else (1_000_000,)


def _shown(function: str) -> str:
    return function.strip("_@") if function.startswith(("_", "@", "!", "-")) else f"{function}()"


def _of_tree(tree: Node, source: Source) -> Iterator[Requirement]:
    mixed: list[Fault] = []
    validate(tree, source, mixed, specification=False, homogeneous=True)
    for fault in mixed:
        if fault.message.startswith("expected type"):
            yield Requirement("a literal with elements of different types", None, fault.line, fault.column)
    if too_deep(tree):
        yield Requirement("more than 250 levels", None, 1, 1)
