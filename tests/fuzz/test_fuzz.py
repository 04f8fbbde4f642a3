"""A bounded, seeded run of the fuzzers; `make fuzz` is the long one. A failure prints the smallest input that shows it."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.differences import KNOWN
from tests.fuzz.engines import Answer, CelExprPython
from tests.fuzz.extremes import ENDLESS, EXTREMES
from tests.fuzz.grammar import expression, smaller
from tests.fuzz.robustness import Trial, late, wrong
from tests.fuzz.run import fuzz

ROUNDS = 20
"""Of 100 expressions for three engines and 300 for ours alone."""


def test_three_engines_differ_only_where_it_is_known_and_ours_withstands_spoilt_input() -> None:
    report = fuzz(seed=20, going=lambda rounds: rounds < ROUNDS, extremes=False)
    assert report.clean, "\n".join(report.lines())
    assert sum(report.differential.outcomes.values()) == ROUNDS * 100
    assert report.differential.outcomes["value"] > ROUNDS * 30, "most expressions have a value"
    assert report.robustness.outcomes["evaluated"] > ROUNDS * 30, "many spoilt expressions still compile"


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_is_exact_or_a_clear_error_and_soon(name: str) -> None:
    source, subject = EXTREMES[name]
    assert wrong(Trial(source, subject())) == ""


@pytest.mark.parametrize("name", ENDLESS)
def test_a_deadline_ends_what_would_take_long(name: str) -> None:
    source, subject = ENDLESS[name]
    assert late(Trial(source, subject()), seconds=0.2) == ""


def test_every_known_difference_has_a_reason_of_its_own() -> None:
    reasons = [(known.engine, known.why) for known in KNOWN]
    assert len(set(reasons)) == len(reasons)


def test_smaller_expressions_have_fewer_parts_or_simpler_ones() -> None:
    tree = expression(Random(1), 4)
    assert {sum(1 for _ in less.every()) <= sum(1 for _ in tree.every()) for less in smaller(tree)} == {True}


def test_an_engine_that_dies_is_started_again() -> None:
    engine = CelExprPython()
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    answers = engine.answers([("1", {}), ("object", deep), ("2", {})])
    engine.close()
    if answers[0].what == "missing":
        pytest.skip(f"cel-expr-python is not installed: {engine.missing}")
    assert (answers[0], answers[2]) == (Answer("value", ["int", "1"]), Answer("value", ["int", "2"]))
