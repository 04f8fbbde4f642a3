"""From a review to an answer, by the same calls that judge a recorded one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from guardrail.engine import Context, evaluate
from guardrail.inputs.reviews import read_review
from guardrail.model import Origin, Outcome, UnreadReview
from guardrail.normalise.kubernetes.requests import Requests, about, passes
from guardrail.verdict import decide, refuse_unread
from webhook.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from guardrail.model import Decision, Finding
    from webhook.rules import Rules

__all__ = ["Judged", "judge", "passes_unjudged"]

_HERE = Origin("request")


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with what led to it, for the log and the counters."""

    request: Mapping[str, Any]
    answer: Answer
    findings: tuple[Finding, ...] = ()
    about: str = ""
    library: str = field(default="")

    def fields(self) -> dict[str, Any]:
        """What is logged of it: who, what and why, nothing of the object beside its name."""
        user = self.request.get("userInfo")
        return {
            "uid": self.request.get("uid"),
            "about": self.about or None,
            "user": user.get("username") if isinstance(user, dict) else None,
            "dryRun": self.request.get("dryRun") or None,
            "allowed": self.answer.allowed,
            "code": self.answer.code,
            "reason": self.answer.reason,
            "findings": [f"{finding.policy}/{finding.validation} {finding.action.value}" for finding in self.findings] or None,
            "library": self.library or None,
        }


def passes_unjudged(review: Mapping[str, Any]) -> Judged | None:
    """The answer to a request that is let by without a look at any rule, at next to no cost: it passes in a brown-out too."""
    read = read_review(review, _HERE)
    if isinstance(read, UnreadReview):
        return _refused(review, read)
    why = passes(read)
    return None if not why else Judged(review["request"], Answer(allowed=True, reason="passed"), about=about(read))


def judge(review: Mapping[str, Any], rules: Rules, *, now: datetime, deadline: float, failure_policy: str | None = None) -> Judged:
    """The answer of the rules. `deadline` in seconds of time.monotonic(): what is not decided by then obeys each policy's failurePolicy.

    `failure_policy` (fail, ignore) narrows to the policies that have it, for webhooks that are registered apart.
    """
    read = read_review(review, _HERE)
    if isinstance(read, UnreadReview):
        return _refused(review, read)
    admission = Requests((), replace(rules.facts, now=now)).admission(read)
    findings: tuple[Finding, ...] = ()
    if admission.resource is not None and not admission.not_judged:
        index = rules.index if failure_policy is None else rules.narrowed(failure_policy)
        findings = evaluate(admission.resource, index, Context(now=now, deadline=deadline)).findings
    decision = decide(read, findings, about=about(read), not_judged=admission.not_judged)
    return Judged(review["request"], _answer(decision, findings, rules, deadline), findings, about(read), rules.hash)


def _answer(decision: Decision, findings: tuple[Finding, ...], rules: Rules, deadline: float) -> Answer:
    late = time.monotonic() >= deadline and any(finding.outcome is Outcome.ERROR for finding in findings)
    named = sorted({f"{finding.policy}/{finding.validation}" for finding in findings})
    annotations = {"library": rules.hash, "findings": ",".join(named)} if named else {"library": rules.hash}
    return Answer(
        decision.allowed,
        decision.code,
        decision.message,
        decision.warnings,
        annotations,
        "deadline" if late else "judged",
    )


def _refused(review: Mapping[str, Any], read: UnreadReview) -> Judged:
    decision = refuse_unread(read)
    return Judged(review["request"], Answer(decision.allowed, decision.code, decision.message, reason="unreadable"))
