"""The organisation profile: one checked document, and the facts that views and policies take from it."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.errors import Fault, ProfileError
from guardrail.facts import DEFAULT_ENVIRONMENT, Environments, Facts
from guardrail.model import Note, ProfileInfo
from guardrail.policy.catalogue import GLOBAL_TYPES, TAG_KEYS
from guardrail.policy.documents import SourceDocument, read_documents
from guardrail.policy.schema import did_you_mean, schema_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from guardrail.policy.documents import Path

__all__ = ["STARTER_NAME", "Profile", "load_profile", "starter"]

STARTER_NAME = "starter"
_HASH_CHARS = 12  # of the hash, where it stands for a version


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts of an organisation; `is_starter` when none was given and the built-in one applies.

    `sources` are the documents that the profile was read from, for the places of faults.
    """

    document: Mapping[str, Any]
    info: ProfileInfo
    is_starter: bool = False
    sources: tuple[SourceDocument, ...] = ()

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
            cluster=cluster,
            namespace=namespace,
        )

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> Fault:
        """A fault at a path, in the file that states it."""
        for source in self.sources:
            if _states(source.value, path):
                return source.fault(path, message, at_key=at_key)
        if self.sources:
            return self.sources[0].fault(path, message)
        return Fault(self.info.path or self.info.name, 0, 0, ".".join(map(str, path)), message)


def load_profile(files: Sequence[tuple[str, str]], path: str) -> Profile:
    """The profile that files (path and text) state together. Raises ProfileError with every fault."""
    sources, faults = _read(files)
    merged, overlaps = _merged(sources)
    faults.extend(overlaps)
    if not sources and not faults:
        faults.append(Fault(path, 0, 0, "", "holds no profile"))
    sound = copy.deepcopy(merged)
    for source in sources:
        for at, message, at_key in schema_faults(source.value, "profile"):
            faults.append(source.fault(at, message, at_key=at_key))
            _drop(sound, at)
    info = _info(merged, path)
    faults.extend(_cross_checks(Profile(sound, info, sources=tuple(sources))))
    if faults:
        raise ProfileError(faults)
    return Profile(merged, info, sources=tuple(sources))


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


def _merged(sources: Sequence[SourceDocument]) -> tuple[dict[str, Any], list[Fault]]:
    """The documents laid together; what two of them state is a fault."""
    merged: dict[str, Any] = {}
    origin: dict[Path, SourceDocument] = {}
    faults: list[Fault] = []

    def lay(into: dict[str, Any], value: Mapping[str, Any], source: SourceDocument, at: Path) -> None:
        for key, member in value.items():
            path = (*at, key)
            known = into.get(key)
            if key not in into:
                into[key] = {} if isinstance(member, dict) else member
                origin[path] = source
                known = into[key]
            if isinstance(known, dict) and isinstance(member, dict):
                lay(known, member, source, path)
            elif origin[path] is not source and path not in {("apiVersion",), ("kind",)}:
                other = origin[path].fault(path, "")
                faults.append(source.fault(path, f"stated twice (first at {other.path}:{other.line})", at_key=True))

    for source in sources:
        if isinstance(source.value, dict):
            lay(merged, source.value, source, ())
    return merged, faults


def _info(document: Mapping[str, Any], path: str) -> ProfileInfo:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    digest = _hash(document)
    name = str(metadata.get("name") or path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].split(".")[0] or "profile")
    return ProfileInfo(name, str(metadata.get("version") or digest[7 : 7 + _HASH_CHARS]), digest, path)


