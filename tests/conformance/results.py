"""What a suite yields."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """One case: its id, whether it passed, and what went wrong. `text` is the whole case, for the skip list."""

    case: str
    passed: bool
    detail: str = ""
    text: str = ""
