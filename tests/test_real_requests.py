"""Requests that nobody here wrote: those of a real API server, and those that other projects keep; and files against requests."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.app import Options, load_library
from guardrail.engine import Context, evaluate
from guardrail.inputs.reader import read_inputs
from guardrail.inputs.reviews import read_review
from guardrail.matching import PolicyIndex
from guardrail.model import Finding, KubernetesObject, Origin, Review, UnreadReview
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.normalise.kubernetes.heads import read_head
from guardrail.normalise.kubernetes.requests import Requests
from guardrail.stores.profile_file import read_profile
from guardrail.view.schema import faults_of
from tests.normalise.kubernetes.recorded import defaulted
from tests.test_admission import NOW, answer, told

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS") or Path(__file__).parents[1].parent / "shared" / "corpus")
EVERY = 1 if os.environ.get("GUARDRAIL_PARITY") == "all" else 12  # make parity compares every object
PROFILE = str(Path(__file__).parents[1] / "policies" / "profiles" / "example.yaml")

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus; point GUARDRAIL_CORPUS at it")


def recorded() -> list[dict[str, str]]:
    index = CORPUS / "apiserver" / "reviews" / "INDEX.tsv"
    if not index.is_file():
        return []
    with index.open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows, delimiter="\t"))


def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CORPUS / "apiserver" / "reviews" / name).read_text("utf-8"))
    return loaded


NEVER_JUDGED = {"status", "exec", "attach", "portforward", "proxy", "binding", "eviction", "token", "finalize"}
LOWERS = {"deployment-scale-down-user", "deployment-scale-down-hpa-identity", "leaderworkerset-scale-down-hpa-identity"}
LOWERS |= {"hpa-chain-1-scale-down", "deployment-scale-to-zero", "leaderworkerset-scale-to-zero"}
WHILE_DELETED = {"pod-update-while-terminating", "job-update-while-deleting", "job-finalizer-removal"}
CHANGES_NOTHING_THAT_RULES_SEE = {
    "configmap-immutable-update-refused",
    "deployment-merge-patch-annotation",
    "deployment-replace",
    "deployment-replace-noop",
    "deployment-ssa-noop",
    "job-parallelism-up",  # above its completions
    "pod-ephemeralcontainers",
    "pod-resize",
}
ONLY_LOWERS = {"deployment-replicas-zero-update", "job-suspend"}


def expected(row: Mapping[str, str]) -> str:
    """The answer under a rule that refuses whatever no controller makes, judged as if new."""
    name = row["file"].removesuffix(".json")
    never = row["subresource"] in NEVER_JUDGED or row["operation"] == "DELETE"
    if never or name in LOWERS | WHILE_DELETED or ("-chain-" in name and not row["subresource"]):
        return "admitted"
    return "warned" if name in CHANGES_NOTHING_THAT_RULES_SEE | ONLY_LOWERS else "refused"


@pytest.mark.parametrize("row", [pytest.param(row, id=row["file"].removesuffix(".json")) for row in recorded()])
def test_a_request_of_a_real_api_server(row: dict[str, str]) -> None:
    value = document(row["file"])
    review = read_review(value, Origin(row["file"]))
    assert isinstance(review, Review)
    assert (review.operation, review.subresource) == (row["operation"], row["subresource"])
    found = Requests([], read_profile(PROFILE).facts(now=NOW, cluster=None, namespace=None)).admission(review).resource
    assert found is None or faults_of(found.view) == []
    assert told(answer(value, expression="resource.controlled")) == expected(row)


@pytest.mark.skipif(not recorded(), reason="no recorded requests in this corpus")
def test_two_reviews_of_one_request_are_two() -> None:
    uids = [document(name)["request"]["uid"] for name in ("pod-delete-force.json", "pod-delete-force-2.json")]
    assert len(set(uids)) == 2
    reviews = [read_review(document(row["file"]), Origin(row["file"])) for row in recorded()]
    assert len({review.uid for review in reviews}) == len(reviews)


def kept_by_others() -> list[Path]:
    return sorted((CORPUS / "admission").rglob("*.json"))


UNREAD = {
    "testdata__HEAD__admission.k8s.io.v1.AdmissionReview.json": "operationValue",  # filled with the names of its fields
    "pkg__http-server__k8s_testdata__risky_testconfig.json": "names no operation",
    "k8s__testdata__vap__match1 request.json": "holds no object",
    "k8s__testdata__vap__request1 request.json": "holds no object",
}


@pytest.mark.skipif(not kept_by_others(), reason="no requests of other projects in this corpus")
def test_requests_that_other_projects_keep_are_read_or_refused_with_a_reason() -> None:
    inputs = read_inputs([str(path) for path in kept_by_others()])
    assert len(inputs.reviews) == len(kept_by_others()) > 100
    unread = {Path(review.origin.path).name: review.reason for review in inputs.reviews if isinstance(review, UnreadReview)}
    assert unread.keys() == UNREAD.keys()
    assert all(UNREAD[name] in reason for name, reason in unread.items())
    seen = Counter((review.operation, review.subresource) for review in inputs.reviews if isinstance(review, Review))
    assert min(seen["CONNECT", "exec"], seen["UPDATE", "status"], seen["DELETE", ""]) > 0
    requests = Requests([], read_profile(PROFILE).facts(now=NOW, cluster=None, namespace=None))
    for review in inputs.reviews:
        found = requests.admission(review).resource if isinstance(review, Review) else None
        assert found is None or faults_of(found.view) == []


@cache
def index() -> PolicyIndex:
    return PolicyIndex(load_library(Options(paths=(), now=NOW, profile=PROFILE)))


def findings(resources: Any) -> list[Finding]:
    """Without what a place is part of."""
    found = [finding for resource in resources for finding in evaluate(resource, index(), Context(now=NOW)).findings]
    return [replace(finding, location=replace(finding.location, pointer=""), fingerprint="") for finding in found]


def as_written(value: Any, namespace: str) -> list[Finding]:
    facts = read_facts(namespace)
    return findings(normalise_kubernetes([KubernetesObject(value, Origin("x"))], [], facts)[0])


def as_asked(value: Any, namespace: str) -> list[Finding]:
    """As a controller asks, where an owner is written down: only it can make somebody else's objects."""
    head = read_head(KubernetesObject(value, Origin("x")), read_facts(namespace))
    request = {
        "uid": "1",
        "operation": "CREATE",
        "namespace": head.namespace if isinstance(head.namespace, str) else "",
        "userInfo": {"username": "system:kube-controller-manager"},
        "object": value,
    }
    review = read_review({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}, Origin("x"))
    assert isinstance(review, Review), review
    admission = Requests([], read_facts("")).admission(review)
    assert not admission.not_judged or "being deleted" in admission.not_judged
    return findings([] if admission.resource is None else [admission.resource])


