"""The declared shape of the `resource` view, read from `view.yaml` beside this module.

One file says which fields exist, their types and what unset and unknown mean. From it come the
check that a policy reads only declared fields, blank views, and the check of finished views.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["UNBOUNDED", "ViewField", "blank_view", "declares", "faults_of", "field_at", "sub_fields", "unknown_paths", "view_fields"]

UNBOUNDED = 2_147_483_647
"""Units without any limit; products saturate here, so that a cap refuses what nobody bounded."""

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "timestamp": (str,),
    "bool": (bool,),
    "int": (int,),
    "double": (float,),  # CEL does not mix integers and doubles in arithmetic
}


@dataclass(frozen=True, slots=True)
class ViewField:
    """One declared field. `fields` holds the members of a message or of the elements of a list."""

    path: str
    type: str
    unset: str  # absent | empty | false | default | always
    unknown: bool
    values: tuple[str, ...]
    fields: Mapping[str, ViewField]
    unit: str
    kubernetes: str
    terraform: str
    read_by: tuple[str, ...]


@cache
def _document() -> Mapping[str, Any]:
    text = resources.files("guardrail.view").joinpath("view.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    return loaded


@cache
def view_fields() -> Mapping[str, ViewField]:
    """The fields at the top of `resource`."""
    raw = _document()["fields"]
    return {name: _field(name, spec, raw) for name, spec in raw.items()}


def _field(path: str, spec: Mapping[str, Any], root: Mapping[str, Any]) -> ViewField:
    members = spec.get("fields", {})
    if "same_as" in spec:
        members = _members_at(root, spec["same_as"])
    return ViewField(
        path=path,
        type=spec["type"],
        unset=str(spec["unset"]).lower(),
        unknown=bool(spec["unknown"]),
        values=tuple(str(value) for value in spec.get("values", ())),
        fields={name: _field(f"{path}.{name}", sub, root) for name, sub in members.items()},
        unit=spec.get("unit", ""),
        kubernetes=str(spec.get("kubernetes", "")),
        terraform=str(spec.get("terraform", "")),
        read_by=tuple(spec.get("read_by", ())),
    )


def _members_at(root: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = root
    for part in path.split("."):
        fields = fields[part].get("fields", {})
    return fields


def sub_fields(field: ViewField) -> Mapping[str, ViewField]:
    """The members below a field; a nested view has all fields but `target` and `autoscaler`."""
    if field.type == "view":
        return {name: f for name, f in view_fields().items() if name not in {"target", "autoscaler"}}
    return field.fields


def field_at(path: Sequence[str]) -> ViewField | None:
    """The declared field at a path below `resource`, or None. Map keys end the walk at their map."""
    fields, found = view_fields(), None
    for part in path:
        if found is not None and found.type.startswith("map<"):
            return found
        found = fields.get(part)
        if found is None:
            return None
        fields = sub_fields(found)
    return found


def declares(path: Sequence[str]) -> str | None:
    """None when the chain of names below `resource` is declared, else the first part that is not."""
    fields: Mapping[str, ViewField] = view_fields()
    for at, part in enumerate(path):
        found = fields.get(part)
        if found is None:
            return ".".join(path[: at + 1])
        if found.type.startswith(("map<", "list<")):
            return None
        fields = sub_fields(found)
        if not fields:
            return None if at == len(path) - 1 else ".".join(path[: at + 2])
    return None


def blank_view() -> dict[str, Any]:
    """A view in which nothing is set: groups present, lists and maps empty, flags false."""
    return _blank(view_fields())


def _blank(fields: Mapping[str, ViewField]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, field in fields.items():
        if field.type == "message":
            made[name] = _blank(field.fields)
        elif field.type.startswith("list<"):
            made[name] = []
        elif field.type.startswith("map<"):
            made[name] = {}
        elif field.unset == "false":
            made[name] = False
    return made


def unknown_paths(view: Mapping[str, Any]) -> dict[str, list[str]]:
    """What `resource.unknown` holds: every unknown path of a view with its references.

    Members of lists are reported at their list; nested views speak for themselves. Walks values,
    not the schema: this runs for every object, and few of its fields are containers.
    """
    found: dict[str, set[str]] = {}
    for name, value in view.items():
        if isinstance(value, Unknown) or name not in _SPEAK_FOR_THEMSELVES:
            _collect(name, value, found)
    return {path: sorted(references) for path, references in sorted(found.items())}


_SPEAK_FOR_THEMSELVES = frozenset({"target", "autoscaler", "unknown"})


def _collect(path: str, value: Any, found: dict[str, set[str]]) -> None:
    kind = type(value)
    if kind is dict or kind is PartialMap:
        for key, inner in value.items():
            if type(inner) not in _PLAIN:
                _collect(f"{path}.{key}", inner, found)
        if kind is PartialMap:
            for key, doubt in value.maybe.items():
                found.setdefault(f"{path}.{key}", set()).update(doubt.references)
            if value.unlisted is not None:
                found.setdefault(path, set()).update(value.unlisted.references)
    elif kind is list:
        for unknown in _unknown_members(value):
            found.setdefault(path, set()).update(unknown.references)
    elif kind is Unknown:
        found.setdefault(path, set()).update(value.references)


_PLAIN = frozenset({str, float, int, bool})


def _unknown_members(members: Iterable[Any]) -> Iterator[Unknown]:
    for member in members:
        kind = type(member)
        if kind is Unknown:
            yield member
        elif kind is dict:
            yield from _unknown_members(member.values())
        elif kind is list:
            yield from _unknown_members(member)


def faults_of(view: Mapping[str, Any]) -> list[str]:
    """What is wrong with a finished view by the schema; empty when it keeps to it."""
    return list(_check("", view, view_fields()))


def _check(prefix: str, view: Mapping[str, Any], fields: Mapping[str, ViewField]) -> Iterator[str]:
    yield from (f"{prefix}{name}: not declared" for name in view if name not in fields)
    for name, field in fields.items():
        path = f"{prefix}{name}"
        if name in view:
            yield from _check_value(path, view[name], field)
        elif field.unset != "absent":
            yield f"{path}: missing, though it is never unset"


def _check_value(path: str, value: Any, field: ViewField) -> Iterator[str]:
    if isinstance(value, Unknown):
        if not field.unknown:
            yield f"{path}: may not be unknown"
    elif field.type in {"message", "view"}:
        yield from _check(f"{path}.", value, sub_fields(field))
    elif field.type.startswith("list<"):
        yield from _check_list(path, value, field)
    elif field.type.startswith("map<"):
        yield from _check_map(path, value, field.type[4:-1].split(",", 1)[1].strip())
    else:
        yield from _check_scalar(path, value, field.type, field.values)


def _check_list(path: str, value: Any, field: ViewField) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {type(value).__name__} instead of a list"
        return
    for at, member in enumerate(value):
        if isinstance(member, Unknown):
            continue
        if field.fields:
            yield from _check(f"{path}[{at}].", member, field.fields)
        else:
            yield from _check_scalar(f"{path}[{at}]", member, field.type[5:-1], ())


def _check_map(path: str, value: Any, element: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {type(value).__name__} instead of a map"
        return
    for key, member in value.items():
        if not isinstance(member, Unknown) and element in _SCALARS:
            yield from _check_scalar(f"{path}.{key}", member, element, ())


def _check_scalar(path: str, value: Any, kind: str, values: Sequence[str]) -> Iterator[str]:
    allowed = _SCALARS[kind]
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind != "bool"):
        yield f"{path}: {type(value).__name__} instead of {kind}"
    elif values and value not in values:
        yield f"{path}: {value!r} is none of {', '.join(values)}"
