"""Where a resource will be: the first source that says it, from the resource itself to its provider."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.places import canonical_region, is_placeless, members_of_multi_region, region_of_zone, same_place
from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.providers import looks_like_region, provider_of
from guardrail.normalise.terraform.values import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.facts import Facts
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.providers import ProviderInstance
    from guardrail.normalise.terraform.values import Values

__all__ = ["NOWHERE", "Place", "holder_of", "place_of", "place_of_cluster"]

_OWN = {"aws": ("region",), "google": ("region", "location"), "azure": ("location",)}
_ZONES = {"aws": ("availability_zone", "availability_zones", "availability_zone_id"), "google": ("zone",)}

_PARENTS = {
    "aws": ("subnet_id", "subnet_ids", "subnets", "vpc_zone_identifier", "cluster_name", "cluster", "instance_id", "volume_id"),
    "google": ("subnetwork", "cluster", "instance", "disk", "key_ring"),
    "azure": (
        "kubernetes_cluster_id",
        "virtual_machine_scale_set_id",
        "virtual_machine_id",
        "machine_learning_workspace_id",
        "workspace_id",
        "workspace_resource_id",
        "service_plan_id",
        "app_service_plan_id",
        "container_app_environment_id",
        "cognitive_account_id",
        "storage_account_id",
        "storage_account_name",
        "server_id",
        "account_id",
        "cluster_id",
        "namespace_id",
        "virtual_network_name",
        "resource_group_name",
    ),
}
"""Attributes that name what a resource lies in, nearest first."""

_NAMED_PARENTS = {
    "cluster": ("google_container_cluster", "aws_ecs_cluster"),
    "cluster_name": ("aws_eks_cluster",),
    "disk": ("google_compute_disk", "google_compute_region_disk"),
    "instance": ("google_compute_instance",),
    "resource_group_name": ("azurerm_resource_group",),
    "storage_account_name": ("azurerm_storage_account",),
    "subnetwork": ("google_compute_subnetwork",),
    "virtual_network_name": ("azurerm_virtual_network",),
}
"""The types that an attribute may name; other attributes hold an id, which is told apart by itself."""

_HOLDERS = {
    "vpc_id": ("aws_vpc", "aws_default_vpc"),
    "subnet_id": ("aws_subnet",),
    "subnet_ids": ("aws_subnet",),
    "route_table_id": ("aws_route_table",),
    "security_group_id": ("aws_security_group",),
    "load_balancer_arn": ("aws_lb", "aws_alb"),
    "listener_arn": ("aws_lb_listener", "aws_alb_listener"),
    "bucket": ("aws_s3_bucket",),
    "secret_id": ("aws_secretsmanager_secret",),
    "certificate_arn": ("aws_acm_certificate",),
    "user_pool_id": ("aws_cognito_user_pool",),
}
"""Attributes by which a resource of AWS names what it is a part of, with the types of that; none reaches into another region."""

_PARENT_BLOCKS = {
    "aws": (("vpc_config", "subnet_ids"), ("network_configuration", "subnets")),
    "google": (("network_interface", "subnetwork"),),
}
_REPLICAS = {
    "aws_dynamodb_table": (("replica", "region_name"),),
    "aws_dynamodb_global_table": (("replica", "region_name"),),
    "aws_secretsmanager_secret": (("replica", "region"),),
    "azurerm_cosmosdb_account": (("geo_location", "location"),),
    "azurerm_container_registry": (("georeplications", "location"),),
}
_PLACE_IN_LINK = re.compile(r"/(regions|zones|locations)/([a-z0-9-]+)(?:/|$)")
_REGION_IN_ARN = re.compile(r"arn:[a-z-]*:[a-z0-9-]*:([a-z0-9-]+):")
_DEEPEST_PARENT = 4  # a task in a service in a cluster in a subnet; stops loops of damaged plans


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, with all regions it occupies; those of an unknown region are unknown with it.

    A region of None with members in `regions` is a multi-region, without any it is no place at all. `given_by` is the address of
    the planned resource that it is taken over from, which has it from no other.
    """

    region: str | Unknown | None
    source: str | None
    regions: tuple[str | Unknown, ...] = ()
    pointer: str = ""
    given_by: str | None = None


