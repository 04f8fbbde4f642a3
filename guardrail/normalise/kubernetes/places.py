"""Where Kubernetes objects live: the run's cluster, its region and account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.catalogue.places import canonical_region, same_place
from guardrail.cel.unknown import Unknown

if TYPE_CHECKING:
    from guardrail.facts import Facts

__all__ = ["ClusterFacts", "cluster_facts"]


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """The same for every object of a run. `region` and `account` are None where the registry leaves them out."""

    cluster: str | Unknown
    region: str | Unknown
    account: str | Unknown | None


def cluster_facts(facts: Facts) -> ClusterFacts:
    """What the run's cluster says; everything is unknown where no cluster is named."""
    if facts.cluster is None:
        nowhere = Unknown(("run:cluster",))
        return ClusterFacts(nowhere, nowhere, nowhere)
    entry = facts.clusters.get(facts.cluster)
    if not isinstance(entry, Mapping):
        unregistered = Unknown((f"cluster {facts.cluster} (not registered)",))
        return ClusterFacts(facts.cluster, unregistered, unregistered)
    region, account, provider = entry.get("region"), entry.get("account"), entry.get("provider")
    return ClusterFacts(
        facts.cluster,
        _region(provider if isinstance(provider, str) else None, region)
        if isinstance(region, str) and region
        else Unknown((f"cluster {facts.cluster} (registered without a region)",)),
        str(account) if isinstance(account, str | int) and account else None,
    )


def _region(provider: str | None, text: str) -> str:
    return canonical_region(provider, text) or same_place(text)
