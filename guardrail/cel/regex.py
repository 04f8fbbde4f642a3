"""Regular expressions in linear time, with RE2's syntax.

`google-re2` is the engine. Its Python wrapper costs 3 µs a match; the raw match behind it costs 0.5 µs and is used where a
self-test finds it to work, the public call otherwise. Where the package is missing, patterns are refused: Python's own
engine backtracks, and an expression may be given any text.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind, EvaluationFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Pattern", "available", "compile_pattern"]

_MAX_MEMORY = 8 << 20
"""Bytes that one compiled pattern may use."""
_MAX_KNOWN, _MAX_REMEMBERED = 512, 256
"""Answers that a pattern remembers, and the length of texts they are remembered for: the same names come again and again."""
_MAX_REPEAT_NOTE = "error parsing regexp"


@lru_cache(maxsize=1)
def engine() -> Any:
    """The module re2, or None; imported when the first pattern is compiled."""
    try:
        return importlib.import_module("re2")
    except ImportError:
        return None


def available() -> bool:
    """Whether there is an engine."""
    return engine() is not None


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_compiled", "_known", "_search")

    def __init__(self, compiled: Any, search: Callable[[str], bool]) -> None:
        self._compiled = compiled
        self._search = search
        self._known: dict[str, bool] = {}

    def search(self, text: str) -> bool:
        """Whether it matches anywhere. Raises TypeError for anything but a text."""
        known = self._known.get(text)
        if known is not None:
            return known
        if type(text) is not str:
            raise TypeError(text)
        try:
            found = self._search(text)
        except UnicodeEncodeError:
            found = self._search(_plain(text))
        if len(text) <= _MAX_REMEMBERED and len(self._known) < _MAX_KNOWN:
            self._known[text] = found
        return found

    def first(self, text: str) -> str | None:
        """The first match."""
        found = self._compiled.search(_plain(text))
        return None if found is None else found.group(0)

    def every(self, text: str) -> Iterator[str]:
        """All matches from left to right, as Go's FindAllString: an empty match beside the last match is skipped."""
        last_end = -1
        for found in self._compiled.finditer(_plain(text)):
            start, end = found.span()
            if end > start or start != last_end:
                yield found.group(0)
                last_end = end


def _plain(text: str) -> str:
    """Text that has an UTF-8 form: lone surrogates become the replacement character, as in Go."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _options() -> Any:
    options = engine().Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    return options


def raw_search(compiled: Any) -> Callable[[str], bool] | None:
    """The match below the wrapper, or None where this version has no such thing."""
    regexp = getattr(compiled, "_regexp", None)
    match = getattr(regexp, "Match", None)
    module = getattr(engine(), "_re2", None)  # private, hence the self-test
    anchor = getattr(getattr(module, "RE2", None), "Anchor", None)
    unanchored = getattr(anchor, "UNANCHORED", None)
    if match is None or unanchored is None:
        return None

    def search(text: str) -> bool:
        encoded = text.encode("utf-8")
        return bool(match(unanchored, encoded, 0, len(encoded))[0] != (-1, -1))

    return search


@lru_cache(maxsize=1)
def raw_works() -> bool:
    """Whether the raw match gives the answers of the public call."""
    compiled = engine().compile("b+c", options=_options())
    raw = raw_search(compiled)
    if raw is None:
        return False
    try:
        return raw("abbc") and raw("bc") and not raw("abb") and not raw("")
    except (TypeError, ValueError, AttributeError, IndexError):
        return False


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """The compiled pattern. Raises EvaluationFault."""
    re2 = engine()
    if re2 is None:
        raise EvaluationFault(ErrorKind.REGEX, "regular expressions need the package google-re2, which is not installed")
    try:
        compiled = re2.compile(pattern, options=_options())
    except (re2.error, UnicodeEncodeError) as error:
        raise EvaluationFault(ErrorKind.REGEX, f"{_MAX_REPEAT_NOTE}: {_text(error)}") from None
    raw = raw_search(compiled) if raw_works() else None
    return Pattern(compiled, raw or (lambda text: compiled.search(text) is not None))


def _text(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
