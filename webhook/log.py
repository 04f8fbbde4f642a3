"""One JSON line for each decision and each event, to a stream that a collector reads."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TextIO

__all__ = ["JsonLog"]


class JsonLog:
    """Writes lines whole: threads of one process never mix theirs, and a line is one write to the stream."""

    def __init__(self, stream: TextIO, clock: Callable[[], datetime]) -> None:
        self._stream, self._clock, self._lock = stream, clock, threading.Lock()

    def write(self, event: str, **fields: Any) -> None:
        """One line. `fields` are plain JSON values; what is None is left out."""
        at = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        known = {name: value for name, value in fields.items() if value is not None}
        line = json.dumps({"at": at, "event": event, **known}, ensure_ascii=True, separators=(",", ":"))
        with self._lock:
            self._stream.write(f"{line}\n")
            self._stream.flush()
