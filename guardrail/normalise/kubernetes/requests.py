"""Turns requests to an API server into resources: the object that is judged, what it was before, and why some are not judged at all.

Every request stands for itself: what exists beside it is given as context, never taken from other
requests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.kinds import listed_kind, plural_of
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.model import KubernetesObject, Note, Resource
from guardrail.normalise.kubernetes.autoscaling import is_autoscaler
from guardrail.normalise.kubernetes.heads import Head, display, read_head
from guardrail.normalise.kubernetes.notes import notes_of
from guardrail.normalise.kubernetes.resources import Maker
from guardrail.normalise.kubernetes.units import units_of_scale
from guardrail.normalise.kubernetes.workloads import unread_workload
from guardrail.updates import raises

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.facts import Facts
    from guardrail.model import Review

__all__ = ["Admission", "Requests", "about", "passes"]

_SCALE = "scale"
_OF_PODS = frozenset({"ephemeralcontainers", "resize"})
_MISSING_PARENT = "what is scaled is not in this run, so that its pods and accelerators are unknown (--context PATH)"
_OPERATIONS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Admission:
    """What a request comes to. `not_judged` says why no rule looks at it, "" where rules do.

    `resource` is None where the request carries no object that has a view.
    """

    review: Review
    resource: Resource | None = None
    not_judged: str = ""
    notes: tuple[Note, ...] = ()


def passes(review: Review) -> str:
    """Why a request is admitted without a look at any rule, decided by the request alone; "" where rules decide.

    So CONNECT (exec, attach, port-forward), status and all subresources but `scale`, and of pods
    `ephemeralcontainers` and `resize`; a scale request that does not raise the replicas.
    """
    if review.operation == "CONNECT":
        return "CONNECT is never judged"
    if not review.subresource:
        return ""
    if review.subresource == _SCALE:
        return _not_raised(review)
    if review.subresource in _OF_PODS and (review.kind, review.api_version) == ("Pod", "v1"):
        return ""
    return f"the subresource {review.subresource} is never judged"


def _not_raised(review: Review) -> str:
    now, before = _replicas(review.object), _replicas(review.old)
    if not _is_count(now) or not _is_count(before) or now > before:
        return ""
    return f"replicas go from {before} to {now}, which is never blocked" if now < before else f"replicas stay {now}"


def _replicas(scale: Mapping[str, Any] | None) -> Any:
    """`spec.replicas` of a Scale as it is written; without it 0, as the API server leaves a zero out. None where there is no Scale."""
    spec = {} if scale is None else scale.get("spec") or {}
    return None if scale is None or not isinstance(spec, Mapping) else spec.get("replicas") or 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def about(review: Review) -> str:
    """A request for people: `UPDATE Deployment vision-prod/llm`, of a subresource `deployments/scale` in place of the kind."""
    what = f"{review.resource}/{review.subresource}" if review.subresource else review.kind
    name = review.name or next((name for value in (review.object, review.old) if (name := _metadata_text(value, "name"))), "")
    if not name and (prefix := _metadata_text(review.object, "generateName")):
        name = f"{prefix}*"
    namespace = review.namespace or _metadata_text(review.object, "namespace") or _metadata_text(review.old, "namespace")
    return f"{review.operation} {display(what, namespace or None, name)}".rstrip()


class Requests:
    """The requests of one run, with what exists beside them: namespaces, scale parents, autoscalers and their targets, owners."""

    __slots__ = ("_beside", "_facts")

    def __init__(self, context: Iterable[KubernetesObject], facts: Facts) -> None:
        self._facts = facts
        self._beside: dict[str | None, list[Head]] = defaultdict(list)
        for source in context:
            head = read_head(source, facts)
            if not isinstance(head.namespace, Unknown):
                self._beside[head.namespace].append(head)

    def admission(self, review: Review) -> Admission:
        """What a request comes to. Never raises, whatever its object holds."""
        admitted = passes(review)
        if review.operation == "CONNECT" or (admitted and review.subresource not in {"status", _SCALE}):
            return Admission(review, not_judged=admitted)
        operation = "none" if admitted else _OPERATIONS[review.operation]
        made = self._scale(review) if review.subresource == _SCALE else self._whole(review, operation)
        return replace(made, not_judged=admitted or _while_deleting(made.resource))

    def _whole(self, review: Review, operation: str) -> Admission:
        """A request whose object is the thing itself."""
        gone = review.operation == "DELETE"
        value = review.old if gone else review.object
        subject = self._head(review, value or {}, "oldObject" if gone else "object")
        old = None if gone or review.operation == "CREATE" or review.old is None else self._head(review, review.old, "oldObject")
        beside = self._around(subject)
        return self._made(review, _Made(subject, beside), None if old is None else _Made(old, beside), operation)

    def _scale(self, review: Review) -> Admission:
        """A scale request: the parent with the replicas that are asked for, whatever an autoscaler allows."""
        group = review.group or "core"
        namespace = review.namespace or None
        parent = next((head for head in self._beside[namespace] if _is_named(head, group, review)), None)
        kind = listed_kind(group, review.resource) if parent is None else parent.kind
        reference = f"{display(kind or review.resource, namespace, review.name)} (not in this run)"
        sides: list[_Made | None] = []
        for scale, key in ((review.object, "object"), (review.old, "oldObject")):
            if scale is None:
                sides.append(None)
                continue
            head = self._head(review, _scaled(review, parent, kind, scale), key)
            beside = [one for one in self._around(head) if not is_autoscaler(one)]
            sides.append(_Made(head, beside) if parent is not None else _Made(_unlabelled(head, reference), beside, reference))
        now, before = sides
        assert now is not None
        made = self._made(review, now, before, _SCALE)
        assert made.resource is not None
        return replace(made, resource=replace(made.resource, blame=dict.fromkeys(("uses_gpu", "gpu", "units"), "/spec/replicas")))

    def _made(self, review: Review, now: _Made, before: _Made | None, operation: str) -> Admission:
        maker = self._maker(review, now)
        resource = maker.resource(now.head)
        view = {**resource.view, "operation": operation}
        old = None if before is None else self._maker(review, before).resource(before.head)
        resource = replace(
            resource,
            view=view,
            old_view=None if old is None else {**old.view, "operation": operation},
            old_object=None if old is None else old.object,
        )
        notes = _missing_parent(now) if now.reference else notes_of([(now.head, maker.own_workload(now.head))])
        return Admission(review, resource, "", tuple(notes))

    def _maker(self, review: Review, made: _Made) -> Maker:
        maker = Maker([made.head, *made.beside], {}, self._facts, "admission", review.requester)
        if made.reference:
            why = Unknown((made.reference,))
            maker.stand_in(made.head, replace(unread_workload(why), units=units_of_scale(made.head, why)))
        return maker

    def _head(self, review: Review, value: Mapping[str, Any], key: str) -> Head:
        origin = replace(review.origin, pointer=f"{review.origin.pointer}/{key}")
        return read_head(KubernetesObject(_completed(review, value), origin), self._facts)

    def _around(self, subject: Head) -> list[Head]:
        """What exists beside an object: of its namespace and of none, without what it is itself now."""
        namespace = subject.namespace if isinstance(subject.namespace, str) else None
        return [
            head
            for place in dict.fromkeys((namespace, None))
            for head in self._beside.get(place, ())
            if head.key is None or head.key != subject.key
        ]


@dataclass(frozen=True, slots=True)
class _Made:
    """One side of a request: the object with what is beside it. `reference` names a scale parent that is not there."""

    head: Head
    beside: Sequence[Head]
    reference: str = ""


def _completed(review: Review, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object with what only the request says of it: kind, namespace (the request's own holds) and name."""
    metadata = value.get("metadata")
    if not isinstance(metadata, (Mapping, type(None))):
        return value
    said = {"apiVersion": value.get("apiVersion") or review.api_version, "kind": value.get("kind") or review.kind}
    known: dict[str, Any] = dict(metadata or {})
    if review.namespace and (said["apiVersion"], said["kind"]) != ("v1", "Namespace"):
        known["namespace"] = review.namespace
    if review.name and not known.get("name") and not known.get("generateName"):
        known["name"] = review.name
    if known == (metadata or {}) and all(value.get(key) == said[key] for key in said):
        return value
    return {**value, **said, "metadata": known}


