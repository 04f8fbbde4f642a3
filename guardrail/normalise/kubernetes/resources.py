"""Makes the resources of one run: joins objects with their autoscalers and puts views and blame together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.model import Identity, Resource
from guardrail.normalise.checkpoints import checkpoint_of
from guardrail.normalise.kubernetes.autoscaling import ONE_POD_A_REPLICA, is_autoscaler, scaler_of, strongest, units_of_unread
from guardrail.normalise.kubernetes.blame import blame_of, scaler_blame
from guardrail.normalise.kubernetes.environments import main_containers
from guardrail.normalise.kubernetes.labels import WORKLOADS, Attribution
from guardrail.normalise.kubernetes.places import cluster_facts
from guardrail.normalise.kubernetes.run import Run
from guardrail.normalise.kubernetes.views import autoscaled, autoscaled_numbers, autoscaler_view, object_view, with_unknowns
from guardrail.normalise.kubernetes.workloads import RUNS_NOTHING, Workload, read_workload, unread_workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.facts import Facts
    from guardrail.normalise.kubernetes.autoscaling import Scaler
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.labels import Labels

__all__ = ["Maker"]


class Maker:
    """The resources of one run. What objects share (a target and its autoscaler) is made once."""

    __slots__ = ("_attribution", "_cluster", "_facts", "_ids", "_labels", "_plain", "_run", "_scaled", "_scalers", "_surface", "_workloads")

    def __init__(self, heads: Sequence[Head], ids: Mapping[int, str], facts: Facts, surface: str, requester: str | None = None) -> None:
        self._ids, self._facts, self._surface = ids, facts, surface
        self._cluster = cluster_facts(facts)
        self._run = Run(heads, facts, requester)
        self._attribution = Attribution(self._run, facts, self._cluster)
        self._workloads: dict[int, Workload] = {}
        self._labels: dict[int, Labels] = {}
        self._plain: dict[int, dict[str, Any]] = {}
        self._scalers = {id(head): scaler_of(head, self._run) for head in heads if is_autoscaler(head)}
        self._scaled = _by_target(self._scalers.values())

    def resource(self, head: Head) -> Resource:
        """The resource of a judged object."""
        scaler = self._scalers.get(id(head))
        setter = self._scaled.get(id(head))
        if scaler is not None:
            view = self._autoscaler(scaler)
            blame = scaler_blame(blame_of(head, self._labels_of(head), RUNS_NOTHING, self._facts))
        else:
            view = dict(self._object(head))
            blame = blame_of(head, self._labels_of(head), self._workload(head), self._facts)
            if setter is not None:
                view["autoscaler"] = self._scaling(setter)
        return Resource(
            identity=self._identity(head, view["id"]),
            view=view,
            origin=head.source.origin,
            blame=blame,
            autoscaled_by=self._setter_id(setter),
            object=head.source.value,
        )

    def own_workload(self, head: Head) -> Workload:
        """What an object itself runs, without its autoscaler; nothing for an autoscaler."""
        if id(head) not in self._workloads:
            self._workloads[id(head)] = RUNS_NOTHING if id(head) in self._scalers else read_workload(head, self._facts)
        return self._workloads[id(head)]

    def stand_in(self, head: Head, workload: Workload) -> None:
        """Takes a workload for an object that cannot be read for it, before anything of it is made."""
        self._workloads[id(head)] = workload

    def _workload(self, head: Head) -> Workload:
        own, scaler = self.own_workload(head), self._scaled.get(id(head))
        return own if scaler is None else autoscaled(head, own, scaler)

    def _labels_of(self, head: Head) -> Labels:
        if id(head) not in self._labels:
            self._labels[id(head)] = self._attribution.labels(head)
        return self._labels[id(head)]

    def _base(self, head: Head) -> dict[str, Any]:
        view = object_view(head, self.own_workload(head), self._labels_of(head), self._cluster, self._surface)
        if view["class"] in WORKLOADS:
            view["checkpoint"] = self._checkpoint(head, self.own_workload(head))
        view["id"] = self._ids.get(id(head), view["id"])
        view["controlled"] = self._run.controlled(head)
        return view

    def _checkpoint(self, head: Head, workload: Workload) -> dict[str, Any]:
        containers = main_containers(head, workload) if workload.has_pods and workload.unread is None else []
        return checkpoint_of(self._labels_of(head).declared, containers, self._facts, workload.unread)

    def _object(self, head: Head) -> dict[str, Any]:
        """The view of an object with the numbers of its autoscaler, without the autoscaler itself."""
        if id(head) not in self._plain:
            view = self._base(head)
            if id(head) in self._scaled:
                view.update(autoscaled_numbers(self._workload(head), view["instance_types"]))
            self._plain[id(head)] = with_unknowns(view)
        return self._plain[id(head)]

    def _scaling(self, scaler: Scaler) -> dict[str, Any]:
        """The view of an autoscaler without its target, as the target shows it."""
        base = self._base(scaler.head)
        if scaler.target is None:
            return with_unknowns(autoscaler_view(base, self._under(scaler), []))
        target = self._object(scaler.target)
        if "workload_type" in target:  # it scales that work: both are judged by one cap
            base.setdefault("workload_type", target["workload_type"])
        return with_unknowns(autoscaler_view(base, self._under(scaler), target["instance_types"]))

    def _autoscaler(self, scaler: Scaler) -> dict[str, Any]:
        view = self._scaling(scaler)
        view["target"] = Unknown((scaler.reference,)) if scaler.target is None else self._object(scaler.target)
        return with_unknowns(view)

    def _under(self, scaler: Scaler) -> Workload:
        """The pods of an autoscaler's target under this autoscaler alone."""
        if scaler.target is not None and scaler.target_kind in ONE_POD_A_REPLICA:
            return autoscaled(scaler.target, self.own_workload(scaler.target), scaler)
        why = Unknown((scaler.reference if scaler.target is None else f"kind {scaler.target.kind}",))
        return replace(unread_workload(why), units=units_of_unread(scaler, why))

    def _identity(self, head: Head, name: str) -> Identity:
        return Identity(
            id=name,
            source="kubernetes",
            kind=head.kind,
            api_version=head.api_version,
            namespace=head.namespace if isinstance(head.namespace, str) else None,
            name=head.name if isinstance(head.name, str) else None,
        )

    def _setter_id(self, setter: Scaler | None) -> str | None:
        return None if setter is None else self._ids.get(id(setter.head), setter.head.id)


def _by_target(scalers: Iterable[Scaler]) -> dict[int, Scaler]:
    """What sets the maximum of each target that is in the run."""
    found: dict[int, list[Scaler]] = defaultdict(list)
    for scaler in scalers:
        if scaler.target is not None and scaler.target_kind in ONE_POD_A_REPLICA:
            found[id(scaler.target)].append(scaler)
    return {target: strongest(of_target) for target, of_target in found.items()}
