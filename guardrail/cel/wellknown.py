"""The well-known protobuf messages that are values of the language: wrappers, JSON values, timestamps and durations.

`google.protobuf.Int32Value{value: 1}` is the int 1. Other messages are not supported: there is no protobuf here.
"""

from __future__ import annotations

import struct as packing
from typing import TYPE_CHECKING, Any

from guardrail.cel.celtype import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, CelType, list_of, map_of, wrapper_of
from guardrail.cel.dispatch import accepts
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.values import UInt, checked_duration, checked_timestamp, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CONSTANTS", "FIELDS", "RESULTS", "as_json", "construct"]

_SECOND = 10**9
_PACKAGE = "google.protobuf."
_WRAPPERS: dict[str, tuple[CelType, Any]] = {
    "BoolValue": (BOOL, False),
    "BytesValue": (BYTES, b""),
    "DoubleValue": (DOUBLE, 0.0),
    "FloatValue": (DOUBLE, 0.0),
    "Int32Value": (INT, 0),
    "Int64Value": (INT, 0),
    "StringValue": (STRING, ""),
    "UInt32Value": (UINT, UInt(0)),
    "UInt64Value": (UINT, UInt(0)),
}
_OBJECT = map_of(STRING, DYN)
_TIME_FIELDS = {"seconds": INT, "nanos": INT}
_VALUE_FIELDS = {
    "null_value": INT,
    "number_value": DOUBLE,
    "string_value": STRING,
    "bool_value": BOOL,
    "struct_value": _OBJECT,
    "list_value": list_of(DYN),
}

FIELDS: dict[str, dict[str, CelType]] = {
    **{_PACKAGE + name: {"value": t} for name, (t, _) in _WRAPPERS.items()},
    _PACKAGE + "ListValue": {"values": list_of(DYN)},
    _PACKAGE + "Struct": {"fields": _OBJECT},
    _PACKAGE + "Value": _VALUE_FIELDS,
    _PACKAGE + "Timestamp": _TIME_FIELDS,
    _PACKAGE + "Duration": _TIME_FIELDS,
    _PACKAGE + "Any": {"type_url": STRING, "value": BYTES},
}
"""The fields of each message."""

RESULTS: dict[str, CelType] = {
    **{_PACKAGE + name: wrapper_of(t) for name, (t, _) in _WRAPPERS.items()},
    _PACKAGE + "ListValue": list_of(DYN),
    _PACKAGE + "Struct": _OBJECT,
    _PACKAGE + "Value": DYN,
    _PACKAGE + "Timestamp": TIMESTAMP,
    _PACKAGE + "Duration": DURATION,
    _PACKAGE + "Any": DYN,
}
"""The type of the value that each message becomes."""

CONSTANTS: dict[str, tuple[CelType, Any]] = {_PACKAGE + "NullValue.NULL_VALUE": (INT, 0)}
"""Enum values."""


def _wrapper(name: str) -> Callable[[Mapping[str, Any]], Any]:
    default = _WRAPPERS[name][1]

    def make(fields: Mapping[str, Any]) -> Any:
        value = fields.get("value", default)
        if name == "FloatValue":
            try:
                return packing.unpack("f", packing.pack("f", value))[0]
            except OverflowError:
                return float("inf") if value > 0 else float("-inf")
        if (name == "Int32Value" and not -(2**31) <= value < 2**31) or (name == "UInt32Value" and value >= 2**32):
            raise EvaluationFault(ErrorKind.OVERFLOW, f"field type conversion error for {_PACKAGE}{name}.value")
        return value

    return make


def as_json(value: Any) -> Any:
    """A value as a JSON value: integers become doubles."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


def _value(fields: Mapping[str, Any]) -> Any:
    for name, value in fields.items():
        return None if name == "null_value" else as_json(value)
    return None


def _any(_: Mapping[str, Any]) -> Any:
    raise EvaluationFault(ErrorKind.CONVERSION, "unsupported conversion of google.protobuf.Any")


def _nanos(fields: Mapping[str, Any]) -> int:
    return int(fields.get("seconds", 0)) * _SECOND + int(fields.get("nanos", 0))


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    **{_PACKAGE + name: _wrapper(name) for name in _WRAPPERS},
    _PACKAGE + "ListValue": lambda fields: as_json(fields.get("values", [])),
    _PACKAGE + "Struct": lambda fields: as_json(fields.get("fields", {})),
    _PACKAGE + "Value": _value,
    _PACKAGE + "Timestamp": lambda fields: checked_timestamp(_nanos(fields)),
    _PACKAGE + "Duration": lambda fields: checked_duration(_nanos(fields)),
    _PACKAGE + "Any": _any,
}


def construct(name: str, fields: dict[str, Any]) -> Any:
    """The value of a message; of an object type of the environment the map of its fields. Raises EvaluationFault."""
    maker = _MAKERS.get(name)
    if maker is None:
        return fields
    for field, value in fields.items():  # of a dyn, or in an expression that was not checked
        declared = FIELDS[name].get(field)
        if name in _STRICT and (declared is None or not accepts(declared, value)):
            wanted = declared if declared is not None else "no field"
            raise EvaluationFault(ErrorKind.CONVERSION, f"{name}.{field} is {wanted}, not {type_name(value)}")
    return maker(fields)


_STRICT = frozenset(_PACKAGE + name for name in (*_WRAPPERS, "Timestamp", "Duration"))
"""Messages whose fields are scalars."""
