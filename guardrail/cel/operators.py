"""Operators on run-time values: equality, order, arithmetic, membership.

Equality is heterogeneous: values of different types are unequal, numbers compare across their types. Order and arithmetic
raise EvaluationFault where the language has no overload.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.unknown import Unknown
from guardrail.cel.values import (
    INT_MIN,
    NONE,
    Duration,
    Optional,
    Timestamp,
    UInt,
    as_key,
    checked_duration,
    checked_int,
    checked_timestamp,
    checked_uint,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BINARY", "COMPARISONS", "add", "compare", "equal", "is_in", "negate", "no_overload"]

_INT_LIMIT, _UINT_LIMIT = 2.0**63, 2.0**64
_NUMBERS = frozenset((int, UInt, float))


def no_overload(function: str, *args: Any) -> EvaluationFault:
    """The fault of a call that no overload takes."""
    return EvaluationFault(ErrorKind.NO_SUCH_OVERLOAD, f"no such overload: {function}({', '.join(map(type_name, args))})")


def equal(a: Any, b: Any) -> bool:  # noqa: PLR0911 - one line per case of the rule
    """`a == b`."""
    kind, other = type(a), type(b)
    if kind is str or other is str or a is None or b is None:
        return bool(a == b) if kind is other else a is b
    if kind is bool or other is bool:
        return a is b
    if kind in _NUMBERS and other in _NUMBERS:
        return _order_numbers(a, b) == 0
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and _equal_maps(a, b)
    if kind is Optional and other is Optional:
        return (a is NONE) == (b is NONE) and equal(a.value, b.value)
    return bool(a == b) if kind is other else False


_MISSING = object()


def _equal_maps(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    for key, value in a.items():
        other = b.get(key, _MISSING)
        if other is _MISSING or not equal(value, other):
            return False
    return True


def _order_numbers(a: Any, b: Any) -> int | None:  # noqa: PLR0911 - one line per case of the rule
    """-1, 0, 1, or None with NaN. An int meets a double as a double, as in cel-go."""
    if type(a) is float:
        if type(b) is not float:
            if a != a:  # noqa: PLR0124 - NaN
                return None
            if not _in_range(a, unsigned=type(b) is UInt):
                return -1 if a < 0 else 1
            b = float(b)
    elif type(b) is float:
        if b != b:  # noqa: PLR0124 - NaN
            return None
        if not _in_range(b, unsigned=type(a) is UInt):
            return 1 if b < 0 else -1
        a = float(a)
    if a < b:
        return -1
    if a > b:
        return 1
    return 0 if a == b else None


def _in_range(number: float, *, unsigned: bool) -> bool:
    return 0.0 <= number <= _UINT_LIMIT if unsigned else -_INT_LIMIT <= number <= _INT_LIMIT


_ORDERED = frozenset((bool, str, bytes))


def compare(a: Any, b: Any) -> int:
    """-1, 0 or 1. Raises EvaluationFault where the two have no order."""
    kind, other = type(a), type(b)
    if kind in _NUMBERS and other in _NUMBERS:
        order = _order_numbers(a, b)
        if order is None:
            raise EvaluationFault(ErrorKind.NAN_ORDER, "NaN values cannot be ordered")
        return order
    if kind is other:
        if kind in _ORDERED:
            return int(a > b) - int(a < b)
        if kind is Timestamp or kind is Duration:
            return int(a.nanos > b.nanos) - int(a.nanos < b.nanos)
    raise no_overload("compare", a, b)


COMPARISONS: dict[str, Callable[[int], bool]] = {
    "_<_": lambda order: order < 0,
    "_<=_": lambda order: order <= 0,
    "_>_": lambda order: order > 0,
    "_>=_": lambda order: order >= 0,
}


def _less(a: Any, b: Any) -> bool:
    return compare(a, b) < 0


def _less_equal(a: Any, b: Any) -> bool:
    return compare(a, b) <= 0


def _greater(a: Any, b: Any) -> bool:
    return compare(a, b) > 0


def _greater_equal(a: Any, b: Any) -> bool:
    return compare(a, b) >= 0


def _truncated(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _divide_float(a: float, b: float) -> float:
    if b:
        return a / b
    if a != a or a == 0:  # noqa: PLR0124 - NaN
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _nonzero(b: int, kind: ErrorKind) -> int:
    if b == 0:
        raise EvaluationFault(kind, "division by zero" if kind is ErrorKind.DIVIDE_BY_ZERO else "modulus by zero")
    return b


_ADD: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (int, int): lambda a, b: checked_int(a + b),
    (UInt, UInt): lambda a, b: checked_uint(int(a) + int(b)),
    (float, float): lambda a, b: a + b,
    (str, str): lambda a, b: a + b,
    (bytes, bytes): lambda a, b: a + b,
    (list, list): lambda a, b: a + b,
    (Duration, Duration): lambda a, b: checked_duration(a.nanos + b.nanos),
    (Timestamp, Duration): lambda a, b: checked_timestamp(a.nanos + b.nanos),
    (Duration, Timestamp): lambda a, b: checked_timestamp(a.nanos + b.nanos),
}
_SUBTRACT: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (int, int): lambda a, b: checked_int(a - b),
    (UInt, UInt): lambda a, b: checked_uint(int(a) - int(b)),
    (float, float): lambda a, b: a - b,
    (Duration, Duration): lambda a, b: checked_duration(a.nanos - b.nanos),
    (Timestamp, Duration): lambda a, b: checked_timestamp(a.nanos - b.nanos),
    (Timestamp, Timestamp): lambda a, b: checked_duration(a.nanos - b.nanos),
}
_MULTIPLY: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (int, int): lambda a, b: checked_int(a * b),
    (UInt, UInt): lambda a, b: checked_uint(int(a) * int(b)),
    (float, float): lambda a, b: a * b,
}
_DIVIDE: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (int, int): lambda a, b: checked_int(_truncated(a, _nonzero(b, ErrorKind.DIVIDE_BY_ZERO))),
    (UInt, UInt): lambda a, b: UInt(int(a) // _nonzero(int(b), ErrorKind.DIVIDE_BY_ZERO)),
    (float, float): _divide_float,
}
_MODULO: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (int, int): lambda a, b: _remainder(a, _nonzero(b, ErrorKind.MODULUS_BY_ZERO)),
    (UInt, UInt): lambda a, b: UInt(int(a) % _nonzero(int(b), ErrorKind.MODULUS_BY_ZERO)),
}


def _remainder(a: int, b: int) -> int:
    if a == INT_MIN and b == -1:
        raise EvaluationFault(ErrorKind.OVERFLOW, "integer overflow")
    return a - b * _truncated(a, b)


def _arithmetic(function: str, table: dict[tuple[type, type], Callable[[Any, Any], Any]]) -> Callable[[Any, Any], Any]:
    def apply(a: Any, b: Any) -> Any:
        operation = table.get((type(a), type(b)))
        if operation is None:
            raise no_overload(function, a, b)
        return operation(a, b)

    return apply


add = _arithmetic("_+_", _ADD)
"""`a + b` for every pair of types that has it."""


def negate(a: Any) -> Any:
    """`-a`. Raises EvaluationFault."""
    kind = type(a)
    if kind is int:
        return checked_int(-a)
    if kind is float:
        return -a
    if kind is Duration:
        return checked_duration(-a.nanos)
    raise no_overload("-_", a)


def is_in(item: Any, container: Any) -> bool:
    """`item in container`: an element of a list or a key of a map. Raises EvaluationFault."""
    if isinstance(container, dict):
        return _hashable(item) and as_key(item) in container
    if isinstance(container, list):
        return any(equal(item, element) for element in container)
    raise no_overload("_in_", item, container)


def _hashable(item: Any) -> bool:
    return not isinstance(item, (list, dict, Unknown))


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "_+_": add,
    "_-_": _arithmetic("_-_", _SUBTRACT),
    "_*_": _arithmetic("_*_", _MULTIPLY),
    "_/_": _arithmetic("_/_", _DIVIDE),
    "_%_": _arithmetic("_%_", _MODULO),
    "_<_": _less,
    "_<=_": _less_equal,
    "_>_": _greater,
    "_>=_": _greater_equal,
    "@in": is_in,
}
"""Operators that are strict in both operands, by the name the parser gives them."""