def _scaled(review: Review, parent: Head | None, kind: str | None, scale: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parent with the replicas of a Scale; what is known of one that is not there."""
    wanted = scale.get("spec")
    replicas = _replicas(scale) if isinstance(wanted, (Mapping, type(None))) else wanted
    if parent is None:
        group = f"{review.group}/" if review.group else ""
        return {
            "apiVersion": f"{group}v1",
            "kind": kind or review.resource,
            "metadata": {"name": review.name},
            "spec": {"replicas": replicas},
        }
    spec = parent.value.get("spec")
    return {**parent.value, "spec": {**(spec if isinstance(spec, Mapping) else {}), "replicas": replicas}}


def _is_named(head: Head, group: str, review: Review) -> bool:
    return head.name == review.name and head.modern_group == group and plural_of(head.kind) == review.resource


def _missing_parent(made: _Made) -> list[Note]:
    faults = [
        Note("malformed-value", f"{fault}; what depends on it is unknown", f"{made.head.source.origin.path}: {made.head.id}")
        for fault in made.head.reader.faults
    ]
    return [Note("scale-parent-missing", _MISSING_PARENT, f"{made.head.group}/{made.head.kind}"), *faults]


def _unlabelled(head: Head, reference: str) -> Head:
    """A parent of which only the name is known: it may have any label."""
    return replace(head, labels=PartialMap(unlisted=Unknown((reference,))))


def _while_deleting(resource: Resource | None) -> str:
    """Why an update of an object that is being deleted is not judged: it raises no measure, and the object must be able to go."""
    if resource is None or resource.old_view is None or resource.object is None:
        return ""
    if not _metadata_text(resource.object, "deletionTimestamp") or raises(resource):
        return ""
    return "the object is being deleted, and nothing is raised"


def _metadata_text(value: Mapping[str, Any] | None, key: str) -> str:
    metadata = None if value is None else value.get("metadata")
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) else ""
