"""The JSON documents keep to their schemas, and the schemas say what is written."""

from __future__ import annotations

import io
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model import Note
from guardrail.reporters.documents import as_json
from guardrail.reporters.inspection import write_inspection
from guardrail.reporters.json_report import JsonReporter
from tests.reporters import samples

if TYPE_CHECKING:
    from guardrail.model import Report

REPORTS = [
    pytest.param(samples.MIXED, id="mixed"),
    pytest.param(samples.CLEAN, id="clean"),
    pytest.param(samples.NO_INPUT, id="no input"),
    pytest.param(samples.RULE_ERROR, id="rule error, and a finding about the run"),
    pytest.param(samples.HOSTILE, id="control characters"),
]


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(resources.files("guardrail.reporters").joinpath(f"{name}.schema.json").read_text("utf-8"))
    return loaded


def written(report: Report) -> str:
    stream = io.StringIO()
    reporter = JsonReporter(stream)
    reporter.begin(report)
    for finding in report.findings:
        reporter.finding(finding)
    reporter.end()
    return stream.getvalue()


def inspected() -> dict[str, Any]:
    stream = io.StringIO()
    write_inspection(samples.INSPECTION, stream)
    loaded: dict[str, Any] = json.loads(stream.getvalue())
    return loaded


@pytest.mark.parametrize("name", ["report", "inspection", "failure"])
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("report", REPORTS)
def test_reports_keep_to_the_schema(report: Report) -> None:
    jsonschema.validate(json.loads(written(report)), schema("report"))


def test_the_schema_names_every_member_of_a_report() -> None:
    document, described = json.loads(written(samples.MIXED)), schema("report")["properties"]
    assert set(document) == set(described)
    assert set(document["summary"]) == set(described["summary"]["properties"])
    assert set(document["findings"][0]) == set(described["findings"]["items"]["properties"])


def test_findings_are_lines_in_the_order_of_the_report() -> None:
    lines = [json.loads(line.strip().rstrip(",")) for line in written(samples.MIXED).splitlines() if line.startswith('  {"policy"')]
    assert [line["fingerprint"] for line in lines] == [finding.fingerprint for finding in samples.MIXED.findings]


def test_absent_members_are_null() -> None:
    findings = json.loads(written(samples.MIXED))["findings"]
    assert findings[1]["resource"]["apiVersion"] is None
    assert findings[1]["resource"]["namespace"] is None
    assert findings[1]["location"]["document"] is None
    assert findings[1]["exception"] is None


def test_later_members_are_there_and_empty() -> None:
    document = json.loads(written(samples.CLEAN))
    assert document["exceptions"] == []
    assert document["decisions"] == []


def test_inspections_keep_to_the_schema() -> None:
    jsonschema.validate(inspected(), schema("inspection"))


def test_unknown_values_name_their_references() -> None:
    view = inspected()["resources"][2]["view"]
    assert view["region"] == {"$unknown": ["var.region"]}
    assert view["gpu"]["count"] == {"$unknown": ["var.size"]}
    assert view["tags"]["owner"] == {"$unknown": ["local.owner"]}


def test_unset_scalars_are_absent() -> None:
    assert "region" not in inspected()["resources"][0]["view"]


def test_sensitive_values_are_hidden_by_path_and_by_value() -> None:
    resource = inspected()["resources"][2]
    assert resource["view"]["raw_tags"] == {"team": "(sensitive)", "password": "(sensitive)"}
    assert resource["view"]["name"] == resource["name"] == "(sensitive)"
    assert resource["address"] == "aws_instance.gpu"
    assert resource["view"]["sensitive"] == ["raw_tags.password"]


@given(st.lists(st.builds(Note, st.text(), st.text(), st.text(), st.integers(1, 10**6))))
def test_any_text_survives(notes: list[Note]) -> None:
    document = json.loads(written(samples.report(notes=tuple(notes))))
    assert [(note["code"], note["message"], note["scope"], note["count"]) for note in document["notes"]] == [
        (note.code, note.message, note.scope, note.count) for note in notes
    ]


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        as_json(float("nan"))
