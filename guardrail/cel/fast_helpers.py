"""What generated code calls where plain Python operators would not mean what the language means.

Every helper raises where the language has an error, an unknown or an overload that only the exact evaluator knows: the caller then
evaluates exactly. Helpers never have to say what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from guardrail.cel.attributes import MISSING, lookup
from guardrail.cel.cost import BY_RESULT
from guardrail.cel.dispatch import Dispatcher
from guardrail.cel.errors import EvaluationError
from guardrail.cel.operators import BINARY, compare, equal, is_in
from guardrail.cel.values import NONE, Opaque, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["HELPERS", "NeedsExact", "counted", "plain"]


class NeedsExact(Exception):  # noqa: N818 - a signal to the caller of generated code
    """The fast path does not know; the exact evaluator does."""


def _exact() -> NoReturn:
    raise NeedsExact


def _select(value: Any, key: Any) -> Any:
    """`value[key]` for a key that is no constant text."""
    found = lookup(value, key)
    if found is MISSING or type(found) is EvaluationError or isinstance(key, (list, dict)) or key is None:
        raise NeedsExact
    return found


def _has(value: Any) -> bool:
    """Presence of a field in something that is no plain map."""
    if isinstance(value, (list, dict, Optional)):
        raise NeedsExact
    return False


def _step(value: Any) -> Any:
    """`value.?key` of something that is no plain map: `MISSING`."""
    if isinstance(value, (list, dict, Optional)):
        raise NeedsExact
    return MISSING


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise NeedsExact


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Opaque):
        raise NeedsExact
    return equal(a, b)


def _member(item: Any, items: list[Any]) -> bool:
    """`item in [constants]` for an item that is no text."""
    return type(item) is not str and any(equal(item, other) for other in items)


def _keys(value: Any, unit: int) -> int:
    """The unit that also covers the keys of a range that is a map; they were not looked at with the variables."""
    if type(value) is not dict:
        raise NeedsExact
    longest = max(map(len, value), default=0)
    return max(unit, -(-longest // 10) + 1)


def _size(value: Any) -> int:
    if isinstance(value, (str, list, dict, bytes)):
        return len(value)
    raise NeedsExact


def _optional_value(value: Any) -> Any:
    """An optional as a value or `MISSING`."""
    if type(value) is not Optional:
        raise NeedsExact
    return MISSING if value is NONE else value.value


def counted(function: Callable[[Sequence[Any]], Any], cost: Callable[[Sequence[Any], Any], int]) -> Callable[..., Any]:
    """A library function whose cost is added to the first argument, a list of one number and the limit.

    What costs too much is not begun, where the cost does not depend on the result.
    """

    def call(budget: list[int], *args: Any) -> Any:
        result = function(args)
        budget[0] += cost(args, result)
        if budget[0] > budget[1]:
            raise NeedsExact
        return result

    def call_if_affordable(budget: list[int], *args: Any) -> Any:
        budget[0] += cost(args, None)
        if budget[0] > budget[1]:
            raise NeedsExact
        return function(args)

    return call if cost in BY_RESULT else call_if_affordable


def plain(function: Callable[[Sequence[Any]], Any], operands: int) -> Callable[..., Any]:
    """A library function whose cost is known beforehand."""
    if operands == 1 and isinstance(function, Dispatcher):
        return function.of_one

    def call(*args: Any) -> Any:
        return function(args)

    return call


HELPERS: dict[str, Any] = {
    "EXACT": _exact,
    "SELECT": _select,
    "HAS": _has,
    "STEP": _step,
    "BOOL": _boolean,
    "EQ": _equal,
    "LT": lambda a, b: compare(a, b) < 0,
    "LE": lambda a, b: compare(a, b) <= 0,
    "GT": lambda a, b: compare(a, b) > 0,
    "GE": lambda a, b: compare(a, b) >= 0,
    "IN": is_in,
    "MEMBER": _member,
    "KEYS": _keys,
    "SIZE": _size,
    "OPTIONAL": _optional_value,
    "M": MISSING,
    "SIZED": frozenset((str, list, dict, bytes)),
    "JOINED": frozenset((str, list)),
    "ADD": BINARY["_+_"],
    "SUB": BINARY["_-_"],
    "MUL": BINARY["_*_"],
    "DIV": BINARY["_/_"],
    "MOD": BINARY["_%_"],
    "type": type,
    "len": len,
    "enumerate": enumerate,
    "str": str,
    "int": int,
    "bool": bool,
    "list": list,
    "dict": dict,
}
"""The globals of generated functions, beside their constants."""
