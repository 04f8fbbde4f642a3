"""One cause, one finding."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.findings import merge_undecided
from guardrail.model import Action, Finding, Identity, Location, Outcome

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
