"""What expressions come to: values, errors with their place, and the types that values have."""

from __future__ import annotations

import math
from typing import Any

import pytest

from guardrail.cel import NONE, Duration, Environment, ErrorKind, EvaluationError, Optional, UInt

ENVIRONMENT = Environment({"object": "dyn", "items": "list(dyn)"})
OBJECT: dict[str, Any] = {"replicas": 3, "ratio": 0.5, "name": "web", "labels": {"team": "ml"}, "list": [1, 2, 3], "nothing": None}


def run(source: str, value: Any = None) -> Any:
    return ENVIRONMENT.compile(source).evaluate({"object": OBJECT if value is None else value, "items": []})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("object.replicas <= 5", True, id="a number is compared"),
        pytest.param("object.labels['team'] == 'ml'", True, id="an entry is read by index"),
        pytest.param("'team' in object.labels", True, id="a key is looked for"),
        pytest.param("has(object.nope) || has(object.labels.team)", True, id="presence is asked for"),
        pytest.param("object.list.filter(x, x > 1).map(x, x * 2)", [4, 6], id="macros make lists"),
        pytest.param("object.list.exists_one(x, x == 2)", True, id="exactly one"),
        pytest.param("object.labels.all(k, object.labels[k] != '')", True, id="a map is walked by its keys"),
        pytest.param("object.labels.transformMap(k, v, v + '!')", {"team": "ml!"}, id="a map is made from a map"),
        pytest.param("[3, 1, 2].sortBy(x, -x)", [3, 2, 1], id="a list is sorted by a key"),
        pytest.param("cel.bind(x, object.replicas, x + x)", 6, id="a value is bound to a name"),
        pytest.param("object.?nope.orValue('d')", "d", id="a missing field has a default"),
        pytest.param("object.?labels.?team.optMap(t, t + '!').value()", "ml!", id="an optional is mapped"),
        pytest.param("[?object.?nope, 1]", [1], id="an optional element is left out"),
        pytest.param("[1, 'a']", [1, "a"], id="a list may mix types"),
        pytest.param("optional.none()", NONE, id="an optional without a value"),
        pytest.param("optional.of(1)", Optional(1), id="an optional with a value"),
        pytest.param("dyn(1) == 1.0 && dyn(1u) == 1", True, id="numbers are equal across their types"),
        pytest.param("dyn(1) == true", False, id="a number is never a truth value"),
        pytest.param("dyn([1, {'a': 1.0}]) == [1.0, {'a': 1}]", None, id="containers are compared deeply"),
        pytest.param("1u + 2u", UInt(3), id="unsigned integers are a type of their own"),
        pytest.param("-7 / 2 == -3 && -7 % 2 == -1", True, id="division truncates towards zero"),
        pytest.param("duration('1h30m') - duration('30m')", Duration(3600 * 10**9), id="durations are subtracted"),
        pytest.param("timestamp('2024-02-29T23:30:00Z').getHours('Europe/Berlin')", 0, id="a time zone shifts the hour"),
        pytest.param("string(1e21)", "1e+21", id="doubles are written as Go writes them"),
        pytest.param("'%s has %d' .format([object.name, object.replicas])", "web has 3", id="texts are formatted"),
        pytest.param("object.name.matches('^w.b$')", True, id="patterns are matched"),
        pytest.param("{true: 'yes', false: 'no'}", {True: "yes", False: "no"}, id="booleans may be keys"),
        pytest.param("math.greatest(1, 2.5, 2u)", None, id="math takes any number of arguments"),
    ],
)
def test_expression_has_value(source: str, value: Any) -> None:
    if value is None:
        environment = Environment({"object": "dyn"}, specification=True)
        assert environment.compile(source).evaluate({"object": OBJECT}) in (True, 2.5)
    else:
        outcome = run(source)
        assert (outcome, type(outcome)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "kind", "place"),
    [
        pytest.param("1 + object.name", ErrorKind.NO_SUCH_OVERLOAD, (1, 3), id="a sum of a number and a text"),
        pytest.param("object.labels.nope", ErrorKind.NO_SUCH_KEY, (1, 14), id="a missing key"),
        pytest.param("object.list[7]", ErrorKind.INDEX_OUT_OF_BOUNDS, (1, 12), id="an index beyond the end"),
        pytest.param("object.list[-1]", ErrorKind.INDEX_OUT_OF_BOUNDS, (1, 12), id="a negative index"),
        pytest.param("1 / (object.replicas - 3)", ErrorKind.DIVIDE_BY_ZERO, (1, 3), id="a division by zero"),
        pytest.param("9223372036854775807 + object.replicas", ErrorKind.OVERFLOW, (1, 21), id="a sum of more than 64 bits"),
        pytest.param("object.replicas.all(x, true)", ErrorKind.NOT_ITERABLE, (1, 20), id="a loop over a number"),
        pytest.param("int(object.name)", ErrorKind.CONVERSION, (1, 4), id="a text that is no number"),
        pytest.param("object.list.map(x,\n x / 0)", ErrorKind.DIVIDE_BY_ZERO, (2, 4), id="inside a loop on the second line"),
        pytest.param("object.?nope.value()", ErrorKind.OPTIONAL_NONE, (1, 19), id="the value of an empty optional"),
        pytest.param("object.name ? 1 : 2", ErrorKind.NO_SUCH_OVERLOAD, (1, 13), id="a condition that is no truth value"),
        pytest.param("object.name.matches(object.name + '(')", ErrorKind.REGEX, (1, 20), id="a pattern that is none"),
    ],
)
def test_error_has_kind_and_place(source: str, kind: ErrorKind, place: tuple[int, int]) -> None:
    error = run(source)
    assert isinstance(error, EvaluationError)
    assert (error.kind, (error.line, error.column)) == (kind, place)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("object.nope == 1 || true", True, id="a true side absorbs an error before it"),
        pytest.param("true || object.nope == 1", True, id="a true side absorbs an error after it"),
        pytest.param("object.nope == 1 && false", False, id="a false side absorbs an error"),
        pytest.param("[0, 1].exists(x, 1 / x == 1)", True, id="a true element absorbs an error of another"),
        pytest.param("[0, 2].all(x, 1 / x == 1)", False, id="a false element absorbs an error of another"),
        pytest.param("false ? object.nope : 1", 1, id="a branch that is not taken has no error"),
        pytest.param("object.missing in []", False, id="nothing is in an empty list, whatever it is"),
    ],
)
def test_errors_are_absorbed(source: str, value: Any) -> None:
    assert run(source) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("ok\x00evil", 7, id="a text with NUL"),
        pytest.param("\ud800", 1, id="a lone surrogate"),
        pytest.param("é😀", 2, id="characters beyond the basic plane"),
    ],
)
def test_texts_are_whole(value: str, expected: int) -> None:
    assert run("size(object)", value) == expected


