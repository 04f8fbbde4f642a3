"""The report as annotations of GitHub Actions: workflow commands that it shows beside the lines of a change.

Sources: "Workflow commands for GitHub Actions" (form and escapes of `::error file=…,line=…,col=…,title=…::message`), and its limits
(10 annotations of each kind per step; what comes after is left out).
"""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from guardrail.model import InputStatus, Outcome
from guardrail.reporters.grouping import grouped, line_of, place, subject
from guardrail.reporters.inputs import failure_of, failure_place
from guardrail.reporters.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from guardrail.model import Finding, InputRecord, Report
    from guardrail.reporters.grouping import Entry

__all__ = ["MOST_ANNOTATIONS", "GithubReporter"]

MOST_ANNOTATIONS = 10
"""Of one kind, for one step: GitHub shows no more."""

_COMMANDS: Mapping[str, str] = {"deny": "error", "warn": "warning", "audit": "notice"}
_MESSAGE = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_MESSAGE, (":", "%3A"), (",", "%2C"))
_NAMED = 3  # objects of a group


class GithubReporter:
    """Writes annotations to a stream, the strictest first; what GitHub would not show follows as plain lines, then the counts.

    `folder` is where the run was started and `root` the top of its repository, both absolute: GitHub
    wants paths from the top.
    """

    def __init__(self, stream: TextIO, *, folder: str, root: str) -> None:
        self._stream, self._folder, self._root = stream, folder, root
        self._report: Report | None = None
        self._findings: list[Finding] = []

    def begin(self, report: Report) -> None:
        self._report = report

    def finding(self, finding: Finding) -> None:
        self._findings.append(finding)

    def end(self) -> None:
        report = self._report
        assert report is not None
        by_command: dict[str, list[tuple[str, str]]] = {command: [] for command in _COMMANDS.values()}
        for command, entry in self._entries():
            by_command[command].append((self._annotation(command, entry), _line(entry)))
        for record in report.inputs:
            if record.status is InputStatus.FAILED:
                by_command["error"].append((self._failed(record), f"failed  {failure_of(record).splitlines()[0]}"))
        shown = [annotation for made in by_command.values() for annotation, _ in made[:MOST_ANNOTATIONS]]
        rest = [printable(line) for made in by_command.values() for _, line in made[MOST_ANNOTATIONS:]]
        lines = [*shown, *([_limit(len(rest))] if rest else []), *rest, _last_line(report, self._findings)]
        self._stream.write("".join(f"{line}\n" for line in lines))

    def _entries(self) -> Iterator[tuple[str, Entry]]:
        """One annotation for each finding, or, where that is more than GitHub shows of a kind, for each cause."""
        for action, command in _COMMANDS.items():
            found = [finding for finding in self._findings if _level(finding) == action]
            causes = grouped(found)
            if len(found) <= MOST_ANNOTATIONS:
                causes = [single for finding in found for single in grouped([finding])]
            yield from ((command, entry) for entry in causes)

    def _annotation(self, command: str, entry: Entry) -> str:
        first = entry.first
        undecided = " (undecided)" if first.outcome is Outcome.UNDECIDED else ""
        told = [f"{_who(entry)}: {entry.message}" if _who(entry) else entry.message]
        told += [f"instead: {' '.join(first.remediation.split())}"] if first.remediation and first.outcome is not Outcome.ERROR else []
        told += [f"guardrail explain {first.fingerprint}"] if first.resource is not None else []
        title = f"{first.policy}/{first.validation}{undecided}"
        message = "\n".join(printable(line) for line in told)
        return _command(command, self._place(first.location.path, line_of(first), first.location.column, title), message)

    def _failed(self, record: InputRecord) -> str:
        line, column = failure_place(record) or (None, None)
        message = "\n".join(printable(text) for text in failure_of(record).splitlines())
        return _command("error", self._place(record.path, line, column, "input cannot be read"), message)

    def _place(self, path: str, line: int | None, column: int | None, title: str) -> dict[str, str]:
        """The properties of an annotation; a file outside of the repository, which GitHub cannot show, is left to the message."""
        inside = posixpath.relpath(posixpath.join(self._folder, path), self._root)
        made = {}
        if not inside.startswith("../") and inside != "..":
            made["file"] = printable(inside)
            made |= {} if line is None else {"line": str(line)} | ({} if column is None else {"col": str(column)})
        return made | {"title": printable(title)}


def _level(finding: Finding) -> str:
    return "deny" if finding.outcome is Outcome.ERROR else str(finding.action)


def _command(command: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{command} {told}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    """The text with its special characters as GitHub wants them; `%` comes first."""
    for char, escape in escapes:
        text = text.replace(char, escape)
    return text


def _who(entry: Entry) -> str:
    names = [subject(finding.resource) for finding in entry.findings if finding.resource is not None]
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"


def _line(entry: Entry) -> str:
    """An entry as a plain line of the log; its first word is ours, so that it can be no workflow command."""
    first = entry.first
    where = place(first.location) if len(entry.findings) == 1 else f"{len(entry.findings):,} objects"
    return f"{_level(first)}  {where}  {first.policy}/{first.validation}  {_who(entry)}: {' '.join(entry.message.split())}"


def _limit(count: int) -> str:
    return f"GitHub shows {MOST_ANNOTATIONS} annotations of each kind for a step; the other {count:,}:"


def _last_line(report: Report, findings: Sequence[Finding]) -> str:
    errors = sum(finding.outcome is Outcome.ERROR for finding in findings)
    actions = Counter(str(finding.action) for finding in findings if finding.outcome is not Outcome.ERROR)
    told = [_counted(errors, "rule error")] if errors else []
    told += [f"{actions[action]:,} {action}" for action in _COMMANDS if actions[action]]
    parts = [", ".join(told) or "no findings", _counted(report.summary.resources, "resource")]
    parts += [f"{_counted(report.summary.failed, 'input')} failed"] if report.summary.failed else []
    return f"guardrail: {' · '.join(parts)}"


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
