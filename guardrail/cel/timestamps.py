"""Timestamps and durations: texts and calendar fields, as Go's time package reads and writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.numerals import format_plain
from guardrail.cel.values import INT_MAX, INT_MIN, Duration, Timestamp, checked_timestamp

__all__ = ["FIELDS", "duration_text", "field_of", "parse_duration", "parse_timestamp", "timestamp_text"]

_SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE = 146_097 * 86_400 * _SECOND
"""400 years in nanoseconds."""
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND}
_OFFSET = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_MAX_FRACTION = 18
"""Digits of a fraction that can matter; Go stops adding them where 63 bits are full."""
_MAX_ZONE_HOURS, _MAX_ZONE_MINUTES = 24, 60


def _bad_timestamp(text: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.CONVERSION, f"cannot parse {text[:40]!r} as an RFC 3339 timestamp")


@lru_cache(maxsize=256)
def parse_timestamp(text: str) -> Timestamp:
    """An RFC 3339 text as Go's time.Parse takes it. Raises EvaluationFault."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _bad_timestamp(text)
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    offset = 0
    if match[8]:
        if int(match[9]) > _MAX_ZONE_HOURS or int(match[10]) > _MAX_ZONE_MINUTES:
            raise _bad_timestamp(text)
        offset = (int(match[9]) * 3600 + int(match[10]) * 60) * (-1 if match[8] == "-" else 1)
    try:
        instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    except ValueError:
        raise _bad_timestamp(text) from None
    nanos = (instant.days * 86400 + instant.seconds - offset) * _SECOND + int((match[7] or "")[:9].ljust(9, "0"))
    return checked_timestamp(nanos, offset)


def timestamp_text(instant: Timestamp) -> str:
    """RFC 3339 with as many fraction digits as needed, in the zone it was written in."""
    seconds, nanos = divmod(instant.nanos, _SECOND)
    try:
        moment = _EPOCH + timedelta(seconds=seconds + instant.offset)
    except OverflowError:  # the zone moves it out of the years that datetime knows
        moment, instant = _EPOCH + timedelta(seconds=seconds), Timestamp(instant.nanos)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + _zone_text(instant.offset)


def _zone_text(offset: int) -> str:
    if offset == 0:
        return "Z"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


@lru_cache(maxsize=256)
def parse_duration(text: str) -> Duration:
    """A duration as Go's time.ParseDuration takes it: `1h30m`, `-1.5s`, `0`. Raises EvaluationFault."""
    fault = EvaluationFault(ErrorKind.CONVERSION, f"time: invalid duration {text[:40]!r}")
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return Duration(0)
    total, at = 0, 0
    while at < len(body):
        match = _PART.match(body, at)
        if match is None or not (match[1] or match[2]) or len(match[1].lstrip("0")) > _MAX_FRACTION + 1:
            raise fault
        unit = _UNITS[match[3]]
        total += int(match[1] or 0) * unit
        if match[2]:
            digits = match[2][:_MAX_FRACTION]
            total += int(int(digits) * (unit / 10 ** len(digits)))  # in doubles, as Go does
        if total > -INT_MIN:
            raise fault
        at = match.end()
    total = -total if text[:1] == "-" else total
    if not body or not INT_MIN <= total <= INT_MAX:
        raise fault
    return Duration(total)


def duration_text(span: Duration) -> str:
    """The seconds as a decimal number and `s`."""
    seconds, nanos = divmod(abs(span.nanos), _SECOND)
    number = seconds + nanos / _SECOND
    return format_plain(-number if span.nanos < 0 else number) + "s"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | int:
    """A zone by name, or seconds east of UTC for `+05:30`. Raises EvaluationFault."""
    if ":" not in name:
        if name in ("", "UTC", "Local"):  # a machine's own zone must not decide
            return 0
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise EvaluationFault(ErrorKind.TIMEZONE, f"unknown time zone {name}") from None
    hours, _, minutes = name.partition(":")
    if not _OFFSET.fullmatch(hours) or not _OFFSET.fullmatch(minutes):
        raise EvaluationFault(ErrorKind.TIMEZONE, f"invalid time zone offset {name!r}")
    return (int(hours) * 60 + (-int(minutes) if name[0] == "-" else int(minutes))) * 60


def _local(instant: Timestamp, zone: str | None) -> datetime:
    seconds = instant.nanos // _SECOND
    where: ZoneInfo | int = 0 if zone is None else _zone(zone)
    if isinstance(where, int):
        return _EPOCH + timedelta(seconds=seconds + where)
    return (_EPOCH + timedelta(seconds=seconds)).astimezone(where)


FIELDS = {
    "getFullYear": lambda moment: moment.year,
    "getMonth": lambda moment: moment.month - 1,
    "getDayOfYear": lambda moment: moment.timetuple().tm_yday - 1,
    "getDate": lambda moment: moment.day,
    "getDayOfMonth": lambda moment: moment.day - 1,
    "getDayOfWeek": lambda moment: moment.isoweekday() % 7,
    "getHours": lambda moment: moment.hour,
    "getMinutes": lambda moment: moment.minute,
    "getSeconds": lambda moment: moment.second,
}
"""Calendar fields by the name of their accessor; getMilliseconds needs no calendar."""


def field_of(name: str, instant: Timestamp, zone: str | None = None) -> int:
    """A calendar field of an instant, in UTC unless a zone is given. Raises EvaluationFault."""
    if name == "getMilliseconds":
        if zone is not None:
            _zone(zone)
        return instant.nanos % _SECOND // 10**6
    try:
        return int(FIELDS[name](_local(instant, zone)))
    except (OverflowError, ValueError):  # the zone moves it out of the years that datetime knows; the calendar repeats after 400 years
        years = -400 if instant.nanos > 0 else 400
        moved = Timestamp(instant.nanos + (_CYCLE if years > 0 else -_CYCLE))
        return int(FIELDS[name](_local(moved, zone))) - (years if name == "getFullYear" else 0)
