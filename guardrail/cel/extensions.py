"""The extension libraries of cel-go: strings, lists, sets, math, encoders, optionals."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from guardrail.cel.declarations import ALWAYS, NEVER, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.formatting import format_kubernetes, format_specification
from guardrail.cel.operators import equal, no_overload
from guardrail.cel.sorting import sort_by_keys
from guardrail.cel.values import NONE, Duration, Optional, Timestamp

__all__ = ["ENCODERS", "LATER_STRINGS", "LISTS", "OPTIONALS", "SETS", "STRINGS"]

STRINGS = Library("strings", since=ALWAYS)
"""Kubernetes has these at version 2 of the library; `reverse` is version 3."""

LISTS = Library("lists", since="1.34")
SETS = Library("sets", since="1.29")
ENCODERS = Library("encoders", since=NEVER)
OPTIONALS = Library("optionals", since="1.28")

LATER_STRINGS = Library("strings", since=NEVER)
"""Later forms of some functions, which replace those of STRINGS in an environment of the specification."""

_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_QUOTES = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\", 34: '\\"'}
_SORTABLE = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_MAX_RANGE = 1_000_000
"""Elements that lists.range() may make: as many as the cost limit of an expression allows."""


def _out_of_range(index: int) -> EvaluationFault:
    return EvaluationFault(ErrorKind.INDEX_OUT_OF_BOUNDS, f"index out of range: {index}")


@STRINGS.function("(string).charAt(int) -> string", "string_char_at_int")
def _char_at(text: str, index: int) -> str:
    """The character at an index; empty at the end."""
    if not 0 <= index <= len(text):
        raise _out_of_range(index)
    return text[index : index + 1]


@STRINGS.function("(string).indexOf(string) -> int", "string_index_of_string")
@STRINGS.function("(string).indexOf(string, int) -> int", "string_index_of_string_int")
def _index_of(text: str, part: str, offset: int = 0) -> int:
    """Where a text first occurs, from an offset on; -1 if it does not."""
    if not part:
        return offset
    if offset < 0:
        raise _out_of_range(offset)
    return text.find(part, offset)


@STRINGS.function("(string).lastIndexOf(string) -> int", "string_last_index_of_string")
def _last_index_of(text: str, part: str) -> int:
    """Where a text last occurs; -1 if it does not."""
    return text.rfind(part)


@STRINGS.function("(string).lastIndexOf(string, int) -> int", "string_last_index_of_string_int")
def _last_index_before(text: str, part: str, offset: int) -> int:
    """Where a text last begins at or before an offset; -1 if it does not."""
    if not part:
        return offset
    if offset < 0:
        raise _out_of_range(offset)
    if offset >= len(text):
        return -1
    return text.rfind(part, 0, offset + len(part))


@STRINGS.function("(string).lowerAscii() -> string", "string_lower_ascii")
def _lower(text: str) -> str:
    """With ASCII letters in lower case."""
    return text.translate(_LOWER)


@STRINGS.function("(string).upperAscii() -> string", "string_upper_ascii")
def _upper(text: str) -> str:
    """With ASCII letters in upper case."""
    return text.translate(_UPPER)


@STRINGS.function("(string).replace(string, string) -> string", "string_replace_string_string")
@STRINGS.function("(string).replace(string, string, int) -> string", "string_replace_string_string_int")
def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    """With a text replaced, everywhere or the first `count` times."""
    if len(new) > len(old) and len(text) * len(new) > _MAX_TEXT:
        found = text.count(old)
        if len(text) + found * (len(new) - len(old)) > _MAX_TEXT:
            raise EvaluationFault(ErrorKind.COST_LIMIT, f"the result would have more than {_MAX_TEXT} characters")
    return text.replace(old, new, max(-1, count))


_MAX_TEXT = 64 << 20
"""Characters that one replace() may produce: its cost counts the input only."""


@STRINGS.function("(string).split(string) -> list(string)", "string_split_string")
@STRINGS.function("(string).split(string, int) -> list(string)", "string_split_string_int")
def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    """The parts between separators, all or at most `limit` (the last one unsplit)."""
    if limit == 0:
        return []
    if not separator:
        characters = list(text)
        return characters if limit < 0 or limit >= len(characters) else [*characters[: limit - 1], "".join(characters[limit - 1 :])]
    return text.split(separator, limit - 1 if limit > 0 else -1)


@STRINGS.function("(string).substring(int) -> string", "string_substring_int")
def _substring_from(text: str, start: int) -> str:
    """The text from an index on."""
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return text[start:]


@STRINGS.function("(string).substring(int, int) -> string", "string_substring_int_int")
def _substring(text: str, start: int, end: int) -> str:
    """The text from one index up to another."""
    if start > end:
        raise EvaluationFault(ErrorKind.INDEX_OUT_OF_BOUNDS, f"invalid substring range. start: {start}, end: {end}")
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    if end > len(text):
        raise _out_of_range(end)
    return text[start:end]


@STRINGS.function("(string).trim() -> string", "string_trim")
def _trim(text: str) -> str:
    """Without the white space at both ends."""
    return text.strip(_SPACES)


@STRINGS.function("(list(string)).join() -> string", "list_join")
@STRINGS.function("(list(string)).join(string) -> string", "list_join_string")
def _join(parts: list[Any], separator: str = "") -> str:
    """The texts of a list as one."""
    for part in parts:
        if type(part) is not str:
            raise EvaluationFault(ErrorKind.NO_SUCH_OVERLOAD, f"join: invalid input: {part}")
    return separator.join(parts)


@STRINGS.function("strings.quote(string) -> string", "strings_quote", since="1.29")
def _quote(text: str) -> str:
    """As a literal in double quotes."""
    text = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return f'"{text.translate(_QUOTES)}"'


STRINGS.add("(string).format(list(dyn)) -> string", "string_format", format_kubernetes, since="1.29")
LATER_STRINGS.add("(string).format(list(dyn)) -> string", "string_format", format_specification)


@STRINGS.function("(string).reverse() -> string", "string_reverse", since=NEVER)
def _reverse_text(text: str) -> str:
    """The characters in reverse."""
    return text[::-1]


@LATER_STRINGS.function("(string).indexOf(string, int) -> int", "string_index_of_string_int")
def _index_from(text: str, part: str, offset: int) -> int:
    """Where a text first occurs, from an offset inside the text on; -1 if it does not."""
    if not 0 <= offset <= len(text):
        raise _out_of_range(offset)
    return text.find(part, offset)


@LATER_STRINGS.function("(string).lastIndexOf(string, int) -> int", "string_last_index_of_string_int")
def _last_index_from(text: str, part: str, offset: int) -> int:
    """Where a text last begins at or before an offset inside the text; -1 if it does not."""
    if not 0 <= offset <= len(text):
        raise _out_of_range(offset)
    return text.rfind(part, 0, offset + len(part))


# -- lists


@LISTS.function("(list(T)).slice(int, int) -> list(T)", "list_slice")
def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    """The elements from one index up to another."""
    call = f"cannot slice({start}, {end}), "
    if start < 0 or end < 0:
        raise EvaluationFault(ErrorKind.SLICE, call + "negative indexes not supported")
    if start > end:
        raise EvaluationFault(ErrorKind.SLICE, call + "start index must be less than or equal to end index")
    if len(items) < end:
        raise EvaluationFault(ErrorKind.SLICE, call + f"list is length {len(items)}")
    return items[start:end]


def _flatten_to(items: list[Any], depth: int) -> list[Any]:
    if depth < 0:
        raise EvaluationFault(ErrorKind.LIST_ELEMENTS, "level must be non-negative")
    flat: list[Any] = []
    for item in items:
        if isinstance(item, list) and depth > 0:
            flat.extend(_flatten_to(item, depth - 1) if depth > 1 else item)
        else:
            flat.append(item)
    return flat


def _flatten(items: Any, depth: Any = 1) -> list[Any]:
    """Lists inside the list become its elements, one level or `depth` levels deep."""
    if not isinstance(items, list) or type(depth) is not int:
        raise no_overload("flatten", items, depth)
    return _flatten_to(items, depth)


LISTS.add("(list(list(T))).flatten() -> list(T)", "list_flatten", _flatten, guarded=False)
LISTS.add("(list(dyn)).flatten(int) -> list(dyn)", "list_flatten_int", _flatten, guarded=False)


def _sort(items: list[Any]) -> list[Any]:
    """The elements in order; they must be of one type."""
    return sort_by_keys(items, items)


for _kind in _SORTABLE:
    _NAME = {"timestamp": "google.protobuf.Timestamp", "duration": "google.protobuf.Duration"}.get(_kind, _kind)
    LISTS.add(f"(list({_kind})).sort() -> list({_kind})", f"list_{_NAME}_sort", _sort)


@LISTS.function("lists.range(int) -> list(int)", "lists_range")
def _range(count: int) -> list[int]:
    """The numbers from 0 up to a count."""
    if count > _MAX_RANGE:
        raise EvaluationFault(ErrorKind.COST_LIMIT, f"lists.range() of more than {_MAX_RANGE} elements")
    return list(range(count))


@LISTS.function("(list(T)).reverse() -> list(T)", "list_reverse")
def _reverse(items: list[Any]) -> list[Any]:
    """The elements in reverse."""
    return items[::-1]


@LISTS.function("(list(T)).distinct() -> list(T)", "list_distinct")
def _distinct(items: list[Any]) -> list[Any]:
    """Without elements that equal an earlier one."""
    if all(type(item) is str for item in items):
        return list(dict.fromkeys(items))
    kept: list[Any] = []
    for item in items:
        if not any(equal(item, other) for other in kept):
            kept.append(item)
    return kept


# -- sets


def _contains(items: list[Any], others: list[Any]) -> bool:
    if all(type(item) is str for item in items) and all(type(item) is str for item in others):
        return set(others) <= set(items)
    return all(any(equal(item, other) for item in items) for other in others)


@SETS.function("sets.contains(list(T), list(T)) -> bool", "list_sets_contains_list")
def _sets_contains(items: list[Any], others: list[Any]) -> bool:
    """Whether the first list has every element of the second."""
    return _contains(items, others)


@SETS.function("sets.equivalent(list(T), list(T)) -> bool", "list_sets_equivalent_list")
def _sets_equivalent(items: list[Any], others: list[Any]) -> bool:
    """Whether each list has every element of the other."""
    return _contains(items, others) and _contains(others, items)


@SETS.function("sets.intersects(list(T), list(T)) -> bool", "list_sets_intersects_list")
def _sets_intersects(items: list[Any], others: list[Any]) -> bool:
    """Whether the lists have an element in common."""
    return any(equal(item, other) for item in items for other in others)


# -- encoders


@ENCODERS.function("base64.encode(bytes) -> string", "base64_encode_bytes")
def _encode(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


@ENCODERS.function("base64.decode(string) -> bytes", "base64_decode_string")
def _decode(text: str) -> bytes:
    """Bytes of base64, with or without padding."""
    padded = text + "=" * (-len(text) % 4) if not text.endswith("=") else text
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        raise EvaluationFault(ErrorKind.CONVERSION, "illegal base64 data") from None


# -- optionals


def _is_zero(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return not value
    if type(value) is Duration:
        return value.nanos == 0
    if type(value) is Optional:
        return value is NONE or _is_zero(value.value)
    if type(value) is Timestamp:
        return value.nanos == -62135596800 * 10**9
    return value is None or (isinstance(value, (bool, int, float, str, bytes)) and not value)


@OPTIONALS.function("optional.of(V) -> optional_type(V)", "optional_of")
def _of(value: Any) -> Optional:
    """An optional with a value."""
    return Optional(value)


@OPTIONALS.function("optional.ofNonZeroValue(V) -> optional_type(V)", "optional_ofNonZeroValue")
def _of_non_zero(value: Any) -> Optional:
    """An optional with a value, or without one if it is zero or empty."""
    return NONE if _is_zero(value) else Optional(value)


@OPTIONALS.function("optional.none() -> optional_type(V)", "optional_none")
def _none() -> Optional:
    """The optional without a value."""
    return NONE


@OPTIONALS.function("(optional_type(V)).value() -> V", "optional_value")
def _value(optional: Optional) -> Any:
    """The value; an error if there is none."""
    if optional is NONE:
        raise EvaluationFault(ErrorKind.OPTIONAL_NONE, "optional.none() dereference")
    return optional.value


@OPTIONALS.function("(optional_type(V)).hasValue() -> bool", "optional_hasValue")
def _has_value(optional: Optional) -> bool:
    """Whether there is a value."""
    return optional is not NONE


OPTIONALS.add(
    "(optional_type(V)).or(optional_type(V)) -> optional_type(V)", "optional_or_optional", None, doc="The first of two that has a value"
)
OPTIONALS.add("(optional_type(V)).orValue(V) -> V", "optional_orValue_value", None, doc="The value, or another one if there is none")
OPTIONALS.add("_[?_](list(V), int) -> optional_type(V)", "list_optindex_optional_int", None, doc="Element, if there is one")
OPTIONALS.add("_[?_](optional_type(list(V)), int) -> optional_type(V)", "optional_list_optindex_optional_int", None, doc="Element, if any")
OPTIONALS.add("_[?_](map(K, V), K) -> optional_type(V)", "map_optindex_optional_value", None, doc="Entry, if there is one")
OPTIONALS.add("_[?_](optional_type(map(K, V)), K) -> optional_type(V)", "optional_map_optindex_optional_value", None, doc="Entry, if any")
OPTIONALS.add("_[_](optional_type(list(V)), int) -> optional_type(V)", "optional_list_index_int", None, doc="Element, if there is one")
OPTIONALS.add("_[_](optional_type(map(K, V)), K) -> optional_type(V)", "optional_map_index_value", None, doc="Entry, if there is one")


@OPTIONALS.function("(list(V)).first() -> optional_type(V)", "list_first")
def _first(items: list[Any]) -> Optional:
    """The first element, if there is one."""
    return Optional(items[0]) if items else NONE


@OPTIONALS.function("(list(V)).last() -> optional_type(V)", "list_last")
def _last(items: list[Any]) -> Optional:
    """The last element, if there is one."""
    return Optional(items[-1]) if items else NONE


@OPTIONALS.function("optional.unwrap(list(optional_type(V))) -> list(V)", "optional_unwrap")
@OPTIONALS.function("(list(optional_type(V))).unwrapOpt() -> list(V)", "optional_unwrapOpt")
def _unwrap(items: list[Any]) -> list[Any]:
    """The values of those optionals that have one."""
    for item in items:
        if type(item) is not Optional:
            raise EvaluationFault(ErrorKind.NO_SUCH_OVERLOAD, f"value {item} is not optional")
    return [item.value for item in items if item is not NONE]
