"""Actions by environment: shipped words, packs, overrides, the ceiling, and no profile."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.errors import ProfileError
from guardrail.policy.compiled import UpdateMode, WhenUnknown
from tests.policy.samples import library, only, policy, profile, starter, validation

SHIPPED = {"dev": "warn", "test": "deny", "prod": "deny"}


def actions(spec: dict[str, Any], enforcement: dict[str, Any]) -> dict[str, str | None]:
    found = only(policy(**spec), profile(enforcement=enforcement)).actions
    return {name: None if action is None else action.value for name, action in found.items()}


@pytest.mark.parametrize(
    ("spec", "enforcement", "wanted"),
    [
        pytest.param({}, {}, {**SHIPPED, "default": "deny"}, id="the shipped actions, the strictest for default"),
        pytest.param({"actions": "warn"}, {}, dict.fromkeys(["dev", "test", "prod", "default"], "warn"), id="one word for all"),
        pytest.param(
            {"actions": {"prod": "audit", "default": "warn"}},
            {},
            {"dev": "warn", "test": "warn", "prod": "audit", "default": "warn"},
            id="the entry default",
        ),
        pytest.param(
            {"actions": {"dev": "n/a", "prod": "warn"}},
            {},
            {"dev": None, "test": "warn", "prod": "warn", "default": "warn"},
            id="n/a is no entry for others",
        ),
        pytest.param(
            {"validations": [validation(actions={"prod": "audit"})]},
            {},
            {"dev": "warn", "test": "deny", "prod": "audit", "default": "deny"},
            id="a validation's own word",
        ),
        pytest.param({}, {"packs": {"sizes": "audit"}}, dict.fromkeys(["dev", "test", "prod", "default"], "audit"), id="a pack lowers"),
        pytest.param(
            {}, {"packs": {"sizes": {"dev": "deny"}}}, {**SHIPPED, "dev": "deny", "default": "deny"}, id="a pack raises one environment"
        ),
        pytest.param(
            {},
            {"packs": {"sizes": {"default": "audit"}}},
            dict.fromkeys(["dev", "test", "prod", "default"], "audit"),
            id="a pack's default",
        ),
        pytest.param({}, {"packs": {"other": "audit"}}, {**SHIPPED, "default": "deny"}, id="another pack"),
        pytest.param(
            {},
            {"packs": {"sizes": "audit"}, "overrides": {"small-things": {"prod": "deny"}}},
            {"dev": "audit", "test": "audit", "prod": "deny", "default": "audit"},
            id="a policy wins over its pack",
        ),
        pytest.param(
            {},
            {"overrides": {"small-things": "audit", "small-things/too-large": {"dev": "deny"}}},
            {"dev": "deny", "test": "audit", "prod": "audit", "default": "audit"},
            id="a validation wins over its policy",
        ),
        pytest.param(
            {}, {"overrides": {"small-things": {"dev": "n/a"}}}, {**SHIPPED, "dev": None, "default": "deny"}, id="an override switches off"
        ),
        pytest.param(
            {"actions": {"dev": "n/a", "prod": "deny"}},
            {"packs": {"sizes": {"dev": "warn"}}},
            {"dev": None, "test": "deny", "prod": "deny", "default": "deny"},
            id="a pack does not switch on",
        ),
        pytest.param(
            {"actions": {"dev": "n/a", "prod": "deny"}},
            {"overrides": {"small-things": "warn"}},
            {"dev": None, "test": "warn", "prod": "warn", "default": "warn"},
            id="a word for all does not switch on",
        ),
        pytest.param(
            {"actions": {"dev": "n/a", "prod": "deny"}},
            {"overrides": {"small-things": {"dev": "warn"}}},
            {"dev": "warn", "test": "deny", "prod": "deny", "default": "deny"},
            id="naming policy and environment switches on",
        ),
        pytest.param({}, {"ceiling": "warn"}, dict.fromkeys(["dev", "test", "prod", "default"], "warn"), id="the ceiling caps"),
        pytest.param(
            {},
            {"ceiling": "audit", "overrides": {"small-things": "deny"}},
            dict.fromkeys(["dev", "test", "prod", "default"], "audit"),
            id="the ceiling caps overrides too",
        ),
        pytest.param({}, {"ceiling": "deny"}, {**SHIPPED, "default": "deny"}, id="the highest ceiling changes nothing"),
        pytest.param(
            {"exceptions": {"allowed": False}},
            {"packs": {"sizes": "audit"}},
            {**SHIPPED, "default": "deny"},
            id="what may not be excepted is not lowered",
        ),
        pytest.param(
            {"exceptions": {"allowed": False}},
            {"packs": {"sizes": "deny"}},
            dict.fromkeys(["dev", "test", "prod", "default"], "deny"),
            id="but raised",
        ),
        pytest.param(
            {"exceptions": {"allowed": False}},
            {"ceiling": "audit"},
            dict.fromkeys(["dev", "test", "prod", "default"], "audit"),
            id="and capped",
        ),
        pytest.param(
            {},
            {"not_exceptable_extra": ["small-things"], "packs": {"sizes": "audit"}},
            {**SHIPPED, "default": "deny"},
            id="as the organisation adds",
        ),
    ],
)
def test_actions(spec: dict[str, Any], enforcement: dict[str, Any], wanted: dict[str, str | None]) -> None:
    assert actions(spec, enforcement) == wanted


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [
        pytest.param({"small-thing": "warn"}, "profile.yaml:1:", id="a slip of the pen"),
        pytest.param(
            {"small-things/too-lage": "warn"},
            "small-things has no validation too-lage (did you mean too-large?)",
            id="a validation that is not there",
        ),
    ],
)
def test_overrides_of_nothing_are_faults(overrides: dict[str, str], wanted: str) -> None:
    with pytest.raises(ProfileError, match="did you mean") as caught:
        library(policy(), given=profile(enforcement={"overrides": overrides}))
    assert wanted in str(caught.value)


def test_overrides_of_policies_of_another_version_are_told() -> None:
    made = library(policy(), given=profile(enforcement={"overrides": {"uptime-window": "warn", "uptime-window/late": "warn"}}))
    assert [(note.code, note.message.rpartition(": ")[2]) for note in made.notes] == [("profile-names-no-policy", "uptime-window")]


def test_without_a_profile_the_validations_own_word_counts() -> None:
    source = policy(
        noProfile={"action": "warn", "when": "resource.uses_gpu"},
        validations=[
            validation("one"),
            validation("two", noProfile={"action": "deny"}),
            validation("three", noProfile={"action": "dormant"}),
        ],
    )
    one, two, three = library(source, given=starter()).policies[0].validations
    assert ({action.value for action in one.actions.values() if action}, one.applies_when is not None) == ({"warn"}, True)
    assert ({action.value for action in two.actions.values() if action}, two.applies_when) == ({"deny"}, None)
    assert three.dormant
    assert set(three.actions.values()) == {None}
    assert library(source).policies[0].validations[0].applies_when is None


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        pytest.param("skip", {"dev": "skip", "test": "skip", "prod": "skip", "default": "skip"}, id="one word"),
        pytest.param(
            {"dev": "pass", "prod": "deny"},
            {"dev": "pass", "test": "deny", "prod": "deny", "default": "deny"},
            id="the strictest for others",
        ),
        pytest.param(
            {"dev": "pass", "prod": "deny", "default": "warn"},
            {"dev": "pass", "test": "warn", "prod": "deny", "default": "warn"},
            id="default for others",
        ),
    ],
)
def test_when_unknown(stated: Any, wanted: dict[str, str]) -> None:
    found = only(policy(whenUnknown=stated)).when_unknown
    assert {name: word.value for name, word in found.items()} == wanted


def test_unknown_means_warn_where_nothing_is_said() -> None:
    assert set(only(policy()).when_unknown.values()) == {WhenUnknown.WARN}


def test_a_validation_takes_over_and_replaces_what_the_policy_says() -> None:
    source = policy(
        onUpdate={"mode": "measure", "measure": "resource.units.max"},
        warnWhen="resource.suspended",
        validations=[
            validation("one"),
            validation(
                "two", onUpdate={"mode": "violation"}, warnWhen=["resource.uses_gpu", "resource.controlled"], targets=["kubernetes"]
            ),
        ],
    )
    one, two = library(source).policies[0].validations
    assert (one.on_update.mode, one.on_update.measure is not None, len(one.warn_when)) == (UpdateMode.MEASURE, True, 1)
    assert (two.on_update.mode, two.on_update.measure, len(two.warn_when)) == (UpdateMode.VIOLATION, None, 3)
    assert (sorted(one.targets), sorted(two.targets)) == (["kubernetes", "terraform"], ["kubernetes"])
    assert one.field == "units.max"
