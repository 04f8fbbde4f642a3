"""Values as YAML that reads back as what they were, whoever reads it: Go's reader and those of YAML 1.1 too."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["flow"]

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@-]*")
_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})  # other readers take them for no text


def flow(value: Any) -> str:
    """A value on one line: texts are quoted where a reader could take them for anything else."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return json.dumps(value)
