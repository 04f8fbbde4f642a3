"""One planned resource as the view that policies read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from guardrail.attribution import (
    Home,
    canonical_tags,
    declarations,
    declared_durations,
    declared_role,
    environment_of,
    tag_conflicts,
    unclaimed_keys,
)
from guardrail.catalogue.resource_types import resource_type
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.model import Identity, Origin, Resource
from guardrail.normalise.checkpoints import checkpoint_of
from guardrail.normalise.terraform.capacity import NOTHING, capacity_fields, unread_fields
from guardrail.normalise.terraform.environment import containers_to_read
from guardrail.normalise.terraform.jobs import job_facts
from guardrail.normalise.terraform.providers import account_in_arn, provider_of, source_of
from guardrail.normalise.terraform.purchase import purchase_of
from guardrail.normalise.terraform.readers import capacity_of
from guardrail.normalise.terraform.regions import NOWHERE, Place, holder_of, place_of, place_of_cluster
from guardrail.normalise.terraform.sensitive import sensitive_paths
from guardrail.normalise.terraform.tags import tag_path, tags_of
from guardrail.normalise.terraform.values import text
from guardrail.view.schema import blank_view, unknown_paths

if TYPE_CHECKING:
    from guardrail.catalogue.resource_types import ResourceType
    from guardrail.facts import Facts
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.providers import ProviderInstance, Providers
    from guardrail.normalise.terraform.sensitive import Secrets
    from guardrail.normalise.terraform.tags import Tags
    from guardrail.normalise.terraform.values import Values

__all__ = ["PlanContext", "resource_of"]


_FROM_TAGS = ("tags", "raw_tags", "unclaimed_keys", "workload_type", "environment")
_WORKLOADS = frozenset({"compute", "batch", "serving", "notebook"})
_IN_A_CLUSTER = frozenset({"kubernetes", "helm"})


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What all resources of a plan share."""

    origin: Origin
    facts: Facts
    providers: Providers
    joins: Joins
    secrets: Secrets


def resource_of(change: Change, plan: PlanContext) -> Resource:
    """The resource of a change, with the view before it where it is updated or replaced."""
    view, blame, place = _view(change, change.now, plan)
    old_view = _view(change, change.before, plan)[0] if change.before is not None else None
    name = view.get("name")
    return Resource(
        identity=Identity(
            id=change.text, source="terraform", kind=change.type, name=name if isinstance(name, str) else None, address=change.text
        ),
        view=view,
        origin=Origin(plan.origin.path, plan.origin.document, f"{plan.origin.pointer}/resource_changes/{change.index}"),
        old_view=old_view,
        blame=blame,
        placed_by=None if view["billable"] else place.given_by or _held_by(change, place, plan),
        secrets=plan.secrets.everywhere,
    )


def _view(change: Change, values: Values, plan: PlanContext) -> tuple[dict[str, Any], dict[str, str], Place]:
    rtype = resource_type(change.type)
    provider = provider_of(change.type, change.provider_name)
    instance = plan.providers.of(change)
    tags_at = tag_path(rtype, values, provider)
    tags = tags_of(values, tags_at, provider, instance)
    if plan.facts.inherit_from_resource_group and change.type.startswith("azurerm_"):
        tags = _inherited(change, values, tags, plan)
    billable = rtype.billable or (tags.taggable and not rtype.listed)
    view, blame = blank_view(), {}
    view.update(_identity(change, values, rtype, provider))
    view.update(taggable=tags.taggable, billable=billable)
    read = capacity_of(change, values, plan.joins)
    view.update(unread_fields(f"type {change.type}") if read is None else capacity_fields(read))
    capacity = read or NOTHING
    view["suspended"] = capacity.suspended
    job = job_facts(change, values)
    view["batch"] = {**view["batch"], **job.fields()}
    view["purchase"] = purchase_of(change, values, plan.joins, read=read is not None)
    view["pod"] = {"restart_policy": "Always"}
    place = _place(change, values, plan, billable=billable)
    view["regions"] = _regions(place)
    optional = {
        "region": place.region,
        "region_source": place.source,
        "cluster": capacity.cluster if provider not in _IN_A_CLUSTER else _run_cluster(plan.facts),
        "account": _account(values, provider, instance),
        "tag_attribute": tags_at.replace("[]", "") if tags_at is not None else None,
    }
    view.update({name: value for name, value in optional.items() if value is not None})
    _attribute(view, tags, rtype, provider, plan.facts)
    _declare(view, change, values, tags, plan.facts, read=read is not None)
    blame.update(dict.fromkeys(_FROM_TAGS, tags.pointer) if tags.taggable else {})
    blame.update({"region": place.pointer, "regions": place.pointer} if place.pointer else {})
    blame.update(capacity.blame)
    blame.update(job.blame)
    view["sensitive"] = sensitive_paths(view, plan.secrets.hidden_in(change.index))
    view["unknown"] = unknown_paths(view)
    return view, blame, place


def _run_cluster(facts: Facts) -> str | Unknown:
    return Unknown(("run:cluster",)) if facts.cluster is None else facts.cluster


