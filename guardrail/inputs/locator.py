"""The places of values in the files they were read from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.inputs.decoding import NotTextError, decode
from guardrail.inputs.parsing import is_json_text, parse_text
from guardrail.inputs.terraform import looks_like_plan, unwrap
from guardrail.model import Location
from guardrail.syntax.json_positions import JsonPositions
from guardrail.syntax.yaml_positions import YamlPositions
from guardrail.syntax.yaml_text import YamlReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.model import Origin

__all__ = ["FileLocator"]


class FileLocator:
    """Reads a file again when a place in it is asked for, and keeps one file at a time.

    `kept` holds what cannot be read twice, by path: standard input and pipes. Ask for the places of
    one file together: each change of file reads one.
    """

    def __init__(self, kept: Mapping[str, bytes] | None = None) -> None:
        self._kept = kept or {}
        self._path: str | None = None
        self._positions: YamlPositions | JsonPositions | None = None

    def locate(self, origin: Origin, pointer: str) -> Location:
        full = origin.pointer + pointer
        if origin.path != self._path:
            self._path, self._positions = origin.path, self._read(origin.path)
        found = self._positions.locate(origin.document, full) if self._positions else None
        line, column = found or (None, None)
        return Location(origin.path, line, column, origin.document, full)

    def _read(self, path: str) -> YamlPositions | JsonPositions | None:
        """The positions of a file, or None when it changed since it was read and is gone or no text."""
        try:
            text = decode(self._kept[path] if path in self._kept else Path(path).read_bytes(), path).text
        except (OSError, NotTextError):
            return None
        text = unwrap(text) or text
        if not is_json_text(text):
            return YamlPositions(text)
        return JsonPositions(text) if looks_like_plan(text) else parse_text(text, YamlReader()).positions(text)
