"""The one call that every gate makes: a resource and a library in, findings out.

Pure: no IO, no clock, no globals. Every validation of every matching policy is evaluated and all
failures are reported. An expression never raises: what cannot be evaluated is an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from guardrail import undecided
from guardrail.blame import has_inner, inner_field
from guardrail.cel.unknown import Unknown
from guardrail.decision import action_of, error_action, is_worse, passes_anyway, undecided_action, unknown_action
from guardrail.findings import Context, Verdict, finding_of
from guardrail.model import Action, Evaluation, Outcome
from guardrail.policy.compiled import UpdateMode, WhenUnknown
from guardrail.ports import EvaluationError
from guardrail.scope import Scope, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.matching import PolicyIndex
    from guardrail.model import Finding, Resource
    from guardrail.policy.compiled import CompiledPolicy, Validation
    from guardrail.ports import Program

__all__ = ["Context", "Judgement", "RunFact", "evaluate"]

_RUN = "run:"
_OLDER = " (older than this change)"
_MAX_MESSAGE_CHARS = 1_000


@dataclass(frozen=True, slots=True, order=True)
class RunFact:
    """A fact of the run that nobody gave and that a validation hangs on: `cluster`, `namespace`, `namespace-labels`."""

    fact: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that came of one resource: findings and the counts that must add up."""

    findings: tuple[Finding, ...] = ()
    evaluations: int = 0
    skipped: int = 0
    passed: tuple[tuple[str, str], ...] = ()  # (policy, validation)
    run_facts: frozenset[RunFact] = field(default_factory=frozenset)


def evaluate(resource: Resource, index: PolicyIndex, context: Context) -> Judgement:
    """Judges one resource by every policy that looks at it. Never raises for what a rule does."""
    findings: list[Finding] = []
    passed: list[tuple[str, str]] = []
    facts: set[RunFact] = set()
    evaluations = skipped = 0
    subject = Subject(resource, index, context)
    for policy in index.matching(resource.view):
        scope = Scope(policy, subject)
        for validation, result, action in (_unless_it_passes(scope, judged) for judged in _judge(policy, scope)):
            evaluations += 1
            if result.outcome is Outcome.SKIP or (result.outcome is not Outcome.PASS and action is None):
                skipped += 1
                facts.update(_run_facts(result, resource))
            elif result.outcome is Outcome.PASS:
                passed.append((policy.name, result.validation))
            elif action is not None:
                verdict = Verdict(
                    policy, validation, result, action, _blamed(validation, result, scope), _remedy(validation, result, scope)
                )
                findings.append(finding_of(verdict, resource, context))
    return Judgement(tuple(findings), evaluations, skipped, tuple(passed), frozenset(facts))


_Result = tuple["Validation | None", Evaluation, "Action | None"]


def _judge(policy: CompiledPolicy, scope: Scope) -> Iterator[_Result]:
    resource = scope.resource
    applies, fault = _applies(policy, scope)
    if fault is not None:
        yield None, fault, error_action(action_of(policy.validations[0], resource.view), ignored=policy.ignores_errors)
    if not applies:
        return
    for validation in policy.validations:
        if validation.dormant or resource.view["source"] not in validation.targets:
            continue
        result = _outcome(validation, scope)
        result, action = _consequence(validation, result, scope, resource)
        yield validation, result, error_action(action, ignored=policy.ignores_errors) if result.outcome is Outcome.ERROR else action


def _unless_it_passes(scope: Scope, judged: _Result) -> _Result:
    """What was judged, with a warning in place of a denial where the update is never blocked."""
    validation, result, action = judged
    if action is not Action.DENY:
        return judged
    programs = [condition.program for condition in scope.policy.match_conditions] if validation is None else [validation.program]

    def failed_before() -> bool:
        return validation is not None and result.outcome is Outcome.FAIL and _failed_before(validation, scope)

    reads_object = any(scope.reads_object(program) for program in programs)
    if not passes_anyway(scope.resource, reads_object=reads_object, failed_before=failed_before):
        return judged
    older = _OLDER if result.outcome is Outcome.FAIL else ""
    return validation, replace(result, message=f"{result.message}{older}"), Action.WARN


def _applies(policy: CompiledPolicy, scope: Scope) -> tuple[bool, Evaluation | None]:
    """Any false match condition skips the policy, even beside an error (as ValidatingAdmissionPolicy has it); unknown counts as true."""
    fault: Evaluation | None = None
    for condition in policy.match_conditions:
        value = scope.value(condition.program)
        if value is False:
            return False, None
        if value is not True and not isinstance(value, Unknown):
            fault = Evaluation(condition.name, Outcome.ERROR, _error_text(value))
    return fault is None, fault


