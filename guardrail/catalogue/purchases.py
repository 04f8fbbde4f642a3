"""Node labels that say how a node is bought."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ON_DEMAND", "RESERVED", "SPOT", "purchase_by_label"]

SPOT, ON_DEMAND, RESERVED = "spot", "on-demand", "reserved"
_ANY = "*"
_NONE = "-"


def purchase_by_label(key: str, value: str) -> str | None:
    """What a node label with this value says of the purchase; None: it says nothing of it."""
    row = _rows().get(key)
    if row is None:
        return SPOT if value.lower() == SPOT else None
    spot, reserved = row
    if value in spot:
        return SPOT
    return RESERVED if value in reserved or _ANY in reserved else ON_DEMAND


@cache
def _rows() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    return {key: (_values(spot), _values(reserved)) for key, spot, reserved in rows_of("spot_labels.tsv")}


def _values(text: str) -> frozenset[str]:
    return frozenset() if text == _NONE else frozenset(text.split())