def _hash(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _states(value: Any, path: Path) -> bool:
    for part in path:
        known = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
        if part not in known:
            return False
        value = known[part]
    return True


# ---- environments


def _environments(profile: Profile) -> Environments:
    order = profile.environments
    homes: Mapping[str, Any] = profile.value("environments.homes") or {}
    return Environments(
        order=order,
        aliases=dict(_spellings(profile)),
        accounts=dict(_homes(homes, "accounts")) | _registered(profile, "accounts", "account"),
        clusters=dict(_homes(homes, "clusters")) | _registered(profile, "clusters", "name"),
        namespaces=tuple(_homes(homes, "namespaces")),
        unlabelled=profile.value("enforcement.unlabelled_environment"),
        assume_strictest=not profile.is_starter,
    )


def _spellings(profile: Profile) -> Iterator[tuple[str, str]]:
    for name, others in (profile.value("environments.aliases") or {}).items():
        yield from ((spelling.lower(), name) for spelling in (name, *others))


def _homes(homes: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
    for name, home in homes.items():
        yield from ((text, name) for text in home.get(what, ()))


def _registered(profile: Profile, part: str, key: str) -> dict[str, str]:
    return {entry[key]: entry["environment"] for entry in profile.value(part) or () if "environment" in entry}


# ---- checks across parts


def _cross_checks(profile: Profile) -> Iterator[Fault]:
    yield from _repeated_spellings(profile)
    yield from _conflicting_homes(profile)
    yield from _unknown_environments(profile)
    yield from _unknown_keys(profile)


def _repeated_spellings(profile: Profile) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for spelling, name in _spellings(profile):
        if first.setdefault(spelling, name) != name:
            yield profile.fault(("environments", "aliases", name), f"{spelling} already means {first[spelling]}")


def _conflicting_homes(profile: Profile) -> Iterator[Fault]:
    homes: Mapping[str, Any] = profile.value("environments.homes") or {}
    for what in ("accounts", "clusters", "namespaces"):
        first: dict[str, str] = {}
        for text, name in _homes(homes, what):
            if first.setdefault(text, name) != name:
                yield profile.fault(("environments", "homes", name, what), f"{text} is already at home in {first[text]}")
        for at, entry in enumerate(profile.value(what) or () if what != "namespaces" else ()):
            text, name = entry["account" if what == "accounts" else "name"], entry.get("environment")
            if name is not None and first.get(text, name) != name:
                yield profile.fault((what, at, "environment"), f"{text} is at home in {first[text]} by environments.homes")


def _unknown_environments(profile: Profile) -> Iterator[Fault]:
    """Names that no environment has; not checked in a profile that names no environments."""
    known = profile.environments
    if not known:
        return
    for path, name in _named_environments(profile):
        if name not in known:
            message = f"no environment {name}{did_you_mean(name, known)}; the profile has {', '.join(known)}"
            yield profile.fault(path, message, at_key=path[-1] == name)


def _named_environments(profile: Profile) -> Iterator[tuple[Path, str]]:
    for part in ("regions.approved", "quotas.workload_gpus", "replicas.max", "environments.homes"):
        for name in _other_than_default(profile.value(part)):
            yield (*part.split("."), name), name
    for part in ("packs", "overrides"):
        for key, entry in (profile.value(f"enforcement.{part}") or {}).items():
            for name in _other_than_default(entry if isinstance(entry, dict) else ()):
                yield ("enforcement", part, key, name), name
    if (unlabelled := profile.value("enforcement.unlabelled_environment")) is not None:
        yield ("enforcement", "unlabelled_environment"), unlabelled
    for part in ("accounts", "clusters"):
        for at, entry in enumerate(profile.value(part) or ()):
            if "environment" in entry:
                yield (part, at, "environment"), entry["environment"]


def _other_than_default(names: Iterable[str] | None) -> list[str]:
    return [name for name in names or () if name != DEFAULT_ENVIRONMENT]


def _unknown_keys(profile: Profile) -> Iterator[Fault]:
    """Canonical tag keys that are required or inherited but have no spelling can never be present."""
    known = profile.value("tags.keys") or TAG_KEYS
    lists: list[tuple[Path, Any]] = [(("tags", "required", name), keys) for name, keys in (profile.value("tags.required") or {}).items()]
    lists.append((("tags", "inherit", "from_namespace"), profile.value("tags.inherit.from_namespace")))
    for path, keys in lists:
        for at, key in enumerate(keys or ()):
            if key not in known:
                yield profile.fault((*path, at), f"no canonical key {key}{did_you_mean(key, known)} in tags.keys")
