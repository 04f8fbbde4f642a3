"""Instance types of the clouds and the accelerators in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from guardrail.catalogue.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["InstanceType", "accelerators_among", "instance_type"]

_UNPUBLISHED = "?"
_FAMILY = {
    "aws": re.compile(r"[^.]+(?=\.)"),  # m7i-flex.large
    "google": re.compile(r"[^-]+(?=-)"),  # n2-standard-8, custom-4-8192, n2-custom-4-8192
    "azure": re.compile(r"[a-z_]+(?=[0-9])"),  # standard_d4s_v5
}


@dataclass(frozen=True, slots=True)
class InstanceType:
    """The accelerators of one instance type.

    `accelerator` is the cloud's name of the model, None where the type has none. `count` is in
    whole-device equivalents and None where the cloud does not publish it; it is 0 only where it is
    certain that there is no accelerator.
    """

    name: str
    accelerator: str | None
    count: Fraction | None


def instance_type(provider: str, name: str) -> InstanceType | None:
    """What the catalogue says of an instance type, or None: a type that it does not know.

    `provider` is aws, google or azure; names are compared without case and without the prefix of a
    managed service (`ml.`, `db.`), which the caller removes. A type that is not listed itself has no
    accelerator when its whole family has none; of other families it is unknown, never 0.
    """
    types, bare = _tables().get(provider, ({}, frozenset()))
    folded = name.strip().lower()
    row = types.get(folded)
    if row is not None:
        accelerator, count = row
        return InstanceType(name, accelerator, None if count == _UNPUBLISHED else Fraction(count))
    family = _FAMILY[provider].match(folded) if provider in _FAMILY else None
    if family is not None and family[0] in bare:
        return InstanceType(name, None, Fraction(0))
    return None


def accelerators_among(provider: str, patterns: Iterable[str]) -> list[str]:
    """The accelerators, as the cloud names them, of the types that match a pattern (`g5.*`), sorted."""
    types, _ = _tables().get(provider, ({}, frozenset()))
    wanted = [pattern.strip().lower() for pattern in patterns]
    return sorted({accelerator for name, (accelerator, _) in types.items() if any(fnmatchcase(name, pattern) for pattern in wanted)})


@cache
def _tables() -> Mapping[str, tuple[Mapping[str, tuple[str, str]], frozenset[str]]]:
    types: dict[str, dict[str, tuple[str, str]]] = {}
    families: dict[str, set[str]] = {}
    for provider, kind, name, accelerator, count in rows_of("instances.tsv"):
        if kind == "type":
            types.setdefault(provider, {})[name] = (accelerator, count)
        else:
            families.setdefault(provider, set()).add(name)
    return MappingProxyType({provider: (types[provider], frozenset(families[provider])) for provider in types})
