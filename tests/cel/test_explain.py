"""Why an expression has its value: steps, paths, and what was decisive."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from guardrail.cel import Environment, PartialMap, Unknown
from guardrail.cel.inventory import MACROS
from guardrail.cel.nodes import Node
from guardrail.cel.parser import parse
from guardrail.cel.text import text_of
from tests.cel.generators import expressions

OBJECT = {
    "metadata": {"name": "web", "labels": {"app": "x"}},
    "spec": {"containers": [{"name": "a", "image": "r/a:1", "limits": {"cpu": "1"}}, {"name": "b", "image": "b:latest", "limits": {}}]},
}
ENVIRONMENT = Environment({"object": "dyn", "numbers": "list(int)"})
CONTAINER = ("object", "spec", "containers")

BLAMED = [
    ("of a failed all, the element that failed", "object.spec.containers.all(c, !c.image.endsWith(':latest'))", [(*CONTAINER, 1, "image")]),
    ("of a failed presence test, the field", "object.spec.containers.all(c, has(c.limits.cpu))", [(*CONTAINER, 1, "limits", "cpu")]),
    ("of a failed `in`, the key", "'team' in object.metadata.labels", [("object", "metadata", "labels", "team")]),
    (
        "of a failed ||, both sides",
        "'team' in object.metadata.labels || object.metadata.name == 'x'",
        [("object", "metadata", "labels", "team"), ("object", "metadata", "name")],
    ),
    ("of a failed &&, the side that is false", "object.metadata.name == 'web' && numbers[0] > 4", [("numbers", 0)]),
    ("of a scalar in a list, its index", "numbers.all(n, n < 3)", [("numbers", 2)]),
    ("of an entry, its key", "object.metadata.labels.all(k, v, k != 'app' || v == 'y')", [("object", "metadata", "labels", "app")]),
    ("through cel.bind", "cel.bind(m, object.metadata, m.name == 'x')", [("object", "metadata", "name")]),
    (
        "through cel.bind inside a loop that shadows a name",
        "numbers.exists(m, cel.bind(n, m, ['q'].exists(m, n == 7)))",
        [("numbers", 0), ("numbers", 1), ("numbers", 2)],
    ),
    (
        "through filter(), what it kept",
        "object.spec.containers.filter(c, c.limits.size() == 0)[0].name == 'a'",
        [(*CONTAINER, 1, "name"), (*CONTAINER, 1, "limits")],
    ),
    (
        "of a filter that kept nothing, what it left out",
        "object.spec.containers.filter(c, c.name == 'z').size() > 0",
        [(*CONTAINER, 0, "name"), (*CONTAINER, 1, "name")],
    ),
    (
        "of the condition of a filter, the side that chose the element",
        "object.spec.containers.filter(c, c.name == 'z' || c.image == 'r/a:1').size() == 0",
        [(*CONTAINER, 0, "image")],
    ),
    ("through optionals", "object.?metadata.?labels.?app.orValue('z') == 'y'", [("object", "metadata", "labels", "app")]),
    ("of an error, the selection that failed", "object.nothing.deeper == 1", [("object", "nothing")]),
]


@pytest.mark.parametrize(("sentence", "expression", "paths"), BLAMED, ids=[row[0] for row in BLAMED])
def test_blames(sentence: str, expression: str, paths: list[tuple[str | int, ...]]) -> None:
    explanation = ENVIRONMENT.compile(expression).explain({"object": OBJECT, "numbers": [1, 2, 5]})
    assert list(explanation.blamed) == paths, sentence


def test_steps_have_text_value_and_place() -> None:
    explanation = ENVIRONMENT.compile("numbers.size() + 1 == 4").explain({"numbers": [1, 2, 5]})
    assert explanation.step is not None
    told = [(step.text, step.value, step.line, step.column) for step in explanation.step.every()]
    assert told == [
        ("numbers.size() + 1 == 4", True, 1, 20),
        ("numbers.size() + 1", 4, 1, 16),
        ("numbers.size()", 3, 1, 13),
        ("numbers", [1, 2, 5], 1, 1),
    ]


def test_value_and_cost_are_those_of_measure() -> None:
    program = ENVIRONMENT.compile("object.spec.containers.all(c, c.name.size() > 0)")
    outcome, explanation = program.measure({"object": OBJECT}), program.explain({"object": OBJECT})
    assert (explanation.value, explanation.cost) == (outcome.value, outcome.cost)


def test_an_unknown_is_blamed() -> None:
    unknown = Unknown(["object.spec.replicas"])
    variables = {"object": PartialMap({"spec": {"replicas": unknown, "paused": True}})}
    explanation = ENVIRONMENT.compile("object.spec.paused && object.spec.replicas > 3").explain(variables)
    assert explanation.value == unknown
    assert explanation.blamed == (("object", "spec", "replicas"),)


def test_an_expression_too_deep_to_record_still_has_its_value() -> None:
    explanation = ENVIRONMENT.compile(" + ".join(["numbers[0]"] * 5000)).explain({"numbers": [1]})
    assert explanation.value == 5000
    assert explanation.step is None


def test_a_long_loop_is_told_in_part() -> None:
    explanation = ENVIRONMENT.compile("numbers.all(n, n >= 0)").explain({"numbers": list(range(20_000))})
    assert explanation.value is True
    assert explanation.step is not None
    assert len(list(explanation.step.every())) <= 10_000


TEXTS = [
    "a.b[0].?c[?1] || !(x && y) && -z < 3 - (4 - 5)",
    "(a ? b : c) ? d : e ? f : g",
    'has(a.b) && a.all(x, y, x in [1u, 2.5, "q\\n", b"\\x00", null]) && {?"k": v, 1: true}.size() == 0',
    "!(-1).f() && -(-1) == 1 && !!a",
    "cel.bind(x, [1].filter(y, y > 0).map(z, z < 2, z), x) == .root",
    "(a + b).c(d, e) * (f + g) % h",
    "a.`b-c`.in_ == T{f: 1, g: [?h]}",
]


def _shape(node: Any) -> Any:
    if isinstance(node, (list, tuple)):
        return [_shape(part) for part in node]
    if not isinstance(node, Node):
        return (type(node), node) if node == node else "nan"  # noqa: PLR0124 - NaN differs from itself
    skipped = {"offset", "offsets", "start", "type", "overloads"}
    return type(node).__name__, [_shape(getattr(node, name)) for name in type(node).__slots__ if name not in skipped]


def _parsed(text: str) -> Node:
    return parse(text, macros=frozenset(MACROS))[0]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_a_tree_parses_to_the_same_tree(text: str) -> None:
    tree = _parsed(text)
    assert _shape(_parsed(text_of(tree))) == _shape(tree)


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_text_of_any_tree_parses_to_the_same_tree(text: str) -> None:
    tree = _parsed(text)
    assert _shape(_parsed(text_of(tree))) == _shape(tree)


def test_what_was_recorded_before_does_not_show_in_the_next_record() -> None:
    program = ENVIRONMENT.compile("numbers.all(n, n < 3)")
    given = [{"numbers": [1, 9]}, {"numbers": [7]}, {"numbers": [1, 9]}]
    assert [program.blamed(variables) for variables in given] == [(("numbers", 1),), (("numbers", 0),), (("numbers", 1),)]
    assert [list(ENVIRONMENT.compile("numbers.all(n, n < 3)").explain(variables).blamed) for variables in given[:1]] == [[("numbers", 1)]]
