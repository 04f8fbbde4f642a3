"""When files change: told by the kernel where it can be, looked at regularly all the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from webhook.stamps import stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Watcher", "signature_of"]

_QUIET_MS = 100  # an update of a mounted ConfigMap is several events


def signature_of(paths: Iterable[Path]) -> tuple[tuple[str, int, int, int], ...]:
    """What changes when a file below the paths does: names, inodes, sizes and times, through links. Raises OSError."""
    found: list[tuple[str, int, int, int]] = []
    for path in paths:
        files = sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
        found.extend((str(file), *stamp_of(file)) for file in files)
    return tuple(found)


class Watcher:
    """Calls back after changes below some paths, and at every interval, in a thread of its own until it is stopped."""

    def __init__(self, paths: Iterable[Path], every_s: float, then: Callable[[], object]) -> None:
        self._paths, self._every_s, self._then = list(paths), every_s, then
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guardrail-watch", daemon=True)

    def start(self) -> None:
        """Begins; once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends within a moment."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        from watchfiles import watch  # noqa: PLC0415 - a thread that is not started needs none

        folders = {path if path.is_dir() else path.parent for path in self._paths}
        existing = [folder for folder in folders if folder.is_dir()]
        if not existing:  # nothing to watch yet: look regularly
            while not self._stop.wait(self._every_s):
                self._then()
            return
        changes = watch(
            *existing,
            stop_event=self._stop,
            debounce=_QUIET_MS,
            rust_timeout=int(self._every_s * 1000),
            yield_on_timeout=True,
            watch_filter=None,
            raise_interrupt=False,
        )
        for _ in changes:
            self._then()
