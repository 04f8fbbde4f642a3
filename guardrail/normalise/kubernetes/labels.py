"""Tags, environment and workload type of an object, from its labels and those of its namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.attribution import EnvironmentView, Home, canonical_tags, declarations, environment_of, tag_conflicts, unclaimed_keys
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.kubernetes.heads import annotations_of

if TYPE_CHECKING:
    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.places import ClusterFacts
    from guardrail.normalise.kubernetes.run import Run

__all__ = ["WORKLOADS", "Attribution", "Labels", "workload_class"]

Source = str | Unknown | None

_NO_NAMESPACE = Unknown(("run:namespace",))
_NO_NAMESPACE_LABELS = Unknown(("run:namespace-labels",))
_ENVIRONMENT = "environment"
_WORKLOAD_TYPE = "workload-type"
_CLASS_OF_TYPE = {"online-inference": "serving", "async-inference": "serving", "notebook": "notebook"}
WORKLOADS = frozenset({"compute", "batch", "serving", "notebook"})


@dataclass(frozen=True, slots=True)
class Labels:
    """`own` are the canonical tags of the object itself, `tags` with those it takes over from its namespace.

    `conflicts` and `unclaimed` are `tag_conflicts` and `unclaimed_keys` of the view.
    `declared` is what its annotations state, and the profile for it.
    """

    own: PartialMap
    tags: PartialMap
    conflicts: list[str | Unknown]
    unclaimed: list[dict[str, str] | Unknown]
    environment: EnvironmentView
    workload_type: str | Unknown | None
    declared: PartialMap


class Attribution:
    """Who the objects of one run belong to. Environments are found once for each set of sources."""

    __slots__ = ("_cluster", "_environments", "_facts", "_run")

    def __init__(self, run: Run, facts: Facts, cluster: ClusterFacts) -> None:
        self._run, self._facts, self._cluster = run, facts, cluster
        self._environments: dict[tuple[str | Unknown | None, ...], EnvironmentView] = {}

    def labels(self, head: Head) -> Labels:
        """The tags, environment and workload type of an object.

        A namespace that is not in the run leaves open the keys that objects inherit and this one lacks.
        """
        facts, namespaced = self._facts, head.kind_facts.namespaced
        own = canonical_tags(head.labels, "kubernetes", facts)
        namespace = self._run.namespace_tags(head) if namespaced else None
        tags = _inherit(head, own, namespace, facts) if namespaced and facts.inherit else own
        home = head.name if head.kind == "Namespace" and head.group == "core" else head.namespace
        own_environment = _value(own, _ENVIRONMENT)
        known = isinstance(own_environment, str) and own_environment.lower() in facts.environments.aliases
        labelled = _namespace_environment(head, namespace) if namespaced and not (namespace is None and known) else None
        environment = self._environment(home, labelled, own_environment)
        written = _value(tags, _WORKLOAD_TYPE)
        return Labels(
            own=own,
            tags=tags,
            conflicts=tag_conflicts(head.labels, "kubernetes", facts),
            unclaimed=unclaimed_keys(head.labels, "kubernetes", facts),
            environment=environment,
            workload_type=head.kind_facts.workload_type if written is None else written,
            declared=self._declared(head),
        )

    def _declared(self, head: Head) -> PartialMap:
        names = (head.id.partition("/")[2], head.id, head.shown_name) if self._facts.declarations_for else ()
        return declarations(annotations_of(head), "kubernetes", names, self._facts)

    def _environment(self, namespace: Source, namespace_tag: Source, own_tag: Source) -> EnvironmentView:
        sources = (namespace, namespace_tag, own_tag)
        if sources not in self._environments:
            home = Home(self._cluster.account, self._cluster.cluster, namespace)
            self._environments[sources] = environment_of(home, namespace_tag, own_tag, self._facts)
        return self._environments[sources]


def _inherit(head: Head, own: PartialMap, namespace: PartialMap | None, facts: Facts) -> PartialMap:
    lacking = [key for key in facts.inherit if key not in own]
    if not lacking:
        return own
    if namespace is not None:
        taken = {key: namespace[key] for key in lacking if key in namespace}
        doubtful = {key: namespace.maybe[key] for key in lacking if key in namespace.maybe}
        return PartialMap({**own, **taken}, maybe={**own.maybe, **doubtful}, unlisted=own.unlisted)
    why = _why_no_labels(head)
    return PartialMap(own, maybe={**dict.fromkeys(lacking, why), **own.maybe}, unlisted=own.unlisted)


def _why_no_labels(head: Head) -> Unknown:
    if isinstance(head.namespace, Unknown):
        return head.namespace
    return _NO_NAMESPACE if head.namespace is None else _NO_NAMESPACE_LABELS


def _namespace_environment(head: Head, namespace: PartialMap | None) -> str | Unknown | None:
    """What the namespace's label says; unknown where the namespace is not in the run."""
    return _why_no_labels(head) if namespace is None else _value(namespace, _ENVIRONMENT)


def _value(tags: PartialMap, key: str) -> str | Unknown | None:
    """A known or unknown value; None when the key is absent or empty."""
    value: str | Unknown | None = tags[key] if key in tags else tags.maybe.get(key, tags.unlisted)
    return value if isinstance(value, Unknown) else value or None


def workload_class(kind_class: str, workload_type: str | Unknown | None) -> str:
    """The class of an object: in workloads the type may make it serving or notebook, nothing else changes it."""
    if kind_class not in WORKLOADS or not isinstance(workload_type, str):
        return kind_class
    return _CLASS_OF_TYPE.get(workload_type, kind_class)
