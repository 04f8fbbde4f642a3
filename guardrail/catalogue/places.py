"""Regions, zones and multi-regions of the clouds.

A zone's region is looked up by its whole name, never found by cutting letters off: local zones and
wavelength zones (`us-west-2-lax-1a`) belong to their parent region, and `asia-east1-a` is no region.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["canonical_region", "is_placeless", "known_regions", "members_of_multi_region", "region_of_zone", "same_place"]


@dataclass(frozen=True, slots=True)
class _Places:
    """The places of one provider. `patterns` is keyed by the text before the first character class."""

    regions: frozenset[str]
    zones: Mapping[str, str]
    patterns: Mapping[str, tuple[tuple[str, str], ...]]
    multi: Mapping[str, tuple[str, ...]]
    nowhere: frozenset[str]


def same_place(text: str) -> str:
    """A location name as it is compared: `West Europe` and `westeurope` are the same place."""
    return "".join(text.split()).lower()


def canonical_region(provider: str | None, text: str) -> str | None:
    """The provider's own name of a region, or None when the text names no region of the catalogue.

    `West Europe` is `westeurope` and `EUROPE-WEST4` is `europe-west4`. Without a provider (aws,
    google or azure) every provider's regions count.
    """
    folded = same_place(text)
    return folded if any(folded in places.regions for places in _of(provider)) else None


def region_of_zone(provider: str | None, zone: str) -> str | None:
    """The region that a zone belongs to, or None when the catalogue has no such zone.

    A name of its own wins over a pattern. Self links (`projects/p/zones/europe-west4-a`) are not
    taken apart here.
    """
    folded = zone.strip().lower()
    for places in _of(provider):
        found = places.zones.get(folded) or _by_pattern(places, folded)
        if found is not None:
            return found
    return None


def members_of_multi_region(provider: str | None, text: str) -> tuple[str, ...] | None:
    """The regions in which a multi-region keeps its data (Cloud Storage: `EU`, `ASIA`, `eur4`), or None."""
    folded = same_place(text)
    return next((places.multi[folded] for places in _of(provider) if folded in places.multi), None)


def known_regions(provider: str | None) -> frozenset[str]:
    """The regions of a provider (aws, google or azure), by its own names; of all without one. Empty for any other."""
    return frozenset(name for places in _of(provider) for name in places.regions)


def is_placeless(provider: str | None, text: str) -> bool:
    """Whether the text names a location that is no place at all (`global`)."""
    folded = same_place(text)
    return any(folded in places.nowhere for places in _of(provider))


def _by_pattern(places: _Places, zone: str) -> str | None:
    for end in range(1, len(zone)):
        for pattern, region in places.patterns.get(zone[:end], ()):
            if fnmatchcase(zone, pattern):
                return region
    return None


def _of(provider: str | None) -> tuple[_Places, ...]:
    tables = _tables()
    if provider is None:
        return tuple(tables.values())
    return (tables[provider],) if provider in tables else ()


@cache
def _tables() -> Mapping[str, _Places]:
    rows: dict[str, list[tuple[str, str, tuple[str, ...]]]] = defaultdict(list)
    for provider, kind, name, members in rows_of("places.tsv"):
        rows[provider].append((kind, name, tuple(members.split())))
    return MappingProxyType({provider: _places(of_provider) for provider, of_provider in rows.items()})


def _places(rows: list[tuple[str, str, tuple[str, ...]]]) -> _Places:
    zones: dict[str, str] = {}
    patterns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, region, members in rows:
        for zone in members if kind == "region" else ():
            if "[" in zone:
                patterns[zone[: zone.index("[")]].append((zone, region))
            else:
                zones[zone] = region
    return _Places(
        regions=frozenset(name for kind, name, _ in rows if kind == "region"),
        zones=zones,
        patterns={prefix: tuple(found) for prefix, found in patterns.items()},
        multi={name: members for kind, name, members in rows if kind == "multi"},
        nowhere=frozenset(name for kind, name, _ in rows if kind == "none"),
    )
