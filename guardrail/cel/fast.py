"""The fast path: one flat Python function for an expression, generated from its checked tree.

The function uses plain Python operators wherever they raise by themselves what the language calls an error; on any exception the
exact evaluator runs instead. It has no `try`, no cost per node, and no text of the user: names are generated, constants come
through a table. Cost is an upper bound: what stands outside loops is known beforehand, a loop adds its length times the cost of one
step. Where the bound passes the limit, the exact evaluator counts.

Types of values that come from outside are not trusted, whatever was declared for them; types of literals and of results are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.cel.calls import apply_function
from guardrail.cel.cost import LIST_COST, MAP_COST, call_cost, one
from guardrail.cel.fast_code import FastCode
from guardrail.cel.fast_errors import missing_key, settled_nodes
from guardrail.cel.fast_helpers import counted, plain
from guardrail.cel.nodes import Call, Const, Fold, Ident, ListExpr, MapExpr, Node, Select, StructExpr
from guardrail.cel.tree import walk, with_ancestors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.cel.errors import EvaluationError
    from guardrail.cel.exact import Planner

__all__ = ["Unsupported", "generate"]

MAX_NODES = 3000
"""Nodes of an expression that is worth a function of its own; longer ones are evaluated exactly."""

_MAX_PARENTHESES = 20
"""Depth of an expression at which its value is spilled into a variable: CPython's parser nests no deeper than about 100."""

_MAX_LOOPS = 12
"""Loops inside each other: CPython allows 20 nested blocks."""

_MAX_INDENT = 60
"""Of 100 that CPython allows."""

JSON, ANY = "json", "any"
"""Kinds of values beside the trusted types: straight from a variable, or from a library function."""


class Unsupported(Exception):  # noqa: N818 - a signal of the generator to its caller
    """An expression has no fast path."""


@dataclass(slots=True)
class Cost:
    """An upper bound: `base + per_unit * u + per_square * u * u`."""

    base: int = 0
    per_unit: int = 0
    per_square: int = 0

    def add(self, base: int, per_unit: int = 0, per_square: int = 0) -> None:
        """Add to it."""
        self.base += base
        self.per_unit += per_unit
        self.per_square += per_square

    def text(self) -> str:
        """As Python, in terms of `u`."""
        parts = [str(self.base)]
        if self.per_unit:
            parts.append(f"{self.per_unit} * u")
        if self.per_square:
            parts.append(f"{self.per_square} * u * u")
        return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


@dataclass(slots=True)
class Code:
    """A Python expression with what is known of its value: a trusted type, `json` or `any`; and how deeply it is nested.

    `items` is what is known of the elements of a list.
    """

    text: str
    kind: str = ANY
    depth: int = 0
    items: str = ANY


@dataclass(slots=True)
class Generator:
    """Writes the function; `lines` is the block being written, `cost` that of the innermost loop's step."""

    planner: Planner
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    constants: dict[str, Any] = field(default_factory=dict)
    literals: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    recipes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    scopes: list[tuple[str, str, str]] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=lambda: [Cost()])
    temporaries: int = 0
    roots: dict[str, str] = field(default_factory=dict)
    loops: int = 0
    charges: list[tuple[int, str]] = field(default_factory=list)
    """Where loops are charged, and with what: written at the end, when it is known how costs are counted."""
    budget: bool = False
    looping: frozenset[int] = frozenset()
    settling: frozenset[int] = frozenset()
    """The nodes whose error may be the result of the whole."""
    keys: dict[str, Node] = field(default_factory=dict)
    """The names of keys that one of those nodes reads."""
    counted: set[int] = field(default_factory=set)
    disordered: set[int] = field(default_factory=set)

    # -- small things

    def temporary(self) -> str:
        """A fresh name."""
        self.temporaries += 1
        return f"t{self.temporaries}"

    def constant(self, value: Any, recipe: tuple[Any, ...] | None = None) -> str:
        """A constant's name in the table. `recipe` says how to make it if it is a function."""
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        if recipe is not None:
            self.recipes[name] = recipe
        return name

    def literal(self, value: Any) -> str:
        """A constant where Python's compiler cannot reckon with it: as a key, and on the right of `==` and `in`; texts are kept once."""
        if type(value) is str and value in self.texts:
            return self.texts[value]
        name = f"k{len(self.literals)}"
        self.literals[name] = value
        if type(value) is str:
            self.texts[value] = f"'{name}'"
        return f"'{name}'"

    def key(self, node: Node, key: str) -> str:
        """The name of the key that a node selects."""
        if id(node) not in self.settling:
            return self.literal(key)
        name = f"e{len(self.keys)}"
        self.keys[name], self.literals[name] = node, key
        return f"'{name}'"

    def emit(self, line: str) -> None:
        """Write a statement."""
        if self.indent > _MAX_INDENT:
            raise Unsupported
        self.lines.append("    " * self.indent + line)

    def charge(self, base: int, per_unit: int = 0, per_square: int = 0) -> None:
        """Count towards the innermost loop's step."""
        self.costs[-1].add(base, per_unit, per_square)

    def spilled(self, code: Code) -> Code:
        """The same value, in a variable if it is nested too deeply."""
        if code.depth < _MAX_PARENTHESES:
            return code
        name = self.temporary()
        self.emit(f"{name} = {code.text}")
        self.settling = frozenset()  # what is written here is evaluated before what was written inside the expression
        self.keys.clear()
        return Code(name, code.kind, 0, code.items)

    def named(self, code: Code) -> tuple[str, str]:
        """How to write a value twice: first and later uses."""
        if code.text.isidentifier():
            return code.text, code.text
        name = self.temporary()
        return f"({name} := {code.text})", name

    # -- nodes

    def value(self, node: Node) -> Code:
        """The code of a node."""
        code = self.spilled(_NODES[type(node)](self, node))
        code.depth += 1
        return code

    def has_loop(self, node: Node) -> bool:
        """Whether statements have to be written for a node."""
        return id(node) in self.looping

    def boolean(self, node: Node) -> Code:
        """The code of a node that must be a truth value."""
        code = self.value(node)
        if code.kind == "bool":
            return code
        first, later = self.named(code)
        return Code(f"({later} if type({first}) is bool else BOOL({later}))", "bool", code.depth + 1)


