"""What horizontal pod autoscalers scale by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.units import spec_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["signals_of"]

_CPU: Mapping[str, Any] = {"kind": "cpu", "name": "cpu"}
# By the words that the names of metrics are made of; the first that fits counts.
_WORDS = (
    ("queue", re.compile(r"queue|lag|backlog|pending|depth|undelivered|numberofmessages", re.IGNORECASE)),
    ("gpu", re.compile(r"dcgm|gpu|duty_cycle|neuron", re.IGNORECASE)),
    ("latency", re.compile(r"latency|duration|ttft|response_time", re.IGNORECASE)),
    ("requests", re.compile(r"request|qps|rps", re.IGNORECASE)),
)
_BY_NAME = {"Pods": "pods", "Object": "object", "External": "external"}
_BY_RESOURCE = {"Resource": "resource", "ContainerResource": "containerResource"}


def signals_of(head: Head) -> list[Any] | Unknown:
    """The metrics of an HPA of any version; without any it scales by CPU, which is the API server's default."""
    spec = spec_of(head)
    if isinstance(spec, Unknown):
        return spec
    found = [_signal(head.reader, metric, at) for at, metric in head.reader.members(spec, "metrics", "/spec")]
    return found or [dict(_CPU)]


def _signal(reader: Reader, metric: Mapping[str, Any] | Unknown, at: str) -> Any:
    if isinstance(metric, Unknown):
        return metric
    kind = metric.get("type")
    part = _BY_RESOURCE.get(str(kind)) or _BY_NAME.get(str(kind))
    if part is None:
        return {"kind": "other"}
    source = reader.mapping(metric, part, at)
    if isinstance(source, Unknown):
        return source
    if kind in _BY_RESOURCE:
        name = reader.text(source, "name", f"{at}/{part}")
        return _named(name, name if name in {"cpu", "memory"} else "other")
    described = reader.mapping(source, "metric", f"{at}/{part}")
    if isinstance(described, Unknown):
        return described
    name = reader.text(described, "name", f"{at}/{part}/metric")
    name = reader.text(source, "metricName", f"{at}/{part}") if name is None else name  # of v2beta1
    return _named(name, next((kind for kind, word in _WORDS if isinstance(name, str) and word.search(name)), "other"))


def _named(name: str | Unknown | None, kind: str | Unknown) -> Any:
    if isinstance(name, Unknown):
        return name
    return {"kind": kind} if name is None else {"kind": kind, "name": name}
