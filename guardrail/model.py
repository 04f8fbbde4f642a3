"""The nouns of guardrail: what is judged, what was found, what is reported.

Everything is frozen. Names are those of the report (`guardrail lint --format json`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "STRICTEST_FIRST",
    "Action",
    "Decision",
    "Dormant",
    "Evaluation",
    "Finding",
    "Identity",
    "InputFormat",
    "InputRecord",
    "InputStatus",
    "Inspection",
    "KubernetesObject",
    "Location",
    "Note",
    "Origin",
    "Outcome",
    "Plan",
    "ProfileInfo",
    "Report",
    "Resource",
    "Review",
    "Summary",
    "UnreadReview",
]


class Outcome(StrEnum):
    """The fact: what a validation came to."""

    PASS = "pass"  # noqa: S105 - the word of the report, not a password
    FAIL = "fail"
    UNDECIDED = "undecided"  # an unknown value would decide
    ERROR = "error"
    SKIP = "skip"


class Action(StrEnum):
    """The consequence of a finding, strictest first."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


STRICTEST_FIRST = tuple(Action)
"""The actions in their order: of two the one that comes first is stricter."""


class InputFormat(StrEnum):
    """What an input turned out to be, by its content."""

    KUBERNETES = "kubernetes"
    PLAN = "plan"
    REVIEW = "review"  # requests to an API server, as its webhooks get them
    OTHER = "other"


class InputStatus(StrEnum):
    """What became of an input: every input ends in exactly one of these."""

    READ = "read"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input of the run. `reason` says why it was skipped or failed, or what was odd about it."""

    path: str
    format: InputFormat
    status: InputStatus
    reason: str | None = None
    resources: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object was read: `pointer` is its JSON pointer inside document number `document`."""

    path: str
    document: int = 0
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class KubernetesObject:
    """One Kubernetes object as it was written; lists (`kind: List`) are already taken apart."""

    value: Mapping[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Plan:
    """One Terraform or OpenTofu plan, as `show -json` prints it."""

    value: Mapping[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Review:
    """One request to an API server, as its webhooks get it (`AdmissionReview.request`, admission.k8s.io/v1).

    `api_version` and `kind` are the object's; `group` and `resource` (the plural, `deployments`) are those
    of the request, of a subresource its parent's. What the request does not say is "". `object` is what it
    will be, None on DELETE; `old` is what it was, None on CREATE. `requester` is the user name,
    None where the request does not say who asks. `origin` is the place of the request itself.
    """

    uid: str | None
    operation: str  # CREATE | UPDATE | DELETE | CONNECT
    api_version: str
    kind: str
    group: str
    resource: str
    subresource: str
    name: str
    namespace: str
    object: Mapping[str, Any] | None
    old: Mapping[str, Any] | None
    requester: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class UnreadReview:
    """What means to be a request and cannot be read as one; `reason` says why."""

    uid: str | None
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a resource is. Members that make no sense for its source are None."""

    id: str
    source: str  # kubernetes | terraform
    kind: str
    api_version: str | None = None
    namespace: str | None = None
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that is judged: its normalised views and the way back to its source.

    `view` and `old_view` follow `guardrail/view/view.yaml`. `blame` maps a view path
    (`gpu.total_max`) to the JSON pointer, relative to `origin.pointer`, of the value that sets it;
    a path that is not listed is looked up by its parents (`gpu`), then as the whole object.
    `secrets` are texts that must never be shown. `autoscaled_by` is the id of the autoscaler that
    sets its maximum, when that is in the run; `placed_by` that of the planned resource whose place
    it shares, where it is free. `object` is a Kubernetes object as it was written,
    `old_object` the same before a request.
    """

    identity: Identity
    view: Mapping[str, Any]
    origin: Origin
    old_view: Mapping[str, Any] | None = None
    blame: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    autoscaled_by: str | None = None
    placed_by: str | None = None
    object: Mapping[str, Any] | None = None
    old_object: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """The place of a finding. `line` and `column` count from 1, `document` from 0."""

    path: str
    line: int | None = None
    column: int | None = None
    document: int | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one validation came to for one resource. `unknown` names the references that would decide."""

    validation: str
    outcome: Outcome
    message: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reporter prints: an evaluation with its policy, place, consequence and remedy."""

    policy: str
    category: str
    validation: str
    severity: str
    outcome: Outcome
    action: Action
    resource: Identity | None
    location: Location
    message: str
    remediation: str
    fingerprint: str
    rationale: str = ""  # why it costs money, the same for every finding of a policy
    unknown: tuple[str, ...] = ()
    related: tuple[str, ...] = ()  # ids of objects that fail for the same cause and are named here


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request. `code` is the HTTP status: 200, 403 or 422; `message` of an admitted one says why it was not judged.

    `warnings` are single lines within what an API server passes on to its client. `about` names the
    request for people, `path` and `document` the input that holds it.
    """

    path: str
    uid: str | None
    allowed: bool
    code: int
    message: str
    warnings: tuple[str, ...] = ()
    about: str = ""
    document: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something about the run that must be told. `scope` says what it is about, `count` how often."""

    code: str
    message: str
    scope: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Dormant:
    """A policy that waits for facts: `needs` are the profile paths that would wake it."""

    policy: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """Which profile was in force; `version` falls back to the hash of the content."""

    name: str
    version: str
    hash: str
    path: str | None  # None: the built-in starter


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a run, which add up.

    `files` = read + skipped_files + failed. `deny` + `warn` + `audit` = findings; `undecided` and
    `errors` say how many of them are of that outcome. `skipped` counts evaluations that came to skip.
    """

    files: int = 0
    read: int = 0
    skipped_files: int = 0
    failed: int = 0
    resources: int = 0
    policies: int = 0
    evaluations: int = 0
    deny: int = 0
    warn: int = 0
    audit: int = 0
    excepted: int = 0
    undecided: int = 0
    errors: int = 0
    skipped: int = 0
    dormant: int = 0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What guardrail saw, before any rule."""

    inputs: tuple[InputRecord, ...]
    resources: tuple[tuple[Resource, Location], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a reporter may say about one run."""

    version: str
    now: str  # RFC 3339, UTC
    engine: str
    library_hash: str
    profile: ProfileInfo
    inputs: tuple[InputRecord, ...]
    summary: Summary
    notes: tuple[Note, ...]
    dormant: tuple[Dormant, ...]
    findings: tuple[Finding, ...]
    elapsed_s: float = 0.0
    decisions: tuple[Decision, ...] = ()  # one for each request among the inputs
