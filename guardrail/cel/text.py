"""A syntax tree as text again: parsing the text gives the same tree."""

from __future__ import annotations

import re
from typing import Any

from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.values import UInt

__all__ = ["literal", "text_of"]

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NOT_FIELDS = frozenset(("true", "false", "null", "in"))
_OPERATOR = re.compile(r"_([^_\[?]+)_")
_PRECEDENCES = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
}
_CONDITIONAL, _OR, _AND, _UNARY, _MEMBER = 0, 1, 2, 6, 7
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_Part = str | tuple[Node, int]
"""Text, or a node with the precedence that it must have to stand without parentheses."""


def text_of(tree: Node) -> str:
    """The text of an expression, with the parentheses it needs."""
    written: list[str] = []
    todo: list[_Part] = [(tree, _CONDITIONAL)]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            written.append(part)
            continue
        node, wanted = part
        parts, precedence = _parts(node)
        todo.extend(reversed(parts if precedence >= wanted else ["(", *parts, ")"]))
    return "".join(written)


def literal(value: Any) -> str:
    """A scalar as a literal."""
    if type(value) is UInt:
        return f"{int(value)}u"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return '"' + "".join(_character(character) for character in value) + '"'
    if isinstance(value, bytes):
        return 'b"' + "".join(f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte) for byte in value) + '"'  # noqa: PLR2004
    return repr(value)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"  # noqa: PLR2004


def _parts(node: Node) -> tuple[list[_Part], int]:
    """What a node is written as, and its precedence."""
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Fold):
        return _fold(node), _MEMBER
    if isinstance(node, Const):
        negative = isinstance(node.value, (int, float)) and repr(node.value).startswith("-")
        return [literal(node.value)], _UNARY if negative else _MEMBER
    if isinstance(node, Ident):
        return [("." if node.rooted else "") + node.name], _MEMBER
    if isinstance(node, Select):
        chain: list[_Part] = [(node.operand, _MEMBER), ".?" if node.optional else ".", _field(node.field)]
        return (["has(", *chain, ")"] if node.test_only else chain), _MEMBER
    return _collection(node), _MEMBER


def _field(name: str) -> str:
    return name if _NAME.fullmatch(name) and name not in _NOT_FIELDS else f"`{name}`"


def _collection(node: ListExpr | MapExpr | StructExpr) -> list[_Part]:
    if isinstance(node, ListExpr):
        items: list[list[_Part]] = [[(item, _CONDITIONAL)] for item in node.elements]
        opening, closing = "[", "]"
    elif isinstance(node, MapExpr):
        items = [[(key, _CONDITIONAL), ": ", (value, _CONDITIONAL)] for key, value in node.entries]
        opening, closing = "{", "}"
    else:
        items = [[f"{_field(name)}: ", (value, _CONDITIONAL)] for name, value in node.fields]
        opening, closing = node.name + "{", "}"
    marked = [["?", *item] if index in node.optional else item for index, item in enumerate(items)]
    return [opening, *_joined(marked), closing]


def _joined(items: list[list[_Part]], between: str = ", ") -> list[_Part]:
    return [part for index, item in enumerate(items) for part in ([between, *item] if index else item)]


def _call(node: Call) -> tuple[list[_Part], int]:
    name, args = node.function, node.args
    if node.target is None and (operator := _operator(name, args)) is not None:
        return operator
    receiver: list[_Part] = [(node.target, _MEMBER), "."] if node.target is not None else []
    return [*receiver, f"{name}(", *_joined([[(arg, _CONDITIONAL)] for arg in args]), ")"], _MEMBER


def _operator(name: str, args: list[Node]) -> tuple[list[_Part], int] | None:
    if name == "_?_:_":
        return [(args[0], _OR), " ? ", (args[1], _OR), " : ", (args[2], _CONDITIONAL)], _CONDITIONAL
    if name in ("_||_", "_&&_"):
        own = _OR if name == "_||_" else _AND
        return _joined([[(arg, own + 1)] for arg in args], f" {name[1:-1]} "), own
    if name in ("!_", "-_"):
        return [name[0], (args[0], _UNARY if name == "!_" and not _same_sign(args[0], name) else _MEMBER)], _UNARY
    if name in ("_[_]", "_[?_]"):
        return [(args[0], _MEMBER), "[?" if name == "_[?_]" else "[", (args[1], _CONDITIONAL), "]"], _MEMBER
    symbol = "in" if name == "@in" else match[1] if (match := _OPERATOR.fullmatch(name)) else ""
    if symbol not in _PRECEDENCES:
        return None
    own = _PRECEDENCES[symbol]
    return [(args[0], own), f" {symbol} ", (args[1], own + 1)], own


def _same_sign(operand: Node, name: str) -> bool:
    """Whether two signs would stand beside each other, which is read as none."""
    return isinstance(operand, Call) and operand.function == name


def _fold(node: Fold) -> list[_Part]:
    if node.kind == "bind":
        return [f"cel.bind({node.names[0]}, ", (node.range, _CONDITIONAL), ", ", (node.body, _CONDITIONAL), ")"]
    bodies = [node.condition] if node.kind == "filter" else [node.condition, node.body]
    kind = "existsOne" if node.kind == "exists_one" and len(node.names) > 1 else node.kind
    args: list[list[_Part]] = [[name] for name in node.names]
    args.extend([(body, _CONDITIONAL)] for body in bodies if body is not None)
    return [(node.range, _MEMBER), f".{kind}(", *_joined(args), ")"]
