"""YAML text to node trees, document by document, past documents that are broken.

libyaml (through PyYAML's C parser) does the scanning. Its composer is used with a resolver that
decides nothing, so that the tag of a node is one of four things: True for a scalar whose text
decides its type, False for text, None for a mapping or a sequence, else the tag that is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml._yaml import CParser
from yaml.composer import ComposerError
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent, StreamEndEvent
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from guardrail.syntax.documents import SyntaxFault, line_at
from guardrail.syntax.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "Composed", "Unreadable", "YamlNode", "compose"]

# A node of PyYAML; not its class, whose stubs know tags as text only.
YamlNode: TypeAlias = Any

# Kubernetes stops at 10,000 levels and libyaml at 1,000. Python's stack holds 1,000 frames, two for
# each level here, and the caller and those who walk the value need some too. Real objects nest
# less than 100 deep.
MAX_DEPTH = 250

# Where a stream may be cut: three dashes at the start of a line, alone or before white space, with
# the directives above them. {0,8}: more directives than exist, and the search stays linear.
_SEPARATOR = re.compile(r"^(?:%[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n){0,8}){0,8}---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# libyaml's words, and what helps. The second cannot be told from the first without the character.
_CANNOT_START = "found character that cannot start any token"
_ADVICE = {
    "exceeded maximum nesting depth": "nested too deeply",
    "found undefined alias": "this alias has no anchor before it in the document",
    "found a tab character that violates indentation": "a tab cannot indent YAML; use spaces",
}


class Unreadable(Exception):  # noqa: N818 - it never leaves the package; what leaves is a SyntaxFault
    """A node that cannot be read, with its mark."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Composed:
    """One document as a tree of nodes; `root` is None when the document is empty.

    `offset` and `line` (from 0) are where the marks of its nodes count from.
    """

    root: YamlNode | None
    index: int
    lines: Lines
    offset: int
    line: int

    def place(self, mark: Any) -> tuple[int, int]:
        """The line and column of a mark, from 1."""
        if self.lines.agrees_with_yaml:
            return self.line + mark.line + 1, mark.column + 1
        return self.lines.place(self.offset + mark.index)

    def fault(self, message: str, mark: Any) -> SyntaxFault:
        """A fault of this document at a mark."""
        line, column = self.place(mark)
        return SyntaxFault(message, line, column, self.index, line_at(self.lines.text, self.offset + mark.index))


