"""Files of policies as text, before anything is made of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["POLICY_FILE", "PolicySource", "library_hash"]

POLICY_FILE = "policy.yaml"


@dataclass(frozen=True, slots=True, order=True)
class PolicySource:
    """One file of policies, as text. `path` is what faults show."""

    path: str
    text: str


def library_hash(sources: Iterable[PolicySource]) -> str:
    """The hash of policies and engine version; where the files lie makes no difference."""
    digest = hashlib.sha256(__version__.encode())
    for text in sorted(source.text for source in sources):
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(f"\0{len(encoded)}\0".encode())
        digest.update(encoded)
    return f"sha256:{digest.hexdigest()}"
