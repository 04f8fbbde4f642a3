"""How the machines of a planned resource are bought: spot, on-demand, mixed or reserved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.launch_templates import BLOCK, Content, by_block, by_configuration, uses_configuration
from guardrail.normalise.terraform.values import Values, flag, text, texts, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins

__all__ = ["purchase_of"]

Purchase = str | Unknown
_SPOT, _ON_DEMAND, _MIXED, _RESERVED = "spot", "on-demand", "mixed", "reserved"
_ALL_ON_DEMAND = 100  # percent
_FARGATE = "FARGATE"


def purchase_of(change: Change, values: Values, joins: Joins, *, read: bool) -> Purchase:
    """How a resource buys its machines; on-demand where nothing else is written, unknown for types that are not `read`."""
    reader = _READERS.get(change.type)
    if reader is not None:
        return reader(change, values, joins)
    return _ON_DEMAND if read else Unknown((f"type {change.type}",))


def _spot_request(change: Change, values: Values, joins: Joins) -> Purchase:
    del change, values, joins
    return _SPOT


def _instance(change: Change, values: Values, joins: Joins) -> Purchase:
    """What is written on the machine wins over its template."""
    own = _market(values)
    return _of_templates(by_block(change, values, joins, BLOCK)) if own is None else own


def _market(values: Values) -> Purchase | None:
    """The market options of a machine or template, or the price that makes a launch configuration spot."""
    price = text(values.get("spot_price"))
    if price is not None:
        return price if isinstance(price, Unknown) else _SPOT
    options = values.block("instance_market_options")
    if options is None or isinstance(options, Unknown):
        return options
    return _named(text(options.get("market_type")), {"spot": _SPOT, "capacity-block": _RESERVED})


def _of_templates(templates: Sequence[Content] | None) -> Purchase:
    found = [held if isinstance(held, Unknown) else _or_on_demand(_market(held)) for _, held in templates or ()]
    if not found:
        return _ON_DEMAND
    if all(purchase == found[0] for purchase in found):
        return found[0]
    return Unknown(
        (*(name for name, _ in templates or ()), *(ref for part in found if isinstance(part, Unknown) for ref in part.references))
    )


def _or_on_demand(purchase: Purchase | None) -> Purchase:
    return _ON_DEMAND if purchase is None else purchase


def _named(value: str | Unknown | None, names: Mapping[str, str]) -> Purchase:
    return value if isinstance(value, Unknown) else _ON_DEMAND if value is None else names.get(value, _ON_DEMAND)


def _auto_scaling_group(change: Change, values: Values, joins: Joins) -> Purchase:
    """By its mixed policy, else by its template.

    Without a distribution all machines of a mixed policy are on demand; a distribution that is
    written without its numbers is sent as 0 and 0, which is all spot.
    """
    mixed = values.block("mixed_instances_policy")
    if isinstance(mixed, Unknown):
        return mixed
    if mixed is None:
        templates = by_configuration(change, values, joins) if uses_configuration(values) else by_block(change, values, joins, BLOCK)
        return _of_templates(templates)
    distribution = mixed.block("instances_distribution", computed=False)
    if distribution is None or isinstance(distribution, Unknown):
        return _ON_DEMAND if distribution is None else distribution
    base, percent = (whole(distribution.get(name)) for name in ("on_demand_base_capacity", "on_demand_percentage_above_base_capacity"))
    if percent == _ALL_ON_DEMAND:
        return _ON_DEMAND
    unknown = next((part for part in (percent, base) if isinstance(part, Unknown)), None)
    if unknown is not None:
        return unknown
    return _MIXED if base or percent else _SPOT


def _eks_node_group(change: Change, values: Values, joins: Joins) -> Purchase:
    del change, joins
    return _named(text(values.get("capacity_type")), {"SPOT": _SPOT, "CAPACITY_BLOCK": _RESERVED})


def _compute_environment(change: Change, values: Values, joins: Joins) -> Purchase:
    del change, joins
    resources = values.block("compute_resources", computed=False)
    if resources is None or isinstance(resources, Unknown):
        return _ON_DEMAND if resources is None else resources
    return _named(text(resources.get("type")), {"SPOT": _SPOT, "FARGATE_SPOT": _SPOT})


def _job_definition(change: Change, values: Values, joins: Joins) -> Purchase:
    """The queue decides, which is named at submission: all compute environments of the plan that could run it, together."""
    platforms = values.get("platform_capabilities")
    wanted = _FARGATE in list(texts(platforms)) if isinstance(platforms, list) else False
    found = [
        _compute_environment(change, environment.now, joins)
        for environment in joins.of_type("aws_batch_compute_environment")
        if environment.operation != "delete" and _is_fargate(environment.now) in {wanted, None}
    ]
    unknown = [purchase for purchase in found if isinstance(purchase, Unknown)]
    if unknown:
        return Unknown(ref for part in unknown for ref in part.references)
    if _SPOT not in found:
        return _ON_DEMAND
    return _SPOT if set(found) == {_SPOT} else _MIXED


def _is_fargate(environment: Values) -> bool | None:
    """Whether an environment runs on Fargate; None where that is not known."""
    resources = environment.block("compute_resources", computed=False)
    kind = None if resources is None or isinstance(resources, Unknown) else text(resources.get("type"))
    return kind.startswith(_FARGATE) if isinstance(kind, str) else None


def _compute_instance(change: Change, values: Values, joins: Joins) -> Purchase:
    del change, joins
    scheduling = values.block("scheduling")
    if scheduling is None or isinstance(scheduling, Unknown):
        return _ON_DEMAND if scheduling is None else scheduling
    preemptible = flag(scheduling.get("preemptible"))
    if preemptible is True:
        return _SPOT
    model = text(scheduling.get("provisioning_model"))
    if model is None and isinstance(preemptible, Unknown):
        return preemptible
    return _named(model, {"SPOT": _SPOT, "RESERVATION_BOUND": _RESERVED})


def _node_pool(change: Change, values: Values, joins: Joins) -> Purchase:
    del change, joins
    config = values.block("node_config")
    if config is None or isinstance(config, Unknown):
        return _ON_DEMAND if config is None else config
    flags = [flag(config.get(name)) for name in ("spot", "preemptible")]
    unknown = [part for part in flags if isinstance(part, Unknown)]
    return _SPOT if True in flags else unknown[0] if unknown else _ON_DEMAND


def _by_priority(change: Change, values: Values, joins: Joins) -> Purchase:
    """Azure machines, node pools and container groups; `Regular` where nothing is written."""
    del change, joins
    return _named(text(values.get("priority")), {"Spot": _SPOT, "Low": _SPOT})


_READERS: Mapping[str, Callable[[Change, Values, Joins], Purchase]] = {
    "aws_autoscaling_group": _auto_scaling_group,
    "aws_batch_compute_environment": _compute_environment,
    "aws_batch_job_definition": _job_definition,
    "aws_eks_node_group": _eks_node_group,
    "aws_instance": _instance,
    "aws_spot_instance_request": _spot_request,
    "azurerm_container_group": _by_priority,
    "azurerm_kubernetes_cluster_node_pool": _by_priority,
    "azurerm_linux_virtual_machine": _by_priority,
    "azurerm_windows_virtual_machine": _by_priority,
    "google_compute_instance": _compute_instance,
    "google_container_node_pool": _node_pool,
}
