"""Which types have their machines read, which run nothing, and which may run what this version does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.catalogue.resource_types import resource_type
from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform import aws, azure, containers, google, scaling
from guardrail.normalise.terraform.capacity import NOTHING, Capacity
from guardrail.normalise.terraform.configuration import as_map
from guardrail.normalise.terraform.values import flag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.values import Values

__all__ = ["capacity_of"]

_READERS: Mapping[str, Callable[[Change, Values, Joins], Capacity | None]] = {
    "aws_instance": aws.instance,
    "aws_spot_instance_request": aws.instance,
    "aws_eks_node_group": aws.eks_node_group,
    "aws_autoscaling_group": aws.auto_scaling_group,
    "google_compute_instance": google.compute_instance,
    "google_container_node_pool": google.node_pool,
    "azurerm_kubernetes_cluster": azure.cluster,
    "azurerm_kubernetes_cluster_node_pool": azure.node_pool,
    "aws_appautoscaling_target": scaling.application_target,
    "google_compute_autoscaler": scaling.instance_group_autoscaler,
    "google_compute_region_autoscaler": scaling.instance_group_autoscaler,
    "azurerm_linux_virtual_machine": azure.virtual_machine,
    "azurerm_windows_virtual_machine": azure.virtual_machine,
    "aws_batch_job_definition": containers.batch_job_definition,
    "aws_glue_job": containers.glue_job,
    "azurerm_container_app_job": containers.container_app_job,
    "azurerm_container_group": containers.container_group,
    "google_cloud_run_v2_job": containers.cloud_run_job,
}

_MAY_RUN_MACHINES = frozenset({"compute", "pool", "batch", "endpoint", "notebook", "serving", "cluster", "autoscaler"})
_MAY_HOLD_ANYTHING = frozenset(
    {
        "helm_release",
        "kubernetes_manifest",
        "kubectl_manifest",
        "azapi_resource",
        "azapi_update_resource",
        "azapi_data_plane_resource",
        "aws_sagemaker_endpoint_configuration",  # a promise of machines until an endpoint uses it
    }
)
_RUN_NOTHING = frozenset(
    {
        "aws_ecs_cluster",
        "aws_emr_studio",
        "aws_emrcontainers_virtual_cluster",
        "azurerm_arc_kubernetes_cluster",
        "azurerm_container_app_environment",
        "azurerm_databricks_workspace",
        "azurerm_kubernetes_fleet_manager",
        "azurerm_stack_hci_cluster",
        "google_edgecontainer_cluster",
        "aws_autoscaling_policy",  # counted at the group that it scales, as is the next one
        "aws_autoscaling_schedule",
    }
)
"""Types of those classes whose machines, if any, are resources of their own."""

_MACHINE_ATTRIBUTES = frozenset(
    {
        "instance_type",
        "instance_types",
        "machine_type",
        "vm_size",
        "node_type",
        "node_type_id",
        "server_type",
        "flavor_name",
        "flavor_id",
        "guest_accelerator",
        "accelerator_type",
        "gpu_type",
        "gpu_count",
    }
)
_DEEPEST_BLOCK = 4


def capacity_of(change: Change, values: Values, joins: Joins) -> Capacity | None:
    """What a resource may run, by its planned or its prior values; None where this version does not read it."""
    reader = _READERS.get(change.type)
    if reader is not None:
        return reader(change, values, joins)
    return NOTHING if _runs_nothing(change) else None


def _runs_nothing(change: Change) -> bool:
    """Whether a resource of a type without a reader runs no machines.

    Templates run nothing, and the machines of databases, caches and queues have no accelerators. A
    type that the catalogue does not class runs machines when an attribute names some.
    """
    if change.type in _RUN_NOTHING:
        return True
    if change.type in _MAY_HOLD_ANYTHING:
        return False
    if change.type == "google_container_cluster":
        return google.may_run_nodes(change.now) is False
    if change.type == "aws_eks_cluster":
        return _is_off(change.now, "compute_config", "enabled")
    class_ = resource_type(change.type).class_
    return class_ not in _MAY_RUN_MACHINES and not (class_ == "other" and _names_machines(change.now.known, change.now.unknown, 0))


def _is_off(values: Values, block: str, name: str) -> bool:
    found = values.block(block)
    return found is None or not (isinstance(found, Unknown) or flag(found.get(name)) is not False)


def _names_machines(known: Any, unknown: Any, depth: int) -> bool:
    """Whether a value has an attribute that names machines, set or known later."""
    if depth > _DEEPEST_BLOCK:
        return False
    if isinstance(known, list):
        return any(_names_machines(member, None, depth) for member in known)
    if not isinstance(known, dict):
        return False
    doubts = as_map(unknown)
    if any(known.get(name) or doubts.get(name) is True for name in _MACHINE_ATTRIBUTES):
        return True
    return any(_names_machines(member, None, depth + 1) for member in known.values())
