"""Variables prepared for evaluation.

Values are used as they are. What is looked at, once for each variable that is read, is whether something in it is unknown, and
whether something is no JSON value of the language: an integer of more than 64 bits becomes a double, as in Kubernetes, a datetime a
timestamp, a timedelta a duration.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import INT_MAX, INT_MIN, Duration, Timestamp, UInt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Bindings"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAVES = frozenset((str, bool, float, bytes, type(None), UInt))


class Bindings(Mapping[str, Any]):
    """A mapping of variables that remembers what it found in them; make one per subject and evaluate many programs on it."""

    __slots__ = ("_known", "_values")

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._values = variables
        self._known: dict[str, tuple[Any, bool]] = {}

    def __getitem__(self, name: str) -> Any:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = _inspect(self._values[name])
        return found[0]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def partial(self, names: Iterable[str]) -> bool:
        """Whether something is unknown in one of these variables."""
        for name in names:
            if name in self._values:
                self[name]
                if self._known[name][1]:
                    return True
        return False


def _inspect(value: Any) -> tuple[Any, bool]:
    """The value to use, and whether anything in it is unknown."""
    partial, repair = False, False
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind in _LEAVES:
            continue
        if kind is dict:
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
        elif kind is int:
            repair = repair or not INT_MIN <= item <= INT_MAX
        elif kind is Unknown:
            partial = True
        elif isinstance(item, PartialMap):
            partial = partial or item.doubt is not None
            todo.extend(item.values())
        else:
            repair = repair or isinstance(item, (list, dict, str, int, tuple, datetime, timedelta))
            if isinstance(item, (list, tuple)):
                todo.extend(item)
            elif isinstance(item, dict):
                todo.extend(item.values())
    return (_repaired(value) if repair else value), partial


def _repaired(value: Any) -> Any:
    """Values of the language only, in plain types."""
    if isinstance(value, PartialMap):
        return PartialMap({key: _repaired(item) for key, item in value.items()}, maybe=value.maybe, unlisted=value.unlisted)
    if isinstance(value, dict):
        return {key: _repaired(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_repaired(item) for item in value]
    return _repaired_scalar(value)


def _repaired_scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return _as_timestamp(value)
    if isinstance(value, timedelta):
        return Duration((value.days * 86_400 + value.seconds) * 10**9 + value.microseconds * 1000)
    if isinstance(value, int) and type(value) not in (bool, UInt):
        return int(value) if INT_MIN <= value <= INT_MAX else _as_double(value)
    return str(value) if isinstance(value, str) else value


def _as_timestamp(moment: datetime) -> Timestamp:
    """An instant; one without a zone is taken to be in UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = aware - _EPOCH
    offset = aware.utcoffset()
    nanos = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return Timestamp(nanos, int(offset.total_seconds()) if offset is not None else 0)


def _as_double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
