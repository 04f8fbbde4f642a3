"""What the service counts, in Prometheus' format."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["Metrics"]

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The counters of one worker; with several workers (PROMETHEUS_MULTIPROC_DIR) they are added up when they are read."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.decisions = Counter(
            "guardrail_admission_decisions_total", "Reviews answered", ["operation", "allowed", "reason"], registry=registry
        )
        self.findings = Counter(
            "guardrail_findings_total", "Findings of reviews", ["policy", "validation", "action", "outcome"], registry=registry
        )
        self.seconds = Histogram("guardrail_admission_seconds", "Time to answer, by stage", ["stage"], buckets=_SECONDS, registry=registry)
        self.overload = Counter(
            "guardrail_admission_overload_total", "Reviews turned away because too many were in flight", registry=registry
        )
        self.in_flight = Gauge("guardrail_admission_in_flight", "Reviews being judged", registry=registry, multiprocess_mode="livesum")
        self.reloads = Counter("guardrail_library_reloads_total", "Loads of policies and profile", ["result"], registry=registry)
        self.reload_failed = Gauge(
            "guardrail_library_reload_failed",
            "1 while the newest policies or profile cannot be used and older ones are in force",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.loaded = Gauge(
            "guardrail_library_loaded_timestamp_seconds",
            "When the library in force was loaded",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.certificate_failed = Gauge(
            "guardrail_certificate_reload_failed",
            "1 while the newest certificate cannot be used and an older one is in force",
            registry=registry,
            multiprocess_mode="livemax",
        )

    def text(self) -> bytes:
        """The exposition, of all workers where there are several."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
