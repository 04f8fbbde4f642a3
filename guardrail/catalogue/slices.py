"""Hardware partitions of accelerators: what part of a device a slice is.

A slice counts the larger of its compute share and its memory share, because either may use the
device up: two `1g.10gb` slices of a 40 GiB A100 leave room for two more, not for five.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["amd_partition_share", "mig_share"]

_PROFILE = re.compile(r"(?:(?P<part>\d+)c\.)?(?P<instance>(?P<compute>\d+)g\.\d+gb)")
_COMPUTE_SLICES = 7  # of every device with MIG, except those whose profiles are listed with four
_AMD_MODES = {"spx": Fraction(1), "dpx": Fraction(1, 2), "tpx": Fraction(1, 3), "qpx": Fraction(1, 4), "cpx": Fraction(1, 8)}
_AMD_CPX = {"MI300A": Fraction(1, 6)}  # one partition per XCD; the other models have eight


@dataclass(frozen=True, slots=True)
class _Layout:
    families: frozenset[str]
    memory_gib: int
    shares: Mapping[str, Fraction]


def mig_share(profile: str, family: str | None = None, memory_gib: int | None = None) -> Fraction | None:
    """The part of a device that a MIG profile (`1g.10gb`, `1c.3g.20gb`) takes; None: no MIG profile.

    A profile name stands on several models. What the model leaves open is answered with the
    largest part that fits: without a model `1g.10gb` is 1/4, as on an A100 of 40 GiB. A compute
    instance (`1c.`) is its part of the slice, so that all of them together are the slice.
    """
    found = _PROFILE.match(profile)
    if found is None:
        return None
    instance, compute = found["instance"], int(found["compute"])
    whole = max(_shares(instance, family, memory_gib), default=Fraction(min(compute, _COMPUTE_SLICES), _COMPUTE_SLICES))
    if found["part"] is None or not compute:
        return whole
    return whole * Fraction(min(int(found["part"]), compute), compute)


def _shares(instance: str, family: str | None, memory_gib: int | None) -> list[Fraction]:
    layouts = [layout for layout in _layouts() if instance in layout.shares]
    of_family = [layout for layout in layouts if family in layout.families]
    of_size = [layout for layout in of_family if layout.memory_gib == memory_gib]
    return [layout.shares[instance] for layout in of_size or of_family or layouts]


def amd_partition_share(mode: str, family: str | None = None) -> Fraction | None:
    """The part of a device that an AMD compute mode (`spx`, `cpx`) makes of it; None: no such mode."""
    if mode == "cpx" and family in _AMD_CPX:
        return _AMD_CPX[family]
    return _AMD_MODES.get(mode)


@cache
def _layouts() -> tuple[_Layout, ...]:
    return tuple(_layout(*row) for row in rows_of("mig.tsv"))


def _layout(families: str, memory_gib: str, compute: str, memory: str, profiles: str) -> _Layout:
    shares = {name: max(Fraction(c, int(compute)), Fraction(m, int(memory))) for name, c, m in _profiles(profiles)}
    return _Layout(frozenset(families.split()), int(memory_gib), shares)


def _profiles(text: str) -> Iterator[tuple[str, int, int]]:
    for entry in text.split():
        name, parts = entry.split("=")
        compute, memory = parts.split("/")
        yield name, int(compute), int(memory)
