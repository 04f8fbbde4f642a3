"""Operators and functions that the fast path writes in line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.fast import ANY, JSON, Code, Generator, Unsupported, library_call, selection_cost
from guardrail.cel.fast_optionals import OPTIONAL_CALLS
from guardrail.cel.nodes import Call, Const, ListExpr, Node
from guardrail.cel.values import INT_MAX, INT_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INLINE"]

_EXACT_DOUBLE = 2**53
"""Integers below this compare with doubles alike in Python and in the language."""

_JSON_KINDS = frozenset((JSON, "bool", "int", "double", "null"))
"""Kinds that may be taken for what comes from a variable: no longer than that, and nothing but JSON."""

_MAX_CHAIN = 20
"""Operands of `+` that are put together in one go."""

_TYPES = {"int": "int", "string": "str"}


def _logical(word: str) -> Callable[[Generator, Call], Code]:
    """`&&` or `||`: an operand with a loop in it is only reached where the ones before it do not decide."""

    def write(g: Generator, node: Call) -> Code:
        parts: list[str] = []
        name, indent = "", g.indent
        for arg in node.args:
            if g.has_loop(arg) and parts:
                name = name or g.temporary()
                g.emit(f"{name} = {f' {word} '.join(parts)}")
                g.emit(f"if {name}:" if word == "and" else f"if not {name}:")
                g.indent += 1
                parts = []
            parts.append(g.boolean(arg).text)
        text = f" {word} ".join(parts)
        if not name:
            return Code(f"({text})" if len(parts) > 1 else text, "bool", 2)
        g.emit(f"{name} = {text}")
        g.indent = indent
        return Code(name, "bool")

    return write


def _conditional(g: Generator, node: Call) -> Code:
    condition = g.boolean(node.args[0])
    if not g.has_loop(node.args[1]) and not g.has_loop(node.args[2]):
        chosen, other = g.value(node.args[1]), g.value(node.args[2])
        depth = max(condition.depth, chosen.depth, other.depth) + 1
        return Code(f"({chosen.text} if {condition.text} else {other.text})", _common(chosen, other), depth)
    name = g.temporary()
    codes = []
    for head, branch in ((f"if {condition.text}:", node.args[1]), ("else:", node.args[2])):
        g.emit(head)
        g.indent += 1
        codes.append(g.value(branch))
        g.emit(f"{name} = {codes[-1].text}")
        g.indent -= 1
    return Code(name, _common(*codes))


def _common(a: Code, b: Code) -> str:
    """The kind of a value that is one of two."""
    if a.kind == b.kind:
        return a.kind
    return JSON if {a.kind, b.kind} <= _JSON_KINDS else ANY


def _not(g: Generator, node: Call) -> Code:
    code = g.boolean(node.args[0])
    g.charge(1)
    return Code(f"(not {code.text})", "bool", code.depth + 1)


def _equality(sign: str) -> Callable[[Generator, Call], Code]:
    def write(g: Generator, node: Call) -> Code:
        left, right = node.args
        if isinstance(left, Const) and not isinstance(right, Const):
            left, right = right, left
        code = g.value(left)
        if isinstance(right, Const):
            return _equals_constant(g, code, right.value, sign)
        other = g.value(right)
        if code.kind not in _JSON_KINDS and other.kind not in _JSON_KINDS:
            return library_call(g, node, (code, other))  # both were made here and may be long
        g.charge(1, 1)
        depth = max(code.depth, other.depth) + 1
        if "string" in (code.kind, other.kind):
            return Code(f"({code.text} {sign} {other.text})", "bool", depth)
        text = f"EQ({code.text}, {other.text})"
        return Code(text if sign == "==" else f"(not {text})", "bool", depth)

    return write


def _equals_constant(g: Generator, code: Code, value: Any, sign: str) -> Code:
    g.charge(1 + (len(value) // 10 if isinstance(value, (str, bytes)) else 0))
    if code.kind not in (JSON, "bool", "int", "string", "double"):
        text = f"EQ({code.text}, {g.constant(value)})"
        return Code(text if sign == "==" else f"(not {text})", "bool", code.depth + 1)
    if value is None or type(value) is bool:
        return Code(f"({code.text} {'is' if sign == '==' else 'is not'} {value})", "bool", code.depth + 1)
    if type(value) is str:
        return Code(f"({code.text} {sign} {g.literal(value)})", "bool", code.depth + 1)
    if type(value) not in (int, float) or abs(value) >= _EXACT_DOUBLE:
        text = f"EQ({code.text}, {g.constant(value)})"
        return Code(text if sign == "==" else f"(not {text})", "bool", code.depth + 1)
    constant = str(value) if type(value) is int else g.literal(value)
    if value not in (0, 1):
        return Code(f"({code.text} {sign} {constant})", "bool", code.depth + 1)
    first, later = g.named(code)
    text = f"({first} == {constant} and type({later}) is not bool)"
    return Code(text if sign == "==" else f"(not {text})", "bool", code.depth + 1)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARISON_HELPERS = {"<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}


def _comparison(sign: str) -> Callable[[Generator, Call], Code]:
    def write(g: Generator, node: Call) -> Code:
        left, right = node.args
        used = sign
        code, other = g.value(left), g.value(right)
        if not (isinstance(left, Const) or isinstance(right, Const)) and code.kind not in _JSON_KINDS and other.kind not in _JSON_KINDS:
            return library_call(g, node, (code, other))
        if isinstance(left, Const) and not isinstance(right, Const):
            left, right, code, other, used = right, left, other, code, _MIRRORED[sign]
        g.charge(1, 0 if isinstance(right, Const) and type(right.value) is not str else 1)
        depth = max(code.depth, other.depth) + 1
        if code.kind == other.kind and code.kind in ("int", "string"):
            return Code(f"({code.text} {used} {other.text})", "bool", depth)
        helper = _COMPARISON_HELPERS[used]
        if other.kind in _TYPES and isinstance(right, Const):
            first, later = g.named(code)
            return Code(
                f"({later} {used} {other.text} if type({first}) is {_TYPES[other.kind]} else {helper}({later}, {other.text}))",
                "bool",
                depth,
            )
        return Code(f"{helper}({code.text}, {other.text})", "bool", depth)

    return write


_ARITHMETIC_HELPERS = {"+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV", "%": "MOD"}


def _chain(node: Call) -> list[Call]:
    """The calls of `a + b + c`, the first to run first, as far as they have the type of the whole."""
    calls = [node]
    while len(calls) < _MAX_CHAIN:
        left = calls[-1].args[0]
        if not isinstance(left, Call) or left.function != "_+_" or left.type.kind != node.type.kind:
            break
        calls.append(left)
    return calls[::-1]


def _concatenation(g: Generator, node: Call) -> Code:
    """A chain of texts or lists that are constants or came in with the variables. Others may be long and are counted as they are made."""
    calls, kind = _chain(node), node.type.kind
    operands = [calls[0].args[0], *(call.args[1] for call in calls)]
    codes = [g.value(operand) for operand in operands]
    if not all(_is_short(part, code) or code.kind == kind == "list" for part, code in zip(operands, codes, strict=True)):
        made = codes[0]
        for call, code in zip(calls, codes[1:], strict=True):
            made = g.spilled(library_call(g, call, (made, code)))
        return made
    if not all(isinstance(part, Const) or code.kind != kind for part, code in zip(operands, codes, strict=True)):
        g.disordered.update(map(id, calls))  # what needs a test is evaluated before what needs none
    tests, texts = [], []
    for part, code in zip(operands, codes, strict=True):
        if isinstance(part, Const) or code.kind == kind:
            texts.append(code.text)
            continue
        first, later = g.named(code)
        tests.append(f"type({first}) is {'str' if kind == 'string' else 'list'}")
        texts.append(later)
    for count in range(2, len(operands) + 1):
        units = [_units(part) for part in operands[:count]] if kind == "string" else [1]
        g.charge(sum(units), units.count(0))
    joined = kind == "string" and len(texts) > 2 and all(map(str.isidentifier, texts))  # noqa: PLR2004 - one sum makes nothing in between
    text = f"f'{''.join(f'{{{part}}}' for part in texts)}'" if joined else " + ".join(texts)
    depth = max(code.depth for code in codes) + 1
    items = JSON if all(JSON in (code.kind, code.items) for code in codes) else ANY
    return Code(f"({text} if {' and '.join(tests)} else EXACT())" if tests else f"({text})", kind, depth, items)


def _arithmetic(sign: str) -> Callable[[Generator, Call], Code]:
    def write(g: Generator, node: Call) -> Code:
        if sign == "+" and node.type.kind in ("dyn", "string", "bytes", "list"):
            return _concatenation(g, node) if node.type.kind in ("string", "list") else _sum(g, node)
        code, other = g.value(node.args[0]), g.value(node.args[1])
        depth = max(code.depth, other.depth) + 1
        g.charge(1)
        if code.kind == other.kind == "int" and sign in "+-*":
            name = g.temporary()
            return Code(f"({name} if {INT_MIN} <= ({name} := {code.text} {sign} {other.text}) <= {INT_MAX} else EXACT())", "int", depth)
        kind = node.type.kind if code.kind == other.kind == node.type.kind else ANY
        if code.kind == JSON and isinstance(node.args[1], Const) and other.kind == "int" and sign in "+-*":
            return _with_constant(g, code, sign, other)
        return Code(f"{_ARITHMETIC_HELPERS[sign]}({code.text}, {other.text})", kind, depth)

    return write


def _sum(g: Generator, node: Call) -> Code:
    """`a + b` of anything; most often lists."""
    code, other = g.value(node.args[0]), g.value(node.args[1])
    if node.type.kind != "dyn" or len(node.overloads) == 1:
        return library_call(g, node, (code, other))
    g.charge(1)
    (a, b), (x, y) = g.named(code), g.named(other)
    text = f"({b} + {y} if type({a}) is type({x}) and type({b}) in JOINED else ADD({b}, {y}))"
    items = JSON if all(JSON in (part.kind, part.items) for part in (code, other)) else ANY
    return Code(text, ANY, max(code.depth, other.depth) + 1, items)


def _with_constant(g: Generator, code: Code, sign: str, other: Code) -> Code:
    """A number that came in and a constant integer."""
    first, later = g.named(code)
    name = g.temporary()
    text = f"{name} if type({first}) is int and {INT_MIN} <= ({name} := {later} {sign} {other.text}) <= {INT_MAX}"
    return Code(f"({text} else {_ARITHMETIC_HELPERS[sign]}({later}, {other.text}))", ANY, code.depth + 1)


def _negative(g: Generator, node: Call) -> Code:
    code = g.value(node.args[0])
    g.charge(1)
    if code.kind != "int":
        raise Unsupported
    name = g.temporary()
    return Code(f"({name} if ({name} := -{code.text}) <= {INT_MAX} else EXACT())", "int", code.depth + 1)


def _index(g: Generator, node: Call) -> Code:
    if node.args[0].type.name == "optional_type":
        raise Unsupported
    base, key = g.value(node.args[0]), node.args[1]
    g.charge(selection_cost(node.args[0]))
    kind = JSON if base.kind == JSON else ANY
    if isinstance(key, Const) and type(key.value) is str:
        return Code(f"{base.text}[{g.key(node, key.value)}]", kind, base.depth)
    code = g.value(key)
    if isinstance(key, Const) and type(key.value) is int and key.value >= 0:
        first, later = g.named(base)
        return Code(f"({later}[{key.value}] if type({first}) is list else SELECT({later}, {key.value}))", kind, base.depth + 1)
    return Code(f"SELECT({base.text}, {code.text})", kind, max(base.depth, code.depth) + 1)


def _in(g: Generator, node: Call) -> Code:
    item, container = node.args
    if isinstance(container, ListExpr) and all(isinstance(element, Const) for element in container.elements):
        return _in_constants(g, item, [element.value for element in container.elements if isinstance(element, Const)])
    code, other = g.value(item), g.value(container)
    depth = max(code.depth, other.depth) + 1
    if other.kind != JSON:
        return library_call(g, node, (code, other))
    # what is in a list is compared one by one: not in the cost of Kubernetes where the type is open, but in the time
    g.charge(1, 10 if node.overloads == ("in_list",) or code.kind != "string" else 0)
    if code.kind == "string":
        if not isinstance(item, Const):
            g.disordered.add(id(node))
        first, later = g.named(other)
        test = f"type({first}) is dict or type({later}) is list"
        return Code(f"({code.text} in {later} if {test} else IN({code.text}, {later}))", "bool", depth)
    return Code(f"IN({code.text}, {other.text})", "bool", depth)


def _in_constants(g: Generator, item: Node, values: list[Any]) -> Code:
    if not values:
        return Code("False", "bool")
    code = g.value(item)
    if not all(type(value) in (str, int, float, bool) for value in values):
        raise Unsupported
    words = g.literal(frozenset(value for value in values if type(value) is str))
    if code.kind == "string":
        return Code(f"({code.text} in {words})", "bool", code.depth + 1)
    others = g.constant([value for value in values if type(value) is not str])
    first, later = g.named(code)
    return Code(f"({later} in {words} if type({first}) is str else MEMBER({later}, {others}))", "bool", code.depth + 1)


def _size(g: Generator, node: Call) -> Code:
    operand = node.target if node.target is not None else node.args[0]
    code = g.value(operand)
    g.charge(1)
    if code.kind in ("string", "list", "map"):
        return Code(f"len({code.text})", "int", code.depth + 1)
    first, later = g.named(code)
    return Code(f"(len({later}) if type({first}) in SIZED else SIZE({later}))", "int", code.depth + 1)


def _text_test(template: str, *, product: bool) -> Callable[[Generator, Call], Code | None]:
    """A method of texts that Python has too; other kinds of values have no such method, or raise."""

    def write(g: Generator, node: Call) -> Code | None:
        if node.target is None or len(node.args) != 1:
            return None
        code, other = g.value(node.target), g.value(node.args[0])
        if not all(_is_short(part, written) for part, written in ((node.target, code), (node.args[0], other))):
            return library_call(g, node, (code, other))
        own, argument = (_units(part) for part in (node.target, node.args[0]))
        if not product:
            g.charge(own, 0 if own else 1)
        elif own or argument:
            g.charge(own * argument, own + argument)
        else:
            g.charge(0, 0, 1)
        return Code(template.format(code.text, other.text), "bool", max(code.depth, other.depth) + 1)

    return write


def _is_short(node: Node, code: Code) -> bool:
    """Whether a text is a constant or no longer than what came in."""
    return code.kind == JSON or (isinstance(node, Const) and type(node.value) is str)


def _units(node: Node) -> int:
    """Tens of characters of a constant; 0 of what is not constant."""
    return len(str(node.value)) // 10 + 1 if isinstance(node, Const) else 0


def _matches(g: Generator, node: Call) -> Code | None:
    from guardrail.cel.regex import compile_pattern  # noqa: PLC0415 - only patterns pay for RE2

    operands = ([node.target] if node.target is not None else []) + node.args
    if len(operands) != 2 or not isinstance(operands[1], Const) or type(operands[1].value) is not str:  # noqa: PLR2004 - text and pattern
        return None
    code = g.value(operands[0])
    if code.kind != JSON:
        return library_call(g, node, (code, g.value(operands[1])))
    pattern = operands[1].value
    g.charge(0, len(pattern) // 4 + 1)
    search = g.constant(compile_pattern(pattern).search, ("pattern", pattern, ()))
    return Code(f"{search}({code.text})", "bool", code.depth + 1)


INLINE: dict[str, Callable[[Generator, Call], Code | None]] = {
    "_&&_": _logical("and"),
    "_||_": _logical("or"),
    "_?_:_": _conditional,
    "!_": _not,
    "-_": _negative,
    "_==_": _equality("=="),
    "_!=_": _equality("!="),
    **{f"_{sign}_": _comparison(sign) for sign in _MIRRORED},
    **{f"_{sign}_": _arithmetic(sign) for sign in _ARITHMETIC_HELPERS},
    "_[_]": _index,
    "@in": _in,
    "size": _size,
    "startsWith": _text_test("{0}.startswith({1})", product=False),
    "endsWith": _text_test("{0}.endswith({1})", product=False),
    "contains": _text_test("({0}.find({1}) >= 0)", product=True),
    "matches": _matches,
    **OPTIONAL_CALLS,
}
