"""The words of an undecided finding: what is not known, why, and what its author can do about it.

A rule that fails is mended by another value; one that is undecided is mended by making the value known. So neither the
message nor the remedy of the failure would help here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.cel.unknown import Unknown
    from guardrail.policy.compiled import Validation
    from guardrail.scope import Scope

__all__ = ["is_unread", "remedy_of", "text_of", "words_of"]

_MAX_NAMED = 3  # fields that one message names
_UNREAD = ("type ", "kind ")  # references to what the normalisers do not model yet
_UNLISTED = ("instance type ", "accelerator ")
_UNWRITTEN = " (not written)"
_CLAIM = "ResourceClaim"  # claims and their templates
_PROVIDER = "provider."
_AZURE = ("provider.azurerm", "provider.azapi")  # which say nothing of places
_LAUNCH = ("launch template", "launch configuration")

_TAGS = "tags", "raw_tags", "unclaimed_keys", "tag_conflicts"
_DEVICES = "which accelerators it gets"
_WORDS = {
    "account": "the account",
    "autoscaler": "what scales it",
    "batch.deadline_s": "when it ends at the latest",
    "batch.disruptions_excluded": "whether evictions count as failures",
    "batch.retries": "how often it is tried again",
    "batch.retries_bounded": "whether every failure counts",
    "capacity_role": "its role in the capacity",
    "checkpoint.durable": "where its checkpoints go",
    "checkpoint.uri": "where its checkpoints go",
    "cluster": "the cluster",
    "containers": "what its containers ask for",
    "declared": "what it declares",
    "declared_s": "the durations that it declares",
    "gpu.bypass": "whether it sees accelerators that it does not request",
    "gpu.bypass_by": "whether it sees accelerators that it does not request",
    "gpu.by_family": _DEVICES,
    "gpu.count": "how many accelerators one unit gets",
    "gpu.devices": _DEVICES,
    "gpu.families": _DEVICES,
    "gpu.total_max": "how many accelerators it can reach",
    "gpu.total_min": "how many accelerators it has at least",
    "gpu.vendors": "whose accelerators it gets",
    "instance_types": "the instance type",
    "name": "the name",
    "namespace": "the namespace",
    "open_ended": "the instance type",
    "pod.restart_policy": "the restart policy",
    "pod_sets": "the pods or machines that it makes",
    "purchase": "whether it runs on spot",
    "region": "the region",
    "regions": "the region",
    "signals": "what the autoscaler follows",
    "suspended": "whether it is suspended",
    "target": "what it scales",
    "units.bounded": "whether its maximum is written",
    "units.desired": "how many units it has",
    "units.max": "how many units it can reach",
    "units.min": "how many units it has at least",
    "units.surge": "how many units a rollout adds",
    "uses_gpu": "whether it uses accelerators",
    "workload_type": "the workload type",
}

_REMEDIES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        lambda reference: reference.endswith("(not in this run)"),
        "check it together with what it names, or add that with --context PATH",
    ),
    (lambda reference: reference.endswith(_UNWRITTEN), "write it; what is cut short says too little to be judged"),
    (lambda reference: " is filled in later" in reference, "check what is rendered, with every value filled in"),
    (
        lambda reference: reference.startswith(_CLAIM),
        "look at the claim yourself: limits (nvidia.com/gpu: 1) are read by this version, claims are not",
    ),
    (lambda reference: reference.startswith(_AZURE), "location on the resource"),
    (
        lambda reference: reference.startswith(_PROVIDER),
        "write it in the provider block or on the resource; what only the environment of a run says is in no plan",
    ),
    (
        lambda reference: reference.startswith(_LAUNCH),
        "plan it together with its launch template, or write the instance type on the resource",
    ),
)
_AT_PLAN_TIME = "a value that is known when the plan is made: a literal, a variable or a local"


def text_of(value: Unknown, validation: Validation, scope: Scope) -> str:
    """What is not known, by the fields that the rule reads, and the references that will supply it."""
    references = value.references
    wanted = set(references)
    paths = [path for path, supplied_by in scope.view["unknown"].items() if wanted & set(supplied_by)]
    read = [path for path in paths if any(_within(path, field) for field in scope.reads(validation.program))]
    blamed = [path for path in read if _within(path, validation.field)]
    source = scope.view["source"]
    named = list(dict.fromkeys(words_of(path, source) for path in blamed or read or paths or [validation.field]))
    what = ", ".join(named[:_MAX_NAMED]) + (f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else "")
    return f"{_state(references, source)}: {what} ({', '.join(references)})"


def words_of(path: str, source: str) -> str:
    """A view path in the words of those who write manifests and plans; the path itself where it has none."""
    tag = "label" if source == "kubernetes" else "tag"
    for tags in _TAGS:
        if path == tags:
            return f"its {tag}s"
        if path.startswith(f"{tags}."):
            return f"the {tag} {path.removeprefix(f'{tags}.')}"
    whole = path
    while path and path not in _WORDS:  # a key of a map, a member of a list
        path = path.rpartition(".")[0]
    return _WORDS.get(path, whole)


def remedy_of(references: Sequence[str], source: str) -> str:
    """How the author can make it known; "" where only the rule can say what to write."""
    for applies, remedy in _REMEDIES:
        if any(applies(reference) for reference in references):
            return remedy
    gap = not references or any(reference.startswith((*_UNREAD, *_UNLISTED)) for reference in references)
    return "" if source == "kubernetes" or gap else _AT_PLAN_TIME


def is_unread(references: Sequence[str]) -> bool:
    """Whether it is only that this version does not read a type or kind."""
    return bool(references) and all(reference.startswith(_UNREAD) for reference in references)


def _state(references: Sequence[str], source: str) -> str:
    if references and all(reference.startswith((*_UNREAD, _CLAIM)) for reference in references):
        return "not read by this version"
    if references and all(reference.startswith(_UNLISTED) for reference in references):
        return "not in the catalogue"
    if references and all(reference.endswith(_UNWRITTEN) for reference in references):
        return "not written"
    if source == "kubernetes":
        return "not known"
    if any(reference.startswith((_PROVIDER, *_LAUNCH)) for reference in references):
        return "not in the plan"
    return "known only after apply"


def _within(path: str, field: str) -> bool:
    """Whether one of two view paths lies on the way to the other."""
    return path == field or path.startswith(f"{field}.") or field.startswith(f"{path}.")
