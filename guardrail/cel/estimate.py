"""What an expression can cost before anything is known of its values: the same rules as at run time, on sizes between two bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.calls import is_conversion, is_in_nothing
from guardrail.cel.cost import LIST_COST, MAP_COST, STRUCT_COST, call_cost
from guardrail.cel.kubernetes.formats import LONGEST_PATTERN
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.tree import children

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["UNBOUNDED", "CostEstimate", "Estimator", "Range"]

UNBOUNDED = 2**60
"""A size or cost from here on has no bound."""

_SCALARS = frozenset(("bool", "int", "uint", "double", "timestamp", "duration", "null", "type"))
_TREES = frozenset(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"))
_ADDRESSES = frozenset(("net.IP", "net.CIDR"))
_SAME_SIZE = frozenset(("lowerAscii", "upperAscii", "sort", "reverse", "@sortByAssociatedKeys", "url", "dyn"))
_GROWTH = {
    **dict.fromkeys(("trim", "substring", "slice", "distinct", "find", "findAll", "split", "unwrapOpt", "optional.unwrap"), 1),
    "jsonpatch.escapeKey": 2,
    **dict.fromkeys(("strings.quote", "bytes"), 4),
}
"""How much longer a result can be than what it was made of."""

_ATTRIBUTES = frozenset(("_[_]", "_[?_]", "_?_:_"))
_TEXT_OF_SCALAR = 64
"""More characters than string() of a scalar has."""


@dataclass(frozen=True, slots=True)
class Range:
    """A size or cost between two bounds."""

    least: int
    most: int

    def plus(self, other: Range) -> Range:
        """The sum."""
        return Range(_capped(self.least + other.least), _capped(self.most + other.most))

    def times(self, other: Range) -> Range:
        """The product."""
        return Range(_capped(self.least * other.least), _capped(self.most * other.most))

    def either(self, other: Range) -> Range:
        """What covers both."""
        return Range(min(self.least, other.least), max(self.most, other.most))

    def less(self, count: int) -> Range:
        """With a lower bound that is lower by `count`."""
        return Range(max(0, self.least - count), self.most)


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Cost units that an evaluation without an error takes; one with an error may stop sooner. `most` is None where nothing bounds it."""

    least: int
    most: int | None


def _root(node: Node) -> Range:
    """What a selection pays for a base that is no name, selection or conditional itself."""
    chained = isinstance(node, (Ident, Select)) or (isinstance(node, Call) and node.function in _ATTRIBUTES)
    return _NONE if chained else Range(0, 1)


def _capped(number: float) -> int:
    return UNBOUNDED if number >= UNBOUNDED else int(number)


def _fixed(number: int) -> Range:
    return Range(number, number)


_ANY, _ONE, _NONE = Range(0, UNBOUNDED), _fixed(1), _fixed(0)


class _Stand(list[Any]):
    """Stands for a value of some size in the run-time cost functions."""

    def __init__(self, size: int, first: Any) -> None:
        super().__init__((first,))
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return self.size > 0


