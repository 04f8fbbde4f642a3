"""From a review to an answer, by the same calls that judge a recorded one."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.engine import evaluate
from guardrail.inputs.reviews import read_review
from guardrail.model import Origin, Outcome, UnreadReview
from guardrail.normalise.kubernetes.requests import Requests, about, passes
from guardrail.verdict import decide, refuse_unread
from webhook.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.findings import Context
    from guardrail.model import Decision, Finding, Review
    from webhook.rules import Rules

__all__ = ["Judged", "judge", "read_or_answered"]

_HERE = Origin("request")


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with what led to it, for the log and the counters."""

    request: Mapping[str, Any]
    answer: Answer
    findings: tuple[Finding, ...] = ()
    about: str = ""
    library: str = ""

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


def read_or_answered(document: Mapping[str, Any]) -> Review | Judged:
    """The request of an AdmissionReview, or its answer where no rule is needed for one.

    So for what cannot be read, and for what is let by without a look at any rule: at next to no cost, in a brown-out too.
    """
    review = read_review(document, _HERE)
    if isinstance(review, UnreadReview):
        decision = refuse_unread(review)
        return Judged(document["request"], Answer(decision.allowed, decision.code, decision.message, reason="unreadable"))
    if not passes(review):
        return review
    return Judged(document["request"], Answer(allowed=True, reason="passed"), about=about(review))


def judge(review: Review, request: Mapping[str, Any], rules: Rules, context: Context, failure_policy: str | None = None) -> Judged:
    """The answer of the rules. What is not decided by the deadline of the context obeys each policy's failurePolicy.

    `request` is the review's as it was sent. `failure_policy` (fail, ignore) narrows to the policies that have it, for webhooks
    that are registered apart.
    """
    admission = Requests((), replace(rules.facts, now=context.now)).admission(review)
    findings: tuple[Finding, ...] = ()
    if admission.resource is not None and not admission.not_judged:
        index = rules.index if failure_policy is None else rules.narrowed(failure_policy)
        findings = evaluate(admission.resource, index, context).findings
    who = about(review)
    decision = decide(review, findings, about=who, not_judged=admission.not_judged)
    return Judged(request, _answer(decision, findings, rules, context), findings, who, rules.hash)


def _answer(decision: Decision, findings: tuple[Finding, ...], rules: Rules, context: Context) -> Answer:
    late = (
        context.deadline is not None
        and time.monotonic() >= context.deadline
        and any(finding.outcome is Outcome.ERROR for finding in findings)
    )
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
