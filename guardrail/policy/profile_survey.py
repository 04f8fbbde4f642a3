"""What there is today: tag keys and their spellings, environments, regions, accelerator families, the largest of everything."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.policy.catalogue import TAG_KEYS
from guardrail.policy.profile import starter
from guardrail.policy.profile_checks import spellings_of
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.model import Resource

__all__ = ["Largest", "Survey", "TagsFound", "survey_of", "tags_and_environments_of"]

_CLOUDS = frozenset({"aws", "azure", "google"})
_PLATFORM_DOMAINS = ("kubernetes.io", "k8s.io")  # their names say what runs, not whose it is
_OTHER_WORDS = {"env": "environment", "costcentre": "cost-center"}
_FOLDED = {key.replace("-", ""): key for key in TAG_KEYS} | _OTHER_WORDS
_RUNNING = frozenset({"autoscaler", "batch", "compute", "endpoint", "notebook", "pool", "serving"})
_NO_FAMILY = "unknown"


@dataclass(frozen=True, slots=True)
class TagsFound:
    """Tags as they are written, and the environments that tags, namespaces and accounts tell of.

    `spellings`: canonical key → platform → raw key → how many carry it. `others`: raw keys that are
    none of the canonical ones. `environments`: name → how many say so. `homes`: environment →
    `accounts` or `namespaces` → names. `namespaces` and `accounts` have every one that is named.
    """

    spellings: Mapping[str, Mapping[str, Mapping[str, int]]]
    others: Mapping[str, int]
    inherited: tuple[str, ...]
    environments: Mapping[str, int]
    homes: Mapping[str, Mapping[str, tuple[str, ...]]]
    namespaces: Mapping[str, int]
    accounts: Mapping[str, int]


def tags_and_environments_of(views: Sequence[Mapping[str, Any]]) -> TagsFound:
    """What the tags of resources say, and which environments can be told apart by them, by namespaces and by accounts."""
    spellings: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    others: Counter[str] = Counter()
    for view in views:
        if not view["taggable"]:
            continue
        for raw in view["raw_tags"]:
            key = _canonical(raw)
            if key is None:
                others[raw] += 1
            else:
                spellings[key][_platform(view)][raw] += 1
    accepted = {(platform, raw): key for key, platforms in spellings.items() for platform, raws in platforms.items() for raw in raws}
    on_namespaces = [view for view in views if view["class"] == "namespace"]
    environments, homes = _environments(views, accepted)
    return TagsFound(
        spellings=spellings,
        others=others,
        inherited=tuple(key for key in TAG_KEYS if any(_value(view, key, accepted) is not None for view in on_namespaces)),
        environments=environments,
        homes=homes,
        namespaces=Counter(view["namespace"] for view in views if isinstance(view.get("namespace"), str)),
        accounts=Counter(view["account"] for view in views if isinstance(view.get("account"), str)),
    )


def _canonical(raw: str) -> str | None:
    """The canonical key that a raw key means: it is one but for case, separators and a prefix of the organisation's own."""
    prefix, _, name = raw.rpartition("/")
    if prefix.endswith(_PLATFORM_DOMAINS):
        return None
    return _FOLDED.get(name.lower().replace("-", "").replace("_", "").replace(".", ""))


def _platform(view: Mapping[str, Any]) -> str:
    return view["provider"] if view["provider"] in _CLOUDS else "kubernetes"


def _value(view: Mapping[str, Any], key: str, accepted: Mapping[tuple[str, str], str]) -> str | None:
    platform = _platform(view)
    values = (value for raw, value in view["raw_tags"].items() if accepted.get((platform, raw)) == key)
    return next((value for value in values if isinstance(value, str)), None)


def _environments(
    views: Sequence[Mapping[str, Any]], accepted: Mapping[tuple[str, str], str]
) -> tuple[Counter[str], dict[str, dict[str, tuple[str, ...]]]]:
    """The environments that are named, and the namespaces and accounts that belong to one of them alone."""
    known = dict(spellings_of(starter().document))
    seen: Counter[str] = Counter()
    of_account: dict[str, set[str]] = defaultdict(set)
    of_namespace: dict[str, set[str]] = {}
    for view in views:
        name = known.get((_value(view, "environment", accepted) or "").lower())
        if name is not None:
            seen[name] += 1
        if isinstance(view.get("account"), str):
            of_account[view["account"]].add(name or "")
        namespace = view["name"] if view["class"] == "namespace" else view.get("namespace")
        if isinstance(namespace, str):
            of_namespace[namespace] = {known[word] for word in namespace.lower().replace("_", "-").split("-") if word in known}
    homes: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for what, owners in (("accounts", of_account), ("namespaces", of_namespace)):
        for name in sorted({next(iter(names)) for names in owners.values() if len(names) == 1} - {""}):
            homes[name][what] = tuple(sorted(place for place, names in owners.items() if names == {name}))
            seen[name] += len(homes[name][what])
    return seen, homes


