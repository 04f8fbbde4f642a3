"""Capacity of jobs and containers that bring no machine of their own: Batch definitions, Cloud Run jobs, container groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group
from guardrail.normalise.terraform.configuration import as_list, as_map
from guardrail.normalise.terraform.machines import BARE, Machine, attached
from guardrail.normalise.terraform.values import text, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.values import Values

__all__ = ["batch_job_definition", "cloud_run_job", "container_app_job", "container_group", "containers_of_definition", "glue_job"]

_JSON_PROPERTIES = ("container_properties", "node_properties", "ecs_properties")
_NVIDIA = "nvidia.com/gpu"
_WITHOUT_GPU = {None, "Consumption"}  # workload profiles of Azure; others are machines that the plan names elsewhere


def batch_job_definition(change: Change, values: Values, joins: Joins) -> Capacity:
    """The accelerators of one job. Jobs are submitted elsewhere and counted at the compute environment, so there are none of it."""
    del change, joins
    machine = _of_requirements(values)
    at = next((values.point(name) for name in (*_JSON_PROPERTIES, "eks_properties") if values.known.get(name)), values.pointer)
    return Capacity((Group("job", machine, 0, 0, 0),), blame={"gpu": at, "uses_gpu": at})


def containers_of_definition(values: Values) -> tuple[list[Mapping[str, Any]], Unknown | None]:
    """The containers of a Batch definition as their JSON holds them, and what of it is not known."""
    found: list[Mapping[str, Any]] = []
    doubts: list[Unknown] = []
    for name in _JSON_PROPERTIES:
        written = text(values.get(name))
        if isinstance(written, Unknown):
            doubts.append(written)
        elif written is not None:
            try:
                found.extend(_containers(name, as_map(json.loads(written))))
            except ValueError:
                doubts.append(Unknown((f"{name} (not JSON)",)))
    return found, Unknown(ref for doubt in doubts for ref in doubt.references) if doubts else None


def _containers(name: str, properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A container; the containers of all node ranges; those of all tasks."""
    if name == "container_properties":
        yield properties
    elif name == "node_properties":
        for nodes in as_list(properties.get("nodeRangeProperties")):
            yield as_map(as_map(nodes).get("container"))
            yield from _of_tasks(as_map(as_map(nodes).get("ecsProperties")))
    else:
        yield from _of_tasks(properties)


