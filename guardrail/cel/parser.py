"""Tokens to a syntax tree.

An operator-precedence parser with stacks of its own: nesting costs no Python recursion, long chains cost none of the nesting
limit. Macros are expanded as their call closes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardrail.cel.errors import CompileError, Fault
from guardrail.cel.lexer import END, Token, tokenise
from guardrail.cel.macros import expand, macro_key
from guardrail.cel.names import qualified_name
from guardrail.cel.nodes import Call, Const, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.source import MAX_SOURCE, Source
from guardrail.cel.values import INT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_NESTING", "RESERVED", "parse"]

MAX_NESTING = 250
"""As in cel-go: how deep parentheses, calls, literals and conditionals may stand in each other. Chains of operators, `&&`, `||`, `? :` and
selections do not count; they may be as long as the source."""

RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    ),
)
_BINARY = {
    "||": (2, "_||_"),
    "&&": (3, "_&&_"),
    "<": (4, "_<_"),
    "<=": (4, "_<=_"),
    ">": (4, "_>_"),
    ">=": (4, "_>=_"),
    "==": (4, "_==_"),
    "!=": (4, "_!=_"),
    "in": (4, "@in"),
    "+": (5, "_+_"),
    "-": (5, "_-_"),
    "*": (6, "_*_"),
    "/": (6, "_/_"),
    "%": (6, "_%_"),
}
_CHAINS = frozenset(("_||_", "_&&_"))
_UNARY = {"!": "!_", "-": "-_"}
_CLOSERS = {"(": ")", "call": ")", "[": "]", "index": "]", "{": "}", "struct": "}", "root": END}
_TRAILING_COMMA = frozenset(("[", "{", "struct"))
_EXPECTED = "Syntax error: mismatched input '{}' expecting {}"


@dataclass(slots=True)
class _Operator:
    """A waiting operator: binary, unary (`repeat` times) or one half of a conditional."""

    name: str
    precedence: int
    offset: int
    repeat: int = 1


@dataclass(slots=True)
class _Frame:
    """An open bracket with the operands and operators inside it, and the items it has collected."""

    kind: str
    offset: int
    start: int = 0
    base: Node | None = None
    name: str = ""
    optional_index: bool = False
    operands: list[Node] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    keys: list[Node] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    colons: list[int] = field(default_factory=list)
    optional: set[int] = field(default_factory=set)


class _SyntaxFault(Exception):  # noqa: N818 - becomes a Fault
    def __init__(self, offset: int, message: str) -> None:
        self.offset = offset
        self.message = message
        super().__init__(message)


def parse(text: str, *, macros: frozenset[str], quoted: bool = True) -> tuple[Node, Source]:
    """The tree of an expression. Raises CompileError.

    `macros` are the keys that may be expanded (`name:arguments`); `quoted` allows field names in backticks.
    """
    source = Source(text)
    if len(text) > MAX_SOURCE:
        raise CompileError([Fault(1, 1, f"expression code point size exceeds limit: size: {len(text)}, limit {MAX_SOURCE}")])
    faults: list[Fault] = []
    tokens = tokenise(source, faults)
    source.quoted = [token.offset for token in tokens if token.kind == "quoted"]
    if not quoted:
        faults.extend(source.fault(offset, "unsupported syntax: '`'") for offset in source.quoted)
    parser = _Parser(tokens, source, faults, macros)
    try:
        tree = parser.run()
    except _SyntaxFault as fault:
        faults.append(source.fault(fault.offset, fault.message))
        raise CompileError(faults) from None
    if faults:
        raise CompileError(faults)
    return tree, source


class _Parser:
    def __init__(self, tokens: list[Token], source: Source, faults: list[Fault], macros: frozenset[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._source = source
        self._faults = faults
        self._macros = macros
        self._frames = [_Frame("root", 0)]
        self._tree: Node | None = None

    def run(self) -> Node:
        step: Callable[[], Callable[..., object]] = self._operand
        while self._tree is None:
            step = step()  # type: ignore[assignment]  # each state returns the next
        return self._tree

    # -- tokens

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != END:
            self._at += 1
        return token

    def _take(self, kind: str) -> bool:
        if self._tokens[self._at].kind == kind:
            self._at += 1
            return True
        return False

    def _unexpected(self, token: Token, expecting: str) -> _SyntaxFault:
        shown = "<EOF>" if token.kind == END else self._source.text[token.offset : token.end]
        return _SyntaxFault(token.offset, _EXPECTED.format(shown, expecting))

    def _fault(self, offset: int, message: str) -> None:
        self._faults.append(self._source.fault(offset, message))

    def _open(self, frame: _Frame) -> Callable[[], object]:
        if len(self._frames) >= MAX_NESTING:
            raise _SyntaxFault(frame.offset, f"expression nested too deeply: limit {MAX_NESTING}")
        self._frames.append(frame)
        return self._item

    # -- where an operand is expected

    def _item(self) -> Callable[[], object]:
        """The start of a bracket's next item, or its end."""
        frame = self._frames[-1]
        if self._peek().kind == _CLOSERS[frame.kind] and frame.kind not in ("(", "index", "root"):
            return self._close
        if (
            frame.kind in _TRAILING_COMMA
            and not frame.items
            and self._peek().kind == ","
            and self._tokens[self._at + 1].kind == _CLOSERS[frame.kind]
        ):
            self._at += 1  # the grammar allows a lone comma: `[,]`
            return self._item
        if frame.kind == "struct":
            return self._struct_field
        if frame.kind in ("[", "{") and self._take("?"):
            frame.optional.add(len(frame.items))
        return self._operand

    def _struct_field(self) -> Callable[[], object]:
        frame = self._frames[-1]
        if self._take("?"):
            frame.optional.add(len(frame.items))
        token = self._next()
        if token.kind not in ("name", "quoted"):
            raise self._unexpected(token, "IDENTIFIER")
        colon = self._next()
        if colon.kind != ":":
            raise self._unexpected(colon, "':'")
        frame.names.append((str(token.value), colon.offset))
        return self._operand

    def _operand(self) -> Callable[[], object]:
        frame, token = self._frames[-1], self._next()
        kind = token.kind
        if kind in _UNARY:
            return self._unary(token)
        if kind == "literal":
            frame.operands.append(self._literal(token, negative=False))
            return self._operator
        if kind == "name" or (kind == "." and self._peek().kind == "name"):
            return self._name(token)
        if kind in ("(", "[", "{"):
            return self._open(_Frame(kind, token.offset))
        raise self._unexpected(token, "an expression")

    def _literal(self, token: Token, *, negative: bool) -> Node:
        value = token.value
        if negative:
            return Const(token.offset, -value)  # type: ignore[operator]  # only numbers come here
        if type(value) is int and value > INT_MAX:
            self._fault(token.offset, "invalid int literal")
        return Const(token.offset, value)

    def _unary(self, token: Token) -> Callable[[], object]:
        frame = self._frames[-1]
        repeat = 1
        while self._take(token.kind):
            repeat += 1
        following = self._peek()
        if token.kind == "-" and repeat == 1 and following.numeric and type(following.value) in (int, float):
            self._at += 1
            frame.operands.append(self._literal(following, negative=True))
            frame.operands[-1].offset = token.offset
            return self._operator
        if following.kind in _UNARY and not (following.kind == "-" and self._tokens[self._at + 1].numeric):
            raise self._unexpected(following, "an operand")
        frame.operators.append(_Operator(_UNARY[token.kind], 7, token.offset, repeat))
        return self._operand

    def _name(self, token: Token) -> Callable[[], object]:
        rooted = token.kind == "."
        start = token.offset
        if rooted:
            token = self._next()
        name = str(token.value)
        if name in RESERVED:
            self._fault(token.offset, f"reserved identifier: {name}")
        if self._peek().kind == "(":
            opened = self._next()
            return self._open(_Frame("call", opened.offset, start, name=("." if rooted else "") + name))
        self._frames[-1].operands.append(Ident(start, name, rooted))
        return self._operator

    # -- where an operator is expected

    def _operator(self) -> Callable[[], object]:  # noqa: PLR0911 - one line per token that may follow
        frame, token = self._frames[-1], self._peek()
        kind = token.kind
        if kind == ".":
            return self._member()
        if kind == "[":
            self._at += 1
            optional = self._take("?")
            base = frame.operands.pop()
            return self._open(_Frame("index", token.offset, base=base, optional_index=optional))
        if kind in _BINARY:
            self._at += 1
            precedence, name = _BINARY[kind]
            self._reduce(precedence)
            frame.operators.append(_Operator(name, precedence, token.offset))
            return self._operand
        if kind == "?":
            return self._question()
        if kind == ":" and any(operator.name == "?" for operator in frame.operators):
            return self._colon()
        if kind == "{":
            return self._struct(token)
        return self._end_of_item()

    def _member(self) -> Callable[[], object]:
        frame, dot = self._frames[-1], self._next()
        optional = self._take("?")
        token = self._next()
        if token.kind not in ("name", "quoted"):
            raise self._unexpected(token, "IDENTIFIER")
        base = frame.operands.pop()
        if token.kind == "name" and self._peek().kind == "(" and not optional:
            opened = self._next()
            return self._open(_Frame("call", opened.offset, dot.offset, base=base, name=str(token.value)))
        frame.operands.append(Select(dot.offset, base, str(token.value), optional=optional, start=token.offset))
        return self._operator

    def _question(self) -> Callable[[], object]:
        frame, token = self._frames[-1], self._next()
        self._reduce(2)
        if frame.operators and frame.operators[-1].name == "?":
            raise self._unexpected(token, "':'")
        frame.operators.append(_Operator("?", 1, token.offset))
        return self._operand

    def _colon(self) -> Callable[[], object]:
        frame = self._frames[-1]
        self._reduce(2)
        if frame.operators[-1].name != "?":
            return self._end_of_item()
        self._at += 1
        frame.operators[-1].name = ":"
        return self._operand

    def _struct(self, token: Token) -> Callable[[], object]:
        frame = self._frames[-1]
        name = qualified_name(frame.operands[-1])
        if name is None:
            raise self._unexpected(token, "an operator")
        self._at += 1
        base = frame.operands.pop()
        return self._open(_Frame("struct", token.offset, base=base, name=name))

    def _reduce(self, precedence: int) -> None:
        """Apply the waiting operators that bind at least as tightly."""
        frame = self._frames[-1]
        while frame.operators and frame.operators[-1].precedence >= precedence:
            if frame.operators[-1].name == "?":
                break
            self._apply(frame, frame.operators.pop())

    def _apply(self, frame: _Frame, operator: _Operator) -> None:
        right = frame.operands.pop()
        if operator.name in ("!_", "-_"):
            if operator.repeat % 2:
                right = Call(operator.offset, operator.name, [right])
            frame.operands.append(right)
            return
        left = frame.operands.pop()
        if operator.name == ":":
            condition = frame.operands.pop()
            frame.operands.append(Call(operator.offset, "_?_:_", [condition, left, right]))
        elif operator.name in _CHAINS and isinstance(left, Call) and left.function == operator.name and left.target is None:
            left.args.append(right)  # one node for the whole chain
            frame.operands.append(left)
        else:
            frame.operands.append(Call(operator.offset, operator.name, [left, right]))

    # -- the end of an item and of a bracket

    def _end_of_item(self) -> Callable[[], object]:
        frame, token = self._frames[-1], self._peek()
        self._reduce(2)
        if frame.operators and frame.operators[-1].name == "?":
            raise self._unexpected(token, "':'")
        self._reduce(1)
        value = frame.operands.pop()
        if token.kind == ":" and frame.kind == "{" and len(frame.keys) == len(frame.items):
            self._at += 1
            frame.keys.append(value)
            frame.colons.append(token.offset)
            return self._operand
        if frame.kind == "{" and len(frame.keys) == len(frame.items):
            raise self._unexpected(token, "':'")
        frame.items.append(value)
        if token.kind == "," and frame.kind in ("[", "{", "struct", "call"):
            self._at += 1
            if frame.kind == "call" and self._peek().kind == ")":
                raise self._unexpected(self._peek(), "an expression")
            return self._item
        if token.kind != _CLOSERS[frame.kind]:
            raise self._unexpected(token, f"'{_CLOSERS[frame.kind]}'" if frame.kind != "root" else "<EOF>")
        return self._close

    def _close(self) -> Callable[[], object]:
        frame = self._frames.pop()
        self._next()
        value = self._closed(frame)
        if not self._frames:
            self._tree = value
        else:
            self._frames[-1].operands.append(value)
        return self._operator

    def _closed(self, frame: _Frame) -> Node:
        kind, optional = frame.kind, frozenset(frame.optional)
        if kind in ("(", "root"):
            return frame.items[0]
        if kind == "[":
            return ListExpr(frame.offset, frame.items, optional)
        if kind == "{":
            return MapExpr(frame.offset, list(zip(frame.keys, frame.items, strict=True)), optional, frame.colons)
        if kind == "struct":
            pairs = [(name, item) for (name, _), item in zip(frame.names, frame.items, strict=True)]
            return StructExpr(frame.offset, frame.name, pairs, optional, [offset for _, offset in frame.names])
        if kind == "index":
            assert frame.base is not None
            return Call(frame.offset, "_[?_]" if frame.optional_index else "_[_]", [frame.base, frame.items[0]])
        call = Call(frame.offset, frame.name, frame.items, frame.base)
        expanded = expand(call, self._macros, self._fault)
        if expanded is not call:
            self._source.macros.append((call.offset, macro_key(call)))
        return expanded
