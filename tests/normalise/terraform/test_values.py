from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.terraform.changes import read_changes
from guardrail.normalise.terraform.configuration import Configuration
from guardrail.normalise.terraform.values import Values, flag, text, whole
from guardrail.view.schema import UNBOUNDED
from tests.normalise.terraform.plans import block, change, document


def values_of(plan: dict[str, Any]) -> Values:
    return read_changes(plan, Configuration(plan), "plan.json").found[0].now


def planned(after: dict[str, Any], unknown: dict[str, Any], expressions: dict[str, Any], variables: dict[str, Any] | None = None) -> Values:
    plan = document(
        change("aws_instance.a", after, unknown=unknown),
        blocks=[block("aws_instance.a", expressions)],
        variables={name: {"value": value} for name, value in (variables or {}).items()},
    )
    return values_of(plan)


@pytest.mark.parametrize(
    ("after", "unknown", "expressions", "expected"),
    [
        pytest.param({"x": 1}, {}, {}, 1, id="known"),
        pytest.param({"x": None}, {}, {}, None, id="null is unset"),
        pytest.param({}, {}, {}, None, id="missing is unset"),
        pytest.param({}, {"x": True}, {}, None, id="computed because the author left it out"),
        pytest.param(
            {}, {"x": True}, {"x": ("aws_eip.a.id", "aws_eip.a")}, Unknown(("aws_eip.a.id",)), id="by reference, longest name only"
        ),
        pytest.param({}, {"x": True}, {"x": ("local.a", "data.b.c")}, Unknown(("data.b.c", "local.a")), id="several references"),
        pytest.param(
            {"x": {"a": "1"}}, {"x": {"b": True}}, {"x": ("local.t",)}, PartialMap({"a": "1", "b": Unknown(("local.t",))}), id="map entry"
        ),
        pytest.param({"x": ["a", None]}, {"x": [False, True]}, {"x": ("local.t",)}, ["a", Unknown(("local.t",))], id="list element"),
        pytest.param({}, {"x": True}, {"x": ("var.absent",)}, None, id="a variable that is null"),
        pytest.param({}, {"x": True}, {"x": ("var.size",)}, Unknown(("var.size",)), id="a variable with a value, in an expression"),
    ],
)
def test_an_attribute_is_known_unset_or_unknown(
    after: dict[str, Any], unknown: dict[str, Any], expressions: dict[str, Any], expected: Any
) -> None:
    found = planned(after, unknown, expressions, {"absent": None, "size": "large"}).get("x")

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        pytest.param({"pool": [{"max": ("local.max",)}]}, Unknown(("local.max",)), id="the block's own expression"),
        pytest.param({"pool": [{"min": 1}]}, None, id="left out in a written block"),
        pytest.param({}, Unknown(("pool",)), id="a dynamic block, which configuration does not show"),
        pytest.param({"pool": ("local.pools",)}, Unknown(("local.pools",)), id="a block written as an attribute"),
    ],
)
def test_an_attribute_of_a_block_is_known_unset_or_unknown(expressions: dict[str, Any], expected: Any) -> None:
    pool = planned({"pool": [{"min": 1}]}, {"pool": [{"max": True}]}, expressions).block("pool")

    assert isinstance(pool, Values)
    assert pool.get("max") == expected
    assert pool.point("max") == "/change/after/pool/0/max"


def test_a_single_object_is_a_list_of_one() -> None:
    blocks = planned({"pool": {"min": 1}}, {}, {}).blocks("pool")

    assert isinstance(blocks, list)
    assert [(inner.get("min"), inner.point("a/b")) for inner in blocks] == [(1, "/change/after/pool/a~1b")]


def test_an_unknown_without_configuration_is_unknown() -> None:
    values = values_of({"resource_changes": [change("aws_instance.a", {}, unknown={"x": True})]})

    assert values.get("x") == Unknown(("aws_instance.a",))


def test_a_reference_in_a_module_is_named_as_the_root_sees_it() -> None:
    module = {"resources": [block("aws_instance.a", {"x": ("var.size",), "y": ("aws_eip.b.id", "aws_eip.b")})]}
    plan = document(
        change("module.m.aws_instance.a", {}, unknown={"x": True, "y": True}),
        blocks=[],
        root={"module_calls": {"m": {"expressions": {"size": {"references": ["aws_ssm_parameter.size.value"]}}, "module": module}}},
    )

    values = values_of(plan)

    assert values.get("x") == Unknown(("aws_ssm_parameter.size.value",))
    assert values.get("y") == Unknown(("module.m.aws_eip.b.id",))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(3, 3, id="a number"),
        pytest.param("3", 3, id="a number as text"),
        pytest.param(3.0, 3, id="a whole float"),
        pytest.param(3.5, None, id="half a machine"),
        pytest.param(True, None, id="a flag"),
        pytest.param("many", None, id="a word"),
        pytest.param(1e300, UNBOUNDED, id="beyond any limit"),
        pytest.param(Unknown(("a",)), Unknown(("a",)), id="unknown"),
    ],
)
def test_a_whole_number_is_read_from_what_plans_write(value: Any, expected: Any) -> None:
    assert whole(value) == expected


def test_texts_and_flags_keep_the_unknown() -> None:
    unknown = Unknown(("a",))

    assert (text(unknown), flag(unknown)) == (unknown, unknown)
    assert (text(""), text(3), text("a")) == (None, None, "a")
    assert (flag("true"), flag(None), flag(True)) == (True, False, True)  # noqa: FBT003 - the value that is read
