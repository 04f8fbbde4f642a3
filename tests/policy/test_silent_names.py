"""Names in a profile that would never be applied, and policies that wait for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.errors import ProfileError
from guardrail.model import Action
from guardrail.policy.library import compile_library
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.policy_dir import shipped_policies
from tests.policy.samples import library, policy, profile, starter


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        pytest.param(
            {"tags": {"required": {"bsae": ["team"]}}},
            "tags.required.bsae: nothing is called bsae (did you mean base?)",
            id="a set of tags",
        ),
        pytest.param(
            {"enforcement": {"packs": {"taging": "audit"}}},
            "enforcement.packs.taging: nothing is called taging (did you mean tagging?)",
            id="a category",
        ),
    ],
)
def test_a_slip_of_the_pen_is_a_fault(parts: dict[str, Any], fault: str) -> None:
    with pytest.raises(ProfileError) as caught:
        compile_library(shipped_policies(), profile(**parts), BuiltinRuntime())
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"tags": {"required": {"payroll": ["team"]}}}, id="a set that nothing reads"),
        pytest.param({"enforcement": {"packs": {"banana": "audit"}}}, id="a category that nothing has"),
    ],
)
def test_another_name_is_a_note(parts: dict[str, Any]) -> None:
    assert "profile-names-nothing" in {note.code for note in library(policy(), given=profile(**parts)).notes}


@pytest.mark.parametrize("name", ["cost", "sizes"])
def test_a_category_of_a_later_version_or_of_an_own_policy_may_be_named(name: str) -> None:
    notes = library(policy(), given=profile(enforcement={"packs": {name: "audit"}})).notes
    assert "profile-names-nothing" not in {note.code for note in notes}


def test_an_empty_map_gives_nothing_to_judge_by() -> None:
    found = compile_library(shipped_policies(), profile(tags={"required": {}}), BuiltinRuntime())
    assert ("required-tags", ("tags.required",)) in {(dormant.policy, dormant.needs) for dormant in found.dormant}


def test_a_policy_that_says_nothing_about_runs_without_a_profile_acts_as_it_says() -> None:
    silent = policy(noProfile=None)
    document = silent.text.replace('"noProfile": null', '"failurePolicy": "Fail"')
    found = library(type(silent)(silent.path, document), given=starter())
    assert found.dormant == ()
    assert found.policies[0].validations[0].actions["prod"] is Action.DENY
