"""One cause, one finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.findings import merge_causes, merge_undecided
from guardrail.model import Action, Finding, Identity, Location, Origin, Outcome, Resource
from tests.policy.samples import library, policy, validation

WAITS = ("random_id.deploy.hex",)


def finding(validation: str, **parts: Any) -> Finding:
    given = {"policy": "p", "outcome": Outcome.UNDECIDED, "action": Action.WARN, "unknown": WAITS, "of": "a", **parts}
    name = given["of"]
    return Finding(
        policy=given["policy"],
        category="c",
        validation=validation,
        severity="high",
        outcome=given["outcome"],
        action=given["action"],
        resource=Identity(f"apps/Deployment/web/{name}", "kubernetes", "Deployment", "apps/v1", "web", name),
        location=Location("a.yaml"),
        message="m",
        remediation="r",
        fingerprint=f"{given['policy']}/{validation}/{name}",
        unknown=given["unknown"],
    )


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        pytest.param([finding("x"), finding("y")], ["x"], id="two rules of a policy that wait for the same thing are told once"),
        pytest.param([finding("x"), finding("y", action=Action.DENY)], ["y"], id="the strictest of them is told"),
        pytest.param([finding("x"), finding("y", unknown=("var.b",))], ["x", "y"], id="what waits for two things is told twice"),
        pytest.param([finding("x"), finding("y", policy="q")], ["x", "y"], id="every policy tells for itself"),
        pytest.param([finding("x"), finding("y", of="b")], ["x", "y"], id="every object is told"),
        pytest.param([finding("x"), finding("y", outcome=Outcome.FAIL)], ["x", "y"], id="what fails is told beside what is undecided"),
        pytest.param([finding("x", outcome=Outcome.FAIL), finding("y", outcome=Outcome.FAIL)], ["x", "y"], id="failures are never merged"),
        pytest.param([finding("x", unknown=()), finding("y", unknown=())], ["x", "y"], id="what names no cause is not merged"),
    ],
)
def test_what_waits_for_the_same_thing_is_told_once(findings: list[Finding], told: list[str]) -> None:
    assert [found.validation for found in merge_undecided(findings)] == told


RULES = policy("p", validations=[validation("place", field="resource.regions"), validation("tags", field="resource.tags")])
NETWORK, SUBNET = "azurerm_virtual_network.main", "azurerm_subnet.gpu"


def placed(address: str, **parts: Any) -> Finding:
    given = {"validation": "place", "outcome": Outcome.FAIL, "unknown": (), "path": "plan.json", **parts}
    path = given.pop("path")
    found = finding(given.pop("validation"), **given)
    return replace(found, resource=Identity(address, "terraform", address.partition(".")[0]), location=Location(path))


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        pytest.param([placed(NETWORK), placed(SUBNET)], [(NETWORK, (SUBNET,))], id="the place of what is free is told where it lies"),
        pytest.param([placed(SUBNET)], [(SUBNET, ())], id="it is told where nobody else tells it"),
        pytest.param(
            [placed(NETWORK), placed(SUBNET, action=Action.DENY)],
            [(NETWORK, ()), (SUBNET, ())],
            id="a milder finding does not stand for it",
        ),
        pytest.param([placed(NETWORK, action=Action.DENY), placed(SUBNET)], [(NETWORK, (SUBNET,))], id="a stricter finding stands for it"),
        pytest.param(
            [placed(NETWORK, validation="tags"), placed(SUBNET, validation="tags")],
            [(NETWORK, ()), (SUBNET, ())],
            id="what is not about a place is told of each",
        ),
        pytest.param(
            [placed(NETWORK, path="other.json"), placed(SUBNET)], [(NETWORK, ()), (SUBNET, ())], id="another plan speaks of another network"
        ),
    ],
)
def test_a_place_is_told_once(findings: list[Finding], told: list[tuple[str, tuple[str, ...]]]) -> None:
    subnet = Resource(Identity(SUBNET, "terraform", "azurerm_subnet"), {}, Origin("plan.json"), placed_by=NETWORK)
    merged = merge_causes(findings, [subnet], library(RULES).policies)
    assert [(found.resource.id, found.related) for found in merged if found.resource] == told


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_what_lies_in_what_lies_elsewhere_is_told_there(order: tuple[int, ...]) -> None:
    names = (NETWORK, SUBNET, "azurerm_subnet_nat_gateway_association.a")
    within = [Resource(Identity(name, "terraform", ""), {}, Origin("plan.json"), placed_by=names[at]) for at, name in enumerate(names[1:])]
    merged = merge_causes([placed(names[at]) for at in order], within, library(RULES).policies)
    assert [(found.resource.id, set(found.related)) for found in merged if found.resource] == [(NETWORK, set(names[1:]))]


def test_two_that_lie_in_each_other_are_told_once() -> None:
    round_about = [
        Resource(Identity(name, "terraform", ""), {}, Origin("plan.json"), placed_by=other)
        for name, other in ((NETWORK, SUBNET), (SUBNET, NETWORK))
    ]
    assert len(merge_causes([placed(NETWORK), placed(SUBNET)], round_about, library(RULES).policies)) == 1
