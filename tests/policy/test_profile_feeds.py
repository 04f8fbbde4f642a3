"""What a profile feeds, and what it comes to in every environment."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.policy.library import checked_policies
from guardrail.policy.profile_feeds import ENGINE_PARTS, Given, Value, described, effective_values, feeds_of
from guardrail.policy.schema import resolves
from tests.policy.samples import RUNTIME, policy, profile, starter, validation

CAPS = policy(
    "caps",
    params={
        "max": {
            "from": "replicas.max",
            "by": "environment",
            "type": "object",
            "default": {"dev": {"gpu": 1, "cpu": 2}, "prod": {"gpu": 4, "cpu": 9}},
        }
    },
    validations=[validation(expression='resource.units.max <= params.max[resource.environment]["cpu"]')],
)
REGIONS = policy(
    "regions",
    params={"approved": {"from": "regions.approved", "by": "environment", "type": "object", "required": True}},
    validations=[validation(expression="resource.regions.all(r, r in params.approved[resource.environment])", field="resource.regions")],
)
FEEDS = feeds_of(checked_policies([CAPS, REGIONS], RUNTIME))


def values_below(part: str, **parts: Any) -> dict[str, tuple[Any, str, str]]:
    values = effective_values(profile(**parts), FEEDS)
    return {".".join(map(str, v.path)): (v.value, v.given.value, v.origin) for v in values if v.path[0] == part}


def test_feeds_say_who_waits_and_who_has_a_default() -> None:
    assert [(feed.path, feed.policy, feed.by_environment, feed.wakes) for feed in FEEDS] == [
        ("regions.approved", "regions", True, True),
        ("replicas.max", "caps", True, False),
    ]


def test_an_environment_without_an_entry_gets_the_strictest() -> None:
    found = values_below("regions", regions={"approved": {"dev": ["eu-north-1", "eu-west-1"], "test": ["eu-west-1"]}})
    assert found["regions.approved.dev"] == (["eu-north-1", "eu-west-1"], "stated", "profile.yaml:1:153")
    assert found["regions.approved.prod"] == (["eu-west-1"], "completed", "the strictest of dev, test")
    assert "regions.approved.default" not in found


def test_a_default_entry_holds_for_the_others() -> None:
    found = values_below("regions", regions={"approved": {"default": ["eu-west-1"], "dev": ["eu-north-1"]}})
    assert found["regions.approved.test"] == (["eu-west-1"], "completed", "as regions.approved.default")


def test_a_shipped_default_is_completed_too() -> None:
    found = values_below("replicas")
    assert found["replicas.max.prod.gpu"] == (4, "default", "default of caps")
    assert found["replicas.max.test.gpu"] == (1, "completed", "the strictest of dev, prod")


def test_a_required_part_that_is_missing_has_no_value() -> None:
    assert [path for path in values_below("regions") if path.startswith("regions.approved")] == []


def test_the_starter_judges_what_names_no_environment_most_leniently() -> None:
    values = effective_values(starter(), FEEDS)
    assert Value(("replicas", "max", "default", "cpu"), 9, Given.COMPLETED, "the most lenient of dev, prod") in values


def test_entries_of_a_registry_have_their_own_places() -> None:
    found = values_below("clusters", clusters=[{"name": "a"}, {"name": "b", "environment": "dev"}])
    assert found["clusters.1"] == ({"name": "b", "environment": "dev"}, "stated", "profile.yaml:1:149")


@pytest.mark.parametrize("path", sorted(ENGINE_PARTS))
def test_what_guardrail_reads_is_something_a_profile_may_have(path: str) -> None:
    assert resolves(path.split("."))


def test_a_part_is_described_by_the_schema() -> None:
    assert described("regions.approved") == "Approved regions; by environment"
    assert described("moon.base") == ""
