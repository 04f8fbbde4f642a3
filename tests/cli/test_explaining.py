"""`guardrail explain`, in process: what it shows, what it hides, and how a finding is named."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from guardrail.cli import main
from tests.normalise.terraform.plans import change
from tests.normalise.terraform.plans import document as plan

if TYPE_CHECKING:
    from collections.abc import Mapping

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: llm-ft, namespace: speech-dev, labels: {workload-type: train, team: speech}}
spec:
  parallelism: 3
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: main, image: "train:1", resources: {limits: {nvidia.com/gpu: 8}}}
"""
PROFILE = """\
apiVersion: guardrail.dev/v1
kind: Profile
metadata: {name: acme, version: "7"}
environments: {aliases: {dev: [], prod: []}, homes: {dev: {namespaces: ["*-dev"]}}}
quotas:
  namespaces: {speech-dev: {workload_types: [train]}}
  workload_gpus:
    dev: {default: 2, train: 8}
    prod: {default: 8}
regions:
  approved: {dev: [eu-north-1], prod: [eu-north-1]}
enforcement:
  overrides: {workload-gpu-cap: {dev: warn}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUARDRAIL_NOW", "2026-11-25")
    Path("job.yaml").write_text(JOB, "utf-8")
    (tmp_path / "facts").mkdir()
    Path("facts/profile.yaml").write_text(PROFILE, "utf-8")
    return tmp_path


def findings(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, dict[str, Any]]:
    """The findings of a run by policy and validation."""
    main(["lint", *argv, "--format", "json"])
    return {f"{f['policy']}/{f['validation']}": f for f in json.loads(capsys.readouterr().out)["findings"]}


def fingerprint(capsys: pytest.CaptureFixture[str], rule: str, *argv: str) -> str:
    return str(findings(capsys, *argv)[rule]["fingerprint"])


def explained(capsys: pytest.CaptureFixture[str], name: str, *argv: str) -> dict[str, Any]:
    assert main(["explain", name, *argv, "--format", "json"]) == 0
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


LATER = {"aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}}}
RUN = ("job.yaml", "--profile", "facts/profile.yaml")
OVER_PEAK = "workload-gpu-cap/over-peak"


@pytest.mark.usefixtures("folder")
def test_the_message_comes_first_then_the_rule_then_where_its_numbers_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    name = fingerprint(capsys, OVER_PEAK, *RUN)
    assert main(["explain", name, *RUN]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"job.yaml:5:16  warn  {OVER_PEAK}  Job speech-dev/llm-ft"
    assert lines[1] == "    up to 24 GPUs (3 × 8); the cap for train in dev is 8"
    text = "\n".join(lines)
    assert "    resource.gpu.total_max <= variables.cap is false\n" in text
    assert "      resource.gpu.total_max = 24           job.yaml:5:16\n" in text
    assert "    quotas.workload_gpus.dev.train = 8      facts/profile.yaml:8\n" in text
    assert "    uses-gpu: resource.uses_gpu is true\n" in text
    assert "    environment dev, by its home\n" in text
    assert "    warn in dev\n        enforcement.overrides.workload-gpu-cap (facts/profile.yaml:13)\n" in text
    assert "profile acme 7" in lines[-1]


@pytest.mark.usefixtures("folder")
def test_verbose_shows_every_sub_expression(capsys: pytest.CaptureFixture[str]) -> None:
    name = fingerprint(capsys, OVER_PEAK, *RUN)
    assert main(["explain", name, *RUN, "-v"]) == 0
    assert "resource.namespace in params.namespaces = true" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_json_tells_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    document = explained(capsys, fingerprint(capsys, OVER_PEAK, *RUN), *RUN)
    assert document["rule"]["value"] is False
    (cap,) = [variable for variable in document["variables"] if variable["name"] == "variables.cap"]
    assert cap["value"] == 8
    assert {
        "name": "workload_gpus.dev.train",
        "value": 8,
        "source": {"what": "quotas.workload_gpus.dev.train", "place": "facts/profile.yaml:8"},
    } in (document["parameters"])
    assert document["action"] == {
        "name": "warn",
        "source": {"what": "enforcement.overrides.workload-gpu-cap", "place": "facts/profile.yaml:13"},
        "softened": None,
    }


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("length", [4, 8, 12])
def test_the_first_digits_will_do(length: int, capsys: pytest.CaptureFixture[str]) -> None:
    name = fingerprint(capsys, OVER_PEAK, *RUN)
    assert explained(capsys, name[:length].upper(), *RUN)["finding"]["fingerprint"] == name


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("000000000000", "has this fingerprint; give the paths and flags", id="one that no finding has"),
        pytest.param("abc", "at least 4 digits", id="one that is too short"),
        pytest.param("over-peak", "hexadecimal", id="a name"),
    ],
)
def test_a_fingerprint_that_names_nothing(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name, "--profile", "starter"]) == 2
    assert told in capsys.readouterr().err


def test_a_prefix_of_several_is_refused_with_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = "---\n".join(JOB.replace("llm-ft", f"llm-{number}") for number in range(700))
    (folder / "job.yaml").write_text(many, "utf-8")
    main(["lint", *RUN, "--format", "json"])
    names = sorted(f["fingerprint"] for f in json.loads(capsys.readouterr().out)["findings"])
    twins = next(one[:4] for one, other in pairwise(names) if one[:4] == other[:4])
    assert main(["explain", twins, *RUN]) == 2
    err = capsys.readouterr().err
    assert "findings begin so" in err
    assert next(name for name in names if name.startswith(twins)) in err


# ---- from a report


@pytest.mark.usefixtures("folder")
def test_a_report_says_what_was_judged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["lint", *RUN, "--format", "json", "--output", "facts/report.json"])
    capsys.readouterr()
    monkeypatch.delenv("GUARDRAIL_NOW")
    name = next(f["fingerprint"] for f in json.loads(Path("facts/report.json").read_text("utf-8"))["findings"])
    document = explained(capsys, name, "--report", "facts/report.json")
    assert document["now"] == "2026-11-25T00:00:00Z"
    assert document["profile"]["path"] == "facts/profile.yaml"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(None, "No such file", id="no file"),
        pytest.param("{", "no JSON", id="no JSON"),
        pytest.param("[]", "a report that lacks", id="a list"),
        pytest.param('{"apiVersion": "guardrail.dev/v1", "kind": "Inspection"}', "no report of guardrail lint", id="another document"),
        pytest.param('{"apiVersion": "guardrail.dev/v1", "kind": "Report"}', "lacks inputs, now", id="half a report"),
    ],
)
def test_a_report_that_is_none(text: str | None, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("report.txt").write_text(text, "utf-8")
    assert main(["explain", "4f2a91c0", "--report", "report.txt"]) == 2
    assert told in capsys.readouterr().err


def test_inputs_of_a_report_that_are_gone_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["lint", *RUN, "--format", "json", "--output", "facts/report.json"])
    (folder / "job.yaml").unlink()
    capsys.readouterr()
    assert main(["explain", "4f2a91c0", "--report", "facts/report.json"]) == 2
    assert "not there: job.yaml" in capsys.readouterr().err


# ---- other outcomes, and what is hidden


def bucket(folder: Path, **more: Any) -> None:
    made = plan(change("aws_s3_bucket.raw", {"bucket": "raw", "region": "us-east-1"}, **more))
    (folder / "plan.json").write_text(json.dumps(made), "utf-8")


PLAN = ("plan.json", "--profile", "facts/profile.yaml")


def test_what_is_sensitive_stays_hidden(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(folder, sensitive={"region": True})
    name = fingerprint(capsys, "approved-regions/region-not-approved", *PLAN)
    for form in (["--format", "json"], [], ["-v"]):
        assert main(["explain", name, *PLAN, *form]) == 0
        text = capsys.readouterr().out
        assert "us-east-1" not in text
        assert "(sensitive)" in text


def test_the_same_address_in_two_plans_is_explained_by_its_own_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(folder)
    other = plan(change("aws_s3_bucket.raw", {"bucket": "raw", "region": "us-west-2"}))
    (folder / "other.json").write_text(json.dumps(other), "utf-8")
    name = fingerprint(capsys, "approved-regions/region-not-approved", *PLAN)
    both = explained(capsys, name, "other.json", *PLAN)
    assert [both["finding"]["location"]["path"], *(twin["path"] for twin in both["twins"])] == ["other.json", "plan.json"]
    assert "us-west-2" in json.dumps(both["rule"])
    assert main(["explain", name, "other.json", *PLAN]) == 0
    assert "the same finding is in plan.json:1:" in capsys.readouterr().out


def test_undecided_names_what_is_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = plan(change("aws_s3_bucket.raw", {"bucket": "raw"}, unknown={"region": True}), providers=LATER)
    (folder / "plan.json").write_text(json.dumps(made), "utf-8")
    rules = findings(capsys, *PLAN)
    name = rules["approved-regions/region-not-approved"]["fingerprint"]
    document = explained(capsys, name, *PLAN)
    assert "$unknown" in document["rule"]["value"]
    assert any(isinstance(part["value"], dict) and "$unknown" in part["value"] for part in document["rule"]["decisive"])
    assert main(["explain", name, *PLAN]) == 0
    assert "unknown (" in capsys.readouterr().out


def rule(**spec: Any) -> str:
    base: Mapping[str, Any] = {
        "version": 1,
        "title": "A rule that divides",
        "category": "tests",
        "severity": "low",
        "since": "0.1.0",
        "targets": ["kubernetes"],
        "actions": {"dev": "deny"},
        "validations": [{"name": "divides", "expression": "1 / size(resource.tags) > 5", "message": "m", "field": "resource.tags"}],
    }
    return yaml.safe_dump({"apiVersion": "guardrail.dev/v1", "kind": "Policy", "metadata": {"name": "own-rule"}, "spec": {**base, **spec}})


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        pytest.param({}, "divides", id="a validation that fails to run"),
        pytest.param(
            {"matchConditions": [{"name": "never", "expression": "1 / size(resource.tags) > 5"}]}, "never", id="a match condition"
        ),
    ],
)
def test_an_error_is_explained(spec: dict[str, Any], name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own-rule.yaml").write_text(rule(**spec), "utf-8")
    (folder / "job.yaml").write_text(JOB.replace(", labels: {workload-type: train, team: speech}", ""), "utf-8")
    argv = (*RUN, "--policies", "own-rule.yaml")
    document = explained(capsys, fingerprint(capsys, f"own-rule/{name}", *argv), *argv)
    assert document["finding"]["outcome"] == "error"
    assert document["rule"]["name"] == name
    assert "$error" in document["rule"]["value"]
    assert any(part["expression"] == "size(resource.tags)" and part["value"] == 0 for part in document["rule"]["parts"])


def test_the_data_of_a_secret_stay_hidden(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    validation = {"name": "short", "expression": "size(object.data.token) < 3", "message": "m", "field": "resource.name"}
    variables = [{"name": "start", "expression": "object.data.token.substring(0, 4)"}]
    validation["expression"] += " && variables.start == ''"
    (folder / "own-rule.yaml").write_text(rule(validations=[validation], variables=variables), "utf-8")
    (folder / "job.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\ndata: {token: aHVudGVyMg==}\n", "utf-8"
    )
    argv = ("job.yaml", "--policies", "own-rule.yaml")
    name = fingerprint(capsys, "own-rule/short", *argv)
    for form in (["--format", "json"], ["-v"]):
        assert main(["explain", name, *argv, *form]) == 0
        text = capsys.readouterr().out
        assert "aHVu" not in text
        assert "(sensitive)" in text


def test_a_value_that_was_sensitive_before_the_change_stays_hidden(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = change(
        "aws_s3_bucket.raw", {"bucket": "raw", "region": "us-east-1"}, before={"bucket": "raw", "region": "zq"}, actions=("update",)
    )
    entry["change"]["before_sensitive"] = {"region": True}
    (folder / "plan.json").write_text(json.dumps(plan(entry)), "utf-8")
    spec = {
        "targets": ["terraform"],
        "validations": [
            {"name": "moved", "expression": "oldResource.region == resource.region", "message": "m", "field": "resource.region"}
        ],
    }
    (folder / "own-rule.yaml").write_text(rule(**spec), "utf-8")
    argv = ("plan.json", "--policies", "own-rule.yaml")
    name = fingerprint(capsys, "own-rule/moved", *argv)
    for form in (["--format", "json"], ["-v"]):
        assert main(["explain", name, *argv, *form]) == 0
        assert "zq" not in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_the_other_engine_tells_the_values_without_their_parts(capsys: pytest.CaptureFixture[str]) -> None:
    document = explained(capsys, fingerprint(capsys, OVER_PEAK, *RUN), *RUN, "--engine", "cel-python")
    assert document["rule"]["value"] is False
    assert document["rule"]["parts"] == []
    assert "variables.cap" in {variable["name"] for variable in document["variables"]}


@pytest.mark.usefixtures("folder")
def test_every_finding_of_the_text_report_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    names = {finding["fingerprint"] for finding in findings(capsys, *RUN).values()}
    main(["lint", *RUN])
    text = capsys.readouterr().out
    assert all(f"guardrail explain {name}" in text for name in names)


def test_every_finding_of_the_fixtures_can_be_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    argv = ("fixtures", "--profile", "policies/profiles/example.yaml")
    main(["lint", *argv, "--format", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert found
    for finding in found:
        document = explained(capsys, finding["fingerprint"], *argv)
        assert document["rule"]["value"] is not True
        assert document["rule"]["decisive"] or not document["rule"]["parts"], "a rule that is one test decides by itself"
