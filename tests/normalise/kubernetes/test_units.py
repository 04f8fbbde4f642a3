from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.schedule import ScheduleError, smallest_interval_s
from tests.normalise.kubernetes.objects import BARE, FACTS, normalise, view_of

POD = "{spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: 2}}}]}}"


def units(kind: str, spec: str, version: str = "apps/v1") -> Any:
    return view_of(f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}")["units"]


def deployment(spec: str) -> Any:
    return units("Deployment", f"{{template: {POD}{spec}}}")


@pytest.mark.parametrize(
    ("spec", "most", "surge", "bounded"),
    [
        pytest.param("", 1, 1, False, id="nothing written: one replica, a quarter of it rounded up"),
        pytest.param(", replicas: 8", 8, 2, True, id="a quarter by default"),
        pytest.param(", replicas: 9", 9, 3, True, id="percentages are rounded up"),
        pytest.param(", replicas: 0", 0, 0, True, id="no replica at all"),
        pytest.param(", replicas: null", 1, 1, False, id="null is absent"),
        pytest.param(", replicas: 4, strategy: {type: Recreate}", 4, 0, True, id="recreated pods have no surge"),
        pytest.param(", replicas: 4, strategy: {rollingUpdate: {maxSurge: 3}}", 4, 3, True, id="an absolute surge"),
        pytest.param(", replicas: 4, strategy: {rollingUpdate: {maxSurge: 0}}", 4, 0, True, id="no surge written"),
        pytest.param(", replicas: 4, strategy: {rollingUpdate: {maxSurge: 100%}}", 4, 4, True, id="a surge of the whole"),
        pytest.param(
            ", replicas: 4, strategy: {rollingUpdate: {maxUnavailable: 4}}", 4, 1, True, id="nothing is subtracted for unavailable pods"
        ),
        pytest.param(", replicas: 0, strategy: {rollingUpdate: {maxSurge: 3}}", 0, 0, True, id="nothing rolls out where nothing runs"),
        pytest.param(", replicas: 4, strategy: {type: RollingUpdate, rollingUpdate: null}", 4, 1, True, id="null strategy is the default"),
    ],
)
def test_a_deployment_has_replicas_and_a_surge(spec: str, most: int, surge: int, bounded: bool) -> None:
    expected = {"min": most, "max": most, "desired": most, "surge": surge, "bounded": bounded, "autoscaled": False}
    assert deployment(spec) == expected


@pytest.mark.parametrize("kind", ["StatefulSet", "ReplicaSet"])
def test_other_replicated_kinds_have_no_surge(kind: str) -> None:
    assert units(kind, f"{{replicas: 8, template: {POD}}}")["surge"] == 0


def test_a_pod_is_one_and_bounded() -> None:
    view = view_of("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c}]}}")
    assert view["units"] == {"min": 1, "max": 1, "desired": 1, "surge": 0, "bounded": True, "autoscaled": False}


@pytest.mark.parametrize(
    ("spec", "most", "bounded"),
    [
        pytest.param("", 1, False, id="nothing written"),
        pytest.param(", parallelism: 6", 6, True, id="without completions all of parallelism runs"),
        pytest.param(", parallelism: 6, completions: 4", 4, True, id="no more than there is to complete"),
        pytest.param(", parallelism: 2, completions: 9", 2, True, id="no more at once than parallelism"),
        pytest.param(", completions: 9", 1, False, id="parallelism is one by default"),
        pytest.param(", parallelism: 0", 0, True, id="parallelism nought runs nothing"),
    ],
)
def test_a_job_runs_parallelism_or_what_is_left_of_it(spec: str, most: int, bounded: bool) -> None:
    found = units("Job", f"{{template: {POD}{spec}}}", "batch/v1")
    assert (found["max"], found["bounded"], found["surge"]) == (most, bounded, 0)


def test_suspension_does_not_change_the_numbers() -> None:
    view = view_of(f"{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{suspend: true, parallelism: 3, template: {POD}}}}}")
    assert (view["suspended"], view["units"]["max"], view["gpu"]["total_max"]) == (True, 3, 6)


def cron(spec: str, job: str) -> Any:
    return view_of(
        f"{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: c}}, spec: {{{spec}, jobTemplate: {{spec: {{template: {POD}{job}}}}}}}}}"
    )


@pytest.mark.parametrize(
    ("spec", "job", "most"),
    [
        pytest.param("schedule: '*/30 * * * *'", ", activeDeadlineSeconds: 7200", 4, id="deadline over interval"),
        pytest.param("schedule: '*/30 * * * *'", ", activeDeadlineSeconds: 7201", 5, id="rounded up"),
        pytest.param("schedule: '@hourly'", ", activeDeadlineSeconds: 60", 2, id="at least two may meet"),
        pytest.param("schedule: '@hourly', concurrencyPolicy: Allow", ", activeDeadlineSeconds: 60, parallelism: 3", 6, id="times the Job"),
        pytest.param("schedule: '@hourly', concurrencyPolicy: Forbid", ", parallelism: 3", 3, id="one run under Forbid"),
        pytest.param("schedule: '@hourly', concurrencyPolicy: Replace", "", 1, id="one run under Replace"),
    ],
)
def test_runs_of_a_cron_job_may_overlap(spec: str, job: str, most: int) -> None:
    view = cron(spec, job)
    assert view["units"]["max"] == most
    assert view["gpu"]["total_max"] == 2 * most


