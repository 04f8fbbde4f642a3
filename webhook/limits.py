"""A bound on the requests that are judged at once: a queue that nobody sees is how a slow service becomes a dead one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InFlight"]


class InFlight:
    """Counts what is being done and says when it is too much. Safe with threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = 0
        self._lock = threading.Lock()

    @property
    def now(self) -> int:
        """How many are being judged."""
        return self._now

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """A place among them; False where there is none left, at once and without waiting."""
        with self._lock:
            taken = self._now < self._most
            self._now += taken
        try:
            yield taken
        finally:
            if taken:
                with self._lock:
                    self._now -= 1
