"""Corpus values to the engine's values."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from guardrail.cel import NONE, Duration, Optional, TypeValue, UInt, wellknown
from guardrail.cel.kubernetes.network import _cidr, _ip
from guardrail.cel.kubernetes.quantity import parse_quantity
from guardrail.cel.kubernetes.semver import parse_semver
from guardrail.cel.kubernetes.urls import _url
from guardrail.cel.operators import equal
from guardrail.cel.timestamps import parse_duration, parse_timestamp, timestamp_text
from guardrail.cel.values import Opaque, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["recorded", "same", "specified"]

_DOUBLES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_OPAQUE: dict[str, Callable[[str], Any]] = {"$quantity": parse_quantity, "$ip": _ip, "$cidr": _cidr, "$url": _url, "$semver": parse_semver}


def recorded(value: Any) -> Any:
    """A value of the API server's rows and of the Kubernetes facts."""
    if isinstance(value, list):
        return [recorded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag in _TAGS:
            return _TAGS[tag](content)
        if tag in _OPAQUE:
            return _OPAQUE[tag](content)
    return {key: recorded(item) for key, item in value.items()}


def _optional(content: Any) -> Optional:
    if isinstance(content, list):
        return Optional(recorded(content[0])) if content else NONE
    return NONE if content is None else Optional(recorded(content))


_TAGS: dict[str, Callable[[Any], Any]] = {
    "$double": lambda text: _DOUBLES[text],
    "$uint": UInt,
    "$bytes": base64.b64decode,
    "$timestamp": parse_timestamp,
    "$duration": lambda text: Duration(int(text.removesuffix("ns"))),
    "$optional": _optional,
    "$type": TypeValue,
    "$map": lambda pairs: {recorded(key): recorded(item) for key, item in pairs},
    "$opaque": lambda name: name,
}


def same(actual: Any, expected: Any, *, signed_zero: bool = True) -> bool:  # noqa: PLR0911 - one line per type
    """Whether a result is the expected one, in type and value; NaN is NaN, 1 is not 1.0."""
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict) and actual.keys() == expected.keys() and all(same(actual[key], item) for key, item in expected.items())
        )
    if isinstance(expected, Optional):
        return isinstance(actual, Optional) and (actual is NONE) == (expected is NONE) and same(actual.value, expected.value)
    if isinstance(actual, Opaque):
        return expected in (actual, actual.type_name)
    if type(actual) is not type(expected):
        return False
    if isinstance(expected, float):
        if math.isnan(actual) or math.isnan(expected):
            return math.isnan(actual) and math.isnan(expected)
        return actual == expected and (not signed_zero or math.copysign(1, actual) == math.copysign(1, expected))
    if isinstance(expected, Timestamp):
        return timestamp_text(actual) == timestamp_text(expected)
    return equal(actual, expected)


def specified(value: dict[str, Any]) -> Any:
    """A value of the specification's cases, in protobuf's JSON form. Raises KeyError for what is protobuf only."""
    ((tag, content),) = value.items()
    return _SPECIFIED[tag](content)


def _any(content: dict[str, Any]) -> Any:
    kind = content["@type"].rpartition("/")[2]
    return _MESSAGES[kind.removeprefix("google.protobuf.")](content.get("value"))


def _double(content: Any) -> float:
    return _DOUBLES[content] if isinstance(content, str) else float(content)


_MESSAGES: dict[str, Callable[[Any], Any]] = {
    "Timestamp": parse_timestamp,
    "Duration": parse_duration,
    "BoolValue": bool,
    "BytesValue": base64.b64decode,
    "DoubleValue": _double,
    "FloatValue": _double,
    "Int32Value": int,
    "Int64Value": int,
    "StringValue": str,
    "UInt32Value": UInt,
    "UInt64Value": UInt,
    "ListValue": wellknown.as_json,
    "Struct": wellknown.as_json,
    "Value": wellknown.as_json,
}
_SPECIFIED: dict[str, Callable[[Any], Any]] = {
    "nullValue": lambda _: None,
    "boolValue": bool,
    "int64Value": int,
    "uint64Value": UInt,
    "doubleValue": _double,
    "stringValue": str,
    "bytesValue": base64.b64decode,
    "typeValue": TypeValue,
    "listValue": lambda content: [specified(item) for item in content.get("values", [])],
    "mapValue": lambda content: {specified(entry["key"]): specified(entry["value"]) for entry in content.get("entries", [])},
    "objectValue": _any,
}