# ---- the largest of everything


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest value of something, and the resource that has it."""

    value: int
    resource: Resource


@dataclass(frozen=True, slots=True)
class Survey:
    """What runs today, by environment.

    `maxima` maps what is measured (`replicas.gpu`, `gpus`, `gpus.train`, `runtime`, `runtime.eval`,
    `retries`, `surge`) and an environment to the largest. `unbounded` are resources without any maximum,
    which no cap can be read from.
    """

    environments: tuple[str, ...]
    values: Mapping[str, Mapping[str, int]]
    carriers: Mapping[str, int]
    billable: int
    teams: Mapping[str, Mapping[str, tuple[str, ...]]]
    regions: Mapping[str, Mapping[str, int]]
    families: Mapping[str, Mapping[str, int]]
    types: tuple[str, ...]
    namespace_types: Mapping[str, tuple[str, ...]]
    maxima: Mapping[str, Mapping[str, Largest]]
    unbounded: tuple[Resource, ...]


@dataclass(slots=True)
class _Counting:
    values: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    carriers: Counter[str] = field(default_factory=Counter)
    billable: int = 0
    teams: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    regions: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    families: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    types: set[str] = field(default_factory=set)
    namespace_types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    maxima: dict[str, dict[str, Largest]] = field(default_factory=lambda: defaultdict(dict))
    unbounded: list[Resource] = field(default_factory=list)


def survey_of(resources: Iterable[Resource], environments: Sequence[str]) -> Survey:
    """Counts what resources are, once each has its environment."""
    found = _Counting()
    for resource in sorted(resources, key=lambda one: (one.identity.id, one.origin.path, one.origin.document)):
        view = resource.view
        if view["operation"] == "delete" or view["controlled"]:
            continue
        _count_tags(found, view)
        for region in _known(view["regions"]):
            found.regions[view["environment"]][region] += 1
        for family in _known(view["gpu"]["by_family"]):
            found.families[view["environment"]][family] += family != _NO_FAMILY
        _count_type(found, view)
        if view["class"] in _RUNNING:
            _measure(found, resource)
    return Survey(
        environments=tuple(environments),
        values=found.values,
        carriers=found.carriers,
        billable=found.billable,
        teams={team: {part: tuple(sorted(names)) for part, names in parts.items()} for team, parts in sorted(found.teams.items())},
        regions=found.regions,
        families=found.families,
        types=tuple(sorted(found.types)),
        namespace_types={name: tuple(sorted(types)) for name, types in sorted(found.namespace_types.items())},
        maxima=found.maxima,
        unbounded=tuple(found.unbounded),
    )


def _known(values: Any) -> Iterator[str]:
    """Members, or keys, that are texts; what a plan knows only later is none."""
    if not isinstance(values, Unknown):
        yield from (value for value in values if isinstance(value, str))


def _count_tags(found: _Counting, view: Mapping[str, Any]) -> None:
    tags = {key: value for key, value in view["tags"].items() if isinstance(value, str) and value.strip()}
    for key, value in tags.items():
        found.values[key][value] += 1
    if view["taggable"] and view["billable"]:
        found.billable += 1
        found.carriers.update(view["tags"].keys())
    team = tags.get("team")
    if team is not None:
        entry = found.teams[team]
        entry["cost_centers"].update({tags["cost-center"]} if "cost-center" in tags else ())
        entry["members"].update({tags["owner"]} - {team} if "owner" in tags else ())


def _count_type(found: _Counting, view: Mapping[str, Any]) -> None:
    kind = view.get("workload_type")
    if isinstance(kind, str) and kind.strip():
        found.types.add(kind)
        if isinstance(view.get("namespace"), str):
            found.namespace_types[view["namespace"]].add(kind)


def _measure(found: _Counting, resource: Resource) -> None:
    view = resource.view
    kind = view.get("workload_type")
    of_type = f".{kind}" if isinstance(kind, str) and kind.strip() else ""
    batch = view.get("batch", {})
    units = view["units"]["max"]
    if isinstance(units, int) and units >= UNBOUNDED:
        found.unbounded.append(resource)
    uses_gpu = view["uses_gpu"]
    if view["class"] != "pool":  # what may or may not use GPUs is held to the higher of the two caps, which is that without them
        _keep(found, f"replicas.{'gpu' if uses_gpu is True else 'cpu'}", resource, units)
    if uses_gpu is not False and not (view["class"] == "pool" and view.get("cluster") is not None):
        for name in {"gpus", f"gpus{of_type}"}:
            _keep(found, name, resource, view["gpu"]["total_max"])
        surge, each = view["units"].get("surge"), view["gpu"].get("count")
        if view.get("controller") == "deployment" and isinstance(surge, int) and isinstance(each, int | float):
            _keep(found, "surge", resource, surge * each)
    for name in {"runtime", f"runtime{of_type}"}:
        _keep(found, name, resource, batch.get("deadline_s"))
    _keep(found, "retries", resource, batch.get("retries"))


def _keep(found: _Counting, name: str, resource: Resource, value: Any) -> None:
    """The first of the largest stays, so that the order of the resources decides."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value >= UNBOUNDED:
        return
    environment = resource.view["environment"]
    known = found.maxima[name].get(environment)
    if known is None or math.ceil(value) > known.value:
        found.maxima[name][environment] = Largest(math.ceil(value), resource)
