"""Variables prepared for evaluation.

Values are used as they are. What is looked at, once for each variable that is read, is whether something in it is unknown, and
whether something is no JSON value of the language: an integer of more than 64 bits becomes a double, as in Kubernetes, a datetime a
timestamp, a timedelta a duration.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import EvaluationError
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import INT_MAX, INT_MIN, Duration, Opaque, Timestamp, UInt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Bindings", "Inspected", "NotPlain", "inspected_value"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAVES = frozenset((bool, float, type(None), UInt, Timestamp, Duration))


class NotPlain(Exception):  # noqa: N818 - a signal to the caller of generated code
    """A variable holds something that the fast path does not know."""


class _Plain(dict[str, Any]):
    """The variables that hold plain JSON and nothing unknown, as the fast path reads them."""

    __slots__ = ("owner",)

    def __init__(self, owner: Bindings) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, name: str) -> Any:
        found = self.owner.inspected(name)
        if found.partial or found.odd:
            raise NotPlain
        value = self[name] = found.value
        return value


class _Every(dict[str, Any]):
    """All variables, as the exact evaluator reads them."""

    __slots__ = ("owner",)

    def __init__(self, owner: Bindings) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, name: str) -> Any:
        value = self[name] = self.owner.inspected(name).value
        return value


class Inspected:
    """What was found in a variable: `odd` are values beside JSON, `longest` the size of its longest text or container."""

    __slots__ = ("longest", "odd", "partial", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.partial = False
        self.odd = False
        self.longest = 0


class Bindings(Mapping[str, Any]):
    """A mapping of variables that remembers what it found in them; make one per subject and evaluate many programs on it."""

    __slots__ = ("_known", "_values", "doubtful", "every", "plain", "unit")

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._values = dict(variables)
        self._known: dict[str, Inspected] = {}
        self.plain = _Plain(self)
        self.every = _Every(self)
        self.doubtful = False
        """Whether something is unknown in the variables inspected so far."""
        self.unit = 1
        """A tenth of the longest text or container in the variables inspected so far, rounded up."""

    def inspected(self, name: str) -> Inspected:
        """What a variable holds. Raises KeyError."""
        found = self._known.get(name)
        return self._learn(name, inspected_value(self._values[name])) if found is None else found

    @property
    def raw(self) -> Mapping[str, Any]:
        """The variables as they were given."""
        return self._values

    def put(self, name: str, value: Any, inspected: Inspected | None = None) -> None:
        """Replaces one variable. `inspected` is what `inspected_value` said of it before, where it is used again and again."""
        self._values[name] = value
        self.plain.pop(name, None)
        self.every.pop(name, None)
        self._known.pop(name, None)
        if inspected is not None:
            self._learn(name, inspected)

    def _learn(self, name: str, found: Inspected) -> Inspected:
        self._known[name] = found
        unit = -(-found.longest // 10) + 1
        if unit > self.unit:  # noqa: PLR1730 - max() takes several times as long
            self.unit = unit
        if found.partial:
            self.doubtful = True
        return found

    def __getitem__(self, name: str) -> Any:
        return self.inspected(name).value

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def partial(self, names: Iterable[str]) -> bool:
        """Whether something is unknown in one of these variables."""
        every = self.every
        for name in names:
            if name not in every and name in self._values:
                every[name]
        return self.doubtful and any(self.inspected(name).partial for name in names if name in self._values)


def inspected_value(value: Any) -> Inspected:
    """Walk a variable once."""
    found, repair, longest = Inspected(value), False, 0
    todo: list[Any] = [(value,)]
    while todo:
        group = todo.pop()
        size = len(group)
        if size > longest:  # noqa: PLR1730 - max() takes several times as long, and this is all that is done per value
            longest = size
        for item in group.values() if type(group) is dict else group:
            kind = type(item)
            if kind is str:
                size = len(item)
                if size > longest:  # noqa: PLR1730 - as above
                    longest = size
            elif kind is dict or kind is list:
                todo.append(item)
            elif kind is int:
                repair = repair or not INT_MIN <= item <= INT_MAX
            elif kind not in _LEAVES:
                repair = _inspect_other(item, found, todo) or repair
    found.longest = longest
    if repair:
        found.value = _repaired(value)
    return found


def _inspect_other(item: Any, found: Inspected, todo: list[Any]) -> bool:
    """A value that is not plain JSON; whether it has to be replaced."""
    if type(item) is Unknown:
        found.partial = True
    elif isinstance(item, PartialMap):
        found.partial = found.partial or item.doubt is not None
        found.odd = True
        todo.append(list(item.values()))
    elif isinstance(item, (bytes, Opaque, EvaluationError)):
        found.odd = True
    if isinstance(item, (list, tuple)):
        todo.append(item)
    elif isinstance(item, dict) and not isinstance(item, PartialMap):
        todo.append(list(item.values()))
    return isinstance(item, (list, str, int, tuple, datetime, timedelta)) or (isinstance(item, dict) and not isinstance(item, PartialMap))


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
