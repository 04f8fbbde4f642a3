"""The library as a whole: order, hash, notes."""

from __future__ import annotations

import pytest

from guardrail.policy.library import PolicySource, library_hash
from tests.policy.samples import library, policy, profile, starter


def test_policies_are_sorted_by_name_whatever_the_order_of_files() -> None:
    made = library(policy("b"), policy("c"), policy("a"))
    assert [one.name for one in made.policies] == ["a", "b", "c"]


def test_the_hash_depends_on_the_texts_alone() -> None:
    one, other = policy("a"), policy("b")
    moved = PolicySource("elsewhere/a.yaml", one.text)
    assert library_hash([one, other]) == library_hash([other, moved])
    assert library_hash([one]) != library_hash([other])
    assert library_hash([PolicySource("x", "ab"), PolicySource("y", "c")]) != library_hash(
        [PolicySource("x", "a"), PolicySource("y", "bc")]
    )


def test_a_file_may_hold_several_policies() -> None:
    both = PolicySource("all.yaml", f"{policy('a').text}\n---\n{policy('b').text}\n")
    assert [one.name for one in library(both).policies] == ["a", "b"]


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        pytest.param({}, [], id="nothing but what is read"),
        pytest.param({"spot": {"min_types": {}}, "budget_drivers": []}, ["budget_drivers, spot"], id="whole parts"),
        pytest.param({"regions": {"global_types": [], "buckets": {}}}, ["regions.buckets"], id="a part of a part that is read"),
        pytest.param({"replicas": {"max": {}, "sweep": {}}}, ["replicas"], id="a part of which nothing is read"),
    ],
)
def test_parts_of_the_profile_that_nothing_reads_are_told(parts: dict[str, object], wanted: list[str]) -> None:
    notes = library(policy(), given=profile(**parts)).notes
    assert [note.message.rpartition(": ")[2] for note in notes if note.code == "profile-part-not-read"] == wanted


def test_what_a_policy_reads_is_read() -> None:
    source = policy(params={"max": {"from": "replicas.max", "type": "object", "default": {}}})
    notes = library(source, given=profile(replicas={"max": {}, "sweep": {}})).notes
    assert [note.message.rpartition(": ")[2] for note in notes] == ["replicas.sweep"]


def test_the_starter_has_nothing_to_tell() -> None:
    assert library(policy(), given=starter()).notes == ()
