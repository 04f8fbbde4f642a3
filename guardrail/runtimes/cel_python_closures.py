"""The closures that an expression of the cel-python runtime is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from guardrail.cel.unknown import Unknown
from guardrail.ports import EvaluationError
from guardrail.runtimes.cel_python_values import blocked, doubt_of, kind, select

__all__ = ["Thunk", "conditional", "constant", "filtered", "inverted", "logical", "quantified", "selection", "single", "variable"]

Thunk: TypeAlias = Callable[[Mapping[str, Any]], Any]


def constant(value: Any) -> Thunk:
    """A literal."""
    return lambda _env: value


def variable(name: str) -> Thunk:
    """A free variable; one that is not given is an error of the expression."""
    missing = EvaluationError(f"no such variable: {name}")
    return lambda env: env.get(name, missing)


def selection(start: Thunk, names: tuple[str, ...]) -> Thunk:
    """`start.name.name`."""
    if not names:
        return start
    if len(names) == 1:
        name = names[0]
        return lambda env: select(start(env), name)

    def run(env: Mapping[str, Any]) -> Any:
        value = start(env)
        for name in names:
            value = select(value, name)
        return value

    return run


def inverted(value: Any) -> Any:
    """`!value`."""
    if isinstance(value, bool):
        return not value
    return value if isinstance(value, Unknown | EvaluationError) else EvaluationError(f"no such overload: !({kind(value)})")


def conditional(condition: Thunk, then: Thunk, otherwise: Thunk) -> Thunk:
    """`condition ? then : otherwise`."""

    def run(env: Mapping[str, Any]) -> Any:
        chosen = condition(env)
        if chosen is True:
            return then(env)
        if chosen is False:
            return otherwise(env)
        return _not_boolean(chosen, "?:")

    return run


def _not_boolean(value: Any, where: str) -> Any:
    if isinstance(value, Unknown | EvaluationError):
        return value
    return EvaluationError(f"no such overload: {where} of {kind(value)}")


def _settle(values: Iterator[Any], where: str, *, settles: bool) -> Any:
    """`||` (settles: true), `&&` (settles: false) and their macros: one deciding value absorbs unknowns and errors."""
    doubts: list[Any] = []
    for value in values:
        if value is settles:
            return settles
        if not isinstance(value, bool):
            doubts.append(_not_boolean(value, where))
    stop = blocked(*doubts) if doubts else None
    return stop if stop is not None else not settles


def logical(parts: list[Thunk], *, settles: bool) -> Thunk:
    """`||` (settles: true) or `&&` (settles: false) over two or more parts."""
    where = "||" if settles else "&&"
    return lambda env: _settle((part(env) for part in parts), where, settles=settles)


def _items(value: Any) -> Any:
    """The members of a list or the keys of a map; else why there are none."""
    if isinstance(value, Unknown | EvaluationError):
        return value
    if isinstance(value, list | tuple | Mapping):
        return list(value)
    return EvaluationError(f"no such overload: a macro over {kind(value)}")


def quantified(source: Thunk, loop: str, body: Thunk, *, settles: bool) -> Thunk:
    """The macros `exists` (settles: true) and `all` (settles: false)."""

    def run(env: Mapping[str, Any]) -> Any:
        value = source(env)
        items = _items(value)
        if not isinstance(items, list):
            return items

        def results() -> Iterator[Any]:
            inner = dict(env)
            for item in items:
                inner[loop] = item
                yield body(inner)
            doubt = doubt_of(value) if isinstance(value, Mapping) else None
            if doubt is not None:
                yield doubt

        return _settle(results(), "exists" if settles else "all", settles=settles)

    return run


def filtered(source: Thunk, loop: str, condition: Thunk | None, body: Thunk | None) -> Thunk:
    """The macros `filter` and `map`: the members for which a condition holds, each mapped; any unknown makes the whole unknown."""

    def run(env: Mapping[str, Any]) -> Any:
        value = source(env)
        items = _items(value)
        doubt = doubt_of(value)
        if doubt is not None or not isinstance(items, list):
            return doubt if doubt is not None else items
        inner = dict(env)
        kept: list[Any] = []
        doubts: list[Any] = []
        for item in items:
            inner[loop] = item
            holds = True if condition is None else condition(inner)
            if not isinstance(holds, bool):
                doubts.append(_not_boolean(holds, "filter"))
            elif holds:
                made = item if body is None else body(inner)
                (doubts if isinstance(made, Unknown | EvaluationError) else kept).append(made)
        stop = blocked(*doubts) if doubts else None
        return kept if stop is None else stop

    return run


def single(source: Thunk, loop: str, body: Thunk) -> Thunk:
    """The macro `exists_one`."""
    members = filtered(source, loop, body, None)

    def run(env: Mapping[str, Any]) -> Any:
        found = members(env)
        return len(found) == 1 if isinstance(found, list) else found

    return run
