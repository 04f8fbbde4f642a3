"""Random JSON for `object`: mostly what expressions ask for, sometimes what JSON also allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from guardrail.cel import PartialMap, Unknown

if TYPE_CHECKING:
    from random import Random

__all__ = ["awkward", "likely", "partial", "smaller_subjects"]

_LIKELY: tuple[Any, ...] = (
    1,
    0,
    -1,
    2,
    5,
    1.5,
    -0.0,
    2.0,
    1e19,
    "a",
    "",
    "team",
    "é😀",
    "10",
    "2024-01-01T00:00:00Z",
    "1h",
    True,
    False,
    None,
)
_AWKWARD: tuple[Any, ...] = (
    *(2**63 - 1, -(2**63), 2**63, 2**64, -(2**64), 10**40, 1e40, -1e40, 5e-324, 1.7976931348623157e308),
    *(math.nan, math.inf, -math.inf),
    *("ok\x00evil", "\ud800", "a\udfffb", "\U0010ffff", "e\u0301", "İ", "ß", "\u2028", "x" * 3000, "\x7f\x1b[31m", "10Gi", "1e9999"),
)
_KEYS = ("a", "b", "c")
_ODD_KEYS = ("", "x-y", "a.b", "a\x00b", "\ud800", "1", "true", "😀", "k" * 300)


def likely(random: Random, depth: int = 3) -> Any:
    """An object on which many expressions have a value."""
    return {key: _value(random, depth, _LIKELY, _KEYS) for key in random.sample(_KEYS, random.randint(0, 3))}


def awkward(random: Random, depth: int = 4) -> Any:
    """Any JSON, and what Python's JSON reader lets through: NaN, lone surrogates, integers of any size."""
    return _value(random, depth, _LIKELY + _AWKWARD, _KEYS + _ODD_KEYS)


def partial(random: Random, value: Any) -> Any:
    """The value with some of it not known."""
    if random.random() < 0.15:  # in a small object one value, in a large one a few
        return Unknown([f"var.{random.choice(_KEYS)}"])
    if isinstance(value, list):
        return [partial(random, item) for item in value]
    if not isinstance(value, dict):
        return value
    known = {key: partial(random, item) for key, item in value.items()}
    kind = random.random()
    if kind > 0.3:  # most maps are plain
        return known
    return PartialMap(known, unlisted=Unknown(["data.rest"]) if kind > 0.15 else None)  # half of them may have more


def _value(random: Random, depth: int, scalars: tuple[Any, ...], keys: tuple[str, ...]) -> Any:
    kind = random.random()
    if depth <= 0 or kind < 0.4:  # two in five are scalars, the rest in equal parts lists and maps
        return random.choice(scalars)
    if kind < 0.7:
        return [_value(random, depth - 1, scalars, keys) for _ in range(random.randint(0, 4))]
    return {random.choice(keys): _value(random, depth - 1, scalars, keys) for _ in range(random.randint(0, 4))}


def smaller_subjects(value: Any) -> list[Any]:
    """The value with one thing less."""
    if isinstance(value, dict):
        without = [{k: v for k, v in value.items() if k != key} for key in value]
        return without + [{**value, key: less} for key in value for less in smaller_subjects(value[key])]
    if isinstance(value, list):
        without_one = [value[:index] + value[index + 1 :] for index in range(len(value))]
        return without_one + [
            [*value[:index], less, *value[index + 1 :]] for index in range(len(value)) for less in smaller_subjects(value[index])
        ]
    if isinstance(value, str) and len(value) > 1:
        return [value[: len(value) // 2], value[len(value) // 2 :]]
    return [] if value in (None, 0, "") else [None, 0]
