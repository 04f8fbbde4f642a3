"""Policy and profile files: values with the place of each, down to a column inside a text.

A fault of an expression is found inside a YAML scalar, which may be quoted, folded or a block; its
place is mapped back to the file, so that an editor can jump to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from guardrail.errors import Fault
from guardrail.syntax.documents import ParsedDocument, SyntaxFault
from guardrail.syntax.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Path", "SourceDocument", "read_documents", "shown"]

Path: TypeAlias = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_EXCERPT_CHARS = 120
_LEAD_CHARS = 60  # of a long line, shown before the caret


def shown(path: Path) -> str:
    """A YAML path as people write it: `spec.validations[0].expression`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document of a policy or profile file."""

    path: str
    lines: tuple[str, ...]
    root: Node
    value: Any

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> Fault:
        """A fault at a value, or at its key; where the path is not written, at the nearest parent that is."""
        node, reached = _walk(self.root, path)
        if at_key and reached == len(path):
            node = _key_node(self.root, path) or node
        mark = node.start_mark
        return Fault(self.path, mark.line + 1, mark.column + 1, shown(path), message)

    def text_fault(self, path: Path, line: int, column: int, message: str) -> Fault:
        """A fault inside a text; `line` and `column` count from 1 in the value of the text."""
        node, reached = _walk(self.root, path)
        if reached != len(path) or not isinstance(node, ScalarNode):
            return self.fault(path, message)
        at_line, at_column = _place_in(node, self.lines, line, column)
        excerpt, caret = self._excerpt(node, at_line, at_column)
        return Fault(self.path, at_line + 1, at_column + 1, shown(path), message, excerpt, caret)

    def _excerpt(self, node: ScalarNode, line: int, column: int) -> tuple[str, int]:
        """The part of the line that belongs to the text, and the column of the fault in it."""
        text = self.lines[line]
        first = node.start_mark.column if line == node.start_mark.line else len(text) - len(text.lstrip())
        last = node.end_mark.column if line == node.end_mark.line else len(text)
        first += 1 if node.style in {"'", '"'} and line == node.start_mark.line else 0
        last -= 1 if node.style in {"'", '"'} and line == node.end_mark.line else 0
        first = max(first, column - _LEAD_CHARS) if last - first > _MAX_EXCERPT_CHARS else first
        return text[first : min(last, first + _MAX_EXCERPT_CHARS)].rstrip(), column - first + 1


def read_documents(path: str, text: str) -> tuple[list[SourceDocument], list[Fault]]:
    """The documents of a file, or what is wrong with its YAML. Empty documents are left out."""
    parsed: list[ParsedDocument] = []
    faults: list[Fault] = []
    for found in read_yaml(text):
        if isinstance(found, SyntaxFault):
            lead = len(found.excerpt) - len(found.excerpt.lstrip())
            faults.append(Fault(path, found.line, found.column, "", found.message, found.excerpt.strip(), max(found.column - lead, 0)))
        elif found.value is not None:
            parsed.append(found)
    if faults or not parsed:
        return [], faults
    lines = tuple(text.splitlines())
    roots = list(yaml.compose_all(text, Loader=_LOADER))  # with the style and the end of every scalar, for places inside texts
    return [SourceDocument(path, lines, roots[document.index], document.value) for document in parsed], []


def _children(node: Node) -> Mapping[str | int, Node]:
    if isinstance(node, MappingNode):
        return {key.value: value for key, value in node.value if isinstance(key, ScalarNode)}
    return {} if isinstance(node, ScalarNode) else dict(enumerate(node.value))


def _walk(root: Node, path: Path) -> tuple[Node, int]:
    node = root
    for reached, part in enumerate(path):
        children = _children(node)
        if part not in children:
            return node, reached
        node = children[part]
    return node, len(path)


def _key_node(root: Node, path: Path) -> Node | None:
    parent, _ = _walk(root, path[:-1])
    if not isinstance(parent, MappingNode):
        return None
    return next((key for key, _ in parent.value if key.value == path[-1]), None)


def _place_in(node: ScalarNode, lines: tuple[str, ...], line: int, column: int) -> tuple[int, int]:
    """The line and column (from 0) in the file of a place in the value of a scalar.

    Folding and quoting change white space and escapes only, so that the place is found by counting
    the other characters.
    """
    value_lines = node.value.splitlines() or [""]
    before = "".join((*value_lines[: line - 1], value_lines[min(line, len(value_lines)) - 1][: column - 1]))
    wanted = sum(1 for char in before if not char.isspace())
    place = (node.start_mark.line, node.start_mark.column)
    for at, column_at in _written(node, lines):
        place = (at, column_at)
        if wanted == 0:
            return place
        wanted -= 1
    return place[0], place[1] + (1 if wanted == 0 else 0)


def _written(node: ScalarNode, lines: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """The places of the characters of a scalar that are no white space, in order."""
    start, end = node.start_mark, node.end_mark
    block = node.style in {"|", ">"}
    for line in range(start.line + (1 if block else 0), min(end.line, len(lines) - 1) + 1):
        text = lines[line]
        column = start.column + (1 if node.style in {"'", '"'} else 0) if line == start.line else 0
        last = end.column - (1 if node.style in {"'", '"'} else 0) if line == end.line else len(text)
        while column < last:
            escaped = (node.style == '"' and text[column] == "\\") or (node.style == "'" and text[column : column + 2] == "''")
            if not text[column].isspace() and not (escaped and text[column + 1 : column + 2] in {"n", "t", "r", ""} and node.style == '"'):
                yield line, column
            column += 2 if escaped else 1
