"""Who a resource belongs to and what it states about itself: canonical tags, environment, declarations.

Shared by every normaliser, so that a label and a tag mean the same on each platform.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.facts import DEFAULT_ENVIRONMENT, Environments, Facts
from guardrail.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "DECLARATION_KEYS",
    "EnvironmentView",
    "Home",
    "attribution_gaps",
    "canonical_tags",
    "declarations",
    "declared_durations",
    "declared_role",
    "environment_of",
    "tag_conflicts",
    "unclaimed_keys",
]

_RESERVED = "aws:"  # AWS writes these keys itself; nobody can rename them
_WITHOUT_SEPARATORS = str.maketrans("", "", "-_.")

DECLARATION_KEYS = ("expected-duration", "restartable", "capacity-role", "checkpoint-uri")
"""Declarations that a rule or a normaliser reads; others are left in the raw tags."""

_ROLES = frozenset({"baseline", "overflow", "mixed"})
_DURATIONS = frozenset({"expected-duration"})
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_ALLOCATION_KEYS = ("team", "cost-center")


def canonical_tags(raw: Mapping[str, Any], platform: str, facts: Facts) -> PartialMap:
    """The canonical keys that raw tags or labels carry, by the spellings of a platform.

    `raw` may be a `PartialMap`; values may be `Unknown`. The first accepted spelling that is
    present wins. Azure tag names are compared without case. Keys that are no accepted spelling
    are left out (they stay in `raw_tags`).
    """
    partial = raw if isinstance(raw, PartialMap) else PartialMap(raw)
    if platform == "azure":
        partial = _fold(partial)
    known: dict[str, Any] = {}
    maybe: dict[str, Unknown] = {}
    for key in facts.spellings:
        for spelling in _spellings(key, platform, facts):
            if spelling in partial:
                known[key] = partial[spelling]
                break
            if spelling in partial.maybe and key not in maybe:
                maybe[key] = partial.maybe[spelling]
    return PartialMap(known, maybe=maybe, unlisted=partial.unlisted)


def tag_conflicts(raw: PartialMap, platform: str, facts: Facts) -> list[str | Unknown]:
    """The canonical keys of which raw tags carry several accepted spellings with different values.

    A member is `Unknown` where a value, or which keys there are, is known only later. The names of
    Azure have no case, so that spellings which differ in nothing else are one.
    """
    partial = _fold(raw) if platform == "azure" else raw
    found: list[str | Unknown] = []
    several = False
    for key in facts.spellings:
        spellings = dict.fromkeys(_spellings(key, platform, facts))
        if len(spellings) < 2:  # noqa: PLR2004 - two can differ
            continue
        several = True
        values = [partial[spelling] for spelling in spellings if spelling in partial]
        known = {value for value in values if not isinstance(value, Unknown)}
        if len(known) > 1:
            found.append(key)
        elif len(values) > 1 and len(known) < len(values):
            found.extend(value for value in values if isinstance(value, Unknown))
    if several and partial.unlisted is not None:
        found.append(partial.unlisted)
    return found


def unclaimed_keys(raw: PartialMap, platform: str, facts: Facts) -> list[dict[str, str] | Unknown]:
    """The raw keys that are exactly no accepted spelling of a platform, sorted, with their folded form.

    Case counts on Azure too: a name in the wrong case means the key, and is misspelled all the same.
    """
    found: list[dict[str, str] | Unknown] = []
    if raw:
        claimed = {spelling for key in facts.spellings for spelling in _accepted(key, platform, facts)}
        found.extend({"key": key, "folded": _folded(key)} for key in sorted(raw) if key not in claimed and not key.startswith(_RESERVED))
    if raw.unlisted is not None:
        found.append(raw.unlisted)
    return found


def _folded(key: str) -> str:
    return key.lower().translate(_WITHOUT_SEPARATORS)


def _fold(raw: PartialMap) -> PartialMap:
    return PartialMap(
        {key.lower(): value for key, value in raw.items()},
        maybe={key.lower(): value for key, value in raw.maybe.items()},
        unlisted=raw.unlisted,
    )


def _accepted(key: str, platform: str, facts: Facts) -> tuple[str, ...]:
    return facts.spellings[key].get(platform) or facts.spellings[key].get("kubernetes") or (key,)


def _spellings(key: str, platform: str, facts: Facts) -> Iterator[str]:
    for spelling in _accepted(key, platform, facts):
        yield spelling.lower() if platform == "azure" else spelling


def declarations(written: Mapping[str, Any], platform: str, names: tuple[str, ...], facts: Facts) -> PartialMap:
    """What a resource declares, by canonical key: `expected-duration` for `guardrail.dev/expected-duration`.

    `written` are its annotations, tags or labels (values may be `Unknown`); `names` are those by
    which `declarations_for` of the profile may know it. What the resource says itself wins.
    """
    partial = written if isinstance(written, PartialMap) else PartialMap(written)
    if platform == "azure":
        partial = _fold(partial)
    pattern = facts.declarations.get(platform, "")
    known: dict[str, Any] = {}
    maybe: dict[str, Unknown] = {}
    for key in DECLARATION_KEYS if pattern else ():
        spelling = pattern.replace("{key}", key)
        spelling = spelling.lower() if platform == "azure" else spelling
        if partial.get(spelling, "") != "":  # empty text declares nothing
            known[key] = partial[spelling]
        elif spelling in partial.maybe:
            maybe[key] = partial.maybe[spelling]
    for name in names:
        known = {**facts.declarations_for.get(name, {}), **known}
    return PartialMap(known, maybe=maybe, unlisted=partial.unlisted)


def declared_durations(declared: PartialMap) -> PartialMap:
    """The seconds of the declarations that state a duration (`90s`, `30m`, `4h`, `14d`); another text counts as missing."""
    known: dict[str, Any] = {}
    for key in _DURATIONS & declared.keys():
        value = declared[key]
        written = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if written is not None:
            known[key] = int(written[1]) * _SECONDS[written[2]]
        elif isinstance(value, Unknown):
            known[key] = value
    maybe = {key: doubt for key, doubt in declared.maybe.items() if key in _DURATIONS}
    return PartialMap(known, maybe=maybe, unlisted=declared.unlisted)


def declared_role(declared: PartialMap) -> str | Unknown | None:
    """The role of a resource's capacity (`capacity-role`); a word that is none of them counts as missing."""
    present = declared.presence("capacity-role")
    role = declared["capacity-role"] if present is True else present
    return role if isinstance(role, Unknown) or role in _ROLES else None


