"""What a case expected and what was found: the differences, and what the cases of a policy do not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.policy.compiled import WhenUnknown
from guardrail.policy.schema import did_you_mean
from guardrail.view.schema import field_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.policy.cases import Case, CaseFile, Expectation
    from guardrail.policy.compiled import CompiledPolicy, Validation
    from guardrail.ports import Program

__all__ = ["CaseResult", "Difference", "Found", "Gap", "PolicyResult", "differences", "gaps_of", "reads_unknown"]

_SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a validation came to in a case: the words only where there is a finding, `who` is its object."""

    outcome: str
    action: str | None = None
    message: str | None = None
    remediation: str | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a case differs. `expected` is None for a finding that nothing expects; `line` is that of the expectation, else of the case."""

    validation: str
    line: int
    expected: Expectation | None
    found: tuple[Found, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case. `targets` are those of its resources, `outcomes` the strongest of each validation."""

    case: Case
    differences: tuple[Difference, ...]
    targets: frozenset[str]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected, and nothing else was found."""
        return not self.differences


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """An outcome that no case of a policy shows, or a word about such an outcome that is not true any more (`stale`)."""

    line: int
    validation: str
    target: str
    outcome: str
    message: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What came of the cases of one policy. `path` is that of its cases, `gaps` what they do not show."""

    policy: str
    path: str
    cases: tuple[CaseResult, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every case passed and every outcome is shown."""
        return not self.gaps and all(result.passed for result in self.cases)


def differences(case: Case, found: Mapping[str, Sequence[Found]]) -> tuple[Difference, ...]:
    """What differs. `found` has an entry for every validation of the policy; one without results was skipped.

    Of a validation that nothing names, only findings differ; a pass or a skip needs no word. A
    validation that came to findings of several outcomes, actions or messages has to match in all of them.
    """
    made: list[Difference] = []
    for name, results in found.items():
        expected = case.expect.get(name)
        if expected is None:
            told = tuple(result for result in results if result.outcome not in {"pass", _SKIP})
            made.extend([Difference(name, case.line, None, told)] if told else [])
        elif not _meets(expected, results):
            made.append(Difference(name, expected.line, expected, _telling(results)))
    for name, expected in case.expect.items():
        if name not in found:
            made.append(Difference(name, expected.line, expected, (), f"the policy has no validation {name}{did_you_mean(name, found)}"))
    return tuple(sorted(made, key=lambda difference: (difference.line, difference.validation)))


def _meets(expected: Expectation, results: Sequence[Found]) -> bool:
    return all(
        result.outcome == expected.outcome
        and expected.action in {None, result.action}
        and expected.message in {None, result.message}
        and expected.remediation in {None, result.remediation}
        for result in _telling(results)
    )


def _telling(results: Sequence[Found]) -> tuple[Found, ...]:
    """What has to match: the findings; without one a pass, without a pass a skip."""
    findings = tuple(dict.fromkeys(result for result in results if result.outcome not in {"pass", _SKIP}))
    passes = tuple(result for result in results if result.outcome == "pass")
    return findings or passes[:1] or (Found(_SKIP),)


# ---- what is not shown


def gaps_of(policy: CompiledPolicy, cases: CaseFile, results: Iterable[CaseResult]) -> tuple[Gap, ...]:
    """What the cases do not show.

    Every validation has a passing and a failing case on each of its targets, and an undecided one
    where it reads something that may be unknown and does not skip then. What `untested` names is left out, unless it names
    nothing that is missing.
    """
    shown = {
        (name, target, expected.outcome) for result in results for name, expected in result.case.expect.items() for target in result.targets
    }
    used: set[int] = set()
    found: list[Gap] = []
    for validation in policy.validations:
        for target, outcome in _wanted(policy, validation):
            if any(name == validation.name and was == outcome and target in {None, where} for name, where, was in shown):
                continue
            waivers = [at for at, waiver in enumerate(cases.untested) if waiver.covers(validation.name, target, outcome)]
            used.update(waivers)
            if not waivers:
                found.append(_gap(validation.name, target, outcome))
    stale = [waiver for at, waiver in enumerate(cases.untested) if at not in used]
    found.extend(
        Gap(w.line, w.validation or "", w.target or "", w.outcome or "", "untested, it says, but every case of it is there", stale=True)
        for w in stale
    )
    return tuple(sorted(found))


def _wanted(policy: CompiledPolicy, validation: Validation) -> Iterator[tuple[str | None, str]]:
    for target in sorted(validation.targets):
        yield target, "pass"
        yield target, "fail"
    silent = set(validation.when_unknown.values()) == {WhenUnknown.SKIP}  # another validation says it
    if not silent and reads_unknown(policy, validation.program):
        yield None, "undecided"


def _gap(validation: str, target: str | None, outcome: str) -> Gap:
    words = {"pass": "passing", "fail": "failing", "undecided": "undecided"}
    on = f" on {target}" if target else ""
    return Gap(1, validation, target or "", outcome, f"{validation} has no {words[outcome]} case{on}")


def reads_unknown(policy: CompiledPolicy, program: Program) -> bool:
    """Whether an expression reads, by way of variables too, a field of the view that may be unknown."""
    pending, seen = [program], set()
    while pending:
        for read in pending.pop().reads:
            root, *rest = read.path
            if root == "resource" and _may_be_unknown(rest):
                return True
            if root == "variables" and rest and rest[0] not in seen:
                seen.add(rest[0])
                pending.extend(variable.program for variable in policy.variables if variable.name == rest[0])
    return False


def _may_be_unknown(path: Sequence[Any]) -> bool:
    """Whether a field, one on the way to it, or one below it may be unknown."""
    fields = [field_at(path[:length]) for length in range(1, len(path) + 1)]
    known = [field for field in fields if field is not None]
    return any(field.unknown for field in known) or (bool(known) and any(field.unknown for field in known[-1].fields.values()))
