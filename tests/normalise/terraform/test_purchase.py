from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.terraform.plans import EKS, asg, block, change, document, mixed, normalise, only, override

MARKET = {"instance_market_options": [{"market_type": "spot"}]}


def purchase(*changes: dict[str, Any]) -> Any:
    return only(document(*changes)).view["purchase"]


def environment(kind: str) -> dict[str, Any]:
    return change(f"aws_batch_compute_environment.{kind.lower()}", {"compute_resources": [{"type": kind}]})


def distribution(**numbers: Any) -> dict[str, Any]:
    after = mixed(override(instance_type="g5.xlarge"))
    after["mixed_instances_policy"][0]["instances_distribution"] = [numbers]
    return asg(**after)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(change("aws_instance.x", {"instance_type": "g5.xlarge"}), "on-demand", id="a machine, nothing written"),
        pytest.param(change("aws_instance.x", {"instance_type": "g5.xlarge", **MARKET}), "spot", id="a machine with market options"),
        pytest.param(
            change("aws_instance.x", {"instance_market_options": [{"market_type": "capacity-block"}]}), "reserved", id="a capacity block"
        ),
        pytest.param(change("aws_spot_instance_request.x", {}), "spot", id="a spot request"),
        pytest.param(change("aws_eks_node_group.x", EKS), "on-demand", id="a node group, nothing written"),
        pytest.param(change("aws_eks_node_group.x", {**EKS, "capacity_type": "SPOT"}), "spot", id="a spot node group"),
        pytest.param(asg(**mixed(override(instance_type="g5.xlarge"))), "on-demand", id="a mixed policy without a distribution"),
        pytest.param(
            distribution(on_demand_base_capacity=0, on_demand_percentage_above_base_capacity=0), "spot", id="no machine on demand"
        ),
        pytest.param(distribution(on_demand_base_capacity=1, on_demand_percentage_above_base_capacity=0), "mixed", id="a base on demand"),
        pytest.param(distribution(on_demand_percentage_above_base_capacity=100), "on-demand", id="all on demand"),
        pytest.param(change("google_compute_instance.x", {"scheduling": [{"preemptible": True}]}), "spot", id="a preemptible machine"),
        pytest.param(change("google_compute_instance.x", {"scheduling": [{"provisioning_model": "SPOT"}]}), "spot", id="a spot machine"),
        pytest.param(
            change("google_compute_instance.x", {"scheduling": [{"provisioning_model": "RESERVATION_BOUND"}]}),
            "reserved",
            id="a reservation",
        ),
        pytest.param(change("google_container_node_pool.x", {"node_config": [{"spot": True}]}), "spot", id="a spot pool of GKE"),
        pytest.param(change("azurerm_kubernetes_cluster_node_pool.x", {"priority": "Spot"}), "spot", id="a spot pool of AKS"),
        pytest.param(change("azurerm_linux_virtual_machine.x", {"priority": "Regular"}), "on-demand", id="an Azure machine"),
        pytest.param(change("aws_s3_bucket.x", {}), "on-demand", id="what runs nothing"),
        pytest.param(change("google_tpu_v2_vm.x", {}), Unknown(("type google_tpu_v2_vm",)), id="a type that is not read"),
    ],
)
def test_a_purchase_is_what_is_written_or_on_demand(made: dict[str, Any], expected: Any) -> None:
    assert purchase(made) == expected


def test_a_machine_takes_the_market_of_its_template_unless_it_says_its_own() -> None:
    template = change("aws_launch_template.t", {"name": "t", **MARKET})
    by_template = change("aws_instance.x", {"launch_template": [{"name": "t"}]})
    own = change("aws_instance.x", {"launch_template": [{"name": "t"}], "instance_market_options": [{"market_type": "capacity-block"}]})
    assert [purchase(by_template, template), purchase(own, template)] == ["spot", "reserved"]


def test_a_group_takes_the_market_of_its_template_or_the_price_of_its_configuration() -> None:
    template = change("aws_launch_template.t", {"name": "t", **MARKET})
    configuration = change("aws_launch_configuration.c", {"name": "c", "spot_price": "0.5"})
    assert purchase(asg(launch_template=[{"name": "t"}]), template) == "spot"
    assert purchase(asg(launch_configuration="c"), configuration) == "spot"


def test_a_template_outside_of_the_plan_is_unknown() -> None:
    assert purchase(asg(launch_template=[{"name": "t"}])) == Unknown(("launch template t",))


@pytest.mark.parametrize(
    ("environments", "expected"),
    [
        pytest.param((), "on-demand", id="no environment in the plan"),
        pytest.param(("EC2",), "on-demand", id="machines on demand"),
        pytest.param(("SPOT",), "spot", id="spot machines"),
        pytest.param(("SPOT", "EC2"), "mixed", id="either"),
        pytest.param(("FARGATE_SPOT", "EC2"), "on-demand", id="Fargate runs none of its jobs"),
    ],
)
def test_a_batch_definition_is_bought_as_the_environments_of_its_plan(environments: tuple[str, ...], expected: str) -> None:
    assert purchase(change("aws_batch_job_definition.x", {}), *map(environment, environments)) == expected


def test_a_capacity_type_that_comes_later_is_unknown_by_its_reference() -> None:
    plan = document(
        change("aws_eks_node_group.x", EKS, unknown={"capacity_type": True}),
        blocks=[block("aws_eks_node_group.x", {"capacity_type": ("random_shuffle.s.result",)})],
    )
    assert normalise(plan)[0]["aws_eks_node_group.x"].view["purchase"] == Unknown(("random_shuffle.s.result",))


@pytest.mark.parametrize(
    ("address", "unknown"),
    [
        pytest.param("google_cloud_run_v2_job.x", {"template": [{"template": [{"max_retries": True}]}]}, id="Cloud Run"),
        pytest.param("azurerm_container_app_job.x", {"replica_retry_limit": True}, id="Container Apps"),
        pytest.param("aws_glue_job.x", {"max_retries": True}, id="Glue"),
    ],
)
def test_retries_that_come_later_are_unknown(address: str, unknown: dict[str, Any]) -> None:
    after = {"template": [{"template": [{"containers": [{}]}]}], "replica_timeout_in_seconds": 60}
    written: Any = ("random_integer.n.result",)
    expressions = {"template": [{"template": [{"max_retries": written}]}], "replica_retry_limit": written, "max_retries": written}
    plan = document(change(address, after, unknown=unknown), blocks=[block(address, expressions)])
    assert only(plan).view["batch"]["retries"] == Unknown(written)
