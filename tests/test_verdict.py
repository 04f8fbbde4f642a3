"""From findings to the answer: all denials in one message, warnings within what an API server passes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model import Action, Finding, Identity, Location, Origin, Outcome, UnreadReview
from guardrail.verdict import decide, refuse_unread
from tests.reviews import deployment, request, review_of

REVIEW = review_of(request("CREATE", deployment()))
JOB = Identity("batch/Job/speech-dev/llm-ft", "kubernetes", "Job", "batch/v1", "speech-dev", "llm-ft")


def finding(action: Action = Action.DENY, outcome: Outcome = Outcome.FAIL, **parts: Any) -> Finding:
    blank = Finding(
        policy="workload-gpu-cap",
        category="quota",
        validation="over-peak",
        severity="high",
        outcome=outcome,
        action=action,
        resource=JOB,
        location=Location("review.json"),
        message="up to 24 GPUs (3 × 8); the cap for train in dev is 8",
        remediation="parallelism: 1",
        fingerprint="f",
    )
    return replace(blank, **parts)


MISSING: dict[str, Any] = {"policy": "required-tags", "validation": "missing-key", "message": "missing: team", "remediation": ""}


@pytest.mark.parametrize(
    ("findings", "allowed", "code", "message"),
    [
        pytest.param([], True, 200, "", id="nothing found"),
        pytest.param([finding(Action.WARN), finding(Action.AUDIT)], True, 200, "", id="warnings and notes for the audit admit"),
        pytest.param(
            [finding(), finding(**MISSING), finding(Action.WARN)],
            False,
            403,
            "2 findings for Job speech-dev/llm-ft\n"
            "1. workload-gpu-cap/over-peak: up to 24 GPUs (3 × 8); the cap for train in dev is 8. Instead: parallelism: 1\n"
            "2. required-tags/missing-key: missing: team",
            id="every denial in one message, with what to write instead",
        ),
        pytest.param(
            [finding(outcome=Outcome.UNDECIDED, message="regions is not known (x)", remediation="")],
            False,
            403,
            "1 finding for Job speech-dev/llm-ft\n1. workload-gpu-cap/over-peak: undecided: regions is not known (x)",
            id="what is undecided says so",
        ),
        pytest.param(
            [finding(outcome=Outcome.ERROR, message="the rule could not be evaluated: no such key", remediation="")],
            False,
            422,
            "1 finding for Job speech-dev/llm-ft\n1. workload-gpu-cap/over-peak: the rule could not be evaluated: no such key",
            id="a rule that failed to run is nobody's refusal",
        ),
        pytest.param([finding(Action.WARN, Outcome.ERROR)], True, 200, "", id="one whose errors are ignored admits"),
        pytest.param(
            [finding(resource=replace(JOB, name=None, id="batch/Job/speech-dev/sweep-*"), message="a\nb\x07", remediation="c\nd")],
            False,
            403,
            "1 finding for Job speech-dev/sweep-*\n1. workload-gpu-cap/over-peak: a b. Instead: c d",
            id="one line for each, without control characters",
        ),
    ],
)
def test_the_answer(findings: list[Finding], allowed: bool, code: int, message: str) -> None:
    decision = decide(REVIEW, findings, about="CREATE Job speech-dev/llm-ft")
    assert (decision.allowed, decision.code, decision.message) == (allowed, code, message)
    assert (decision.path, decision.uid) == ("review.json", "u-1")


def test_an_error_beside_a_violation_is_forbidden() -> None:
    assert decide(REVIEW, [finding(), finding(outcome=Outcome.ERROR)], about="").code == 403


def test_what_was_not_judged_is_admitted_and_says_why() -> None:
    decision = decide(REVIEW, (), about="x", not_judged="CONNECT is never judged")
    assert (decision.allowed, decision.message) == (True, "not judged: CONNECT is never judged")


def test_what_cannot_be_read_is_never_admitted() -> None:
    decision = refuse_unread(UnreadReview("u-9", "this request names no operation", Origin("r.json", 2)))
    assert (decision.allowed, decision.code, decision.uid, decision.document) == (False, 422, "u-9", 2)
    assert decision.message == "cannot be judged: this request names no operation"


def test_a_warning_is_told_once_and_names_its_rule_first() -> None:
    decision = decide(REVIEW, [finding(Action.WARN), finding(Action.WARN)], about="")
    assert decision.warnings == ("workload-gpu-cap/over-peak: up to 24 GPUs (3 × 8); the cap for train in dev is 8",)


@given(st.lists(st.text(max_size=400), max_size=80))
def test_warnings_keep_to_what_an_api_server_passes_on(messages: list[str]) -> None:
    decision = decide(REVIEW, [finding(Action.WARN, message=message) for message in messages], about="")
    sizes = [len(line.encode("utf-8", "replace")) for line in decision.warnings]
    assert all(size <= 256 for size in sizes)
    assert sum(sizes) <= 4096
    assert all(len(line) <= 120 and line.isprintable() for line in decision.warnings)
    assert len(set(decision.warnings)) == len(decision.warnings)
    assert bool(decision.warnings) == bool(messages)


def test_warnings_beyond_the_limit_are_counted() -> None:
    many = [finding(Action.WARN, message=f"{number} {'x' * 200}") for number in range(60)]
    warnings = decide(REVIEW, many, about="").warnings
    assert warnings[-1] == f"guardrail: and {60 - len(warnings) + 1} more warnings"
