"""A text of manifests to documents: JSON or YAML, as kubectl tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.syntax.documents import ParsedDocument, SyntaxFault
from guardrail.syntax.json_positions import JsonPositions
from guardrail.syntax.json_text import read_json
from guardrail.syntax.yaml_positions import YamlPositions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.syntax.yaml_text import YamlReader

__all__ = ["Parsed", "is_json_text", "parse_text"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of one text and the faults of those that cannot be read, with the syntax that they were read by."""

    documents: Sequence[ParsedDocument | SyntaxFault]
    json: bool

    @property
    def faulty(self) -> bool:
        """Whether some document cannot be read."""
        return any(isinstance(document, SyntaxFault) for document in self.documents)

    def positions(self, text: str) -> JsonPositions | YamlPositions:
        """The places of the values of these documents in their text."""
        return JsonPositions(text) if self.json else YamlPositions(text)


def is_json_text(text: str) -> bool:
    """Whether a text begins as JSON does; a template's `{{` is no JSON."""
    head = text[:4096].lstrip("\ufeff \t\r\n") or text.lstrip("\ufeff \t\r\n")
    return head[:1] in {"{", "["} and not head.startswith(("{{", "{%", "[command]"))


def parse_text(text: str, reader: YamlReader) -> Parsed:
    """The documents of a text.

    A brace may begin JSON, YAML's flow style, or documents of JSON between YAML's separators: what
    is no JSON throughout is read as YAML where that gives more documents, or as many with fewer
    faults.
    """
    if not is_json_text(text):
        return Parsed(list(reader.read(text)), json=False)
    as_json = Parsed(list(read_json(text)), json=True)
    if not as_json.faulty:
        return as_json
    as_yaml = Parsed(list(reader.read(text)), json=False)
    return max(as_json, as_yaml, key=lambda parsed: _yield(parsed.documents))


def _yield(documents: Iterable[ParsedDocument | SyntaxFault]) -> tuple[int, int]:
    parsed = [isinstance(document, ParsedDocument) for document in documents]
    return parsed.count(True), -parsed.count(False)
