"""Policies and profile in force: loaded off the request path, swapped at once, the last good ones kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.errors import GuardrailError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from guardrail.facts import Facts
    from guardrail.matching import PolicyIndex

__all__ = ["Rules", "RulesInForce", "State"]


@dataclass(frozen=True, slots=True)
class Rules:
    """A compiled library bound to a profile, with the facts that views are built with."""

    index: PolicyIndex
    facts: Facts
    by_failure_policy: Mapping[str, PolicyIndex]  # fail, ignore: the policies whose failurePolicy that is

    def narrowed(self, failure_policy: str) -> PolicyIndex:
        """The policies with a failure policy."""
        return self.by_failure_policy[failure_policy]

    @property
    def hash(self) -> str:
        """The hash of policies and engine."""
        return self.index.library.hash


@dataclass(frozen=True, slots=True)
class State:
    """What is in force. `fault` says why something newer is not; `loaded` is when the rules were made."""

    rules: Rules | None
    loaded: datetime | None
    fault: str | None


class RulesInForce:
    """Holds the rules that requests are judged by. Requests read one attribute; nothing they do waits for a load.

    `load` makes the rules and `signature` says whether their sources changed; both may fail with
    GuardrailError or OSError, which leaves what is in force as it is. `told` hears of every attempt.
    """

    def __init__(
        self,
        load: Callable[[], Rules],
        signature: Callable[[], object],
        clock: Callable[[], datetime],
        told: Callable[[State], None] = lambda _: None,
    ) -> None:
        self._load, self._signature, self._clock, self._told = load, signature, clock, told
        self._seen: object = None
        self._lock = threading.Lock()
        self.state = State(None, None, "nothing has been loaded yet")

    def refresh(self) -> bool:
        """Loads when something changed; True when new rules came into force."""
        with self._lock:
            try:
                seen = self._signature()
            except OSError as error:
                return self._failed(str(error))
            if seen == self._seen:
                return False
            self._seen = seen  # before the load: what changes meanwhile is seen next time
            try:
                rules = self._load()
            except (GuardrailError, OSError) as error:
                return self._failed(str(error))
            self.state = State(rules, self._clock(), None)
        self._told(self.state)
        return True

    def _failed(self, fault: str) -> bool:
        if fault != self.state.fault:
            self.state = State(self.state.rules, self.state.loaded, fault)
            self._told(self.state)
        return False
