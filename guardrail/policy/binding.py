"""Parameters of a policy bound from a profile, completed for every environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.errors import ProfileError
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.catalogue import CATALOGUE, GPU_SYSTEM_NAMESPACES, SYSTEM_NAMESPACES
from guardrail.policy.compiler import param_schema
from guardrail.policy.schema import value_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.errors import Fault
    from guardrail.policy.compiler import CheckedPolicy
    from guardrail.policy.profile import Profile

__all__ = ["BoundParams", "bind_params", "complete", "environment_names", "shipped_default"]


@dataclass(frozen=True, slots=True)
class BoundParams:
    """The parameters of one policy. `missing` maps those that nothing supplies to their profile path."""

    values: Mapping[str, Any]
    missing_required: Mapping[str, str]
    missing_optional: Mapping[str, str]


def environment_names(profile: Profile) -> tuple[str, ...]:
    """Every environment that a resource of a run may have, `default` included, strictest last but for it."""
    return tuple(dict.fromkeys((*profile.environments, DEFAULT_ENVIRONMENT)))


def bind_params(policy: CheckedPolicy, profile: Profile) -> BoundParams:
    """The parameters that the profile and the shipped defaults give. Raises ProfileError for values of a wrong shape."""
    values = _implicit(profile)
    missing: dict[bool, dict[str, str]] = {True: {}, False: {}}
    faults: list[Fault] = []
    for name, declared in policy.spec.get("params", {}).items():
        path: str | None = declared.get("from")
        value = profile.value(path) if path is not None else None
        if declared.get("required") is True and value in ({}, []):
            value = None  # an empty map or list gives nothing to judge by
        if value is not None and path is not None:
            where = tuple(path.split("."))
            faults.extend(
                profile.fault((*where, *below), f"{message} (params.{name} of {policy.name})")
                for below, message in value_faults(value, param_schema(declared))
            )
        elif "default" in declared:
            value = shipped_default(declared["default"])
        else:
            missing[declared.get("required") is True][name] = str(path)
            continue
        if declared.get("by") == "environment" and isinstance(value, dict):
            value = complete(value, environment_names(profile), lenient_default=profile.is_starter)
        values[name] = value
    if faults:
        raise ProfileError(faults)
    return BoundParams(values, missing[True], missing[False])


def _implicit(profile: Profile) -> dict[str, Any]:
    return {
        "environments": list(profile.environments or (DEFAULT_ENVIRONMENT,)),
        "system_namespaces": list(profile.value("kubernetes.system_namespaces") or SYSTEM_NAMESPACES),
        "gpu_system_namespaces": list(profile.value("kubernetes.gpu_system_namespaces") or GPU_SYSTEM_NAMESPACES),
        "clusters": list(profile.value("clusters") or ()),
    }


def shipped_default(default: Any) -> Any:
    """The default that a policy states, or the table of the catalogue that it names."""
    if isinstance(default, dict) and set(default) == {"catalogue"}:
        return CATALOGUE[default["catalogue"]]
    return default


def complete(entries: Mapping[str, Any], names: Iterable[str], *, lenient_default: bool = False) -> dict[str, Any]:
    """A map by environment with an entry for every name.

    A name without its own entry gets `default`, else the strictest of the entries: the smallest
    maximum, the largest minimum, the intersection of lists. Without a profile `default` is the most
    lenient one instead, since a resource of no known environment is not production.
    """
    made = dict(entries)
    for name in names:
        if name in entries:
            continue
        if DEFAULT_ENVIRONMENT in entries:
            made[name] = entries[DEFAULT_ENVIRONMENT]
        elif entries:
            made[name] = _extreme("", list(entries.values()), strict=not (lenient_default and name == DEFAULT_ENVIRONMENT))
    return made


def _extreme(key: str, values: Sequence[Any], *, strict: bool) -> Any:
    """The strictest (or most lenient) of values of one kind; `key` tells a minimum from a maximum."""
    first = values[0]
    if all(isinstance(value, dict) for value in values):
        return _extreme_map(values, strict=strict)
    if all(isinstance(value, list) for value in values):
        if strict:
            return [member for member in first if all(member in other for other in values)]
        return list(dict.fromkeys(member for value in values for member in value))
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        wants_least = strict != (key == "min" or key.startswith("min_"))
        return min(values) if wants_least else max(values)
    return first if strict is False else values[-1]  # neither more nor less: the strictest environment stands last


def _extreme_map(maps: Sequence[Mapping[str, Any]], *, strict: bool) -> dict[str, Any]:
    """Key by key; a map without a key counts with its entry `default`, where it has one."""
    made: dict[str, Any] = {}
    for key in dict.fromkeys(key for entry in maps for key in entry):
        values = [entry.get(key, entry.get(DEFAULT_ENVIRONMENT)) for entry in maps if key in entry or DEFAULT_ENVIRONMENT in entry]
        made[key] = _extreme(key, values, strict=strict)
    return made