@cache
def read_facts(namespace: str) -> Any:
    return read_profile(PROFILE).facts(now=NOW, cluster="harbour-prod", namespace=namespace or None)


@cache
def written() -> tuple[KubernetesObject, ...]:
    return read_inputs([str(CORPUS / "manifests")]).objects


@pytest.mark.skipif(not (CORPUS / "manifests").is_dir(), reason="no manifests in this corpus")
def test_a_file_and_a_request_to_create_the_same_give_the_same_findings() -> None:
    compared = [(one.origin, as_written(one.value, "speech-train"), as_asked(one.value, "speech-train")) for one in written()[::EVERY]]
    assert len(compared) > 400
    assert sum(bool(file) for _, file, _ in compared) > 100
    assert [(origin, file, asked) for origin, file, asked in compared if file != asked] == []


def _named(value: Any) -> Any:
    return (value.get("metadata") or {}).get("name")


@pytest.mark.skipif(not (CORPUS / "apiserver" / "defaulted.jsonl.gz").is_file(), reason="no defaulted objects in this corpus")
def test_a_file_and_the_request_that_a_real_api_server_makes_of_it_give_the_same_findings() -> None:
    pairs = [(made, stored) for made, stored in defaulted(CORPUS, written()) if _named(made) == _named(stored)][::EVERY]
    compared = [(as_written(file, live["metadata"].get("namespace") or ""), as_asked(live, "")) for file, live in pairs]
    assert len(compared) > 50
    assert [(file, asked) for file, asked in compared if file != asked] == []
