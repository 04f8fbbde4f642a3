from __future__ import annotations

import pytest

from webhook.limits import InFlight


def test_places_run_out_and_come_back() -> None:
    bound = InFlight(2)
    with bound.slot() as first, bound.slot() as second, bound.slot() as third:
        assert (first, second, third, bound.now) == (True, True, False, 2)
    assert bound.now == 0
    with bound.slot() as again:
        assert again


def test_a_place_comes_back_after_a_failure() -> None:
    bound = InFlight(1)
    with pytest.raises(RuntimeError), bound.slot():
        raise RuntimeError
    assert bound.now == 0
