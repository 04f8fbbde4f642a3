"""One cause over many objects reads as one entry."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.model import STRICTEST_FIRST, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.model import Finding, Identity, Location

__all__ = ["Entry", "grouped", "line_of", "place", "place_of", "shared_place", "subject", "subject_of_id"]

_ID_PARTS = 4  # of a Kubernetes id: group, kind, namespace, name


@dataclass(frozen=True, slots=True)
class Entry:
    """Findings of one cause, in the order of their places. `message` leaves out what differs between them."""

    findings: tuple[Finding, ...]
    message: str

    @property
    def first(self) -> Finding:
        """The finding whose place comes first."""
        return self.findings[0]


def grouped(findings: Iterable[Finding]) -> list[Entry]:
    """Findings by cause: same policy, validation, outcome, action, remedy and message, the object's own name aside.

    Rules that failed to run come first, then deny, warn, audit; within them by place.
    """
    causes: dict[tuple[str, ...], list[Finding]] = {}
    for finding in sorted(findings, key=_order):
        cause = (finding.policy, finding.validation, finding.outcome, finding.action, finding.remediation, _nameless(finding))
        causes.setdefault(cause, []).append(finding)
    entries = [Entry(tuple(members), _shared_message(members)) for members in causes.values()]
    return sorted(entries, key=lambda entry: _order(entry.first))


def _order(finding: Finding) -> tuple[object, ...]:
    where = finding.location
    return (
        finding.outcome is not Outcome.ERROR,
        STRICTEST_FIRST.index(finding.action),
        where.path,
        where.document or 0,
        where.line or 0,
        where.column or 0,
        finding.policy,
        finding.validation,
        finding.resource.id if finding.resource else "",
    )


def _shared_message(members: list[Finding]) -> str:
    messages = {finding.message for finding in members}
    return messages.pop() if len(messages) == 1 else _nameless(members[0])


def _nameless(finding: Finding) -> str:
    """The message with the names of its own object replaced, so that it compares equal to that of the next object."""
    message = finding.message
    who = finding.resource
    if who is None:
        return message
    for written, stands_for in ((who.id, "<id>"), (who.address, "<address>"), (who.name, "<name>")):
        if written and written in message:
            message = re.sub(rf"(?<![\w.\-/]){re.escape(written)}(?![\w\-/])", stands_for, message)
    return message


def subject(who: Identity | None) -> str:
    """An object as people call it: `Job ml-train/llm-ft`, or the address of a planned resource."""
    if who is None:
        return ""
    if who.address:
        return who.address
    name = who.name or "(name generated)"
    return f"{who.kind} {who.namespace}/{name}" if who.namespace else f"{who.kind} {name}"


def subject_of_id(identity: str, source: str) -> str:
    """What `subject` gives, from the id alone: `apps/Deployment/web/api` reads `Deployment web/api`."""
    parts = identity.split("/")
    if source != "kubernetes" or len(parts) != _ID_PARTS:
        return identity
    _, kind, namespace, name = parts
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def place(where: Location) -> str:
    """A location as editors read it: `path:line:column`, as far as it is known."""
    return ":".join(str(part) for part in (where.path, where.line, where.column) if part is not None)


def line_of(finding: Finding) -> int | None:
    """The line to show: for a plan that is written in one line, as Terraform does, there is none; the address says more."""
    planned = finding.resource is not None and finding.resource.source == "terraform"
    return None if planned and finding.location.line == 1 else finding.location.line


def place_of(finding: Finding) -> str:
    """The place of a finding, as far as it helps to find it."""
    return place(finding.location) if line_of(finding) else finding.location.path


def shared_place(members: Iterable[Finding]) -> tuple[str, str]:
    """Where a group lies (a file, a folder, or how many files), and the prefix to leave out of its members' paths."""
    paths = list(dict.fromkeys(finding.location.path for finding in members))
    if len(paths) == 1:
        return paths[0], paths[0]
    folders = {posixpath.dirname(path) for path in paths}
    if len({folder.startswith("/") for folder in folders}) == 1 and (folder := posixpath.commonpath(folders)) not in {"", "/"}:
        return f"{folder}/", f"{folder}/"
    return f"{len(paths)} files", ""
