"""Commands that other packages add by the entry-point group `guardrail.commands`: functions from arguments to an exit code."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["command_named"]

_GROUP = "guardrail.commands"


def command_named(name: str) -> Callable[[Sequence[str]], int] | None:
    """The function of such a command; None where nobody gives it. Raises ImportError where what it needs is not installed."""
    for entry in entry_points(group=_GROUP, name=name):
        found: Callable[[Sequence[str]], int] = entry.load()
        return found
    return None
