"""What one YAML or JSON document is: Kubernetes objects, something else, or a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.inputs.reviews import is_review

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NO_OBJECT", "Foreign", "Misshapen", "ObjectAt", "ReviewAt", "describe_foreign", "is_partial", "patched_files", "sort_document"]

NO_OBJECT = "no apiVersion and kind, so no Kubernetes object"

# Objects of tools that share Kubernetes' shape but that no API server takes, by the group of their apiVersion.
_TOOL_GROUPS = {
    "kustomize.config.k8s.io": "a kustomization; build it first: kustomize build DIR | guardrail lint -",
    "guardrail.dev": "a document of guardrail itself",
    "skaffold": "a Skaffold configuration",
    "kind.x-k8s.io": "a kind cluster configuration",
}


@dataclass(frozen=True, slots=True)
class ObjectAt:
    """A Kubernetes object and its pointer inside the document."""

    value: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A document that is no Kubernetes object; `what` names it."""

    what: str


@dataclass(frozen=True, slots=True)
class Misshapen:
    """Something that means to be a Kubernetes object and is none; `pointer` is what to blame."""

    message: str
    pointer: str


@dataclass(frozen=True, slots=True)
class ReviewAt:
    """An AdmissionReview, or the request inside one, and its pointer inside the document."""

    value: Mapping[str, Any]
    pointer: str


def sort_document(value: Any, pointer: str = "") -> Iterator[ObjectAt | Foreign | Misshapen | ReviewAt]:
    """What a document holds; lists of objects are taken apart, however deep. Nothing when it is empty."""
    if value is None:
        return
    if _holds_reviews(value):
        yield from _items(value, pointer)
        return
    if not isinstance(value, Mapping):
        yield _unmapped(value, pointer)
        return
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if is_review(value):
        yield ReviewAt(value, pointer)
    elif not (isinstance(api_version, str) and api_version and isinstance(kind, str) and kind):
        yield _unnamed(value, pointer)
    elif (tool := _tool(api_version, kind, value)) is not None:
        yield Foreign(tool)
    elif kind.endswith("List") and (kind == "List" or isinstance(value.get("items"), list)):
        yield from _items(
            [_typed(item, value) for item in items] if isinstance(items := value.get("items"), list) else items, f"{pointer}/items"
        )
    elif not isinstance(value.get("metadata", {}), (Mapping, type(None))):
        yield Misshapen(f"metadata of this {kind} is {_kind_of(value['metadata'])}, not a mapping", f"{pointer}/metadata")
    else:
        yield ObjectAt(value, pointer)


def _typed(item: Any, of: Mapping[str, Any]) -> Any:
    """An item of a `PodList`, which need not say that it is a Pod; a plain List says nothing about its items."""
    if of["kind"] == "List" or not isinstance(item, Mapping) or item.get("kind") or item.get("apiVersion"):
        return item
    return {**item, "apiVersion": of["apiVersion"], "kind": of["kind"].removesuffix("List")}


def _items(items: Any, pointer: str) -> Iterator[ObjectAt | Foreign | Misshapen | ReviewAt]:
    if items is None:
        return
    if not isinstance(items, list):
        yield Misshapen(f"items of this List is {_kind_of(items)}, not a list", pointer)
        return
    for at, item in enumerate(items):
        for found in sort_document(item, f"{pointer}/{at}"):
            # In a list of objects whatever is no object is a mistake.
            yield (
                Misshapen(f"an item of this List is no Kubernetes object: {found.what}", f"{pointer}/{at}")
                if isinstance(found, Foreign)
                else found
            )
        if item is None:
            yield Misshapen("an item of this List is empty", f"{pointer}/{at}")


