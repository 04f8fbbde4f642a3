from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from guardrail.cli.clock import now_of
from guardrail.errors import ConfigError

CLOCK = datetime(2026, 11, 25, 10, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("flag", "environ", "expected"),
    [
        pytest.param(None, {}, datetime(2026, 11, 25, 9, tzinfo=UTC), id="the clock, in UTC"),
        pytest.param("2026-12-31", {}, datetime(2026, 12, 31, tzinfo=UTC), id="a date is its first moment"),
        pytest.param("2026-12-31T08:00:00Z", {}, datetime(2026, 12, 31, 8, tzinfo=UTC), id="an instant"),
        pytest.param("2026-12-31t08:00:00z", {}, datetime(2026, 12, 31, 8, tzinfo=UTC), id="lower case letters are RFC 3339"),
        pytest.param("2026-12-31T08:00:00+02:00", {}, datetime(2026, 12, 31, 6, tzinfo=UTC), id="an instant with an offset"),
        pytest.param(None, {"GUARDRAIL_NOW": "2027-01-01"}, datetime(2027, 1, 1, tzinfo=UTC), id="the environment"),
        pytest.param("2026-12-31", {"GUARDRAIL_NOW": "2027-01-01"}, datetime(2026, 12, 31, tzinfo=UTC), id="the flag wins"),
        pytest.param(None, {"GUARDRAIL_NOW": ""}, datetime(2026, 11, 25, 9, tzinfo=UTC), id="an empty variable says nothing"),
    ],
)
def test_now(flag: str | None, environ: dict[str, str], expected: datetime) -> None:
    assert now_of(flag, environ, lambda: CLOCK) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tomorrow", id="a word"),
        pytest.param("2026-12-31T08:00:00", id="an instant without an offset"),
        pytest.param("2026-13-01", id="a month that is none"),
        pytest.param("20261231", id="ISO 8601, but not RFC 3339"),
        pytest.param("", id="nothing"),
        pytest.param("0001-01-01T00:00:00+23:59", id="before the first year in UTC"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--now"):
        now_of(text, {}, lambda: CLOCK)
