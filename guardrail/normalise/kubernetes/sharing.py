"""What part of a whole device one unit of an extended resource is."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from guardrail.catalogue.accelerators import Accelerator, LabelSays, Unit, accelerator_of
from guardrail.catalogue.slices import amd_partition_share, mig_share
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.placement import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.catalogue.families import FamilyMatch
    from guardrail.normalise.kubernetes.arithmetic import Exact
    from guardrail.normalise.kubernetes.placement import Demands, Models, Placement

__all__ = ["share_of"]

_WHOLE: Exact = 1
_MIB_PER_GIB = 1024


def share_of(accelerator: Accelerator, written: Mapping[str, Exact | Unknown], placement: Placement, models: Models) -> Exact:
    """The part of a device that one unit is; what cannot be known counts as a whole one.

    `written` are the extended resources of the same container: memory and core amounts size the
    software shares beside them. Where the node decides (MIG by one name, time-slicing), required
    node labels may tell; several accepted models count with the largest part.
    """
    part = _share(accelerator, written, placement, models)
    return part.numerator if part.denominator == 1 else part


def _share(accelerator: Accelerator, written: Mapping[str, Exact | Unknown], placement: Placement, models: Models) -> Exact:
    matches = (
        [accelerator.named] if accelerator.named is not None else [m for m in models.matches if m.vendor in {None, accelerator.vendor}]
    )
    if accelerator.unit is Unit.SLICE:
        return _slice(accelerator, matches)
    if accelerator.unit is Unit.CORE:
        return _core(accelerator, matches)
    if accelerator.size == "vgpu":
        return _largest(match.share for match in matches)
    part = _software(accelerator, written, matches) if len(written) > 1 or accelerator.unit is Unit.MODIFIER else _WHOLE
    if placement is ANYWHERE or accelerator.unit not in {Unit.DEVICE, Unit.SHARED}:
        return part
    return part * _largest(_node(demands, matches) for demands in placement.alternatives)


def _largest(parts: Iterable[Exact | None]) -> Exact:
    return max((_WHOLE if part is None else part for part in parts), default=_WHOLE)


def _slice(accelerator: Accelerator, matches: Sequence[FamilyMatch]) -> Exact:
    name = accelerator.name.partition("/")[2]
    if accelerator.size == "amd-mode":
        mode = name.partition("_")[0]
        return _largest(amd_partition_share(mode, match.family) for match in matches) if matches else amd_partition_share(mode) or _WHOLE
    if accelerator.size == "mig":
        profile = name.removeprefix("mig-")
        return _largest(mig_share(profile, m.family, m.memory_gib) for m in matches) if matches else mig_share(profile) or _WHOLE
    size = re.search(r"(\d+)gb$", name) if accelerator.size == "gb" else None
    return _of_memory(int(size[1]), matches) if size is not None else _WHOLE


def _core(accelerator: Accelerator, matches: Sequence[FamilyMatch]) -> Exact:
    cores = [accelerator.cores.get("") or accelerator.cores.get(match.family or "") for match in matches] or [accelerator.cores.get("")]
    return _largest(Fraction(1, number) if number else None for number in cores)


def _of_memory(gib: Exact, matches: Sequence[FamilyMatch]) -> Exact:
    """A part by memory; whole where the memory of the device is not known."""
    return min(_largest(Fraction(gib) / match.memory_gib if match.memory_gib else None for match in matches), _WHOLE)


def _software(accelerator: Accelerator, written: Mapping[str, Exact | Unknown], matches: Sequence[FamilyMatch]) -> Exact:
    """A software share: the larger of its memory and its compute; without a memory amount it has all of it."""
    sizes = {size: amount for size, amount in _sizes(accelerator, written) if not isinstance(amount, Unknown)}
    if not sizes or all(size == "compute-percent" for size in sizes):
        return _WHOLE
    memory = [_memory_part(size, amount, matches) for size, amount in sizes.items() if size != "compute-percent"]
    compute = Fraction(sizes.get("compute-percent", 0)) / 100
    return min(max(*memory, compute), _WHOLE)


def _memory_part(size: str, amount: Exact, matches: Sequence[FamilyMatch]) -> Exact:
    if size == "memory-percent":
        return Fraction(amount) / 100
    return _of_memory(Fraction(amount) / _MIB_PER_GIB if size == "memory-mib" else amount, matches)


def _sizes(accelerator: Accelerator, written: Mapping[str, Exact | Unknown]) -> Iterable[tuple[str, Exact | Unknown]]:
    for resource, amount in written.items():
        other = accelerator_of(resource)
        if other is not None and other.unit is Unit.MODIFIER and other.vendor == accelerator.vendor and other.size:
            yield other.size, amount


def _node(demands: Demands, matches: Sequence[FamilyMatch]) -> Exact:
    """What required node labels say of a device that is sold in parts under the name of the whole."""
    part = _largest(match.share for match in matches)
    profiles = [value for values in demands.values(LabelSays.MIG) for value in values]
    if profiles:
        shares = [mig_share(profile, match.family, match.memory_gib) for profile in profiles for match in matches]
        part = _largest(shares or [mig_share(profile) for profile in profiles])
    clients = [int(value) for values in demands.values(LabelSays.CLIENTS) for value in values if value.isascii() and value.isdigit()]
    return Fraction(part) / min(clients) if clients and min(clients) > 0 else part
