"""Unknown values: what they make unknown, and what absorbs them."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel import Environment, EvaluationError, PartialMap, Unknown

REGION, SIZE = Unknown(["var.region"]), Unknown(["var.size"])
VALUES: dict[str, Any] = {
    "r": {
        "region": REGION,
        "size": SIZE,
        "name": "web",
        "zones": ["a", REGION],
        "sets": [{"kind": "gpu", "count": SIZE}, {"kind": "cpu", "count": 1}],
        "tags": PartialMap({"team": "ml", "owner": SIZE}),
        "open": PartialMap({"team": "ml"}, unlisted=REGION),
        "maybe": PartialMap({"team": "ml"}, maybe={"env": SIZE}),
    },
}
ENVIRONMENT = Environment({"r": "dyn"})


def run(source: str) -> Any:
    return ENVIRONMENT.compile(source).evaluate(VALUES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("r.region", REGION, id="a value is unknown"),
        pytest.param("r.region.sub.field", REGION, id="what is inside an unknown is unknown"),
        pytest.param("has(r.region)", REGION, id="presence of an unknown field is unknown"),
        pytest.param("r.region + r.size", REGION | SIZE, id="a sum of two unknowns has the references of both"),
        pytest.param("r.region.startsWith('eu') || r.name == 'x'", REGION, id="a false side does not decide"),
        pytest.param("r.region.startsWith('eu') || r.name == 'web'", True, id="a true side absorbs"),
        pytest.param("r.region == 'x' && r.name == 'x'", False, id="a false side absorbs"),
        pytest.param("r.region == 'x' && r.nope == 1", REGION, id="beside an error the unknown stands"),
        pytest.param("r.nope == r.region", REGION, id="an unknown operand wins over an error operand"),
        pytest.param("r.region == 'x' ? 1 : 2", REGION, id="an unknown condition"),
        pytest.param("r.name == 'web' ? 1 : r.size", 1, id="a branch that is not chosen"),
        pytest.param("r.zones.exists(z, z == 'a')", True, id="a known element settles exists"),
        pytest.param("r.zones.all(z, z == 'b')", False, id="a known element settles all"),
        pytest.param("r.zones.all(z, z == 'a')", REGION, id="all needs the unknown element"),
        pytest.param("'a' in r.zones", REGION, id="membership in a list with an unknown element"),
        pytest.param("size(r.zones)", REGION, id="size of a list with an unknown element"),
        pytest.param("r.zones.map(z, 1)", REGION, id="map over a list with an unknown element"),
        pytest.param("r.zones[0]", "a", id="a known element can be read"),
        pytest.param("r.zones == ['a']", REGION, id="equality of a list with an unknown element"),
        pytest.param("r.sets.size()", 2, id="elements are known though a field of one is not"),
        pytest.param("r.sets.map(s, s.kind)", ["gpu", "cpu"], id="known fields of all elements"),
        pytest.param("r.sets.map(s, s.count)", SIZE, id="one unknown field"),
        pytest.param("r.sets == []", SIZE, id="equality looks inside"),
        pytest.param("'owner' in r.tags", True, id="a key with an unknown value exists"),
        pytest.param("r.tags.owner", SIZE, id="its value is unknown"),
        pytest.param("'nope' in r.tags", False, id="a key that is not in a closed map"),
        pytest.param("'nope' in r.open", REGION, id="a key that is not listed in an open map"),
        pytest.param("'team' in r.open", True, id="a key that is listed in an open map"),
        pytest.param("r.open.exists(k, k == 'team')", True, id="a listed key settles exists"),
        pytest.param("r.open.all(k, k == 'team')", REGION, id="all needs the keys that nobody knows"),
        pytest.param("size(r.open)", REGION, id="the size of an open map"),
        pytest.param("'env' in r.maybe", SIZE, id="a key whose presence is unknown"),
        pytest.param("'nope' in r.maybe", False, id="other keys are known"),
        pytest.param("r.?region.orValue('x')", REGION, id="an optional selection of an unknown"),
        pytest.param("[r.region, 'a']", REGION, id="a list literal with an unknown"),
        pytest.param("{'a': r.region}", REGION, id="a map literal with an unknown"),
        pytest.param("cel.bind(x, r.region, true || x == 'a')", True, id="an unknown that is bound and not needed"),
        pytest.param("type(r.region) == string", REGION, id="the type of an unknown"),
    ],
)
def test_unknown(source: str, expected: Any) -> None:
    assert run(source) == expected


def test_an_error_stays_an_error_where_nothing_is_unknown() -> None:
    assert isinstance(run("r.nope == 1"), EvaluationError)
