"""Optional values on the fast path: a value, or the marker `M` where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.fast import ANY, JSON, Code, Generator, Unsupported
from guardrail.cel.nodes import Call, Const, Fold, ListExpr, MapExpr, Node, Select

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPTIONAL_CALLS", "optional_value"]

_MAX_DEFAULT = 10
"""Characters of a constant default that may be taken for a text that came in."""


def optional_value(g: Generator, node: Node) -> Code:
    """The code of an optional: its value or `M`."""
    if isinstance(node, Select) or (isinstance(node, Call) and node.function in ("_[_]", "_[?_]") and node.target is None):
        return _chain(g, node)
    if isinstance(node, Call):
        if node.function == "optional.none":
            g.charge(1)
            return Code("M", JSON)
        if node.function == "optional.of" and len(node.args) == 1:
            g.charge(1)
            return g.value(node.args[0])
        if node.function == "or" and node.target is not None:
            return _either(g, node.target, node.args[0], optional_value)
    if isinstance(node, Fold) and node.kind in ("optMap", "optFlatMap"):
        return _mapped(g, node)
    code = g.value(node)
    return Code(f"OPTIONAL({code.text})", ANY, code.depth + 1)


def _chain(g: Generator, node: Node) -> Code:
    """`base.?a.b[?'c']`: constant keys from a value that is no optional, or from another optional."""
    if g.planner.options.specification:  # where presence may be asked of maps only
        raise Unsupported
    keys: list[str] = []
    while True:
        if isinstance(node, Select) and not node.name and not node.test_only and _is_step(node):
            keys.append(node.field)
            node = node.operand
        elif isinstance(node, Call) and node.function in ("_[_]", "_[?_]") and node.target is None and _is_step(node):
            key = node.args[1]
            if not isinstance(key, Const) or type(key.value) is not str:
                raise Unsupported
            keys.append(key.value)
            node = node.args[0]
        else:
            break
        if node.type.name != "optional_type":
            break
    if not keys:  # an entry of a map that is itself an optional: that it is missing is an error
        code = g.value(node)
        return Code(f"OPTIONAL({code.text})", ANY, code.depth + 1)
    base = optional_value(g, node) if node.type.name == "optional_type" else g.value(node)
    g.charge(len(keys) + 1)
    code = Code(base.text, JSON if base.kind == JSON else ANY, base.depth)
    for selected in reversed(keys):
        code = g.spilled(_step(g, code, g.literal(selected), certain=code.text == base.text and node.type.name != "optional_type"))
    return code


def _step(g: Generator, code: Code, key: str, *, certain: bool) -> Code:
    """The entry of a map, or `M`; `certain` where what has the entry is there itself."""
    first, later = g.named(code)
    start, again = (first, later) if certain else (later, later)
    text = f"({again}[{key}] if {key} in {again} else M) if type({start}) is dict else STEP({again})"
    return Code(f"({text})" if certain else f"(M if {first} is M else {text})", code.kind, code.depth + 1)


def _is_step(node: Select | Call) -> bool:
    """Whether a selection or index gives none where its key is missing."""
    if isinstance(node, Select):
        return node.optional or node.operand.type.name == "optional_type"
    return node.function == "_[?_]" or node.args[0].type.name == "optional_type"


def _either(g: Generator, first: Node, second: Node, write: Callable[[Generator, Node], Code]) -> Code:
    code = optional_value(g, first)
    if g.has_loop(second):
        name = g.temporary()
        g.emit(f"{name} = {code.text}")
        g.emit(f"if {name} is M:")
        g.indent += 1
        other = write(g, second)
        g.emit(f"{name} = {other.text}")
        g.indent -= 1
        return Code(name, _kind(code, other, second))
    start, later = g.named(code)
    other = write(g, second)
    return Code(f"({other.text} if {start} is M else {later})", _kind(code, other, second), max(code.depth, other.depth) + 1)


def _kind(code: Code, other: Code, default: Node) -> str:
    if code.kind != JSON:
        return ANY
    if isinstance(default, (ListExpr, MapExpr)):
        return JSON if not (default.elements if isinstance(default, ListExpr) else default.entries) else ANY
    if isinstance(default, Const):
        return JSON if not isinstance(default.value, (str, bytes)) or len(default.value) <= _MAX_DEFAULT else ANY
    return JSON if other.kind == JSON else ANY


def _or_value(g: Generator, node: Call) -> Code | None:
    if node.target is None or len(node.args) != 1:
        return None
    return _either(g, node.target, node.args[0], lambda generator, part: generator.value(part))


def _has_value(g: Generator, node: Call) -> Code | None:
    if node.target is None or node.args:
        return None
    code = optional_value(g, node.target)
    g.charge(1)
    return Code(f"({code.text} is not M)", "bool", code.depth + 1)


def _value(g: Generator, node: Call) -> Code | None:
    if node.target is None or node.args:
        return None
    code = optional_value(g, node.target)
    g.charge(1)
    first, later = g.named(code)
    return Code(f"({later} if {first} is not M else EXACT())", code.kind, code.depth + 1)


def _mapped(g: Generator, node: Fold) -> Code:
    """`a.optMap(x, body)`; reading x pays for a again."""
    before = g.costs[-1].base, g.costs[-1].per_unit, g.costs[-1].per_square
    code = optional_value(g, node.range)
    after = g.costs[-1]
    g.charge(after.base - before[0] + 4, after.per_unit - before[1], after.per_square - before[2])
    g.loops += 1
    name, result = g.temporary(), g.temporary()
    g.emit(f"{name} = {code.text}")
    g.emit(f"{result} = M")
    g.emit(f"if {name} is not M:")
    g.indent += 1
    g.scopes.append((node.names[0], name, code.kind))
    body = g.value(node.body) if node.kind == "optMap" else optional_value(g, node.body)
    g.scopes.pop()
    g.emit(f"{result} = {body.text}")
    g.indent -= 1
    return Code(result, body.kind if body.kind == JSON else ANY)


OPTIONAL_CALLS: dict[str, Callable[[Generator, Call], Code | None]] = {"orValue": _or_value, "hasValue": _has_value, "value": _value}
