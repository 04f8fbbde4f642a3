"""Entries of the registry of owners that nobody could act on: who is called, who pays, and whether that is still true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from guardrail.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["registry_notes"]

_NEEDED = ("contact", "escalation.channel", "escalation.oncall", "cost_centers", "runbook", "reviewed")
_MAX_AGE = timedelta(days=180)


def registry_notes(owners: Mapping[str, Any], now: datetime) -> Iterator[Note]:
    """A note for each team whose entry lacks something or was not reviewed for 180 days; `now` is aware."""
    for team, entry in owners.items():
        lacks = [path for path in _NEEDED if not _has(entry, path)]
        if lacks:
            yield Note("owner-registry", f"the registry entry of {team} lacks {', '.join(lacks)}", team)
        elif now - _instant(entry["reviewed"]) > _MAX_AGE:
            yield Note(
                "owner-registry", f"the registry entry of {team} was reviewed on {entry['reviewed']}, over {_MAX_AGE.days} days ago", team
            )


def _has(entry: Any, path: str) -> bool:
    for part in path.split("."):
        entry = entry.get(part) if isinstance(entry, dict) else None
    return entry is not None


def _instant(text: str) -> datetime:
    """A date is the end of its day, in UTC."""
    read = datetime.fromisoformat(text)
    instant = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return instant + timedelta(days=1) if len(text) == len("2026-12-31") else instant
