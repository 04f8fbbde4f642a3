"""The report for machines, as `report.schema.json` describes it: same input, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.reporters.documents import as_json, finding_of, head_of, input_of, note_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from guardrail.model import Decision, Finding, Report, Summary

__all__ = ["JsonReporter"]


class JsonReporter:
    """Writes the JSON report to a stream, a line for each finding as it comes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._between = "\n  "
        self._decisions: tuple[Decision, ...] = ()

    def begin(self, report: Report) -> None:
        self._decisions = report.decisions
        write = self._stream.write
        write("{\n")
        for key, value in _head(report).items():
            write(f" {as_json(key)}: {as_json(value)},\n")
        write(' "findings": [')

    def finding(self, finding: Finding) -> None:
        self._stream.write(f"{self._between}{as_json(finding_of(finding))}")
        self._between = ",\n  "

    def end(self) -> None:
        self._stream.write("]" if self._between == "\n  " else "\n ]")
        self._stream.write(f',\n "exceptions": [],\n "decisions": {_lines(self._decisions)}\n}}\n')


def _lines(decisions: Iterable[Decision]) -> str:
    told = ",\n  ".join(as_json(_decision(decision)) for decision in decisions)
    return f"[\n  {told}\n ]" if told else "[]"


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "path": decision.path,
        "document": decision.document,
        "uid": decision.uid,
        "allowed": decision.allowed,
        "code": decision.code,
        "message": decision.message,
        "warnings": list(decision.warnings),
    }


def _head(report: Report) -> dict[str, Any]:
    return {
        **head_of(report, "Report"),
        "inputs": [input_of(record) for record in report.inputs],
        "summary": _summary(report.summary),
        "notes": [note_of(note) for note in report.notes],
        "dormant": [{"policy": dormant.policy, "needs": list(dormant.needs)} for dormant in report.dormant],
    }


def _summary(summary: Summary) -> dict[str, int]:
    return {
        "files": summary.files,
        "filesRead": summary.read,
        "filesSkipped": summary.skipped_files,
        "filesFailed": summary.failed,
        "resources": summary.resources,
        "policies": summary.policies,
        "evaluations": summary.evaluations,
        "deny": summary.deny,
        "warn": summary.warn,
        "audit": summary.audit,
        "excepted": summary.excepted,
        "undecided": summary.undecided,
        "errors": summary.errors,
        "skipped": summary.skipped,
        "dormant": summary.dormant,
    }
