"""What of a view is known, and expressions beside what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.cel import Environment
from guardrail.cel.bindings import Bindings, NotPlain
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.known import Shapes, Touch, guarded, known_part

NOT_KNOWN = Unknown(["var.x"])
ENVIRONMENT = Environment({"resource": "dyn", "variables": "map(string, dyn)"})


@pytest.mark.parametrize(
    ("view", "known", "missing"),
    [
        pytest.param({"a": 1, "b": {"c": [1, {"d": 2}]}}, {"a": 1, "b": {"c": [1, {"d": 2}]}}, [], id="nothing is missing"),
        pytest.param({"a": NOT_KNOWN, "b": 1}, {"b": 1}, ["a"], id="a value"),
        pytest.param({"b": {"c": NOT_KNOWN, "d": 1}}, {"b": {"d": 1}}, ["b.c"], id="a value inside a map"),
        pytest.param({"b": [1, {"c": [NOT_KNOWN]}], "d": 1}, {"d": 1}, ["b"], id="a list with something unknown in it"),
        pytest.param({"b": PartialMap({"c": 1}, unlisted=NOT_KNOWN)}, {}, ["b"], id="a map that may have more keys"),
        pytest.param({"b": PartialMap({"c": 1}, maybe={"d": NOT_KNOWN})}, {}, ["b"], id="a map with a key that may be there"),
        pytest.param({"b": PartialMap({"c": 1, "d": NOT_KNOWN})}, {"b": {"c": 1}}, ["b.d"], id="a map of which one value is unknown"),
        pytest.param({"b": PartialMap({"c": 1})}, {"b": {"c": 1}}, [], id="a map of which all turned out to be known"),
    ],
)
def test_known_part(view: dict[str, Any], known: dict[str, Any], missing: list[str]) -> None:
    found, lacks = known_part("resource", view)
    assert found == known
    assert not any(isinstance(member, PartialMap) for member in found.values())
    assert [".".join(path) for path in lacks] == [f"resource.{path}" for path in missing]


def test_a_view_in_which_everything_is_known_is_not_copied() -> None:
    view = {"a": 1, "b": {"c": [1]}}
    assert known_part("resource", view)[0] is view


@pytest.mark.parametrize(
    ("source", "touch"),
    [
        ("resource.b == 1", Touch.NOTHING),
        ("resource.a.x == 1", Touch.NOTHING),
        ("resource.a.b", Touch.LEAVES),
        ("resource.b == 1 || has(resource.a.b)", Touch.LEAVES),
        ("resource.a.b.c == 1", Touch.LEAVES),
        ("resource.a == {}", Touch.WHOLE),
        ("'a' in resource", Touch.WHOLE),
        ("resource['a'] == 1", Touch.WHOLE),
        ("[resource].exists(r, r.a.b)", Touch.WHOLE),
        ("resource.?a.b.hasValue()", Touch.LEAVES),
    ],
)
def test_how_an_expression_meets_what_is_missing(source: str, touch: Touch) -> None:
    shapes, missing = Shapes(), (("resource", "a", "b"),)
    assert shapes.touches(ENVIRONMENT.compile(source), missing, shapes.memo(missing)) is touch


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda made: made["gone"], id="reading"),
        pytest.param(lambda made: "gone" in made, id="presence"),
        pytest.param(len, id="size"),
        pytest.param(list, id="keys"),
        pytest.param(dict, id="a copy"),
        pytest.param(lambda made: made == {}, id="comparing"),
        pytest.param(lambda made: made["inner"]["gone"], id="reading below"),
    ],
)
def test_what_was_left_out_cannot_be_overlooked(use: Any) -> None:
    known, missing = known_part("v", {"gone": NOT_KNOWN, "inner": {"gone": NOT_KNOWN, "there": 1}})
    made = guarded(known, missing)
    assert made["inner"]["there"] == 1
    with pytest.raises(NotPlain):
        use(made)


_LEAVES = st.sampled_from([1, "x", True, None, [1], NOT_KNOWN, PartialMap({"a": 1}, maybe={"b": NOT_KNOWN}), [NOT_KNOWN]])
_VIEWS = st.dictionaries(st.sampled_from("abc"), _LEAVES | st.dictionaries(st.sampled_from("abc"), _LEAVES, max_size=3), max_size=3)
_CHAINS = st.sampled_from(["resource.a", "resource.b.a", "resource.c.b", "resource.b", "resource"])
_TESTS = st.builds(
    lambda chain, form: form.replace("@", chain if chain != "resource" or form == "@ == 1" else "resource.a").replace("?", ".?", 1),
    _CHAINS,
    st.sampled_from(
        ["@ == 1", "has(@)", "@ in [1, 'x']", "@ != 'x'", "size(@) > 0", "!has(@)", "resource?b.a.hasValue()", "resource?c.orValue(1) == 1"]
    ),
)
_EXPRESSIONS = st.builds(" ".join, st.tuples(_TESTS, st.sampled_from(["||", "&&"]), _TESTS))


@given(_EXPRESSIONS, _VIEWS)
@settings(max_examples=400, deadline=None)
def test_the_known_part_gives_what_the_whole_gives(source: str, view: dict[str, Any]) -> None:
    program = ENVIRONMENT.compile(source)
    known, missing = known_part("resource", view)
    shapes = Shapes()
    touch = shapes.touches(program, missing, shapes.memo(missing))
    wanted = repr(program.evaluate({"resource": view}))
    bindings = Bindings({"resource": known if touch is Touch.NOTHING else view})
    if touch is Touch.LEAVES:
        bindings.inspected("resource")
        bindings.plain["resource"] = guarded(known, missing)
    for _ in range(3):  # the generated function takes over after the first
        assert repr(program.evaluate(bindings)) == wanted
