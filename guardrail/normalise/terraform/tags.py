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

_FORMER = {"tag[]": ("tags",)}
"""Auto scaling groups took a list of maps too, before version 5 of the AWS provider."""

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
    raw, pointer = _holder(values, path)
    merged = _MERGED.get(provider, ())
    if path not in _DEFAULTS_REACH or not merged:
        return Tags(taggable=True, raw=raw, effective=raw, pointer=pointer)
    effective = _effective(values, merged, raw, instance)
    return Tags(taggable=True, raw=raw, effective=_without_ignored(effective, instance), pointer=pointer)


def _holder(values: Values, path: str) -> tuple[PartialMap, str]:
    """The tags at a path, taken through the first block of each name, and its pointer."""
    *blocks, last = path.split(".")
    for name in blocks:
        inner = values.block(name.removesuffix("[]"))
        if isinstance(inner, Unknown):
            return PartialMap(unlisted=inner), values.point(name.removesuffix("[]"))
        if inner is None:
            return PartialMap(), values.point(name.removesuffix("[]"))
        values = inner
    name = last.removesuffix("[]")
    if not last.endswith("[]"):
        return _own(values, name), values.point(name)
    names = (name, *_FORMER.get(last, ()))
    return _blocks(values, *names), values.point(next((written for written in names if values.known.get(written)), name))


def _blocks(values: Values, *names: str) -> PartialMap:
    """Tags written as blocks of key and value, or under further names as lists of such maps."""
    known: dict[str, Any] = {}
    doubts: list[Unknown] = []
    for name in names:
        found = values.blocks(name, computed=name != names[0])
        for block in [] if isinstance(found, Unknown) else found:
            key, value = block.get("key"), block.get("value")
            if isinstance(key, Unknown):
                doubts.append(key)
            elif isinstance(key, str) and value is not None:
                known[key] = _worded(value)
        doubts += [found] if isinstance(found, Unknown) else []
    return PartialMap(known, unlisted=Unknown(ref for doubt in doubts for ref in doubt.references) if doubts else None)


def _own(values: Values, name: str) -> PartialMap:
    """An own tag map. One unknown value makes most providers' whole map unknown, keys included."""
    value = values.get(name)
    if isinstance(value, Unknown):
        return PartialMap(unlisted=value)
    if isinstance(value, list):  # awscc
        return _blocks(values, name)
    if not isinstance(value, Mapping):
        return PartialMap()
    return PartialMap({key: _worded(member) for key, member in value.items() if member is not None})


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
    name = next((name for name in merged if isinstance(values.known.get(name), dict)), None)
    if name is not None and raw.unlisted is None:
        said = _own(values, name)
        said.update({key: raw[key] for key in said if isinstance(raw.get(key), Unknown)})  # the merged map names no reference
        if isinstance(defaults, Unknown) and said.keys() <= raw.keys() and not values.is_prior:
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
