"""Where in a YAML text a value is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from guardrail.syntax.documents import SyntaxFault
from guardrail.syntax.pointers import split_pointer
from guardrail.syntax.scalars import ScalarError, key_text, resolve_plain, resolve_tagged
from guardrail.syntax.yaml_nodes import YamlNode, compose
from guardrail.syntax.yaml_text import as_lines, is_merge

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["YamlPositions"]


class YamlPositions:
    """The places of the values of a text, which is composed once."""

    def __init__(self, text: str) -> None:
        composed = compose(as_lines(text))
        self._documents = {found.index: found for found in composed if not isinstance(found, SyntaxFault)}

    def locate(self, document: int, pointer: str) -> tuple[int, int] | None:
        """The line and column of a JSON pointer, or of its nearest parent that is written; from 1.

        A member of a mapping is at its value when that begins on the line of its key, else at the
        key. None when the document does not exist, is empty or is broken.
        """
        found = self._documents.get(document)
        if found is None or found.root is None:
            return None
        node, mark = found.root, found.root.start_mark
        for token in split_pointer(pointer):
            step = _child(node, token)
            if step is None:
                break
            node, mark = step
        return found.place(mark)


def _child(node: YamlNode, token: str) -> tuple[YamlNode, Any] | None:
    if isinstance(node, SequenceNode):
        # isdecimal takes other scripts' digits too, which no pointer has.
        inside = token.isascii() and token.isdecimal() and int(token) < len(node.value)
        return (node.value[int(token)], node.value[int(token)].start_mark) if inside else None
    return _member(node, token) if isinstance(node, MappingNode) else None


def _member(node: YamlNode, key: str) -> tuple[YamlNode, Any] | None:
    """The member that counts: the last one, be it written here or merged."""
    for key_node, value_node in reversed(node.value):
        if is_merge(key_node):
            for source in _sources(value_node):
                if found := _member(source, key):
                    return found
        elif _key(key_node) == key:
            below = value_node.start_mark.line != key_node.start_mark.line
            return value_node, (key_node if below else value_node).start_mark
    return None


def _sources(node: YamlNode) -> Iterator[YamlNode]:
    yield from (source for source in (node.value if isinstance(node, SequenceNode) else [node]) if isinstance(source, MappingNode))


def _key(node: YamlNode) -> str | None:
    tag, text = node.tag, node.value
    if not isinstance(node, ScalarNode):
        return None
    if tag is False:
        return str(text)
    try:
        return key_text(resolve_plain(text) if tag is True else resolve_tagged(tag, text))
    except ScalarError:
        return None
