"""Every function, macro and syntax of the language, with the Kubernetes version that introduced it."""

from __future__ import annotations

from guardrail.cel import wellknown
from guardrail.cel.celtype import CelType, opaque, struct, type_of
from guardrail.cel.declarations import ALWAYS, NEVER, Library, Overload
from guardrail.cel.extensions import ENCODERS, LATER_STRINGS, LISTS, OPTIONALS, SETS, STRINGS
from guardrail.cel.kubernetes.authorizer import AUTHORIZER, AUTHORIZER_SELECTORS
from guardrail.cel.kubernetes.formats import FORMATS
from guardrail.cel.kubernetes.lists import LISTS as KUBERNETES_LISTS
from guardrail.cel.kubernetes.lists import REGEX
from guardrail.cel.kubernetes.network import CIDR, IP
from guardrail.cel.kubernetes.quantity import QUANTITY
from guardrail.cel.kubernetes.semver import SEMVER
from guardrail.cel.kubernetes.urls import URLS
from guardrail.cel.macros import (
    BIND_MACROS,
    EXTREME_MACROS,
    LATER_MACROS,
    OPTIONAL_MACROS,
    SORT_MACROS,
    STANDARD_MACROS,
    TWO_VARIABLE_MACROS,
)
from guardrail.cel.math_library import MATH
from guardrail.cel.own import OWN
from guardrail.cel.stdlib import LATER_STANDARD, STANDARD
from guardrail.cel.values import TypeValue

__all__ = ["LATEST", "LIBRARIES", "MACROS", "OBJECT_TYPES", "available", "constants", "overloads", "version_key"]

LATEST = "1.37"
"""The newest Kubernetes version whose functions are recorded here."""

LIBRARIES: tuple[Library, ...] = (
    STANDARD,
    STRINGS,
    KUBERNETES_LISTS,
    REGEX,
    URLS,
    AUTHORIZER,
    OPTIONALS,
    QUANTITY,
    SETS,
    IP,
    CIDR,
    FORMATS,
    AUTHORIZER_SELECTORS,
    SEMVER,
    LISTS,
    MATH,
    ENCODERS,
    OWN,
)

MACROS: dict[str, str] = {
    **dict.fromkeys(STANDARD_MACROS, ALWAYS),
    **dict.fromkeys(OPTIONAL_MACROS, "1.28"),
    **dict.fromkeys(TWO_VARIABLE_MACROS, "1.32"),
    **dict.fromkeys(SORT_MACROS, "1.34"),
    **dict.fromkeys(BIND_MACROS | LATER_MACROS | EXTREME_MACROS, NEVER),
}
"""Macros by key (`.all:2`) with the version that introduced them."""

_TYPES = ("bool", "int", "uint", "double", "string", "bytes", "null_type", "list", "map", "type")
OBJECT_TYPES = (
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "kubernetes.URL",
    "kubernetes.Quantity",
    "kubernetes.Semver",
    "kubernetes.NamedFormat",
    "net.IP",
    "net.CIDR",
    "optional_type",
)


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers that compare."""
    return tuple(map(int, version.split(".")))


def available(since: str, until: str, version: str) -> bool:
    """Whether something introduced in one version (and removed in another) is in a cluster of a version."""
    if since == NEVER:
        return False
    key = version_key(version)
    return version_key(since) <= key and (not until or key < version_key(until))


def overloads(*, specification: bool = False) -> list[Overload]:
    """All overloads. `specification` takes the later forms of some string functions."""
    found = [overload for library in LIBRARIES for overload in library.overloads]
    if specification:
        later = LATER_STRINGS.overloads + LATER_STANDARD.overloads
        replaced = {overload.id for overload in later}
        found = [overload for overload in found if overload.id not in replaced] + later
    return found


def constants() -> dict[str, tuple[CelType, object]]:
    """Names of types as values."""
    named = {name: struct(name) for name in OBJECT_TYPES}
    named |= {"net.IP": opaque("net.IP"), "net.CIDR": opaque("net.CIDR")}
    simple = {name: CelType(name, name) for name in _TYPES}
    return {name: (type_of(t), TypeValue(name)) for name, t in (simple | named).items()} | wellknown.CONSTANTS
