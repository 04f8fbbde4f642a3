"""Entries of the registry of owners that nobody could act on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guardrail.policy.owner_registry import registry_notes

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WHOLE = {
    "contact": "a@example.org",
    "escalation": {"channel": "#a", "oncall": "pager:a"},
    "cost_centers": ["cc-1"],
    "runbook": "https://example.org/a",
    "reviewed": "2026-10-01",
}


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        pytest.param(WHOLE, [], id="a whole entry"),
        pytest.param(
            {**WHOLE, "escalation": {"channel": "#a"}, "runbook": None},
            ["the registry entry of a lacks escalation.oncall, runbook"],
            id="an entry without on-call and runbook",
        ),
        pytest.param(
            {},
            ["the registry entry of a lacks contact, escalation.channel, escalation.oncall, cost_centers, runbook, reviewed"],
            id="nothing",
        ),
        pytest.param({**WHOLE, "reviewed": "2026-05-28"}, [], id="reviewed 180 days ago, the day included"),
        pytest.param(
            {**WHOLE, "reviewed": "2026-05-27"},
            ["the registry entry of a was reviewed on 2026-05-27, over 180 days ago"],
            id="reviewed a day earlier",
        ),
        pytest.param(
            {**WHOLE, "reviewed": "2026-05-28T23:59:59+02:00"},
            ["the registry entry of a was reviewed on 2026-05-28T23:59:59+02:00, over 180 days ago"],
            id="reviewed at an instant",
        ),
    ],
)
def test_registry_notes(entry: dict[str, Any], wanted: list[str]) -> None:
    assert [note.message for note in registry_notes({"a": entry}, NOW)] == wanted