@pytest.mark.parametrize(
    ("spec", "job", "reason"),
    [
        pytest.param("schedule: '@hourly'", "", "overlapping runs have no limit", id="no deadline"),
        pytest.param("schedule: never", ", activeDeadlineSeconds: 60", "is no schedule of five fields", id="no schedule"),
        pytest.param("schedule: '0 0 31 2 *'", ", activeDeadlineSeconds: 60", "never comes", id="a day that does not exist"),
        pytest.param("schedule: '@hourly', concurrencyPolicy: Maybe", "", "is none of Allow, Forbid and Replace", id="no policy"),
    ],
)
def test_overlaps_that_nothing_limits_are_unknown(spec: str, job: str, reason: str) -> None:
    most = cron(spec, job)["units"]["max"]
    assert isinstance(most, Unknown)
    assert reason in most.references[0]


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        pytest.param("*/30 * * * *", 1800, id="steps"),
        pytest.param("@hourly", 3600, id="a macro"),
        pytest.param("@every 1h30m", 5400, id="a duration"),
        pytest.param("@every 500ms", 1, id="a second at least"),
        pytest.param("50,10 * * * *", 1200, id="the smaller gap lies across the hour"),
        pytest.param("5/15 * * * *", 900, id="a step from a start"),
        pytest.param("55 0,23 * * *", 3600, id="the smaller gap lies across midnight"),
        pytest.param("0 0 * * mon-fri", 86_400, id="names"),
        pytest.param("0 0 * * 0", 604_800, id="a day of the week"),
        pytest.param("0 0 29 2 *", 1461 * 86_400, id="a leap day"),
        pytest.param("0 0 1,15 * *", 14 * 86_400, id="days of the month"),
        pytest.param("0 0 */2 * 1", 86_400, id="a step of two is no star, so that they are alternatives again"),
        pytest.param("0 0 */1 * 1", 604_800, id="a step of one is a star, so that both must match"),
        pytest.param("0 0 1,* * 1", 604_800, id="a star in a list is one"),
        pytest.param("0 0 1 * 1", 86_400, id="day of month and day of week are alternatives"),
        pytest.param("0 0 31 1-12 *", 31 * 86_400, id="months without that day are left out"),
    ],
)
def test_the_smallest_interval_between_starts(schedule: str, seconds: int) -> None:
    assert smallest_interval_s(schedule) == seconds


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* * * * 7",
        "*/0 * * * *",
        "5-1 * * * *",
        "@reboot",
        "@every soon",
        "@every  1h",
        "a * * * *",
        "0," * 999,
    ],
)
def test_what_is_no_schedule_is_an_error(schedule: str) -> None:
    with pytest.raises(ScheduleError):
        smallest_interval_s(schedule)