def test_an_integer_of_more_than_64_bits_is_a_double_as_in_kubernetes() -> None:
    assert run("type(object.n) == double && object.n > 1", {"n": 10**40})


def test_nan_equals_nothing_and_has_no_order() -> None:
    assert run("object.n == object.n", {"n": math.nan}) is False
    assert run("object.n < 1.0", {"n": math.nan}).kind is ErrorKind.NAN_ORDER


def test_a_document_deeper_than_the_interpreter_allows_is_an_error_or_a_value() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert run("size(object)", deep) == 1
    assert run("object == [object]", deep).kind is ErrorKind.TOO_DEEP


def test_unbound_variables_are_errors() -> None:
    outcome = ENVIRONMENT.compile("object.a").evaluate({})
    assert outcome.kind is ErrorKind.NO_SUCH_ATTRIBUTE


def test_object_types_have_the_fields_that_are_declared() -> None:
    environment = Environment(
        {"r": "view.Resource"}, types={"view.Resource": {"name": "string", "gpu": "view.Gpu"}, "view.Gpu": {"count": "double"}}
    )
    program = environment.compile("r.gpu.count > 1 && r.name != ''")
    assert program.evaluate({"r": {"name": "a", "gpu": {"count": 2.0}}}) is True
    assert str(program.type) == "bool"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("1.0 / math.ceil(-0.5) < 0.0", True, id="what is rounded up to zero from below stays negative"),
        pytest.param("1.0 / math.trunc(-0.5) < 0.0", True, id="so does what is cut off"),
        pytest.param("1.0 / math.floor(-0.0) < 0.0", True, id="and a negative zero rounded down"),
        pytest.param("math.ceil(-1.5) == -1.0 && math.floor(-1.5) == -2.0", True, id="other numbers are rounded as before"),
    ],
)
def test_rounding_keeps_the_sign_of_a_zero(source: str, value: object) -> None:
    assert Environment().compile(source).evaluate({}) == value


def test_the_milliseconds_of_a_negative_duration_are_negative_like_its_seconds() -> None:
    environment = Environment(specification=True)
    source = "[duration('-1.5s').getSeconds(), duration('-1.5s').getMilliseconds()]"
    assert environment.compile(source).evaluate({}) == [-1, -500]


def test_a_result_may_be_nested_as_deeply_as_its_variables() -> None:
    deep: object = 1
    for _ in range(50_000):
        deep = [deep]
    program = Environment({"object": "dyn"}).compile("{true: object}")
    for _ in range(3):
        value = program.evaluate({"object": deep})
        assert list(value) == [True]


@pytest.mark.parametrize("source", ["Int32Value{value: null}", "FloatValue{value: ''}", "Timestamp{seconds: 'x'}", "Duration{nanos: []}"])
def test_a_message_of_the_wrong_field_is_an_ordinary_error(source: str) -> None:
    outcome = Environment().compile_unchecked(f"google.protobuf.{source}").evaluate({})
    assert isinstance(outcome, EvaluationError)
    assert outcome.kind == "conversion"
