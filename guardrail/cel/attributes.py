"""Attributes: a root and the selections on it, resolved in one go.

Costs follow cel-go: one unit for the root, one for each selection that was tried (an optional one only where something was
found). A conditional is an attribute too: a selection on it applies to the branch that is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind, EvaluationError
from guardrail.cel.operators import no_overload
from guardrail.cel.state import PENDING
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import INT_MAX, NONE, BoolKey, Optional, UInt, as_key, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.cel.state import State

__all__ = ["MISSING", "Attribute", "Conditional", "Qualifier", "lookup", "resolver"]

MISSING = object()
"""What a selection finds where there is nothing."""

_KEYS = frozenset((str, int, UInt, bool, float, BoolKey))


@dataclass(slots=True, eq=False)
class Qualifier:
    """One selection: a constant `key` or one that is computed. `test` asks for presence only.

    Whether a value that has no entries at all may be asked for one: with `strict` it may not.
    """

    line: int
    column: int
    key: Any = None
    dynamic: Callable[[State], Any] | None = None
    optional: bool = False
    test: bool = False
    strict: bool = False


class Attribute:
    """A root (a function of the state) with selections. `name` is set for a variable of the environment."""

    __slots__ = ("_count", "_qualifiers", "name", "root")

    def __init__(self, root: Callable[[State], Any], name: str = "", qualifiers: list[Qualifier] | None = None) -> None:
        self.root = root
        self.name = name
        self._qualifiers = [] if qualifiers is None else qualifiers
        self._count = len(self._qualifiers)

    @property
    def qualifiers(self) -> tuple[Qualifier, ...]:
        """The selections, from the root outwards."""
        return tuple(self._qualifiers[: self._count])

    def extended(self, qualifier: Qualifier) -> Attribute:
        """With one more selection. The list is shared where it can be: a chain of n selections is made in n steps."""
        shared = self._qualifiers if len(self._qualifiers) == self._count else self._qualifiers[: self._count]
        shared.append(qualifier)
        return Attribute(self.root, self.name, shared)


@dataclass(slots=True, eq=False)
class Conditional:
    """`c ? a : d ? b : e` as one attribute: conditions with their branches, and the last branch."""

    branches: list[tuple[Callable[[State], Any], Attribute | Conditional]]
    """Last first: a chain of conditionals is made from its end."""
    otherwise: Attribute | Conditional
    line: int
    column: int

    def extended(self, qualifier: Qualifier) -> Conditional:
        """With the selection on every branch."""
        branches = [(condition, branch.extended(qualifier)) for condition, branch in self.branches]
        return Conditional(branches, self.otherwise.extended(qualifier), self.line, self.column)


def lookup(value: Any, key: Any) -> Any:  # noqa: PLR0911 - one line per case of the rule
    """`value[key]`: the entry, `MISSING`, an Unknown, or an EvaluationError."""
    kind = type(value)
    if kind is dict:
        return value.get(as_key(key), MISSING)
    if kind is PartialMap:
        try:
            return value.lookup(key)
        except KeyError:
            return MISSING
    if isinstance(value, list):
        return _element(value, key)
    if isinstance(value, dict):
        return value.get(as_key(key), MISSING)
    if kind is Unknown or kind is EvaluationError:
        return value
    return MISSING


def _element(items: list[Any], key: Any) -> Any:
    if type(key) is not int:
        if type(key) is float:
            if not key.is_integer():
                return EvaluationError(f"unsupported index value {key} in list", ErrorKind.INDEX_TYPE)
        elif type(key) is not UInt or key > INT_MAX:
            reason = f"value {key}" if type(key) is UInt else f"type '{type_name(key)}'"
            return EvaluationError(f"unsupported index {reason} in list", ErrorKind.INDEX_TYPE)
        key = int(key)
    return items[key] if 0 <= key < len(items) else MISSING


def _missing(value: Any, qualifier: Qualifier, key: Any) -> EvaluationError:
    if isinstance(value, list):
        return EvaluationError(f"index out of bounds: {key}", ErrorKind.INDEX_OUT_OF_BOUNDS, qualifier.line, qualifier.column)
    shown = key if type(key) is not bool else str(key).lower()
    return EvaluationError(f"no such key: {shown}", ErrorKind.NO_SUCH_KEY, qualifier.line, qualifier.column)


def _key(s: State, qualifier: Qualifier) -> Any:
    """The key of a selection, or the error or unknown that stands in its place."""
    if qualifier.dynamic is None:
        return qualifier.key
    key = qualifier.dynamic(s)
    if type(key) in _KEYS or type(key) is EvaluationError or type(key) is Unknown:
        return key
    return EvaluationError(f"invalid qualifier type: {type_name(key)}", ErrorKind.INDEX_TYPE, qualifier.line, qualifier.column)


def _presence(value: Any, key: Any) -> Any:
    """As `lookup`, for has(): a key of a partial map is there whether or not its value is known."""
    if type(value) is not PartialMap:
        return lookup(value, key)
    present = value.presence(key)
    return present if isinstance(present, Unknown) else True if present else MISSING


def _qualify(s: State, value: Any, qualifier: Qualifier, *, optional: bool) -> Any:
    """One selection; charges for it. With `optional`, `MISSING` where there is nothing."""
    key = _key(s, qualifier)
    if type(key) is EvaluationError or type(key) is Unknown:
        s.cost += 1
        return key
    found = _presence(value, key) if qualifier.test else lookup(value, key)
    if found is MISSING and qualifier.strict and not isinstance(value, (list, dict, Optional)):
        found = _missing(value, qualifier, key)
    if type(found) is EvaluationError:
        s.cost += 0 if optional and not qualifier.test else 1
        return found.at(qualifier.line, qualifier.column)
    if found is MISSING and optional:
        s.cost += 1 if qualifier.test else 0
        return MISSING
    s.cost += 1
    if qualifier.test:
        return found if type(found) is Unknown else found is not MISSING
    return _missing(value, qualifier, key) if found is MISSING else found


def _follow(s: State, value: Any, qualifiers: tuple[Qualifier, ...]) -> Any:
    optional = False
    if type(value) is Optional and qualifiers:
        if value is NONE:
            return NONE
        value, optional = value.value, True
    for qualifier in qualifiers:
        optional = optional or qualifier.optional
        value = _qualify(s, value, qualifier, optional=optional)
        if value is MISSING:
            return NONE
        if type(value) is EvaluationError or type(value) is Unknown:
            return value
    return Optional(value) if optional else value


def resolver(attribute: Attribute | Conditional) -> Callable[[State], Any]:
    """The function that resolves an attribute, without the unit for its root."""
    if isinstance(attribute, Conditional):
        return _conditional(attribute)
    root, qualifiers = attribute.root, attribute.qualifiers
    if not qualifiers:
        return root
    if all(map(_is_plain, qualifiers)):
        return _plain_chain(root, qualifiers)
    last = qualifiers[-1]
    if last.test and not last.strict and all(map(_is_plain, qualifiers[:-1])):
        return _plain_presence(_plain_chain(root, qualifiers[:-1]), last)

    def resolve(s: State) -> Any:
        value = root(s)
        if type(value) is EvaluationError or type(value) is Unknown:
            return value
        return _follow(s, value, qualifiers)

    return resolve


def _is_plain(qualifier: Qualifier) -> bool:
    """Whether a selection is an ordinary one of a field."""
    special = qualifier.optional or qualifier.test or qualifier.strict or qualifier.dynamic is not None
    return type(qualifier.key) is str and not special


def _plain_chain(root: Callable[[State], Any], qualifiers: tuple[Qualifier, ...]) -> Callable[[State], Any]:
    """`root.a.b.c` with plain maps all the way, which is what nearly every attribute is."""
    pairs = [(qualifier.key, _missing({}, qualifier, qualifier.key), index) for index, qualifier in enumerate(qualifiers)]
    count = len(qualifiers)

    def resolve(s: State) -> Any:
        value = root(s)
        for key, missing, index in pairs:
            if type(value) is not dict:
                s.cost += index
                if type(value) is EvaluationError or type(value) is Unknown:
                    return value
                return _follow(s, value, qualifiers[index:])
            found = value.get(key, MISSING)
            if found is MISSING:
                s.cost += index + 1
                return missing
            value = found
        s.cost += count
        return value

    return resolve


def _plain_presence(base: Callable[[State], Any], last: Qualifier) -> Callable[[State], Any]:
    """`has(root.a.b)`."""
    key, rest = last.key, (last,)

    def resolve(s: State) -> Any:
        value = base(s)
        if type(value) is dict:
            s.cost += 1
            found = value.get(key, MISSING)
            if type(found) is EvaluationError:
                return found.at(last.line, last.column)
            return found if type(found) is Unknown else found is not MISSING
        if type(value) is EvaluationError or type(value) is Unknown:
            return value
        return _follow(s, value, rest)

    return resolve


def _conditional(attribute: Conditional) -> Callable[[State], Any]:
    branches = [(condition, resolver(branch)) for condition, branch in reversed(attribute.branches)]
    otherwise = resolver(attribute.otherwise)
    line, column = attribute.line, attribute.column

    def resolve(s: State) -> Any:
        for condition, branch in branches:
            truth = condition(s)
            if truth is True:
                return branch(s)
            if truth is not False:
                if type(truth) is EvaluationError or type(truth) is Unknown:
                    return truth
                fault = no_overload("_?_:_", truth)
                return EvaluationError(fault.message, fault.kind, line, column)
        return otherwise(s)

    return resolve


def variable(name: str) -> Callable[[State], Any]:
    """The root that reads a variable of the environment."""

    def root(s: State) -> Any:
        try:
            return s.variables[name]
        except KeyError:
            return EvaluationError(f"no such attribute(s): {name}", ErrorKind.NO_SUCH_ATTRIBUTE)

    return root


def local(slot: int) -> Callable[[State], Any]:
    """The root that reads a variable of a macro."""

    def root(s: State) -> Any:
        value = s.locals[slot]
        if value is PENDING:
            value = s.locals[slot] = s.thunks[slot](s)
        return value

    return root
