"""How a verdict becomes a finding: its place, its words without secrets, and the fingerprint it is known by."""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from guardrail.blame import pointer_of
from guardrail.masking import SENSITIVE, own_secrets
from guardrail.model import STRICTEST_FIRST, Finding, Location, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from guardrail.model import Action, Evaluation, Resource
    from guardrail.policy.compiled import CompiledPolicy, Validation

__all__ = ["Context", "Verdict", "finding_of", "merge_causes", "merge_undecided", "report_order", "scrub"]

_PLACE = ("region", "regions")
_ANYWHERE = ""  # instead of the path of a file
_FINGERPRINT_CHARS = 12  # 48 bits: one chance in 10^5 of a clash among 75,000 findings


@dataclass(frozen=True, slots=True)
class Context:
    """What is the same for every resource of a run.

    `now` is aware and in UTC. `folder` is where the run was started and `root` the top of its repository, both
    absolute: a fingerprint does not depend on where a run was started, nor on how a path was written. `deadline`, in
    seconds of time.monotonic(), is when evaluation stops: what is left has failed to run.
    """

    now: datetime
    folder: str = "/"
    root: str = "/"
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said of one resource, and what comes of it."""

    policy: CompiledPolicy
    validation: Validation | None  # None: a match condition failed
    result: Evaluation
    action: Action
    blamed: str  # the view path of what is to be changed
    remedy: str


def finding_of(verdict: Verdict, resource: Resource, context: Context) -> Finding:
    """The finding, whose line and column are not looked up yet."""
    policy, result = verdict.policy, verdict.result
    field = verdict.validation.field if verdict.validation else ""
    origin = resource.origin
    pointer = origin.pointer + pointer_of(verdict.blamed, resource.blame)
    return Finding(
        policy=policy.name,
        category=policy.category,
        validation=result.validation,
        severity=policy.severity,
        outcome=result.outcome,
        action=verdict.action,
        resource=resource.identity,
        location=Location(origin.path, document=origin.document, pointer=pointer),
        message=scrub(result.message or policy.title, resource),
        rationale=policy.rationale,
        remediation=scrub(verdict.remedy, resource),
        fingerprint=_fingerprint(policy.name, result.validation, field, resource, context),
        unknown=result.unknown,
    )


def merge_causes(findings: Iterable[Finding], resources: Iterable[Resource], policies: Iterable[CompiledPolicy]) -> list[Finding]:
    """One cause, one finding: what fails at several objects for one reason is told where that is written, unless it is milder there.

    At the autoscaler that sets the maximum of a target; and the place of what is free, at what it lies in.
    """
    every = list(findings)
    cause_of = _causes(resources, policies)
    told = {(_rule(f), path, f.resource.id): at for at, f in enumerate(every) if f.resource for path in (f.location.path, _ANYWHERE)}
    dropped: dict[int, int] = {}  # each with where it is told
    for at, finding in enumerate(every):
        twin = told.get((_rule(finding), *cause_of(finding)), at)
        while twin in dropped:
            twin = dropped[twin]
        if twin == at or finding.resource is None:
            continue
        if STRICTEST_FIRST.index(every[twin].action) <= STRICTEST_FIRST.index(finding.action):
            dropped[at] = twin
            every[twin] = replace(every[twin], related=(*every[twin].related, finding.resource.id, *finding.related))
    return [finding for at, finding in enumerate(every) if at not in dropped]


def _rule(finding: Finding) -> tuple[str, str, Outcome]:
    return finding.policy, finding.validation, finding.outcome


def _causes(resources: Iterable[Resource], policies: Iterable[CompiledPolicy]) -> Callable[[Finding], tuple[str, str]]:
    """Where else a finding may be told: the file, and the id of the object; addresses hold in their own plan alone."""
    several = [resource for resource in resources if resource.autoscaled_by or resource.placed_by]
    scalers = {one.identity.id: one.autoscaled_by for one in several if one.autoscaled_by}
    places = {(one.origin.path, one.identity.id): one.placed_by for one in several if one.placed_by}
    of_places = (
        {(policy.name, rule.name) for policy in policies for rule in policy.validations if rule.field in _PLACE} if places else set()
    )

    def cause_of(finding: Finding) -> tuple[str, str]:
        own = finding.resource.id if finding.resource else ""
        if (finding.policy, finding.validation) in of_places and (place := places.get((finding.location.path, own))):
            return finding.location.path, place
        return _ANYWHERE, scalers.get(own, "")

    return cause_of


def merge_undecided(findings: Iterable[Finding]) -> list[Finding]:
    """One cause, one finding: where several rules of a policy wait for the same thing, the first one tells it, by the strictest action."""
    kept: dict[object, Finding] = {}
    for at, finding in enumerate(findings):
        cause: object = at
        if finding.outcome is Outcome.UNDECIDED and finding.unknown and finding.resource is not None:
            cause = (finding.policy, finding.resource.id, finding.location.path, finding.unknown)
        told = kept.get(cause)
        if told is None or STRICTEST_FIRST.index(finding.action) < STRICTEST_FIRST.index(told.action):
            kept[cause] = finding
    return list(kept.values())


def scrub(text: str, resource: Resource) -> str:
    """A message without secrets: those of the run anywhere, those of this resource's own fields as whole words, however short."""
    for secret in sorted(resource.secrets, key=len, reverse=True):
        text = text.replace(secret, SENSITIVE)
    for own in sorted(own_secrets(resource.view), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", SENSITIVE, text)
    return text


def _fingerprint(policy: str, validation: str, blamed: str, resource: Resource, context: Context) -> str:
    parts = [policy, validation, resource.identity.id, blamed]
    if resource.identity.source == "kubernetes" and resource.view["surface"] != "admission":  # a request has no path of its own
        parts.append(posixpath.relpath(posixpath.join(context.folder, resource.origin.path), context.root))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_FINGERPRINT_CHARS]


def report_order(finding: Finding) -> tuple[int, str, int, int, int, str, str, str]:
    """Where a finding stands in a report: the strictest first, then by place, object and rule."""
    place = finding.location
    return (
        STRICTEST_FIRST.index(finding.action),
        place.path,
        place.document or 0,
        place.line or 0,
        place.column or 0,
        finding.resource.id if finding.resource else "",
        finding.policy,
        finding.validation,
    )