def generate(planner: Planner, tree: Node) -> FastCode:
    """The function of a checked tree. Raises Unsupported."""
    if sum(1 for _ in walk(tree)) > MAX_NODES:
        raise Unsupported
    looping = with_ancestors(tree, lambda node: isinstance(node, Fold))
    settling = settled_nodes(tree, looping=looping, counted=frozenset(), disordered=frozenset())
    generator = Generator(planner, looping=looping, settling=settling)
    result = generator.value(tree)
    if result.kind not in ("bool", "int", "string", "double", JSON, "list"):
        result = Code(result.text)
    generator.emit(f"return {result.text}")
    _write_charges(generator)
    source = "\n".join([*_head(generator), *generator.lines, ""])
    return FastCode(source, generator.constants, generator.recipes, generator.literals, marks=_marks(generator, tree))


def _marks(g: Generator, tree: Node) -> dict[str, EvaluationError]:
    settled = settled_nodes(tree, looping=g.looping, counted=g.counted, disordered=g.disordered) if g.keys else frozenset()
    return {name: missing_key(g.literals[name], *g.planner.place(node)) for name, node in g.keys.items() if id(node) in settled}


def _write_charges(g: Generator) -> None:
    counter = "B[0]" if g.budget else "c"
    for line, cost in g.charges:
        pad = g.lines[line].removesuffix("pass")
        g.lines[line] = f"{pad}{counter} += {cost}\n{pad}if {counter} > limit: EXACT()"


def _head(g: Generator) -> list[str]:
    """What comes first: the variables, the unit of cost (a tenth of the longest text or container in them), what is outside loops."""
    lines = ["def f(b, limit):"]
    if g.roots:
        lines.append("    V = b.plain")
    lines.extend(f"    {name} = V[{g.literal(root)}]" for root, name in g.roots.items())
    cost = g.costs[0]
    if g.loops or cost.per_unit or cost.per_square:
        lines.append("    u = b.unit")
    if g.loops or g.budget or cost.per_unit or cost.per_square:
        lines.extend((f"    c = {cost.text()}", "    if c > limit: EXACT()"))
    else:
        lines.append(f"    if limit < {cost.base}: EXACT()")
    if g.budget:
        lines.append("    B = [c, limit]")
    return lines


# -- names and literals


def _literal(g: Generator, node: Const) -> Code:
    value = node.value
    if value is None or type(value) is bool:
        return Code(str(value), "null" if value is None else "bool")
    if type(value) is int:
        return Code(str(value) if value >= 0 else f"({value})", "int")
    kinds = {str: "string", float: "double", bytes: "bytes"}
    return Code(g.constant(value), kinds.get(type(value), "uint"))


