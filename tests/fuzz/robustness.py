"""Our engine alone, on spoilt expressions and awkward values: what must hold whatever it is given.

Compiling gives a program or faults with places; nothing raises; nothing is an internal error; the fast path, the exact evaluator,
the explanation and a stored program come to the same; the cost lies within the estimate; and nothing takes long.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from guardrail.cel import CompileError, Environment, ErrorKind, EvaluationError, Outcome, Program, Unknown
from tests.fuzz.sources import mutated
from tests.fuzz.subjects import awkward, likely, partial, smaller_subjects
from tests.fuzz.typed import ours

if TYPE_CHECKING:
    from random import Random

__all__ = ["Robustness", "Trial", "late", "wrong"]

SLOW: Final = 3.0
"""Seconds of CPU time that everything about one input may take; most take a millisecond."""
_SHRINKING = 2000
_NAMES: Final = dict.fromkeys(("object", "oldObject", "params", "request", "variables", "x", "facts", "profile"), "dyn")
_ENVIRONMENTS: Final = {
    "default": Environment(_NAMES),
    "strict": Environment(_NAMES, strict=True),
    "specification": Environment(_NAMES, specification=True),
    "unfolded": Environment(_NAMES, folded=False),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One input. `environment` names how it is compiled; `unchecked` is without the rules of types."""

    source: str
    subject: Any
    environment: str = "default"
    unchecked: bool = False

    def __str__(self) -> str:
        how = f"{self.environment}{', unchecked' if self.unchecked else ''}"
        return f"{self.source!a} of {self.subject!a} ({how})"


def compiled(trial: Trial) -> Program | CompileError:
    """A program, or why there is none."""
    environment = _ENVIRONMENTS[trial.environment]
    try:
        return environment.compile_unchecked(trial.source) if trial.unchecked else environment.compile(trial.source)
    except CompileError as error:
        return error


def wrong(trial: Trial) -> str:
    """What does not hold; empty where everything does."""
    start = time.process_time()
    try:
        program = compiled(trial)
        found = _wrong_faults(program, trial.source) if isinstance(program, CompileError) else _wrong_program(program, trial)
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for
        return f"raises {type(error).__name__}: {error}"
    spent = time.process_time() - start
    return found or (f"takes {spent:.1f} s" if spent > SLOW else "")


def _wrong_faults(error: CompileError, source: str) -> str:
    lines = source.split("\n")
    for fault in error.faults:
        if not fault.message or not 1 <= fault.line <= len(lines) or not 1 <= fault.column <= len(lines[fault.line - 1]) + 1:
            return f"a fault without a place in the text: {fault}"
    return "" if error.faults else "refused without a fault"


def _shown(value: Any) -> Any:
    if isinstance(value, EvaluationError):
        return ["error", value.kind, value.message, value.line, value.column]
    try:
        return ["unknown", *value.references] if isinstance(value, Unknown) else ours(value)
    except RecursionError:  # of this comparison
        return ["deep", type(value).__name__]


def _wrong_program(program: Program, trial: Trial) -> str:
    variables = dict.fromkeys(_NAMES, trial.subject)
    cold = _shown(program.evaluate(variables))
    for _ in range(2):  # from the second time on by generated code
        warm = _shown(program.evaluate(variables))
        if warm != cold:
            return f"differs when evaluated again: {warm}, before {cold}"
    outcome = program.measure(variables)
    exact = _shown(outcome.value)
    if exact != cold:
        return f"evaluate {cold}, measure {exact}"
    explained = program.explain(variables)
    if _shown(explained.value) != exact or explained.cost != outcome.cost:
        return f"explain {_shown(explained.value)} at {explained.cost}, measure {exact} at {outcome.cost}"
    list(map(str, (explained.paths, explained.blamed, [step.text for step in explained.decisive])))
    smooth = (
        not isinstance(outcome.value, EvaluationError)
        and explained.step is not None
        and not any(isinstance(step.value, EvaluationError | Unknown) for step in explained.step.every())
    )
    return _wrong_error(outcome.value) or _wrong_about(program, outcome, smooth=smooth) or _wrong_stored(program, trial, cold)


