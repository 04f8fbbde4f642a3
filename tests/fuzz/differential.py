"""The same expressions of the same objects, by three engines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fuzz.differences import Case, reason
from tests.fuzz.engines import Answer, CelExprPython, CelPython, Guardrail, Question
from tests.fuzz.grammar import Expr, expression, smaller
from tests.fuzz.subjects import awkward, likely, smaller_subjects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

__all__ = ["Differential", "Finding"]

_SHRINKING = 400
"""Questions asked to make one finding smaller."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference that nobody has argued, made small."""

    engine: str
    question: Question
    ours: Answer
    theirs: Answer
    suspect: bool
    """Whether the third engine is against us too."""

    def __str__(self) -> str:
        whose = "both others differ from us" if self.suspect else f"only {self.engine} differs"
        return f"{self.question[0]!a} of {self.question[1]!a} ({whose})\n      guardrail {self.ours}\n      {self.engine} {self.theirs}"


@dataclass
class Differential:
    """Asks, compares and counts."""

    random: Random
    outcomes: Counter[str] = field(default_factory=Counter)
    """Inputs by what our engine said."""
    agreed: Counter[str] = field(default_factory=Counter)
    argued: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    unargued: int = 0

    def __post_init__(self) -> None:
        self._ours, self._python, self.other = Guardrail(), CelPython(), CelExprPython()

    def round(self, count: int) -> None:
        """Ask about some new expressions."""
        trees = [expression(self.random, self.random.choice((1, 2, 2, 3, 4))) for _ in range(count)]
        # one object in six is awkward: many of those only meet one of the limits of the other engines
        subjects = [(awkward if self.random.random() < 1 / 6 else likely)(self.random) for _ in trees]
        self._compare(trees, [(str(tree), subject) for tree, subject in zip(trees, subjects, strict=True)])

    def _compare(self, trees: Sequence[Expr], questions: list[Question]) -> None:
        theirs = self.other.answers(questions)
        for tree, question, third in zip(trees, questions, theirs, strict=True):
            own, second = self._ours.answer(question), self._python.answer(question)
            self.outcomes[own.what] += 1
            for name, answer, voter in (("cel-python", second, third), ("cel-expr-python", third, second)):
                if answer.what == "missing":
                    continue
                if own.agrees(answer):
                    self.agreed[name] += 1
                    continue
                why = reason(name, Case(question, own, answer))
                if why is not None:
                    self.argued[name, why] += 1
                else:
                    self.unargued += 1
                    self._found(tree, question, name, suspect=answer.agrees(voter))

    def _found(self, tree: Expr, question: Question, engine: str, *, suspect: bool) -> None:
        small = self._smallest(tree, question[1], engine)
        theirs = self._ask(engine, [small])[0]
        self.findings.setdefault(str(small), Finding(engine, small, self._ours.answer(small), theirs, suspect))

    def _ask(self, engine: str, questions: list[Question]) -> list[Answer]:
        return self.other.answers(questions) if engine == self.other.name else [self._python.answer(question) for question in questions]

    def _differs(self, engine: str, question: Question) -> bool:
        own, answer = self._ours.answer(question), self._ask(engine, [question])[0]
        return not own.agrees(answer) and reason(engine, Case(question, own, answer)) is None

    def _smallest(self, tree: Expr, subject: object, engine: str) -> Question:
        left, shrunk = _SHRINKING, True
        while shrunk and left > 0:
            shrunk = False
            for smaller_tree, smaller_subject in _candidates(tree, subject):
                left -= 1
                if left <= 0:
                    break
                if self._differs(engine, (str(smaller_tree), smaller_subject)):
                    tree, subject, shrunk = smaller_tree, smaller_subject, True
                    break
        return str(tree), subject


def _candidates(tree: Expr, subject: object) -> Iterator[tuple[Expr, object]]:
    size = len(str(tree))
    yield from ((less, subject) for less in smaller(tree) if len(str(less)) < size)
    yield from ((tree, less) for less in smaller_subjects(subject))