@dataclass(frozen=True, slots=True)
class Home:
    """Where a resource lives, as far as it is known; each may be Unknown or None (unset)."""

    account: str | Unknown | None = None
    cluster: str | Unknown | None = None
    namespace: str | Unknown | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """`environment`, `environments` and `environment_source` of the view."""

    name: str
    candidates: tuple[str, ...]
    source: str  # home | namespace | tag | default | unknown


def environment_of(
    home: Home,
    namespace_tag: str | Unknown | None,
    own_tag: str | Unknown | None,
    facts: Facts,
) -> EnvironmentView:
    """The environment a resource is judged in: home, else namespace label, else own tag, else the default.

    Where a source that would decide is unknown, every environment is possible and the strictest
    one is taken: nothing becomes weaker because something is not known. The starter profile never
    assumes: what it cannot recognise is `default`.
    """
    known = facts.environments
    if not known.order:
        return EnvironmentView(DEFAULT_ENVIRONMENT, (DEFAULT_ENVIRONMENT,), "default")
    homes = tuple(dict.fromkeys(_homes(home, known)))
    named = [
        (source, known.aliases.get(tag.lower())) for source, tag in (("namespace", namespace_tag), ("tag", own_tag)) if isinstance(tag, str)
    ]
    recognised = [(source, name) for source, name in named if name is not None]
    candidates = tuple(dict.fromkeys((*homes, *(name for _, name in recognised))))
    if homes:
        return EnvironmentView(homes[0], candidates, "home")
    doubtful = isinstance(namespace_tag, Unknown) or (isinstance(own_tag, Unknown) and not any(s == "namespace" for s, _ in recognised))
    if doubtful and known.assume_strictest:
        return EnvironmentView(known.order[-1], known.order, "unknown")
    if recognised:
        source, name = recognised[0]
        return EnvironmentView(name, candidates, source)
    name = (known.unlabelled or known.order[-1]) if known.assume_strictest else DEFAULT_ENVIRONMENT
    return EnvironmentView(name, (name,), "default")


def _homes(home: Home, known: Environments) -> Iterator[str]:
    if isinstance(home.account, str) and home.account in known.accounts:
        yield known.accounts[home.account]
    if isinstance(home.cluster, str) and home.cluster in known.clusters:
        yield known.clusters[home.cluster]
    if isinstance(home.namespace, str):
        for pattern, environment in known.namespaces:
            if fnmatchcase(home.namespace, pattern):
                yield environment
                return


def attribution_gaps(views: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """What cannot be judged object by object without a profile, told once: how much names no team, cost center or environment.

    Nothing where everything that costs money names all of them. Tags that are not fully known count as there.
    """
    judged = [view for view in views if view["taggable"] and view["billable"] and not view["controlled"]]
    gaps = [f"{count:,} carry no {key}" for key in _ALLOCATION_KEYS if (count := sum(_lacks(view, key) for view in judged))]
    nowhere = sum(view["environment_source"] == "default" for view in judged)
    gaps += [f"{nowhere:,} name no environment that is known without a profile"] if nowhere else []
    if not gaps:
        return ()
    what = "1 resource that costs money" if len(judged) == 1 else f"{len(judged):,} resources that cost money"
    return (Note("unattributed", f"of {what}, {', '.join(gaps)}"),)


def _lacks(view: Mapping[str, Any], key: str) -> bool:
    tags = view["tags"]
    known = tags if isinstance(tags, PartialMap) else PartialMap(tags)
    return key not in known and key not in known.maybe and not view["tags_open"]
