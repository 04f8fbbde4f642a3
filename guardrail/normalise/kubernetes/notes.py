"""What the run must be told about objects that could not be read as a whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardrail.catalogue.kinds import Reading
from guardrail.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.workloads import Workload

__all__ = ["notes_of"]


def notes_of(read: Iterable[tuple[Head, Workload]]) -> list[Note]:
    """The notes about the judged objects, sorted; one a kind, a field or a name, with how often."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for head, workload in read:
        if head.kind_facts.reading is Reading.LATER or not head.listed:
            counted["kind-not-modelled", f"{head.group}/{head.kind}", _of_kind(head)] += 1
        elif workload.unread is not None and not head.reader.faults:
            counted["partial-object", f"{head.group}/{head.kind}", _PARTIAL] += 1
        for fault in head.reader.faults:
            counted["malformed-value", f"{head.source.origin.path}: {head.id}", f"{fault}; what depends on it is unknown"] += 1
        for resource in workload.pod.unlisted:
            counted["resource-not-known", resource, _UNLISTED] += 1
        if workload.pod.doubt is not None and not head.reader.faults:
            counted["claim-not-read", f"{head.group}/{head.kind}", _CLAIMS] += 1
    return sorted(Note(code, message, scope, count) for (code, scope, message), count in counted.items())


_PARTIAL = "no containers are written; their GPUs are unknown. A kustomize patch is judged by what kustomize build makes of it"
_UNLISTED = "this extended resource is in no table of accelerators; it is not counted"
_CLAIMS = "devices of resource claims are not counted by this version; the GPUs of these pods are unknown"


def _of_kind(head: Head) -> str:
    if head.kind_facts.reading is Reading.LATER:
        missing = "pods, nodes or devices are not counted by this version; GPUs and units are unknown, and no rule about them warned"
        return f"of these kinds {missing}" if head.listed else f"kinds in no table that hold a pod template or devices: their {missing}"
    return "kinds in no table; no pod template and no device was found in them, and nothing else was assumed"
