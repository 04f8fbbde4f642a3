"""From a call to an implementation: which overload takes these run-time values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.operators import no_overload
from guardrail.cel.values import UInt, keys_of, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.cel.celtype import CelType
    from guardrail.cel.declarations import Overload

__all__ = ["Dispatcher", "accepts"]

_PLAIN: dict[str, type] = {"bool": bool, "int": int, "uint": UInt, "double": float, "string": str, "bytes": bytes, "null": type(None)}
_NESTED = frozenset(("list", "map"))


def accepts(t: CelType, value: Any) -> bool:
    """Whether a value may be an argument of a type; of a list or map only the first entry is looked at, as in cel-go."""
    plain = _PLAIN.get(t.kind)
    if plain is not None:
        return type(value) is plain or (t.nullable and value is None)
    if t.kind in ("dyn", "param"):
        return True
    if t.kind == "list":
        return isinstance(value, list) and (not value or accepts(t.params[0], value[0]))
    if t.kind == "map":
        if not isinstance(value, dict):
            return False
        first = next(keys_of(value), None)
        return not value or (accepts(t.params[0], first) and accepts(t.params[1], next(iter(value.values()))))
    return type_name(value) == t.name


class Dispatcher:
    """The overloads of a function that a call may mean; chooses one by the types of the arguments."""

    __slots__ = ("_function", "_known", "_memoise", "_of_one", "_overloads")

    def __init__(self, function: str, overloads: Sequence[Overload]) -> None:
        self._function = function
        self._overloads = [overload for overload in overloads if overload.implementation is not None]
        self._memoise = not any(t.kind in _NESTED for overload in overloads for t in overload.params)
        self._known: dict[tuple[type, ...], Callable[..., Any]] = {}
        self._of_one: dict[type, Callable[[Any], Any]] = {}

    def __call__(self, args: Sequence[Any]) -> Any:
        """Apply the function. Raises EvaluationFault."""
        types = tuple(map(type, args))
        implementation = self._known.get(types)
        if implementation is None:
            implementation = self._choose(args)
            if self._memoise:
                self._known[types] = implementation
        return implementation(*args)

    def of_one(self, arg: Any) -> Any:
        """As calling it with one argument."""
        implementation = self._of_one.get(type(arg))
        if implementation is None:
            implementation = self._choose((arg,))
            if self._memoise:
                self._of_one[type(arg)] = implementation
        return implementation(arg)

    def _choose(self, args: Sequence[Any]) -> Callable[..., Any]:
        for overload in self._overloads:
            if len(overload.params) == len(args) and (not overload.guarded or all(map(accepts, overload.params, args))):
                assert overload.implementation is not None
                return overload.implementation
        raise no_overload(self._function, *args)
