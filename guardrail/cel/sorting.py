"""Sorting lists, by their elements or by keys computed for them."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.operators import compare
from guardrail.cel.values import Duration, Timestamp, UInt

__all__ = ["sort_by_keys"]

_COMPARABLE = frozenset((bool, int, UInt, float, str, bytes, Timestamp, Duration))


def _order(a: Any, b: Any) -> int:
    try:
        return compare(a, b)
    except EvaluationFault:  # NaN: neither is less
        return 0


def sort_by_keys(items: list[Any], keys: list[Any]) -> list[Any]:
    """The items in the order of their keys. Raises EvaluationFault where the keys have no common order."""
    if not items:
        return items
    kind = type(keys[0])
    if kind not in _COMPARABLE:
        raise EvaluationFault(ErrorKind.LIST_ELEMENTS, "list elements must be comparable")
    if len(keys) > 1 and any(type(key) is not kind for key in keys):
        raise EvaluationFault(ErrorKind.LIST_ELEMENTS, "list elements must have the same type")
    if kind in (str, bytes, int, bool):
        order = sorted(range(len(items)), key=keys.__getitem__)
    else:
        by_key = cmp_to_key(_order)
        order = sorted(range(len(items)), key=lambda index: by_key(keys[index]))
    return [items[index] for index in order]
