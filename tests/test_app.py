from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guardrail.app import Options, inspect, lint
from guardrail.decision import EXIT_OK, EXIT_UNUSABLE, exit_code
from guardrail.errors import ConfigError
from guardrail.model import InputStatus, Outcome, Report
from tests.reviews import deployment, request

ROOT = Path(__file__).parent.parent
EXAMPLE_PROFILE = ROOT / "policies" / "profiles" / "example.yaml"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: big, namespace: speech-train, labels: {team: speech}}
spec: {parallelism: 3, template: {spec: {containers: [{name: c, image: x, resources: {limits: {nvidia.com/gpu: 80}}}]}}}
"""
SERVICE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: web}
spec: {replicas: 2, template: {spec: {containers: [{name: c, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}, maxReplicas: 90}
"""
PATCH = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: web}
spec: {replicas: 200, template: {spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: 1}}}]}}}
"""


def run(folder: Path, files: dict[str, str], **options: Any) -> Report:
    return lint(Options(paths=write(folder, files), now=NOW, **options))


def write(folder: Path, files: dict[str, str]) -> tuple[str, ...]:
    for name, text in files.items():
        folder.joinpath(name).write_text(text, encoding="utf-8")
    return (str(folder),)


def found(report: Report) -> list[tuple[str, str | None]]:
    return [(f"{f.policy}/{f.validation}", f.resource.kind if f.resource else None) for f in report.findings]


def test_a_violation_has_its_line(tmp_path: Path) -> None:
    report = run(tmp_path, {"job.yaml": JOB})
    finding = next(finding for finding in report.findings if finding.policy == "workload-gpu-cap")
    assert (finding.policy, finding.location.line, finding.location.pointer) == ("workload-gpu-cap", 5, "/spec/parallelism")


TEAMLESS = [
    SERVICE,
    SERVICE.replace("name: api", "labels: {team: speech, environment: dev, cost-center: cc-7100}, name: told"),
    SERVICE.replace("name: api", "labels: {team: speech}, name: half"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: free}\n",
]


def test_what_cannot_be_judged_without_a_profile_is_told_once(tmp_path: Path) -> None:
    report = run(tmp_path, {f"{at}.yaml": text for at, text in enumerate(TEAMLESS)})
    told = [note.message for note in report.notes if note.code == "unattributed"]
    assert told == [
        "of 3 resources that cost money, 1 carry no team, 2 carry no cost-center, 2 name no environment that is known without a profile"
    ]


def test_with_a_profile_each_object_is_judged_instead(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.yaml": SERVICE}, profile=str(EXAMPLE_PROFILE))
    assert [note for note in report.notes if note.code == "unattributed"] == []


def test_a_file_among_policies_that_nothing_reads_is_told(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "mine.yaml").write_text("resources: []\n", encoding="utf-8")
    shipped = (ROOT / "policies" / "regions" / "approved-regions" / "policy.yaml").read_text("utf-8")
    (rules / "policy.yaml").write_text(shipped.replace("name: approved-regions", "name: rules"), encoding="utf-8")
    report = run(tmp_path, {"a.yaml": SERVICE}, policies=(str(rules),))
    assert [(note.scope, note.message) for note in report.notes if note.code == "policy-file-not-read"] == [
        (str(rules / "mine.yaml"), "is not read: below --policies only policy.yaml and the cases beside it are")
    ]


def test_an_autoscaler_and_its_target_in_two_files_give_one_finding(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.yaml": SERVICE, "b.yaml": SCALER})
    assert ("workload-gpu-cap/over-peak", "HorizontalPodAutoscaler") in found(report)
    assert ("workload-gpu-cap/over-peak", "Deployment") not in found(report)
    assert {f.related for f in report.findings if f.validation == "over-peak"} == {("apps/Deployment/web/api",)}


def test_a_deadline_that_is_not_known_is_told_once_by_the_policy_of_deadlines(tmp_path: Path) -> None:
    job = JOB.replace("parallelism: 3", "activeDeadlineSeconds: soon")
    report = run(tmp_path, {"job.yaml": job}, profile=str(EXAMPLE_PROFILE))
    assert [f.outcome for f in report.findings if f.policy == "max-runtime"] == [Outcome.UNDECIDED]


def test_an_autoscaler_in_the_context_counts_and_is_not_judged(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    write(beside, {"hpa.yaml": SCALER})
    write(tmp_path, {"a.yaml": SERVICE})
    report = lint(Options(paths=(str(tmp_path / "a.yaml"),), now=NOW, context=(str(beside),)))
    assert ("workload-gpu-cap/over-peak", "Deployment") in found(report)
    assert {kind for _, kind in found(report)} == {"Deployment"}
    assert report.summary.resources == 1


def test_a_context_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--context .*nowhere"):
        run(tmp_path, {"a.yaml": SERVICE}, context=(str(tmp_path / "nowhere"),))


def test_standard_input_is_no_context(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="standard input can only be judged"):
        run(tmp_path, {"a.yaml": SERVICE}, context=("-",))


def test_an_absolute_path_is_the_same_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"job.yaml": JOB})
    one, other = (lint(Options(paths=(path,), now=NOW)).findings for path in ("job.yaml", str(tmp_path / "job.yaml")))
    assert [f.fingerprint for f in one] == [f.fingerprint for f in other] != []


def test_a_kustomize_patch_is_shown_but_not_judged(tmp_path: Path) -> None:
    paths = write(tmp_path, {"patch.yaml": PATCH})
    report = lint(Options(paths=paths, now=NOW))
    assert (found(report), report.summary.resources) == ([], 0)
    assert "partial-object" in {note.code for note in report.notes}
    assert [resource.identity.name for resource, _ in inspect(Options(paths=paths, now=NOW)).resources] == ["api"]


def test_one_bad_file_hides_nothing_and_the_counts_add_up(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.yaml": JOB, "bad.yaml": "a: [1\n", "values.yaml": "replicaCount: 2\n"})
    summary = report.summary
    assert summary.files == summary.read + summary.skipped_files + summary.failed == 3
    assert (summary.read, summary.failed) == (1, 1)
    assert summary.deny + summary.warn + summary.audit == len(report.findings) > 0
    assert exit_code(report, fail_on="deny", require_profile=False, allow_empty=False) == EXIT_UNUSABLE


def test_what_a_hook_names_may_be_nothing(tmp_path: Path) -> None:
    chart = tmp_path / "deployment.yaml"
    chart.write_text("metadata: {name: {{ .Values.name }}}\n", encoding="utf-8")
    for empty, status, code in ((False, InputStatus.FAILED, EXIT_UNUSABLE), (True, InputStatus.SKIPPED, EXIT_OK)):
        report = lint(Options(paths=(str(chart), str(tmp_path / "gone.yaml")), now=NOW, allow_empty=empty))
        assert {record.status for record in report.inputs} == {status}
        assert exit_code(report, fail_on="deny", require_profile=False, allow_empty=empty) == code


def test_run_facts_become_one_note_each(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.yaml": SERVICE, "b.yaml": JOB}, profile=str(EXAMPLE_PROFILE))
    notes = {(note.code, note.scope): note.count for note in report.notes}
    assert notes["no-cluster", ""] == 2
    assert ("no-namespace-labels", "web") in notes


def test_the_same_input_gives_the_same_report(tmp_path: Path) -> None:
    files = {"a.yaml": SERVICE, "b.yaml": SCALER, "c.yaml": JOB}
    one, other = run(tmp_path, files), run(tmp_path, files)
    assert (one.findings, one.notes, one.library_hash) == (other.findings, other.notes, other.library_hash)


def test_a_plan_and_manifests_are_judged_in_one_run(tmp_path: Path) -> None:
    change = {
        "address": "aws_instance.gpu",
        "mode": "managed",
        "type": "aws_instance",
        "name": "gpu",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["create"], "before": None, "after": {"instance_type": "p5.48xlarge"}, "after_unknown": {}},
    }
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [change]}
    report = run(tmp_path, {"plan.json": json.dumps(plan), "job.yaml": JOB})
    assert report.summary.resources == 2
    assert {(f.resource.source, f.validation) for f in report.findings if f.resource} >= {
        ("kubernetes", "over-peak"),
        ("terraform", "no-deadline"),
    }


def test_no_rule_of_the_library_errors_on_the_fixtures() -> None:
    report = lint(Options(paths=(str(ROOT / "fixtures"),), now=NOW, profile=str(EXAMPLE_PROFILE)))
    assert [f for f in report.findings if f.outcome is Outcome.ERROR] == []


class TestRequests:
    """Requests among the inputs."""

    def test_every_request_gets_an_answer_in_the_order_of_the_inputs(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps([request("CREATE", deployment(9)), request("CREATE"), EXEC]), "utf-8")
        (tmp_path / "b.json").write_text(json.dumps(request("DELETE", None, deployment(9))), "utf-8")
        report = lint(Options(paths=(str(tmp_path),), now=NOW, profile="starter"))
        assert [(Path(one.path).name, one.allowed, one.code) for one in report.decisions] == [
            ("a.json", True, 200),
            ("a.json", False, 422),
            ("a.json", True, 200),
            ("b.json", True, 200),
        ]
        assert exit_code(report, fail_on="deny", require_profile=False, allow_empty=False) == EXIT_UNUSABLE

    def test_a_request_stands_for_itself_beside_other_requests_for_the_same(self, tmp_path: Path) -> None:
        both = [request("CREATE", deployment(9), uid="1"), request("UPDATE", deployment(9), deployment(1), uid="2")]
        (tmp_path / "a.json").write_text(json.dumps(both), "utf-8")
        profile = tmp_path / "profile.yaml"
        profile.write_text(SMALL_CAP, "utf-8")
        report = lint(Options(paths=(str(tmp_path / "a.json"),), now=NOW, profile=str(profile)))
        assert [one.allowed for one in report.decisions] == [False, False]
        assert all("workload-gpu-cap/over-peak" in one.message for one in report.decisions)

    def test_a_request_is_nothing_that_exists_beside_others(self, tmp_path: Path) -> None:
        file = tmp_path / "a.json"
        file.write_text(json.dumps(EXEC), "utf-8")
        with pytest.raises(ConfigError, match="a review is a request to be judged"):
            lint(Options(paths=(str(file),), now=NOW, context=(str(file),)))

    def test_what_is_not_judged_is_told_where_no_decision_is(self, tmp_path: Path) -> None:
        file = tmp_path / "a.json"
        file.write_text(json.dumps(EXEC), "utf-8")
        assert [note.code for note in inspect(Options(paths=(str(file),), now=NOW)).notes] == ["request-not-judged"]


EXEC = request("CONNECT", {"kind": "PodExecOptions", "apiVersion": "v1"}, subResource="exec")
SMALL_CAP = """
apiVersion: guardrail.dev/v1
kind: Profile
metadata: {name: small, version: "1"}
quotas: {workload_gpus: {default: {default: 4}}}
"""