@given(st.sets(st.integers(0, 59), min_size=1, max_size=6), st.sets(st.integers(0, 23), min_size=1, max_size=6))
def test_a_daily_schedule_agrees_with_its_starts(minutes: set[int], hours: set[int]) -> None:
    starts = sorted(3600 * hour + 60 * minute for hour in hours for minute in minutes)
    gaps = [later - earlier for earlier, later in pairwise([*starts, starts[0] + 86_400])]
    assert smallest_interval_s(f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *") == min(gaps)


def daemon_set(pod: str, cluster: str | None = "eks-prod") -> Any:
    facts = BARE if cluster is None else _in(cluster)
    return view_of(f"{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: d}}, spec: {{template: {{spec: {pod}}}}}}}", facts)["units"]


def _in(cluster: str) -> Any:
    return type(FACTS)(now=FACTS.now, clusters=FACTS.clusters, cluster=cluster)


@pytest.mark.parametrize(
    ("pod", "nodes"),
    [
        pytest.param("{containers: [{name: c}]}", 14, id="every pool without a taint"),
        pytest.param("{containers: [{name: c}], tolerations: [{operator: Exists}]}", 16, id="tolerates everything"),
        pytest.param("{containers: [{name: c}], tolerations: [{key: dedicated, value: x}]}", 16, id="tolerates the taint"),
        pytest.param("{containers: [{name: c}], tolerations: [{key: dedicated, value: y}]}", 14, id="tolerates another value"),
        pytest.param("{containers: [{name: c}], nodeSelector: {topology.kubernetes.io/zone: eu-central-1b}}", 10, id="by zone"),
        pytest.param("{containers: [{name: c}], nodeSelector: {nvidia.com/gpu.product: Tesla-T4}}", 10, id="by model"),
        pytest.param("{containers: [{name: c}], nodeSelector: {karpenter.sh/capacity-type: spot}}", 4, id="by purchase"),
        pytest.param("{containers: [{name: c}], nodeSelector: {eks.amazonaws.com/nodegroup: l4}}", 4, id="by pool"),
        pytest.param(
            "{containers: [{name: c}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
            "{matchExpressions: [{key: eks.amazonaws.com/nodegroup, operator: In, values: [l4]}]},"
            "{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [eu-central-1b]}]}]}}}}",
            14,
            id="by pool or by zone",
        ),
        pytest.param("{containers: [{name: c}], nodeSelector: {disk: fast}}", 14, id="a label that the registry does not know"),
    ],
)
def test_a_daemon_set_runs_on_the_registered_nodes_that_may_take_it(pod: str, nodes: int) -> None:
    found = daemon_set(pod)
    assert (found["max"], found["bounded"], found["surge"]) == (nodes, False, 0)


@pytest.mark.parametrize(
    ("container", "nodes"),
    [
        pytest.param("{name: c}", 10, id="the automatic taint keeps others off"),
        pytest.param("{name: c, resources: {limits: {nvidia.com/gpu: 1}}}", 14, id="who asks for a GPU tolerates it without a word"),
    ],
)
def test_a_taint_that_the_cloud_sets_by_itself_is_tolerated_by_gpu_pods(container: str, nodes: int) -> None:
    pools = [{"name": "cpu", "max_nodes": 10}, {"name": "gpu", "max_nodes": 4, "gpus_per_node": 1}]
    facts = replace(FACTS, clusters={"gke": {"name": "gke", "gpu_taint_automatic": True, "pools": pools}}, cluster="gke")
    text = f"{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: d}}, spec: {{template: {{spec: {{containers: [{container}]}}}}}}}}"
    assert view_of(text, facts)["units"]["max"] == nodes


@pytest.mark.parametrize(
    ("toleration", "reference"),
    [
        pytest.param("all", "/spec/template/spec/tolerations/0 is not a map", id="no map"),
        pytest.param("{effect: {a: b}}", "/spec/template/spec/tolerations/0/effect is not text", id="an effect that is no text"),
    ],
)
def test_a_toleration_that_cannot_be_read_leaves_the_nodes_unknown(toleration: str, reference: str) -> None:
    assert daemon_set(f"{{containers: [{{name: c}}], tolerations: [{toleration}]}}")["max"] == Unknown([reference])


@pytest.mark.parametrize(
    ("cluster", "reference"),
    [
        pytest.param(None, "run:cluster", id="no cluster named"),
        pytest.param("bare", "pools of cluster bare (not registered)", id="a cluster without pools"),
        pytest.param("other", "pools of cluster other (not registered)", id="a cluster in no registry"),
    ],
)
def test_nodes_that_nobody_registered_are_unknown(cluster: str | None, reference: str) -> None:
    assert daemon_set("{containers: [{name: c}]}", cluster)["max"] == Unknown([reference])


@pytest.mark.parametrize(
    ("text", "path", "pointer"),
    [
        pytest.param(
            f"{{kind: Deployment, apiVersion: apps/v1, spec: {{replicas: 3, template: {POD}}}}}", "units", "/spec/replicas", id="replicas"
        ),
        pytest.param(
            f"{{kind: Deployment, apiVersion: apps/v1, spec: {{replicas: 3, template: {POD}}}}}",
            "gpu.total_max",
            "/spec/replicas",
            id="a product",
        ),
        pytest.param(
            f"{{kind: Deployment, apiVersion: apps/v1, spec: {{template: {POD}}}}}",
            "gpu.total_max",
            "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu",
            id="one pod: the container's limit",
        ),
        pytest.param(
            f"{{kind: Job, apiVersion: batch/v1, spec: {{parallelism: 3, template: {POD}}}}}", "units", "/spec/parallelism", id="a job"
        ),
        pytest.param(
            f"{{kind: CronJob, apiVersion: batch/v1, spec: {{schedule: '@hourly', jobTemplate: {{spec: {{template: {POD}}}}}}}}}",
            "units",
            "/spec/concurrencyPolicy",
            id="runs that overlap",
        ),
        pytest.param(
            f"{{kind: Deployment, apiVersion: apps/v1, spec: {{template: {POD}}}}}",
            "units.surge",
            "/spec/strategy/rollingUpdate/maxSurge",
            id="surge",
        ),
    ],
)
def test_the_blame_lies_on_what_a_person_changes(text: str, path: str, pointer: str) -> None:
    resources, _ = normalise(text)
    assert resources[0].blame[path] == pointer


@given(st.integers(0, 2000), st.integers(0, 300))
def test_a_surge_in_percent_is_rounded_up_and_never_lowers_the_total(replicas: int, percent: int) -> None:
    found = deployment(f", replicas: {replicas}, strategy: {{rollingUpdate: {{maxSurge: '{percent}%'}}}}")
    assert 0 <= 100 * found["surge"] - replicas * percent < 100
