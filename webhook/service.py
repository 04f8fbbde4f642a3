"""One worker's service: rules in force, a bound on what is in flight, counters, a log, and the way from a review to an answer."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from guardrail.app import Options
from guardrail.engine import Context
from webhook.answers import Answer
from webhook.judging import Judged, judge, read_or_answered
from webhook.limits import InFlight
from webhook.loading import load_rules, sources_of
from webhook.log import JsonLog
from webhook.metrics import Metrics
from webhook.rules import RulesInForce, State
from webhook.watching import Watcher, signature_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webhook.config import Config

__all__ = ["Service"]

_BUSY = "guardrail is judging as many requests as it may; nothing was judged, try again"
_NO_RULES = "guardrail has no rules yet; see /readyz"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Service:
    """What a worker holds for as long as it lives."""

    config: Config
    rules: RulesInForce
    metrics: Metrics
    log: JsonLog
    in_flight: InFlight
    watcher: Watcher | None = None

    @classmethod
    def started(cls, config: Config) -> Service:
        """A service with its rules loaded and its files watched. What cannot be loaded is told by /readyz, and nothing is judged."""
        metrics, log = Metrics(), JsonLog(sys.stderr, _utc_now)
        options = Options(
            paths=(), now=_utc_now(), profile=config.profile, policies=config.policies, engine=config.engine, cluster=config.cluster
        )
        sources = sources_of(options)

        def told(state: State) -> None:
            _tell(state, metrics, log)

        rules = RulesInForce(lambda: load_rules(options), lambda: signature_of(sources), _utc_now, told)
        rules.refresh()
        watcher = Watcher(sources, config.poll_s, rules.refresh) if sources else None
        if watcher is not None:
            watcher.start()
        return cls(config, rules, metrics, log, InFlight(config.in_flight), watcher)

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether reviews can be judged, and in which state the rules are: stale rules are ready, and say why they are stale."""
        state = self.rules.state
        detail: dict[str, Any] = {"ready": state.rules is not None}
        if state.rules is not None:
            library = state.rules.index.library
            detail |= {
                "library": {
                    "hash": library.hash,
                    "policies": len(library.policies),
                    "dormant": [waiting.policy for waiting in library.dormant],
                },
                "profile": {"name": library.profile.name, "version": library.profile.version},
                "loaded": state.loaded.isoformat() if state.loaded else None,
            }
        if state.fault is not None:
            detail["fault"] = state.fault
        return state.rules is not None, detail

    def answer(self, review: Mapping[str, Any], *, deadline: float, failure_policy: str | None) -> Answer:
        """The answer to a review; `deadline` in seconds of time.monotonic(). Never raises."""
        started = time.monotonic()
        judged = self._judged(review, deadline, failure_policy)
        self._count(judged, time.monotonic() - started)
        return judged.answer

    def _judged(self, document: Mapping[str, Any], deadline: float, failure_policy: str | None) -> Judged:
        request, review = document["request"], read_or_answered(document)
        if isinstance(review, Judged):
            return review
        with self.in_flight.slot() as free:
            rules = self.rules.state.rules
            if not free:
                self.metrics.overload.inc()
                return _turned_away(request, _BUSY)
            if rules is None:
                return _turned_away(request, _NO_RULES)
            with self.metrics.in_flight.track_inprogress():
                return judge(review, request, rules, Context(now=_utc_now(), deadline=deadline), failure_policy)

    def _count(self, judged: Judged, seconds: float) -> None:
        answer, request = judged.answer, judged.request
        self.metrics.decisions.labels(str(request.get("operation", "")), str(answer.allowed).lower(), answer.reason).inc()
        self.metrics.seconds.labels("judge").observe(seconds)
        for finding in judged.findings:
            self.metrics.findings.labels(finding.policy, finding.validation, finding.action, finding.outcome).inc()
        self.log.write("decision", ms=round(seconds * 1000, 2), **judged.fields())


def _turned_away(request: Mapping[str, Any], why: str) -> Judged:
    return Judged(request, Answer(allowed=False, code=503, message=why, reason="overload"))


def _tell(state: State, metrics: Metrics, log: JsonLog) -> None:
    metrics.reloads.labels("failed" if state.fault else "loaded").inc()
    metrics.reload_failed.set(state.fault is not None)
    if state.loaded is not None:
        metrics.loaded.set(state.loaded.timestamp())
    log.write("rules", fault=state.fault, library=state.rules.hash if state.rules else None)
