"""Values of three engines in one JSON form with their types, so that they can be compared.

`["int", "5"]`, `["double", "1.5"]`, `["list", […]]`, `["map", [[key, value], …]]`. Times are in microseconds, which is what the other
two keep; keys that are numbers have no type, because one of them does not tell int from uint there.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["Typed", "key_of", "moment", "number", "ours", "span"]

Typed = list[Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def moment(value: datetime) -> Typed:
    """An instant."""
    return ["timestamp", str((value - _EPOCH) // _MICROSECOND)]


def span(value: timedelta) -> Typed:
    """A duration."""
    return ["duration", str(value // _MICROSECOND)]


def number(kind: str, value: Any) -> Typed:
    """A number; NaN is one value, and the sign of a zero counts."""
    if kind != "double":
        return [kind, str(int(value))]
    return [kind, "nan" if math.isnan(value) else repr(float(value))]


def key_of(key: Any) -> str:
    """The key of a map."""
    if isinstance(key, bool):
        return json.dumps(key)
    if isinstance(key, str):
        return json.dumps(str(key))
    return str(int(key)) if isinstance(key, int) else repr(key)


def ours(value: Any) -> Typed:  # noqa: PLR0911 - one line per type
    """A value of guardrail.cel."""
    from guardrail.cel import Duration, Optional, Timestamp, TypeValue, UInt  # noqa: PLC0415 - a worker needs no engine of ours

    if value is None or isinstance(value, bool | str):
        return ["null" if value is None else "bool" if isinstance(value, bool) else "string", value]
    if isinstance(value, int | float):
        return number("double" if isinstance(value, float) else "uint" if isinstance(value, UInt) else "int", value)
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, list):
        return ["list", [ours(item) for item in value]]
    if isinstance(value, dict):
        return ["map", sorted([key_of(key), ours(item)] for key, item in value.items())]
    if isinstance(value, Timestamp | Duration):
        return ["timestamp" if isinstance(value, Timestamp) else "duration", str(value.nanos // 1000)]
    if isinstance(value, TypeValue):
        return ["type", value.name]
    return ["optional"] if isinstance(value, Optional) else ["opaque", str(value)]
