"""Text to tokens, with exact offsets.

The token rules are those of the CEL grammar (language definition, "Syntax").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from guardrail.cel.escapes import unescape
from guardrail.cel.values import INT_MAX, UINT_MAX, UInt

if TYPE_CHECKING:
    from guardrail.cel.errors import Fault
    from guardrail.cel.source import Source

__all__ = ["END", "Token", "tokenise"]

END = "end"
"""Kind of the token after the last one."""

_TOKEN = re.compile(
    r"""
    (?P<space>[\t\n\f\r\ ]+|//[^\n]*)
    |(?P<string>[bB]?[rR]?(?:'''|\"\"\"|'|\"))
    |(?P<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<int>0x[0-9a-fA-F]+|[0-9]+)(?P<unsigned>[uU])?
    |(?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    |(?P<quoted>`[a-zA-Z0-9_.\-/\ ]+`)
    |(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_RAW_BODY = {
    quote: re.compile(rf"((?:(?!{quote}).)*){quote}" if len(quote) == 3 else rf"([^{quote}\n\r]*){quote}", re.DOTALL)  # noqa: PLR2004 - three quotes
    for quote in ("'", '"', "'''", '"""')
}
_BODY = {
    quote: re.compile(rf"((?:\\.|(?!{quote}|\\).)*){quote}" if len(quote) == 3 else rf"((?:\\[^\n\r]|[^{quote}\\\n\r])*){quote}", re.DOTALL)  # noqa: PLR2004 - as above
    for quote in ("'", '"', "'''", '"""')
}
_KEYWORDS = {"true": True, "false": False, "null": None}


class Token(NamedTuple):
    """`kind` is an operator's own text, `name`, `quoted`, `in`, `literal` or `end`."""

    kind: str
    value: object
    offset: int
    end: int
    numeric: bool = False


def tokenise(source: Source, faults: list[Fault]) -> list[Token]:
    """All tokens, with an `end` token last; faults are appended and the text after a bad character is read on."""
    tokens: list[Token] = []
    text, at = source.text, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            faults.append(source.fault(at, f"Syntax error: token recognition error at: '{text[at]}'"))
            at += 1
            continue
        kind = str(match.lastgroup)
        if kind == "string":
            at = _string(source, match, tokens, faults)
            continue
        if kind != "space":
            tokens.append(_token(source, match, faults))
        at = match.end()
    tokens.append(Token(END, None, len(text), len(text)))
    return tokens


def _token(source: Source, match: re.Match[str], faults: list[Fault]) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    if match["operator"]:
        return Token(text, text, start, end)
    if match["name"]:
        if text in _KEYWORDS:
            return Token("literal", _KEYWORDS[text], start, end)
        return Token("in" if text == "in" else "name", text, start, end)
    if match["quoted"]:
        return Token("quoted", text[1:-1], start, end)
    return Token("literal", _number(source, match, faults), start, end, numeric=True)


def _number(source: Source, match: re.Match[str], faults: list[Fault]) -> int | float:
    if match["double"]:
        value = float(match["double"])
        if value == float("inf"):
            faults.append(source.fault(match.start(), "invalid double literal"))
        return value
    digits = match["int"]
    # int() is quadratic in the digits; no literal of more than 40 can be in range
    too_long = len(digits.lstrip("0x")) > 40  # noqa: PLR2004 - "0x" and leading zeros are to go
    number = UINT_MAX + 1 if too_long else int(digits, 16 if digits.startswith("0x") else 10)
    if match["unsigned"]:
        if number > UINT_MAX:
            faults.append(source.fault(match.start(), "invalid uint literal"))
        return UInt(min(number, UINT_MAX))
    if number > INT_MAX + 1:  # the parser knows whether a minus stands before it
        faults.append(source.fault(match.start(), "invalid int literal"))
    return number


def _string(source: Source, match: re.Match[str], tokens: list[Token], faults: list[Fault]) -> int:
    opening = match.group()
    prefix = opening.rstrip("'\"").lower()
    quote = opening[len(prefix) :]
    body = (_RAW_BODY if "r" in prefix else _BODY)[quote].match(source.text, match.end())
    if body is None:
        faults.append(source.fault(match.start(), "Syntax error: string literal is not closed"))
        tokens.append(Token("literal", "", match.start(), len(source.text)))
        newline = source.text.find("\n", match.end())
        return len(source.text) if len(quote) > 1 or newline < 0 else newline
    value: object = ""
    try:
        value = unescape(body.group(1), raw="r" in prefix, is_bytes="b" in prefix)
    except ValueError as error:
        faults.append(source.fault(match.start(), str(error)))
    tokens.append(Token("literal", value, match.start(), body.end()))
    return body.end()
