from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.view.schema import blank_view, declares, faults_of, field_at, unknown_paths, view_fields


def complete_view() -> dict[str, Any]:
    view = blank_view()
    view.update(
        source="kubernetes",
        surface="manifest",
        provider="kubernetes",
        kind="Job",
        group="batch",
        **{"class": "batch"},
        controller="job",
        billable=True,
        id="batch/Job/ml/train",
        operation="create",
        controlled=False,
        taggable=True,
        environment="dev",
        environment_source="home",
        uses_gpu=True,
        purchase="spot",
    )
    view["pod"].update(restart_policy="Never")
    view["batch"].update(retries=2, retries_bounded=True)
    view["gpu"].update(count=8.0, total_min=8.0, total_max=24.0)
    view["units"].update(min=1, max=3, desired=3, surge=0, bounded=True)
    return view


def test_a_complete_view_keeps_to_the_schema() -> None:
    assert faults_of(complete_view()) == []


def test_every_field_names_a_reader() -> None:
    unread = [name for name, field in view_fields().items() if field.type != "message" and not field.read_by]
    assert unread == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param({"kind": 5}, "kind: int instead of string", id="a number where text belongs"),
        pytest.param({"billable": 1}, "billable: int instead of bool", id="one is not true"),
        pytest.param({"class": "gadget"}, "class: 'gadget' is none of compute", id="a value outside the closed list"),
        pytest.param({"colour": "red"}, "colour: not declared", id="a field that nobody declared"),
        pytest.param({"kind": Unknown(["x"])}, "kind: may not be unknown", id="an unknown where the schema forbids it"),
        pytest.param({"tags": ["team"]}, "tags: list instead of a map", id="a list where a map belongs"),
        pytest.param({"regions": "eu"}, "regions: str instead of a list", id="text where a list belongs"),
        pytest.param({"regions": [3]}, "regions[0]: int instead of string", id="a wrong member of a list"),
        pytest.param({"tags": {"team": 7}}, "tags.team: int instead of string", id="a wrong value in a map"),
        pytest.param(
            {"pod_sets": [{"name": "main"}]},
            "pod_sets[0].units_min: missing, though it is never unset",
            id="a message in a list lacks a member",
        ),
    ],
)
def test_what_breaks_the_schema_is_named(change: dict[str, Any], fault: str) -> None:
    found = faults_of({**complete_view(), **change})
    assert any(text.startswith(fault) for text in found), found


def test_a_missing_field_that_is_never_unset_is_a_fault() -> None:
    view = complete_view()
    del view["environment"]
    assert faults_of(view) == ["environment: missing, though it is never unset"]


@pytest.mark.parametrize(
    ("path", "undeclared"),
    [
        pytest.param("gpu.total_max", None, id="a member of a message"),
        pytest.param("gpu.totl_max", "gpu.totl_max", id="a misspelt member"),
        pytest.param("nope", "nope", id="a field at the top that does not exist"),
        pytest.param("tags.team", None, id="a key of a map is anybody's guess"),
        pytest.param("kind.length", "kind.length", id="nothing is below a scalar"),
        pytest.param("target.gpu.count", None, id="a nested view has the same fields"),
        pytest.param("target.autoscaler", "target.autoscaler", id="a nested view nests no further"),
    ],
)
def test_only_declared_fields_can_be_read(path: str, undeclared: str | None) -> None:
    assert declares(path.split(".")) == undeclared


def test_a_field_is_found_by_its_path() -> None:
    found = field_at(("gpu", "total_max"))
    assert found is not None
    assert (found.path, found.type) == ("gpu.total_max", "double")


def test_unknown_paths_lists_scalars_keys_and_open_maps() -> None:
    view = complete_view()
    view["region"] = Unknown(["var.region"])
    view["regions"] = [Unknown(["var.region"])]
    view["tags"] = PartialMap({"team": "vision", "model": Unknown(["var.model"])}, maybe={"project": Unknown(["run:namespace"])})
    view["raw_tags"] = PartialMap(unlisted=Unknown(["local.tags"]))
    view["gpu"]["count"] = Unknown(["var.type"])
    assert unknown_paths(view) == {
        "gpu.count": ["var.type"],
        "raw_tags": ["local.tags"],
        "region": ["var.region"],
        "regions": ["var.region"],
        "tags.model": ["var.model"],
        "tags.project": ["run:namespace"],
    }
