"""The standard library of the language definition: operators, conversions, strings, time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from guardrail.cel.declarations import ALWAYS, NEVER, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.numerals import format_double, parse_double, parse_int, parse_uint
from guardrail.cel.regex import compile_pattern
from guardrail.cel.timestamps import FIELDS, duration_text, field_of, parse_duration, parse_timestamp, timestamp_text
from guardrail.cel.values import INT_MAX, INT_MIN, UINT_MAX, Duration, Timestamp, UInt, checked_timestamp, type_value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LATER_STANDARD", "STANDARD", "text_of"]

STANDARD = Library("standard", since=ALWAYS)
"""In every Kubernetes version that has CEL."""

LATER_STANDARD = Library("standard", since=NEVER)
"""What the language definition says otherwise than Kubernetes."""

_SECOND = 10**9
_NUMERIC = ("int", "uint", "double")
_NAMES = {"int": "int64", "uint": "uint64", "timestamp": "timestamp", "duration": "duration"}


def _short(kind: str) -> str:
    return _NAMES.get(kind, kind)


def _operators() -> None:
    add = STANDARD.add
    add("_?_:_(bool, A, A) -> A", "conditional", None, doc="One of two values")
    add("_&&_(bool, bool) -> bool", "logical_and", None, doc="Both; absorbs an error or unknown when the other side is false")
    add("_||_(bool, bool) -> bool", "logical_or", None, doc="Either; absorbs an error or unknown when the other side is true")
    add("!_(bool) -> bool", "logical_not", None, doc="Not")
    add("_==_(A, A) -> bool", "equals", None, doc="Equal; values of different types are not, numbers compare across their types")
    add("_!=_(A, A) -> bool", "not_equals", None, doc="Not equal")
    arithmetic = {
        "_+_": ("add", ("bytes", "double", "int", "string", "uint"), "Sum or concatenation"),
        "_-_": ("subtract", _NUMERIC, "Difference"),
        "_*_": ("multiply", _NUMERIC, "Product"),
        "_/_": ("divide", _NUMERIC, "Quotient; integers truncate towards zero"),
        "_%_": ("modulo", ("int", "uint"), "Remainder, with the sign of the dividend"),
    }
    for operator, (name, kinds, doc) in arithmetic.items():
        for kind in kinds:
            add(f"{operator}({kind}, {kind}) -> {kind}", f"{name}_{_short(kind)}", None, doc=doc)
    add("_+_(duration, duration) -> duration", "add_duration_duration", None, doc="Sum")
    add("_+_(duration, timestamp) -> timestamp", "add_duration_timestamp", None, doc="Later instant")
    add("_+_(timestamp, duration) -> timestamp", "add_timestamp_duration", None, doc="Later instant")
    add("_+_(list(A), list(A)) -> list(A)", "add_list", None, doc="Concatenation")
    add("_-_(duration, duration) -> duration", "subtract_duration_duration", None, doc="Difference")
    add("_-_(timestamp, duration) -> timestamp", "subtract_timestamp_duration", None, doc="Earlier instant")
    add("_-_(timestamp, timestamp) -> duration", "subtract_timestamp_timestamp", None, doc="Time between two instants")
    add("-_(double) -> double", "negate_double", None, doc="Negative")
    add("-_(int) -> int", "negate_int64", None, doc="Negative")


def _relations() -> None:
    add = STANDARD.add
    names = {"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"}
    for operator, name in names.items():
        for kind in ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"):
            add(f"{operator}({kind}, {kind}) -> bool", f"{name}_{_short(kind)}", None, doc="Order")
        for left in _NUMERIC:
            for right in _NUMERIC:
                if left != right:
                    overload = f"{name}_{_short(left)}_{_short(right)}"
                    add(f"{operator}({left}, {right}) -> bool", overload, None, doc="Order of numbers of different types", since="1.28")
    add("_[_](list(A), int) -> A", "index_list", None, doc="Element")
    add("_[_](map(A, B), A) -> B", "index_map", None, doc="Entry")
    add("@in(A, list(A)) -> bool", "in_list", None, doc="Whether a list has an equal element")
    add("@in(A, map(A, B)) -> bool", "in_map", None, doc="Whether a map has the key")


def _size() -> None:
    for kind, type_ in (("bytes", "bytes"), ("list", "list(A)"), ("map", "map(A, B)"), ("string", "string")):
        STANDARD.add(f"size({type_}) -> int", f"size_{kind}", len, doc="Number of characters, bytes, elements or entries")
        STANDARD.add(f"({type_}).size() -> int", f"{kind}_size", len, doc="Number of characters, bytes, elements or entries")


def _same(value: Any) -> Any:
    """The value itself."""
    return value


def _bad_conversion(value: Any, target: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.CONVERSION, f"type conversion error to '{target}': {str(value)[:40]!r}")


def text_of(value: Any) -> str:
    """The text of a scalar."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is UInt:
        return str(int(value))
    if type(value) is float:
        return format_double(value)
    if type(value) is Duration:
        return duration_text(value)
    if type(value) is Timestamp:
        return timestamp_text(value)
    return str(value)


