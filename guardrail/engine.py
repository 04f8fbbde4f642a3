"""The one call that every gate makes: a resource and a library in, findings out.

Pure: no IO, no clock, no globals. Every validation of every matching policy is evaluated and all
failures are reported. An expression never raises: what cannot be evaluated is an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from guardrail.blame import has_inner, inner_field
from guardrail.cel.bindings import Bindings, Inspected, inspected_value
from guardrail.cel.unknown import Unknown
from guardrail.decision import action_of, is_worse, undecided_action, unknown_action
from guardrail.findings import Context, Verdict, finding_of
from guardrail.known import Touch, guarded, known_part
from guardrail.model import Action, Evaluation, Outcome
from guardrail.policy.compiled import UpdateMode, WhenUnknown
from guardrail.ports import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from guardrail.matching import PolicyIndex
    from guardrail.model import Finding, Resource
    from guardrail.policy.compiled import CompiledPolicy, Validation
    from guardrail.ports import Path, Program

__all__ = ["Context", "Judgement", "RunFact", "evaluate", "merge_autoscaled"]

_RUN = "run:"
_UNREAD = ("type ", "kind ")  # references to what the normalisers do not model yet
_UNLISTED = ("instance type ", "accelerator ")
_MAX_MESSAGE_CHARS = 1_000
_MAX_NAMED = 3  # fields that one message names


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
    subject = _Subject(resource, index, context.now)
    for policy in index.matching(resource.view):
        scope = _Scope(policy, subject)
        for validation, result, action in _judge(policy, scope):
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


def merge_autoscaled(findings: Iterable[Finding], autoscaled_by: Mapping[str, str]) -> list[Finding]:
    """One cause, one finding: what fails at an autoscaler and at its target is told at the autoscaler.

    `autoscaled_by` maps the id of a target to the id of the autoscaler that sets its maximum.
    """
    every = list(findings)
    by_cause = {(f.policy, f.validation, f.outcome, f.resource.id): at for at, f in enumerate(every) if f.resource}
    dropped: set[int] = set()
    for at, finding in enumerate(every):
        if finding.resource is None:
            continue
        scaler = autoscaled_by.get(finding.resource.id)
        twin = by_cause.get((finding.policy, finding.validation, finding.outcome, scaler or ""))
        if twin is not None and twin != at:
            dropped.add(at)
            every[twin] = replace(every[twin], related=(*every[twin].related, finding.resource.id))
    return [finding for at, finding in enumerate(every) if at not in dropped]


_Result = tuple["Validation | None", Evaluation, "Action | None"]


def _judge(policy: CompiledPolicy, scope: _Scope) -> Iterator[_Result]:
    resource = scope.resource
    applies, fault = _applies(policy, scope)
    if fault is not None:
        yield None, fault, action_of(policy.validations[0], resource.view)
    if not applies:
        return
    for validation in policy.validations:
        if validation.dormant or resource.view["source"] not in validation.targets:
            continue
        result = _outcome(validation, scope)
        yield validation, *_consequence(validation, result, scope, resource)


def _applies(policy: CompiledPolicy, scope: _Scope) -> tuple[bool, Evaluation | None]:
    """Any false match condition skips the policy, even beside an error (as ValidatingAdmissionPolicy has it); unknown counts as true."""
    fault: Evaluation | None = None
    for condition in policy.match_conditions:
        value = scope.value(condition.program)
        if value is False:
            return False, None
        if value is not True and not isinstance(value, Unknown):
            fault = Evaluation(condition.name, Outcome.ERROR, _error_text(value))
    return fault is None, fault


def _outcome(validation: Validation, scope: _Scope) -> Evaluation:
    value = scope.value(validation.program)
    if value is True:
        return Evaluation(validation.name, Outcome.PASS)
    if value is False:
        return Evaluation(validation.name, Outcome.FAIL, _message(validation, scope))
    if isinstance(value, Unknown):
        if value.references and all(reference.startswith(_RUN) for reference in value.references):
            return Evaluation(validation.name, Outcome.SKIP, unknown=value.references)
        return Evaluation(validation.name, Outcome.UNDECIDED, _undecided_text(value, validation, scope), value.references)
    return Evaluation(validation.name, Outcome.ERROR, _error_text(value))


def _consequence(validation: Validation, result: Evaluation, scope: _Scope, resource: Resource) -> tuple[Evaluation, Action | None]:
    """What a result leads to: nothing for a pass, a skip where the validation does not apply, else an action."""
    if result.outcome in {Outcome.PASS, Outcome.SKIP}:
        return result, None
    action = action_of(validation, scope.view)
    if action is None or (validation.applies_when is not None and scope.value(validation.applies_when) is not True):
        return Evaluation(validation.name, Outcome.SKIP), None
    if result.outcome is Outcome.UNDECIDED:
        return _undecided(validation, result, scope, action)
    if result.outcome is Outcome.FAIL and action is Action.DENY:
        if any(scope.value(condition) is True for condition in validation.warn_when):
            return result, Action.WARN
        if _ratchets(validation, scope, resource):
            return replace(result, message=f"{result.message} (older than this change)"), Action.WARN
    return result, action


def _undecided(validation: Validation, result: Evaluation, scope: _Scope, action: Action) -> tuple[Evaluation, Action | None]:
    meaning = unknown_action(validation, scope.view)
    if meaning is WhenUnknown.PASS:
        return Evaluation(validation.name, Outcome.PASS), None
    if meaning is WhenUnknown.SKIP:
        return Evaluation(validation.name, Outcome.SKIP), None
    consequence = undecided_action(meaning, action, result.unknown)
    if consequence is not Action.DENY and _is_unread(result.unknown):  # a note says it once for all objects of a type
        return Evaluation(validation.name, Outcome.SKIP, unknown=result.unknown), None
    return result, consequence


def _ratchets(validation: Validation, scope: _Scope, resource: Resource) -> bool:
    """Whether an old violation may stay: it failed before and, by its measure, did not get worse."""
    mode, operation = validation.on_update.mode, resource.view["operation"]
    if scope.old is None or mode is UpdateMode.ENFORCE:
        return False
    if mode is UpdateMode.VIOLATION and operation == "replace":
        return False
    before = scope.before()
    if before.value(validation.program) is not False:
        return False
    if mode is UpdateMode.VIOLATION or validation.on_update.measure is None:
        return True
    measure = validation.on_update.measure
    return not is_worse(scope.value(measure), before.value(measure))


class _Subject:
    """One resource with its variables, which all policies share: what is looked at in them is looked at once."""

    __slots__ = ("_everything", "_known", "_values", "index", "known", "missing", "now", "resource", "touching")

    def __init__(self, resource: Resource, index: PolicyIndex, now: datetime) -> None:
        self.resource, self.index, self.now = resource, index, now
        self._values: dict[str, Any] = {"resource": resource.view, "now": now}
        if resource.old_view is not None:
            self._values["oldResource"] = resource.old_view
        if resource.object is not None:
            self._values["object"] = resource.object
        self._known = self._values
        self.missing: tuple[tuple[str, ...], ...] = ()
        for name in ("resource", "oldResource") if resource.old_view is not None else ("resource",):
            known, missing = known_part(name, self._values[name])
            if missing:
                self._known, self.missing = self._known | {name: known}, (*self.missing, *missing)
        self.touching = index.shapes.memo(self.missing)
        self.known = Bindings(self._known)
        self._everything: dict[Touch, Bindings] = {}

    def everything(self, touch: Touch) -> Bindings:
        """The variables with what is unknown in them; for expressions that may not come to it, the known part is tried first."""
        found = self._everything.get(touch)
        if found is None:
            found = Bindings(self._values)
            for other in self._everything.values():
                for name in dict.fromkeys(path[0] for path in self.missing):
                    found.put(name, self._values[name], other.inspected(name))  # looking is done once
            self._everything[touch] = found
            if touch is Touch.LEAVES:
                self._try_known(found)
        return found

    def _try_known(self, bindings: Bindings) -> None:
        for name in dict.fromkeys(path[0] for path in self.missing):
            bindings.inspected(name)  # the sizes in it bound costs
            bindings.plain[name] = guarded(self._known[name], [path for path in self.missing if path[0] == name])


class _Scope:
    """The variables of one policy over one resource; named expressions are worked out once, when one is read."""

    __slots__ = ("_known", "_named", "_plain", "_policy", "_ready", "_seen", "_subject", "old", "resource", "view")

    def __init__(self, policy: CompiledPolicy, subject: _Subject) -> None:
        self._policy, self._subject, self.resource = policy, subject, subject.resource
        self.view, self.old = subject.resource.view, subject.resource.old_view
        self._named: dict[str, Any] = {}
        self._plain: dict[str, Any] = {}  # those of them in which everything is known
        self._known = subject.known
        self._known.put("params", policy.params, subject.index.params(policy))
        self._known.put("variables", self._plain, _inspected(self._plain, 1))
        self._seen = _inspected({}, 1)  # all of them
        self._ready: dict[Touch, Bindings] = {}

    def before(self) -> _Scope:
        """The same policy over the resource as it was."""
        subject = self._subject
        assert self.old is not None
        return _Scope(self._policy, _Subject(replace(subject.resource, view=self.old, old_view=None), subject.index, subject.now))

    def value(self, program: Program) -> Any:
        shapes, named = self._subject.index.shapes, self._named
        shape = shapes.of(program)
        for name in shape.named:
            if name not in named:
                self._work_out(name)
        subject = self._subject
        touch = shapes.touches(program, subject.missing, subject.touching) if subject.missing else Touch.NOTHING
        if touch or (shape.takes_all and len(self._plain) != len(named)):
            return program.evaluate(self._everything(touch))
        for name in shape.named:
            if name not in self._plain:
                return program.evaluate(self._everything(Touch.WHOLE))
        return program.evaluate(self._known)

    def _everything(self, touch: Touch) -> Bindings:
        """The variables with what is unknown or failed in them, which few expressions read."""
        found = self._ready.get(touch)
        if found is None:
            found = self._ready[touch] = self._subject.everything(touch)
            found.put("params", self._policy.params, self._subject.index.params(self._policy))
            found.put("variables", self._seen.value, self._seen)
        return found

    def blamed(self, program: Program) -> Iterator[Path]:
        """The view paths that made the value of an expression what it is, through the named expressions too."""
        for path in program.blamed(self._everything(Touch.WHOLE)):
            if path[0] == "resource":
                yield path[1:]
            elif path[0] == "variables":
                for variable in self._policy.variables:
                    if variable.name in path[1:2]:
                        yield from self.blamed(variable.program)

    def reads(self, program: Program) -> frozenset[str]:
        """The view paths that an expression reads, through the named expressions too."""
        found: set[str] = set()
        for read in program.reads:
            if read.path[0] in {"resource", "oldResource"}:
                found.add(".".join(read.path[1:]))
            elif read.path[0] == "variables":
                found.update(*(self.reads(v.program) for v in self._policy.variables if v.name in read.path[1:2]))
        return frozenset(found)

    def _work_out(self, name: str) -> None:
        for variable in self._policy.variables:
            if variable.name == name:
                value = self._named[name] = self.value(variable.program)
                self._note(name, inspected_value(value))
                return

    def _note(self, name: str, found: Inspected) -> None:
        """Hands the value of a named expression to those that read it."""
        self._seen.value[name] = found.value
        seen = _inspected(self._seen.value, max(found.longest, len(self._seen.value), self._seen.longest))
        seen.partial, seen.odd = self._seen.partial or found.partial, self._seen.odd or found.odd
        self._seen = seen
        for bindings in self._ready.values():
            bindings.put("variables", seen.value, seen)
        if not found.partial and not found.odd:
            self._plain[name] = found.value
            self._known.put("variables", self._plain, _inspected(self._plain, seen.longest))


def _inspected(named: dict[str, Any], longest: int) -> Inspected:
    """What is known of named expressions, whose values were looked at one by one."""
    made = Inspected(named)
    made.longest = longest
    return made


def _message(validation: Validation, scope: _Scope) -> str:
    """The text of a violation; `message` where the messageExpression gives none."""
    return _line(validation.message_program, scope) or validation.message


def _remedy(validation: Validation | None, result: Evaluation, scope: _Scope) -> str:
    """What to write instead; of a violation in its own words where the rule has some. What failed to run has no remedy here."""
    if validation is None or result.outcome is Outcome.ERROR:
        return ""
    own = _line(validation.remediation_program, scope) if result.outcome is Outcome.FAIL else ""
    return own or validation.remediation.get(scope.view["source"], "")


def _line(program: Program | None, scope: _Scope) -> str:
    """The single line that an expression comes to; "" where it is unknown, fails or comes to something else."""
    value = scope.value(program) if program is not None else None
    if not isinstance(value, str) or "\n" in value:
        return ""
    return value.strip()[:_MAX_MESSAGE_CHARS]


def _error_text(value: Any) -> str:
    reason = value.message if isinstance(value, EvaluationError) else f"it came to {type(value).__name__} instead of true or false"
    return f"the rule could not be evaluated: {reason}"


def _undecided_text(value: Unknown, validation: Validation, scope: _Scope) -> str:
    """What is not known, by the fields that the rule reads, and the references that will supply it."""
    wanted = set(value.references)
    paths = [path for path, references in scope.view["unknown"].items() if wanted & set(references)]
    read = [path for path in paths if any(_within(path, field) for field in scope.reads(validation.program))]
    blamed = [path for path in read if _within(path, validation.field)]
    named = blamed or read or paths or [validation.field]
    what = ", ".join(named[:_MAX_NAMED]) + (f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else "")
    if _is_unread(value.references):
        when = "not read by this version"
    elif all(reference.startswith(_UNLISTED) for reference in value.references):
        when = "not in the catalogue"
    else:
        when = "known only after apply" if scope.view["source"] == "terraform" else "not known"
    return f"{what} {'is' if len(named) == 1 else 'are'} {when} ({', '.join(value.references)})"


def _is_unread(references: tuple[str, ...]) -> bool:
    """Whether it is only that this version does not read a type or kind."""
    return bool(references) and all(reference.startswith(_UNREAD) for reference in references)


def _within(path: str, field: str) -> bool:
    """Whether one of two view paths lies on the way to the other."""
    return path == field or path.startswith(f"{field}.") or field.startswith(f"{path}.")


def _run_facts(result: Evaluation, resource: Resource) -> Iterator[RunFact]:
    namespace = resource.identity.namespace or ""
    for reference in result.unknown:
        if not reference.startswith(_RUN):
            continue
        fact = reference.removeprefix(_RUN)
        yield RunFact(fact, "" if fact == "cluster" else namespace)


def _blamed(validation: Validation | None, result: Evaluation, scope: _Scope) -> str:
    """The field of the rule, or what inside of it made the rule fail."""
    if validation is None:
        return ""
    blame = scope.resource.blame
    if result.outcome is not Outcome.FAIL or not has_inner(validation.field, blame):
        return validation.field
    return inner_field(validation.field, scope.blamed(validation.program), blame)
