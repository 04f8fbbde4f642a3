"""The line that says how far a run is: when it is there, how it goes, and that it never reaches a pipe."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from guardrail.app import Options, inspect, lint
from guardrail.cli.progress import Progress, shown_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_short_run_shows_nothing() -> None:
    clock, stream = Clock(), Tty()
    progress = Progress(stream, clock)
    clock.now += 0.99
    progress("files read:", 3)
    progress.erase()
    assert stream.getvalue() == ""


def test_a_long_run_shows_a_line_and_erases_it() -> None:
    clock, stream = Clock(), Tty()
    with shown_progress(stream, {}, clock) as progress:
        assert progress is not None
        clock.now += 1
        progress("resources judged:", 1_200, 5_000)
        clock.now += 0.05
        progress("resources judged:", 1_201, 5_000)
        clock.now += 0.05
        progress("resources judged:", 1_202, 5_000)
    assert stream.getvalue() == (
        "\r\x1b[Kguardrail: resources judged: 1,200 of 5,000\r\x1b[Kguardrail: resources judged: 1,202 of 5,000\r\x1b[K"
    )


def test_the_line_goes_when_the_run_fails() -> None:
    clock, stream = Clock(), Tty()

    def fail() -> None:
        with shown_progress(stream, {}, clock) as progress:
            assert progress is not None
            clock.now += 2
            progress("files read:", 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_the_line_never_wraps() -> None:
    clock, stream = Clock(), Tty()
    progress = Progress(stream, clock, columns=20)
    clock.now += 2
    progress("resources judged:", 1)
    assert stream.getvalue() == "\r\x1b[Kguardrail: resource"


@pytest.mark.parametrize(
    ("stream", "environ", "shown"),
    [
        pytest.param(Tty(), {}, True, id="a terminal"),
        pytest.param(Tty(), {"NO_COLOR": "1"}, True, id="a terminal without colour: the line has none"),
        pytest.param(Tty(), {"CI": "false"}, True, id="no CI"),
        pytest.param(Tty(), {"CI": "true"}, False, id="CI"),
        pytest.param(Tty(), {"TERM": "dumb"}, False, id="a terminal that erases nothing"),
        pytest.param(io.StringIO(), {}, False, id="a pipe"),
        pytest.param(None, {}, False, id="no standard error"),
    ],
)
def test_where_it_is_shown(stream: io.StringIO | None, environ: Mapping[str, str], shown: bool) -> None:
    with shown_progress(stream, environ, Clock()) as progress:
        assert (progress is not None) == shown


def test_a_terminal_that_goes_away_ends_nothing() -> None:
    class Gone(Tty):
        def write(self, _text: str) -> int:
            raise OSError

    clock = Clock()
    with shown_progress(Gone(), {}, clock) as progress:
        assert progress is not None
        clock.now += 2
        progress("files read:", 1)
        progress("files read:", 2)


def test_a_run_tells_what_it_reads_and_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int | None]] = []
    monkeypatch.chdir(ROOT)
    report = lint(
        Options(paths=("fixtures",), now=datetime(2026, 11, 25, tzinfo=UTC)),
        lambda what, done, total=None: told.append((what, done, total)),
    )
    assert ("files read:", report.summary.files, None) in told
    judged = [(done, total) for what, done, total in told if what == "resources judged:"]
    assert judged == [(number + 1, len(judged)) for number in range(len(judged))]
    assert judged


def test_a_look_at_the_inputs_tells_what_it_reads_and_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int | None]] = []
    monkeypatch.chdir(ROOT)
    inspection = inspect(
        Options(paths=("fixtures",), now=datetime(2026, 11, 25, tzinfo=UTC)),
        lambda what, done, total=None: told.append((what, done, total)),
    )
    assert ("files read:", len(inspection.inputs), None) in told
    assert told[-1] == ("resources found:", len(inspection.resources), len(inspection.resources))


def test_nothing_is_left_on_a_real_terminal() -> None:
    master, slave = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm", "GUARDRAIL_NOW": "2026-11-25"}
    done = subprocess.run(
        [sys.executable, "-m", "guardrail", "lint", "fixtures"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=slave, check=False
    )
    os.close(slave)
    os.set_blocking(master, False)
    try:
        seen = os.read(master, 10_000)
    except OSError:  # nothing was written: a terminal whose other end is closed
        seen = b""
    os.close(master)
    assert b"\x1b" not in done.stdout
    assert seen == b"" or seen.endswith(b"\r\x1b[K")
