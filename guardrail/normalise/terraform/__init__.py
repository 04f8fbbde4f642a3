"""Terraform and OpenTofu plans to the `resource` view."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardrail.model import Note
from guardrail.normalise.terraform.changes import read_changes
from guardrail.normalise.terraform.configuration import Configuration
from guardrail.normalise.terraform.joins import Joins
from guardrail.normalise.terraform.providers import Providers
from guardrail.normalise.terraform.sensitive import secrets_of
from guardrail.normalise.terraform.views import PlanContext, resource_of

if TYPE_CHECKING:
    from guardrail.facts import Facts
    from guardrail.model import Plan, Resource

__all__ = ["normalise_plan"]


_UNREAD = "what these types run is not read by this version; their accelerators and units are unknown, and no rule about them warned"


def normalise_plan(plan: Plan, facts: Facts) -> tuple[list[Resource], list[Note]]:
    """Every living managed resource of a plan, in its order, and what must be told about the plan.

    No-ops and deletions are among them, with operation `none` and `delete`: they are shown and
    joined, and the engine judges them only where a policy asks for it. Data sources, forgotten
    resources and deposed objects are left out. Never raises, whatever the JSON holds.
    """
    configuration = Configuration(plan.value)
    changes = read_changes(plan.value, configuration, plan.origin.path)
    context = PlanContext(
        origin=plan.origin,
        facts=facts,
        providers=Providers(configuration),
        joins=Joins(changes.found, configuration),
        secrets=secrets_of(plan.value, configuration),
    )
    resources = [resource_of(change, context) for change in changes.found]
    unread = Counter(type_ for resource in resources if resource.view["operation"] not in {"none", "delete"} for type_ in _unread(resource))
    notes = [Note("kind-not-modelled", _UNREAD, type_, count) for type_, count in sorted(unread.items())]
    return resources, [*changes.notes, *notes]


def _unread(resource: Resource) -> set[str]:
    """The types whose machines are missing from a view: the resource's own, or that of what it scales."""
    references = {reference for by_path in resource.view["unknown"].values() for reference in by_path}
    return {reference.removeprefix("type ") for reference in references if reference.startswith("type ")}