def _inherited(change: Change, values: Values, tags: Tags, plan: PlanContext) -> Tags:
    """Tags over those of the resource group in the same plan, which an Azure policy copies."""
    for group in plan.joins.linked(change, values, "resource_group_name", ("azurerm_resource_group",)):
        given = tags_of(group.now, "tags", "azure", plan.providers.of(group)).effective
        own = {key.lower() for key in tags.effective}
        merged = {key: value for key, value in given.items() if key.lower() not in own} | tags.effective
        unlisted = [part for part in (given.unlisted, tags.effective.unlisted) if part is not None]
        doubt = Unknown(ref for part in unlisted for ref in part.references) if unlisted else None
        return replace(tags, effective=PartialMap(merged, unlisted=doubt))
    return tags


def _place(change: Change, values: Values, plan: PlanContext, *, billable: bool) -> Place:
    if any(fnmatchcase(change.type, glob) for glob in plan.facts.global_types):
        return NOWHERE
    if provider_of(change.type, change.provider_name) in _IN_A_CLUSTER:
        return place_of_cluster(plan.facts)
    return place_of(change, values, plan.providers.of(change), plan.joins, billable=billable)


def _held_by(change: Change, place: Place, plan: PlanContext) -> str | None:
    """The address of what a resource of AWS is a part of, where that is in the same region."""
    if not isinstance(place.region, str) or provider_of(change.type, change.provider_name) != "aws":
        return None
    holder = holder_of(change, plan.joins)
    if holder is None:
        return None
    there = _place(holder, holder.now, plan, billable=True)
    return holder.text if there.region == place.region else None


def _identity(change: Change, values: Values, rtype: ResourceType, provider: str) -> dict[str, Any]:
    name = text(values.get("name"))
    return {
        "source": "terraform",
        "surface": "plan",
        "provider": provider,
        "kind": change.type,
        "group": source_of(change.type, change.provider_name),
        "class": rtype.class_,
        "controller": rtype.controller,
        "id": change.text,
        "address": change.text,
        "operation": change.operation,
        "controlled": False,
        **({} if name is None else {"name": name}),
    }


def _regions(place: Place) -> list[Any] | Unknown:
    """Every region; unknown as a whole where nothing of it is known."""
    if not isinstance(place.region, Unknown):
        return list(place.regions)
    return [place.region, *place.regions] if place.regions else place.region


def _account(values: Values, provider: str, instance: ProviderInstance) -> str | Unknown | None:
    """The account in the resource's own ARN, its own project, or that of its provider."""
    if provider == "aws":
        return account_in_arn(values.known.get("arn")) or instance.account
    if provider == "google":
        own = text(values.get("project"))
        return own if own is not None else instance.account
    if provider == "azure":
        parts = str(values.known.get("id") or "").split("/")
        return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else instance.account  # noqa: PLR2004 - /subscriptions/ID
    return None


def _attribute(view: dict[str, Any], tags: Tags, rtype: ResourceType, provider: str, facts: Facts) -> None:
    """Fill tags, environment and workload type."""
    canonical = canonical_tags(tags.effective, provider, facts)
    view["tags"], view["raw_tags"] = canonical, tags.raw
    view["tags_open"] = canonical.unlisted is not None
    view["tag_conflicts"] = tag_conflicts(tags.raw, provider, facts)
    view["unclaimed_keys"] = unclaimed_keys(tags.raw, provider, facts)
    home = Home(account=view.get("account"), cluster=view.get("cluster"))
    found = environment_of(home, None, _tag(canonical, "environment"), facts)
    view.update(environment=found.name, environments=list(found.candidates), environment_source=found.source)
    workload = _tag(canonical, "workload-type")
    workload = rtype.workload_type if workload is None else workload
    if workload is not None:
        view["workload_type"] = workload


def _declare(  # noqa: PLR0913 - the parts of one view
    view: dict[str, Any], change: Change, values: Values, tags: Tags, facts: Facts, *, read: bool
) -> None:
    """Fill what the resource declares by its tags, on Google by the metadata of an instance too."""
    written = tags.effective
    metadata = values.get("metadata") if view["provider"] == "google" else None
    if isinstance(metadata, Unknown):
        written = PartialMap(written, unlisted=metadata if written.unlisted is None else metadata | written.unlisted)
    elif isinstance(metadata, Mapping):
        written = PartialMap({**written, **metadata}, unlisted=written.unlisted)
    declared = declarations(written, view["provider"], (change.text,), facts)
    view["declared"], view["declared_s"] = declared, declared_durations(declared)
    if view["class"] in _WORKLOADS:
        unread = None if read else Unknown((f"type {change.type}",))
        containers, doubt = containers_to_read(change.type, values)
        view["checkpoint"] = checkpoint_of(declared, containers, facts, unread if doubt is None else doubt)
    role = declared_role(declared)
    if role is not None:
        view["capacity_role"] = role


def _tag(tags: PartialMap, key: str) -> str | Unknown | None:
    """A tag's value; empty text is no value."""
    present = tags.presence(key)
    if isinstance(present, Unknown):
        return present
    return text(tags[key]) if present else None
