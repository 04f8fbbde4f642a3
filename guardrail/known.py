"""What of a subject is known, so that an expression that reads nothing else is evaluated as if everything were.

Most objects have something unknown in them (the cluster, a value of a plan), and most expressions do not look at it. Without
the unknown parts a view is plain JSON, which is what expressions are compiled for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NoReturn

from guardrail.cel.bindings import NotPlain
from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from guardrail.ports import Program

__all__ = ["Shape", "Shapes", "Touch", "guarded", "known_part"]

_Steps = tuple[str, ...]
_PLAIN = frozenset({bool, float, int, str, type(None)})
_CONTAINERS = frozenset({dict, list})
_MAX_COMBINATIONS = 1_000  # a few megabytes with a hundred policies; real runs have dozens
_WHOLE = object()  # what no expression sees: a value that is left out as a whole


def known_part(name: str, value: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[_Steps, ...]]:
    """A variable without what is unknown in it, and the paths that were left out, each with the name of the variable.

    A list with something unknown in it, and a map whose keys are not all known, are left out as a whole. Nothing is changed:
    what has unknown members is copied.
    """
    missing: list[_Steps] = []
    known = _known(value, (name,), missing)
    return (value if known is _WHOLE else known), tuple(missing)


def _known(value: Any, path: _Steps, missing: list[_Steps]) -> Any:
    """The known part; _WHOLE for a value that has to go, of which the caller keeps the path."""
    kind = type(value)
    if kind is PartialMap:
        if value.doubt is not None:
            return _WHOLE
        return dict(_members(value, path, missing))
    if kind is dict:
        return _members(value, path, missing)
    if kind is list:
        return _WHOLE if any(type(member) not in _PLAIN and not _is_known(member) for member in value) else value
    return _WHOLE if kind is Unknown else value


def _members(value: dict[str, Any], path: _Steps, missing: list[_Steps]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, member in value.items():
        kind = type(member)
        if kind in _PLAIN or (kind in _CONTAINERS and not member):  # most of a view
            continue
        known = _known(member, (*path, key), missing)
        if known is not member:
            changed[key] = known
            if known is _WHOLE:
                missing.append((*path, key))
    if not changed:
        return value
    made = value | changed
    return {key: member for key, member in made.items() if member is not _WHOLE}


def _is_known(value: Any) -> bool:
    kind = type(value)
    if kind is list:
        return all(type(member) in _PLAIN or _is_known(member) for member in value)
    if kind is dict:
        return all(type(member) in _PLAIN or _is_known(member) for member in value.values())
    return kind is not Unknown and kind is not PartialMap


class _Guarded(dict[str, Any]):
    """A map of which some members were left out: reading a known one works, all else is for the exact evaluator."""

    __slots__ = ()

    def _refuse(self, *_args: object) -> NoReturn:
        raise NotPlain

    __missing__ = __contains__ = __iter__ = __len__ = __eq__ = __ne__ = __or__ = __ror__ = _refuse
    get = keys = values = items = copy = _refuse
    __hash__ = None  # as a dict has it


def guarded(known: Mapping[str, Any], missing: Iterable[_Steps]) -> Mapping[str, Any]:
    """What `known_part` gave, in which reading what was left out raises NotPlain. For expressions of which no chain ends above that."""
    made = _Guarded(known)
    for path in missing:
        at = made
        for step in path[1:-1]:
            below = dict.__getitem__(at, step)
            if type(below) is not _Guarded:
                below = at[step] = _Guarded(below)
            at = below
    return made


class Touch(IntEnum):
    """How an expression meets what was left out of a variable."""

    NOTHING = 0  # it reads other things
    LEAVES = 1  # it names something that was left out, which it may or may not come to
    WHOLE = 2  # it takes something as a whole of which a part was left out


@dataclass(frozen=True, slots=True)
class Shape:
    """What an expression reads: the named expressions, in the order of the text, and every chain of names from a variable on."""

    named: tuple[str, ...]
    chains: tuple[_Steps, ...]
    takes_all: bool  # it reads `variables` itself, so that every one of them counts

    def touches(self, missing: Iterable[_Steps]) -> Touch:
        """How it meets the paths that were left out."""
        met = [(chain, path) for path in missing for chain in self.chains if chain[: len(path)] == path[: len(chain)]]
        if not met:
            return Touch.NOTHING
        return Touch.WHOLE if any(len(chain) < len(path) for chain, path in met) else Touch.LEAVES


class Shapes:
    """The shapes of programs and whether they touch what is missing; worked out once for each of the few combinations of a run."""

    __slots__ = ("_shapes", "_touching")

    def __init__(self) -> None:
        self._shapes: dict[int, tuple[Program, Shape]] = {}  # by id; the program is kept, so that its id stays its own
        self._touching: dict[tuple[_Steps, ...], dict[int, Touch]] = {}

    def of(self, program: Program) -> Shape:
        """What a program reads."""
        found = self._shapes.get(id(program))
        if found is None:
            found = self._shapes[id(program)] = program, _shape(program)
        return found[1]

    def memo(self, missing: tuple[_Steps, ...]) -> dict[int, Touch]:
        """What is remembered of programs beside a subject that lacks these paths; to be handed to `touches`."""
        found = self._touching.get(missing)
        if found is None:
            if len(self._touching) >= _MAX_COMBINATIONS:
                self._touching.clear()
            found = self._touching[missing] = {}
        return found

    def touches(self, program: Program, missing: tuple[_Steps, ...], memo: dict[int, Touch]) -> Touch:
        """As `Shape.touches`."""
        found = memo.get(id(program))
        if found is None:
            found = memo[id(program)] = self.of(program).touches(missing)
        return found


def _shape(program: Program) -> Shape:
    chains = tuple(dict.fromkeys(read.path for read in program.reads))
    named = tuple(dict.fromkeys(chain[1] for chain in chains if chain[0] == "variables" and len(chain) > 1))
    return Shape(named, chains, any(chain == ("variables",) for chain in chains))
