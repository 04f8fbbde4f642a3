"""What holds of every expression and every value."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.cel import CompileError, Environment, EvaluationError, Program, Unknown
from tests.cel.generators import booleans, documents, expressions, json_values, near_texts

ENVIRONMENT = Environment({"object": "dyn", "x": "dyn", "k": "dyn"})
UNKNOWN = Unknown(["var.x"])


def compiled(source: str) -> Program | None:
    try:
        return ENVIRONMENT.compile(source)
    except CompileError as error:
        faults = error.faults
    assert faults
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message for fault in faults)
    return None


@given(near_texts, json_values)
@settings(max_examples=400, deadline=None)
def test_any_text_compiles_or_has_faults_with_places(source: str, value: Any) -> None:
    program = compiled(source)
    if program is not None:
        program.evaluate({"object": value, "x": 1, "k": "a"})


@given(expressions, documents)
@settings(max_examples=400, deadline=None)
def test_evaluation_never_raises(source: str, document: dict[str, Any]) -> None:
    program = compiled(source)
    if program is not None:
        outcome = program.measure({"object": document, "x": 1, "k": "a"})
        assert outcome.cost >= 0
        if isinstance(outcome.value, EvaluationError):
            assert outcome.value.message


@given(booleans, documents)
@settings(max_examples=300, deadline=None)
def test_a_side_that_decides_absorbs_whatever_the_other_is(source: str, document: dict[str, Any]) -> None:
    values = {"object": document, "x": UNKNOWN, "k": "a"}
    for template, expected in (
        ("true || dyn({})", True),
        ("dyn({}) || true", True),
        ("false && dyn({})", False),
        ("dyn({}) && false", False),
    ):
        program = compiled(template.format(source))
        if program is not None:
            assert program.evaluate(values) is expected


@given(booleans, documents, st.sampled_from(["==", "+", "<"]))
@settings(max_examples=300, deadline=None)
def test_an_unknown_operand_makes_a_strict_operation_unknown(source: str, document: dict[str, Any], operator: str) -> None:
    program = compiled(f"dyn({source}) {operator} x")
    if program is not None:
        outcome = program.evaluate({"object": document, "x": UNKNOWN, "k": "a"})
        assert isinstance(outcome, Unknown)
        assert set(UNKNOWN.references) <= set(outcome.references)


@given(expressions, documents)
@settings(max_examples=200, deadline=None)
def test_evaluation_is_repeatable(source: str, document: dict[str, Any]) -> None:
    program = compiled(source)
    if program is not None:
        first, second = (program.measure({"object": document, "x": 1, "k": "a"}) for _ in range(2))
        assert (repr(first.value), first.cost) == (repr(second.value), second.cost)
