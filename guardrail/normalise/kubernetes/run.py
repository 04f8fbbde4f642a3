"""What the objects of one run say about each other: namespaces, owners, autoscaler targets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.attribution import canonical_tags
from guardrail.catalogue.kinds import creates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.cel.unknown import PartialMap
    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.heads import Head, Key

__all__ = ["Run"]

# The accounts of Kubernetes' own controllers (kube-controller-manager with --use-service-account-credentials, else one for all).
_ALL_CONTROLLERS = "system:kube-controller-manager"
_OF_CONTROLLER = "system:serviceaccount:kube-system:"
_CONTROLLERS = {
    ("apps", "Deployment"): (f"{_OF_CONTROLLER}deployment-controller",),
    ("apps", "ReplicaSet"): (f"{_OF_CONTROLLER}replicaset-controller",),
    ("apps", "StatefulSet"): (f"{_OF_CONTROLLER}statefulset-controller",),
    ("apps", "DaemonSet"): (f"{_OF_CONTROLLER}daemon-set-controller",),
    ("batch", "Job"): (f"{_OF_CONTROLLER}job-controller",),
    ("batch", "CronJob"): (f"{_OF_CONTROLLER}cronjob-controller",),
    ("core", "ReplicationController"): (f"{_OF_CONTROLLER}replication-controller",),
    ("core", "Pod"): (f"{_OF_CONTROLLER}resource-claim-controller", "system:kube-scheduler"),
}
_ORDINAL = re.compile(r"(?P<base>.+)-[0-9]+")


class Run:
    """The objects of one run, judged and beside them, by how they are referred to."""

    __slots__ = ("_by_key", "_claims", "_facts", "_namespace_tags", "_namespaces", "_requester")

    def __init__(self, heads: Iterable[Head], facts: Facts, requester: str | None = None) -> None:
        self._facts, self._requester = facts, requester
        self._by_key: dict[Key, list[Head]] = defaultdict(list)
        self._namespaces: dict[str, list[Head]] = defaultdict(list)
        self._claims: set[tuple[str | None, str]] = set()
        self._namespace_tags: dict[int, PartialMap] = {}
        for head in heads:
            key = head.key
            if key is None:
                continue
            self._by_key[key].append(head)
            if key[:2] == ("core", "Namespace"):
                self._namespaces[key[3]].append(head)
            elif key[:2] == ("apps", "StatefulSet"):
                self._claims.update((key[2], f"{template}-{key[3]}") for template in _claim_templates(head))

    def find(self, key: Key, beside: Head) -> Head | None:
        """The object of that key; of several the one whose file is nearest to that of `beside`."""
        return _nearest(self._by_key.get(key, ()), beside)

    def namespace_tags(self, head: Head) -> PartialMap | None:
        """The canonical tags of an object's namespace, or None: it is not in the run."""
        if not isinstance(head.namespace, str):
            return None
        found = _nearest(self._namespaces.get(head.namespace, ()), head)
        if found is None:
            return None
        if id(found) not in self._namespace_tags:
            self._namespace_tags[id(found)] = canonical_tags(found.labels, "kubernetes", self._facts)
        return self._namespace_tags[id(found)]

    def controlled(self, head: Head) -> bool:
        """Whether a controller made this object for another one, which is judged in its place.

        The owner's kind must be able to make this kind, and the owner be in the run, unless it is
        a pair of Kubernetes' own controllers. Claims of a StatefulSet have no owner; their name
        tells.

        Where it is known who asks, an owner reference alone proves nothing, as anybody may write
        one: it must be the account of that controller.
        """
        for reference in _owner_references(head):
            group, kind = _group_of(reference.get("apiVersion")), reference.get("kind")
            by = creates((group, kind), (head.modern_group, head.kind)) if isinstance(kind, str) else None
            if by is not None and self._proves(by, (group, str(kind)), head, reference):
                return True
        if head.kind != "PersistentVolumeClaim":
            return False
        if self._requester is not None:
            return self._asked_by(("apps", "StatefulSet")) and isinstance(head.name, str) and _ORDINAL.fullmatch(head.name) is not None
        return self._of_stateful_set(head)

    def _proves(self, by: str, owner: tuple[str, str], head: Head, reference: Mapping[str, Any]) -> bool:
        if self._requester is not None:
            return self._asked_by(owner) and not self._is_another(owner, head, reference)
        return by == "built-in" or self._exists(*owner, head, reference)

    def _asked_by(self, owner: tuple[str, str]) -> bool:
        """Whether the controller of such owners asks, or nobody knows who does."""
        if self._requester is None:
            return True
        return owner in _CONTROLLERS and self._requester in {_ALL_CONTROLLERS, *_CONTROLLERS[owner]}

    def _is_another(self, owner: tuple[str, str], head: Head, reference: Mapping[str, Any]) -> bool:
        """Whether the object of the owner's name has another uid than the reference says."""
        name, namespace = reference.get("name"), head.namespace if isinstance(head.namespace, str) else None
        found = self._by_key.get((*owner, namespace, name), ()) if isinstance(name, str) else ()
        return any(one.metadata.get("uid") not in {None, reference.get("uid")} for one in found)

    def _exists(self, group: str, kind: str, head: Head, reference: Mapping[str, Any]) -> bool:
        name = reference.get("name")
        namespace = head.namespace if isinstance(head.namespace, str) else None
        return isinstance(name, str) and any((group, kind, at, name) in self._by_key for at in (namespace, None))

    def _of_stateful_set(self, head: Head) -> bool:
        made = _ORDINAL.fullmatch(head.name) if isinstance(head.name, str) else None
        return made is not None and (head.namespace, made["base"]) in self._claims


def _claim_templates(head: Head) -> Iterable[str]:
    spec = head.value.get("spec")
    templates = spec.get("volumeClaimTemplates") if isinstance(spec, Mapping) else None
    for template in templates if isinstance(templates, list) else ():
        metadata = template.get("metadata") if isinstance(template, Mapping) else None
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        if isinstance(name, str):
            yield name


def _owner_references(head: Head) -> Iterable[Mapping[str, Any]]:
    found = head.metadata.get("ownerReferences")
    for reference in found if isinstance(found, list | tuple) else ():
        if isinstance(reference, Mapping) and reference.get("controller") is True:
            yield reference


def _group_of(api_version: Any) -> str:
    group = api_version.partition("/")[0] if isinstance(api_version, str) and "/" in api_version else "core"
    return "apps" if group == "extensions" else group


def _nearest(found: Sequence[Head], beside: Head) -> Head | None:
    if len(found) < 2:  # noqa: PLR2004 - only several need to be told apart
        return found[0] if found else None
    here = beside.source.origin.path.split("/")
    return max(found, key=lambda head: _shared(head.source.origin.path.split("/"), here))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many leading parts two paths share; of the candidates with most the first is taken."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
