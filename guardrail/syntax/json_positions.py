"""Where in a JSON text a value is written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from guardrail.syntax.lines import Lines
from guardrail.syntax.pointers import split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["JsonPositions"]

_SPACE = re.compile("[ \t\r\n\ufeff]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_LITERAL = re.compile(r"[^\s{}\[\],:\"]+")


class JsonPositions:
    """The places of the values of a JSON text; containers are scanned when a pointer enters them."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._text = text
        self._starts: list[int] | None = None
        self._members: dict[int, dict[str, tuple[int, int]]] = {}

    def locate(self, document: int, pointer: str) -> tuple[int, int] | None:
        """The line and column of a JSON pointer, or of its nearest parent that is written; from 1.

        A member of an object is at its value when that begins on the line of its key, else at the
        key. None when the document does not exist.
        """
        start = self._start(document)
        if start is None:
            return None
        at = value = start
        for token in split_pointer(pointer):
            found = self._children(value).get(token)
            if found is None:
                break
            at, value = found
        return self._lines.place(at)

    def _start(self, document: int) -> int | None:
        if document and self._starts is None:
            self._starts = list(self._documents())
        starts = self._starts or [self._space(0)]
        return starts[document] if 0 <= document < len(starts) and starts[document] < len(self._text) else None

    def _documents(self) -> Iterator[int]:
        at = self._space(0)
        while at < len(self._text):
            yield at
            at = self._space(max(self._end(at), at + 1))

    def _children(self, container: int) -> dict[str, tuple[int, int]]:
        """Key or index → (offset to show, offset of the value)."""
        known = self._members.get(container)
        if known is None:
            known = self._members[container] = dict(self._scan(container))
        return known

    def _scan(self, container: int) -> Iterator[tuple[str, tuple[int, int]]]:
        opener, at, index = self._text[container : container + 1], self._space(container + 1), 0
        while opener in {"{", "["} and at < len(self._text) and self._text[at] not in "}]":
            value, shown, name = at, at, str(index)
            if opener == "{":
                key = _STRING.match(self._text, at)
                if key is None:
                    return
                value = self._space(self._space(key.end()) + 1)
                name = json.loads(key[0], strict=False)
                shown = at if "\n" in self._text[key.end() : value] else value
            yield name, (shown, value)
            at, index = self._space(self._end(value)), index + 1
            at = self._space(at + 1) if self._text[at : at + 1] == "," else at

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _end(self, at: int) -> int:
        """The offset behind the value at `at`; the end of the text when the value is not closed."""
        if self._text[at : at + 1] not in {"{", "["}:
            found = _STRING.match(self._text, at) or _LITERAL.match(self._text, at)
            return found.end() if found else len(self._text)
        depth = 0
        for token in _BRACKET.finditer(self._text, at):
            if token[0] in "{[":
                depth += 1
            elif token[0] in "}]":
                depth -= 1
                if not depth:
                    return token.end()
        return len(self._text)
