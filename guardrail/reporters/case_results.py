"""What came of the cases of policies: a diff of expected and found for each that differs, and what no case shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.reporters.documents import API_VERSION
from guardrail.reporters.terminal import Terminal, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from guardrail.policy.cases import Expectation
    from guardrail.policy.verdicts import CaseResult, Difference, Found, Gap, PolicyResult

__all__ = ["write_case_results", "write_case_results_text"]

_HINT = "add the case, or say in the cases why none can show it: - untested: {validation: …, target: …, outcome: …} with a reason"


def write_case_results(results: Sequence[PolicyResult], stream: TextIO) -> None:
    """Writes the JSON form."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "CaseResults",
        "summary": _counts(results),
        "policies": [
            {
                "policy": result.policy,
                "path": result.path,
                "passed": result.passed,
                "cases": [_case(case) for case in result.cases],
                "gaps": [_gap(gap) for gap in result.gaps],
            }
            for result in results
        ],
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _counts(results: Sequence[PolicyResult]) -> dict[str, int]:
    cases = [case for result in results for case in result.cases]
    passed = sum(case.passed for case in cases)
    return {
        "policies": len(results),
        "cases": len(cases),
        "passed": passed,
        "failed": len(cases) - passed,
        "gaps": sum(len(result.gaps) for result in results),
    }


def _case(result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "line": result.case.line,
        "passed": result.passed,
        "differences": [
            {
                "validation": difference.validation,
                "line": difference.line,
                "expected": None if difference.expected is None else _expected(difference.expected),
                "found": [_found(found) for found in difference.found],
                "hint": difference.hint or None,
            }
            for difference in result.differences
        ],
    }


def _expected(expected: Expectation) -> dict[str, Any]:
    return {"outcome": expected.outcome, "action": expected.action, "message": expected.message, "remediation": expected.remediation}


def _found(found: Found) -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "action": found.action,
        "message": found.message,
        "remediation": found.remediation,
        "resource": found.who or None,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "line": gap.line or None,
        "validation": gap.validation or None,
        "target": gap.target or None,
        "outcome": gap.outcome or None,
        "stale": gap.stale,
        "message": gap.message,
    }


def write_case_results_text(results: Sequence[PolicyResult], stream: TextIO, terminal: Terminal, *, verbose: bool = False) -> None:
    """Writes what differs, what is not shown, and the counts; with `verbose` every case."""
    lines: list[str] = []
    for result in results:
        for case in result.cases:
            lines += _failed(result, case, terminal) if not case.passed else _passed(result, case, terminal) if verbose else []
        lines += _gaps(result, terminal)
    stream.write("".join(f"{line}\n" for line in (*lines, _last_line(results, terminal))))


def _passed(result: PolicyResult, case: CaseResult, terminal: Terminal) -> list[str]:
    return [f"{terminal.paint('pass', 'dim')}  {result.path}:{case.case.line}  {printable(case.case.name)}"]


def _failed(result: PolicyResult, case: CaseResult, terminal: Terminal) -> list[str]:
    where = f"{result.path}:{case.case.line}"
    lines = [f"{terminal.paint(where, 'bold')}  {terminal.paint('fail', 'failed')}  {result.policy}: {printable(case.case.name)}"]
    for difference in case.differences:
        lines.extend(_difference(difference, terminal))
    return [*lines, ""]


def _difference(difference: Difference, terminal: Terminal) -> Iterator[str]:
    yield f"    {printable(difference.validation)} (line {difference.line})"
    expected = difference.expected
    told = "nothing" if expected is None else _told(expected.outcome, expected.action, _words(expected.message, expected.remediation))
    yield from _marked("-", "expected", told, terminal)
    found = [_told(found.outcome, *_asked(found, expected), found.who if len(difference.found) > 1 else "") for found in difference.found]
    for text in found or [difference.hint or "nothing"]:
        yield from _marked("+", "found", text, terminal)


def _asked(found: Found, expected: Expectation | None) -> tuple[str | None, str | None]:
    """Of a finding what the expectation speaks of, so that only what differs stands out; all of it where another outcome came."""
    if expected is None or expected.outcome != found.outcome:
        return found.action, found.message
    message, remediation = found.message if expected.message else None, found.remediation if expected.remediation else None
    return (found.action if expected.action else None), _words(message, remediation)


def _words(message: str | None, remediation: str | None) -> str | None:
    return "; instead: ".join(text for text in (message, remediation) if text) or None


def _told(outcome: str, action: str | None, message: str | None, who: str = "") -> str:
    head = f"{outcome} ({action})" if action else outcome
    at = f" at {who}" if who else ""
    return f"{head}{at}: {message}" if message else f"{head}{at}"


def _marked(mark: str, label: str, text: str, terminal: Terminal) -> Iterator[str]:
    style = "failed" if mark == "-" else "added"
    lines = wrapped(printable(text), terminal.width, " " * 18, first=f"      {mark} {label.ljust(9)} ")
    for line in lines:
        yield terminal.paint(line, style)


def _gaps(result: PolicyResult, terminal: Terminal) -> Iterator[str]:
    for gap in result.gaps:
        where = f"{result.path}:{gap.line}" if gap.line else result.path
        word = "stale" if gap.stale else "gap"
        yield f"{terminal.paint(where, 'bold')}  {terminal.paint(word, 'warn')}  {result.policy}: {printable(_gap_text(gap))}"
    if any(not gap.stale and gap.line for gap in result.gaps):
        yield from wrapped(_HINT, terminal.width, "    ")
    if result.gaps:
        yield ""


def _gap_text(gap: Gap) -> str:
    what = " ".join(part for part in (gap.validation, gap.target, gap.outcome) if part)
    return f"{what}: {gap.message}" if gap.stale else gap.message


def _last_line(results: Sequence[PolicyResult], terminal: Terminal) -> str:
    counts = _counts(results)
    parts = [
        terminal.paint(f"{counts['failed']:,} failed", "failed") if counts["failed"] else "",
        f"{counts['passed']:,} passed",
        terminal.paint(f"{counts['gaps']:,} {'gap' if counts['gaps'] == 1 else 'gaps'}", "warn") if counts["gaps"] else "",
    ]
    told = ", ".join(part for part in parts if part)
    cases, policies = counts["cases"], counts["policies"]
    return f"{told} · {cases:,} {'case' if cases == 1 else 'cases'} of {policies:,} {'policy' if policies == 1 else 'policies'}"