def _of_tasks(properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for task in as_list(properties.get("taskProperties")):
        yield from (as_map(container) for container in as_list(as_map(task).get("containers")))


def _of_requirements(values: Values) -> Machine:
    """What the containers ask for, the most that one of them does: those of a node range run beside each other on nodes of their own."""
    containers, doubt = containers_of_definition(values)
    counts: list[int | Unknown] = [0]
    for container in containers:
        for requirement in as_list(container.get("resourceRequirements")):
            if as_map(requirement).get("type") == "GPU":
                count = whole(as_map(requirement).get("value"))
                counts.append(Unknown(("resourceRequirements value of GPU",)) if count is None else count)
    counts.extend(_of_pods(values))
    unknown = [count for count in counts if isinstance(count, Unknown)]
    most: int | Unknown = max(count for count in counts if isinstance(count, int))
    if unknown:
        most = Unknown(ref for count in unknown for ref in count.references)
    machine = attached(BARE, "", most)
    return Machine(None, machine.devices, doubt)


def _of_pods(values: Values) -> Iterator[int | Unknown]:
    """The accelerators that the containers of a Batch job on EKS ask for."""
    for container in _blocks(values, "eks_properties", "pod_properties", "containers"):
        if isinstance(container, Unknown):
            yield container
            continue
        for resources in _blocks(container, "resources"):
            if isinstance(resources, Unknown):
                yield resources
                continue
            for name in ("limits", "requests"):
                count = _limit(resources, name)
                if count is not None:
                    yield count


def _blocks(values: Values, *names: str) -> Iterator[Values | Unknown]:
    found = values.blocks(names[0])
    for inner in [found] if isinstance(found, Unknown) else found:
        if isinstance(inner, Unknown) or len(names) == 1:
            yield inner
        else:
            yield from _blocks(inner, *names[1:])


def _limit(resources: Values, name: str) -> int | Unknown | None:
    """The number of NVIDIA devices in a map of limits; unknown where the whole map is."""
    limits = resources.get(name)
    return limits if isinstance(limits, Unknown) else whole(limits.get(_NVIDIA)) if isinstance(limits, Mapping) else None


def cloud_run_job(change: Change, values: Values, joins: Joins) -> Capacity:
    """The tasks of one execution that run at once; executions are started elsewhere and may overlap."""
    del change, joins
    execution = values.block("template")
    if execution is None or isinstance(execution, Unknown):
        doubt = execution if isinstance(execution, Unknown) else Unknown(("template (not written)",))
        return Capacity((Group("tasks", Machine(None, unread=doubt), 0, doubt, 0, doubt),))
    tasks, together = whole(execution.get("task_count")), whole(execution.get("parallelism"))
    most = _at_once(1 if tasks is None else tasks, together)
    bounded = next((part for part in (tasks, together) if isinstance(part, Unknown)), tasks is not None or together is not None)
    group = Group("tasks", _of_task(execution), 0, most, 0, bounded)
    at = execution.point("parallelism" if together is not None else "task_count")
    gpu_at = execution.point("template", "0", "containers")
    return Capacity((group,), blame={"units": at, "gpu.total_max": at, "gpu": gpu_at, "uses_gpu": gpu_at})


def _at_once(tasks: int | Unknown, together: int | Unknown | None) -> int | Unknown:
    if together is None or together == 0:  # all at once
        return tasks
    if isinstance(tasks, Unknown):
        return tasks | together if isinstance(together, Unknown) else tasks
    return together if isinstance(together, Unknown) else min(tasks, together)


def _of_task(execution: Values) -> Machine:
    """The accelerators of one task: those of its containers together, of the model that the node selector names."""
    model: Any = None
    for selector in _blocks(execution, "template", "node_selector"):
        model = selector if isinstance(selector, Unknown) else text(selector.get("accelerator"))
    total = 0
    for resources in _blocks(execution, "template", "containers", "resources"):
        count = resources if isinstance(resources, Unknown) else _limit(resources, "limits")
        if isinstance(count, Unknown):
            return attached(BARE, model, count)
        total += 0 if count is None else count
    return attached(BARE, model, total)


def container_group(change: Change, values: Values, joins: Joins) -> Capacity:
    """An Azure container group: one unit, with the GPUs that its containers could ask for up to version 3 of the provider."""
    del change, joins
    machine = BARE
    for gpu in _blocks(values, "container", "gpu"):
        if isinstance(gpu, Unknown):
            machine = Machine(None, machine.devices, gpu)
        else:
            added = attached(BARE, text(gpu.get("sku")), whole(gpu.get("count")))
            machine = Machine(None, machine.devices + added.devices, machine.unread)
    at = values.point("container")
    return Capacity((Group("group", machine, 1, 1, 1),), blame={"gpu": at, "uses_gpu": at})


def container_app_job(change: Change, values: Values, joins: Joins) -> Capacity:
    """An Azure Container Apps job: GPUs come with a workload profile, which another resource describes."""
    del change, joins
    profile = text(values.get("workload_profile_name"))
    at = values.point("workload_profile_name")
    doubt = profile if isinstance(profile, Unknown) else None if profile in _WITHOUT_GPU else Unknown((f"workload profile {profile}",))
    return Capacity((Group("replicas", Machine(None, unread=doubt), 0, 0, 0),), blame={"gpu": at, "uses_gpu": at})


def glue_job(change: Change, values: Values, joins: Joins) -> Capacity:
    """A Glue job: its workers have no accelerators."""
    del change, values, joins
    return Capacity((Group("workers", BARE, 0, 0, 0),))
