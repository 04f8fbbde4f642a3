from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.model import KubernetesObject, Origin, Resource
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.view.schema import UNBOUNDED
from tests.normalise.kubernetes.objects import BARE, FACTS, check, normalise, read

TARGET = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm, namespace: vision}
spec:
  replicas: 3
  template: {spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}, containers: [{name: c, resources: {limits: {nvidia.com/gpu: 2}}}]}}
"""


def scaler(spec: str = "minReplicas: 2, maxReplicas: 10", version: str = "autoscaling/v2", **names: str) -> str:
    kind = names.get("kind", "{apiVersion: apps/v1, kind: Deployment, name: llm}")
    where = names.get("metadata", "{name: llm, namespace: vision}")
    return f"{{apiVersion: {version}, kind: HorizontalPodAutoscaler, metadata: {where}, spec: {{scaleTargetRef: {kind}, {spec}}}}}"


def both(*texts: str, context: str = "") -> tuple[Resource, Resource]:
    resources, _ = normalise(*texts, context=context)
    by_kind = {resource.identity.kind: resource for resource in resources}
    return by_kind["HorizontalPodAutoscaler"], by_kind["Deployment"]


@pytest.mark.parametrize("version", ["autoscaling/v1", "autoscaling/v2", "autoscaling/v2beta1", "autoscaling/v2beta2"])
def test_the_maximum_of_an_autoscaler_replaces_the_replicas(version: str) -> None:
    _, target = both(TARGET, scaler(version=version))
    assert target.view["units"] == {"min": 2, "max": 10, "desired": 3, "surge": 3, "bounded": True, "autoscaled": True}
    assert target.view["gpu"]["total_min"] == 4
    assert target.view["gpu"]["total_max"] == 2 * (10 + 3), "the surge is a quarter of the maximum, rounded up"
    assert target.view["gpu"]["by_family"] == {"L4": 26}


def test_an_autoscaler_shows_its_target_and_the_target_its_autoscaler() -> None:
    setter, target = both(TARGET, scaler())
    assert setter.view["class"] == "autoscaler"
    assert setter.view["target"]["id"] == target.view["id"]
    assert target.view["autoscaler"]["id"] == setter.view["id"] == target.autoscaled_by
    assert "autoscaler" not in setter.view["target"]
    assert "target" not in target.view["autoscaler"]
    assert setter.view["uses_gpu"] is True
    assert {key: setter.view["gpu"][key] for key in ("count", "total_max")} == {"count": 2, "total_max": 26}
    assert setter.view["units"]["autoscaled"] is True
    assert setter.autoscaled_by is None


def test_the_order_of_the_two_does_not_matter() -> None:
    one, other = both(TARGET, scaler()), both(scaler(), TARGET)
    assert [resource.view for resource in one] == [resource.view for resource in other]


def test_an_autoscaler_beside_the_input_joins_and_is_not_returned() -> None:
    resources, _ = normalise(TARGET, context=scaler())
    assert [resource.identity.kind for resource in resources] == ["Deployment"]
    assert resources[0].view["units"]["max"] == 10
    assert resources[0].autoscaled_by == "autoscaling/HorizontalPodAutoscaler/vision/llm"


def test_a_target_beside_the_input_is_found() -> None:
    resources, _ = normalise(scaler(), context=TARGET)
    assert [resource.identity.kind for resource in resources] == ["HorizontalPodAutoscaler"]
    assert resources[0].view["gpu"]["total_max"] == 26


def test_the_highest_of_several_autoscalers_counts() -> None:
    resources, _ = normalise(TARGET, scaler(), scaler("maxReplicas: 40", metadata="{name: second, namespace: vision}"))
    target = resources[0]
    assert (target.view["units"]["min"], target.view["units"]["max"]) == (1, 40)
    assert target.autoscaled_by == "autoscaling/HorizontalPodAutoscaler/vision/second"
    assert resources[1].view["units"]["max"] == 10, "each autoscaler keeps its own numbers"


@pytest.mark.parametrize(
    ("spec", "low", "high", "bounded"),
    [
        pytest.param("maxReplicas: 5", 1, 5, True, id="one at least by default"),
        pytest.param("minReplicas: 0, maxReplicas: 5", 0, 5, True, id="scales to nought"),
        pytest.param("minReplicas: 9, maxReplicas: 5", 9, 5, True, id="inverted as written"),
        pytest.param("minReplicas: 2", 2, UNBOUNDED, False, id="no maximum"),
    ],
)
def test_the_numbers_of_an_autoscaler(spec: str, low: int, high: int, bounded: bool) -> None:
    setter, _ = both(TARGET, scaler(spec))
    assert [setter.view["units"][key] for key in ("min", "max", "bounded")] == [low, high, bounded]


def test_products_of_an_unbounded_maximum_stop_at_the_limit() -> None:
    setter, target = both(TARGET, scaler("minReplicas: 2"))
    assert setter.view["gpu"]["total_max"] == target.view["gpu"]["total_max"] == UNBOUNDED
    assert target.view["units"]["surge"] == -(-UNBOUNDED // 4), "a quarter of the limit, not of a product that was cut"


def alone(text: str) -> Any:
    resources, _ = normalise(text)
    return resources[0].view


def test_a_target_that_is_not_in_the_run_is_unknown_but_the_units_are_not() -> None:
    view = alone(scaler())
    missing = Unknown(["Deployment vision/llm (not in this run)"])
    assert view["target"] == view["uses_gpu"] == view["gpu"]["total_max"] == view["units"]["surge"] == missing
    assert (view["units"]["min"], view["units"]["max"]) == (2, 10)


def test_pods_per_replica_of_another_kind_are_unknown() -> None:
    view = alone(scaler(kind="{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, name: llm}"))
    assert view["units"]["max"] == Unknown(["LeaderWorkerSet vision/llm (not in this run)"])
    assert view["units"]["bounded"] is True


def test_what_nothing_bounds_is_unbounded_whatever_multiplies_it() -> None:
    view = alone(scaler("minReplicas: 2", kind="{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, name: llm}"))
    assert (view["units"]["max"], view["units"]["bounded"]) == (UNBOUNDED, False)
    assert isinstance(view["units"]["min"], Unknown)


ROLLOUT = "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: llm, namespace: vision}, spec: {}}"


def test_a_target_whose_kind_is_not_counted_yet_is_unknown_by_its_kind() -> None:
    resources, _ = normalise(scaler(kind="{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: llm}"), ROLLOUT)
    assert resources[0].view["uses_gpu"] == Unknown(["kind Rollout"])
    assert resources[0].view["target"]["kind"] == "Rollout"


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        pytest.param("{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: llm}", (), id="a Rollout elsewhere"),
        pytest.param("{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: llm}", (ROLLOUT,), id="a Rollout of the run"),
        pytest.param("{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, name: llm}", (), id="a DeploymentConfig elsewhere"),
    ],
)
def test_kinds_with_one_pod_a_replica_have_the_units_of_their_autoscaler(kind: str, texts: tuple[str, ...]) -> None:
    for resource in normalise(scaler(kind=kind), *texts)[0]:
        units = resource.view["units"]
        assert (units["min"], units["max"], units["bounded"]) == (2, 10, True)
        assert isinstance(units["surge"], Unknown), "how they roll out is not read"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(scaler(metadata="{name: llm, namespace: nlp}"), id="another namespace"),
        pytest.param(scaler(metadata="{name: llm}"), id="no namespace"),
        pytest.param(scaler(kind="{apiVersion: apps/v1, kind: StatefulSet, name: llm}"), id="another kind"),
        pytest.param(scaler(kind="{apiVersion: apps/v1, kind: Deployment, name: lm}"), id="another name"),
        pytest.param(scaler(kind="{apiVersion: example.com/v1, kind: Deployment, name: llm}"), id="another group"),
    ],
)
def test_only_the_named_object_is_the_target(other: str) -> None:
    setter, target = both(TARGET, other)
    assert isinstance(setter.view["target"], Unknown)
    assert target.view["units"]["autoscaled"] is False
    assert "autoscaler" not in target.view


@pytest.mark.parametrize(
    "kind",
    [
        "{kind: Deployment, name: llm}",
        "{apiVersion: extensions/v1beta1, kind: Deployment, name: llm}",
        "{apiVersion: v1, kind: Deployment, name: llm}",
    ],
)
def test_a_target_is_found_under_older_groups_and_without_one(kind: str) -> None:
    setter, _ = both(TARGET, scaler(kind=kind))
    assert setter.view["target"]["name"] == "llm"


def test_of_several_objects_of_one_name_the_nearest_file_is_the_target() -> None:
    deployment, hpa = read(TARGET)[0].value, read(scaler())[0].value
    paths = (("a/web/d.yaml", deployment), ("a/api/d.yaml", deployment), ("a/api/hpa.yaml", hpa))
    resources, _ = normalise_kubernetes([KubernetesObject(value, Origin(path)) for path, value in paths], [], BARE)
    check(resources)
    assert [resource.view["units"]["autoscaled"] for resource in resources] == [False, True, True]
    assert resources[1].identity.id == "apps/Deployment/vision/llm@a/api/d.yaml#0"


def test_a_stateful_set_has_no_surge_under_an_autoscaler() -> None:
    resources, _ = normalise(
        TARGET.replace("Deployment", "StatefulSet"), scaler(kind="{apiVersion: apps/v1, kind: StatefulSet, name: llm}")
    )
    assert resources[0].view["units"]["surge"] == 0
    assert resources[0].view["gpu"]["total_max"] == 20


def test_the_blame_of_an_autoscaler_is_its_maximum() -> None:
    setter, _ = both(TARGET, scaler())
    assert setter.blame["units"] == setter.blame["gpu"] == "/spec/maxReplicas"
    assert setter.blame["units.min"] == "/spec/minReplicas"


TYPED = TARGET.replace(
    "metadata: {name: llm, namespace: vision}", "metadata: {name: llm, namespace: vision, labels: {workload-type: online-inference}}"
)


@pytest.mark.parametrize(
    ("target", "metadata", "workload_type"),
    [
        pytest.param(TYPED, "{name: llm, namespace: vision}", "online-inference", id="it scales the work of its target"),
        pytest.param(TYPED, "{name: llm, namespace: vision, labels: {workload-type: sweep}}", "sweep", id="its own label wins"),
        pytest.param(TARGET, "{name: llm, namespace: vision}", None, id="nobody says it"),
    ],
)
def test_the_workload_type_of_an_autoscaler_is_that_of_its_target(target: str, metadata: str, workload_type: str | None) -> None:
    resources, _ = normalise(target, scaler(metadata=metadata), facts=FACTS)
    assert resources[1].view["class"] == "autoscaler"
    assert resources[1].view.get("workload_type") == workload_type