class Estimator:
    """Estimates one tree. `sizes` bounds sizes by path: `object.spec.containers`, or `object.args[]` for its elements."""

    def __init__(self, sizes: Mapping[str, int], *, folded: bool) -> None:
        self.sizes = sizes
        self.folded = folded
        self.found: dict[int, tuple[Range, Range, str]] = {}
        self.constants: set[int] = set()
        self.locals: list[tuple[str, Range, str]] = []

    def cost(self, tree: Node) -> Range:
        """The cost of a tree; its parts are estimated first, without recursion except for macros."""
        todo: list[tuple[Node, bool]] = [(tree, False)]
        while todo:
            node, ready = todo.pop()
            parts = [] if ready or isinstance(node, Fold) else children(node)
            if parts:
                todo.append((node, True))
                todo.extend((part, False) for part in parts)
            else:
                if self._is_constant(node):
                    self.constants.add(id(node))
                self.found[id(node)] = self._single(node)
        return self.found[id(tree)][0]

    def _cost(self, node: Node) -> Range:
        return self.found[id(node)][0]

    def size(self, node: Node) -> Range:
        """The size that a node's value has."""
        return self.found[id(node)][1]

    def path(self, node: Node) -> str:
        """Where its value comes from; empty where it is computed."""
        return self.found[id(node)][2]

    def _single(self, node: Node) -> tuple[Range, Range, str]:
        if isinstance(node, Const):
            return _NONE, _fixed(len(node.value) if isinstance(node.value, (str, bytes)) else 1), ""
        if isinstance(node, Ident):
            return self._name(node)
        if isinstance(node, Select):
            return self._selection(node)
        if isinstance(node, Fold):
            return self._fold(node)
        if isinstance(node, Call):
            return self._call(node) if node.overloads else (_ANY, _ANY, "")  # what was not checked may cost anything
        return self._literal(node)

    def _sized(self, node: Node, path: str, otherwise: Range = _ANY) -> Range:
        if node.type.kind in _SCALARS:
            return _ONE
        if node.type.name in _ADDRESSES:
            return Range(0, 16)
        return Range(0, self.sizes[path]) if path in self.sizes else otherwise

    def _name(self, node: Ident) -> tuple[Range, Range, str]:
        if node.constant is not None:
            return _NONE, _ONE, ""
        for name, size, path in reversed(self.locals):
            if name == node.name and not node.rooted:
                return _ONE, self._sized(node, path, size), path
        return _ONE, self._sized(node, node.name), node.name

    def _selection(self, node: Select) -> tuple[Range, Range, str]:
        if node.name:
            cost = _NONE if node.constant is not None else _ONE
            return cost, self._sized(node, node.name), node.name
        base, path = self._cost(node.operand).plus(_root(node.operand)), self.path(node.operand)
        if node.test_only:
            return base.less(1), _ONE, ""
        path = f"{path}.{node.field}" if path else ""
        optional = node.optional or node.operand.type.name == "optional_type"
        return base.plus(Range(0, 1) if optional else _ONE), self._sized(node, path), path

    def _literal(self, node: ListExpr | MapExpr | StructExpr) -> tuple[Range, Range, str]:
        parts = children(node)
        size = _ANY  # of a struct: it may be a wrapper of a text
        if isinstance(node, (ListExpr, MapExpr)):
            size = _fixed(len(children(node)) if isinstance(node, ListExpr) else len(node.entries))
        if isinstance(node, (ListExpr, MapExpr)) and node.optional:
            size = Range(size.least - len(node.optional), size.most)
        if id(node) in self.constants:
            return _NONE, size, ""
        cost = _fixed(LIST_COST if isinstance(node, ListExpr) else MAP_COST if isinstance(node, MapExpr) else STRUCT_COST)
        for part in parts:
            cost = cost.plus(self._cost(part))
        return cost, size, ""

    def _is_constant(self, node: Node) -> bool:
        """Whether a node whose parts are estimated is computed when the program is made."""
        if isinstance(node, (Ident, Select)):
            return node.constant is not None
        if not self.folded or isinstance(node, (StructExpr, Fold)) or (isinstance(node, (ListExpr, MapExpr)) and node.optional):
            return isinstance(node, Const)
        if isinstance(node, Call) and not is_conversion(node):
            return is_in_nothing(node)
        return all(id(part) in self.constants for part in children(node))

    # -- calls

    def _call(self, node: Call) -> tuple[Range, Range, str]:
        parts = children(node)
        if node.function in ("_&&_", "_||_"):
            most = _NONE
            for part in parts:
                most = most.plus(self._cost(part))
            return Range(self._cost(parts[0]).least, most.most), _ONE, ""
        if node.function == "_?_:_":
            cost = self._cost(parts[0]).plus(self._branch(parts[1]).either(self._branch(parts[2])))
            return cost, self.size(parts[1]).either(self.size(parts[2])), ""
        if id(node) in self.constants or (self.folded and is_in_nothing(node)):
            return _NONE, self._result(node, parts), ""
        cost = self._own(node, parts)
        for part in parts:
            cost = cost.plus(self._cost(part))
        if node.function in ("_[_]", "_[?_]"):
            return self._indexed(node, cost)
        return cost, self._result(node, parts), ""

    def _branch(self, node: Node) -> Range:
        """A branch that is a name or selection costs no unit for its root."""
        return self._cost(node).less(1)

    def _indexed(self, node: Call, cost: Range) -> tuple[Range, Range, str]:
        base, key = node.args
        cost = cost.plus(_root(base))
        path = self.path(base)
        if path:
            path += f".{key.value}" if isinstance(key, Const) and type(key.value) is str else "[]"
        cost = cost.less(0 if isinstance(key, Const) else 1)
        optional = node.function == "_[?_]" or base.type.name == "optional_type"
        return cost.less(1) if optional else cost, self._sized(node, path), path

    def _own(self, node: Call, parts: list[Node]) -> Range:
        """What a call adds to its arguments."""
        if node.function in ("or", "orValue") and node.target is not None:
            return Range(0, 0) if len(parts) < 2 else Range(-self._cost(parts[1]).least, 0)  # noqa: PLR2004 - the second is evaluated if needed
        if self.folded and node.function == "@in" and id(parts[1]) in self.constants:
            return Range(0, self._charged(node, parts).most)
        if node.function == "validate":
            text = self.size(parts[1])
            return Range(1, _capped(math.ceil((1 + text.most) * 0.1) * math.ceil(LONGEST_PATTERN * 0.25)))
        if node.function in _TREES:
            return self._walk(parts[0])
        return self._charged(node, parts)

    def _charged(self, node: Call, parts: list[Node]) -> Range:
        """By the run-time cost function, on the smallest and largest values."""
        cost, overloads = call_cost(node.function, node.overloads), node.overloads
        result = self._result(node, parts)
        bounds = []
        for upper in (False, True):
            args = [part.value if isinstance(part, Const) else self._stand(self.size(part), upper=upper) for part in parts]
            bounds.append(_capped(cost(args, self._stand(result, upper=upper))))
        if any(size.most >= UNBOUNDED for size in (result, *map(self.size, parts))):
            bounds[1] = self._unbounded(cost, parts, result)
        if overloads and overloads[0] in ("cidr_contains_ip_string", "cidr_contains_cidr_string") and not isinstance(parts[1], Const):
            bounds = [
                bound + math.ceil(size * 0.1)
                for bound, size in zip(bounds, (self.size(parts[1]).least, self.size(parts[1]).most), strict=True)
            ]
        known = all(part.type.kind in ("opaque", "struct") for part in parts)
        return _ONE if known and node.function in ("_==_", "_!=_") else Range(bounds[0], max(bounds))

    def _unbounded(self, cost: Callable[[list[Any], Any], int], parts: list[Node], result: Range) -> int:
        """The most a call costs where some size has no bound: nothing bounds it either, unless that size does not matter."""
        tried = []
        for size in (2**20, 2**21):
            sizes = [min(known.most, size) for known in (*map(self.size, parts), result)]
            args = [part.value if isinstance(part, Const) else _Stand(n, "") for part, n in zip(parts, sizes, strict=False)]
            tried.append(cost(args, _Stand(sizes[-1], "")))
        return tried[0] if tried[0] == tried[1] else UNBOUNDED

    @staticmethod
    def _stand(size: Range, *, upper: bool) -> _Stand:
        return _Stand(size.most, "") if upper else _Stand(size.least, 0)

    def _walk(self, node: Node) -> Range:
        """Walking a list of scalars or texts, or a text."""
        size = self.size(node)
        if node.type.kind == "string":
            return Range(size.least // 10, _capped(size.most * 4 // 10))
        element = node.type.params[0] if node.type.kind == "list" else None
        if element is not None and element.kind in _SCALARS:
            return size
        path = self.path(node)
        length = self.sizes.get(f"{path}[]", UNBOUNDED) if path else self._longest(node)
        return Range(0, _capped(size.most * max(1, length * 4 // 10)))

    def _longest(self, node: Node) -> int:
        """The longest text in a literal list."""
        if not isinstance(node, ListExpr):
            return UNBOUNDED
        return max((self.size(element).most for element in node.elements), default=0)

    def _result(self, node: Call, parts: list[Node]) -> Range:  # noqa: PLR0911 - one line per rule
        """The size of what a call gives."""
        if node.type.kind in _SCALARS:
            return _ONE
        if node.type.name in _ADDRESSES:
            return Range(0, 16)
        first = self.size(parts[0]) if parts else _NONE
        name = node.function
        if name in _SAME_SIZE or (name in ("string", "bytes") and parts[0].type.kind == node.type.kind):
            return first
        if name == "string" and parts[0].type.kind in _SCALARS:
            return Range(1, _TEXT_OF_SCALAR)
        if name == "_+_":
            return first.plus(self.size(parts[1]))
        if name == "join":
            return self._joined(parts)
        if name == "lists.range" and isinstance(parts[0], Const):
            return _fixed(max(0, parts[0].value))
        factor = _GROWTH.get(name)
        return _ANY if factor is None else Range(0, _capped(first.most * factor + 2))

    def _joined(self, parts: list[Node]) -> Range:
        count, path = self.size(parts[0]), self.path(parts[0])
        longest = self.sizes.get(f"{path}[]", UNBOUNDED) if path else self._longest(parts[0])
        between = self.size(parts[1]) if len(parts) > 1 else _NONE
        gaps = Range(max(0, count.least - 1), max(0, count.most - 1))
        return count.times(Range(0, longest)).plus(between.times(gaps))

    # -- macros

    def _fold(self, node: Fold) -> tuple[Range, Range, str]:
        given = self.cost(node.range)
        size, path = self.size(node.range), self.path(node.range)
        if node.kind == "bind":
            return self._bound(node, given, size, path)
        if node.kind in ("optMap", "optFlatMap"):
            body, result, _ = self._bound(node, _NONE, _ANY, path)
            return given.plus(Range(2, _capped(given.most + body.most + 6))), result, ""
        element = Range(0, self.sizes.get(f"{path}[]", UNBOUNDED)) if path else Range(0, self._longest(node.range))
        self.locals.extend((name, element, f"{path}[]" if path else "") for name in node.names)
        condition = self.cost(node.condition) if node.condition is not None else None
        body = self.cost(node.body)
        del self.locals[len(self.locals) - len(node.names) :]
        step, fixed = _step(node.kind, condition, body, constant=id(node.body) in self.constants)
        if not self.folded:
            fixed += LIST_COST if node.kind in _LISTS else MAP_COST if node.kind in _MAPS else 0
        cost = given.plus(size.times(step)).plus(_fixed(fixed))
        if node.kind in ("all", "exists") and size.least:
            cost = Range(given.least + fixed + step.least, cost.most)
        if node.kind == "sortBy":
            cost = cost.plus(Range(1, _capped(4 + LIST_COST + 3 * size.most * size.most)))
        result = size if node.kind not in ("all", "exists", "exists_one") else _ONE
        return cost, Range(0, result.most) if condition is not None and result is not _ONE else result, ""

    def _bound(self, node: Fold, given: Range, size: Range, path: str) -> tuple[Range, Range, str]:
        """A value that is computed when it is first read, if it is."""
        self.locals.append((node.names[0], size, path))
        body = self.cost(node.body)
        self.locals.pop()
        return Range(body.least, _capped(body.most + given.most)), self.size(node.body), self.path(node.body)


_LISTS = frozenset(("map", "filter", "sortBy", "transformList"))
_MAPS = frozenset(("transformMap", "transformMapEntry"))


def _step(kind: str, condition: Range | None, body: Range, *, constant: bool) -> tuple[Range, int]:
    """What one turn of a macro costs, and what it costs once."""
    if kind in ("all", "exists"):
        least = 3 if kind == "all" else 4
        return Range(least, least).plus(Range(0, body.most)), 1
    if kind == "exists_one":
        return body.plus(Range(0, 2)), 2
    most = {"transformMap": 3, "transformMapEntry": 2}.get(kind, LIST_COST + 2)
    entry = body.plus(Range(2 if constant else most, most))
    return (entry if condition is None else condition.plus(_NONE.either(entry))), 1
