"""Finds by shape what a kind that is in no table may run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardrail.catalogue.accelerators import Unit, accelerator_of

__all__ = ["holds_pods_or_devices"]

_CONTAINER_MARKS = ("image", "command", "args", "resources", "name")


def holds_pods_or_devices(value: Mapping[str, Any]) -> bool:
    """Whether a pod template or an accelerator amount stands anywhere inside an object."""
    waiting: list[Any] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if _has_containers(part.get("containers")) or any(_is_device(key, amount) for key, amount in part.items()):
                return True
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return False


def _has_containers(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(item, Mapping) and any(mark in item for mark in _CONTAINER_MARKS) for item in value
    )


def _is_device(key: Any, amount: Any) -> bool:
    if not isinstance(key, str) or "/" not in key or isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return False
    found = accelerator_of(key)
    return found is not None and found.unit not in {Unit.EXCLUDE, Unit.MODIFIER}
