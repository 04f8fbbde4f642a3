"""The fast path and the exact evaluator mean the same."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings

from guardrail.cel import Bindings, CompileError, Environment, EvaluationError, PartialMap, Program, Unknown
from tests.cel.generators import booleans, documents, expressions, loops

ENVIRONMENT = Environment({"object": "dyn", "x": "dyn", "k": "dyn"})
DEPLOYMENT: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"team": "ml", "app": "web"}},
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "containers": [
                    {"name": "a", "image": "r/a:1", "resources": {"limits": {"cpu": "1", "gpu": 2}}, "env": [{"name": "E", "value": "1"}]},
                    {"name": "b", "image": "r/b:1", "ports": [{"containerPort": 80}]},
                ],
            },
        },
    },
}


def warm(source: str) -> Program:
    """A program whose next evaluation takes the fast path."""
    program = ENVIRONMENT.compile(source)
    program.evaluate({"object": {}})
    return program


def agree(source: str, document: Any) -> None:
    try:
        program = warm(source)
    except CompileError:
        return
    values = {"object": document, "x": 1, "k": "a"}
    fast, exact = program.evaluate(values), program.measure(values).value
    assert repr(fast) == repr(exact), program.generated_source


@given(expressions, documents)
@settings(max_examples=600, deadline=None)
def test_both_evaluators_agree_on_any_expression(source: str, document: dict[str, Any]) -> None:
    agree(source, document)


@given(loops, documents)
@settings(max_examples=600, deadline=None)
def test_both_evaluators_agree_on_loops(source: str, document: dict[str, Any]) -> None:
    agree(source, document)
    agree(source, {"a": ["a", "b"], "b": {"a": 1.5}, "c": [1, 2], **document})


@given(booleans, booleans, documents)
@settings(max_examples=400, deadline=None)
def test_both_evaluators_agree_on_conditions(left: str, right: str, document: dict[str, Any]) -> None:
    agree(f"dyn({left}) && dyn({right}) || has(object.a.b) ? {left} == {right} : dyn({left}) != {right}", document)


CONTAINERS = "object.spec.template.spec.containers"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("object.spec.replicas <= 5", id="a comparison"),
        pytest.param(
            f"{CONTAINERS}.all(c, !has(c.resources) || c.resources.limits['gpu'] <= 8) && object.kind == 'Deployment'",
            id="a loop beside a test",
        ),
        pytest.param(f"object.kind == 'Pod' || {CONTAINERS}.exists(c, c.image.endsWith(':1'))", id="a loop that may not be needed"),
        pytest.param(f"{CONTAINERS}.exists_one(c, c.name == 'a')", id="exactly one"),
        pytest.param(f"{CONTAINERS}.filter(c, has(c.env)).map(c, c.env.map(e, e.name))", id="nested loops that make lists"),
        pytest.param(f"{CONTAINERS}.map(c, c.?ports.orValue([])).size()", id="optional fields with a default"),
        pytest.param("object.metadata.?labels.?team.hasValue()", id="an optional chain"),
        pytest.param("object.metadata.?labels.?team.optMap(t, t + '!').orValue('none')", id="an optional that is mapped"),
        pytest.param("object.metadata.labels.transformMap(k, v, v + '!')", id="a map from a map"),
        pytest.param("object.metadata.labels.all(k, v, k != '' && v != '')", id="a loop over keys and values"),
        pytest.param("cel.bind(n, object.metadata.name, n == 'web' && n.size() == 3)", id="a bound value"),
        pytest.param("'team' in object.metadata.labels && object.metadata.labels.team in ['ml', 'ops']", id="membership"),
        pytest.param("object.metadata.name.matches('^w') && object.metadata.name.contains('e')", id="texts"),
        pytest.param("object.spec.replicas + 1 > 3 ? 'many' : 'few'", id="a conditional"),
        pytest.param("quantity('2Gi').isLessThan(quantity('3Gi'))", id="a library function"),
        pytest.param("object.nope.deeper == 1 || true", id="an error that is absorbed"),
        pytest.param("object.nope", id="an error"),
        pytest.param("[1, 2, 3].map(x, [x]).map(y, y[0])", id="lists made on the way"),
        pytest.param(" && ".join(["object.spec.replicas > 0"] * 300), id="300 conditions"),
        pytest.param("1 + " * 900 + "1", id="900 sums"),
        pytest.param("(" * 60 + "object.kind" + " == 'x' ? 1 : 2) == 1" * 60, id="60 conditionals inside each other"),
        pytest.param(
            "".join(f"[1].all(x{i}, " for i in range(10)) + "object.spec.replicas == 3" + ")" * 10, id="ten loops inside each other"
        ),
    ],
)
def test_both_evaluators_agree_on_real_shapes(source: str) -> None:
    agree(source, DEPLOYMENT)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("object.spec.replicas <= 5", id="a comparison"),
        pytest.param(f"{CONTAINERS}.all(c, c.name != '')", id="a loop"),
        pytest.param("object.?a.orValue('b') == 'c'", id="an optional"),
    ],
)
def test_common_shapes_have_a_fast_path(source: str) -> None:
    program = warm(source)
    program.evaluate({"object": DEPLOYMENT})
    assert program.generated_source


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("object.nope.deeper == 1", id="a missing key"),
        pytest.param("object.metadata['nope']", id="a missing key in brackets"),
        pytest.param("object.spec.containers.all(c, c.name != '')", id="the range of a loop"),
        pytest.param("has(object.spec) && object.spec.nope == 1", id="the last of several conditions"),
        pytest.param("has(object.nope) ? 1 : object.spec.nope", id="a branch"),
        pytest.param("object.kind + '/' + object.metadata.nope", id="an operand after one that has a value"),
        pytest.param("object.spec.nope + object.spec.?more.orValue([])", id="an operand of unknown type"),
        pytest.param("int(object.spec.nope) > 1", id="the argument of a function"),
    ],
)
def test_a_missing_key_that_decides_is_named_without_the_exact_evaluator(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, values = warm(source), {"object": {"kind": "Pod", "metadata": {}, "spec": {}}}
    exact = program.measure(values).value
    assert isinstance(exact, EvaluationError)
    monkeypatch.setattr(program, "_exactly", lambda *_: pytest.fail("evaluated exactly"))
    assert program.evaluate(values) == exact


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param("object.nope == 1 || object.kind == 'Pod'", True, id="a later condition absorbs it"),
        pytest.param("object.nope == 1 && object.kind == 'Job'", False, id="a later condition decides against it"),
        pytest.param("object.l.exists(x, x.nope || x.ok)", True, id="a later element absorbs it"),
        pytest.param("cel.bind(n, object.nope, object.kind == 'Pod' || n)", True, id="a bound value is never read"),
        pytest.param("object.one in object.two", "no such key: one", id="of two missing keys the first counts"),
        pytest.param("object.one == object.two.map(x, x)", "no such key: one", id="also where the second is written first"),
        pytest.param("object.one + object.l.map(x, x.nope)", "no such key: one", id="also before a loop that fails"),
        pytest.param("object.one || object.two", "no such key: one", id="of two conditions that fail the first counts"),
    ],
)
def test_a_missing_key_that_does_not_decide_is_left_to_the_exact_evaluator(source: str, outcome: Any) -> None:
    values = {"object": {"kind": "Pod", "l": [{"ok": False}, {"nope": True, "ok": True}]}}
    found = warm(source).evaluate(values)
    assert (found.message if isinstance(found, EvaluationError) else found) == outcome
    assert found == warm(source).measure(values).value


def test_a_missing_key_does_not_hide_that_the_cost_limit_is_exceeded() -> None:
    program = warm("object.nope == object.l.map(x, x)")
    values = {"object": {"l": list(range(100))}}
    outcome = program.evaluate(values, cost_limit=program.measure(values).cost - 1)
    assert isinstance(outcome, EvaluationError)
    assert outcome.kind == "cost_limit"


@pytest.mark.parametrize("source", ["dyn(object).a", "dyn(object)['a']", "[object][0].a", "{'a': object}.a.a"])
def test_a_selection_on_what_is_no_attribute_is_not_charged_too_little(source: str) -> None:
    program, values = warm(source), {"object": {"a": True}}
    cost = program.measure(values).cost
    assert program.evaluate(values, cost_limit=cost) is True
    outcome = program.evaluate(values, cost_limit=cost - 1)
    assert isinstance(outcome, EvaluationError)
    assert outcome.kind == "cost_limit"


def test_no_text_of_the_user_enters_the_generated_source() -> None:
    nasty = "__import__('os').system('true')"
    program = warm(f'object["{nasty}"] == r"{nasty}" || object.{"evil" * 10}.all(evilname, evilname == "evil")')
    program.evaluate({"object": {}})
    names = {node.id for node in ast.walk(ast.parse(program.generated_source)) if isinstance(node, ast.Name)}
    assert "import" not in program.generated_source
    assert "evil" not in program.generated_source
    assert all(
        name[1:].isdigit() or name in {"V", "b", "limit", "u", "c", "B", "type", "len", "list", "dict"} or name.isupper() for name in names
    )


def test_unknown_values_are_left_to_the_exact_evaluator() -> None:
    unknown = Unknown(["var.x"])
    program = warm("object.a == 1 || object.b")
    assert program.evaluate({"object": {"a": unknown, "b": True}}) is True
    assert program.evaluate({"object": {"a": unknown, "b": False}}) == unknown
    assert program.evaluate({"object": PartialMap({"b": False}, unlisted=unknown)}) == unknown


def test_a_cost_limit_holds_on_both_paths() -> None:
    program = warm("object.l.all(x, object.l.all(y, x != y + 1000))")
    values = {"object": {"l": list(range(300))}}
    assert program.evaluate(values) is True
    assert program.measure(values).cost > 100_000
    outcome = program.evaluate(values, cost_limit=1000)
    assert isinstance(outcome, EvaluationError)
    assert outcome.kind == "cost_limit"
    assert program.evaluate(values, cost_limit=program.measure(values).cost) is True


@given(expressions, documents)
@settings(max_examples=400, deadline=None)
def test_the_fast_path_never_runs_beyond_the_limit(source: str, document: dict[str, Any]) -> None:
    try:
        program = warm(source)
    except CompileError:
        return
    values = {"object": document, "x": 1, "k": "a"}
    cost = program.measure(values).cost
    if cost:
        outcome = program.evaluate(values, cost_limit=cost - 1)
        assert isinstance(outcome, EvaluationError)
        assert outcome.kind == "cost_limit"


def test_bindings_are_inspected_once_for_many_programs() -> None:
    bindings = Bindings({"object": DEPLOYMENT})
    for source in ("object.spec.replicas == 3", "object.kind == 'Deployment'"):
        assert warm(source).evaluate(bindings) is True
    assert bindings.plain["object"] is DEPLOYMENT


def test_presence_is_asked_of_maps_only_by_both_evaluators_of_the_specification() -> None:
    program = Environment(specification=True).compile("{'k': dyn(null)}.?k.d.hasValue()")
    assert len({repr(program.evaluate({})) for _ in range(4)}) == 1


@pytest.mark.parametrize(
    "source",
    ["{}.x.hasValue()", "{'a': optional.of(1)}.b.hasValue()", "{'a': optional.of(1)}['b'].orValue(2)", "{'a': optional.of(1)}.a.value()"],
)
def test_an_entry_that_is_an_optional_is_read_alike_by_both_evaluators(source: str) -> None:
    program = Environment().compile(source)
    assert len({repr(program.evaluate({})) for _ in range(4)}) == 1


def test_odd_constants_warn_nobody() -> None:
    program = Environment({"a": "dyn"}).compile("null[0] == a || 1 == a")
    assert [program.evaluate({"a": 1}) for _ in range(3)] == [True] * 3  # warnings are errors here
