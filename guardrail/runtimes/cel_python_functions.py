"""Functions and methods of the cel-python runtime: CEL's own, Kubernetes' string functions, and those of guardrail."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celpy.celtypes import DurationType, TimestampType, UintType

from guardrail.ports import EvaluationError
from guardrail.runtimes.cel_python_values import NUMBERS, TYPES, Function, TypeName, kind, no_overload, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FUNCTIONS", "METHODS", "edit_distance"]

_SHOWN_DECIMALS = 6  # the view rounds to 1e-6
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")


def _size(value: Any) -> Any:
    return len(value) if kind(value) in {"string", "bytes", "list", "map"} else no_overload("size", value)


def _texts(name: str, function: Function) -> Function:
    """A function whose arguments are all texts."""

    def apply(*values: Any) -> Any:
        return function(*values) if all(isinstance(value, str) for value in values) else no_overload(name, *values)

    return apply


def _replace(text: Any, old: Any, new: Any, limit: Any = -1) -> Any:
    if not (isinstance(text, str) and isinstance(old, str) and isinstance(new, str) and kind(limit) == "int"):
        return no_overload("replace", text, old, new)
    return text.replace(old, new, limit)


def _split(text: Any, separator: Any, limit: Any = -1) -> Any:
    if not (isinstance(text, str) and isinstance(separator, str) and kind(limit) == "int"):
        return no_overload("split", text, separator)
    if limit in {0, 1}:
        return [text][:limit]
    if not separator:
        return list(text) if limit < 0 or limit >= len(text) else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _join(members: Any, separator: Any = "") -> Any:
    if not isinstance(members, list | tuple) or not isinstance(separator, str):
        return no_overload("join", members, separator)
    odd = next((member for member in members if not isinstance(member, str)), None)
    return separator.join(members) if odd is None else no_overload("join", odd)


def _matches(text: str, pattern: str) -> bool:
    return re.search(pattern, text) is not None


_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_TO_LOWER, _TO_UPPER = str.maketrans(_UPPER, _LOWER), str.maketrans(_LOWER, _UPPER)


def _string(value: Any) -> Any:
    written = _TEXT_OF.get(kind(value))
    return written(value) if written is not None else no_overload("string", value)


def _double_text(value: float) -> str:
    whole_limit = 1e21  # above it Go, and so CEL, writes an exponent
    if value.is_integer() and abs(value) < whole_limit:
        return str(int(value))
    return repr(value) if math.isfinite(value) else {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")


_TEXT_OF: Mapping[str, Function] = {
    "string": str,
    "bool": lambda value: "true" if value else "false",
    "int": str,
    "uint": lambda value: str(int(value)),
    "double": _double_text,
    "bytes": lambda value: value.decode("utf-8"),
    "google.protobuf.Timestamp": lambda value: str(TimestampType(value)),
    "google.protobuf.Duration": lambda value: str(DurationType(value)),
}


def _int(value: Any) -> Any:
    match kind(value):
        case "int" | "uint":
            return whole(int(value), 0)
        case "double":
            return whole(int(value), 0) if math.isfinite(value) else EvaluationError("integer overflow")
        case "string":
            return whole(int(value), 0) if re.fullmatch(r"-?[0-9]+", value) else EvaluationError(f"not an integer: {value!r}")
        case "google.protobuf.Timestamp":
            return int(value.timestamp())
        case _:
            return no_overload("int", value)


def _uint(value: Any) -> Any:
    number = _int(value) if kind(value) != "uint" else value
    return number if isinstance(number, EvaluationError) else whole(int(number), UintType(0))


def _double(value: Any) -> Any:
    return float(value) if kind(value) in NUMBERS | {"string"} else no_overload("double", value)


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    words = {"true": True, "True": True, "TRUE": True, "t": True, "1": True}
    words |= {"false": False, "False": False, "FALSE": False, "f": False, "0": False}
    return words[value] if isinstance(value, str) and value in words else no_overload("bool", value)


def _timestamp(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if kind(value) == "int":
        return TimestampType(1970, 1, 1) + timedelta(seconds=value)
    if not isinstance(value, str):
        return no_overload("timestamp", value)
    return TimestampType(value) if _RFC_3339.match(value) else EvaluationError(f"not an RFC 3339 instant: {value!r}")


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    return DurationType(value) if isinstance(value, str) else no_overload("duration", value)


def _type(value: Any) -> TypeName:
    name = kind(value)
    return TYPES.get(name) or TypeName(name)


# ---- functions of guardrail


@lru_cache(maxsize=1024)
def _glob_pattern(pattern: str) -> re.Pattern[str]:
    literal = pattern.replace("[", "[[]")  # only * and ? have a meaning
    return re.compile(translate(literal))


def _glob(pattern: str, text: str) -> bool:
    return _glob_pattern(pattern).match(text) is not None


def _show(value: Any) -> Any:
    if kind(value) != "double":
        return no_overload("show", value)
    if not math.isfinite(value):
        return _double_text(value)
    text = f"{value:.{_SHOWN_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def edit_distance(left: str, right: str) -> int:
    """Fewest insertions, deletions, replacements and exchanges of neighbours between two texts."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i] + [0] * len(right)
        for j, b in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


def _nearest(text: Any, candidates: Any) -> Any:
    if not isinstance(text, str) or not isinstance(candidates, list | tuple) or not all(isinstance(c, str) for c in candidates):
        return no_overload("nearest", text, candidates)
    if not candidates:
        return EvaluationError("nearest: no candidates")
    return min(candidates, key=lambda candidate: (edit_distance(text, candidate), candidate))


# name → numbers of arguments → function; the receiver of a method is its first argument.
METHODS: Mapping[str, tuple[frozenset[int], Function]] = {
    "contains": (frozenset({2}), _texts("contains", lambda text, part: part in text)),
    "endsWith": (frozenset({2}), _texts("endsWith", str.endswith)),
    "join": (frozenset({1, 2}), _join),
    "lowerAscii": (frozenset({1}), _texts("lowerAscii", lambda text: text.translate(_TO_LOWER))),
    "matches": (frozenset({2}), _texts("matches", _matches)),
    "replace": (frozenset({3, 4}), _replace),
    "size": (frozenset({1}), _size),
    "split": (frozenset({2, 3}), _split),
    "startsWith": (frozenset({2}), _texts("startsWith", str.startswith)),
    "upperAscii": (frozenset({1}), _texts("upperAscii", lambda text: text.translate(_TO_UPPER))),
}
FUNCTIONS: Mapping[str, tuple[frozenset[int], Function]] = {
    "bool": (frozenset({1}), _bool),
    "double": (frozenset({1}), _double),
    "duration": (frozenset({1}), _duration),
    "dyn": (frozenset({1}), lambda value: value),
    "editDistance": (frozenset({2}), _texts("editDistance", edit_distance)),
    "glob": (frozenset({2}), _texts("glob", _glob)),
    "int": (frozenset({1}), _int),
    "matches": (frozenset({2}), _texts("matches", _matches)),
    "nearest": (frozenset({2}), _nearest),
    "show": (frozenset({1}), _show),
    "size": (frozenset({1}), _size),
    "string": (frozenset({1}), _string),
    "timestamp": (frozenset({1}), _timestamp),
    "type": (frozenset({1}), _type),
    "uint": (frozenset({1}), _uint),
}
