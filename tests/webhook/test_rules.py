"""What is in force while sources change, break and come back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from guardrail.errors import ConfigError
from webhook.rules import RulesInForce, State

if TYPE_CHECKING:
    from webhook.rules import Rules

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Source:
    """A fake of files: a version, and whether it can be loaded or even looked at."""

    def __init__(self) -> None:
        self.version, self.broken, self.gone, self.loads = 1, False, False, 0

    def signature(self) -> object:
        if self.gone:
            raise FileNotFoundError("profile.yaml")
        return self.version

    def load(self) -> Rules:
        self.loads += 1
        if self.broken:
            raise ConfigError(f"version {self.version} is broken")
        return cast("Rules", f"rules {self.version}")


@pytest.fixture
def source() -> Source:
    return Source()


def in_force(source: Source, told: list[State]) -> RulesInForce:
    return RulesInForce(source.load, source.signature, lambda: NOW, told.append)


def test_what_does_not_change_is_loaded_once(source: Source) -> None:
    rules = in_force(source, [])
    assert [rules.refresh() for _ in range(3)] == [True, False, False]
    assert (source.loads, rules.state) == (1, State(cast("Rules", "rules 1"), NOW, None))


def test_a_broken_change_leaves_the_last_good_rules_in_force_and_says_why(source: Source) -> None:
    told: list[State] = []
    rules = in_force(source, told)
    rules.refresh()
    source.version, source.broken = 2, True
    assert not rules.refresh()
    assert rules.state == State(cast("Rules", "rules 1"), NOW, "version 2 is broken")
    source.version, source.broken = 3, False
    assert rules.refresh()
    assert rules.state == State(cast("Rules", "rules 3"), NOW, None)
    assert [state.fault for state in told] == [None, "version 2 is broken", None]


def test_a_broken_version_is_not_loaded_again_until_it_changes(source: Source) -> None:
    rules = in_force(source, [])
    source.broken = True
    for _ in range(5):
        rules.refresh()
    assert source.loads == 1


def test_files_that_are_gone_are_told_once_and_taken_up_when_they_come_back(source: Source) -> None:
    told: list[State] = []
    rules = in_force(source, told)
    source.gone = True
    assert [rules.refresh(), rules.refresh()] == [False, False]
    source.gone = False
    assert rules.refresh()
    assert [state.fault for state in told] == ["profile.yaml", None]


def test_before_the_first_load_nothing_is_in_force(source: Source) -> None:
    assert in_force(source, []).state == State(None, None, "nothing has been loaded yet")
