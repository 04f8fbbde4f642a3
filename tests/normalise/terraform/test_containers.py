from __future__ import annotations

import json
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.terraform.plans import block, change, document, only


def gpus(*counts: str) -> dict[str, Any]:
    return {"resourceRequirements": [{"type": "VCPU", "value": "4"}, *({"type": "GPU", "value": count} for count in counts)]}


def view_of(address: str, after: dict[str, Any]) -> Any:
    return only(document(change(address, after))).view


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param({"container_properties": json.dumps(gpus("4"))}, 4.0, id="one container"),
        pytest.param({"container_properties": json.dumps(gpus())}, 0.0, id="no accelerator"),
        pytest.param(
            {"node_properties": json.dumps({"nodeRangeProperties": [{"container": gpus("1")}, {"container": gpus("8")}]})},
            8.0,
            id="the largest of several node ranges",
        ),
        pytest.param(
            {"ecs_properties": json.dumps({"taskProperties": [{"containers": [gpus("2"), gpus()]}]})}, 2.0, id="containers of a task"
        ),
        pytest.param(
            {"eks_properties": [{"pod_properties": [{"containers": [{"resources": [{"limits": {"nvidia.com/gpu": "1"}}]}]}]}]},
            1.0,
            id="a pod of a Batch job on EKS",
        ),
    ],
)
def test_a_batch_definition_has_the_accelerators_of_one_job_and_no_job(after: dict[str, Any], expected: float) -> None:
    view = view_of("aws_batch_job_definition.x", after)
    assert (view["gpu"]["count"], view["uses_gpu"], view["gpu"]["total_max"], view["units"]["max"]) == (expected, expected > 0, 0.0, 0)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"container_properties": "{"}, id="a text that is no JSON"),
        pytest.param({"container_properties": json.dumps(gpus("many"))}, id="a number that is none"),
    ],
)
def test_a_batch_definition_that_cannot_be_read_is_unknown_and_never_none(after: dict[str, Any]) -> None:
    assert isinstance(view_of("aws_batch_job_definition.x", after)["gpu"]["count"], Unknown)


def test_a_batch_definition_that_comes_later_is_unknown() -> None:
    plan = document(
        change("aws_batch_job_definition.x", {}, unknown={"container_properties": True}),
        blocks=[block("aws_batch_job_definition.x", {"container_properties": ("aws_ecr_repository.r.url",)})],
    )
    assert only(plan).view["uses_gpu"] == Unknown(("aws_ecr_repository.r.url",))


@pytest.mark.parametrize(
    ("execution", "most", "bounded"),
    [
        pytest.param({}, 1, False, id="one task by default"),
        pytest.param({"task_count": 8}, 8, True, id="all tasks at once"),
        pytest.param({"task_count": 8, "parallelism": 3}, 3, True, id="as many as run at once"),
        pytest.param({"task_count": 2, "parallelism": 3}, 2, True, id="no more than there are"),
        pytest.param({"task_count": 8, "parallelism": 0}, 8, True, id="a parallelism of nought is no limit"),
    ],
)
def test_a_cloud_run_job_runs_its_tasks(execution: dict[str, Any], most: int, bounded: bool) -> None:
    task = {"containers": [{"resources": [{"limits": {"nvidia.com/gpu": "1"}}]}], "node_selector": [{"accelerator": "nvidia-l4"}]}
    view = view_of("google_cloud_run_v2_job.x", {"template": [{**execution, "template": [task]}]})
    assert (view["units"]["max"], view["units"]["bounded"], view["gpu"]["by_family"]) == (most, bounded, {"L4": float(most)})


@pytest.mark.parametrize(
    ("address", "after", "expected"),
    [
        pytest.param("azurerm_linux_virtual_machine.x", {"size": "Standard_NC24ads_A100_v4"}, 1.0, id="a virtual machine"),
        pytest.param("azurerm_windows_virtual_machine.x", {"size": "Standard_D4s_v5"}, 0.0, id="a virtual machine without"),
        pytest.param("azurerm_container_group.x", {"container": [{"gpu": [{"count": 2, "sku": "V100"}]}, {}]}, 2.0, id="a container group"),
        pytest.param("azurerm_container_app_job.x", {}, 0.0, id="a job on consumption"),
        pytest.param("aws_glue_job.x", {"number_of_workers": 10}, 0.0, id="workers of Glue"),
        pytest.param("aws_spot_instance_request.x", {"instance_type": "p5.48xlarge"}, 8.0, id="a spot request"),
    ],
)
def test_what_brings_its_own_machine_is_counted(address: str, after: dict[str, Any], expected: float) -> None:
    assert view_of(address, after)["gpu"]["count"] == expected


def test_a_workload_profile_may_have_gpus() -> None:
    view = view_of("azurerm_container_app_job.x", {"workload_profile_name": "gpu"})
    assert view["uses_gpu"] == Unknown(("workload profile gpu",))
