"""Kubernetes kinds: class, controller and workload type, and which owners create which kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from guardrail.catalogue.tables import rows_of

__all__ = ["KindFacts", "Reading", "creates", "kind_facts", "listed_kind", "plural_of"]

_NOTHING = "-"
_OLDER_GROUPS = {"extensions": "apps"}  # of the kinds that moved; an Ingress of extensions has rows of its own


class Reading(StrEnum):
    """What this build reads of a kind."""

    READ = "read"  # its pods, or what it scales
    NOTHING = "nothing"  # it runs no pods of its own
    LATER = "later"  # it runs pods, nodes or devices that are not counted yet


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What the table says of one kind; `when` is a JSON pointer, or a pointer and a value."""

    kind_class: str
    controller: str
    workload_type: str | None
    billable: bool
    namespaced: bool
    reading: Reading
    when: str = ""


def kind_facts(group: str, kind: str, value: Mapping[str, Any]) -> KindFacts | None:
    """The facts of a kind, or None: a kind that is in no table. `value` is the object itself."""
    for row in _kinds().get((group, kind), ()):
        if not row.when or _holds(row.when, value):
            return row
    return None


def _holds(when: str, value: Mapping[str, Any]) -> bool:
    pointer, equals, wanted = when.partition("=")
    found: Any = value
    for part in pointer.split("/")[1:]:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found == wanted if equals else found is not None


def plural_of(kind: str) -> str:
    """The resource that an API server serves a kind as, as Kubernetes names them: `Deployment` as `deployments`."""
    name = kind.lower()
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in set("aeiou") else f"{name}s"


def listed_kind(group: str, plural: str) -> str | None:
    """The kind of the table that an API server serves as a resource of a group, or None."""
    return _by_plural().get((group, plural))


@cache
def _by_plural() -> Mapping[tuple[str, str], str]:
    return {(group, plural_of(kind)): kind for group, kind in _kinds()}


def creates(owner: tuple[str, str], made: tuple[str, str]) -> str | None:
    """Whether a controller makes such objects for such owners: `built-in`, `operator` or None.

    Both are (group, kind). A pair that is not listed is no proof: an owner reference is text that
    anybody may write.
    """
    return _owners().get((_newer(made), _newer(owner)))


def _newer(kind: tuple[str, str]) -> tuple[str, str]:
    return _OLDER_GROUPS.get(kind[0], kind[0]), kind[1]


@cache
def _kinds() -> Mapping[tuple[str, str], tuple[KindFacts, ...]]:
    rows: dict[tuple[str, str], tuple[KindFacts, ...]] = defaultdict(tuple)
    for group, kind, kind_class, controller, workload_type, billable, scope, reading, when in rows_of("kinds.tsv"):
        facts = KindFacts(
            kind_class,
            controller,
            None if workload_type == _NOTHING else workload_type,
            billable == "yes",
            scope == "namespaced",
            Reading(reading),
            "" if when == _NOTHING else when,
        )
        rows[group, kind] += (facts,)
    return rows


@cache
def _owners() -> Mapping[tuple[tuple[str, str], tuple[str, str]], str]:
    return {
        ((group, kind), (owner_group, owner_kind)): by
        for group, kind, owner_group, owner_kinds, by in rows_of("owners.tsv")
        for owner_kind in owner_kinds.split(" ")
    }
