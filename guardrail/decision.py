"""From facts to consequences: actions by environment, what unknown means, exit codes.

The only module in which enforcement is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.model import STRICTEST_FIRST, Action, InputStatus, Outcome
from guardrail.policy.compiled import UNKNOWN_STRICTEST_FIRST, WhenUnknown
from guardrail.updates import is_bookkeeping, only_lowers, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardrail.model import InputRecord, Report, Resource
    from guardrail.policy.compiled import Validation

__all__ = [
    "EXIT_DENIED",
    "EXIT_FAULT",
    "EXIT_OK",
    "EXIT_UNUSABLE",
    "action_of",
    "error_action",
    "exit_code",
    "is_worse",
    "lacks_profile",
    "passes_anyway",
    "undecided_action",
    "unknown_action",
]

EXIT_OK = 0
EXIT_DENIED = 1  # findings of action deny
EXIT_UNUSABLE = 2  # unusable input, configuration or policy
EXIT_FAULT = 3  # a rule failed to run


def _environments(view: Mapping[str, Any]) -> Iterable[str]:
    return view["environments"] or (view["environment"],)


def action_of(validation: Validation, view: Mapping[str, Any]) -> Action | None:
    """The action for a resource; where several environments are possible or named, the strictest of them.

    None means that the validation does not apply in any of them.
    """
    default = validation.actions.get(DEFAULT_ENVIRONMENT)
    named = {validation.actions.get(name, default) for name in _environments(view)}
    return next((action for action in STRICTEST_FIRST if action in named), None)


def unknown_action(validation: Validation, view: Mapping[str, Any]) -> WhenUnknown:
    """What an undecided validation means for a resource, the strictest over its environments."""
    default = validation.when_unknown.get(DEFAULT_ENVIRONMENT, WhenUnknown.WARN)
    named = {validation.when_unknown.get(name, default) for name in _environments(view)}
    return next(meaning for meaning in UNKNOWN_STRICTEST_FIRST if meaning in named)


_NOT_HELD = ("instance type ", "accelerator ", "launch template", "launch configuration", "ResourceClaim")
"""How references begin to what the catalogue or the inputs do not hold: the author of a file has no answer to give."""


def error_action(action: Action | None, *, ignored: bool) -> Action | None:
    """The action of a rule that failed to run: that of a failure, and a warning at most where the policy's failurePolicy is Ignore."""
    return Action.WARN if ignored and action is Action.DENY else action


def undecided_action(meaning: WhenUnknown, action: Action, references: Sequence[str] = ()) -> Action:
    """The action of an undecided finding: what `whenUnknown` says, never stricter than a failure would be.

    What hangs on nothing but gaps of the catalogue or the inputs warns at most: only what the author could answer is refused.
    """
    answerable = not references or not all(reference.startswith(_NOT_HELD) for reference in references)
    wanted = Action.DENY if meaning is WhenUnknown.DENY and answerable else Action.WARN
    return max(wanted, action, key=STRICTEST_FIRST.index)


def is_worse(new: Any, old: Any) -> bool:
    """Whether a measure got worse: a number grew, or a set gained a member.

    A measure that is unknown for the new object counts as worse, one that is unknown for the old
    object as no worse. One that fails to run, or that is of another kind than before, counts as worse.
    """
    if isinstance(new, list):
        if any(isinstance(member, Unknown) for member in new):
            return True
        if _is_open(old):
            return False
        return not isinstance(old, list) or any(member not in old for member in new)
    if isinstance(new, bool) or not isinstance(new, (int, float)):
        return True
    return not _is_open(old) and (not isinstance(old, (int, float)) or new > old)


def _is_open(measure: Any) -> bool:
    return isinstance(measure, Unknown) or (isinstance(measure, list) and any(isinstance(member, Unknown) for member in measure))


def passes_anyway(resource: Resource, *, reads_object: bool, failed_before: Callable[[], bool]) -> bool:
    """Whether an update is never blocked by a rule: it changes nothing but bookkeeping, or nothing that the rule sees, or takes pods away.

    So finalizers, owners and status always go through, updates that leave the view as it is, and those that only lower what broke
    the rule before. A rule that reads the object itself may see more than the view tells.
    """
    if resource.view["source"] != "kubernetes" or resource.view["operation"] != "update":  # what scales and is judged raises
        return False
    if is_bookkeeping(resource):
        return True
    return not reads_object and (unchanged(resource) or (only_lowers(resource) and failed_before()))


def unusable(inputs: Sequence[InputRecord], *, allow_empty: bool) -> bool:
    """Whether an input failed, or none could be read and that is not allowed."""
    statuses = {record.status for record in inputs}
    return InputStatus.FAILED in statuses or (InputStatus.READ not in statuses and not allow_empty)


def lacks_profile(report: Report) -> bool:
    """Whether a run that needs a profile had none, or one that leaves a policy waiting for facts."""
    return report.profile.path is None or bool(report.dormant)


def exit_code(report: Report, *, fail_on: str, require_profile: bool, allow_empty: bool) -> int:
    """The exit code of a run; with several reasons the highest of 3, 2 and 1.

    `fail_on` is `deny` or `warn`. Nothing to judge is unusable input unless `allow_empty`.
    """
    if any(finding.outcome is Outcome.ERROR for finding in report.findings):
        return EXIT_FAULT
    if unusable(report.inputs, allow_empty=allow_empty) or (require_profile and lacks_profile(report)):
        return EXIT_UNUSABLE
    levels = {Action.DENY, Action.WARN} if fail_on == "warn" else {Action.DENY}
    return EXIT_DENIED if any(finding.action in levels for finding in report.findings) else EXIT_OK
