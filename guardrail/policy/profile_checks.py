"""What is wrong in a profile although every part of it has its shape: names that clash, that nothing has, that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import EvaluationFault
from guardrail.cel.regex import compile_pattern
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.profile_references import Named, named_at, unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from guardrail.policy.documents import Path

__all__ = ["CrossFault", "cross_faults", "homes_of", "spellings_of"]

_PATTERNS = ("change.ticket_pattern", "exceptions.ticket_pattern", "tags.values.*.pattern")
_NAMES = ("accounts.[].account", "budgets.[].name", "clusters.[].name")
_PLATFORMS = ("kubernetes", "aws", "google", "azure")

_Found = tuple[Named, str]


@dataclass(frozen=True, slots=True)
class CrossFault:
    """A name that is wrong, what to say, and the path of the one that it repeats, if it does."""

    named: Named
    message: str
    first: Path | None = None


def cross_faults(document: Mapping[str, Any]) -> Iterator[CrossFault]:
    """Every such thing. The document has the shape that the schema asks for."""
    yield from (CrossFault(named, message) for named, message in _found(document))
    yield from _repeated_names(document)


def _found(document: Mapping[str, Any]) -> Iterator[_Found]:
    yield from _environment_names(document)
    yield from _repeated_spellings(document)
    yield from _conflicting_homes(document)
    yield from _shared_tag_spellings(document)
    yield from _broken_patterns(document)
    yield from _broken_dates(document)
    yield from unknown_names(document)


def spellings_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every accepted spelling of an environment, in lower case, with the environment."""
    for name, others in document.get("environments", {}).get("aliases", {}).items():
        yield from ((spelling.lower(), name) for spelling in (name, *others))


def homes_of(document: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
    """Every account, cluster or namespace glob (`what`) at home somewhere, with the environment."""
    for name, home in document.get("environments", {}).get("homes", {}).items():
        yield from ((text, name) for text in home.get(what, ()))


def _environment_names(document: Mapping[str, Any]) -> Iterator[_Found]:
    for named in named_at(document, "environments.aliases.{}"):
        if named.name == DEFAULT_ENVIRONMENT:
            yield named, f"{DEFAULT_ENVIRONMENT} stands for every environment without an entry of its own; choose another name"


def _repeated_spellings(document: Mapping[str, Any]) -> Iterator[_Found]:
    first: dict[str, str] = {}
    for spelling, name in spellings_of(document):
        if first.setdefault(spelling, name) != name:
            yield Named(("environments", "aliases", name), spelling), f"{spelling} already means {first[spelling]}"


def _conflicting_homes(document: Mapping[str, Any]) -> Iterator[_Found]:
    for what, key in (("accounts", "account"), ("clusters", "name"), ("namespaces", "")):
        first: dict[str, str] = {}
        for text, name in homes_of(document, what):
            if first.setdefault(text, name) != name:
                yield Named(("environments", "homes", name, what), text), f"{text} is already at home in {first[text]}"
        for at, entry in enumerate(document.get(what, ()) if key else ()):
            text, name = entry.get(key), entry.get("environment")
            if name is not None and first.get(text, name) != name:
                yield Named((what, at, "environment"), name), f"{text} is at home in {first[text]} by environments.homes"


def _shared_tag_spellings(document: Mapping[str, Any]) -> Iterator[_Found]:
    """One spelling of two canonical keys: nobody could tell which is meant."""
    for platform in _PLATFORMS:
        first: dict[str, str] = {}
        for named in named_at(document, f"tags.keys.*.{platform}.[]"):
            key = str(named.path[2])
            spelling = named.name.lower() if platform == "azure" else named.name  # Azure compares tag names without case
            if first.setdefault(spelling, key) != key:
                yield named, f"{named.name} is a spelling of {first[spelling]} already"


def _repeated_names(document: Mapping[str, Any]) -> Iterator[CrossFault]:
    for place in _NAMES:
        yield from _repeated(named_at(document, place))
    for at, cluster in enumerate(document.get("clusters", ())):
        yield from _repeated(Named(("clusters", at, *named.path), named.name) for named in named_at(cluster, "pools.[].name"))


def _repeated(names: Iterable[Named]) -> Iterator[CrossFault]:
    first: dict[str, Named] = {}
    for named in names:
        known = first.setdefault(named.name, named)
        if known is not named:
            yield CrossFault(named, f"{named.name} is the name of another entry already", known.path)


def _broken_patterns(document: Mapping[str, Any]) -> Iterator[_Found]:
    for place in _PATTERNS:
        for named in named_at(document, place):
            try:
                compile_pattern(named.name)
            except EvaluationFault as fault:
                yield named, f"not an RE2 expression: {fault}"


def _broken_dates(document: Mapping[str, Any]) -> Iterator[_Found]:
    for named in named_at(document, "owners.*.reviewed"):
        try:
            date.fromisoformat(named.name) if len(named.name) == len("2026-12-31") else datetime.fromisoformat(named.name)
        except ValueError:
            yield named, f"{named.name} is no date; write 2026-12-31"
