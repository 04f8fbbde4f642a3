"""How close two starts of a cron schedule can be."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

__all__ = ["ScheduleError", "smallest_interval_s"]

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = {name: at for at, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_DAYS = {name: at for at, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_NO_NAMES: dict[str, int] = {}
_BOUNDS = (
    ("minute", 0, 59, _NO_NAMES),
    ("hour", 0, 23, _NO_NAMES),
    ("day of month", 1, 31, _NO_NAMES),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_EVERY = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:h|m(?!s)|s|ms|us|µs|ns)")
_DURATION_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DAY_S = 86_400
_LONGEST = 1024  # characters
_LONGEST_NUMBER = 9  # digits; no field comes near
_FIRST_DAY = date(2001, 1, 1)
_CYCLE_DAYS = 28 * 366  # weekdays and leap days repeat every 28 years


class ScheduleError(ValueError):
    """A text is no cron schedule, or one that never comes."""


def smallest_interval_s(schedule: str) -> int:
    """Seconds between the two starts that are closest, over all years, clock changes left aside.

    Takes five fields (lists, ranges, steps, names, `?`) and the macros, as the CronJob controller
    does; day of month and day of week are alternatives unless one of them is `*` or `?`, alone or in
    a list (`*/2` is none). Raises ScheduleError.
    """
    if len(schedule) > _LONGEST:
        raise ScheduleError(f"a schedule of {len(schedule)} characters is too long")
    return _smallest_interval_s(schedule)


@lru_cache(maxsize=512)
def _smallest_interval_s(schedule: str) -> int:
    text = schedule.strip()
    if text.startswith("@every "):
        return _every(text.removeprefix("@every "))
    fields = _MACROS.get(text, text).split()
    if len(fields) != len(_BOUNDS):
        raise ScheduleError(f"{schedule!r} is no schedule of five fields")
    minutes, hours, days, months, weekdays = (_field(field, *bounds) for field, bounds in zip(fields, _BOUNDS, strict=True))
    starts = [60 * (60 * hour + minute) for hour in sorted(hours) for minute in sorted(minutes)]
    within = min((later - earlier for earlier, later in pairwise(starts)), default=None)
    either = not (_is_star(fields[2]) or _is_star(fields[4]))
    gap = _smallest_day_gap(days, months, weekdays, either=either)
    if gap is None:
        raise ScheduleError(f"{schedule!r} never comes")
    across = gap * _DAY_S - starts[-1] + starts[0]
    return across if within is None else min(within, across)


def _every(text: str) -> int:
    parts = _EVERY.findall(text)
    if not parts or "".join(parts) != text:
        raise ScheduleError(f"@every {text!r} is no duration")
    seconds = sum(float(part.rstrip("hmsuµn")) * _DURATION_S[part.lstrip("0123456789.")] for part in parts)
    return max(int(seconds), 1)


def _field(text: str, name: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = _span(span, name, low, high, names)
        if step:
            last = high if "-" not in span else last
        if not step and part.endswith("/"):
            raise ScheduleError(f"the step of {name} in {text!r} is missing")
        width = _number(step, name, _NO_NAMES) if step else 1
        if not width or not low <= first <= last <= high:
            raise ScheduleError(f"{text!r} is no {name}")
        found.update(range(first, last + 1, width))
    return frozenset(found)


def _is_star(text: str) -> bool:
    return not {"*", "?", "*/1", "?/1"}.isdisjoint(text.split(","))


def _span(text: str, name: str, low: int, high: int, names: dict[str, int]) -> tuple[int, int]:
    if text in {"*", "?"}:
        return low, high
    first, dash, last = text.partition("-")
    start = _number(first, name, names)
    return start, _number(last, name, names) if dash else start


def _number(text: str, name: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER:
        raise ScheduleError(f"{text!r} is no {name}")
    return int(text)


def _smallest_day_gap(days: frozenset[int], months: frozenset[int], weekdays: frozenset[int], *, either: bool) -> int | None:
    """Days between the two matching days that are closest; None when no day matches twice."""
    last: int | None = None
    smallest: int | None = None
    for number in range(_CYCLE_DAYS):
        day = _FIRST_DAY + timedelta(days=number)
        by_date, by_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        if day.month not in months or not (by_date or by_weekday if either else by_date and by_weekday):
            continue
        if last is not None:
            smallest = min(number - last, smallest or _CYCLE_DAYS)
            if smallest == 1:
                return 1
        last = number
    return smallest
