"""The organisation profile: one checked document, and the facts that views and policies take from it."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from guardrail.errors import Fault, ProfileError
from guardrail.facts import Environments, Facts
from guardrail.model import Note, ProfileInfo
from guardrail.policy.catalogue import CHECKPOINT_ARGS, CHECKPOINT_ENV, DECLARATIONS, GLOBAL_TYPES, TAG_KEYS
from guardrail.policy.documents import read_documents
from guardrail.policy.profile_checks import cross_faults, homes_of, spellings_of
from guardrail.policy.profile_merge import Merged, merge
from guardrail.policy.schema import schema_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from guardrail.policy.documents import Path, SourceDocument
    from guardrail.policy.profile_checks import CrossFault

__all__ = ["STARTER_NAME", "Examined", "Profile", "examine_profile", "load_profile", "starter"]

STARTER_NAME = "starter"
_SOUND_HEAD = {"apiVersion": "guardrail.dev/v1", "kind": "Profile"}
_HEAD = frozenset(_SOUND_HEAD)
_HASH_CHARS = 12  # of the hash, where it stands for a version


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts of an organisation; `is_starter` when none was given and the built-in one applies.

    `stated` knows where every value stands, for the places of faults.
    """

    document: Mapping[str, Any]
    info: ProfileInfo
    is_starter: bool = False
    stated: Merged = field(default_factory=Merged)

    def value(self, path: str) -> Any:
        """What stands at a dotted path (`regions.approved`), or None."""
        value: Any = self.document
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the environments, strictest last; empty when the profile names none."""
        return tuple(self.value("environments.aliases") or ())

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be told about the profile itself; what policies leave unread is in `Library.notes`."""
        if self.environments:
            return ()
        message = "the profile names no environments, so everything is judged by the strictest of each limit and action"
        return (Note("profile-without-environments", message),)

    def facts(self, *, now: datetime, cluster: str | None, namespace: str | None) -> Facts:
        """What views are built with. `now` is aware and in UTC; `cluster` and `namespace` are the run's flags."""
        keys = self.value("tags.keys") or TAG_KEYS
        return Facts(
            now=now,
            environments=_environments(self),
            spellings={key: {name: tuple(texts) for name, texts in platforms.items()} for key, platforms in keys.items()},
            inherit=tuple(self.value("tags.inherit.from_namespace") or ()),
            inherit_from_resource_group=self.value("tags.inherit.from_resource_group") is True,
            clusters={cluster["name"]: cluster for cluster in self.value("clusters") or ()},
            global_types=tuple(self.value("regions.global_types") or GLOBAL_TYPES),
            declarations={**DECLARATIONS, **(self.value("declarations") or {})},
            checkpoint_env=tuple(self.value("spot.checkpoint_env") or CHECKPOINT_ENV),
            checkpoint_args=tuple(self.value("spot.checkpoint_args") or CHECKPOINT_ARGS),
            declarations_for=_registered_declarations(self),
            cluster=cluster,
            namespace=namespace,
        )

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> Fault:
        """A fault at a path, in the file that states it."""
        place = self.stated.stated(path)
        if place is not None:
            return place.source.fault(place.path, message, at_key=at_key)
        return Fault(self.info.path or self.info.name, 0, 0, ".".join(map(str, path)), message)


@dataclass(frozen=True, slots=True)
class Examined:
    """A profile and everything that is wrong with it. With faults the profile holds what is sound, so that the rest can be checked."""

    profile: Profile
    faults: tuple[Fault, ...]


def load_profile(files: Sequence[tuple[str, str]], path: str) -> Profile:
    """The profile that files (path and text) state together. Raises ProfileError with every fault."""
    examined = examine_profile(files, path)
    if examined.faults:
        raise ProfileError(examined.faults)
    return examined.profile


def examine_profile(files: Sequence[tuple[str, str]], path: str) -> Examined:
    """What files (path and text) state together, with every fault of theirs instead of an error."""
    sources, faults = _read(files)
    merged = merge(sources)
    faults.extend(merged.faults)
    if not sources and not faults:
        faults.append(Fault(path, 0, 0, "", "holds no profile"))
    profile = Profile(merged.document, _info(merged.document, path), stated=merged)
    shapeless = list(_shape_faults(sources, merged))
    faults.extend(fault for fault, _ in shapeless)
    sound = copy.deepcopy(merged.document)
    for _, at in shapeless:
        _drop(sound, at)
    faults.extend(_cross_fault(profile, found) for found in cross_faults(sound))
    return Examined(replace(profile, document=sound) if faults else profile, tuple(faults))


