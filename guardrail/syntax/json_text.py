"""JSON manifests as kubectl reads them: one object, or several one after the other.

Stricter in one thing: a key written twice is a fault.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from guardrail.syntax.documents import ParsedDocument, SyntaxFault, line_at
from guardrail.syntax.lines import Lines
from guardrail.syntax.scalars import ScalarError, as_json_number
from guardrail.syntax.yaml_nodes import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ParsedDocument", "SyntaxFault", "json_fault", "read_json"]

# JSON's white space; the byte order mark between concatenated files is skipped with it.
_SPACE = re.compile("[ \t\r\n\ufeff]*")
_OBJECT_LINE = re.compile(r"^\{", re.MULTILINE)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# 18 digits always fit into int64, 400 never into a float; Python itself refuses to read 4,301.
_SAFE_DIGITS, _ENDLESS_DIGITS = 18, 400
# 100: lines tried behind a broken object before the rest is given up, so that the search stays linear.
_MAX_RETRIES = 100


class _RefusedError(ValueError):
    """A key or number that the decoder's hooks refuse; its place is searched afterwards."""

    def __init__(self, message: str, literal: str = "") -> None:
        super().__init__(message)
        self.literal = literal


def read_json(text: str) -> Iterator[ParsedDocument | SyntaxFault]:
    """The documents of a text in their order, and in place of one that cannot be read its faults.

    Values are as those of `read_yaml`; numbers that are whole become int as they do on their way
    through Kubernetes. Behind a broken object the next line that starts an object is tried. Never
    raises.
    """
    lines, index, at, retries = Lines(text), 0, _after_space(text, 0), 0
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if not retries:
                yield from _faults(error, lines, at, index)
                index += 1
            following = _OBJECT_LINE.search(text, at + 1)
            at, retries = (following.start() if following else len(text)), retries + 1
            if retries > _MAX_RETRIES:
                return
            continue
        if _is_deep(value):
            yield _fault(lines, at, index, f"nested deeper than {MAX_DEPTH} levels")
        else:
            value = _without_surrogates(value) if _ESCAPED_SURROGATE.search(text, at, end) else value
            yield ParsedDocument(value, index, lines.place(at)[0])
        index, at, retries = index + 1, _after_space(text, end), 0


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RefusedError("duplicate key")
    return made


def _int(digits: str) -> int | float:
    if len(digits) <= _SAFE_DIGITS:
        return int(digits)
    return _float(digits) if len(digits) > _ENDLESS_DIGITS else as_json_number(int(digits))


def _float(digits: str) -> int | float:
    try:
        return as_json_number(float(digits))
    except ScalarError:
        raise _RefusedError(f"the number {digits:.20} is too large for Kubernetes", digits) from None


def _constant(name: str) -> Any:
    raise _RefusedError(f"{name} is not JSON", name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_constant)


def _faults(error: ValueError | RecursionError, lines: Lines, at: int, index: int) -> Iterator[SyntaxFault]:
    if isinstance(error, RecursionError):
        yield _fault(lines, at, index, f"nested deeper than {MAX_DEPTH} levels")
    elif isinstance(error, json.JSONDecodeError):
        yield json_fault(error, lines, index)
    elif isinstance(error, _RefusedError) and error.literal:
        yield _fault(lines, _find(lines.text, at, error.literal), index, str(error))
    else:
        yield from _duplicates(lines, at, index)


def json_fault(error: json.JSONDecodeError, lines: Lines, index: int) -> SyntaxFault:
    """A decoding error as a fault; a text that merely ends too early is said to be cut off."""
    if not lines.text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return _fault(lines, error.pos, index, "the JSON is cut off here" if error.pos else "no JSON")
    return _fault(lines, error.pos, index, f"not JSON: {error.msg[0].lower()}{error.msg[1:]}")


def _fault(lines: Lines, at: int, index: int, message: str) -> SyntaxFault:
    line, column = lines.place(at)
    return SyntaxFault(message, line, column, index, line_at(lines.text, at))


def _find(text: str, at: int, literal: str) -> int:
    return next((token.start() for token in _TOKEN.finditer(text, at) if token[0] == literal), at)


def _duplicates(lines: Lines, at: int, index: int) -> Iterator[SyntaxFault]:
    """Every key of the value at `at` that its object has already."""
    open_objects: list[dict[str, int] | None] = []
    last: re.Match[str] | None = None
    for token in _TOKEN.finditer(lines.text, at):
        if token[0] in "{[":
            open_objects.append({} if token[0] == "{" else None)
        elif token[0] in "}]":
            open_objects.pop()
            if not open_objects:
                return
        elif token[0] == ":" and last is not None and open_objects and (keys := open_objects[-1]) is not None:
            key = json.loads(last[0])
            first = keys.setdefault(key, last.start())
            if first != last.start():
                message = f"duplicate key {json.dumps(key, ensure_ascii=False)} (first at line {lines.place(first)[0]})"
                yield _fault(lines, last.start(), index, message)
        last = token


def _is_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
    return False


def _without_surrogates(value: Any) -> Any:
    """Lone surrogates become U+FFFD, as Go's reader has it; they could not be printed."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _without_surrogates(item) for key, item in value.items()}
    return value
