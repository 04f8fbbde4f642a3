"""How the nodes are bought that a pod is placed on, by what its selectors and its affinity say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import LabelSays, label_says
from guardrail.catalogue.purchases import ON_DEMAND, RESERVED, SPOT, purchase_by_label
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.daemonsets import registered_pools
from guardrail.normalise.kubernetes.placement import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.placement import Placement
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["capacity_role_of", "purchase_of"]

_MIXED = "mixed"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_ROLES = frozenset({"baseline", "overflow", "mixed"})
_Kinds = set[str | Unknown]


def purchase_of(reader: Reader, pod: Mapping[str, Any], at: str, placement: Placement, facts: Facts) -> str | Unknown:
    """The purchase of a pod's nodes: spot where it can be on nothing else, mixed where spot is one of several or preferred.

    A toleration alone places nothing. Without any word the nodes are on-demand. A pool that the
    registry does not know is unknown.
    """
    if placement.doubt is not None:
        return placement.doubt
    if placement is ANYWHERE:
        return ON_DEMAND
    found = [_of_term(demands.required, facts) for demands in placement.alternatives]
    unknown = [kind for kind in found if isinstance(kind, Unknown)]
    if unknown:
        return Unknown(reference for part in unknown for reference in part.references)
    kinds = set(found)
    if len(kinds) == 1 and None not in kinds:
        return str(found[0])
    if kinds & {SPOT, _MIXED}:
        return _MIXED
    preferred = {kind for key, values in _preferred(reader, pod, at) for kind in _kinds(key, values, facts)}
    return _MIXED if SPOT in preferred else ON_DEMAND


def capacity_role_of(placement: Placement, facts: Facts) -> str | None:
    """The role that the registry gives the pools which the pod's labels name, where it is the same for all of them."""
    names = {name for demands in placement.alternatives for values in demands.values(LabelSays.POOL) for name in values}
    roles = {pool.get("capacity_role") for pool in registered_pools(facts) if pool.get("name") in names}
    return next((str(role) for role in roles if role in _ROLES), None) if len(roles) == 1 else None


def _of_term(required: Mapping[str, Sequence[str]], facts: Facts) -> str | Unknown | None:
    """What all demands of one alternative leave; None where they say nothing."""
    left: _Kinds = set()
    for key, values in required.items():
        kinds = _kinds(key, values, facts)
        left = kinds if not left else (left & kinds or left) if kinds else left
    known = {kind for kind in left if not isinstance(kind, Unknown)}
    if SPOT in known:
        return SPOT if left == {SPOT} else _MIXED
    unknown = [kind for kind in left if isinstance(kind, Unknown)]
    if unknown:
        return unknown[0]
    return RESERVED if known == {RESERVED} else ON_DEMAND if known else None


def _kinds(key: str, values: Sequence[str], facts: Facts) -> _Kinds:
    """The purchases that the accepted values of a label leave; none where the label says nothing of it."""
    said = [purchase_by_label(key, value) for value in values]
    if any(kind is not None for kind in said):
        return {ON_DEMAND if kind is None else kind for kind in said}
    of_pools = label_says(key) is LabelSays.POOL
    pools = [pool for pool in registered_pools(facts) if (pool.get("name") if of_pools else _label(pool, key)) in values]
    kinds: _Kinds = {_purchase(pool) for pool in pools}
    if of_pools:
        names = {pool.get("name") for pool in pools}
        kinds |= {_unregistered(value, facts) for value in values if value not in names}
    return kinds


def _label(pool: Mapping[str, Any], key: str) -> object:
    labels = pool.get("labels")
    return labels.get(key) if isinstance(labels, dict) else None


def _purchase(pool: Mapping[str, Any]) -> str | Unknown:
    stated = pool.get("purchase")
    return stated if isinstance(stated, str) else Unknown((f"purchase of pool {pool.get('name')} (not registered)",))


def _unregistered(name: str, facts: Facts) -> Unknown:
    return Unknown(("run:cluster",)) if facts.cluster is None else Unknown((f"pool {name} (not registered)",))


def _preferred(reader: Reader, pod: Mapping[str, Any], at: str) -> Iterator[tuple[str, list[str]]]:
    """The labels that the affinity prefers, with the values it lists."""
    affinity = reader.mapping(pod, "affinity", at)
    nodes = affinity if isinstance(affinity, Unknown) else reader.mapping(affinity, "nodeAffinity", f"{at}/affinity")
    if isinstance(nodes, Unknown):
        return
    for where, weighted in reader.members(nodes, _PREFERRED, f"{at}/affinity/nodeAffinity"):
        term = weighted if isinstance(weighted, Unknown) else reader.mapping(weighted, "preference", where)
        if isinstance(term, Unknown):
            continue
        for inner, demand in reader.members(term, "matchExpressions", f"{where}/preference"):
            key = demand if isinstance(demand, Unknown) else reader.text(demand, "key", inner)
            if isinstance(demand, Unknown) or not isinstance(key, str) or demand.get("operator") != "In":
                continue
            values = reader.sequence(demand, "values", inner)
            yield key, [] if isinstance(values, Unknown) else [value for value in values if isinstance(value, str)]
