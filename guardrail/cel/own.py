"""Functions of ours, for rules and their messages. Not in Kubernetes."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from guardrail.cel.declarations import NEVER, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.stdlib import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OWN"]

OWN = Library("guardrail", since=NEVER)

_SHOWN_DECIMALS = 6
_MAX_PRODUCT = 1_000_000
"""Product of two lengths that editDistance() accepts: its work grows with it."""


@lru_cache(maxsize=1024)
def _glob_parts(pattern: str) -> tuple[str, ...]:
    """The pattern between its stars."""
    return tuple(re.split(r"\*+", pattern))


def _fits(part: str, text: str, at: int) -> bool:
    return len(text) - at >= len(part) and all(p in ("?", c) for p, c in zip(part, text[at : at + len(part)], strict=True))


def _places(part: str, text: str, start: int) -> Iterator[int]:
    if "?" not in part:
        found = text.find(part, start)
        if found >= 0:
            yield found
        return
    for at in range(start, len(text) - len(part) + 1):
        if _fits(part, text, at):
            yield at
            return


@OWN.function("glob(string, string) -> bool", "glob_string_string")
def glob(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern with * (any characters) and ? (any one)."""
    first, *rest = _glob_parts(pattern)
    if not _fits(first, text, 0):
        return False
    if not rest:
        return len(first) == len(text)
    at, last = len(first), rest.pop()
    for part in rest:  # the earliest place leaves most room for the others: no backtracking
        found = next(_places(part, text, at), None)
        if found is None:
            return False
        at = found + len(part)
    return len(text) - len(last) >= at and _fits(last, text, len(text) - len(last))


@OWN.function("editDistance(string, string) -> int", "edit_distance_string_string")
def edit_distance(left: str, right: str) -> int:
    """Fewest insertions, deletions, replacements and exchanges of neighbours that turn one text into the other."""
    if len(left) * len(right) > _MAX_PRODUCT:
        raise EvaluationFault(ErrorKind.COST_LIMIT, "editDistance: the texts are too long")
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i] + [0] * len(right)
        for j, b in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


@OWN.function("nearest(string, list(string)) -> string", "nearest_string_list")
def nearest(text: str, candidates: list[str]) -> str:
    """The candidate with the smallest edit distance, the first in alphabetical order among equals."""
    if not candidates:
        raise EvaluationFault(ErrorKind.EMPTY_LIST, "nearest: no candidates")
    if not all(type(candidate) is str for candidate in candidates):
        raise EvaluationFault(ErrorKind.NO_SUCH_OVERLOAD, "nearest: the candidates must be strings")
    return min(candidates, key=lambda candidate: (edit_distance(text, candidate), candidate))


@OWN.function("show(double) -> string", "show_double")
def show(number: float) -> str:
    """A number without needless digits, at most six after the point."""
    if not math.isfinite(number):
        return text_of(number)
    text = f"{number:.{_SHOWN_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
