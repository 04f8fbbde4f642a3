from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.kubernetes.objects import BARE, FACTS, view_of


def signals(spec: str) -> Any:
    target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}"
    hpa = f"{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: x}}, spec: {{{target}, maxReplicas: 2{spec}}}}}"
    return view_of(hpa)["signals"]


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        pytest.param("{type: Resource, resource: {name: cpu}}", "cpu", id="CPU"),
        pytest.param("{type: ContainerResource, containerResource: {name: memory}}", "memory", id="memory of a container"),
        pytest.param("{type: External, external: {metric: {name: sqs_queue_depth}}}", "queue", id="a queue"),
        pytest.param("{type: External, external: {metric: {name: 'pubsub|num_undelivered_messages'}}}", "queue", id="messages that wait"),
        pytest.param("{type: Pods, pods: {metric: {name: DCGM_FI_DEV_GPU_UTIL}}}", "gpu", id="use of the GPUs"),
        pytest.param("{type: Object, object: {metric: {name: requests-per-second}}}", "requests", id="requests"),
        pytest.param("{type: Pods, pods: {metricName: p95_latency}}", "latency", id="latency, in the older version"),
        pytest.param("{type: Pods, pods: {metric: {name: tokens}}}", "other", id="anything else"),
    ],
)
def test_a_metric_is_what_its_name_says(metric: str, kind: str) -> None:
    assert [signal["kind"] for signal in signals(f", metrics: [{metric}]")] == [kind]


def test_without_a_metric_it_is_cpu() -> None:
    assert [signal["kind"] for signal in signals("")] == ["cpu"]


def test_a_metric_that_cannot_be_read_is_unknown() -> None:
    assert isinstance(signals(", metrics: [5]")[0], Unknown)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        pytest.param("overflow", "overflow", id="a role"),
        pytest.param("extra", None, id="a word that is none"),
    ],
)
def test_a_role_is_declared(annotation: str, expected: str | None) -> None:
    facts = replace(BARE, declarations={"kubernetes": "guardrail.dev/{key}"})
    metadata = f"{{name: p, annotations: {{guardrail.dev/capacity-role: {annotation}}}}}"
    view = view_of(f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {{containers: [{{name: c}}]}}}}", facts)
    assert view.get("capacity_role") == expected


def test_a_registered_pool_gives_its_role() -> None:
    pools = [{"name": "base", "capacity_role": "baseline"}, {"name": "extra"}]
    facts = replace(FACTS, cluster="c", clusters={"c": {"name": "c", "pools": pools}})
    pods = [
        view_of(
            f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{nodeSelector: {{agentpool: {pool}}}, containers: [{{}}]}}}}",
            facts,
        )
        for pool in ("base", "extra")
    ]
    assert [pod.get("capacity_role") for pod in pods] == ["baseline", None]
