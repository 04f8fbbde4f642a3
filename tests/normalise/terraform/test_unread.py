from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.terraform.plans import change, document, normalise, only


@pytest.mark.parametrize(
    ("address", "after"),
    [
        pytest.param("aws_batch_compute_environment.a", {}, id="a pool"),
        pytest.param("google_tpu_v2_vm.a", {"accelerator_type": "v2-8"}, id="a machine of a type that is not read"),
        pytest.param("aws_sagemaker_endpoint_configuration.a", {}, id="a promise of an endpoint"),
        pytest.param("google_dataproc_cluster.a", {}, id="a cluster with machines of its own"),
        pytest.param("google_container_cluster.a", {"initial_node_count": 1}, id="a GKE cluster with its default pool"),
        pytest.param(
            "google_container_cluster.a",
            {"remove_default_node_pool": True, "cluster_autoscaling": [{"enabled": True}]},
            id="a GKE cluster that provisions",
        ),
        pytest.param("aws_eks_cluster.a", {"compute_config": [{"enabled": True}]}, id="an EKS cluster in auto mode"),
        pytest.param("google_compute_autoscaler.a", {}, id="an autoscaler"),
        pytest.param("kubernetes_deployment_v1.a", {}, id="Kubernetes pods"),
        pytest.param("kubernetes_manifest.a", {"manifest": {}}, id="any Kubernetes object"),
        pytest.param("helm_release.a", {}, id="a chart"),
        pytest.param("azapi_resource.a", {"body": "{}"}, id="any Azure object"),
        pytest.param("oci_core_instance.a", {"nodes": [{"machine_type": "gpu.8"}]}, id="a type nobody knows that names machines"),
    ],
)
def test_what_may_run_unread_machines_is_unknown_and_never_none(address: str, after: dict[str, Any]) -> None:
    resources, notes = normalise(document(change(address, after)))

    view, type_ = resources[address].view, address.split(".", maxsplit=1)[0]
    unread = Unknown((f"type {type_}",))
    assert (view["uses_gpu"], view["gpu"]["total_max"], view["units"]["max"], view["pod_sets"]) == (unread, unread, unread, unread)
    assert [(note.code, note.scope) for note in notes] == [("kind-not-modelled", type_)]


@pytest.mark.parametrize(
    ("address", "after"),
    [
        pytest.param("aws_s3_bucket.a", {}, id="a bucket"),
        pytest.param("aws_db_instance.a", {"instance_class": "db.r5.large"}, id="a database"),
        pytest.param("aws_ecs_cluster.a", {}, id="a cluster whose machines are other resources"),
        pytest.param("aws_eks_cluster.a", {}, id="an EKS cluster"),
        pytest.param(
            "google_container_cluster.a", {"remove_default_node_pool": True, "initial_node_count": 1}, id="a GKE cluster without pools"
        ),
        pytest.param("google_container_cluster.a", {"enable_autopilot": True}, id="a GKE cluster that charges pods"),
        pytest.param("aws_autoscaling_policy.a", {}, id="a policy that counts at its group"),
        pytest.param("null_resource.a", {"triggers": {"machine_type": ""}}, id="nothing at all"),
        pytest.param("kubernetes_config_map.a", {}, id="a Kubernetes object without pods"),
    ],
)
def test_what_runs_nothing_has_no_gpu_and_no_note(address: str, after: dict[str, Any]) -> None:
    resources, notes = normalise(document(change(address, after)))

    assert (resources[address].view["uses_gpu"], notes) == (False, [])


SCALERS = [
    (
        "tasks of a service are counted, their accelerators are not known",
        "aws_appautoscaling_target.a",
        {"service_namespace": "ecs", "min_capacity": 1, "max_capacity": 40},
        (1, 40, Unknown(["type aws_ecs_service"])),
        "aws_ecs_service",
    ),
    (
        "replicas of a database have no accelerators",
        "aws_appautoscaling_target.a",
        {"service_namespace": "rds", "min_capacity": 1, "max_capacity": 4},
        (1, 4, False),
        None,
    ),
    (
        "throughput is no unit",
        "aws_appautoscaling_target.a",
        {"service_namespace": "dynamodb", "min_capacity": 5, "max_capacity": 4000},
        (
            Unknown(["type aws_appautoscaling_target"]),
            Unknown(["type aws_appautoscaling_target"]),
            Unknown(["type aws_appautoscaling_target"]),
        ),
        "aws_appautoscaling_target",
    ),
    (
        "an instance group has the replicas of its autoscaler",
        "google_compute_region_autoscaler.a",
        {"autoscaling_policy": [{"min_replicas": 2, "max_replicas": 9}]},
        (2, 9, Unknown(["type google_compute_instance_group_manager"])),
        "google_compute_instance_group_manager",
    ),
]


@pytest.mark.parametrize(("sentence", "address", "after", "numbers", "note"), SCALERS, ids=[row[0] for row in SCALERS])
def test_what_an_autoscaler_of_a_plan_counts(
    sentence: str, address: str, after: dict[str, Any], numbers: tuple[Any, ...], note: str | None
) -> None:
    resources, notes = normalise(document(change(address, after)))

    view = resources[address].view
    assert (view["units"]["min"], view["units"]["max"], view["uses_gpu"]) == numbers, sentence
    assert [found.scope for found in notes] == [note] * (note is not None), sentence


def test_a_note_stands_once_per_type() -> None:
    _, notes = normalise(document(*(change(f"aws_lambda_function.f[{n}]", {}) for n in range(3))))

    assert [(note.code, note.scope, note.count) for note in notes] == [("kind-not-modelled", "aws_lambda_function", 3)]


@pytest.mark.parametrize(
    ("type_", "provider_name", "expected"),
    [
        pytest.param("aws_instance", "registry.terraform.io/hashicorp/aws", ("aws", "hashicorp/aws"), id="the registry"),
        pytest.param("aws_instance", "aws", ("aws", "hashicorp/aws"), id="before Terraform 0.13"),
        pytest.param("google_tpu_node", "registry.opentofu.org/hashicorp/google-beta", ("google", "hashicorp/google-beta"), id="beta"),
        pytest.param("azapi_resource", "mirror.example/azure/azapi", ("azure", "azure/azapi"), id="a mirror"),
        pytest.param("null_resource", "registry.terraform.io/hashicorp/null", ("other", "hashicorp/null"), id="another provider"),
        pytest.param("terraform_data", "terraform.io/builtin/terraform", ("other", "builtin/terraform"), id="built in"),
        pytest.param("helm_release", "", ("helm", "hashicorp/helm"), id="not named"),
    ],
)
def test_the_provider_is_told_by_the_type_and_the_name(type_: str, provider_name: str, expected: tuple[str, str]) -> None:
    view = only(document(change(f"{type_}.a", {}, provider_name=provider_name))).view

    assert (view["provider"], view["group"]) == expected
