"""How a run is told: reporters listen to `begin`, `finding` and `end`."""

from __future__ import annotations