def _wrong_error(value: Any) -> str:
    if not isinstance(value, EvaluationError):
        return ""
    if value.kind is ErrorKind.INTERNAL or not value.message:
        return f"an internal error: {value}"
    return ""


def _wrong_about(program: Program, outcome: Outcome, *, smooth: bool) -> str:
    """`smooth` is whether no sub-expression failed: one that did may have stopped before the least was spent."""
    str((program.type, program.reads, program.functions, program.requirements, program.minimum_version))
    estimate = program.cost_estimate()
    if outcome.cost < 0:
        return f"cost {outcome.cost}"
    if estimate.most is not None and outcome.cost > estimate.most:
        return f"cost {outcome.cost} over the most of {estimate}"
    return f"cost {outcome.cost} under the least of {estimate}" if smooth and outcome.cost < estimate.least else ""


def _wrong_stored(program: Program, trial: Trial, expected: Any) -> str:
    data = None if trial.unchecked else program.dump()
    if data is None:
        return ""
    found = _shown(_ENVIRONMENTS[trial.environment].load(data, trial.source).evaluate(dict.fromkeys(_NAMES, trial.subject)))
    return "" if found == expected else f"stored {found}, compiled {expected}"


def late(trial: Trial, seconds: float) -> str:
    """What is wrong with evaluations that have a deadline: each ends soon after it, with a value or the error of the deadline."""
    program = compiled(trial)
    if isinstance(program, CompileError):
        return str(program)
    variables = dict.fromkeys(_NAMES, trial.subject)
    for _ in range(3):
        start = time.process_time()
        value = program.evaluate(variables, deadline=time.monotonic() + seconds)
        spent = time.process_time() - start
        if spent > seconds + SLOW:
            return f"takes {spent:.1f} s"
        if isinstance(value, EvaluationError) and value.kind is not ErrorKind.DEADLINE:
            return f"an error: {value}"
    return ""


@dataclass
class Robustness:
    """Makes inputs, tries them, counts them."""

    random: Random
    seeds: list[str]
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)

    def round(self, count: int) -> None:
        """Try some new inputs."""
        for _ in range(count):
            self.attempt(self._trial())

    def attempt(self, trial: Trial) -> None:
        """Try one."""
        found = wrong(trial)
        if found:
            small = _smallest(trial, found)
            self.findings.setdefault(wrong(small)[:60], f"{small}\n      {wrong(small)}")
            self.outcomes["wrong"] += 1
        else:
            self.outcomes["refused" if isinstance(compiled(trial), CompileError) else "evaluated"] += 1

    def _trial(self) -> Trial:
        kind = self.random.random()
        subject = (likely if kind < 0.5 else awkward)(self.random)  # in equal parts
        if kind > 0.85:  # one in seven
            subject = partial(self.random, subject)
        names = ("default", "default", "default", "strict", "specification", "unfolded")
        source = mutated(self.random, self.seeds)
        return Trial(source, subject, self.random.choice(names), unchecked=self.random.random() < 0.1)  # a tenth: a side door


def _kind(found: str) -> str:
    return found[:14]


def _smallest(trial: Trial, found: str) -> Trial:
    """Cut out of the text and the value whatever the fault does without."""
    left, kind = _SHRINKING, _kind(found)
    size = max(len(trial.source) // 2, 1)
    while size and left > 0:
        at = 0
        while at < len(trial.source) and left > 0:
            left -= 1
            less = Trial(trial.source[:at] + trial.source[at + size :], trial.subject, trial.environment, trial.unchecked)
            if _kind(wrong(less)) == kind:
                trial = less
            else:
                at += size
        size //= 2
    return _smaller_subject(trial, kind, left)


def _smaller_subject(trial: Trial, kind: str, left: int) -> Trial:
    shrunk = True
    while shrunk and left > 0:
        shrunk = False
        for subject in smaller_subjects(trial.subject):
            left -= 1
            less = Trial(trial.source, subject, trial.environment, trial.unchecked)
            if _kind(wrong(less)) == kind:
                trial, shrunk = less, True
                break
    return trial
