"""Annotations of GitHub Actions: goldens, escapes, places, limits."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model import Location
from guardrail.reporters.github import MOST_ANNOTATIONS, GithubReporter
from tests.reporters import samples

if TYPE_CHECKING:
    from guardrail.model import Report

GOLDEN = Path(__file__).with_name("golden")


def told(report: Report, folder: str = "/repo") -> str:
    stream = io.StringIO()
    reporter = GithubReporter(stream, folder=folder, root="/repo")
    reporter.begin(report)
    for finding in report.findings:
        reporter.finding(finding)
    reporter.end()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "report"),
    [
        pytest.param("github-mixed", samples.MIXED, id="one cause over many objects is one annotation; an input that failed"),
        pytest.param("github-clean", samples.CLEAN, id="a clean run is one line"),
        pytest.param("github-rule-error", samples.RULE_ERROR, id="rule errors, an undecided deny, a finding about the run"),
        pytest.param("github-hostile", samples.HOSTILE, id="names cannot drive the terminal"),
        pytest.param(
            "github-many",
            samples.report(
                (*(samples.missing_key(number, message=f"lacks key-{number}") for number in range(13)), samples.OVER_PEAK),
            ),
            id="what GitHub would not show follows as plain lines",
        ),
    ],
)
def test_golden(name: str, report: Report) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GUARDRAIL_GOLDEN") == "write":
        path.write_text(told(report), encoding="utf-8")
    assert told(report) == path.read_text("utf-8")


def one(**more: object) -> str:
    return told(samples.report((replace(samples.OVER_PEAK, **more),))).splitlines()[0]  # type: ignore[arg-type] # members by name


def test_special_characters_are_escaped() -> None:
    line = one(message="100% of a: b, c\nd\re", validation="a:b,c%d\n", location=Location("k8s/a,b:c%.yaml", 3, 4))
    assert line.startswith(r"::error file=k8s/a%2Cb%3Ac%25.yaml,line=3,col=4,title=workload-gpu-cap/a%3Ab%2Cc%25d\n::")
    assert r"100%25 of a: b, c\nd\re%0Ainstead: parallelism: 1" in line


@pytest.mark.parametrize(
    ("folder", "path", "file"),
    [
        pytest.param("/repo", "k8s/a.yaml", "file=k8s/a.yaml,", id="the top of the repository"),
        pytest.param("/repo/team", "k8s/a.yaml", "file=team/k8s/a.yaml,", id="a folder of it"),
        pytest.param("/repo/team", "../a.yaml", "file=a.yaml,", id="a path that leads up"),
        pytest.param("/elsewhere", "/repo/a.yaml", "file=a.yaml,", id="an absolute path"),
        pytest.param("/repo", "/elsewhere/a.yaml", "", id="a file outside of the repository"),
    ],
)
def test_paths_are_those_of_the_repository(folder: str, path: str, file: str) -> None:
    line = told(samples.report((replace(samples.OVER_PEAK, location=Location(path, 3, 4)),)), folder).splitlines()[0]
    assert line.startswith(f"::error {file}")
    assert ("file=" in line) == bool(file)
    assert ("line=" in line) == bool(file)


def test_the_limit_counts_each_kind() -> None:
    findings = tuple(samples.missing_key(number, message=f"lacks key-{number}") for number in range(13))
    lines = told(samples.report((samples.OVER_PEAK, *findings))).splitlines()
    assert sum(line.startswith("::warning ") for line in lines) == MOST_ANNOTATIONS
    assert sum(line.startswith("::error ") for line in lines) == 1
    assert all(any(f"key-{number}" in line for line in lines) for number in range(13))


@given(st.text(), st.text(min_size=1))
def test_no_text_becomes_a_command_of_its_own(message: str, name: str) -> None:
    finding = replace(samples.OVER_PEAK, message=message, resource=samples.kubernetes("Job", name), location=Location(name, 1, 1))
    lines = told(samples.report(tuple(replace(finding, fingerprint=f"{n:012}", validation=f"v{n}") for n in range(12)))).split("\n")
    assert sum(line.lstrip().startswith("::") for line in lines) == MOST_ANNOTATIONS
    assert all(line.isprintable() for line in lines)
