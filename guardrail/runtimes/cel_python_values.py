"""Values and operators of the cel-python runtime, over plain Python values.

Each function takes and gives plain values, `Unknown` or `EvaluationError`, and never raises. The
meaning follows the CEL specification (heterogeneous equality, int64 and uint64 overflow) and its
unknown sets: an unknown argument makes the result unknown, and unknown wins over error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, TypeAlias

from celpy.celtypes import UintType

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.ports import EvaluationError

__all__ = [
    "NUMBERS",
    "TYPES",
    "Function",
    "TypeName",
    "add",
    "blocked",
    "call",
    "contained",
    "divide",
    "doubt_of",
    "equal",
    "index",
    "kind",
    "multiply",
    "negate",
    "no_overload",
    "ordered",
    "presence",
    "remainder",
    "select",
    "subtract",
    "whole",
]

Function: TypeAlias = Callable[..., Any]

_INT64 = (-(2**63), 2**63 - 1)
_UINT64 = (0, 2**64 - 1)


@dataclass(frozen=True, slots=True)
class TypeName:
    """A CEL type as a value, which `type()` gives and `==` compares."""

    name: str


TYPES: Mapping[str, TypeName] = {
    name: TypeName(name) for name in ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
}

_KINDS: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    tuple: "list",
    dict: "map",
    PartialMap: "map",
    NoneType: "null_type",
    UintType: "uint",
    TypeName: "type",
}
NUMBERS = frozenset({"int", "uint", "double"})
_ORDERED = frozenset({"bool", "string", "bytes", "google.protobuf.Timestamp", "google.protobuf.Duration"})


def kind(value: Any) -> str:
    """The CEL type name of a plain value."""
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    if isinstance(value, datetime):
        return "google.protobuf.Timestamp"
    if isinstance(value, timedelta):
        return "google.protobuf.Duration"
    return "map" if isinstance(value, Mapping) else type(value).__name__


def no_overload(name: str, *values: Any) -> EvaluationError:
    """The error of a function that is not defined for the types of these values."""
    return EvaluationError(f"no such overload: {name}({', '.join(kind(value) for value in values)})")


def doubt_of(value: Any) -> Unknown | None:
    """What is unknown about a value taken as a whole: itself, a member of a list, the keys of a map."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, list | tuple):
        parts = [member for member in value if isinstance(member, Unknown)]
        return Unknown(ref for part in parts for ref in part.references) if parts else None
    return value.doubt if isinstance(value, PartialMap) else None


def blocked(*values: Any) -> Unknown | EvaluationError | None:
    """Why a function of these values has no value: the union of unknowns, else the first error."""
    doubts = [doubt for doubt in map(doubt_of, values) if doubt is not None]
    if doubts:
        return Unknown(ref for doubt in doubts for ref in doubt.references)
    return next((value for value in values if isinstance(value, EvaluationError)), None)


def call(function: Function, *values: Any) -> Any:
    """A strict function applied: unknown and error arguments decide the result."""
    stop = blocked(*values)
    if stop is not None:
        return stop
    try:
        return function(*values)
    except (ValueError, TypeError, ArithmeticError, re.error) as error:
        return EvaluationError(str(error))


# ---- reading


def select(value: Any, name: str) -> Any:
    """`value.name`."""
    if isinstance(value, Unknown | EvaluationError):
        return value
    if not isinstance(value, Mapping):
        return EvaluationError(f"no such overload: {kind(value)} has no field {name}")
    try:
        return value.lookup(name) if isinstance(value, PartialMap) else value[name]
    except KeyError:
        return EvaluationError(f"no such key: {name}")


def presence(value: Any, name: str) -> Any:
    """`has(value.name)`: of a field with an unknown value unknown, of a map's key whether it exists."""
    if isinstance(value, Unknown | EvaluationError):
        return value
    if isinstance(value, PartialMap):
        return value.presence(name)
    if not isinstance(value, Mapping):
        return EvaluationError(f"no such overload: has() of a member of {kind(value)}")
    if name not in value:
        return False
    return value[name] if isinstance(value[name], Unknown | EvaluationError) else True


def index(value: Any, key: Any) -> Any:
    """`value[key]`; a known member of a list with unknown members is known."""
    stop = blocked(*(part for part in (value, key) if isinstance(part, Unknown | EvaluationError)))
    if stop is not None:
        return stop
    if isinstance(value, Mapping):
        return select(value, key) if isinstance(key, str) else _index_map(value, key)
    if isinstance(value, list | tuple) and kind(key) in NUMBERS and key == int(key):
        return value[int(key)] if 0 <= key < len(value) else EvaluationError(f"index out of bounds: {key}")
    return no_overload("_[_]", value, key)


def _index_map(value: Mapping[Any, Any], key: Any) -> Any:
    if kind(key) not in {"bool", "int", "uint", "double"}:
        return no_overload("_[_]", value, key)
    return value[key] if key in value else EvaluationError(f"no such key: {key}")


