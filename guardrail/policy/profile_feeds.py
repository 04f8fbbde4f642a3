"""Which part of a profile feeds which policy, and what a profile comes to once every policy has taken its part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.binding import complete, environment_names, shipped_default
from guardrail.policy.catalogue import (
    CHECKPOINT_ARGS,
    CHECKPOINT_ENV,
    DECLARATIONS,
    GLOBAL_TYPES,
    GPU_SYSTEM_NAMESPACES,
    SYSTEM_NAMESPACES,
    TAG_KEYS,
)
from guardrail.policy.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.policy.compiler import CheckedPolicy
    from guardrail.policy.documents import Path
    from guardrail.policy.profile import Profile

__all__ = ["ENGINE_PARTS", "Feed", "Given", "Value", "described", "effective_values", "feeds_of"]

ENGINE_PARTS: Mapping[str, str] = {
    "enforcement": "actions of all policies",
    "environments.aliases": "the environment of every resource",
    "environments.homes": "the environment of every resource",
    "accounts": "the environment of every resource",
    "clusters": "region and environment of manifests, with --cluster",
    "kubernetes": "namespaces of the platform, for all policies",
    "tags.keys": "what counts as which tag",
    "tags.inherit": "tags that come from the surroundings",
    "tags.workload_types": "checked against by other parts",
    "regions.further": "checked against by other parts",
    "regions.global_types": "which types live in no region",
    "declarations": "how a declaration is spelled",
    "declarations_for": "declarations of resources that cannot carry them",
    "spot.checkpoint_env": "where a run says that its checkpoints go",
    "spot.checkpoint_args": "where a run says that its checkpoints go",
}
"""What guardrail itself reads, and what for."""

_ENGINE_DEFAULTS: Mapping[str, Any] = {
    "kubernetes.system_namespaces": list(SYSTEM_NAMESPACES),
    "kubernetes.gpu_system_namespaces": list(GPU_SYSTEM_NAMESPACES),
    "tags.keys": {key: dict(platforms) for key, platforms in TAG_KEYS.items()},
    "regions.global_types": list(GLOBAL_TYPES),
    **{f"declarations.{platform}": spelling for platform, spelling in DECLARATIONS.items()},
    "spot.checkpoint_env": list(CHECKPOINT_ENV),
    "spot.checkpoint_args": list(CHECKPOINT_ARGS),
}


@dataclass(frozen=True, slots=True, order=True)
class Feed:
    """A parameter that a policy takes from a profile. Without the part the policy sleeps, or the shipped default holds."""

    path: str
    policy: str
    param: str
    by_environment: bool
    default: Any = None  # None: there is none

    @property
    def wakes(self) -> bool:
        """Whether the policy, or a validation of it, waits for the part."""
        return self.default is None


class Given(StrEnum):
    """Where a value of the profile in force comes from."""

    STATED = "stated"
    COMPLETED = "completed"  # for an environment without an entry of its own
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the profile in force; a list, a number, a text or an empty map. `origin` says where it comes from."""

    path: Path
    value: Any
    given: Given
    origin: str


def feeds_of(policies: Iterable[CheckedPolicy]) -> tuple[Feed, ...]:
    """Every parameter that comes from a profile, sorted by its path."""
    found = [
        Feed(declared["from"], policy.name, name, declared.get("by") == "environment", shipped_default(declared.get("default")))
        for policy in policies
        for name, declared in policy.spec.get("params", {}).items()
        if "from" in declared
    ]
    return tuple(sorted(found, key=lambda feed: (feed.path, feed.policy, feed.param)))


def described(path: str) -> str:
    """What the schema says about a part of a profile."""
    schema: Any = schema_of("profile")
    for part in path.split("."):
        schema = schema.get("properties", {}).get(part) if isinstance(schema, dict) else None
    text = schema.get("description", "") if isinstance(schema, dict) else ""
    return str(text)


def effective_values(profile: Profile, feeds: Sequence[Feed]) -> tuple[Value, ...]:
    """What is in force: what the profile states, what that comes to in other environments, and shipped defaults.

    In the order of the files, then by path. A default that policies do not agree on is left out.
    """
    values = list(_leaves((), profile.document, lambda path: Value(path, None, Given.STATED, _place(profile, path))))
    for path, default, policies in _defaults(profile, feeds):
        origin = f"default of {', '.join(policies)}" if policies else "default of guardrail"
        values += _leaves(tuple(path.split(".")), default, lambda at, origin=origin: Value(at, None, Given.DEFAULT, origin))
    for path in sorted({feed.path for feed in feeds if feed.by_environment}):
        values += _completed(profile, path, [value for value in values if value.path[: path.count(".") + 1] == tuple(path.split("."))])
    return tuple(values)


def _place(profile: Profile, path: Path) -> str:
    if profile.is_starter:
        return "built-in starter profile"
    fault = profile.fault(path, "")
    return f"{fault.path}:{fault.line}:{fault.column}"


def _leaves(at: Path, value: Any, made: Any) -> Iterator[Value]:
    """The values below a path that are no maps; registries entry by entry, so that each has its place."""
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list) and value and all(isinstance(member, dict) for member in value):
        entries = enumerate(value)
    whole = not entries or (at and isinstance(at[-1], int))  # an entry of a registry is told on one line
    if whole:
        leaf = made(at)
        yield Value(leaf.path, value, leaf.given, leaf.origin)
        return
    for key, member in entries:
        yield from _leaves((*at, key), member, made)


def _defaults(profile: Profile, feeds: Sequence[Feed]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Parts that the profile leaves to a default: the engine's, or that of the policies which read it."""
    yield from ((path, default, ()) for path, default in _ENGINE_DEFAULTS.items() if profile.value(path) is None)
    by_path: dict[str, list[Feed]] = {}
    for feed in feeds:
        if feed.default is not None and feed.path not in _ENGINE_DEFAULTS and profile.value(feed.path) is None:
            by_path.setdefault(feed.path, []).append(feed)
    for path, readers in by_path.items():
        if all(reader.default == readers[0].default for reader in readers) and readers[0].default not in ({}, []):
            yield path, readers[0].default, tuple(reader.policy for reader in readers)


def _completed(profile: Profile, path: str, known: Sequence[Value]) -> Iterator[Value]:
    """Entries of a map by environment for the environments that have none of their own."""
    at = tuple(path.split("."))
    entries: dict[str, Any] = {}
    for value in known:
        _put(entries, value.path[len(at) :], value.value)
    if not entries:
        return
    wanted = [name for name in environment_names(profile) if name != DEFAULT_ENVIRONMENT or profile.is_starter or not profile.environments]
    whole = complete(entries, wanted, lenient_default=profile.is_starter)
    for name in wanted:
        if name in entries:
            continue
        origin = (
            f"as {path}.{DEFAULT_ENVIRONMENT}" if DEFAULT_ENVIRONMENT in entries else f"{_extreme(profile, name)} of {', '.join(entries)}"
        )
        yield from _leaves((*at, name), whole[name], lambda leaf, origin=origin: Value(leaf, None, Given.COMPLETED, origin))


def _extreme(profile: Profile, name: str) -> str:
    return "the most lenient" if profile.is_starter and name == DEFAULT_ENVIRONMENT else "the strictest"


def _put(into: dict[str, Any], path: Path, value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(str(part), {})
    if path:
        into[str(path[-1])] = value
