from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.reporters.inspection_text import write_inspection_text
from guardrail.reporters.terminal import Terminal, printable, terminal_for
from guardrail.reporters.text import TextReporter
from tests.reporters import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.model import Report

GOLDEN = Path(__file__).parent / "golden"
COLOUR = Terminal(colour=True, width=100, timed=True)


def told(report: Report, terminal: Terminal = Terminal(), **how: bool) -> str:  # noqa: B008 - frozen
    stream = io.StringIO()
    reporter = TextReporter(stream, terminal, **how)
    reporter.begin(report)
    for finding in report.findings:
        reporter.finding(finding)
    reporter.end()
    return stream.getvalue()


def seen(terminal: Terminal = Terminal(), *, verbose: bool = False) -> str:  # noqa: B008 - frozen
    stream = io.StringIO()
    write_inspection_text(samples.INSPECTION, stream, terminal, verbose=verbose)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param("mixed", lambda: told(samples.MIXED), id="deny, warn, undecided, dormant, unread and notes in one report"),
        pytest.param("mixed-colour", lambda: told(samples.MIXED, COLOUR), id="the same on a terminal"),
        pytest.param("mixed-narrow", lambda: told(samples.MIXED, Terminal(width=60)), id="the same on a narrow terminal"),
        pytest.param(
            "mixed-quiet",
            lambda: told(samples.MIXED, quiet=True),
            id="quiet keeps findings, failed inputs, what was not judged and the last line",
        ),
        pytest.param("clean", lambda: told(samples.CLEAN), id="a clean run is one line"),
        pytest.param("clean-verbose", lambda: told(samples.CLEAN, verbose=True), id="verbose lists the inputs of a clean run"),
        pytest.param("empty", lambda: told(samples.EMPTY), id="nothing to judge among the inputs"),
        pytest.param("no-input", lambda: told(samples.NO_INPUT), id="no input at all"),
        pytest.param("outputs-only", lambda: told(samples.OUTPUTS_ONLY), id="a plan that changes nothing"),
        pytest.param("rule-error", lambda: told(samples.RULE_ERROR), id="rule errors first, an undecided deny, a finding about the run"),
        pytest.param("named", lambda: told(samples.NAMED_IN_MESSAGES), id="one cause though each message names its object"),
        pytest.param("named-verbose", lambda: told(samples.NAMED_IN_MESSAGES, verbose=True), id="verbose lists every object of a cause"),
        pytest.param("many-causes", lambda: told(samples.MANY_CAUSES), id="a line for each rule that is undecided and each code of a note"),
        pytest.param("many-causes-verbose", lambda: told(samples.MANY_CAUSES, verbose=True), id="verbose tells every cause and every note"),
        pytest.param("partly-broken", lambda: told(samples.PARTLY_BROKEN), id="the readable documents of a broken file are counted"),
        pytest.param("hostile", lambda: told(samples.HOSTILE), id="names cannot drive the terminal"),
        pytest.param("inspection", seen, id="what inspect shows"),
        pytest.param("inspection-verbose", lambda: seen(verbose=True), id="what inspect shows with every input"),
    ],
)
def test_golden(name: str, make: Callable[[], str]) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GUARDRAIL_GOLDEN") == "write":
        path.write_text(make(), encoding="utf-8")
    assert make() == path.read_text("utf-8")


def test_a_clean_run_is_one_line() -> None:
    assert told(samples.CLEAN).count("\n") == 1


def test_colour_carries_no_meaning_alone() -> None:
    timeless = Terminal(colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", told(samples.MIXED, timeless)) == told(samples.MIXED)


def test_no_line_is_wider_than_the_terminal_unless_a_word_is() -> None:
    assert [line for line in told(samples.MIXED).splitlines()[:-1] if len(line) > 100] == []


@pytest.mark.parametrize("report", [samples.MIXED, samples.CLEAN, samples.EMPTY, samples.NO_INPUT, samples.RULE_ERROR])
def test_the_files_of_the_last_line_add_up(report: Report) -> None:
    last = told(report).splitlines()[-1].replace(",", "")
    counts = [int(number) for number in re.findall(r"(\d+) (?:files?|plans?|not read|failed)\b", last)]
    assert sum(counts) == report.summary.files


def test_verbose_names_every_grouped_object_and_every_input() -> None:
    text = told(samples.MIXED, verbose=True)
    assert all(f"Deployment web/api-{number} (" in text for number in range(214))
    assert all(record.path in text for record in samples.MIXED.inputs)


def test_reporting_does_not_depend_on_the_order_of_findings() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream, Terminal())
    reporter.begin(samples.MIXED)
    for finding in reversed(samples.MIXED.findings):
        reporter.finding(finding)
    reporter.end()
    assert stream.getvalue() == told(samples.MIXED)


def test_nothing_secret_is_shown_by_inspect() -> None:
    text = seen(verbose=True)
    assert "hunter2" not in text
    assert "s3cr3t" not in text


@given(st.text())
def test_printable_text_never_holds_a_control_character(text: str) -> None:
    assert printable(text).isprintable()


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize(
    ("tty", "environ", "colour"),
    [
        pytest.param(True, {}, True, id="a terminal has colour"),
        pytest.param(False, {}, False, id="a pipe has none"),
        pytest.param(True, {"NO_COLOR": "1"}, False, id="NO_COLOR turns it off"),
        pytest.param(True, {"NO_COLOR": ""}, True, id="an empty NO_COLOR says nothing"),
        pytest.param(True, {"TERM": "dumb"}, False, id="a dumb terminal has none"),
        pytest.param(False, {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR turns it on"),
        pytest.param(False, {"CLICOLOR_FORCE": "1"}, True, id="CLICOLOR_FORCE turns it on"),
        pytest.param(False, {"FORCE_COLOR": "0"}, False, id="FORCE_COLOR=0 says nothing"),
        pytest.param(False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="NO_COLOR wins"),
    ],
)
def test_colour(tty: bool, environ: Mapping[str, str], colour: bool) -> None:
    assert terminal_for(_Tty() if tty else io.StringIO(), environ).colour is colour


@pytest.mark.parametrize(
    ("tty", "environ", "width"),
    [
        pytest.param(False, {}, 100, id="piped output does not depend on the window"),
        pytest.param(False, {"COLUMNS": "70"}, 70, id="COLUMNS counts in a pipe too"),
        pytest.param(False, {"COLUMNS": "wide"}, 100, id="COLUMNS that is no number"),
        pytest.param(True, {"COLUMNS": "70"}, 70, id="COLUMNS on a terminal"),
        pytest.param(True, {"COLUMNS": "20"}, 60, id="never narrower than 60"),
        pytest.param(True, {"COLUMNS": "400"}, 120, id="never wider than 120"),
        pytest.param(True, {}, 100, id="a terminal without a size"),
    ],
)
def test_width(tty: bool, environ: Mapping[str, str], width: int) -> None:
    assert terminal_for(_Tty() if tty else io.StringIO(), environ).width == width
