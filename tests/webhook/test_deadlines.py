from __future__ import annotations

import pytest

from webhook.deadlines import seconds_of

TIMEOUTS = [
    ("seconds", "10s", 10.0),
    ("milliseconds", "750ms", 0.75),
    ("parts add up", "1m2.5s", 30.0),
    ("longer than any webhook may take is cut", "10m", 30.0),
    ("none is the default", None, 7.0),
    ("a number without a unit is none", "10", 7.0),
    ("words are none", "soon", 7.0),
    ("what trails is none", "10s!", 7.0),
    ("nothing is none", "", 7.0),
]


@pytest.mark.parametrize(("sentence", "timeout", "seconds"), TIMEOUTS, ids=[row[0] for row in TIMEOUTS])
def test_the_timeout_of_a_request(sentence: str, timeout: str | None, seconds: float) -> None:
    assert seconds_of(timeout, 7.0) == seconds, sentence
