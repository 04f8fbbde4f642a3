"""Bytes of a file to text, with a plain word for what is no text at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

__all__ = ["BINARY_PLAN", "Decoded", "NotTextError", "decode"]

BINARY_PLAN = "this is Terraform's binary plan; run: terraform show -json {path} > plan.json"

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NotTextError(ValueError):
    """The bytes are no text; the message says what they are and the way out."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and how it was stored; `skipped` is the length of its byte order mark in bytes."""

    text: str
    encoding: str
    skipped: int

    def byte_offset(self, offset: int) -> int:
        """The offset in the file, in bytes, of an offset in the text."""
        return self.skipped + len(self.text[:offset].encode(self.encoding, "surrogatepass"))


def decode(data: bytes, path: str) -> Decoded:
    """The text of a file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark. Raises NotTextError."""
    if data.startswith(_ZIP):
        raise NotTextError(BINARY_PLAN.format(path=path))
    if data.startswith(_GZIP):
        raise NotTextError("this is a gzip archive; unpack it first")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    encoding = encoding or _encoding_without_mark(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise NotTextError(_undecodable(data, encoding, len(mark) + error.start)) from None
    return Decoded(text, encoding, len(mark))


def _encoding_without_mark(data: bytes) -> str:
    """UTF-16 shows by the zero bytes of its first, ASCII characters; all else is taken for UTF-8."""
    head = data[:4]
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:  # noqa: PLR2004 - two characters of two bytes
        return "utf-16-le"
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:  # noqa: PLR2004 - as above
        return "utf-16-be"
    return "utf-8"


def _undecodable(data: bytes, encoding: str, at: int) -> str:
    if encoding != "utf-8":
        return f"not {encoding.upper()[:6]} at byte {at}, though the file begins like it; save it as UTF-8"
    if b"\0" in data[:1024]:
        return "this is a binary file"
    line = data.count(b"\n", 0, at) + 1
    return f"line {line}: not UTF-8 (byte 0x{data[at]:02X} at offset {at}); save the file as UTF-8"
