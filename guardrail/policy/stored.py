"""A compiled library as bytes, so that a later run neither reads YAML nor checks nor compiles.

Only a library without a fault has such a form. The policies lie in it one by one and are made when something first matches them.
The bytes are those of `marshal` and hold code: whoever keeps them vouches for them.
"""

from __future__ import annotations

import marshal
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from guardrail.model import Action, Dormant, Note, ProfileInfo
from guardrail.policy.compiled import (
    CompiledPolicy,
    Library,
    Match,
    NamedProgram,
    OnUpdate,
    Selector,
    StoredPolicies,
    UpdateMode,
    Validation,
    WhenUnknown,
)
from guardrail.policy.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from guardrail.ports import ProgramStore

__all__ = ["dump_rules", "load_rules"]

_RECORDS: tuple[type, ...] = (CompiledPolicy, Dormant, Match, NamedProgram, Note, OnUpdate, ProfileInfo, Selector, Validation)
_ENUMS: tuple[type, ...] = (Action, UpdateMode, WhenUnknown)
_KINDS = (*_RECORDS, *_ENUMS)
_NUMBERS = {kind: at for at, kind in enumerate(_KINDS)}
_PLAIN = frozenset({bool, bytes, float, frozenset, int, str, type(None)})

# The first member of a tuple says what it stands for: a number in _KINDS, or one of these.
_VALUE, _TUPLE, _MAP, _PROGRAM = "value", "tuple", "map", "program"
_HEAD = tuple(entry.name for entry in fields(Library) if entry.name != "policies")


class _NoSuchFormError(Exception):
    """A value that has no bytes."""


def dump_rules(profile: Profile, library: Library, store: ProgramStore) -> bytes | None:
    """The bytes of a library and of the profile that it is bound to; None where something in them has no such form."""
    try:
        head = {name: _coded(getattr(library, name), store) for name in _HEAD}
        selectors = [_coded(selector, store) for selector in library.selectors]
        policies = [marshal.dumps(_coded(policy, store)) for policy in library.policies]
        document: Any = profile.document  # a dict
        return marshal.dumps((head, selectors, policies, document, _coded(profile.info, store), profile.is_starter))
    except (_NoSuchFormError, ValueError):
        return None


def load_rules(data: bytes, store: ProgramStore) -> tuple[Profile, Library] | None:
    """What `dump_rules` made bytes of; None for other bytes. The profile does not know its files any more: it had no fault."""
    try:
        return _loaded(data, store)
    except (AttributeError, EOFError, LookupError, TypeError, ValueError):
        return None


def _loaded(data: bytes, store: ProgramStore) -> tuple[Profile, Library]:
    head, selectors, policies, document, info, is_starter = marshal.loads(data)  # noqa: S302 - see the module's text
    made = StoredPolicies(
        tuple(_decoded(selector, store) for selector in selectors),
        tuple(_loader(policy, store) for policy in policies),
    )
    library = Library(policies=made, **{name: _decoded(value, store) for name, value in head.items()})
    return Profile(document, _decoded(info, store), is_starter=is_starter), library


def _loader(data: bytes, store: ProgramStore) -> Callable[[], CompiledPolicy]:
    def load() -> CompiledPolicy:
        made = _decoded(marshal.loads(data), store)  # noqa: S302 - as in _loaded
        assert isinstance(made, CompiledPolicy)
        return made

    return load


def _coded(value: Any, store: ProgramStore) -> Any:
    """A value in which records, enumerations and programs are tuples that say so; JSON values are left as they are."""
    kind = type(value)
    if _is_plain(value):
        return (_VALUE, value) if kind is tuple else value
    number = _NUMBERS.get(kind)
    if number is None:
        return _coded_other(value, store)
    if number >= len(_RECORDS):
        return number, value.value
    return (number, *(_coded(getattr(value, entry.name), store) for entry in fields(kind)))


def _coded_other(value: Any, store: ProgramStore) -> Any:
    if isinstance(value, tuple):
        return (_TUPLE, *(_coded(member, store) for member in value))
    if isinstance(value, dict):
        return _MAP, {key: _coded(member, store) for key, member in value.items()}
    kept = store.keep(value)
    if kept is None:
        raise _NoSuchFormError(type(value).__name__)
    return (_PROGRAM, *kept)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in _PLAIN:
        return True
    return kind in {list, tuple, dict} and all(map(_is_plain, _members(value)))


def _members(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    else:
        yield from value


def _decoded(value: Any, store: ProgramStore) -> Any:
    if type(value) is not tuple:
        return value
    tag, *rest = value
    if tag == _VALUE:
        return rest[0]
    if tag == _TUPLE:
        return tuple(_decoded(member, store) for member in rest)
    if tag == _MAP:
        return {key: _decoded(member, store) for key, member in rest[0].items()}
    if tag == _PROGRAM:
        return store.restore(*rest)
    return _KINDS[tag](*(_decoded(member, store) for member in rest))
