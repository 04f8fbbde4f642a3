"""Names that one part of a profile takes from another part, or from the catalogue: which stand where, and which are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.families import family_of, known_families
from guardrail.catalogue.places import canonical_region, known_regions, members_of_multi_region, region_of_zone
from guardrail.catalogue.timezones import timezones
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.catalogue import TAG_KEYS
from guardrail.policy.schema import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.policy.documents import Path

__all__ = ["Named", "named_at", "unknown_names"]

_ANY_KEY, _ANY_MEMBER, _THE_KEYS = "*", "[]", "{}"
_CLOUDS = frozenset({"aws", "google", "azure"})


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a profile: its path, and whether it is a key there."""

    path: Path
    name: str
    at_key: bool = False


_ENVIRONMENT_KEYS = (
    "batch.max_retries",
    "batch.max_runtime_s",
    "batch.max_ttl_s",
    "cost.hourly",
    "cost.max_run",
    "cost.nonprod_size",
    "cost.plan_increase",
    "enforcement.overrides.*",
    "enforcement.packs.*",
    "environments.homes",
    "exceptions.approvals",
    "gpu.families",
    "gpu.launch_groups",
    "gpu.max_clients",
    "gpu.max_memory_gib",
    "gpu.max_per_unit",
    "network.max_nat",
    "quotas.fleet",
    "quotas.min_nodes",
    "quotas.nodes",
    "quotas.workload_gpus",
    "regions.approved",
    "replicas.idle_gpu_floor",
    "replicas.max",
    "replicas.max_concurrency",
    "replicas.sweep.parallel",
    "spot.min_types",
    "storage.log_days",
    "storage.max_claims_gib",
    "storage.max_volume_gib",
    "storage.performance",
    "storage.retention_days.*",
    "storage.shared_fs_gib",
)
_PLACES: Mapping[str, tuple[str, ...]] = {
    "environment": (
        *(f"{path}.{_THE_KEYS}" for path in _ENVIRONMENT_KEYS),
        "accounts.[].environment",
        "budgets.[].environment",
        "clusters.[].environment",
        "clusters.[].pools.[].environments.[]",
        "enforcement.unlabelled_environment",
        "owners.*.gpu.environments.[]",
        "regions.buckets.*.environment",
        "regions.pii.environments.[]",
    ),
    "team": (
        "budgets.[].owner",
        "budgets.[].scope.team",
        "commitments.owners.[]",
        "cost.daily.teams.{}",
        "scheduling.queues.*.teams.[]",
    ),
    "workload type": (
        "batch.max_runtime_by_type.{}",
        "clusters.[].pools.[].workload_types.[]",
        "gpu.cpu_only_types.[]",
        "owners.*.workload_types.[]",
        "quotas.namespaces.*.workload_types.[]",
        "quotas.workload_gpus.*.{}",
        "scheduling.priorities.{}",
        "scheduling.queues.*.types.[]",
        "tags.values.workload-type.enum.[]",
    ),
    "tag key": ("tags.inherit.from_namespace.[]", "tags.required.*.[]", "tags.values.{}"),
    "family": (
        "clusters.[].pools.[].family",
        "gpu.cpu_per_gpu.{}",
        "gpu.families.*.[]",
        "gpu.frontier.[]",
        "gpu.interconnect_families.[]",
        "gpu.rates.{}",
        "quotas.namespaces.*.by_family.{}",
    ),
    "region": (
        "regions.approved.*.[]",
        "regions.buckets.*.region",
        "regions.buckets.*.replicas.[]",
        "regions.pii.regions.[]",
    ),
    "time zone": ("batch.off_peak.timezone", "metadata.timezone"),
    "budget": ("budgets.[].covered_by",),
}
_OTHERS: Mapping[str, frozenset[str]] = {  # what may stand there beside a name
    "environment": frozenset({DEFAULT_ENVIRONMENT}),
    "family": frozenset({DEFAULT_ENVIRONMENT}),
    "team": frozenset({"*"}),
    "workload type": frozenset({DEFAULT_ENVIRONMENT}),
}


def named_at(document: Any, place: str) -> Iterator[Named]:
    """The names at a place such as `clusters.[].pools.[].family`; `{}` at its end means the keys of the map."""
    yield from _below(document, tuple(place.split(".")), ())


def _below(value: Any, parts: tuple[str, ...], at: Path) -> Iterator[Named]:
    if not parts:
        if isinstance(value, str):
            yield Named(at, value)
        return
    head, rest = parts[0], parts[1:]
    if head == _ANY_MEMBER:
        for number, member in enumerate(value if isinstance(value, list) else ()):
            yield from _below(member, rest, (*at, number))
    elif not isinstance(value, dict):
        return
    elif head == _THE_KEYS:
        yield from (Named((*at, key), key, at_key=True) for key in value)
    elif head == _ANY_KEY:
        for key, member in value.items():
            yield from _below(member, rest, (*at, key))
    elif head in value:
        yield from _below(value[head], rest, (*at, head))


