"""Tags and labels as they will be on the object: own ones over what the provider adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from guardrail.catalogue.resource_types import ResourceType
    from guardrail.normalise.terraform.providers import ProviderInstance
    from guardrail.normalise.terraform.values import Values

__all__ = ["Tags", "tag_path", "tags_of"]

_MERGED = {"aws": ("tags_all",), "google": ("effective_labels", "terraform_labels")}
_DEFAULTS_REACH = {"tags", "labels", "resource_labels"}
"""Attributes that provider defaults are merged into: never `tag` blocks, node pools' or SQL settings' labels."""

_CLOUDS = {"aws", "google", "azure"}


@dataclass(frozen=True, slots=True)
class Tags:
    """`raw` as written on the resource, `effective` with the provider's defaults; `pointer` is the attribute."""

    taggable: bool
    raw: PartialMap
    effective: PartialMap
    pointer: str


def tag_path(rtype: ResourceType, values: Values, provider: str) -> str | None:
    """Where the tags of a resource stand (`labels`, `tag[]`), or None: it takes none.

    A type newer than the catalogue takes tags when it has the attribute. Outside the big clouds
    `tags` is often a list of words, which are no tags.
    """
    if rtype.tags is not None or rtype.schema_known:
        return rtype.tags
    for name in ("labels",) if provider == "google" else ("tags", "labels"):
        if values.has(name) and (provider in _CLOUDS or isinstance(values.known.get(name), dict)):
            return name
    return None


def tags_of(values: Values, path: str | None, provider: str, instance: ProviderInstance) -> Tags:
    """The tags of a resource whose tags stand at `path`."""
    if path is None:
        return Tags(taggable=False, raw=PartialMap(), effective=PartialMap(), pointer="")
    holder, pointer = _holder(values, path)
    raw = holder if isinstance(holder, PartialMap) else _own(holder)
    merged = _MERGED.get(provider, ())
    if path not in _DEFAULTS_REACH or not merged:
        return Tags(taggable=True, raw=raw, effective=raw, pointer=pointer)
    effective = _effective(values, merged, raw, instance)
    return Tags(taggable=True, raw=raw, effective=_without_ignored(effective, instance), pointer=pointer)


def _holder(values: Values, path: str) -> tuple[Any, str]:
    """The value at a tag path, taken through the first block of each name, and its pointer."""
    *blocks, last = path.split(".")
    for name in blocks:
        inner = values.block(name.removesuffix("[]"))
        if isinstance(inner, Unknown):
            return PartialMap(unlisted=inner), values.point(name.removesuffix("[]"))
        if inner is None:
            return None, values.point(name.removesuffix("[]"))
        values = inner
    name = last.removesuffix("[]")
    if last.endswith("[]"):
        return _blocks(values, name), values.point(name)
    return values.get(name), values.point(name)


def _blocks(values: Values, name: str) -> PartialMap:
    """Tags written as blocks of key and value."""
    found = values.blocks(name)
    if isinstance(found, Unknown):
        return PartialMap(unlisted=found)
    known: dict[str, Any] = {}
    unlisted: Unknown | None = None
    for block in found:
        key, value = block.get("key"), block.get("value")
        if isinstance(key, Unknown):
            unlisted = key if unlisted is None else unlisted | key
        elif isinstance(key, str) and value is not None:
            known[key] = value
    return PartialMap({key: _worded(value) for key, value in known.items()}, unlisted=unlisted)


def _own(value: Any) -> PartialMap:
    """An own tag map. One unknown value makes most providers' whole map unknown, keys included."""
    if isinstance(value, Unknown):
        return PartialMap(unlisted=value)
    if isinstance(value, list):  # awscc, and the old form of auto scaling groups
        return _pairs(value)
    if not isinstance(value, Mapping):
        return PartialMap()
    return PartialMap({key: _worded(member) for key, member in value.items() if member is not None})


def _pairs(members: list[Any]) -> PartialMap:
    pairs = [member for member in members if isinstance(member, dict) and isinstance(member.get("key"), str)]
    unknown = [member for member in members if isinstance(member, Unknown)]
    unlisted = Unknown(ref for member in unknown for ref in member.references) if unknown else None
    return PartialMap({pair["key"]: _worded(pair["value"]) for pair in pairs if pair.get("value") is not None}, unlisted=unlisted)


def _worded(value: Any) -> Any:
    """A tag value as text: numbers and flags are converted by the provider."""
    if isinstance(value, str | Unknown):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _effective(values: Values, merged: tuple[str, ...], raw: PartialMap, instance: ProviderInstance) -> PartialMap:
    """What the provider says it merged where it says so, else own tags over its defaults.

    A default with an unknown value makes the AWS provider leave all defaults out of `tags_all`,
    which then is known and incomplete: where it adds nothing to the own tags although defaults are
    written that the plan cannot resolve, further keys may come.
    """
    defaults = instance.default_tags
    said = next((found for name in merged if isinstance(values.known.get(name), dict) for found in [_own(values.get(name))]), None)
    if said is not None and raw.unlisted is None:
        if isinstance(defaults, Unknown) and said.keys() <= raw.keys():
            return PartialMap({**raw, **said}, unlisted=defaults)
        return said
    if isinstance(defaults, Unknown):
        return PartialMap(raw, unlisted=defaults if raw.unlisted is None else defaults | raw.unlisted)
    return PartialMap({**{key: _worded(value) for key, value in (defaults or {}).items()}, **raw}, unlisted=raw.unlisted)


def _without_ignored(tags: PartialMap, instance: ProviderInstance) -> PartialMap:
    if not instance.ignored_keys and not instance.ignored_prefixes:
        return tags
    kept = {key: value for key, value in tags.items() if key not in instance.ignored_keys and not key.startswith(instance.ignored_prefixes)}
    return PartialMap(kept, unlisted=tags.unlisted)
