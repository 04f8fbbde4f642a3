"""JSON patch keys, for MutatingAdmissionPolicy only: hand this library to the environment."""

from __future__ import annotations

from guardrail.cel.declarations import Library

__all__ = ["JSON_PATCH"]

JSON_PATCH = Library("kubernetes.jsonpatch", since="1.32")


@JSON_PATCH.function("jsonpatch.escapeKey(string) -> string", "string_jsonpatch_escapeKey_string")
def _escape_key(key: str) -> str:
    """A key as it stands in a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
