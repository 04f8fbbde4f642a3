"""How many nodes a DaemonSet may run on: those of the registered pools that may take its pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import LabelSays, label_says
from guardrail.catalogue.families import family_of
from guardrail.cel.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.placement import Placement
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["nodes_of_daemon_set", "registered_pools", "tolerations_of"]

Toleration = dict[str, str | None]
"""The texts of one toleration; None where empty or absent."""

_PURCHASE_LABELS = frozenset({"eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type", "kubernetes.azure.com/scalesetpriority"})
# What GKE puts on GPU pools by itself, and lets pods tolerate by itself that ask for a GPU.
_GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
_PARTS = ("key", "operator", "value", "effect")
_HARD_EFFECTS = frozenset({"NoSchedule", "NoExecute"})


def registered_pools(facts: Facts) -> Sequence[Mapping[str, Any]]:
    """The pools of the run's cluster, as far as the registry knows them."""
    entry = facts.clusters.get(facts.cluster) if facts.cluster is not None else None
    pools = entry.get("pools") if isinstance(entry, Mapping) else None
    return [pool for pool in pools if isinstance(pool, Mapping)] if isinstance(pools, list | tuple) else []


def tolerations_of(reader: Reader, pod: Mapping[str, Any], at: str) -> list[Toleration] | Unknown:
    """The tolerations of a pod spec; unknown where one of them cannot be read."""
    found: list[Toleration] = []
    for where, toleration in reader.members(pod, "tolerations", at):
        if isinstance(toleration, Unknown):
            return toleration
        known: Toleration = {}
        for part in _PARTS:
            text = reader.text(toleration, part, where)
            if isinstance(text, Unknown):
                return text
            known[part] = text
        found.append(known)
    return found


def nodes_of_daemon_set(
    tolerations: Sequence[Toleration] | Unknown, placement: Placement, facts: Facts, *, asks_for_devices: bool
) -> int | Unknown:
    """The most nodes that a DaemonSet may run on; unknown where the cluster or its pools are not registered.

    A pool is left out only where it surely cannot take the pods: its labels, zones, family,
    purchase model or taints contradict what the pods select and tolerate.
    """
    if facts.cluster is None:
        return Unknown(("run:cluster",))
    if placement.doubt is not None:
        return placement.doubt
    if isinstance(tolerations, Unknown):
        return tolerations
    pools = registered_pools(facts)
    if not pools:
        return Unknown((f"pools of cluster {facts.cluster} (not registered)",))
    tainted = facts.clusters[facts.cluster].get("gpu_taint_automatic") is True and not asks_for_devices
    total = 0
    for pool in pools:
        if not _takes(pool, placement, tolerations, tainted=tainted):
            continue
        most = pool.get("max_nodes")
        if isinstance(most, bool) or not isinstance(most, int):
            return Unknown((f"max_nodes of pool {pool.get('name')} (not registered)",))
        total += most
    return total


def _takes(pool: Mapping[str, Any], placement: Placement, tolerations: Sequence[Toleration], *, tainted: bool) -> bool:
    taints = [taint for taint in pool.get("taints") or () if isinstance(taint, Mapping)]
    if tainted and pool.get("gpus_per_node"):
        taints.append(_GPU_TAINT)
    hard = [taint for taint in taints if taint.get("effect", "NoSchedule") in _HARD_EFFECTS]
    selected = any(all(_may_have(pool, key, values) for key, values in one.required.items()) for one in placement.alternatives)
    return selected and all(any(_tolerates(toleration, taint) for toleration in tolerations) for taint in hard)


def _may_have(pool: Mapping[str, Any], key: str, values: Sequence[str]) -> bool:
    """Whether nodes of a pool may carry one of these values; what the registry does not say, they may."""
    labels = pool.get("labels")
    if isinstance(labels, Mapping) and key in labels:
        return str(labels[key]) in values
    if key in _PURCHASE_LABELS and isinstance(pool.get("purchase"), str):
        return pool["purchase"] in {"mixed", *(value.lower().replace("_", "-") for value in values)}
    says = label_says(key)
    if says is LabelSays.POOL:
        return pool.get("name") in values
    if says is LabelSays.ZONE and pool.get("zones"):
        return any(zone in values for zone in pool["zones"])
    if says is LabelSays.MODEL and isinstance(pool.get("family"), str):
        return pool["family"] in {match.family if (match := family_of(value)) else value for value in values}
    return True


def _tolerates(toleration: Toleration, taint: Mapping[str, Any]) -> bool:
    """The rule of the scheduler: an empty key with Exists tolerates everything, an empty effect all effects."""
    if toleration["effect"] not in {None, taint.get("effect", "NoSchedule")}:
        return False
    if toleration["operator"] == "Exists":
        return toleration["key"] in {None, taint.get("key")}
    return toleration["key"] == taint.get("key") and (toleration["value"] or "") == (taint.get("value") or "")
