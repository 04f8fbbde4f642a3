from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guardrail.attribution import EnvironmentView, Home, canonical_tags, environment_of, tag_conflicts, unclaimed_keys
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.facts import Environments, Facts

NOW = datetime(2026, 11, 25, tzinfo=UTC)

ACME = Environments(
    order=("dev", "test", "prod"),
    aliases={"dev": "dev", "sandbox": "dev", "test": "test", "staging": "test", "prod": "prod", "production": "prod"},
    accounts={"111": "dev", "333": "prod"},
    clusters={"eks-dev": "dev"},
    namespaces=(("*-prod", "prod"), ("pr-*", "dev")),
)
STARTER = Environments(order=ACME.order, aliases=ACME.aliases, assume_strictest=False)
SPELLINGS = {
    "team": {"kubernetes": ("team", "squad"), "aws": ("Team",), "azure": ("Team",)},
    "cost-center": {"kubernetes": ("cost-center",), "aws": ("CostCenter", "cost_center")},
}


def facts(environments: Environments = ACME) -> Facts:
    return Facts(now=NOW, environments=environments, spellings=SPELLINGS)


@pytest.mark.parametrize(
    ("raw", "platform", "expected"),
    [
        pytest.param(
            {"Team": "vision", "Name": "x"}, "aws", {"team": "vision"}, id="a raw key becomes its canonical key, others are left out"
        ),
        pytest.param({"team": "vision"}, "aws", {}, id="another platform's spelling does not count"),
        pytest.param({"squad": "a", "team": "b"}, "kubernetes", {"team": "b"}, id="the preferred spelling wins"),
        pytest.param({"TEAM": "vision"}, "azure", {"team": "vision"}, id="Azure compares names without case"),
        pytest.param({"cost-center": "c"}, "azure", {"cost-center": "c"}, id="a platform without spellings takes the Kubernetes one"),
        pytest.param({"Team": ""}, "aws", {"team": ""}, id="an empty value is present"),
    ],
)
def test_tags_get_their_canonical_keys(raw: dict[str, Any], platform: str, expected: dict[str, Any]) -> None:
    assert dict(canonical_tags(raw, platform, facts())) == expected


def test_doubt_about_raw_keys_is_doubt_about_canonical_ones() -> None:
    raw = PartialMap({"Team": Unknown(["var.team"])}, maybe={"CostCenter": Unknown(["x"])}, unlisted=Unknown(["y"]))
    tags = canonical_tags(raw, "aws", facts())
    assert tags["team"] == Unknown(["var.team"])
    assert tags.presence("cost-center") == Unknown(["x"])
    assert tags.unlisted == Unknown(["y"])


def test_a_known_spelling_settles_another_that_may_come() -> None:
    raw = PartialMap({"cost_center": "c"}, maybe={"CostCenter": Unknown(["x"])})
    assert canonical_tags(raw, "aws", facts()).presence("cost-center") is True


LATER = Unknown(["run:namespace-labels"])


@pytest.mark.parametrize(
    ("home", "namespace_tag", "own_tag", "expected"),
    [
        pytest.param(Home(account="111"), None, None, EnvironmentView("dev", ("dev",), "home"), id="the account is a home"),
        pytest.param(
            Home(namespace="web-prod"),
            None,
            "dev",
            EnvironmentView("prod", ("prod", "dev"), "home"),
            id="a home beats the own tag, both are named",
        ),
        pytest.param(
            Home(cluster="eks-dev", namespace="a-prod"),
            None,
            None,
            EnvironmentView("dev", ("dev", "prod"), "home"),
            id="homes that disagree are all named",
        ),
        pytest.param(
            Home(), "staging", "dev", EnvironmentView("test", ("test", "dev"), "namespace"), id="the namespace label beats the own tag"
        ),
        pytest.param(Home(), None, "Production", EnvironmentView("prod", ("prod",), "tag"), id="an alias is compared without case"),
        pytest.param(Home(), None, "moon", EnvironmentView("prod", ("prod",), "default"), id="a value that names nothing is the strictest"),
        pytest.param(Home(), None, None, EnvironmentView("prod", ("prod",), "default"), id="nothing said is the strictest"),
        pytest.param(
            Home(),
            LATER,
            "dev",
            EnvironmentView("prod", ("dev", "test", "prod"), "unknown"),
            id="a label that nobody read leaves all possible",
        ),
        pytest.param(
            Home(), None, LATER, EnvironmentView("prod", ("dev", "test", "prod"), "unknown"), id="a tag known later leaves all possible"
        ),
        pytest.param(
            Home(), "dev", LATER, EnvironmentView("dev", ("dev",), "namespace"), id="a known namespace label settles an unknown own tag"
        ),
        pytest.param(Home(account="333"), LATER, None, EnvironmentView("prod", ("prod",), "home"), id="a home settles an unknown label"),
    ],
)
def test_the_environment_is_never_self_chosen(
    home: Home, namespace_tag: str | Unknown | None, own_tag: str | Unknown | None, expected: EnvironmentView
) -> None:
    assert environment_of(home, namespace_tag, own_tag, facts()) == expected