class _Composer(CParser):
    """PyYAML's C composer without tag resolution."""

    def resolve(self, _kind: type[YamlNode], value: str | None, implicit: Any) -> bool | None:
        # libyaml's flags of a scalar: its text decides the type when it is plain, when it is quoted.
        return None if value is None else implicit[0]

    def descend_resolver(self, _parent: YamlNode | None, _index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def compose(text: str) -> Iterator[Composed | SyntaxFault]:
    """The documents of a stream in their order, and a fault for each that cannot be parsed.

    After the first fault the stream is cut at its separators, so that one broken document does not
    hide those behind it.
    """
    lines, done = Lines(text), 0
    try:
        for root in _roots(text):
            yield Composed(root, done, lines, 0, 0)
            done += 1
    except (yaml.YAMLError, UnicodeEncodeError):
        yield from _after(done, _compose_pieces(lines))


def _roots(text: str) -> Iterator[YamlNode | None]:
    composer: Any = _Composer(text)
    while composer.check_node():
        root = composer.get_node()
        yield None if _is_empty(root) else root


def _is_empty(root: YamlNode) -> bool:
    return isinstance(root, ScalarNode) and not root.value and root.start_mark.index == root.end_mark.index


def _after(done: int, documents: Iterator[Composed | SyntaxFault]) -> Iterator[Composed | SyntaxFault]:
    for at, document in enumerate(documents):
        if at >= done:
            yield document


def _compose_pieces(lines: Lines) -> Iterator[Composed | SyntaxFault]:
    index, line, text = 0, 0, lines.text
    cuts = [found.start() for found in _SEPARATOR.finditer(text)]
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        piece = text[start:end]
        for document in _compose_piece(piece, Composed(None, index, lines, start, line)):
            yield document
            index += 1
        line += piece.count("\n")


def _compose_piece(piece: str, place: Composed) -> Iterator[Composed | SyntaxFault]:
    """The documents of a piece; more than one only where `...` ends a document."""
    at = place
    try:
        for root in _roots(piece):
            yield replace(at, root=root)
            at = replace(at, index=at.index + 1)
    except ComposerError:
        # PyYAML refuses to define an anchor twice, which YAML and Kubernetes allow.
        yield from _after(at.index - place.index, _compose_events(piece, place))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        yield _fault(error, piece, at)


def _fault(error: yaml.YAMLError | UnicodeEncodeError, piece: str, at: Composed) -> SyntaxFault:
    if isinstance(error, yaml.MarkedYAMLError):
        return at.fault(_message(error, piece, at), error.problem_mark or error.context_mark)
    found = _FORBIDDEN.search(piece)
    offset = at.offset + (found.start() if found else 0)
    line, column = at.lines.place(offset)
    name = f"U+{ord(found[0]):04X}" if found else "a character"
    return SyntaxFault(f"{name} is not allowed in YAML; write it as an escape in double quotes", line, column, at.index)


def _message(error: yaml.MarkedYAMLError, piece: str, at: Composed) -> str:
    problem, mark, context = error.problem or "not YAML", error.problem_mark, error.context_mark
    if problem == _CANNOT_START and mark is not None:
        character = piece[mark.index : mark.index + 1]
        return (
            _ADVICE["found a tab character that violates indentation"]
            if character == "\t"
            else f"a value cannot begin with {character}; put it into quotes"
        )
    if problem in _ADVICE or context is None or mark is None:
        return _ADVICE.get(problem, problem)
    begun = at.place(context)[0]
    return f"{problem} {error.context}" + (f" that begins at line {begun}" if begun != at.place(mark)[0] else "")


def _compose_events(piece: str, place: Composed) -> Iterator[Composed | SyntaxFault]:
    at, parser = place, CParser(piece)
    try:
        parser.get_event()
        while not parser.check_event(StreamEndEvent):
            parser.get_event()
            root = _compose_node(parser, {}, 0)
            yield replace(at, root=None if _is_empty(root) else root)
            at = replace(at, index=at.index + 1)
            parser.get_event()
    except Unreadable as error:
        yield at.fault(str(error), error.mark)
    except yaml.YAMLError as error:
        yield _fault(error, piece, at)


def _compose_node(parser: Any, anchors: dict[str, YamlNode], depth: int) -> YamlNode:
    event = parser.get_event()
    if isinstance(event, AliasEvent):
        if event.anchor not in anchors:
            raise Unreadable(_ADVICE["found undefined alias"], event.start_mark)
        return anchors[event.anchor]
    if depth > MAX_DEPTH:
        raise Unreadable(_ADVICE["exceeded maximum nesting depth"], event.start_mark)
    node = _node_of(event)
    if event.anchor is not None:
        anchors[event.anchor] = node
    if isinstance(node, SequenceNode):
        while not parser.check_event(SequenceEndEvent):
            node.value.append(_compose_node(parser, anchors, depth + 1))
        parser.get_event()
    elif isinstance(node, MappingNode):
        while not parser.check_event(MappingEndEvent):
            key = _compose_node(parser, anchors, depth + 1)
            node.value.append((key, _compose_node(parser, anchors, depth + 1)))
        parser.get_event()
    return node


def _node_of(event: Any) -> YamlNode:
    kind: Any = _KINDS[type(event)]
    if kind is not ScalarNode:
        return kind(event.tag, [], event.start_mark)
    return kind(event.implicit[0] if event.tag is None else event.tag, event.value, event.start_mark, event.end_mark)


_KINDS = {ScalarEvent: ScalarNode, SequenceStartEvent: SequenceNode, MappingStartEvent: MappingNode}
