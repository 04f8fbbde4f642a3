"""Run-time cost of function calls, in the units of Kubernetes (cel-go with the API server's estimator).

Selections, literals and loops are charged where they are evaluated; this is what a call adds to its arguments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import EvaluationError
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import BoolKey, Opaque, Optional, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["BY_RESULT", "LIST_COST", "MAP_COST", "STRUCT_COST", "call_cost", "one"]

LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40
_TRAVERSAL = 0.1
"""Per character of a string that is read once."""
_REGEX = 0.25
"""Per character of a pattern: an expression in it is taken to be four characters long."""
_AUTHORIZER_CHECK = 350_000
_WRAP = 2**64

_Cost = "Callable[[Sequence[Any], Any], int]"


_SIZED = frozenset((str, list, dict, bytes))
_UNITS = frozenset((int, bool, float, type(None), EvaluationError, Unknown))


def size_of(value: Any) -> int:
    """The size that costs are reckoned from: characters, elements, entries; 1 for everything else."""
    kind = type(value)
    if kind in _SIZED:
        return len(value)
    if kind in _UNITS:
        return 1
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    if type(value) is Optional and value.present:
        return size_of(value.value)
    return plain_size(value)


def plain_size(value: Any) -> int:
    """As `size_of`, an optional counted as one value."""
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    size = getattr(value, "cost_size", 1) if isinstance(value, Opaque) else 1
    return int(size)


def _traversal(args: Sequence[Any], _: Any) -> int:
    return math.ceil(size_of(args[0]) * _TRAVERSAL)


def _plain_traversal(args: Sequence[Any], _: Any) -> int:
    return math.ceil(plain_size(args[0]) * _TRAVERSAL)


def _double_traversal(args: Sequence[Any], _: Any) -> int:
    return math.ceil(plain_size(args[0]) * 2 * _TRAVERSAL)


def _join(_: Sequence[Any], result: Any) -> int:
    return math.ceil(plain_size(result) * 2 * _TRAVERSAL)


def one(_args: Sequence[Any], _result: Any) -> int:
    """The cost of most functions: a unit, whatever they are given."""
    return 1


def _shorter(args: Sequence[Any], _: Any) -> int:
    return math.ceil(min(size_of(args[0]), size_of(args[1])) * _TRAVERSAL)


def _equality(args: Sequence[Any], _: Any) -> int:
    if isinstance(args[0], Opaque):
        return 1
    return _shorter(args, _)


def _concatenation(args: Sequence[Any], _: Any) -> int:
    return math.ceil((size_of(args[0]) + size_of(args[1])) * _TRAVERSAL)


def _in_list(args: Sequence[Any], _: Any) -> int:
    return size_of(args[1])


def _matches(args: Sequence[Any], _: Any) -> int:
    text = math.ceil((1.0 + size_of(args[0])) * _TRAVERSAL)
    return text * math.ceil(size_of(args[1]) * _REGEX)


def _find(args: Sequence[Any], _: Any) -> int:
    text = math.ceil((1.0 + plain_size(args[0])) * _TRAVERSAL)
    return text * math.ceil(plain_size(args[1]) * _REGEX)


def _contains(args: Sequence[Any], _: Any) -> int:
    return math.ceil(size_of(args[0]) * _TRAVERSAL) * math.ceil(size_of(args[1]) * _TRAVERSAL)


def tree_cost(value: Any) -> int:
    """The cost of walking a value as a tree."""
    if isinstance(value, str):
        return int(len(value.encode("utf-8", "surrogatepass")) * _TRAVERSAL)
    if isinstance(value, bytes):
        return int(len(value) * _TRAVERSAL)
    if isinstance(value, list):
        return sum(map(tree_cost, value))
    if isinstance(value, dict):
        return sum((1 if type(key) is BoolKey else tree_cost(key)) + tree_cost(item) for key, item in value.items())
    return 1


def _tree(args: Sequence[Any], _: Any) -> int:
    return tree_cost(args[0])


def _allocating(factor: float, size: int) -> int:
    return (int(size * factor) + 1 + LIST_COST) % _WRAP


def _output_list(_: Sequence[Any], result: Any) -> int:
    return _allocating(1, size_of(result))


def _flatten(args: Sequence[Any], _: Any) -> int:
    depth = args[1] if len(args) > 1 else 1
    return _allocating(depth, size_of(args[0])) if type(depth) is int else 1


def _self_compare(items: Any) -> int:
    if not isinstance(items, list):
        return 0  # what it was given is an error
    if not items:
        return _allocating(2.0, 0)
    factor = 2.0 + (_TRAVERSAL if type(items[0]) in (str, bytes) else 0)
    return _allocating(factor, len(items) ** 2)


def _contains_ip(args: Sequence[Any], _: Any) -> int:
    own = plain_size(args[0])
    parsed = math.ceil(plain_size(args[1]) * _TRAVERSAL) if type(args[1]) is str else 0
    return math.ceil((own + own) * _TRAVERSAL) + parsed


def _contains_cidr(args: Sequence[Any], _: Any) -> int:
    return _contains_ip(args, _) + math.ceil(plain_size(args[0]) * _TRAVERSAL) + 1


def _ip(args: Sequence[Any], _: Any) -> int:
    return 1 if type_name(args[0]) == "net.CIDR" else _plain_traversal(args, _)


def _validate(args: Sequence[Any], _: Any) -> int:
    pattern = getattr(args[0], "pattern_cost_size", None)
    if pattern is None:
        return 1
    return math.ceil((1.0 + plain_size(args[1])) * _TRAVERSAL) * math.ceil(int(pattern) * _REGEX)


def _selector(args: Sequence[Any], _: Any) -> int:
    length = plain_size(args[1])
    return LIST_COST + math.ceil(length * _TRAVERSAL) + math.ceil(math.ceil(length * 0.5) * (LIST_COST + STRUCT_COST))


def _sets(args: Sequence[Any], _: Any) -> int:
    return size_of(args[0]) * size_of(args[1]) + 1


def _sets_both_ways(args: Sequence[Any], _: Any) -> int:
    return size_of(args[0]) * size_of(args[1]) * 2 + 1


_BY_FUNCTION: dict[str, Callable[[Sequence[Any], Any], int]] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"), _tree),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey"), _plain_traversal),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _plain_traversal),
    **dict.fromkeys(("replace", "split", "ip.isCanonical"), _double_traversal),
    **dict.fromkeys(("find", "findAll"), _find),
    **dict.fromkeys(("fieldSelector", "labelSelector"), _selector),
    "join": _join,
    "ip": _ip,
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "validate": _validate,
    "check": lambda _args, _result: _AUTHORIZER_CHECK,
    "_==_": _equality,
}
_BY_OVERLOAD: dict[str, Callable[[Sequence[Any], Any], int]] = {
    **dict.fromkeys(("starts_with_string", "ends_with_string", "string_to_bytes", "bytes_to_string"), _traversal),
    **dict.fromkeys(("strings_quote", "string_format"), _traversal),
    **dict.fromkeys(
        (f"{name}_{kind}" for name in ("less", "less_equals", "greater", "greater_equals") for kind in ("string", "bytes")), _shorter
    ),
    **dict.fromkeys(("equals", "not_equals"), _shorter),
    **dict.fromkeys(("add_string", "add_bytes"), _concatenation),
    "in_list": _in_list,
    "matches_string": _matches,
    "contains_string": _contains,
    **dict.fromkeys(("list_slice", "lists_range", "list_reverse"), _output_list),
    **dict.fromkeys(("list_flatten", "list_flatten_int"), _flatten),
    "list_distinct": lambda args, _: _self_compare(args[0]),
    **dict.fromkeys(("list_sets_contains_list", "list_sets_intersects_list"), _sets),
    "list_sets_equivalent_list": _sets_both_ways,
}
BY_RESULT = frozenset((_join, _output_list))
"""Cost functions that look at the result; all others can be asked before the call."""

_FIRST = frozenset(("list_slice", "list_flatten", "list_flatten_int", "lists_range", "list_reverse", "list_distinct"))


def call_cost(function: str, overloads: tuple[str, ...]) -> Callable[[Sequence[Any], Any], int]:
    """The cost function of a call: by overload where the checker left one, else by the function's name."""
    overload = overloads[0] if len(overloads) == 1 else ""
    if overload in _FIRST:
        return _BY_OVERLOAD[overload]
    if overload.startswith("list_") and overload.endswith("_sort"):
        return lambda args, _: _self_compare(args[0])
    if overload.startswith("list_") and overload.endswith("_sortByAssociatedKeys"):
        return lambda args, _: _self_compare(args[1])
    by_function = _BY_FUNCTION.get(function)
    if by_function is not None:
        return by_function
    return _BY_OVERLOAD.get(overload, one)
