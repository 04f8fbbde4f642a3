"""Kubernetes' list functions and its regular expression functions."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

from guardrail.cel.declarations import ALWAYS, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.operators import add, compare, equal
from guardrail.cel.regex import compile_pattern
from guardrail.cel.values import Duration, UInt

__all__ = ["LISTS", "REGEX"]

LISTS = Library("kubernetes.lists", since=ALWAYS)
REGEX = Library("kubernetes.regex", since=ALWAYS)

_COMPARABLE = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_ZEROS: dict[str, Any] = {"int": 0, "uint": UInt(0), "double": 0.0, "duration": Duration(0)}


def _is_sorted(items: list[Any]) -> bool:
    """Whether the elements are in order."""
    return all(_order(a, b) <= 0 for a, b in pairwise(items))


def _sum_from(zero: Any) -> Any:
    def total(items: list[Any]) -> Any:
        """The sum of the elements."""
        result = zero
        for item in items:
            result = add(result, item)
        return result

    return total


def _extreme(items: list[Any], sign: int, name: str) -> Any:
    if not items:
        raise EvaluationFault(ErrorKind.EMPTY_LIST, f"{name} called on empty list")
    chosen = items[0]
    for item in items[1:]:
        if _order(item, chosen) == sign:
            chosen = item
    return chosen


def _order(a: Any, b: Any) -> int:
    """As compare(), 0 where there is no order: NaN is passed over."""
    try:
        return compare(a, b)
    except EvaluationFault as fault:
        if fault.kind is ErrorKind.NAN_ORDER:
            return 0
        raise


def _min(items: list[Any]) -> Any:
    """The least element; an error on an empty list."""
    return _extreme(items, -1, "min")


def _max(items: list[Any]) -> Any:
    """The greatest element; an error on an empty list."""
    return _extreme(items, 1, "max")


@LISTS.function("(list(T)).indexOf(T) -> int", "list_a_index_of_int")
def _index_of(items: list[Any], item: Any) -> int:
    """Where an element first occurs; -1 if it does not."""
    return next((index for index, other in enumerate(items) if equal(other, item)), -1)


@LISTS.function("(list(T)).lastIndexOf(T) -> int", "list_a_last_index_of_int")
def _last_index_of(items: list[Any], item: Any) -> int:
    """Where an element last occurs; -1 if it does not."""
    return next((index for index in range(len(items) - 1, -1, -1) if equal(items[index], item)), -1)


@LISTS.function("(dyn).includes(dyn) -> bool", "list_includes_dyn_dyn", since="1.37")
def _includes(target: Any, item: Any) -> bool:
    """Whether a list has an element, or a value that is no list equals it."""
    return any(equal(other, item) for other in target) if isinstance(target, list) else equal(target, item)


def _register() -> None:
    for kind in _COMPARABLE:
        LISTS.add(f"(list({kind})).isSorted() -> bool", f"list_{kind}_is_sorted_bool", _is_sorted)
        LISTS.add(f"(list({kind})).min() -> {kind}", f"list_{kind}_min_{kind}", _min)
        LISTS.add(f"(list({kind})).max() -> {kind}", f"list_{kind}_max_{kind}", _max)
    for kind, zero in _ZEROS.items():
        LISTS.add(f"(list({kind})).sum() -> {kind}", f"list_{kind}_sum_{kind}", _sum_from(zero))


_register()


@REGEX.function("(string).find(string) -> string", "string_find_string")
def _find(text: str, pattern: str) -> str:
    """The first match of an RE2 pattern, empty if none."""
    return compile_pattern(pattern).first(text) or ""


@REGEX.function("(string).findAll(string) -> list(string)", "string_find_all_string")
@REGEX.function("(string).findAll(string, int) -> list(string)", "string_find_all_string_int")
def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """All matches of an RE2 pattern, or the first `limit`."""
    matches = compile_pattern(pattern).every(text)
    return list(matches if limit < 0 else islice(matches, limit))
