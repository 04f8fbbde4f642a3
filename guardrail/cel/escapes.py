"""Escape sequences of string and bytes literals."""

from __future__ import annotations

import re

__all__ = ["unescape"]

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "`": "`",
    "?": "?",
}
_MAX_CODE_POINT = 0x10FFFF
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF


def unescape(body: str, *, raw: bool, is_bytes: bool) -> str | bytes:
    """The value of a literal without its quotes. Raises ValueError with the text for the fault."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in body:
        return body.encode("utf-8", "surrogatepass") if is_bytes else body
    if is_bytes:
        return _bytes(body)
    return _ESCAPE.sub(lambda match: _character(match.group()[1:]), body)


def _character(escape: str) -> str:
    if escape in _SIMPLE:
        return _SIMPLE[escape]
    head = escape[0]
    if head in "xXuU" and len(escape) > 1:
        return _code_point(int(escape[1:], 16))
    if len(escape) == 3:  # noqa: PLR2004 - three octal digits
        return chr(int(escape, 8))
    raise ValueError(f"Syntax error: invalid escape sequence '\\{escape}'")


def _code_point(number: int) -> str:
    if number > _MAX_CODE_POINT or _FIRST_SURROGATE <= number <= _LAST_SURROGATE:
        raise ValueError("invalid unicode code point")
    return chr(number)


def _bytes(body: str) -> bytes:
    parts, at = [], 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[at : match.start()].encode("utf-8", "surrogatepass"))
        escape = match.group()[1:]
        if escape[0] in "uU":
            raise ValueError("Syntax error: a bytes literal has no \\u escape")
        if escape[0] in "xX" and len(escape) > 1:
            parts.append(bytes([int(escape[1:], 16)]))
        elif len(escape) == 3:  # noqa: PLR2004 - three octal digits
            parts.append(bytes([int(escape, 8)]))
        else:
            parts.append(_character(escape).encode())
        at = match.end()
    parts.append(body[at:].encode("utf-8", "surrogatepass"))
    return b"".join(parts)
