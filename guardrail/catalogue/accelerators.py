"""Extended resource names of accelerators, and the node labels that name a model or a place."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from guardrail.catalogue.families import FamilyMatch, family_of
from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Accelerator", "LabelSays", "Unit", "accelerator_of", "label_says", "models_of_instance_family"]

_NOTHING = "-"
_LONGEST_NAME = 317  # characters of a qualified name: 253, a slash and 63


class Unit(StrEnum):
    """What one unit of an extended resource is."""

    DEVICE = "device"
    SLICE = "slice"  # a hardware partition
    SHARED = "shared"  # a time-sliced or MPS share; how many share a device is a setting of the node
    VDEVICE = "vdevice"  # a software share, sized by modifiers of the same container
    CORE = "core"
    MODIFIER = "modifier"  # sizes a vdevice, is no device of its own
    EXCLUDE = "exclude"  # looks like an accelerator or travels with one


class LabelSays(StrEnum):
    """What the values of a node label say."""

    MODEL = "model"
    MODEL_HINT = "model-hint"  # free text: a model only where the name is known
    MIG = "mig"
    CLIENTS = "clients"
    INSTANCE_TYPE = "instance-type"
    INSTANCE_FAMILY = "instance-family"
    INSTANCE_SIZE = "instance-size"
    REGION = "region"
    ZONE = "zone"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An extended resource.

    `size` says how the part of a device is found: `mig`, `amd-mode`, `gb` and `vgpu` (the name
    says it), what a modifier measures, or empty. `cores` are the cores of one device, by family;
    the key is empty where the number holds for all. `named` is what the name says about the model.
    """

    name: str
    vendor: str
    unit: Unit
    size: str = ""
    cores: Mapping[str, int] = field(default_factory=dict)
    named: FamilyMatch | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: str  # empty: the name itself
    vendor: str
    unit: Unit
    size: str


def accelerator_of(resource: str) -> Accelerator | None:
    """What an extended resource name (`nvidia.com/mig-1g.10gb`) is; None: in no table, count nothing."""
    return None if len(resource) > _LONGEST_NAME else _accelerator_of(resource)


@lru_cache(maxsize=1024)
def _accelerator_of(resource: str) -> Accelerator | None:
    domain, slash, name = resource.partition("/")
    rows = _rows().get(domain) if slash else None
    if rows is None:
        return None
    row = rows.get(name) or next((row for row in rows.values() if row.pattern and re.fullmatch(row.pattern, name)), None)
    return None if row is None else _accelerator(resource, name, row)


def _accelerator(resource: str, name: str, row: _Row) -> Accelerator:
    named = None
    size = row.size
    if size.startswith("model:"):
        named, size = _model(resource, name, size.removeprefix("model:")), ""
    elif size == "vgpu":
        named = family_of(name)
    elif row.unit is Unit.CORE:
        named = family_of(resource)
        return Accelerator(resource, row.vendor, row.unit, "", dict(_cores(size)), named)
    return Accelerator(resource, row.vendor, row.unit, "" if size == _NOTHING else size, named=named)


def _model(resource: str, name: str, prefix: str) -> FamilyMatch | None:
    if not prefix:
        return family_of(resource) or family_of(name)
    return family_of(name.partition(prefix)[2])


def _cores(text: str) -> Iterator[tuple[str, int]]:
    for entry in text.split():
        family, _, cores = entry.rpartition("=")
        yield family, int(cores)


@cache
def _rows() -> Mapping[str, Mapping[str, _Row]]:
    rows: dict[str, dict[str, _Row]] = defaultdict(dict)
    for domain, name, vendor, unit, size in rows_of("accelerators.tsv"):
        pattern = name[1:] if name.startswith("~") else ""
        rows[domain][name] = _Row(pattern, vendor, Unit(unit), size)
    return rows


def label_says(key: str) -> LabelSays | None:
    """What the values of a node label say, or None: nothing that the view reads."""
    return _labels().get(key)


@cache
def _labels() -> Mapping[str, LabelSays]:
    return MappingProxyType({key: LabelSays(says) for key, says in rows_of("node_labels.tsv")})


def models_of_instance_family(family: str) -> frozenset[str]:
    """The accelerators, as their cloud names them, in the types of a family of AWS (`g5`); empty where none is known."""
    return _instance_families().get(family.strip().lower(), frozenset())


@cache
def _instance_families() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for provider, kind, name, *rest in rows_of("instances.tsv"):
        if provider == "aws" and kind == "type":
            found[name.partition(".")[0]].add(rest[0])
    return MappingProxyType({family: frozenset(models) for family, models in found.items()})
