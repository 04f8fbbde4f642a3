"""The answers to requests, in JSON and in text."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from guardrail.model import Decision
from guardrail.reporters.json_report import JsonReporter
from guardrail.reporters.terminal import Terminal
from guardrail.reporters.text import TextReporter
from tests.reporters import samples

ADMITTED = Decision("a.json", "1", allowed=True, code=200, message="", about="UPDATE Deployment web/api")
WARNED = replace(ADMITTED, uid="2", warnings=("cap/over: nine", "cap/other: x"))
SKIPPED = replace(ADMITTED, uid="3", message="not judged: CONNECT is never judged", about="CONNECT pods/exec web/api-0")
REFUSED = Decision("b.json", "4", allowed=False, code=403, message="1 finding for Job a/b\n1. x", about="CREATE Job a/b")
UNREAD = Decision("c.json", None, allowed=False, code=422, message="cannot be judged: no operation", document=2)


def json_of(*decisions: Decision) -> Any:
    stream = io.StringIO()
    report = replace(samples.CLEAN, decisions=decisions)
    reporter = JsonReporter(stream)
    reporter.begin(report)
    reporter.end()
    return json.loads(stream.getvalue())


@pytest.mark.parametrize("decisions", [pytest.param((), id="none"), pytest.param((WARNED, SKIPPED, REFUSED, UNREAD), id="of every kind")])
def test_decisions_keep_to_the_schema(decisions: tuple[Decision, ...]) -> None:
    schema = json.loads(resources.files("guardrail.reporters").joinpath("report.schema.json").read_text("utf-8"))
    document = json_of(*decisions)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert [(one["uid"], one["allowed"], one["code"]) for one in document["decisions"]] == [(d.uid, d.allowed, d.code) for d in decisions]


def test_a_decision_in_json_has_everything_that_the_answer_has() -> None:
    assert json_of(REFUSED)["decisions"] == [
        {
            "path": "b.json",
            "document": 0,
            "uid": "4",
            "allowed": False,
            "code": 403,
            "message": "1 finding for Job a/b\n1. x",
            "warnings": [],
        }
    ]


def lines_of(*decisions: Decision, **how: bool) -> list[str]:
    stream = io.StringIO()
    reporter = TextReporter(stream, Terminal(), **how)
    reporter.begin(replace(samples.CLEAN, decisions=decisions))
    reporter.end()
    return [" ".join(line.split()) for line in stream.getvalue().splitlines() if line.startswith("decision")]


@pytest.mark.parametrize(
    ("decisions", "how", "lines"),
    [
        pytest.param((), {}, [], id="no request, no line"),
        pytest.param((ADMITTED,), {}, ["decision 1 admitted: UPDATE Deployment web/api"], id="admitted"),
        pytest.param((WARNED,), {}, ["decision 1 admitted: UPDATE Deployment web/api, with 2 warnings"], id="with warnings"),
        pytest.param(
            (SKIPPED,),
            {},
            ["decision 1 admitted: CONNECT pods/exec web/api-0 (not judged: CONNECT is never judged)"],
            id="not judged says why",
        ),
        pytest.param((REFUSED,), {}, ["decision 1 refused (403): CREATE Job a/b"], id="refused: the findings stand above"),
        pytest.param((UNREAD,), {}, ["decision 1 refused (422): cannot be judged: no operation"], id="what cannot be read says why"),
        pytest.param(
            (ADMITTED, WARNED, SKIPPED, REFUSED),
            {},
            ["decision 4 3 admitted (1 with warnings), 1 refused (-v lists them)"],
            id="many are counted",
        ),
        pytest.param((REFUSED,), {"quiet": True}, [], id="quiet keeps findings"),
    ],
)
def test_decisions_in_text(decisions: tuple[Decision, ...], how: dict[str, bool], lines: list[str]) -> None:
    assert lines_of(*decisions, **how) == lines


def test_verbose_lists_every_decision() -> None:
    assert len(lines_of(ADMITTED, WARNED, SKIPPED, REFUSED, verbose=True)) == 4
