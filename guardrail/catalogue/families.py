"""Accelerator names, as clouds, node labels and resource names write them, and the families they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from guardrail.catalogue.slices import mig_share
from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FamilyMatch", "family_of", "fold_name", "known_families"]

_NOTHING = "-"
_LONGEST_NAME = 256  # characters; bounds the work and the cache whatever an object says
_MODEL = (
    r"k80|m4|m10|m40|m60|p4|p6|p40|p100|v100s?|t4g?|a2|a10g?|a16|a30|a40|a100x?|a800|l2|l4|l20|l40s?"
    r"|h20|h100|h200|h800|b200|b300|gb200|gb300"
)
_FORM = r"sxm\d*|pcie?|nvlink|hbm\d\w*|oam|fhhl|dgxs|mega|ac|active"


@dataclass(frozen=True, slots=True)
class FamilyMatch:
    """What a name says.

    `family` is None where the name is known and names a vendor or an architecture only.
    `memory_gib` is the memory of one whole device; None: the family has several sizes. `share` is
    the part of a device that the name stands for, 1 for a whole one; None: the size of the
    instance says it.
    """

    family: str | None
    memory_gib: int | None
    vendor: str | None
    share: Fraction | None


def fold_name(name: str) -> str:
    """A name as it is looked up: `acceleratorTypes/NVIDIA_Tesla T4` is `nvidia-tesla-t4`."""
    text = name.strip().lower().replace(" ", "-").replace("_", "-")
    return text.rsplit("acceleratortypes/", 1)[-1]


def family_of(name: str) -> FamilyMatch | None:
    """The family that an accelerator name means, or None: a name that no row matches.

    Exact names are tried before the forms that follow a pattern (sockets, memory sizes, MIG and
    vGPU profiles). A name that is not known is an unknown family, never an approved one.
    """
    return None if len(name) > _LONGEST_NAME else _family_of(name)


@cache
def known_families() -> frozenset[str]:
    """The canonical names of all families."""
    return frozenset(match.family for match in _names().values() if match.family is not None)


@lru_cache(maxsize=1024)
def _family_of(name: str) -> FamilyMatch | None:
    folded = fold_name(name)
    exact = _names().get(folded)
    if exact is not None:
        return exact
    for pattern, read in _patterns():
        found = pattern.fullmatch(folded)
        if found is not None:
            return read(found)
    return None


@cache
def _names() -> Mapping[str, FamilyMatch]:
    names: dict[str, FamilyMatch] = {}
    for family, memory, vendor, share, aliases in rows_of("families.tsv"):
        match = FamilyMatch(
            None if family == _NOTHING else family,
            None if memory == _NOTHING else int(memory),
            vendor,
            Fraction(1) if share == "1" else None,
        )
        names.update(dict.fromkeys(aliases.split(" "), match))
    return names


_Found = re.Match[str]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Callable[[_Found], FamilyMatch | None]], ...]:
    forms: list[tuple[str, Callable[[_Found], FamilyMatch | None]]] = [
        (r"(?P<base>.+)-shared", _shared),
        (r"(?P<base>.+)-mig-(?P<profile>(?:\d+c\.)?\d+g\.\d+gb(?:[.+-][a-z.]+)*)", _mig),
        (rf"(?:nvidia-)?(?:tesla-)?(?P<model>{_MODEL})(?:-(?:{_FORM}))*(?:-(?P<gb>\d+)gb)?(?:-(?:{_FORM}))*", _form_of_model),
        (rf"(?:nvidia|grid)-(?P<model>{_MODEL})(?:dx?|x|l)?-(?P<gb>\d+)-?[abcq]", _vgpu),
        (r"(?:nvidia-)?(?P<model>rtx-pro-(?:4500|6000))(?:-[a-z0-9]+)*", _model),
        (r"(?:amd-)?(?:instinct-)?(?P<model>mi\d+[ax]?)(?:-(?:oam|hf|vf|pcie|mba|ac|mcm|[()a-z]+))*", _model),
        (r"(?:tpu-)?(?P<model>v2|v3|v4|v5litepod|v5e|v5p|v6e)-\d+", _model),  # TPU VM types: cores or chips after the hyphen
        (r"(?:tpu-)?(?P<model>tpu7x|v7x)-\d+", _tpu7x),
        (r"cloud-tpus\.google\.com/(?:preemptible-)?(?P<model>v[23])", _model),
        (r"(?P<model>huawei\.com/ascend910b)\d*", _model),
        (r"(?P<model>huawei\.com/ascend910)-?c\d*", _ascend910c),
    ]
    return tuple((re.compile(text), read) for text, read in forms)


def _model(found: _Found) -> FamilyMatch | None:
    return _names().get(found["model"])


def _tpu7x(_: _Found) -> FamilyMatch | None:
    return _names().get("tpu7x")


def _ascend910c(_: _Found) -> FamilyMatch | None:
    return _names().get("huawei.com/ascend910c")


def _form_of_model(found: _Found) -> FamilyMatch | None:
    base = _model(found)
    return base if base is None or found["gb"] is None else replace(base, memory_gib=int(found["gb"]))


def _shared(found: _Found) -> FamilyMatch | None:
    """A time-sliced or MPS device: how many share it stands at the node, so that it counts whole here."""
    return family_of(found["base"])


def _mig(found: _Found) -> FamilyMatch | None:
    base = family_of(found["base"])
    part = mig_share(found["profile"], base.family, base.memory_gib) if base is not None else None
    return base if base is None or part is None or base.share is None else replace(base, share=base.share * part)


def _vgpu(found: _Found) -> FamilyMatch | None:
    base = _model(found)
    if base is None or not base.memory_gib:
        return base
    return replace(base, share=min(Fraction(int(found["gb"]), base.memory_gib), Fraction(1)))
