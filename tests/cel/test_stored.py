"""Programs as bytes."""

from __future__ import annotations

import marshal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.cel import CompileError, Environment, EvaluationError
from tests.cel.generators import documents, expressions, loops

ENVIRONMENT = Environment({"object": "dyn", "x": "dyn", "k": "dyn"})
CASES = [
    "object.a.all(x, x.size() > 1)",
    "object.b.matches('^[a-z]+$') && object.b.startsWith('w')",
    "quantity(object.q).isLessThan(quantity('2Gi'))",
    "object.a.map(x, x.lowerAscii()).join('-') == 'ab-cd'",
    "object.?missing.orValue(7) in [1, 7]",
    "int(object.?missing.orValue('7')) == 7 && object.b + '/' + object.q + '!' == 'web/1Gi!'",
]
OBJECT = {"a": ["AB", "CD"], "b": "web", "q": "1Gi"}


@pytest.mark.parametrize("source", CASES)
def test_a_stored_program_means_the_same(source: str) -> None:
    program = ENVIRONMENT.compile(source)
    data = program.dump()
    assert data is not None
    loaded = ENVIRONMENT.load(data, source)
    assert "_tree" not in vars(loaded)
    assert loaded.evaluate({"object": OBJECT}) is program.evaluate({"object": OBJECT}) is True
    assert "_tree" not in vars(loaded), "nothing was compiled"
    assert (loaded.reads, loaded.source) == (program.reads, program.source)


def test_a_stored_program_names_a_missing_key_without_being_compiled() -> None:
    source = "has(object.a) && object.missing.b == 1"
    program = ENVIRONMENT.compile(source)
    data = program.dump()
    assert data is not None
    loaded = ENVIRONMENT.load(data, source)
    assert loaded.evaluate({"object": OBJECT}) == program.evaluate({"object": OBJECT})
    assert "_tree" not in vars(loaded), "nothing was compiled"


def test_errors_and_the_rest_are_compiled_when_they_are_needed() -> None:
    source = "object.a[0] + object.n == 'ABc'"
    program = ENVIRONMENT.compile(source)
    data = program.dump()
    assert data is not None
    loaded = ENVIRONMENT.load(data, source)
    assert loaded.evaluate({"object": OBJECT}) == program.evaluate({"object": OBJECT})
    assert isinstance(loaded.evaluate({"object": OBJECT}), EvaluationError)
    assert loaded.type == program.type
    assert loaded.explain({"object": OBJECT}).blamed == program.explain({"object": OBJECT}).blamed
    assert loaded.dump() is not None
    with pytest.raises(AttributeError):
        loaded.nothing  # type: ignore[attr-defined]  # noqa: B018 - asking is the test


@pytest.mark.parametrize("data", [b"", b"nonsense", marshal.dumps(1), marshal.dumps((1, 2, 3, 4, 5, 6)), marshal.dumps("text")])
def test_bytes_that_are_no_program_are_compiled_instead(data: bytes) -> None:
    assert ENVIRONMENT.load(data, "1 + 1").evaluate({}) == 2


def test_bytes_of_another_text_are_not_used() -> None:
    data = ENVIRONMENT.compile("1 + 1").dump()
    assert data is not None
    assert ENVIRONMENT.load(data, "1 + 2").evaluate({}) == 3


def test_a_constant_without_such_a_form_is_not_stored() -> None:
    program = ENVIRONMENT.compile("object.a == 1u")
    assert program.dump() is None


@given(st.one_of(expressions, loops), documents)
@settings(max_examples=300, deadline=None)
def test_any_program_that_can_be_stored_means_the_same(source: str, document: dict[str, Any]) -> None:
    try:
        program = ENVIRONMENT.compile(source)
    except CompileError:
        return
    data = program.dump()
    if data is not None:
        values = {"object": document, "x": 1, "k": "a"}
        assert repr(ENVIRONMENT.load(data, source).evaluate(values)) == repr(program.evaluate(values))
