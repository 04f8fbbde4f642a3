from __future__ import annotations

from typing import Any

import pytest

from tests.normalise.terraform.plans import block, change, document, normalise, only


@pytest.mark.parametrize(
    ("actions", "operation"),
    [
        pytest.param(("create",), "create", id="create"),
        pytest.param(("update",), "update", id="update in place"),
        pytest.param(("delete", "create"), "replace", id="destroy before create"),
        pytest.param(("create", "delete"), "replace", id="create before destroy"),
        pytest.param(("create", "forget"), "replace", id="replace and leave the old one"),
        pytest.param(("no-op",), "none", id="nothing"),
        pytest.param(("delete",), "delete", id="delete"),
    ],
)
def test_the_list_of_actions_gives_the_operation(actions: tuple[str, ...], operation: str) -> None:
    values = {"instance_type": "m5.large"}
    entry = change("aws_instance.a", None if actions == ("delete",) else values, before=values, actions=actions)

    assert only(document(entry)).view["operation"] == operation


def test_what_is_imported_as_it_is_counts_as_an_update_without_change() -> None:
    values = {"instance_type": "p4d.24xlarge"}
    entry = change("aws_instance.a", values, before=values, actions=("no-op",))
    entry["change"]["importing"] = {"id": "i-1"}

    resources, notes = normalise(document(entry))

    resource = resources["aws_instance.a"]
    assert resource.view["operation"] == "update"
    assert resource.old_view is not None
    assert resource.old_view["gpu"] == resource.view["gpu"]
    assert notes == []


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(change("aws_instance.a", {}, mode="data"), id="a data source by its mode"),
        pytest.param(change("aws_ami.a", {}, mode="data", actions=("read",)), id="a data source that is read"),
        pytest.param(change("aws_instance.a", None, before={}, actions=("forget",)), id="a forgotten resource"),
        pytest.param(change("aws_instance.a", None, before={}, actions=("delete",), deposed="0badc0de"), id="a deposed object"),
        pytest.param(change("aws_instance.a", None, actions=("no-op",)), id="what is gone already"),
    ],
)
def test_what_is_not_a_living_managed_resource_is_left_out(entry: dict[str, Any]) -> None:
    resources, notes = normalise(document(entry))

    assert resources == {}
    assert "malformed-change" not in {note.code for note in notes}


def test_the_living_object_stays_beside_its_deposed_one() -> None:
    living = change("aws_instance.a", {"instance_type": "g5.xlarge"}, before={}, actions=("no-op",))
    left_over = change("aws_instance.a", None, before={"instance_type": "p4d.24xlarge"}, actions=("delete",), deposed="0badc0de")

    resources, _ = normalise(document(living, left_over, blocks=[block("aws_instance.a")]))

    assert resources["aws_instance.a"].view["instance_types"] == ["g5.xlarge"]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("text", id="no map"),
        pytest.param({"change": {"actions": ["create"], "after": {}}}, id="no address"),
        pytest.param(change("aws_instance.a", {}, actions=()), id="no actions"),
        pytest.param(change("aws_instance.a", {}, actions=("explode",)), id="an action that is not known"),
        pytest.param(change("aws_instance.a", None), id="nothing planned"),
    ],
)
def test_an_entry_that_is_no_change_is_told_and_hides_nothing(entry: Any) -> None:
    resources, notes = normalise({"resource_changes": [entry, change("aws_instance.b", {"instance_type": "m5.large"})]})

    assert list(resources) == ["aws_instance.b"]
    assert [(note.code, note.count) for note in notes] == [("malformed-change", 1)]


def test_deletions_are_counted() -> None:
    plan = document(*(change(f"aws_instance.a[{n}]", None, before={}, actions=("delete",)) for n in range(3)))

    assert [(note.code, note.count) for note in normalise(plan)[1]] == [("plan-deletes", 3), ("plan-without-changes", 1)]


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param({"format_version": "1.2"}, id="resource_changes is missing"),
        pytest.param({"format_version": "1.2", "resource_changes": None}, id="resource_changes is null"),
        pytest.param({"format_version": "1.2", "resource_changes": [], "resource_drift": [{}, {}]}, id="only drift"),
    ],
)
def test_a_plan_without_changes_says_so(plan: dict[str, Any]) -> None:
    resources, notes = normalise(plan)

    assert (resources, [note.code for note in notes]) == ({}, ["plan-without-changes"])


def test_drift_is_named_and_not_judged() -> None:
    _, notes = normalise({"resource_changes": [], "resource_drift": [change("aws_ebs_volume.a", {})]})

    assert notes[0].message == "the plan creates, updates and replaces nothing; 1 resource has drifted, which is not judged"


def test_an_incomplete_plan_counts_what_is_not_in_it() -> None:
    blocks = [block("aws_instance.a"), block("aws_instance.b"), block("aws_instance.c")]

    _, notes = normalise(document(change("aws_instance.a", {"instance_type": "m5.large"}), blocks=blocks, complete=False))

    assert [(note.code, note.count) for note in notes] == [("plan-incomplete", 2)]
    assert notes[0].message.startswith("2 resources are not in this plan")


def test_what_is_switched_off_is_not_missing_from_an_incomplete_plan() -> None:
    blocks = [
        block("aws_instance.a"),
        block("aws_instance.b", count_expression={"constant_value": 0}),
        block("aws_instance.c", for_each_expression={"references": ["var.none"]}),
        block("aws_instance.d", count_expression={"references": ["var.many"]}),
    ]
    calls = {"m": {"count_expression": {"constant_value": 0}, "module": {"resources": [block("aws_instance.e")]}}}
    entry = change("aws_instance.a", {"instance_type": "m5.large"})

    variables = {"none": {"value": {}}, "many": {"value": 2}}
    _, notes = normalise(document(entry, blocks=blocks, complete=False, variables=variables, root={"module_calls": calls}))

    assert notes[0].message.startswith("1 resource is not in this plan")


def test_the_origin_points_at_the_entry() -> None:
    plan = document(change("aws_instance.a", {}), change("aws_instance.b", {}))

    assert normalise(plan)[0]["aws_instance.b"].origin.pointer == "/resource_changes/1"


def test_the_view_before_is_that_of_the_prior_values() -> None:
    entry = change("aws_instance.a", {"instance_type": "g5.12xlarge"}, before={"instance_type": "g5.xlarge"}, actions=("update",))

    resource = only(document(entry))

    assert resource.old_view is not None
    assert (resource.old_view["gpu"]["count"], resource.view["gpu"]["count"]) == (1.0, 4.0)