def _ident(g: Generator, node: Ident) -> Code:
    if node.constant is not None:
        return Code(g.constant(node.constant), "type")
    if not node.rooted:
        for known, name, kind in reversed(g.scopes):
            if known == node.name:
                g.charge(1)
                return Code(name, kind)
    return _variable(g, node.name, node.type.kind)


_FOREIGN = frozenset(("timestamp", "duration", "opaque", "bytes", "uint", "type"))


def _variable(g: Generator, name: str, kind: str) -> Code:
    g.charge(1)
    return Code(g.roots.setdefault(name, f"r{len(g.roots)}"), ANY if kind in _FOREIGN else JSON)


def _selection(g: Generator, node: Select) -> Code:
    if node.name:
        if node.constant is not None:
            return Code(g.constant(node.constant), "type")
        return _variable(g, node.name, node.type.kind)
    if node.optional or node.operand.type.name == "optional_type":
        raise Unsupported
    base = g.value(node.operand)
    if isinstance(node.operand, Const):
        raise Unsupported
    g.charge(selection_cost(node.operand))
    if not node.test_only:
        return Code(f"{base.text}[{g.key(node, node.field)}]", JSON if base.kind == JSON else ANY, base.depth)
    first, later = g.named(base)
    key = g.literal(node.field)
    return Code(f"({key} in {later} if type({first}) is dict else HAS({later}))", "bool", base.depth + 1)


def selection_cost(base: Node) -> int:
    """Of one selection: what is no attribute yet becomes the root of one, which is a unit more."""
    return 1 if isinstance(base, (Ident, Select)) or (isinstance(base, Call) and base.function == "_[_]") else 2


def _list(g: Generator, node: ListExpr) -> Code:
    if node.optional:
        raise Unsupported
    items = [g.value(item) for item in node.elements]
    if all(isinstance(item, Const) for item in node.elements):
        values = [item.value for item in node.elements if isinstance(item, Const)]
        only = {type(value) for value in values}
        return Code(g.constant(values), "list", 0, JSON if not values else "string" if only == {str} else ANY)
    g.charge(LIST_COST)
    return Code(f"[{', '.join(item.text for item in items)}]", "list", max(item.depth for item in items) + 1)


def _map(g: Generator, node: MapExpr) -> Code:
    if node.optional or not all(isinstance(key, Const) and type(key.value) is str for key, _ in node.entries):
        raise Unsupported
    values = [(g.value(key), g.value(value)) for key, value in node.entries]
    g.charge(MAP_COST)
    inner = ", ".join(f"{key.text}: {value.text}" for key, value in values)
    return Code(f"{{{inner}}}", "map", max((value.depth for _, value in values), default=0) + 1)


def _unsupported(_: Generator, __: Node) -> Code:
    raise Unsupported


def _call(g: Generator, node: Call) -> Code:
    from guardrail.cel.fast_calls import INLINE  # noqa: PLC0415 - the modules need each other

    inline = INLINE.get(node.function)
    if inline is not None:
        code = inline(g, node)
        if code is not None:
            return code
    return library_call(g, node)


def library_call(g: Generator, node: Call, args: Sequence[Code] | None = None) -> Code:
    """A call of a library function through its dispatcher, counted exactly; `args` where their code is made already."""
    operands = ([node.target] if node.target is not None else []) + node.args
    args = [g.value(operand) for operand in operands] if args is None else args
    function, cost = apply_function(g.planner, node), call_cost(node.function, node.overloads)
    names = [arg.text for arg in args]
    if cost is one:
        g.charge(1)
        name = g.constant(plain(function, len(args)), (f"plain{len(args)}", node.function, node.overloads))
    else:
        g.budget = True
        g.counted.add(id(node))
        name = g.constant(counted(function, cost), ("call", node.function, node.overloads))
        names.insert(0, "B")
    kind = node.type.kind if node.type.kind in ("bool", "int", "string", "double") else ANY
    if node.type.name == "optional_type" or node.type.kind == "list":
        kind = ANY
    return Code(f"{name}({', '.join(names)})", kind, max((arg.depth for arg in args), default=0) + 1)


def _fold(g: Generator, node: Fold) -> Code:
    from guardrail.cel.fast_loops import LOOPS  # noqa: PLC0415 - as above

    g.loops += 1
    if len(g.costs) > _MAX_LOOPS or node.kind not in LOOPS:
        raise Unsupported
    return LOOPS[node.kind](g, node)


_NODES: dict[type, Any] = {
    Const: _literal,
    Ident: _ident,
    Select: _selection,
    ListExpr: _list,
    MapExpr: _map,
    StructExpr: _unsupported,
    Call: _call,
    Fold: _fold,
}
