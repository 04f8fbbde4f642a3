"""The webhook in a real admission chain, driven by kubectl as people drive it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.cluster import Cluster, Told
    from tests.e2e.installation import Installation

LABELS = {"environment": "prod", "team": "speech", "cost-center": "cc-7100", "workload-type": "train"}
_WAIT_S = 20.0


def deployment(name: str, *, replicas: int = 1, gpus: int = 1, namespace: str = "speech-prod", **labels: str) -> dict[str, Any]:
    container = {"name": "main", "image": "asr:1", "resources": {"limits": {"nvidia.com/gpu": gpus}} if gpus else {}}
    meta: dict[str, Any] = {"name": name, "namespace": namespace, "labels": {**LABELS, "workload-type": "online-inference", **labels}}
    pod = {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-L4"}, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def job(name: str | None, *, parallelism: int, gpus: int = 8, deadline: int | None = 3600) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "train:1",
        "env": [{"name": "CHECKPOINT_DIR", "value": "s3://harbour/ckpt"}],
        "resources": {"limits": {"nvidia.com/gpu": gpus}},
    }
    spec = {"parallelism": parallelism, "completions": parallelism, "backoffLimit": 3}
    if deadline:
        spec["activeDeadlineSeconds"] = deadline
    template = {
        "spec": {"restartPolicy": "Never", "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}, "containers": [container]}
    }
    named = {"name": name} if name else {"generateName": "ft-"}
    meta = {**named, "namespace": "speech-prod", "labels": LABELS}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {**spec, "template": template}}


@pytest.fixture(scope="module", autouse=True)
def namespaces(installed: Installation) -> None:
    for name, environment in (("speech-prod", "prod"), ("speech-dev", "dev")):
        labels = {"environment": environment, "team": "speech", "cost-center": "cc-7100"}
        told = installed.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        assert told.code == 0, told.err


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _WAIT_S
    while not holds():
        assert time.monotonic() < until, "it did not come to hold"
        time.sleep(0.1)


def refused(told: Told, *rules: str) -> None:
    assert told.code == 1, told
    for rule in rules:
        assert rule in told.err, told.err


def passed(told: Told) -> None:
    assert told.code == 0, told


def test_all_denials_come_in_one_answer(cluster: Cluster) -> None:
    told = cluster.apply(job("too-big", parallelism=9, deadline=None))
    refused(told, "guards.guardrail.dev", "2 findings for Job speech-prod/too-big", "1. ", "workload-gpu-cap/over-peak", "2. ", "Instead: ")
    assert "max-runtime/no-deadline" in told.err


def test_what_keeps_the_rules_is_admitted_without_a_word(cluster: Cluster) -> None:
    told = cluster.apply(job("fits", parallelism=2))
    passed(told)
    assert "Warning" not in told.err


def test_hygiene_refuses_while_it_runs(cluster: Cluster) -> None:
    passed(cluster.apply(deployment("labelled")))
    refused(cluster.apply(deployment("unlabelled", environment="moon")), "hygiene.guardrail.dev", "normalised-tags/value-not-allowed")


def test_a_generated_name_is_no_obstacle(cluster: Cluster) -> None:
    refused(cluster.kubectl("create", "-f", "-", given=job(None, parallelism=9)), "over-peak")
    passed(cluster.kubectl("create", "-f", "-", given=job(None, parallelism=1)))


def test_a_dry_run_is_judged_all_the_same(cluster: Cluster) -> None:
    refused(cluster.apply(job("dry", parallelism=9), flags=["--dry-run=server"]), "over-peak")
    passed(cluster.apply(job("dry", parallelism=1), flags=["--dry-run=server"]))


def test_server_side_apply_creates_and_updates(cluster: Cluster) -> None:
    flags = ["--server-side"]
    passed(cluster.apply(deployment("ssa", replicas=2), flags=flags))
    refused(cluster.apply(deployment("ssa", replicas=40), flags=flags), "over-peak")
    passed(cluster.apply(deployment("ssa", replicas=3), flags=flags))


def test_scaling_up_is_judged_and_scaling_down_never(cluster: Cluster) -> None:
    passed(cluster.apply(deployment("scaled", replicas=4)))
    passed(cluster.kubectl("scale", "-n", "speech-prod", "deployment/scaled", "--replicas=2"))
    passed(cluster.kubectl("scale", "-n", "speech-prod", "deployment/scaled", "--replicas=0"))


def test_an_autoscaler_is_judged_by_its_own_maximum(cluster: Cluster) -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "wide", "namespace": "speech-prod", "labels": LABELS},
        "spec": {"minReplicas": 2, "maxReplicas": 400, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled"}},
    }
    refused(cluster.apply(scaler), "max-replicas-bounded/over-cap")
    scaler["spec"]["maxReplicas"] = 1  # type: ignore[index]
    refused(cluster.apply(scaler), "minReplicas")  # by the API server itself, before any webhook


def test_deletion_is_never_blocked(cluster: Cluster) -> None:
    passed(cluster.apply(deployment("doomed")))
    passed(cluster.kubectl("delete", "-n", "speech-prod", "deployment/doomed"))
    passed(cluster.kubectl("delete", "-n", "speech-prod", "jobs", "--all"))


def test_an_old_violation_may_stay_and_may_not_grow(cluster: Cluster) -> None:
    emergency = ["--as=root", "--as-group=guardrail:break-glass", "--as-group=system:masters"]
    passed(cluster.apply(deployment("old", replicas=30), flags=emergency))
    passed(cluster.kubectl("annotate", "-n", "speech-prod", "deployment/old", "note=x"))
    passed(cluster.apply(deployment("old", replicas=20)))
    refused(cluster.apply(deployment("old", replicas=35)), "over-peak")


def test_system_namespaces_and_our_own_are_left_alone(cluster: Cluster) -> None:
    for namespace in ("kube-system", "guardrail-system"):
        passed(cluster.apply(deployment("anything", replicas=300, namespace=namespace)))


def test_the_audit_log_of_the_cluster_says_by_which_library(cluster: Cluster) -> None:
    cluster.apply(job("audited", parallelism=9))
    lines = [json.loads(line) for line in (cluster.folder / "audit.log").read_text().splitlines()]
    annotations = [line["annotations"] for line in lines if line.get("objectRef", {}).get("name") == "audited" and "annotations" in line]
    assert any("guards.guardrail.dev/library" in found and "over-peak" in found["guards.guardrail.dev/findings"] for found in annotations)


def test_a_changed_profile_is_taken_up_and_a_broken_one_leaves_the_old_in_force(installed: Installation) -> None:
    file = installed.profile / "profile.yaml"
    text = file.read_text()
    try:
        passed(installed.cluster.apply(deployment("live", replicas=6)))
        file.write_text(text.replace("prod: {default: 8, train: 32}", "prod: {default: 1, train: 32}"))
        eventually(lambda: installed.cluster.apply(deployment("live-2", replicas=6), flags=["--dry-run=server"]).code == 1)
        file.write_text("quotas: [")
        eventually(lambda: "fault" in installed.get("/readyz"))
        refused(installed.cluster.apply(deployment("live-3", replicas=6)), "over-peak")
        assert '"ready":true' in installed.get("/readyz")
    finally:
        file.write_text(text)
    eventually(lambda: installed.cluster.apply(deployment("live-4", replicas=6), flags=["--dry-run=server"]).code == 0)


def test_a_worker_that_is_killed_gives_no_wrong_answer(installed: Installation) -> None:
    before = installed.workers()
    os.kill(before[0], signal.SIGKILL)
    for number in range(10):
        told = installed.cluster.apply(job(f"killed-{number}", parallelism=9))
        assert told.code == 1
        assert re.search(r"over-peak|failed calling webhook", told.err), told.err
    eventually(lambda: len(installed.workers()) == len(before) and before[0] not in installed.workers())
    refused(installed.cluster.apply(job("killed", parallelism=9)), "over-peak")


def test_counters_say_what_was_answered(installed: Installation) -> None:
    metrics = installed.get("/metrics")
    assert 'guardrail_admission_decisions_total{allowed="false"' in metrics
    assert 'guardrail_findings_total{action="deny",outcome="fail",policy="workload-gpu-cap",validation="over-peak"}' in metrics


def test_when_nobody_answers_guards_refuse_hygiene_goes_through_and_an_emergency_passes(installed: Installation) -> None:
    cluster = installed.cluster
    installed.stop()
    try:
        told = cluster.apply(deployment("down"))
        refused(told, "failed calling webhook", "guards.guardrail.dev")
        passed(
            cluster.apply(
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": "s", "namespace": "speech-dev"},
                    "spec": {"ports": [{"port": 1}]},
                }
            )
        )
        passed(cluster.kubectl("delete", "-n", "speech-prod", "deployment/labelled"))
        passed(cluster.apply(deployment("down"), flags=["--as=root", "--as-group=guardrail:break-glass", "--as-group=system:masters"]))
        passed(cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "speech-prod"}}))
    finally:
        installed.serve()
    passed(cluster.apply(deployment("up")))
