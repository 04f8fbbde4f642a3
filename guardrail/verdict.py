"""From what rules said of one request to the answer: admitted or refused, one message with every denial, warnings that reach the user.

Pure, and the same for a recorded request and for one that waits for its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.model import Action, Decision, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from guardrail.model import Finding, Review, UnreadReview

__all__ = ["decide", "refuse_unread"]

_OK = 200
_FORBIDDEN = 403  # a rule refuses
_UNPROCESSABLE = 422  # the request could not be judged

_WARNING_CHARS = 120  # one line of a terminal
# Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters and warning: a warning is cut to 256 bytes once all pass 4,096.
_WARNING_BYTES = 256
_WARNINGS_BYTES = 4_096
_ENDS = (".", "!", "?", "…")


def decide(review: Review, findings: Sequence[Finding], *, about: str, not_judged: str = "") -> Decision:
    """The answer to a request that was judged, or that no rule looks at (`not_judged` says why).

    `about` names the request. A denial holds every finding that denies, numbered; it is Forbidden (403), and Unprocessable (422)
    where nothing but rules that failed to run denies.
    """
    denials = [finding for finding in findings if finding.action is Action.DENY]
    told = _within_limits(_warnings(finding for finding in findings if finding.action is Action.WARN))
    path, document = review.origin.path, review.origin.document
    if not denials:
        message = f"not judged: {not_judged}" if not_judged else ""
        return Decision(path, review.uid, allowed=True, code=_OK, message=message, warnings=told, about=about, document=document)
    code = _UNPROCESSABLE if all(finding.outcome is Outcome.ERROR for finding in denials) else _FORBIDDEN
    return Decision(path, review.uid, allowed=False, code=code, message=_refusal(denials), warnings=told, about=about, document=document)


def refuse_unread(review: UnreadReview) -> Decision:
    """The answer to what cannot be read as a request: what nobody could look at is not admitted."""
    message = f"cannot be judged: {review.reason}"
    return Decision(review.origin.path, review.uid, allowed=False, code=_UNPROCESSABLE, message=message, document=review.origin.document)


def _refusal(denials: Sequence[Finding]) -> str:
    """All denials in one text, as only the first webhook that refuses is heard."""
    counted = "1 finding" if len(denials) == 1 else f"{len(denials)} findings"
    who = _subject(denials[0])
    lines = [f"{counted} for {who}" if who else counted]
    lines.extend(f"{number}. {_sentence(finding)}" for number, finding in enumerate(denials, 1))
    return "\n".join(lines)


def _subject(finding: Finding) -> str:
    who = finding.resource
    if who is None:
        return ""
    name = who.name or who.id.rpartition("/")[2]
    place = f"{who.namespace}/{name}" if who.namespace else name
    return _plain(f"{who.kind} {place}")


def _sentence(finding: Finding) -> str:
    text = _plain(f"{finding.policy}/{finding.validation}: {_said(finding)}")
    if not finding.remediation:
        return text
    return f"{text if text.endswith(_ENDS) else f'{text}.'} Instead: {_plain(finding.remediation)}"


def _said(finding: Finding) -> str:
    return f"undecided: {finding.message}" if finding.outcome is Outcome.UNDECIDED else finding.message


def _warnings(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each warning, the rule first, each once."""
    seen: set[str] = set()
    for finding in findings:
        line = _cut(_plain(f"{finding.policy}/{finding.validation}: {_said(finding)}"))
        if line not in seen:
            seen.add(line)
            yield line


def _plain(text: str) -> str:
    """One line without control characters: an API server drops a warning that holds one."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _cut(line: str) -> str:
    if len(line) <= _WARNING_CHARS and len(line.encode("utf-8", "replace")) <= _WARNING_BYTES:
        return line
    kept = line[: _WARNING_CHARS - 1]
    while len(f"{kept}…".encode("utf-8", "replace")) > _WARNING_BYTES:
        kept = kept[:-1]
    return f"{kept}…"


def _within_limits(lines: Iterable[str]) -> tuple[str, ...]:
    """As many lines as reach the user together; the last one counts those that do not."""
    every = list(lines)
    if sum(len(line.encode("utf-8", "replace")) for line in every) <= _WARNINGS_BYTES:
        return tuple(every)
    kept: list[str] = []
    room = _WARNINGS_BYTES - _WARNING_BYTES  # for the line that counts the rest
    for line in every:
        room -= len(line.encode("utf-8", "replace"))
        if room < 0:
            break
        kept.append(line)
    return (*kept, f"guardrail: and {len(every) - len(kept)} more warnings")
