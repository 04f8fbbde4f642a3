"""Turns Kubernetes objects into resources: views that rules read, with the way back to the source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardrail.normalise.kubernetes.heads import read_head
from guardrail.normalise.kubernetes.notes import notes_of
from guardrail.normalise.kubernetes.resources import Maker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.facts import Facts
    from guardrail.model import KubernetesObject, Note, Resource
    from guardrail.normalise.kubernetes.heads import Head

__all__ = ["normalise_kubernetes"]


def normalise_kubernetes(
    objects: Sequence[KubernetesObject],
    context: Sequence[KubernetesObject],
    facts: Facts,
    *,
    surface: str = "manifest",
) -> tuple[list[Resource], list[Note]]:
    """The resources of `objects`, in their order, and what must be told about them.

    `context` are objects that exist beside the input: they are joined (namespaces, owners,
    autoscalers and their targets), neither judged nor returned. Never raises, whatever the shape
    of an object: what cannot be read is unknown, with a note.
    """
    heads = [read_head(source, facts) for source in objects]
    beside = [read_head(source, facts) for source in context]
    maker = Maker([*heads, *beside], _ids(heads), facts, surface)
    resources = [maker.resource(head) for head in heads]
    return resources, notes_of((head, maker.own_workload(head)) for head in heads)


def _ids(heads: Sequence[Head]) -> dict[int, str]:
    """The id of every judged object; objects of one id are told apart by where they were read."""
    names = [head.id for head in heads]
    often = Counter(names)
    return {id(head): f"{name}@{_place(head)}" if often[name] > 1 else name for head, name in zip(heads, names, strict=True)}


def _place(head: Head) -> str:
    origin = head.source.origin
    return f"{origin.path}#{origin.document}{origin.pointer}"