def _cross_fault(profile: Profile, found: CrossFault) -> Fault:
    message = found.message
    if found.first is not None:
        first = profile.fault(found.first, "")
        message = f"{message} (first at {first.path}:{first.line}:{first.column})"
    return profile.fault(found.named.path, message, at_key=found.named.at_key)


def _shape_faults(sources: Sequence[SourceDocument], merged: Merged) -> Iterator[tuple[Fault, Path]]:
    """What breaks the schema, with its path in the whole. The head of each document is its own."""
    whole = Profile(merged.document, _info(merged.document, ""), stated=merged)
    for source in sources:
        head = {key: value for key, value in source.value.items() if key in _HEAD} if isinstance(source.value, dict) else source.value
        for at, message, at_key in schema_faults(head, "profile"):
            yield source.fault(at, message, at_key=at_key), at
    body = {key: value for key, value in merged.document.items() if key not in _HEAD} | _SOUND_HEAD
    for at, message, at_key in schema_faults(body, "profile") if sources else ():
        yield whole.fault(at, message, at_key=at_key), at


def _drop(document: dict[str, Any], path: Path) -> None:
    """Takes out what breaks the schema, so that the rest can be checked as if it were all."""
    owner: Any = document
    for depth, part in enumerate(path[:-1], 1):
        owner = owner.get(part) if isinstance(owner, dict) else None
        if isinstance(owner, list):  # a list with a wrong member goes as a whole
            _drop(document, path[:depth])
            return
    if not path:
        document.clear()
    elif isinstance(owner, dict):
        owner.pop(path[-1], None)


def starter() -> Profile:
    """The built-in profile: environments by their usual names, spellings of tag keys, no facts of an organisation."""
    aliases = {"dev": ["development", "sandbox"], "test": ["staging", "qa", "uat"], "prod": ["production", "live"]}
    document = {"apiVersion": "guardrail.dev/v1", "kind": "Profile", "environments": {"aliases": aliases}}
    return Profile(document, ProfileInfo(STARTER_NAME, _hash(document)[7 : 7 + _HASH_CHARS], _hash(document), None), is_starter=True)


def _read(files: Sequence[tuple[str, str]]) -> tuple[list[SourceDocument], list[Fault]]:
    sources: list[SourceDocument] = []
    faults: list[Fault] = []
    for path, text in files:
        documents, wrong = read_documents(path, text)
        sources.extend(documents)
        faults.extend(wrong)
    return sources, faults


def _info(document: Mapping[str, Any], path: str) -> ProfileInfo:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    digest = _hash(document)
    name = str(metadata.get("name") or path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].split(".")[0] or "profile")
    return ProfileInfo(name, str(metadata.get("version") or digest[7 : 7 + _HASH_CHARS]), digest, path)


def _hash(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


# ---- environments


def _environments(profile: Profile) -> Environments:
    document = profile.document
    return Environments(
        order=profile.environments,
        aliases=dict(spellings_of(document)),
        accounts=dict(homes_of(document, "accounts")) | _registered(profile, "accounts", "account"),
        clusters=dict(homes_of(document, "clusters")) | _registered(profile, "clusters", "name"),
        namespaces=tuple(homes_of(document, "namespaces")),
        unlabelled=profile.value("enforcement.unlabelled_environment"),
        assume_strictest=not profile.is_starter,
    )


def _registered(profile: Profile, part: str, key: str) -> dict[str, str]:
    return {entry[key]: entry["environment"] for entry in profile.value(part) or () if "environment" in entry}


def _registered_declarations(profile: Profile) -> dict[str, dict[str, str]]:
    """Declarations of what cannot carry them; YAML may have read a value as a number or a flag."""
    registered: Mapping[str, Mapping[str, Any]] = profile.value("declarations_for") or {}
    return {name: {key: _as_text(value) for key, value in stated.items()} for name, stated in registered.items()}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
