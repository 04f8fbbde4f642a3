"""The syntax tree.

Nodes are made by the parser; the checker then writes `type`, `overloads` and resolved names into them, once. After
that nothing changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from guardrail.cel.celtype import DYN, CelType

__all__ = ["Call", "Const", "Fold", "Ident", "ListExpr", "MapExpr", "Node", "Select", "StructExpr"]


@dataclass(slots=True, eq=False)
class Const:
    """A literal."""

    offset: int
    value: Any
    type: CelType = DYN


@dataclass(slots=True, eq=False)
class Ident:
    """A name; `.name` (from the root) has `rooted`. A name of a type has `constant`."""

    offset: int
    name: str
    rooted: bool = False
    type: CelType = DYN
    constant: Any = None


@dataclass(slots=True, eq=False)
class Select:
    """`operand.field`, `operand.?field` or, inside has(), the presence test.

    `name` is set by the checker where the whole chain is one qualified name (a variable `a.b`, a type, an enum value).
    """

    offset: int
    operand: Node
    field: str
    test_only: bool = False
    optional: bool = False
    start: int = 0
    type: CelType = DYN
    name: str = ""
    constant: Any = None


@dataclass(slots=True, eq=False)
class Call:
    """A function, method or operator (`_+_`); `overloads` are the ids that the checker left possible."""

    offset: int
    function: str
    args: list[Node]
    target: Node | None = None
    type: CelType = DYN
    overloads: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class ListExpr:
    """`[a, ?b]`; `optional` holds the indices of optional elements."""

    offset: int
    elements: list[Node]
    optional: frozenset[int] = frozenset()
    type: CelType = DYN


@dataclass(slots=True, eq=False)
class MapExpr:
    """`{key: value, ?key: value}`; `offsets` are those of the colons."""

    offset: int
    entries: list[tuple[Node, Node]]
    optional: frozenset[int] = frozenset()
    offsets: list[int] = field(default_factory=list)
    type: CelType = DYN


@dataclass(slots=True, eq=False)
class StructExpr:
    """`Type{field: value}`."""

    offset: int
    name: str
    fields: list[tuple[str, Node]]
    optional: frozenset[int] = frozenset()
    offsets: list[int] = field(default_factory=list)
    type: CelType = DYN


@dataclass(slots=True, eq=False)
class Fold:
    """A comprehension macro: `kind` is its canonical name.

    all, exists, exists_one, map, filter (with `map` of three arguments `condition` is set), transformList, transformMap,
    transformMapEntry, sortBy, bind, optMap, optFlatMap. `names` are the variables it declares: one, or two for
    the two-variable forms. `range` is what it runs over (the bound value of `bind`).
    """

    offset: int
    kind: str
    range: Node
    names: tuple[str, ...]
    body: Node
    condition: Node | None = None
    type: CelType = DYN


Node = Const | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Fold
