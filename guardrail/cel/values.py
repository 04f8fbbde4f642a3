"""Run-time values.

JSON values are used as they are: None, bool, int (64 bits, signed), float, str, list, dict. The classes here are the
other types of the language. Maps whose keys are booleans hold `BoolKey` members instead, because Python takes True and 1 for
one key; `as_key` and `from_key` convert.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind, EvaluationError, EvaluationFault
from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "INT_MAX",
    "INT_MIN",
    "NONE",
    "UINT_MAX",
    "BoolKey",
    "Duration",
    "Opaque",
    "Optional",
    "Timestamp",
    "TypeValue",
    "UInt",
    "as_key",
    "checked_duration",
    "checked_int",
    "checked_timestamp",
    "checked_uint",
    "export",
    "from_key",
    "keys_of",
    "type_name",
    "type_value",
]

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1
_FIRST_INSTANT = -62135596800 * 10**9
"""0001-01-01T00:00:00Z in nanoseconds of Unix time."""
_LAST_INSTANT = 253402300800 * 10**9 - 1
"""The last nanosecond of the year 9999."""


class UInt(int):
    """An unsigned integer of 64 bits; a type of its own, equal to the int of the same value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"


class Opaque:
    """Base of library values that are opaque to the language; `type_name` is what type() shows."""

    __slots__ = ()

    type_name = "opaque"


class BoolKey(Enum):
    """A boolean as the key of a map."""

    FALSE = 0
    TRUE = 1


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time in nanoseconds, within 64 bits."""

    nanos: int


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An instant: nanoseconds of Unix time, years 1 to 9999. `offset` (seconds) is only how it was written."""

    nanos: int
    offset: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and other.nanos == self.nanos

    def __hash__(self) -> int:
        return hash((Timestamp, self.nanos))


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: `int`, `type(1)`."""

    name: str


class Optional:
    """A value that may be missing; `NONE` is the one without a value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def present(self) -> bool:
        """Whether there is a value."""
        return self is not NONE

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Optional) or (self is NONE) != (other is NONE):
            return False
        return bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((Optional, self is NONE))

    def __repr__(self) -> str:
        return f"optional.of({self.value!r})" if self.present else "optional.none()"


NONE = Optional(None)

_NAMES: dict[type, str] = {
    type(None): "null_type",
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    tuple: "list",
    dict: "map",
    PartialMap: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeValue: "type",
    Optional: "optional_type",
    BoolKey: "bool",
    Unknown: "unknown",
    EvaluationError: "error",
}


def type_name(value: Any) -> str:
    """The name of a value's type, as `type(value)` shows it."""
    name = _NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, Opaque):
        return value.type_name
    for base, inherited in ((dict, "map"), (list, "list"), (str, "string"), (bool, "bool"), (int, "int"), (float, "double")):
        if isinstance(value, base):
            return inherited
    return type(value).__name__


def type_value(value: Any) -> TypeValue:
    """The type of a value as a value."""
    return TypeValue(type_name(value))


def checked_int(number: int) -> int:
    """The number if it has 64 bits. Raises EvaluationFault."""
    if INT_MIN <= number <= INT_MAX:
        return number
    raise EvaluationFault(ErrorKind.OVERFLOW, "integer overflow")


def checked_uint(number: int) -> UInt:
    """The number as a uint. Raises EvaluationFault."""
    if 0 <= number <= UINT_MAX:
        return UInt(number)
    raise EvaluationFault(ErrorKind.OVERFLOW, "unsigned integer overflow")


def checked_duration(nanos: int) -> Duration:
    """A duration if it has 64 bits. Raises EvaluationFault."""
    if INT_MIN <= nanos <= INT_MAX:
        return Duration(nanos)
    raise EvaluationFault(ErrorKind.OVERFLOW, "duration overflow")


def checked_timestamp(nanos: int, offset: int = 0) -> Timestamp:
    """A timestamp if it lies in the years 1 to 9999. Raises EvaluationFault."""
    if _FIRST_INSTANT <= nanos <= _LAST_INSTANT:
        return Timestamp(nanos, offset)
    raise EvaluationFault(ErrorKind.OVERFLOW, "timestamp overflow")


def as_key(value: Any) -> Any:
    """A value as it is kept as a key of a dict."""
    if value is True:
        return BoolKey.TRUE
    return BoolKey.FALSE if value is False else value


def from_key(key: Any) -> Any:
    """The value that a key stands for."""
    return bool(key.value) if type(key) is BoolKey else key


def keys_of(mapping: dict[Any, Any]) -> Iterator[Any]:
    """The keys of a map as values."""
    for key in mapping:
        yield key if type(key) is str else from_key(key)


_HOLDERS = frozenset((list, dict, Optional))


def export(value: Any) -> Any:
    """A value without `BoolKey`s in it, for callers. Depth costs no recursion."""
    top = [value]
    todo: list[tuple[Any, Any]] = [(top, 0)]
    while todo:
        holder, key = todo.pop()
        held = holder.value if type(holder) is Optional else holder[key]
        copied = _shallow_export(held)
        if type(holder) is Optional:
            holder.value = copied
        else:
            holder[key] = copied
        if type(copied) is Optional:
            if copied.present:
                todo.append((copied, None))
        elif isinstance(copied, dict | list):
            entries = copied.items() if isinstance(copied, dict) else enumerate(copied)
            todo.extend((copied, place) for place, item in entries if type(item) in _HOLDERS)
    return top[0]


def _shallow_export(value: Any) -> Any:
    if type(value) is list:
        return list(value)
    if type(value) is dict:
        return {from_key(key): item for key, item in value.items()}
    return Optional(value.value) if type(value) is Optional and value.present else value
