"""Scalars as Kubernetes reads them: goyaml.v2's table, then what remains after JSON.

Kubernetes turns YAML into JSON (sigs.k8s.io/yaml) and JSON into objects (k8s.io/apimachinery), so
that a value is what survives both: `1e3` and `1.0` become the integers 1000 and 1, whole numbers
outside int64 become floats, dates stay text, infinity and NaN cannot be read at all. Sources:
go.yaml.in/yaml/v2 v2.4.2 `resolve.go` and `decode.go`, sigs.k8s.io/yaml v1.6.0 `yaml.go`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import math
import re
import struct
from typing import Any

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "KeyTexts",
    "PlainValues",
    "ScalarError",
    "as_json_number",
    "key_text",
    "resolve_plain",
    "resolve_tagged",
]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_UINT64_MAX = 2**64 - 1
_EXACT = 2**53  # up to here a float is every whole number

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_WORD_STARTS = frozenset(word[:1] for word in _WORDS)
_NUMBER_STARTS = frozenset("0123456789+-")

# Go's ParseInt with base 0; underscores are removed before.
_INT = re.compile(r"([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|(0[oO]?)([0-7]+)|(0|[1-9][0-9]*))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")

_PREFIX = "tag:yaml.org,2002:"
_RESOLVABLE = {_PREFIX + name: name for name in ("str", "bool", "int", "float", "null", "timestamp")}
_BINARY = _PREFIX + "binary"
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:([Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?\Z"
)


class ScalarError(ValueError):
    """A scalar that Kubernetes refuses; the text says why."""


class PlainValues(dict[str, Any]):
    """A memo of plain scalars: text to value. Raises ScalarError for what JSON cannot hold."""

    def __missing__(self, text: str) -> Any:
        value = self[text] = _in_json(resolve_plain(text))
        return value


class KeyTexts(dict[str, str]):
    """A memo of plain mapping keys: text as written to the key of the JSON object.

    Raises ScalarError for what cannot be one, and for `<<`, which is no key but an order to merge.
    """

    def __missing__(self, text: str) -> str:
        if text == "<<":
            raise ScalarError("a merge key")
        key = self[text] = key_text(resolve_plain(text))
        return key


def resolve_plain(text: str) -> Any:
    """The value of a plain scalar by goyaml.v2's table, before JSON."""
    start = text[:1]
    if start in _WORD_STARTS and text in _WORDS:
        return _WORDS[text]
    if start in _NUMBER_STARTS:
        return _number(text)
    if start == "." and _DOT_FLOAT.match(text):
        return _float(text.replace("_", ""), text)
    return text


def _number(text: str) -> Any:
    digits = text.replace("_", "") if "_" in text else text
    if found := _INT.match(digits):
        value = _int(found)
        if INT64_MIN <= value <= INT64_MAX or (0 <= value <= _UINT64_MAX and not found[1]):
            return value
    if _FLOAT.match(digits):
        return _float(digits, text)
    return text


def _int(found: re.Match[str]) -> int:
    sign, _, hexadecimal, _, binary, _, octal, decimal = found.groups()
    if hexadecimal is not None:
        value = int(hexadecimal, 16)
    elif binary is not None:
        value = int(binary, 2)
    elif octal is not None:
        value = int(octal, 8)
    else:
        # 20: no more digits fit into 64 bits, and Python refuses to read thousands of them.
        value = int(decimal) if len(decimal) <= 20 else 2**64  # noqa: PLR2004 - the reason is above
    return -value if sign == "-" else value


def _float(digits: str, text: str) -> float | str:
    value = float(digits)
    # Go refuses what overflows, and the text stays text.
    return text if math.isinf(value) else value


def _in_json(value: Any) -> Any:
    if type(value) is float or type(value) is int:
        return as_json_number(value)
    return value


def as_json_number(value: float) -> int | float:
    """A number after its way through JSON: whole numbers within int64 are integers, others floats.

    Raises ScalarError for infinity and NaN, which JSON cannot hold.
    """
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else as_json_number(float(value))
    if not math.isfinite(value):
        raise ScalarError("infinity and NaN cannot be written in JSON, so Kubernetes cannot read this value")
    if not value.is_integer():
        return value
    whole = int(value) if abs(value) <= _EXACT else _shortest_whole(value)
    return whole if INT64_MIN <= whole <= INT64_MAX else value


def _shortest_whole(value: float) -> int:
    """The whole number that Go writes for a float: its shortest digits, then zeros."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction) * 10 ** (int(exponent) - len(fraction)) if exponent else int(whole)


def key_text(value: Any) -> str:
    """The JSON key that sigs.k8s.io/yaml makes of a resolved mapping key. Raises ScalarError."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value <= INT64_MAX:
        return str(value)
    if isinstance(value, float):
        return _key_of_float(value)
    name = "null" if value is None else str(value)
    raise ScalarError(f"{name} cannot be a key in Kubernetes; put it into quotes if the text is meant")


def _key_of_float(value: float) -> str:
    """Go's FormatFloat(value, 'g', -1, 32): the shortest digits that give the same float32."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    shortest = next(text for digits in range(9) if struct.pack("f", float(text := f"{single:.{digits}e}")) == struct.pack("f", single))
    mantissa, exponent = shortest.split("e")
    # -4 and 6: the exponents between which Go's shortest 'g' writes plain digits.
    if -4 <= int(exponent) < 6:  # noqa: PLR2004 - the reason is above
        places = max(0, len(mantissa.replace("-", "").replace(".", "")) - 1 - int(exponent))
        return f"{float(shortest):.{places}f}"
    return f"{mantissa}e{int(exponent):+03d}"


def tagged_value(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, after JSON. Raises ScalarError."""
    return _in_json(resolve_tagged(tag, text))


def resolve_tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, before JSON. Raises ScalarError when the text does not fit the tag.

    Tags that YAML does not define are ignored: the text is the value, as goyaml.v2 has it.
    """
    if tag == _BINARY:
        return _decoded(text)
    name = _RESOLVABLE.get(tag)
    if name is None or name == "str":
        return text
    if name == "timestamp":
        return text if _is_instant(text) else _refuse(text, name)
    value = resolve_plain(text)
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return value if _is_a(value, name) else _refuse(text, name)


def _is_instant(text: str) -> bool:
    """Whether Go reads a timestamp: a date, a time with `T` and a zone, or one with a space and none."""
    found = _INSTANT.match(text)
    if not found or (found[4] is not None and (found[4] == " ") != (found[8] is None)):
        return False
    try:
        dt.date(int(found[1]), int(found[2]), int(found[3]))
        dt.time(int(found[5] or 0), int(found[6] or 0), int(found[7] or 0))
    except ValueError:
        return False
    return True


def _is_a(value: Any, name: str) -> bool:
    kinds: dict[str, type] = {"bool": bool, "int": int, "float": float, "null": type(None)}
    return type(value) is kinds[name]


def _refuse(text: str, name: str) -> Any:
    raise ScalarError(f"{text!r} is no {name}, which its tag !!{name} says")


def _decoded(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except binascii.Error:
        raise ScalarError("the value of !!binary is no base64") from None
    # Go writes one replacement character per byte that is no UTF-8.
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))
