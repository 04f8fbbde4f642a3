"""Draws `report.svg`, the picture of the README, from a real run over the fixtures.

python -m tests.docs.picture [--check]
"""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail import app
from guardrail.reporters.terminal import Terminal
from guardrail.reporters.text import TextReporter

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "report.svg"
COMMAND = "guardrail lint fixtures --profile policies/profiles/example.yaml"
_NOW = datetime(2026, 11, 25, tzinfo=UTC)

_COLUMNS = 104
_CHAR_PX, _LINE_PX, _MARGIN_PX = 7.83, 18, 18  # of a 13 px monospace font
_CODE = re.compile(r"\x1b\[([0-9;]*)m")
_STYLES = {"1;31": "d", "31": "d", "33": "w", "36": "a", "2": "m", "1": "b"}
_CSS = """\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#24292f;white-space:pre}
.f{fill:#f6f8fa;stroke:#d0d7de}.b{font-weight:600}.d{fill:#cf222e;font-weight:600}.w{fill:#9a6700}.a{fill:#0969da}.m{fill:#6e7781}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.f{fill:#0d1117;stroke:#30363d}.d{fill:#ff7b72}.w{fill:#d29922}.a{fill:#58a6ff}.m{fill:#8b949e}}"""


def report_text(*, colour: bool) -> str:
    """The report that `COMMAND` prints in the project's root."""
    report = app.lint(app.Options(paths=("fixtures",), now=_NOW, profile="policies/profiles/example.yaml"))
    stream = io.StringIO()
    reporter = TextReporter(stream, Terminal(colour=colour))
    reporter.begin(report)
    for finding in report.findings:
        reporter.finding(finding)
    reporter.end()
    return stream.getvalue()


def svg(text: str) -> str:
    """Terminal output as a picture that adapts to light and dark pages."""
    lines = text.rstrip("\n").split("\n")
    width = round(_COLUMNS * _CHAR_PX + 2 * _MARGIN_PX)
    height = len(lines) * _LINE_PX + 2 * _MARGIN_PX
    body = "\n".join(
        f'<text x="{_MARGIN_PX}" y="{_MARGIN_PX + _LINE_PX * number + 13}" xml:space="preserve">{"".join(_spans(line))}</text>'
        for number, line in enumerate(lines)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>What guardrail lint prints</title>\n<style>{_CSS}</style>\n"
        f'<rect class="f" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>\n{body}\n</svg>\n'
    )


def _spans(line: str) -> Iterator[str]:
    style = ""
    for at, part in enumerate(_CODE.split(line)):
        if at % 2:
            style = _STYLES.get(part, "")
        elif part:
            yield f'<tspan class="{style}">{escape(part)}</tspan>' if style else escape(part)


def main(arguments: list[str]) -> int:
    drawn = svg(f"\x1b[2m$\x1b[0m \x1b[1m{COMMAND}\x1b[0m\n{report_text(colour=True)}")
    if "--check" not in arguments:
        PICTURE.write_text(drawn, encoding="utf-8")
        return 0
    if PICTURE.read_text("utf-8") == drawn:
        return 0
    sys.stderr.write("report.svg is not what the fixtures give now; run make docs and look at the difference\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