@pytest.mark.parametrize(
    ("namespace_tag", "own_tag", "expected"),
    [
        pytest.param(None, None, EnvironmentView("default", ("default",), "default"), id="nothing said is the default"),
        pytest.param(LATER, "prod", EnvironmentView("prod", ("prod",), "tag"), id="an own tag is believed"),
        pytest.param(LATER, None, EnvironmentView("default", ("default",), "default"), id="an unknown label assumes nothing"),
    ],
)
def test_the_starter_assumes_nothing(namespace_tag: str | Unknown | None, own_tag: str | None, expected: EnvironmentView) -> None:
    assert environment_of(Home(), namespace_tag, own_tag, facts(STARTER)) == expected


def test_unlabelled_resources_get_the_environment_that_the_profile_names() -> None:
    named = Environments(order=ACME.order, aliases=ACME.aliases, unlabelled="test")
    assert environment_of(Home(), None, None, facts(named)).name == "test"


def test_without_environments_there_is_only_the_default() -> None:
    assert environment_of(Home(account="111"), "prod", None, facts(Environments())) == EnvironmentView("default", ("default",), "default")


LATER = Unknown(["var.tags"])


@pytest.mark.parametrize(
    ("raw", "platform", "expected"),
    [
        pytest.param({"team": "a", "squad": "b"}, "kubernetes", ["team"], id="two spellings with two values"),
        pytest.param({"team": "a", "squad": "a"}, "kubernetes", [], id="two spellings that agree"),
        pytest.param({"team": "a", "Team": "b"}, "kubernetes", [], id="a spelling that is not accepted"),
        pytest.param({"team": "a", "squad": LATER}, "kubernetes", [LATER], id="a value that is known later may conflict"),
        pytest.param({"squad": LATER}, "kubernetes", [], id="one spelling alone never conflicts"),
        pytest.param({"CostCenter": "a", "cost_center": "b"}, "aws", ["cost-center"], id="spellings of the platform"),
        pytest.param({"team": "a", "TEAM": "b"}, "azure", [], id="the names of Azure have no case"),
    ],
)
def test_accepted_spellings_with_different_values_conflict(raw: dict[str, Any], platform: str, expected: list[Any]) -> None:
    assert tag_conflicts(PartialMap(raw), platform, facts()) == expected


def test_keys_that_may_still_come_may_conflict_where_a_key_has_several_spellings() -> None:
    assert tag_conflicts(PartialMap({"team": "a"}, unlisted=LATER), "kubernetes", facts()) == [LATER]
    assert tag_conflicts(PartialMap({"Team": "a"}, unlisted=LATER), "azure", facts()) == []


@pytest.mark.parametrize(
    ("raw", "platform", "expected"),
    [
        pytest.param({"team": "a", "squad": "b"}, "kubernetes", [], id="every accepted spelling is claimed"),
        pytest.param(
            {"Cost_Center": "a"}, "kubernetes", [{"key": "Cost_Center", "folded": "costcenter"}], id="folded without case and separators"
        ),
        pytest.param(
            {"app.kubernetes.io/part-of": "a"},
            "kubernetes",
            [{"key": "app.kubernetes.io/part-of", "folded": "appkubernetesio/partof"}],
            id="a prefix stays apart",
        ),
        pytest.param({"team": "a"}, "azure", [{"key": "team", "folded": "team"}], id="case counts on Azure too"),
        pytest.param({"aws:createdBy": "a"}, "aws", [], id="keys that AWS writes are nobody's"),
    ],
)
def test_keys_that_are_no_accepted_spelling_are_unclaimed(raw: dict[str, Any], platform: str, expected: list[Any]) -> None:
    assert unclaimed_keys(PartialMap(raw, unlisted=None), platform, facts()) == expected


def test_keys_that_may_still_come_are_an_unknown_member() -> None:
    assert unclaimed_keys(PartialMap(unlisted=LATER), "aws", facts()) == [LATER]
