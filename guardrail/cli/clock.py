"""The one clock reading of a run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["now_of"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9-]{10}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")  # RFC 3339, section 5.6


def now_of(flag: str | None, environ: Mapping[str, str], clock: Callable[[], datetime]) -> datetime:
    """The time to judge by, in UTC: `--now`, else GUARDRAIL_NOW, else the clock.

    A date means its first moment in UTC. Raises ConfigError for anything that is neither a date nor
    an RFC 3339 instant with an offset.
    """
    if flag is not None:
        return _instant(flag, "--now")
    written = environ.get("GUARDRAIL_NOW")
    return _instant(written, "GUARDRAIL_NOW") if written else clock().astimezone(UTC)


def _instant(text: str, source: str) -> datetime:
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{source} {text}: {error}") from error
    raise ConfigError(f"{source} {text}: write a date (2026-12-31) or an instant with its offset (2026-12-31T08:00:00Z)")
