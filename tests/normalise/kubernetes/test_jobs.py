from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.view.schema import UNBOUNDED
from tests.normalise.kubernetes.objects import BARE, view_of

POD = "spec: {containers: [{name: c}]}"


def batch(spec: str, kind: str = "Job") -> Any:
    return view_of(f"{{apiVersion: batch/v1, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}")["batch"]


def job(members: str, pod: str = "") -> Any:
    return batch(f"{{{members}{', ' if members else ''}template: {{spec: {{containers: [{{name: c}}]{pod}}}}}}}")


@pytest.mark.parametrize(
    ("members", "pod", "expected"),
    [
        pytest.param("", "", None, id="nothing ends it"),
        pytest.param("activeDeadlineSeconds: 60", "", 60, id="its own deadline"),
        pytest.param("activeDeadlineSeconds: 3000000000", "", UNBOUNDED, id="64 bits of seconds saturate"),
        pytest.param("ttlSecondsAfterFinished: 60", "", None, id="what happens afterwards ends nothing"),
        pytest.param("backoffLimit: 0", ", activeDeadlineSeconds: 60", 60, id="pods that are tried once"),
        pytest.param("", ", activeDeadlineSeconds: 60", 420, id="six retries by default"),
        pytest.param("backoffLimit: 0, completions: 10, parallelism: 3", ", activeDeadlineSeconds: 60", 240, id="pods one after another"),
        pytest.param("backoffLimit: 2, parallelism: 3", ", activeDeadlineSeconds: 60", 180, id="a work queue runs at once"),
        pytest.param(
            "backoffLimit: 2, completions: 2, parallelism: 0", ", activeDeadlineSeconds: 60", 240, id="a paused job goes on with one"
        ),
        pytest.param("activeDeadlineSeconds: 100", ", activeDeadlineSeconds: 60", 100, id="the earlier end counts"),
        pytest.param(
            "completionMode: Indexed, completions: 4, parallelism: 4, backoffLimitPerIndex: 1",
            ", activeDeadlineSeconds: 60",
            300,
            id="retries of every index",
        ),
    ],
)
def test_a_job_has_the_deadline_that_comes_first(members: str, pod: str, expected: int | None) -> None:
    assert job(members, pod).get("deadline_s") == expected


def test_a_cron_job_has_the_deadline_of_its_jobs() -> None:
    spec = f"{{schedule: '0 1 * * *', jobTemplate: {{spec: {{activeDeadlineSeconds: 60, template: {{{POD}}}}}}}}}"
    assert batch(spec, "CronJob")["deadline_s"] == 60


def test_a_pod_has_its_own_deadline() -> None:
    view = view_of("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {activeDeadlineSeconds: 60, containers: [{name: c}]}}")
    assert view["batch"]["deadline_s"] == 60


def test_a_job_of_another_group_is_not_read_as_one() -> None:
    view = view_of(f"{{apiVersion: batch.volcano.sh/v1alpha1, kind: Job, metadata: {{name: x}}, spec: {{template: {{{POD}}}}}}}")
    assert "deadline_s" not in view["batch"]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param("activeDeadlineSeconds: -1", id="a negative deadline"),
        pytest.param("activeDeadlineSeconds: soon", id="a deadline that is a word"),
        pytest.param("activeDeadlineSeconds: 1.5", id="a deadline with a fraction"),
    ],
)
def test_a_wrong_deadline_is_unknown(members: str) -> None:
    assert isinstance(job(members)["deadline_s"], Unknown)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("90s", 90, id="seconds"),
        pytest.param("30m", 1800, id="minutes"),
        pytest.param("4h", 14_400, id="hours"),
        pytest.param("14d", 1_209_600, id="days"),
        pytest.param("4 hours", None, id="what is no duration counts as missing"),
        pytest.param("1h30m", None, id="one unit only"),
        pytest.param("", None, id="empty text"),
    ],
)
def test_a_declared_duration_is_in_seconds(written: str, expected: int | None) -> None:
    facts = replace(BARE, declarations={"kubernetes": "guardrail.dev/{key}"})
    metadata = f"{{name: p, annotations: {{guardrail.dev/expected-duration: '{written}'}}}}"
    view = view_of(f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {{containers: [{{name: c}}]}}}}", facts)
    assert view["declared_s"].get("expected-duration") == expected


def test_the_profile_declares_for_what_cannot_and_never_over_what_does() -> None:
    stated = {"Pod/ml/p": {"expected-duration": "1h"}, "Pod/ml/q": {"expected-duration": "1h"}}
    facts = replace(BARE, declarations={"kubernetes": "acme.io/{key}"}, declarations_for=stated)
    pods = [
        view_of(f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {{containers: [{{name: c}}]}}}}", facts)
        for metadata in ("{name: p, namespace: ml}", "{name: q, namespace: ml, annotations: {acme.io/expected-duration: 2h}}")
    ]
    assert [pod["declared_s"]["expected-duration"] for pod in pods] == [3600, 7200]


def test_a_job_without_containers_leaves_open_what_it_does_not_write() -> None:
    part = batch("{selector: {matchLabels: {a: b}}, template: {spec: {}}}")
    assert (isinstance(part["deadline_s"], Unknown), isinstance(part["retries"], Unknown)) == (True, True)
    assert batch("{activeDeadlineSeconds: 60, backoffLimit: 1, template: {spec: {}}}")["deadline_s"] == 60
