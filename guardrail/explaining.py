"""The composition of `guardrail explain`: a run is made once more, and one of its findings is taken apart. Prints nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.app import Options, policy_sources, run
from guardrail.errors import ConfigError
from guardrail.explanation import Explained, Rules, explain_finding
from guardrail.model import Location, Origin
from guardrail.policy.documents import read_documents
from guardrail.stores.policy_dir import from_here

if TYPE_CHECKING:
    from guardrail.app import Run
    from guardrail.explanation import Expression
    from guardrail.model import Finding, Report
    from guardrail.policy.documents import SourceDocument

__all__ = ["Account", "explain"]

_FINGERPRINT = re.compile(r"[0-9a-f]{4,64}")
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Account:
    """What `guardrail explain` tells.

    `places` maps the pointers of the explanation to where they are in the file. `twins` are the places of findings
    with the same fingerprint: a planned resource is the same in every plan that has its address.
    """

    explained: Explained
    report: Report
    places: dict[str, Location]
    twins: tuple[Location, ...] = ()


def explain(options: Options, fingerprint: str) -> Account:
    """Explains the finding whose fingerprint begins so.

    Raises ConfigError when none or several do, and as `app.run`.
    """
    wanted = fingerprint.strip().lower()
    if not _FINGERPRINT.fullmatch(wanted):
        raise ConfigError(f"{fingerprint}: a fingerprint is hexadecimal, and at least 4 digits of it are needed")
    made = run(replace(options, cache=None))  # what is kept has no places
    finding, *twins = _chosen(made.report, wanted)
    resource = made.resource_of(finding)
    if resource is None:
        raise ConfigError(f"{finding.fingerprint}: this finding is about the run as a whole; its message says all there is")
    policy = next(policy for policy in made.library.policies if policy.name == finding.policy)
    rules = Rules(policy, _source(options, finding.policy), made.profile)
    explained = explain_finding(finding, resource, rules, options.now)
    return Account(explained, made.report, _places(explained, made), tuple(twin.location for twin in twins))


def _chosen(report: Report, wanted: str) -> list[Finding]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.fingerprint.startswith(wanted):
            found[finding.fingerprint].append(finding)
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        some = ", ".join(sorted(found)[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
        raise ConfigError(f"{wanted}: {len(found)} findings begin so ({some}); write more of it")
    count = len(report.findings)
    what = (
        f"none of the {count:,} findings has" if count > 1 else "the one finding does not have" if count else "nothing was found that has"
    )
    raise ConfigError(
        f"{wanted}: {what} this fingerprint; give the paths and flags of the run that told it (--profile, --cluster…), "
        "or its JSON report (--report)"
    )


def _source(options: Options, policy: str) -> SourceDocument:
    for source in policy_sources(options):
        if policy in source.text:
            for document in read_documents(str(from_here(Path(source.path))), source.text)[0]:
                if document.value["metadata"]["name"] == policy:
                    return document
    raise ConfigError(f"{policy}: its source is gone")  # pragma: no cover - it was compiled from it a moment ago


def _places(explained: Explained, made: Run) -> dict[str, Location]:
    where = explained.finding.location
    expressions: list[Expression] = [*explained.variables, *explained.conditions, *([explained.rule] if explained.rule else [])]
    pointers = {part.pointer for expression in expressions for part in expression.parts if part.pointer is not None}
    return {pointer: made.locator.locate(Origin(where.path, where.document or 0), pointer) for pointer in sorted(pointers)}
