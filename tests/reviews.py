"""Requests to an API server to test with: only what a test is about is written."""

from __future__ import annotations

from typing import Any

from guardrail.inputs.reviews import read_review
from guardrail.model import Origin, Review

__all__ = ["deployment", "request", "review_of", "scale"]

_RESOURCES = {
    "Deployment": ("apps", "deployments"),
    "Job": ("batch", "jobs"),
    "Pod": ("", "pods"),
    "Namespace": ("", "namespaces"),
    "ReplicaSet": ("apps", "replicasets"),
    "Scale": ("apps", "deployments"),
}
REVIEW = Origin("review.json")


def request(operation: str, new: Any = None, old: Any = None, **parts: Any) -> dict[str, Any]:
    """An AdmissionReview (v1) as an API server sends it; `parts` are members of the request."""
    value = new if new is not None else old
    group, plural = _RESOURCES.get((value or {}).get("kind", ""), ("example.com", "things"))
    made = {
        "uid": "u-1",
        "resource": {"group": group, "version": "v1", "resource": plural},
        "name": ((value or {}).get("metadata") or {}).get("name", ""),
        "namespace": "speech-dev",
        "operation": operation,
        "userInfo": {"username": "m-lund"},
        "object": new,
        "oldObject": old,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {**made, **parts}}


def review_of(value: dict[str, Any]) -> Review:
    """The review that a document is."""
    read = read_review(value, REVIEW)
    assert isinstance(read, Review)
    return read


def deployment(replicas: int | None = 2, gpus: int = 1, *, image: str = "x:1", spec: Any = None, **metadata: Any) -> dict[str, Any]:
    """A Deployment without a surge."""
    containers = [{"name": "c", "image": image, "resources": {"limits": {"nvidia.com/gpu": gpus}}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "llm", "namespace": "speech-dev", **metadata},
        "spec": {"replicas": replicas, "strategy": {"type": "Recreate"}, "template": {"spec": {"containers": containers}}, **(spec or {})},
    }


def scale(replicas: Any, name: str = "llm") -> dict[str, Any]:
    """A Scale; None for one whose spec is empty, as an API server writes zero."""
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": name, "namespace": "speech-dev"},
        "spec": {} if replicas is None else {"replicas": replicas},
    }