NOWHERE = Place(None, None)


def place_of(change: Change, values: Values, instance: ProviderInstance, joins: Joins, *, billable: bool) -> Place:
    """The place of a resource of a cloud. `values` are its planned or its prior attributes.

    Unknown where nothing says it, but nowhere for what is free and has no attribute for a place.
    """
    provider = provider_of(change.type, change.provider_name)
    if provider not in _OWN:
        return _of_another_cloud(values)
    found = _own_place(change, values, provider, joins, 0) or _of_provider(instance) or _of_link(change, values, provider)
    if found is None:
        placed = billable or provider == "aws" or any(values.has(name) for name in (*_OWN[provider], *_PARENTS[provider]))
        supplier = instance.region if isinstance(instance.region, Unknown) else Unknown((instance.name,))
        found = Place(supplier, None) if placed else NOWHERE
    return _with_replicas(change, values, found)


def holder_of(change: Change, joins: Joins) -> Change | None:
    """The planned resource that one of AWS is a part of, which is a part of no other: the network of a rule of a security group."""
    found: Change | None = None
    at = change
    for _ in range(_DEEPEST_PARENT):
        named = ((name, types) for name, types in _HOLDERS.items() if at.now.has(name))
        holders = (holder for name, types in named for holder in joins.linked(at, at.now, name, types))
        held_by = next((holder for holder in holders if holder is not at), None)
        if held_by is None:
            break
        found = at = held_by
    return found


def _of_another_cloud(values: Values) -> Place:
    """The region as it is written: other providers have no place that the catalogue knows."""
    region = text(values.get("region"))
    if isinstance(region, str):
        return Place(same_place(region), "resource", (same_place(region),), values.point("region"))
    return NOWHERE if region is None else Place(region, None, (region,), values.point("region"))


def place_of_cluster(facts: Facts) -> Place:
    """The cluster that a Kubernetes or Helm provider talks to: a fact of the run, not of the plan."""
    if facts.cluster is None:
        return Place(Unknown(("run:cluster",)), None)
    region = facts.clusters.get(facts.cluster, {}).get("region")
    return (
        Place(same_place(region), "cluster", (same_place(region),)) if isinstance(region, str) else Place(Unknown(("run:cluster",)), None)
    )


def _own_place(change: Change, values: Values, provider: str, joins: Joins, depth: int) -> Place | None:
    """What the resource itself, its zone, or what it lies in says; None: none of them says anything."""
    return _by_attribute(values, provider) or _by_zone(values, provider) or _by_parent(change, values, provider, joins, depth)


def _by_attribute(values: Values, provider: str) -> Place | None:
    placed = [member for block in _blocks(values, "custom_placement_config") for member in texts(block.get("data_locations"))]
    if placed:
        regions = tuple(member if isinstance(member, Unknown) else same_place(member) for member in placed)
        return Place(None, "resource", regions, values.point("custom_placement_config"))
    for name in _OWN[provider]:
        value = text(values.get(name))
        if isinstance(value, Unknown):
            return Place(value, None, pointer=values.point(name))
        if value is not None:
            return _located(value, provider, values.point(name))
    return None


def _located(value: str, provider: str, pointer: str) -> Place:
    """A written location: a region, a zone, a multi-region, or `global`."""
    name = same_place(value.rsplit("/", 1)[-1])
    zone = region_of_zone(provider, name)
    if zone is not None:
        return Place(zone, "zone", (zone,), pointer)
    members = members_of_multi_region(provider, name)
    if members is not None:
        return Place(None, "resource", members, pointer)
    if is_placeless(provider, name):
        return Place(None, "resource", (), pointer)
    if provider == "google" and not looks_like_region(provider, name):
        return Place(None, "resource", (name,), pointer)  # a multi-region that the catalogue does not know is judged by its name
    return Place(name, "resource", (name,), pointer)