def contained(item: Any, container: Any) -> Any:
    """`item in container`: by equality in a list, by presence of the key in a map."""
    if isinstance(container, Mapping) and not isinstance(item, Unknown | EvaluationError):
        return _has_key(item, container)
    stop = blocked(item, container)
    if stop is not None:
        return stop
    if not isinstance(container, list | tuple):
        return no_overload("in", item, container)
    found = [equal(item, member) for member in container]
    stop = blocked(*found)
    return stop if stop is not None else True in found


def _has_key(item: Any, container: Mapping[Any, Any]) -> Any:
    if isinstance(container, PartialMap) and isinstance(item, str):
        return container.presence(item)
    if isinstance(item, list | dict):
        return False
    return any(key == item and kind(key) == kind(item) for key in container) if isinstance(item, bool) else item in container


# ---- comparing


def equal(left: Any, right: Any) -> Any:
    """`left == right`: false between different types, numbers compared by value, unknown inside makes it unknown."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    stop = blocked(*_leaves(left), *_leaves(right))
    return stop if stop is not None else _same(left, right)


def _leaves(value: Any) -> list[Any]:
    """The parts of a value that can be unknown or an error, whatever the depth."""
    if isinstance(value, list | tuple):
        return [leaf for member in value for leaf in _leaves(member)]
    if isinstance(value, Mapping):
        own = [value.doubt] if isinstance(value, PartialMap) and value.doubt is not None else []
        return [*own, *(leaf for member in value.values() for leaf in _leaves(member))]
    return [value] if isinstance(value, Unknown | EvaluationError) else []


def _same(left: Any, right: Any) -> bool:
    kinds = kind(left), kind(right)
    if kinds[0] in NUMBERS and kinds[1] in NUMBERS:
        return bool(left == right)
    if kinds[0] != kinds[1]:
        return False
    if kinds[0] == "list":
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    if kinds[0] == "map":
        return left.keys() == right.keys() and all(_same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def ordered(name: str, compare: Callable[[Any, Any], bool]) -> Function:
    """The operator `name` (`<`, `<=`, `>`, `>=`) over numbers of any type and over two values of one ordered type."""

    def apply(left: Any, right: Any) -> Any:
        stop = blocked(left, right)
        if stop is not None:
            return stop
        kinds = {kind(left), kind(right)}
        if kinds <= NUMBERS or (len(kinds) == 1 and kinds <= _ORDERED):
            return compare(left, right)
        return no_overload(name, left, right)

    return apply


# ---- arithmetic


def whole(value: int, like: Any) -> Any:
    """An integer of the type of `like` (int64 or uint64), or the error of an overflow."""
    low, high = _UINT64 if isinstance(like, UintType) else _INT64
    if not low <= value <= high:
        return EvaluationError("integer overflow")
    return UintType(value) if isinstance(like, UintType) else int(value)


def add(left: Any, right: Any) -> Any:
    """`+` of two numbers of one type, two texts, two lists, an instant and a span, two spans."""
    kinds = kind(left), kind(right)
    if kinds in {("int", "int"), ("uint", "uint")}:
        return whole(int(left) + int(right), left)
    if kinds[0] == kinds[1] and kinds[0] in {"double", "string", "bytes"}:
        return left + right
    if kinds == ("list", "list"):
        return [*left, *right]
    if isinstance(left, timedelta) and isinstance(right, timedelta | datetime):
        return right + left
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return left + right
    return no_overload("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """`-` of two numbers of one type, two instants, two spans, or a span from an instant."""
    kinds = kind(left), kind(right)
    if kinds in {("int", "int"), ("uint", "uint")}:
        return whole(int(left) - int(right), left)
    if kinds == ("double", "double"):
        return left - right
    if isinstance(left, datetime) and isinstance(right, datetime | timedelta):
        return left - right
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    return no_overload("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """`*` of two numbers of one type."""
    kinds = kind(left), kind(right)
    if kinds in {("int", "int"), ("uint", "uint")}:
        return whole(int(left) * int(right), left)
    return left * right if kinds == ("double", "double") else no_overload("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """`/`: integers round towards zero, doubles follow IEEE 754."""
    kinds = kind(left), kind(right)
    if kinds in {("int", "int"), ("uint", "uint")}:
        if right == 0:
            return EvaluationError("division by zero")
        quotient = abs(int(left)) // abs(int(right))
        return whole(quotient if (left < 0) == (right < 0) else -quotient, left)
    if kinds != ("double", "double"):
        return no_overload("/", left, right)
    if right != 0.0:
        return left / right
    return math.nan if left == 0.0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: Any, right: Any) -> Any:
    """`%` of two integers; the result has the sign of the left one."""
    if (kind(left), kind(right)) not in {("int", "int"), ("uint", "uint")}:
        return no_overload("%", left, right)
    if right == 0:
        return EvaluationError("modulus by zero")
    rest = abs(int(left)) % abs(int(right))
    return whole(-rest if left < 0 else rest, left)


def negate(value: Any) -> Any:
    """`-value`."""
    if kind(value) == "int":
        return whole(-value, value)
    return -value if kind(value) == "double" else no_overload("-", value)
