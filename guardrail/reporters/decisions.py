"""The answers to requests in words: a line for each of a few, counts of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.model import Decision

__all__ = ["decision_lines"]

_FEW = 3  # decisions that are told one by one without -v


def decision_lines(decisions: Sequence[Decision], *, verbose: bool) -> Iterator[tuple[int, str]]:
    """How many decisions each line stands for, and the line."""
    if verbose or len(decisions) <= _FEW:
        yield from ((1, _line(decision)) for decision in decisions)
        return
    refused = [decision for decision in decisions if not decision.allowed]
    warned = sum(decision.allowed and bool(decision.warnings) for decision in decisions)
    parts = [f"{len(decisions) - len(refused):,} admitted{f' ({warned:,} with warnings)' if warned else ''}"]
    parts += [f"{len(refused):,} refused"] if refused else []
    yield len(decisions), f"{', '.join(parts)} (-v lists them)"


def _line(decision: Decision) -> str:
    if not decision.allowed:
        told = f"refused ({decision.code}): {decision.about or decision.message}"
    elif decision.message:
        told = f"admitted: {decision.about} ({decision.message})"
    else:
        told = f"admitted: {decision.about}"
    count = len(decision.warnings)
    return f"{told}, with {count} {'warning' if count == 1 else 'warnings'}" if count else told
