"""YAML exactly as Kubernetes reads it: goyaml.v2, then JSON (sigs.k8s.io/yaml).

Stricter where Kubernetes is silent: a key written twice is a fault (kubectl keeps the last one), and
so is what stands behind a document without a separator (kubectl drops it). More lenient where it
does not matter: `%YAML 1.2` is read. Known differences: a lone `!` does not make a plain scalar text,
and nesting ends at 250 levels, not 10,000.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from guardrail.syntax.documents import ParsedDocument, SyntaxFault
from guardrail.syntax.scalars import KeyTexts, PlainValues, ScalarError, key_text, resolve_tagged, tagged_value
from guardrail.syntax.yaml_nodes import MAX_DEPTH, Composed, Unreadable, YamlNode, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ParsedDocument", "SyntaxFault", "YamlReader", "as_lines", "is_merge", "read_yaml"]

# goyaml.v2's limits on alias expansion (decode.go): counts of nodes.
_FREE_ALIASED, _FREE_NODES = 100, 1_000
_RATIO_FALLS_FROM, _RATIO_FALLS_TO = 400_000, 4_000_000
_RATIO_HIGH, _RATIO_LOW = 0.99, 0.10

# 50,000: the words of a repository; a few megabytes.
_MAX_REMEMBERED = 50_000

_TIGHT_COMMENT = re.compile(r"^---#", re.MULTILINE)
_MERGE_TAG = "tag:yaml.org,2002:merge"
_UNFINISHED = object()


def read_yaml(text: str) -> Iterator[ParsedDocument | SyntaxFault]:
    """The documents of a stream in their order, and in place of one that Kubernetes could not read its faults.

    Values are JSON values: dict with str keys, list, str, int (within int64), float (finite), bool,
    None. Parts that the text shares by alias are shared objects: do not change them. An empty
    document has the value None. Never raises.
    """
    return YamlReader().read(text)


class YamlReader:
    """`read_yaml` for many texts: it remembers what scalars and keys mean from one text to the next."""

    __slots__ = ("keys", "plain")

    def __init__(self) -> None:
        self.plain = PlainValues()
        self.keys = KeyTexts()

    def read(self, text: str) -> Iterator[ParsedDocument | SyntaxFault]:
        """As `read_yaml`."""
        for memo in (self.plain, self.keys):
            if len(memo) > _MAX_REMEMBERED:
                memo.clear()
        text = as_lines(text)
        builder = _Builder(self.plain, self.keys, may_alias="*" in text and "&" in text)
        for document in compose(text):
            if isinstance(document, SyntaxFault):
                yield document
            else:
                yield from builder.read(document)


def as_lines(text: str) -> str:
    """The text as kubectl hands it on.

    Without a byte order mark, with an end to the last line, which a block of text keeps, and with the
    space that YAML wants between a separator and its comment (`---#`) and kubectl does not.
    """
    text = text.removeprefix("\ufeff")
    if "---#" in text:
        text = _TIGHT_COMMENT.sub("--- #", text)
    return text if not text or text.endswith("\n") else text + "\n"


class _Builder:
    """Values from the nodes of one text."""

    __slots__ = ("aliased", "built", "depth", "document", "faults", "keys", "may_alias", "plain", "shared")

    def __init__(self, plain: PlainValues, keys: KeyTexts, *, may_alias: bool) -> None:
        self.plain = plain
        self.keys = keys
        self.may_alias = may_alias
        self.shared: dict[int, Any] = {}  # node id → (value, nodes in it); the tree keeps the ids valid
        self.faults: list[SyntaxFault] = []
        self.document: Composed | None = None

    def read(self, document: Composed) -> Iterator[ParsedDocument | SyntaxFault]:
        """The value of a document, or its faults."""
        self.shared.clear()
        self.faults.clear()
        self.built = self.aliased = self.depth = 0
        self.document, root = document, document.root
        try:
            value = None if root is None else self.build(root)
        except Unreadable as error:
            self.fault(str(error), error.mark)
        if self.faults:
            yield from self.faults
        else:
            yield ParsedDocument(value, document.index, document.place(root.start_mark)[0] if root else document.line + 1)

    def fault(self, message: str, mark: Any) -> None:
        assert self.document is not None
        self.faults.append(self.document.fault(message, mark))

    def build(self, node: YamlNode) -> Any:
        tag = node.tag
        if tag is False:
            return node.value
        if type(node) is not ScalarNode:
            return self.container(node)
        try:
            return self.plain[node.value] if tag is True else tagged_value(tag, node.value)
        except ScalarError as error:
            return self.fault(str(error), node.start_mark)

    def container(self, node: YamlNode) -> Any:
        if self.may_alias and (known := self.shared.get(id(node))):
            return self.reuse(node, known)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH} levels", node.start_mark)
        before = self.begin(node) if self.may_alias else 0
        value: Any
        if type(node) is MappingNode:
            value = self.mapping(node)
        else:
            value = []
            for item in node.value:
                # As in `build`, without its frame: scalars of lists are many, and the stack is short.
                value.append(item.value if item.tag is False else self.build(item))
        self.depth -= 1
        if self.may_alias:
            self.shared[id(node)] = value, self.built - before
        return value

    def begin(self, node: YamlNode) -> int:
        """Counts a container's nodes as goyaml.v2 does; the count before them."""
        before, self.shared[id(node)] = self.built, (_UNFINISHED, 0)
        self.built += 1 + (2 if type(node) is MappingNode else 1) * len(node.value)
        return before

    def reuse(self, node: YamlNode, known: tuple[Any, int]) -> Any:
        """The value of a container that an alias meets again, unless aliases are a bomb."""
        value, size = known
        if value is _UNFINISHED:
            raise Unreadable("an anchor contains itself", node.start_mark)
        self.built += size
        self.aliased += size
        if self.aliased > _FREE_ALIASED and self.built > _FREE_NODES and self.aliased / self.built > _allowed_ratio(self.built):
            raise Unreadable("aliases are expanded too often; Kubernetes refuses this as an alias bomb", node.start_mark)
        return value

    def mapping(self, node: YamlNode) -> dict[str, Any]:
        made: dict[Any, Any] = {}
        plain, keys, pairs = self.plain, self.keys, iter(node.value)
        key_node = value_node = None
        try:
            for key_node, value_node in pairs:
                key = keys[key_node.value] if key_node.tag is True else self.key(key_node)
                tag = value_node.tag
                if tag is True:
                    made[key] = plain[value_node.value]
                elif tag is None:
                    made[key] = self.container(value_node)
                else:
                    made[key] = self.build(value_node)
        except ScalarError:
            # A merge key, or something that cannot be read: this member and those behind it go the long way.
            self.members(made, chain([(key_node, value_node)], pairs))
            self.refuse_duplicates(node)
        else:
            if len(made) != len(node.value):
                self.refuse_duplicates(node)
        return made

    def members(self, made: dict[Any, Any], pairs: Iterable[tuple[YamlNode, YamlNode]]) -> None:
        """Adds members to a mapping; merged maps are shallow, and what stands later wins."""
        for key_node, value_node in pairs:
            if is_merge(key_node):
                for source in self.merge_sources(value_node):
                    made.update(self.build(source))
                continue
            try:
                made[self.key(key_node)] = self.build(value_node)
            except ScalarError as error:
                self.fault(str(error), key_node.start_mark)

    def key(self, node: YamlNode) -> str:
        """The JSON key of a key node. Raises ScalarError when it cannot be one, and for the merge key."""
        tag, text = node.tag, node.value
        if type(node) is not ScalarNode:
            raise ScalarError("a mapping or a list cannot be a key")
        if is_merge(node):
            raise ScalarError("a merge key")
        if tag is True:
            return self.keys[text]
        return text if tag is False else key_text(resolve_tagged(tag, text))

    def merge_sources(self, node: YamlNode) -> list[YamlNode]:
        """The mappings that a merge key names, the one that wins last."""
        sources = node.value[::-1] if type(node) is SequenceNode else [node]
        wrong = next((source for source in sources if type(source) is not MappingNode), None)
        if wrong is not None:
            raise Unreadable("a merge key (<<) takes a mapping or a list of mappings", wrong.start_mark)
        return sources

    def refuse_duplicates(self, node: YamlNode) -> None:
        assert self.document is not None
        first: dict[str, YamlNode] = {}
        for key_node, _ in node.value:
            try:
                key = self.key(key_node)
            except ScalarError:
                continue
            if key in first:
                line, _ = self.document.place(first[key].start_mark)
                self.fault(f"duplicate key {json.dumps(key, ensure_ascii=False)} (first at line {line})", key_node.start_mark)
            first.setdefault(key, key_node)


def is_merge(node: YamlNode) -> bool:
    """Whether a key node is the merge key `<<`."""
    tag: Any = node.tag
    return type(node) is ScalarNode and node.value == "<<" and (tag is True or tag == _MERGE_TAG)


def _allowed_ratio(built: int) -> float:
    if built <= _RATIO_FALLS_FROM:
        return _RATIO_HIGH
    if built >= _RATIO_FALLS_TO:
        return _RATIO_LOW
    return _RATIO_HIGH - (_RATIO_HIGH - _RATIO_LOW) * (built - _RATIO_FALLS_FROM) / (_RATIO_FALLS_TO - _RATIO_FALLS_FROM)
