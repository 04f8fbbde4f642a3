"""Random expressions that mostly type-check and mostly have a value, as trees that can be made smaller."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz.rules import LEAVES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["Expr", "expression", "smaller"]

_HOLE = re.compile(r"\{([a-z_]+)(?:\|([a-z_]+))?\}")
_DYNAMIC = 0.12
"""How often a value whose type is not known stands where a typed one is wanted; a checker must take it."""
_KINDS = tuple(kind for kind in LEAVES if kind not in ("index", "pattern", "zone"))


@dataclass(frozen=True, slots=True)
class Expr:
    """A piece of text with its static type; the parts are text and other expressions."""

    kind: str
    parts: tuple[str | Expr, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    def every(self) -> Iterator[Expr]:
        """Itself and what is in it."""
        yield self
        for part in self.parts:
            if isinstance(part, Expr):
                yield from part.every()


def expression(random: Random, depth: int) -> Expr:
    """An expression of any type, nested `depth` levels at most."""
    return _of_kind(random, random.choice(_KINDS), depth, {})


def _of_kind(random: Random, kind: str, depth: int, scope: dict[str, list[str]]) -> Expr:
    if kind == "any":
        kind = random.choice(_KINDS)
    if kind in RULES and kind != "dyn" and random.random() < _DYNAMIC:
        return _of_kind(random, "dyn", depth, scope)
    if depth <= 0 or kind not in RULES:
        known = scope.get(kind, [])
        if known and random.random() < 0.6:  # what is bound is worth reading
            return Expr(kind, (random.choice(known),))
        return Expr(kind, (random.choice(LEAVES[kind]),))
    return _filled(random, kind, random.choice(RULES[kind]), depth - 1, scope)


def _filled(random: Random, kind: str, template: str, depth: int, scope: dict[str, list[str]]) -> Expr:
    name = f"v{sum(map(len, scope.values()))}"
    parts: list[str | Expr] = []
    at = 0
    for hole in _HOLE.finditer(template):
        parts.append(template[at : hole.start()].replace("$", name))
        bound = hole.group(2)
        inner = scope if bound is None else {**scope, bound: [*scope.get(bound, []), name]}
        parts.append(_of_kind(random, hole.group(1), depth, inner))
        at = hole.end()
    parts.append(template[at:].replace("$", name))
    return Expr(kind, tuple(part for part in parts if part != ""))


def smaller(tree: Expr) -> Iterator[Expr]:
    """Expressions with one part less: a part in the place of the whole, a part replaced by one of its own parts or by a leaf."""
    inside = [part for part in tree.every() if part is not tree]
    yield from sorted(inside, key=lambda part: len(str(part)))
    yield from _reduced(tree)


def _reduced(tree: Expr) -> Iterator[Expr]:
    for index, part in enumerate(tree.parts):
        if not isinstance(part, Expr):
            continue
        candidates = [inner for inner in part.every() if inner is not part and inner.kind == part.kind]
        if len(part.parts) > 1:
            candidates.append(Expr(part.kind, (LEAVES[part.kind][0],)))
        for candidate in [*candidates, *_reduced(part)]:
            yield Expr(tree.kind, (*tree.parts[:index], candidate, *tree.parts[index + 1 :]))