def unknown_names(document: Mapping[str, Any]) -> Iterator[tuple[Named, str]]:
    """Every name that nothing has, with what to say. A registry that is not given is not checked against."""
    for kind, places in _PLACES.items():
        wrong = _judge(kind, document)
        if wrong is None:
            continue
        for place in places:
            for named in named_at(document, place):
                message = None if named.name in _OTHERS.get(kind, ()) else wrong(named.name)
                if message is not None:
                    yield named, message
    yield from _misplaced_clusters(document)


def _judge(kind: str, document: Mapping[str, Any]) -> Callable[[str], str | None] | None:
    """What says whether a name of a kind is wrong; None where there is nothing to say it by."""
    match kind:
        case "family":
            return _wrong_family
        case "region":
            return partial(_wrong_region, known_regions(None) | _own_regions(document), None)
        case "time zone":
            return lambda name: None if name in timezones() else f"no time zone {name}{did_you_mean(name, timezones())}"
        case _:
            registry = _registry(kind, document)
            return partial(_unlisted, kind, registry) if registry else None


def _registry(kind: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that a profile gives to things of a kind."""
    tags = document.get("tags", {})
    match kind:
        case "environment":
            return tuple(document.get("environments", {}).get("aliases", ()))
        case "team":
            return tuple(document.get("owners", ()))
        case "workload type":
            return tuple(tags.get("workload_types", ()))
        case "tag key":
            return tuple(tags.get("keys") or TAG_KEYS)
        case _:
            return tuple(named.name for named in named_at(document, "budgets.[].name"))


def _unlisted(kind: str, known: tuple[str, ...], name: str) -> str | None:
    if name in known:
        return None
    hint = did_you_mean(name, known)
    match kind:
        case "environment":
            return f"no environment {name}{hint}; the profile has {', '.join(known)}"
        case "team":
            return f"no team {name}{hint} in owners"
        case "tag key":
            return f"no canonical key {name}{hint} in tags.keys"
        case "workload type":
            return f"no workload type {name}{hint} in tags.workload_types"
        case _:
            return f"no {kind} {name}{hint}"


def _wrong_family(name: str) -> str | None:
    if name in known_families():
        return None
    match = family_of(name)
    if match is not None and match.family is not None:
        return f"the accelerator family is written {match.family}"
    return f"no accelerator family {name}{did_you_mean(name, known_families())} in the catalogue"


# ---- places


def _own_regions(document: Mapping[str, Any]) -> frozenset[str]:
    """Regions that the catalogue need not have: those named as newer, and those of clusters outside the three clouds."""
    newer = {named.name for named in named_at(document, "regions.further.[]")}
    elsewhere = {cluster["region"] for cluster in _clusters(document) if "region" in cluster and cluster.get("provider") not in _CLOUDS}
    return frozenset(newer | elsewhere)


def _wrong_region(known: frozenset[str], provider: str | None, name: str) -> str | None:
    if name in known:
        return None
    written = canonical_region(provider, name) or region_of_zone(provider, name)
    if written is not None:
        return f"the region is written {written}" if canonical_region(provider, name) else f"{name} is a zone; its region is {written}"
    members = members_of_multi_region(provider, name)
    if members is not None:
        return f"{name} is a multi-region; name its regions: {', '.join(members)}"
    whose = f" of {provider}" if provider else ""
    return f"no region {name}{whose}{did_you_mean(name, known)} in the catalogue; one that is newer goes into regions.further"


def _misplaced_clusters(document: Mapping[str, Any]) -> Iterator[tuple[Named, str]]:
    """Clusters in regions that their provider does not have, and pools with zones of another region."""
    newer = _own_regions(document)
    for at, cluster in enumerate(_clusters(document)):
        provider, region = cluster.get("provider"), cluster.get("region")
        if provider not in _CLOUDS or not isinstance(region, str):
            continue
        wrong = _wrong_region(known_regions(provider) | newer, provider, region)
        if wrong is not None:
            yield Named(("clusters", at, "region"), region), wrong
            continue
        for named in named_at(cluster, "pools.[].zones.[]"):
            home = region_of_zone(provider, named.name)
            if home not in {None, region}:
                yield Named(("clusters", at, *named.path), named.name), f"{named.name} is a zone of {home}, and the cluster is in {region}"


def _clusters(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    clusters = document.get("clusters")
    return [entry if isinstance(entry, dict) else {} for entry in clusters] if isinstance(clusters, list) else []