def _outcome(validation: Validation, scope: Scope) -> Evaluation:
    value = scope.value(validation.program)
    if value is True:
        return Evaluation(validation.name, Outcome.PASS)
    if value is False:
        return Evaluation(validation.name, Outcome.FAIL, _message(validation, scope))
    if isinstance(value, Unknown):
        if value.references and all(reference.startswith(_RUN) for reference in value.references):
            return Evaluation(validation.name, Outcome.SKIP, unknown=value.references)
        return Evaluation(validation.name, Outcome.UNDECIDED, undecided.text_of(value, validation, scope), value.references)
    return Evaluation(validation.name, Outcome.ERROR, _error_text(value))


def _consequence(validation: Validation, result: Evaluation, scope: Scope, resource: Resource) -> tuple[Evaluation, Action | None]:
    """What a result leads to: nothing for a pass, a skip where the validation does not apply, else an action."""
    if result.outcome in {Outcome.PASS, Outcome.SKIP}:
        return result, None
    action = action_of(validation, scope.view)
    applies = validation.applies_when is None or scope.value(validation.applies_when)
    if action is None or applies is False or isinstance(applies, Unknown):
        return Evaluation(validation.name, Outcome.SKIP), None
    if applies is not True:
        result = Evaluation(validation.name, Outcome.ERROR, _error_text(applies))
    if result.outcome is Outcome.UNDECIDED:
        return _undecided(validation, result, scope, action)
    if result.outcome is Outcome.FAIL and action is Action.DENY:
        if any(scope.value(condition) is True for condition in validation.warn_when):
            return result, Action.WARN
        if _ratchets(validation, scope, resource):
            return replace(result, message=f"{result.message}{_OLDER}"), Action.WARN
    return result, action


def _undecided(validation: Validation, result: Evaluation, scope: Scope, action: Action) -> tuple[Evaluation, Action | None]:
    meaning = unknown_action(validation, scope.view)
    if meaning is WhenUnknown.PASS:
        return Evaluation(validation.name, Outcome.PASS), None
    if meaning is WhenUnknown.SKIP:
        return Evaluation(validation.name, Outcome.SKIP), None
    consequence = undecided_action(meaning, action, result.unknown)
    if consequence is not Action.DENY and undecided.is_unread(result.unknown):  # a note says it once for all objects of a type
        return Evaluation(validation.name, Outcome.SKIP, unknown=result.unknown), None
    return result, consequence


def _ratchets(validation: Validation, scope: Scope, resource: Resource) -> bool:
    """Whether an old violation may stay: it failed before and, by its measure, did not get worse."""
    mode, operation = validation.on_update.mode, resource.view["operation"]
    if scope.old is None or mode is UpdateMode.ENFORCE:
        return False
    if mode is UpdateMode.VIOLATION and operation == "replace":
        return False
    if not _failed_before(validation, scope):
        return False
    if mode is UpdateMode.VIOLATION or validation.on_update.measure is None:
        return True
    measure = validation.on_update.measure
    return not is_worse(scope.value(measure), scope.before().value(measure))


def _failed_before(validation: Validation, scope: Scope) -> bool:
    """Whether the resource broke the rule as it was: the policy looked at it there, and the validation failed."""
    if scope.old is None or action_of(validation, scope.old) is None:
        return False
    before = scope.before()
    return _applies(scope.policy, before)[0] and before.value(validation.program) is False


def _message(validation: Validation, scope: Scope) -> str:
    """The text of a violation; `message` where the messageExpression gives none."""
    return _line(validation.message_program, scope) or validation.message


def _remedy(validation: Validation | None, result: Evaluation, scope: Scope) -> str:
    """What to write instead, of a violation in its own words where the rule has some; or what makes an unknown value known.

    What failed to run has no remedy here.
    """
    if validation is None or result.outcome is Outcome.ERROR:
        return ""
    if result.outcome is Outcome.FAIL:
        own = _line(validation.remediation_program, scope)
    else:
        own = undecided.remedy_of(result.unknown, scope.view["source"])
    return own or validation.remediation.get(scope.view["source"], "")


def _line(program: Program | None, scope: Scope) -> str:
    """The single line that an expression comes to; "" where it is unknown, fails or comes to something else."""
    value = scope.value(program) if program is not None else None
    if not isinstance(value, str) or "\n" in value:
        return ""
    return value.strip()[:_MAX_MESSAGE_CHARS]


def _error_text(value: Any) -> str:
    reason = value.message if isinstance(value, EvaluationError) else f"it came to {type(value).__name__} instead of true or false"
    return f"the rule could not be evaluated: {reason}"


def _run_facts(result: Evaluation, resource: Resource) -> Iterator[RunFact]:
    namespace = resource.identity.namespace or ""
    for reference in result.unknown:
        if not reference.startswith(_RUN):
            continue
        fact = reference.removeprefix(_RUN)
        yield RunFact(fact, "" if fact == "cluster" else namespace)


def _blamed(validation: Validation | None, result: Evaluation, scope: Scope) -> str:
    """The field of the rule, or what inside of it made the rule fail."""
    if validation is None:
        return ""
    blame = scope.resource.blame
    if result.outcome is not Outcome.FAIL or not has_inner(validation.field, blame):
        return validation.field
    return inner_field(validation.field, scope.blamed(validation.program), blame)
