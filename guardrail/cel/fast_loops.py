"""Loops of the fast path.

Each loop adds its length times the cost of one step to `c` before it runs; inner loops add their own inside.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from guardrail.cel.cost import LIST_COST
from guardrail.cel.fast import JSON, Code, Cost, Generator, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from guardrail.cel.nodes import Fold

__all__ = ["LOOPS"]


@contextmanager
def _loop(g: Generator, node: Fold, *, step: int, after: int) -> Iterator[None]:
    """The head of a loop over a macro's range; the block inside writes one step of it.

    `step` is what the macro adds to the body's cost each time, `after` what it costs once.
    """
    code = g.value(node.range)
    items = code.text if code.text.isidentifier() else g.temporary()
    if items != code.text:
        g.emit(f"{items} = {code.text}")
    if code.kind != "list":
        g.emit(f"if type({items}) is not list: u = KEYS({items}, u)")
    g.charge(after)
    mark = len(g.lines)
    g.emit("pass")  # the cost goes here when it is known
    names = [g.temporary() for _ in node.names]
    over = items if len(names) == 1 else f"(enumerate({items}) if type({items}) is list else {items}.items())"
    g.emit(f"for {', '.join(names)} in {over}:")
    kind = JSON if code.kind == JSON else code.items
    g.scopes.extend((name, written, kind) for name, written in zip(node.names, names, strict=True))
    g.costs.append(Cost(step))
    g.indent += 1
    yield
    g.indent -= 1
    cost = g.costs.pop()
    del g.scopes[-len(names) :]
    g.charges.append((mark, f"len({items}) * {cost.text()}"))


def _quantifier(g: Generator, node: Fold) -> Code:
    all_of = node.kind == "all"
    result = g.temporary()
    g.emit(f"{result} = {all_of}")
    with _loop(g, node, step=3 if all_of else 4, after=3 if all_of else 4):
        body = g.boolean(node.body)
        g.emit(f"if not {body.text}:" if all_of else f"if {body.text}:")
        g.emit(f"    {result} = {not all_of}")
        g.emit("    break")
    return Code(result, "bool")


def _exactly_one(g: Generator, node: Fold) -> Code:
    count = g.temporary()
    g.emit(f"{count} = 0")
    with _loop(g, node, step=2, after=2):
        body = g.boolean(node.body)
        g.emit(f"if {body.text}: {count} += 1")
    return Code(f"({count} == 1)", "bool", 1)


def _list(g: Generator, node: Fold) -> Code:
    result = g.temporary()
    g.emit(f"{result} = []")
    with _loop(g, node, step=LIST_COST + 2, after=1):
        indent = g.indent
        if node.condition is not None:
            condition = g.boolean(node.condition)
            g.emit(f"if {condition.text}:")
            g.indent += 1
        body = g.value(node.body)
        g.emit(f"{result}.append({body.text})")
        g.indent = indent
    return Code(result, "list", 0, body.kind)


def _map(g: Generator, node: Fold) -> Code:
    if len(node.names) != 2:  # noqa: PLR2004 - key and value
        raise Unsupported
    result = g.temporary()
    g.emit(f"{result} = {{}}")
    with _loop(g, node, step=3, after=1):
        indent = g.indent
        if node.condition is not None:
            condition = g.boolean(node.condition)
            g.emit(f"if {condition.text}:")
            g.indent += 1
        body = g.value(node.body)
        key = next(written for name, written, _ in reversed(g.scopes) if name == node.names[0])
        g.emit(f"{result}[{key}] = {body.text}")
        g.indent = indent
    return Code(result, "map")


def _bind(g: Generator, node: Fold) -> Code:
    code = g.value(node.range)
    name = g.temporary()
    g.emit(f"{name} = {code.text}")
    g.scopes.append((node.names[0], name, code.kind))
    body = g.value(node.body)
    g.scopes.pop()
    return body


LOOPS: dict[str, Callable[[Generator, Fold], Code]] = {
    "all": _quantifier,
    "exists": _quantifier,
    "exists_one": _exactly_one,
    "map": _list,
    "filter": _list,
    "transformList": _list,
    "transformMap": _map,
    "bind": _bind,
}