def _by_zone(values: Values, provider: str) -> Place | None:
    """The zone's region. An unknown zone of AWS lies in the provider's region and stops nothing."""
    for name in _ZONES.get(provider, ()):
        value = values.get(name)
        if isinstance(value, Unknown) and provider == "google":
            return Place(value, None, pointer=values.point(name))
        for zone in texts(value):
            found = region_of_zone(provider, zone.rsplit("/", 1)[-1]) if isinstance(zone, str) else None
            if found is not None:
                return Place(found, "zone", (found,), values.point(name))
    return None


def _by_parent(change: Change, values: Values, provider: str, joins: Joins, depth: int) -> Place | None:
    if depth >= _DEEPEST_PARENT:
        return None
    for holder, name in _parent_attributes(values, provider):
        for value in texts(holder.get(name)):
            linked = _in_link(value, provider) if isinstance(value, str) else None
            if linked is not None:
                return Place(linked, "parent", (linked,), holder.point(name))
        for parent in _parents(change, holder, name, joins):
            found = _own_place(parent, parent.now, provider, joins, depth + 1)
            if found is not None:
                source = None if isinstance(found.region, Unknown) else "parent"
                return Place(found.region, source, found.regions, holder.point(name), found.given_by or parent.text)
    return None


def _parents(change: Change, holder: Values, name: str, joins: Joins) -> list[Change]:
    types = _NAMED_PARENTS.get(name, ())
    if name == "resource_group_name":
        return joins.linked(change, holder, name, types)
    referred = [parent for parent in joins.referred(change, holder.references(name)) if parent is not change]
    if referred:
        return referred
    return joins.linked(change, holder, name, types) if types else joins.identified(holder, name)


def _parent_attributes(values: Values, provider: str) -> Iterator[tuple[Values, str]]:
    for name in _PARENTS[provider]:
        if values.has(name):
            yield values, name
    for block, name in _PARENT_BLOCKS.get(provider, ()):
        for inner in _blocks(values, block):
            yield inner, name


def _blocks(values: Values, name: str) -> list[Values]:
    found = values.blocks(name) if values.has(name) else []
    return [] if isinstance(found, Unknown) else found


def _of_provider(instance: ProviderInstance) -> Place | None:
    if not isinstance(instance.region, str):
        return None
    return Place(instance.region, instance.region_source, (instance.region,))


def _of_link(change: Change, values: Values, provider: str) -> Place | None:
    """The region in the ARN or self link that the prior state knows, also of what is replaced."""
    for side in (values, change.before or values):
        for name in ("arn", "self_link", "id"):
            value: Any = side.known.get(name)
            found = _in_link(value, provider) if isinstance(value, str) else None
            if found is not None:
                return Place(found, "arn", (found,), side.point(name))
    return None


def _in_link(value: str, provider: str) -> str | None:
    if provider == "aws":
        arn = _REGION_IN_ARN.match(value)
        return arn[1] if arn and looks_like_region("aws", arn[1]) else None
    if provider == "google":
        link = _PLACE_IN_LINK.search(value)
        if link is not None:
            return region_of_zone("google", link[2]) or canonical_region("google", link[2])
    return None


def _with_replicas(change: Change, values: Values, place: Place) -> Place:
    """The place with the regions that copies of the data are kept in."""
    copies: list[str | Unknown] = []
    for block, name in _REPLICAS.get(change.type, ()):
        for inner in _blocks(values, block):
            copies.extend(member if isinstance(member, Unknown) else same_place(member) for member in texts(inner.get(name)))
    return replace(place, regions=tuple(dict.fromkeys((*place.regions, *copies)))) if copies else place