def _bytes_to_string(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise EvaluationFault(ErrorKind.CONVERSION, "invalid UTF-8 in bytes, cannot convert to string") from None


def _double_to_int(value: float) -> int:
    if math.isnan(value) or not INT_MIN < value < INT_MAX:
        raise EvaluationFault(ErrorKind.OVERFLOW, "integer overflow")
    return int(value)


def _double_to_uint(value: float) -> UInt:
    if math.isnan(value) or not 0 <= value < UINT_MAX:
        raise EvaluationFault(ErrorKind.OVERFLOW, "unsigned integer overflow")
    return UInt(value)


def _uint_to_int(value: UInt) -> int:
    if value > INT_MAX:
        raise EvaluationFault(ErrorKind.OVERFLOW, "integer overflow")
    return int(value)


def _int_to_uint(value: int) -> UInt:
    if value < 0:
        raise EvaluationFault(ErrorKind.OVERFLOW, "unsigned integer overflow")
    return UInt(value)


_TRUE, _FALSE = frozenset(("1", "t", "T", "TRUE", "true", "True")), frozenset(("0", "f", "F", "FALSE", "false", "False"))


def _string_to_bool(value: str) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise _bad_conversion(value, "bool")


def _int_to_timestamp(value: int) -> Timestamp:
    return checked_timestamp(value * _SECOND)


def _encode(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _conversions() -> None:
    table: dict[str, tuple[tuple[str, str, Callable[..., Any]], ...]] = {
        "bool": (("bool", "bool_to_bool", _same), ("string", "string_to_bool", _string_to_bool)),
        "bytes": (("bytes", "bytes_to_bytes", _same), ("string", "string_to_bytes", _encode)),
        "double": (
            ("double", "double_to_double", _same),
            ("int", "int64_to_double", float),
            ("string", "string_to_double", parse_double),
            ("uint", "uint64_to_double", float),
        ),
        "duration": (
            ("duration", "duration_to_duration", _same),
            ("int", "int64_to_duration", Duration),
            ("string", "string_to_duration", parse_duration),
        ),
        "int": (
            ("int", "int64_to_int64", _same),
            ("double", "double_to_int64", _double_to_int),
            ("duration", "duration_to_int64", lambda value: value.nanos),
            ("string", "string_to_int64", parse_int),
            ("timestamp", "timestamp_to_int64", lambda value: value.nanos // _SECOND),
            ("uint", "uint64_to_int64", _uint_to_int),
        ),
        "timestamp": (
            ("timestamp", "timestamp_to_timestamp", _same),
            ("int", "int64_to_timestamp", _int_to_timestamp),
            ("string", "string_to_timestamp", parse_timestamp),
        ),
        "uint": (
            ("uint", "uint64_to_uint64", _same),
            ("double", "double_to_uint64", _double_to_uint),
            ("int", "int64_to_uint64", _int_to_uint),
            ("string", "string_to_uint64", parse_uint),
        ),
    }
    for target, sources in table.items():
        for source, overload, implementation in sources:
            STANDARD.add(f"{target}({source}) -> {target}", overload, implementation, doc=f"Convert a {source} to {target}")
    for source in ("string", "bool", "double", "duration", "int", "timestamp", "uint"):
        implementation = _same if source == "string" else text_of
        STANDARD.add(f"string({source}) -> string", f"{_short(source)}_to_string", implementation, doc=f"The text of a {source}")
    STANDARD.add("string(bytes) -> string", "bytes_to_string", _bytes_to_string, doc="Bytes as UTF-8")
    STANDARD.add("dyn(A) -> dyn", "to_dyn", _same, doc="The same value, checked at run time only")
    STANDARD.add("type(A) -> type(A)", "type", type_value, doc="The type of a value")


def _matches(text: str, pattern: str) -> bool:
    return compile_pattern(pattern).search(text)


def _strings() -> None:
    add = STANDARD.add
    add("(string).contains(string) -> bool", "contains_string", lambda text, part: part in text, doc="Whether a text occurs in it")
    add("(string).endsWith(string) -> bool", "ends_with_string", lambda text, part: text.endswith(part), doc="Whether it ends with a text")
    add(
        "(string).startsWith(string) -> bool",
        "starts_with_string",
        lambda text, part: text.startswith(part),
        doc="Whether it begins with a text",
    )
    add("matches(string, string) -> bool", "matches", _matches, doc="Whether an RE2 pattern matches anywhere in it")
    add("(string).matches(string) -> bool", "matches_string", _matches, doc="Whether an RE2 pattern matches anywhere in it")


_TIME_IDS = {
    "getFullYear": "year",
    "getMonth": "month",
    "getDayOfYear": "day_of_year",
    "getDayOfMonth": "day_of_month",
    "getDate": "day_of_month_1_based",
    "getDayOfWeek": "day_of_week",
    "getHours": "hours",
    "getMinutes": "minutes",
    "getSeconds": "seconds",
    "getMilliseconds": "milliseconds",
}
_SPANS = {"getHours": 3600 * _SECOND, "getMinutes": 60 * _SECOND, "getSeconds": _SECOND, "getMilliseconds": 10**6}


def _accessor(name: str) -> tuple[Callable[..., int], Callable[..., int]]:
    return (lambda instant: field_of(name, instant)), (lambda instant, zone: field_of(name, instant, zone))


def _span(unit: int) -> Callable[[Duration], int]:
    def whole(span: Duration) -> int:
        units = abs(span.nanos) // unit
        return -units if span.nanos < 0 else units

    return whole


def _time() -> None:
    add = STANDARD.add
    for name in (*FIELDS, "getMilliseconds"):
        plain, zoned = _accessor(name)
        add(f"(timestamp).{name}() -> int", f"timestamp_to_{_TIME_IDS[name]}", plain, doc="Calendar field in UTC")
        add(f"(timestamp).{name}(string) -> int", f"timestamp_to_{_TIME_IDS[name]}_with_tz", zoned, doc="Calendar field in a time zone")
    part = _span(10**6)
    LATER_STANDARD.add(
        "(duration).getMilliseconds() -> int",
        "duration_to_milliseconds",
        lambda span: int(math.fmod(part(span), 1000)),  # as the other fields: negative where the duration is
        doc="Milliseconds of the second",
    )
    for name, unit in _SPANS.items():
        add(f"(duration).{name}() -> int", f"duration_to_{_TIME_IDS[name]}", _span(unit), doc="The whole duration in this unit")


_operators()
_relations()
_size()
_conversions()
_strings()
_time()
