"""Real objects with answers that somebody else found: accelerator counts, and what an API server makes of a file."""

from __future__ import annotations

import csv
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.catalogue.accelerators import Unit, accelerator_of
from guardrail.cel.unknown import Unknown
from guardrail.facts import Facts
from guardrail.inputs.reader import read_inputs
from guardrail.model import KubernetesObject, Note, Origin, Resource
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.view.schema import faults_of
from tests.normalise.kubernetes.objects import BARE, NOW
from tests.normalise.kubernetes.recorded import defaulted

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", "../shared/corpus"))
KINDS = {"Pod", "ReplicationController", "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob"}

pytestmark = pytest.mark.skipif(not (CORPUS / "manifests").is_dir(), reason="the corpus is not here; set GUARDRAIL_CORPUS")

FRACTIONS = {"manifests/Project-HAMi+HAMi/examples/nvidia/use_memory_fraction.yaml": 1.0}
"""Files in which a memory percentage makes a device smaller than the number beside it."""


@cache
def objects() -> tuple[KubernetesObject, ...]:
    return read_inputs([str(CORPUS / "manifests")]).objects


@cache
def normalised() -> tuple[list[Resource], list[Note]]:
    return normalise_kubernetes(objects(), [], BARE)


def test_the_whole_corpus_becomes_views_that_keep_to_the_schema() -> None:
    resources, notes = normalised()
    assert len(resources) == len(objects()) > 0
    assert [(resource.identity.id, fault) for resource in resources for fault in faults_of(resource.view)] == []
    assert len({resource.identity.id for resource in resources}) == len(resources)
    assert {note.code for note in notes} <= {
        "kind-not-modelled",
        "partial-object",
        "claim-not-read",
        "malformed-value",
        "resource-not-known",
    }


def rows() -> Iterator[dict[str, str]]:
    with (CORPUS / "gpu" / "gpu-index.tsv").open(encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            if row["kind"] in KINDS and (CORPUS / row["path"]).exists():
                yield row


def test_accelerators_and_replicas_agree_with_an_independent_index() -> None:
    by_place = {
        (Path(resource.origin.path).relative_to(CORPUS).as_posix(), resource.origin.document, resource.origin.pointer): resource
        for resource in normalised()[0]
    }
    seen = Counter(_compare(row, by_place[row["path"], int(row["doc"]), ""].view) for row in rows())
    assert set(seen) <= {"same", "claim", "modifier", "slice", "fraction", "other kind", "no number"}
    assert seen["same"] > 100


def _compare(row: dict[str, str], view: Any) -> str:
    """What a row and its view have in common; a difference that is not explained is returned in full."""
    resource, written = row["gpu_resource"], row["count_per_pod"]
    if view["class"] == "other":
        return "other kind"
    if resource.startswith("claim:"):
        return "claim" if isinstance(view["gpu"]["count"], Unknown) else str(row)
    held = {device["resource"]: device["count"] for device in view["gpu"]["devices"]}
    accelerator = accelerator_of(resource)
    if accelerator is not None and accelerator.unit is Unit.MODIFIER:
        return "modifier" if held else str(row)
    return _compare_amount(row, held[resource], written) if view["units"]["max"] == int(row["replicas"]) else str(row)


def _compare_amount(row: dict[str, str], held: Any, written: str) -> str:
    if not written.isdigit():
        return "no number" if isinstance(held, Unknown) else str(row)
    if held == float(written):
        return "same"
    accelerator = accelerator_of(row["gpu_resource"])
    if accelerator is not None and accelerator.unit is Unit.SLICE and 0 < held < float(written):
        return "slice"
    return "fraction" if FRACTIONS.get(row["path"]) == held else str(row)


def _comparable(value: Any, namespace: str | None) -> dict[str, Any]:
    facts = Facts(now=NOW, namespace=namespace)
    view = dict(normalise_kubernetes([KubernetesObject(value, Origin("x.yaml"))], [], facts)[0][0].view)
    view["units"] = {
        key: number for key, number in view["units"].items() if key != "bounded"
    }  # a default reads like a number that is written
    if isinstance(view["containers"], list):  # the API server writes the limit of a device as its request too
        view["containers"] = [{**one, "accelerators": [_as_limited(asked) for asked in one["accelerators"]]} for one in view["containers"]]
    view["raw_tags"] = {key: label for key, label in view["raw_tags"].items() if not _added_by_the_server(key)}
    view["unclaimed_keys"] = [one for one in view["unclaimed_keys"] if not _added_by_the_server(one["key"])]
    return {key: part for key, part in view.items() if key not in {"id", "name"}}  # generated names


def _as_limited(asked: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in asked.items() if key != "request" or part != asked.get("limit")}


def _added_by_the_server(label: str) -> bool:
    return label in {"controller-uid", "job-name", "kubernetes.io/metadata.name"} or label.startswith("batch.kubernetes.io/")


def test_a_file_and_what_the_api_server_makes_of_it_give_the_same_view() -> None:
    pairs = [
        tuple(_comparable(one, live["metadata"].get("namespace")) for one in (written, live))
        for written, live in defaulted(CORPUS, objects())
    ]
    assert len(pairs) > 500
    assert [(file, live) for file, live in pairs if file != live] == []
