"""What evaluations cost, are limited to, and can be expected to cost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.cel import CompileError, Environment, ErrorKind, EvaluationError
from tests.cel.generators import documents, expressions, loops

ENVIRONMENT = Environment({"object": "dyn", "numbers": "list(int)", "name": "string"})
CONTAINERS = "object.spec.containers.all(c, c.image.startsWith('registry.example.org/'))"

ESTIMATES = [
    ("a constant costs nothing", "1 == 1 ? true : false", {}, (1, 1)),
    ("a selection costs a unit for each name", "object.a.b", {}, (3, 3)),
    ("an operand that decides may be the only one", "object.a || object.b", {}, (2, 4)),
    ("a loop over something has no bound", "object.l.all(x, x > 0)", {}, (3, None)),
    ("a loop over something of a known size has one", "numbers.all(x, x > 0)", {"numbers": 10}, (2, 52)),
    ("a text is as long as it is said to be", "name.contains('abcdefghijk')", {"name": 100}, (1, 21)),
    ("elements have sizes too", "object.l.all(x, x.startsWith('a'))", {"object.l": 10, "object.l[]": 50}, (3, 93)),
]


@pytest.mark.parametrize(("sentence", "expression", "sizes", "expected"), ESTIMATES, ids=[row[0] for row in ESTIMATES])
def test_estimates(sentence: str, expression: str, sizes: dict[str, int], expected: tuple[int, int | None]) -> None:
    estimate = ENVIRONMENT.compile(expression).cost_estimate(sizes)
    assert (estimate.least, estimate.most) == expected, sentence


@given(st.one_of(expressions, loops), documents)
@settings(max_examples=600, deadline=None)
def test_the_cost_lies_within_the_estimate(source: str, document: dict[str, Any]) -> None:
    try:
        program = Environment({"object": "dyn", "x": "dyn", "k": "dyn"}).compile(source)
    except CompileError:
        return
    estimate, outcome = program.cost_estimate(), program.measure({"object": document, "x": 1, "k": "a"})
    assert estimate.most is None or outcome.cost <= estimate.most
    absorbs = any(word in source for word in ("&&", "||", "all(", "exists(", " in [", "?"))
    if not isinstance(outcome.value, EvaluationError) and not absorbs:
        assert estimate.least <= outcome.cost


def test_a_limit_stops_a_loop() -> None:
    program = ENVIRONMENT.compile("numbers.all(x, numbers.all(y, x + y > 0))")
    numbers = list(range(1, 3000))
    started = time.process_time()
    value = program.evaluate({"numbers": numbers})
    assert isinstance(value, EvaluationError)
    assert value.kind == ErrorKind.COST_LIMIT
    assert time.process_time() - started < 5


@pytest.mark.parametrize("limit", [0, 1, 5, 14, 15, 100])
def test_the_limit_is_exact_in_both_evaluators(limit: int) -> None:
    program = ENVIRONMENT.compile("numbers.exists(x, x > 2)")
    cost = program.measure({"numbers": [1, 2, 3]}).cost
    for _ in range(3):
        value = program.evaluate({"numbers": [1, 2, 3]}, cost_limit=limit)
        assert (value is True) is (cost <= limit)


def test_no_operation_absorbs_the_limit() -> None:
    value = ENVIRONMENT.compile("numbers.all(x, x > 0) || true").evaluate({"numbers": list(range(1, 100))}, cost_limit=50)
    assert isinstance(value, EvaluationError)
    assert value.kind == ErrorKind.COST_LIMIT


def test_a_deadline_stops_a_loop() -> None:
    program = ENVIRONMENT.compile("numbers.all(x, numbers.all(y, numbers.all(z, x + y + z > 0)))")
    for _ in range(3):
        started = time.monotonic()
        value = program.evaluate({"numbers": list(range(1, 1000))}, deadline=started + 0.05, cost_limit=10**12)
        assert isinstance(value, EvaluationError)
        assert value.kind == ErrorKind.DEADLINE
        assert time.monotonic() - started < 2


def test_a_deadline_that_has_passed_is_told() -> None:
    for expression in ("1 + 1", "numbers[0] > 0", CONTAINERS):
        value = ENVIRONMENT.compile(expression).evaluate({"numbers": [1], "object": {}}, deadline=time.monotonic() - 1)
        assert isinstance(value, EvaluationError)
        assert value.kind == ErrorKind.DEADLINE


def test_text_work_is_counted() -> None:
    program = ENVIRONMENT.compile("name.matches('(a|b)*c{1,50}')")
    assert program.measure({"name": "a" * 100_000}).cost == 1 + 10_001 * 4
    assert program.evaluate({"name": "a" * 5_000_000}, cost_limit=1_000_000).kind == ErrorKind.COST_LIMIT


def _tenfold(levels: int) -> str:
    """A text that is ten times as long at each level."""
    source = f"v{levels}.size()"
    for level in range(levels, 0, -1):
        source = f"cel.bind(v{level}, {' + '.join([f'v{level - 1}'] * 10)}, {source})"
    return f"cel.bind(v0, 'xxxxxxxxxx', {source})"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(_tenfold(9), id="a text of ten thousand million characters"),
        pytest.param("sets.contains(object, object)", id="twenty-five million comparisons of numbers"),
    ],
)
def test_what_costs_too_much_is_not_begun(source: str) -> None:
    program = Environment({"object": "dyn"}).compile(source)
    start = time.process_time()
    for _ in range(3):
        outcome = program.evaluate({"object": list(range(5000))})
        assert (outcome.kind, outcome.message) == ("cost_limit", "operation cancelled: actual cost limit exceeded")
    assert time.process_time() - start < 2


def test_a_wrapper_costs_no_less_than_estimated() -> None:
    program = Environment().compile("google.protobuf.BytesValue{} != null")
    assert program.cost_estimate().least <= program.measure({}).cost


def test_membership_in_nothing_is_a_constant_to_the_estimate_too() -> None:
    for source in ("string(7 in [])", "{'a': 7 in []}.a", "[1].map(x, '' in [])"):
        program = Environment().compile(source)
        assert program.cost_estimate().least <= program.measure({}).cost, source
