"""How long the API server waits."""

from __future__ import annotations

import re

__all__ = ["seconds_of"]

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MOST_S = 30.0  # the longest timeoutSeconds of a webhook


def seconds_of(timeout: str | None, default_s: float) -> float:
    """The `?timeout=` of a request in seconds, a Go duration such as `10s` or `1m30s`; the default where it is missing or no duration.

    Source: the API server appends the webhook's timeoutSeconds (1 to 30) in this form.
    """
    parts = _PART.findall(timeout or "")
    if not parts or "".join(number + unit for number, unit in parts) != timeout:
        return default_s
    return min(sum(float(number) * _SECONDS[unit] for number, unit in parts), _MOST_S)
