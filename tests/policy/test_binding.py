"""Parameters: where they come from, and how a map by environment is completed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.errors import ProfileError
from guardrail.policy.binding import complete
from guardrail.policy.catalogue import GPU_SYSTEM_NAMESPACES, SYSTEM_NAMESPACES, TAG_KEYS
from guardrail.policy.profile import Profile, load_profile, starter
from tests.policy.samples import library, policy, profile, validation


def params(declared: dict[str, Any], given: Profile | None = None) -> Any:
    return library(policy(params=declared), given=given).policies[0].params


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        pytest.param({"dev": 1, "test": 2, "prod": 3}, 1, id="the smallest maximum"),
        pytest.param({"dev": 1, "default": 9}, 9, id="the entry default where it is written"),
        pytest.param({"dev": {"min": 1, "max": 5}, "prod": {"min": 3, "max": 9}}, {"min": 3, "max": 5}, id="the largest minimum"),
        pytest.param({"dev": {"min_nodes": 1}, "prod": {"min_nodes": 0}}, {"min_nodes": 1}, id="a minimum by the start of its name"),
        pytest.param({"dev": ["a", "b"], "prod": ["b", "c"]}, ["b"], id="the intersection of lists"),
        pytest.param({"dev": ["a"], "prod": ["b"]}, [], id="an empty intersection"),
        pytest.param(
            {"dev": {"default": 2, "train": 8}, "prod": {"default": 8, "sweep": 16}},
            {"default": 2, "train": 8, "sweep": 2},
            id="a missing key counts with default",
        ),
        pytest.param({"dev": {"gpu": {"a": 1}}, "prod": {"gpu": {"a": 0}}}, {"gpu": {"a": 0}}, id="maps within maps"),
        pytest.param({"dev": "x", "prod": "y"}, "y", id="words have no order: the strictest environment's"),
        pytest.param({}, None, id="no entry at all"),
    ],
)
def test_the_strictest_entry(entries: dict[str, Any], wanted: Any) -> None:
    assert complete(entries, ["other"]).get("other") == wanted


def test_without_a_profile_the_default_is_the_most_lenient() -> None:
    made = complete({"dev": {"gpu": 2}, "prod": {"gpu": 20}}, ["dev", "test", "prod", "default"], lenient_default=True)
    assert made == {"dev": {"gpu": 2}, "prod": {"gpu": 20}, "test": {"gpu": 2}, "default": {"gpu": 20}}
    assert complete({"dev": ["a"], "prod": ["b"]}, ["default"], lenient_default=True)["default"] == ["a", "b"]


@given(
    entries=st.dictionaries(st.sampled_from(["dev", "test", "prod"]), st.integers(0, 9), min_size=1),
    names=st.lists(st.sampled_from(["dev", "test", "prod", "other", "default"]), unique=True),
)
def test_a_completed_map_has_every_name_and_keeps_what_is_written(entries: dict[str, int], names: list[str]) -> None:
    made = complete(entries, names)
    assert set(made) == set(entries) | set(names)
    assert all(made[name] == value for name, value in entries.items())
    assert all(made[name] <= value for name in set(names) - set(entries) for value in entries.values())


def test_the_profile_feeds_a_parameter() -> None:
    declared = {"cap": {"from": "replicas.max", "type": "object", "by": "environment", "default": {"default": {"gpu": 1, "cpu": 1}}}}
    given = profile(replicas={"max": {"dev": {"gpu": 2, "cpu": 10}, "prod": {"gpu": 4, "cpu": 5}}})
    assert params(declared, given)["cap"] == {
        "dev": {"gpu": 2, "cpu": 10},
        "prod": {"gpu": 4, "cpu": 5},
        "test": {"gpu": 2, "cpu": 5},
        "default": {"gpu": 2, "cpu": 5},
    }
    assert params(declared)["cap"]["test"] == {"gpu": 1, "cpu": 1}


def test_a_table_of_the_product_may_be_the_default() -> None:
    declared = {"keys": {"from": "tags.keys", "type": "object", "default": {"catalogue": "tag-keys"}}}
    assert params(declared)["keys"] == TAG_KEYS
    own = {"team": {"kubernetes": ["squad"]}}
    assert params(declared, profile(tags={"keys": own}))["keys"] == own


def test_every_policy_gets_four_parameters() -> None:
    bound = params({})
    assert bound["environments"] == ["dev", "test", "prod"]
    assert bound["system_namespaces"] == list(SYSTEM_NAMESPACES)
    assert bound["gpu_system_namespaces"] == list(GPU_SYSTEM_NAMESPACES)
    assert bound["clusters"] == []
    own = profile(kubernetes={"system_namespaces": ["infra"]}, clusters=[{"name": "a"}])
    assert params({}, own)["system_namespaces"] == ["infra"]
    assert params({}, own)["clusters"] == [{"name": "a"}]


def test_a_profile_without_environments_has_one() -> None:
    bare = load_profile([("p.yaml", "apiVersion: guardrail.dev/v1\nkind: Profile\n")], "p.yaml")
    made = library(policy(), given=bare)
    assert made.environments == ("default",)
    assert made.policies[0].params["environments"] == ["default"]
    assert set(made.policies[0].validations[0].actions) == {"default"}


def test_a_value_of_the_wrong_shape_is_a_fault_in_the_profile() -> None:
    declared = {"limits": {"from": "gpu.max_per_unit", "required": True, "type": "object", "additionalProperties": {"type": "integer"}}}
    text = "apiVersion: guardrail.dev/v1\nkind: Profile\ngpu:\n  max_per_unit: {dev: 1, prod: many}\n"
    with pytest.raises(ProfileError) as caught:
        library(policy(params=declared), given=load_profile([("p.yaml", text)], "p.yaml"))
    assert str(caught.value) == "p.yaml:4:32: gpu.max_per_unit.prod: expected a whole number, found many (params.limits of small-things)"


REQUIRED = {"regions": {"from": "regions.approved", "required": True, "type": "object"}}
OPTIONAL = {"families": {"from": "gpu.families", "optional": True, "type": "object"}}


def test_a_policy_without_its_required_facts_is_dormant() -> None:
    made = library(policy(params=REQUIRED))
    assert made.policies[0].dormant
    assert [(waits.policy, waits.needs) for waits in made.dormant] == [("small-things", ("regions.approved",))]
    awake = library(policy(params=REQUIRED), given=profile(regions={"approved": {"dev": []}}))
    assert not awake.policies[0].dormant
    assert awake.dormant == ()


def test_a_missing_optional_fact_makes_only_its_readers_dormant() -> None:
    source = policy(
        params=OPTIONAL,
        variables=[{"name": "known", "expression": "params.families.dev"}],
        validations=[
            validation("direct", expression="'x' in params.families"),
            validation("by-variable", expression="'x' in variables.known"),
            validation("other"),
        ],
    )
    made = library(source)
    assert [(one.name, one.dormant) for one in made.policies[0].validations] == [("direct", True), ("by-variable", True), ("other", False)]
    assert not made.policies[0].dormant
    assert made.dormant[0].needs == ("gpu.families",)


def test_a_policy_that_waits_for_a_profile_names_what_it_would_read() -> None:
    source = policy(noProfile={"action": "dormant"}, params={"cap": {"from": "replicas.max", "type": "object", "default": {}}})
    made = library(source, given=starter())
    assert made.policies[0].dormant
    assert made.dormant[0].needs == ("replicas.max",)
