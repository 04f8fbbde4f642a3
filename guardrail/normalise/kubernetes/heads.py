"""What an object is: kind, name, namespace and labels, before anything in it is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.kinds import KindFacts, Reading, kind_facts
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.kubernetes.reading import Reader
from guardrail.normalise.kubernetes.shapes import holds_pods_or_devices
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from guardrail.facts import Facts
    from guardrail.model import KubernetesObject

__all__ = ["Head", "Key", "annotations_of", "display", "read_head"]

Key = tuple[str, str, str | None, str]
"""Group, kind, namespace and name: how objects of one run refer to each other."""

_LABELLED_BY_TEMPLATE = frozenset({("batch", "Job"), ("core", "ReplicationController")})  # by the API server's defaulting
_TEMPLATE_METADATA = "/spec/template/metadata"
_MOVED_KINDS = frozenset({"Deployment", "ReplicaSet", "DaemonSet"})


@dataclass(frozen=True, slots=True)
class Head:
    """An object with what every kind has.

    `listed` tells whether the kind is in the table; `labels_at` is the pointer of the labels, or of
    the place for them.
    """

    source: KubernetesObject
    value: Mapping[str, Any]
    reader: Reader
    group: str
    kind: str
    api_version: str | None
    kind_facts: KindFacts
    listed: bool
    metadata: Mapping[str, Any]
    labels: PartialMap
    labels_at: str
    name: str | Unknown | None
    namespace: str | Unknown | None

    @property
    def modern_group(self) -> str:
        """The group as objects of today refer to it."""
        return "apps" if self.group == "extensions" and self.kind in _MOVED_KINDS else self.group

    @property
    def key(self) -> Key | None:
        """How other objects refer to it; None where its name is generated or wrong."""
        if not isinstance(self.name, str) or isinstance(self.namespace, Unknown):
            return None
        return self.modern_group, self.kind, self.namespace, self.name

    @property
    def id(self) -> str:
        """`group/kind/namespace/name`; a generated name is its prefix and a star."""
        namespace = self.namespace if isinstance(self.namespace, str) else ""
        return f"{self.group}/{self.kind}/{namespace}/{self.shown_name}"

    @property
    def shown_name(self) -> str:
        """The name, or the prefix of a generated one and a star."""
        if isinstance(self.name, str):
            return self.name
        written = self.metadata.get("name")
        if isinstance(written, int | float) and not isinstance(written, bool):
            return str(written)
        prefix = self.metadata.get("generateName")
        return f"{prefix}*" if isinstance(prefix, str) and prefix else ""


def display(kind: str, namespace: str | None, name: str) -> str:
    """An object as references and messages name it: `Deployment vision-prod/llm`."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def annotations_of(head: Head) -> PartialMap:
    """The annotations of an object; a value that is no text is unknown, as the API server refuses it."""
    if not head.metadata.get("annotations"):
        return PartialMap()
    return _texts(head.reader, head.metadata, "annotations", "/metadata")


def read_head(source: KubernetesObject, facts: Facts) -> Head:
    """The head of an object of any shape."""
    reader = Reader()
    value = source.value if isinstance(source.value, Mapping) else {}
    kind = reader.text(value, "kind", "")
    version = reader.text(value, "apiVersion", "")
    kind_text = kind if isinstance(kind, str) else ""
    group = version.partition("/")[0] if isinstance(version, str) and "/" in version else "core"
    metadata = reader.mapping(value, "metadata", "")
    known_metadata = {} if isinstance(metadata, Unknown) else metadata
    listed = kind_facts(group, kind_text, value)
    labels, labels_at = _labels_of(reader, (group, kind_text), value, metadata)
    of_kind = listed or _unlisted(value)
    return Head(
        source=source,
        value=value,
        reader=reader,
        group=group,
        kind=kind_text,
        api_version=version if isinstance(version, str) else None,
        kind_facts=of_kind,
        listed=listed is not None,
        metadata=known_metadata,
        labels=labels,
        labels_at=labels_at,
        name=metadata if isinstance(metadata, Unknown) else reader.text(known_metadata, "name", "/metadata"),
        namespace=_namespace(reader, metadata, facts) if of_kind.namespaced else None,
    )


def _unlisted(value: Mapping[str, Any]) -> KindFacts:
    inside = holds_pods_or_devices(value)
    return KindFacts("other", "none", None, inside, namespaced=True, reading=Reading.LATER if inside else Reading.NOTHING)


def _namespace(reader: Reader, metadata: Mapping[str, Any] | Unknown, facts: Facts) -> str | Unknown | None:
    if isinstance(metadata, Unknown):
        return metadata
    written = reader.text(metadata, "namespace", "/metadata")
    return facts.namespace if written is None else written


def _labels_of(
    reader: Reader, kind: tuple[str, str], value: Mapping[str, Any], metadata: Mapping[str, Any] | Unknown
) -> tuple[PartialMap, str]:
    """The labels of an object and where they are; some kinds take those of their pod template where they have none."""
    if isinstance(metadata, Unknown):
        return PartialMap(unlisted=metadata), "/metadata"
    own = _labels(reader, metadata, "/metadata")
    if own or own.unlisted is not None:
        return own, "/metadata/labels"
    if kind in _LABELLED_BY_TEMPLATE:
        of_template = _template_metadata(value)
        taken = _labels(reader, of_template, _TEMPLATE_METADATA) if of_template else own
        if taken:
            return taken, f"{_TEMPLATE_METADATA}/labels"
    return own, "/metadata"


def _template_metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = value
    for part in _TEMPLATE_METADATA.split("/")[1:]:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _labels(reader: Reader, metadata: Mapping[str, Any], at: str) -> PartialMap:
    """The labels as written; a value that the API server refuses is unknown: one that is no text, or that something has yet to fill in."""
    return _texts(reader, metadata, "labels", at)


def _texts(reader: Reader, metadata: Mapping[str, Any], name: str, at: str) -> PartialMap:
    found = reader.mapping(metadata, name, at)
    if isinstance(found, Unknown):
        return PartialMap(unlisted=found)
    if all(type(key) is str and type(value) is str and not _is_placeholder(value) for key, value in found.items()):
        return PartialMap(found)
    return PartialMap({str(key): _label(reader, f"{at}/{name}/{escape(str(key))}", value) for key, value in found.items()})


def _label(reader: Reader, at: str, value: Any) -> str | Unknown:
    if value is None:
        return ""
    if not isinstance(value, str):
        return reader.wrong(at, "is not text; quote it")
    return Unknown((f"{at} is filled in later: {value}",)) if _is_placeholder(value) else value


def _is_placeholder(value: str) -> bool:
    """Whether a text waits for a tool (envsubst, templatefile, a template engine) to put a value in; no label may hold a brace."""
    return "{" in value
