"""What the checker says to who wrote an expression: what is wrong, what was meant, what there is instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.cel.celtype import CelType
    from guardrail.cel.declarations import Overload

__all__ = ["no_field", "no_function", "no_overload", "no_variable"]

_SHOWN = 6
"""Signatures or names that a message lists; more would hide the first."""
_SPELLED = {"_[_]": "{}[{}]", "_[?_]": "{}[?{}]", "@in": "{} in {}", "_?_:_": "{} ? {} : {}", "!_": "!{}", "-_": "-{}"}
_NUMBERS = frozenset(("int", "uint", "double"))


def no_variable(name: str, declared: Iterable[str], container: str) -> str:
    """A name that nothing declares."""
    known = sorted({other for other in declared if not other.startswith("@")})
    where = f" (looked for in {container} too)" if container else ""
    near = suggestion(name, known)
    listed = f"; there is {_listed(known)}" if known and not near else ""
    return f"nothing is called '{name}' here{where}{near or listed}"


def no_function(name: str, functions: Iterable[Overload], *, method: bool) -> str:
    """A function or method that there is not."""
    named = [overload for overload in functions if overload.function[0].isalpha()]
    near = suggestion(name, {overload.function for overload in named if overload.member == method})
    return f"there is no {'method' if method else 'function'} '{name}'{near}"


def no_overload(name: str, overloads: Sequence[Overload], types: Sequence[CelType], *, method: bool) -> str:
    """A call whose arguments no signature takes."""
    if overloads and all(overload.member != method for overload in overloads):
        return f"'{name}' is {'a function' if method else 'a method'}: {_listed([_written(overload) for overload in overloads])}"
    fitting = [overload for overload in overloads if overload.member == method and len(overload.params) == len(types)]
    near = [overload for overload in fitting if any(p.kind == t.kind for p, t in zip(overload.params, types, strict=True))]
    shown = list(dict.fromkeys(_written(overload) for overload in near or fitting or overloads))
    if name in _SPELLED or name.startswith("_"):
        found = f"there is no {_spelled(name, types)}"
    else:
        given = [str(t) for t in types]
        receiver = f"{given.pop(0)}." if method else ""
        found = _short(f"there is no {receiver}{name}({', '.join(given)})")
    kinds = {t.kind for t in types}
    hint = "; convert one of the numbers with double(), int() or uint()" if len(kinds) > 1 and kinds <= _NUMBERS else ""
    return f"{found}; there is {_listed(shown)}{hint}" if shown else found


def no_field(name: str, owner: str, fields: Iterable[str]) -> str:
    """A field that an object type has not."""
    known = sorted(fields)
    near = suggestion(name, known)
    return f"{owner} has no field '{name}'{near or (f'; it has {_listed(known)}' if known else '')}"


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _spelled(operator: str, types: Sequence[CelType]) -> str:
    """`int + string` of `_+_`."""
    form = _SPELLED.get(operator) or f"{{}} {operator.strip('_')} {{}}"
    return _short(form.format(*types))


def _written(overload: Overload) -> str:
    """A signature without its result."""
    if overload.function in _SPELLED or overload.function.startswith("_"):
        return _spelled(overload.function, overload.params)
    return _short(overload.signature.rpartition(" -> ")[0])


def _short(text: str) -> str:
    return text.replace("google.protobuf.Timestamp", "timestamp").replace("google.protobuf.Duration", "duration")