def _holds_reviews(value: Any) -> bool:
    """Whether a bare list is one of reviews, as logs keep them."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping) and is_review(value[0])


def _tool(api_version: str, kind: str, value: Mapping[str, Any]) -> str | None:
    group = api_version.partition("/")[0]
    if api_version == "v1" and kind == "Config" and "clusters" in value:
        return "a kubeconfig"
    return _TOOL_GROUPS.get(group)


def _unnamed(value: Mapping[str, Any], pointer: str) -> Foreign | Misshapen:
    """What lacks apiVersion or kind: a mistake when the rest looks like an object."""
    shaped = isinstance(value.get("metadata"), Mapping) or isinstance(value.get("spec"), Mapping)
    for key, other in (("apiVersion", "kind"), ("kind", "apiVersion")):
        if not shaped or not isinstance(value.get(other), str):
            continue
        if value.get(key) in (None, ""):
            return Misshapen(f"{key} is missing from this {value[other]}", pointer)
        if not isinstance(value[key], str):
            return Misshapen(f"{key} is {_kind_of(value[key])}, not text; put it into quotes", f"{pointer}/{key}")
    return Foreign(describe_foreign(value))


def _unmapped(value: Any, pointer: str) -> Foreign | Misshapen:
    if not isinstance(value, list):
        return Foreign("plain text, no mapping" if isinstance(value, str) else f"{_kind_of(value)}, no mapping")
    first = value[0] if value and isinstance(value[0], Mapping) else {}
    if "op" in first and "path" in first:
        return Foreign("a JSON patch (kustomize, JSON6902)")
    if isinstance(first.get("apiVersion"), str) and isinstance(first.get("kind"), str):
        return Misshapen("a bare list of objects; Kubernetes reads them under kind: List, or as documents between ---", pointer)
    return Foreign("an Ansible playbook" if "hosts" in first and ("tasks" in first or "roles" in first) else "a list, no Kubernetes object")


def describe_foreign(value: Mapping[str, Any]) -> str:
    """What a mapping without apiVersion and kind is, as far as its keys tell."""
    keys = value.keys()
    return next((name for name, test in _FOREIGN.items() if test(value)), NO_OBJECT + _some(list(keys)))


def _some(keys: list[str]) -> str:
    return f" (it holds {', '.join(keys[:3])}{', …' if len(keys) > 3 else ''})" if keys else ""  # noqa: PLR2004 - as many as are shown


def _has(*keys: str) -> Any:
    return lambda value: set(keys) <= value.keys()


_FOREIGN = {
    "a Helm chart's Chart.yaml": _has("apiVersion", "name", "version"),
    "a CloudFormation template": lambda value: (
        "AWSTemplateFormatVersion" in value
        or any(isinstance(item, Mapping) and str(item.get("Type", "")).startswith("AWS::") for item in _values(value.get("Resources")))
    ),
    "a Docker Compose file": lambda value: any(
        isinstance(item, Mapping) and ("image" in item or "build" in item) for item in _values(value.get("services"))
    ),
    # `on` is a boolean of YAML 1.1.
    "a GitHub Actions workflow": lambda value: "jobs" in value and ("on" in value or "true" in value),
    "a kustomization; build it first: kustomize build DIR | guardrail lint -": lambda value: (
        bool(
            {"patches", "patchesStrategicMerge", "patchesJson6902", "configMapGenerator", "secretGenerator", "namePrefix", "bases"}
            & value.keys()
        )
        or (isinstance(value.get("resources"), list) and all(isinstance(item, str) for item in value["resources"]))
    ),
    "an OpenAPI document": lambda value: "openapi" in value or "swagger" in value,
    "a JSON schema": lambda value: "$schema" in value and ("properties" in value or "definitions" in value),
}


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else []


def _kind_of(value: Any) -> str:
    names: dict[type, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
        type(None): "empty",
    }
    return names.get(type(value), "a value")


_POD_OWNERS = {
    ("v1", "Pod"): (),
    ("v1", "ReplicationController"): ("template",),
    **{
        (f"apps/{version}", kind): ("template",)
        for version in ("v1", "v1beta1", "v1beta2")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    },
    ("batch/v1", "Job"): ("template",),
    ("batch/v1", "CronJob"): ("jobTemplate", "spec", "template"),
    ("batch/v1beta1", "CronJob"): ("jobTemplate", "spec", "template"),
}


def is_partial(value: Mapping[str, Any]) -> bool:
    """Whether an object is a strategic merge patch: it holds `$patch`, or lacks a container with an image where one is required."""
    if "$patch" in value:
        return True
    path = _POD_OWNERS.get((str(value.get("apiVersion")), str(value.get("kind"))))
    if path is None:
        return False
    at: Any = value
    for key in (*(("spec", *path) if path else ()), "spec"):
        at = at.get(key) if isinstance(at, Mapping) else None
    containers = at.get("containers") if isinstance(at, Mapping) else None
    if not isinstance(containers, list) or not containers:
        return True
    if path == ("template",) and isinstance(value["spec"].get("selector"), Mapping):
        return False  # a patch does not repeat the selector, which cannot be changed; an image is missing by mistake
    return any(isinstance(container, Mapping) and not container.get("image") for container in containers)


def patched_files(value: Any) -> Iterator[str]:
    """The files that a kustomization lists as patches, relative to its folder."""
    if not isinstance(value, Mapping):
        return
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        entries = value.get(key)
        for entry in entries if isinstance(entries, list) else []:
            name = entry.get("path") if isinstance(entry, Mapping) else entry
            if isinstance(name, str) and "\n" not in name:
                yield name
