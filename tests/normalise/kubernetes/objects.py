"""Small Kubernetes objects to test with: only what a test is about is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import yaml

from guardrail.facts import Environments, Facts
from guardrail.model import KubernetesObject, Note, Origin, Resource
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.view.schema import faults_of, unknown_paths

NOW = datetime(2026, 11, 25, tzinfo=UTC)
BARE = Facts(now=NOW)
FACTS = Facts(
    now=NOW,
    environments=Environments(
        order=("dev", "prod"),
        aliases={"dev": "dev", "prod": "prod", "production": "prod"},
        clusters={"eks-prod": "prod"},
        namespaces=(("*-dev", "dev"),),
    ),
    spellings={key: {"kubernetes": (key, f"acme.io/{key}")} for key in ("team", "environment", "cost-center", "workload-type")},
    inherit=("team", "environment"),
    clusters={
        "eks-prod": {
            "name": "eks-prod",
            "provider": "aws",
            "account": "333333333333",
            "region": "EU-Central-1",
            "pools": [
                {"name": "cpu", "max_nodes": 10, "zones": ["eu-central-1a", "eu-central-1b"], "purchase": "on-demand"},
                {"name": "l4", "max_nodes": 4, "zones": ["eu-central-1a"], "family": "L4", "gpus_per_node": 1, "purchase": "spot"},
                {"name": "hard", "max_nodes": 2, "taints": [{"key": "dedicated", "value": "x", "effect": "NoSchedule"}]},
            ],
        },
        "bare": {"name": "bare", "provider": "aws"},
    },
)


def read(*texts: str) -> list[KubernetesObject]:
    """The documents of several files, `0.yaml` first."""
    return [
        KubernetesObject(value, Origin(f"{number}.yaml", document))
        for number, text in enumerate(texts)
        for document, value in enumerate(yaml.safe_load_all(text))
    ]


def normalise(*texts: str, facts: Facts = BARE, context: str = "") -> tuple[list[Resource], list[Note]]:
    """Resources and notes; every view is checked against the schema on the way."""
    beside = [KubernetesObject(one.value, Origin(f"context/{one.origin.path}", one.origin.document)) for one in read(context) if one.value]
    resources, notes = normalise_kubernetes(read(*texts), beside, facts)
    check(resources)
    return resources, notes


def check(resources: list[Resource]) -> None:
    """Every view keeps to the schema and lists its unknown paths."""
    for resource in resources:
        assert faults_of(resource.view) == []
        assert resource.view["unknown"] == unknown_paths(resource.view)
        assert resource.view["id"] == resource.identity.id


def view_of(text: str, facts: Facts = BARE, context: str = "") -> Any:
    """The view of the first object of a file."""
    return normalise(text, facts=facts, context=context)[0][0].view


def pod_with(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = (), **spec: Any) -> KubernetesObject:
    """A pod of these containers."""
    value = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": list(containers), "initContainers": list(init), **spec},
    }
    return KubernetesObject(value, Origin("pod.yaml"))


def asking(amount: Any, resource: str = "nvidia.com/gpu", **more: Any) -> dict[str, Any]:
    """A container with a limit."""
    return {"name": "c", "image": "x", "resources": {"limits": {resource: amount}}, **more}


def container(limits: dict[str, Any]) -> dict[str, Any]:
    """A container with several limits."""
    return {"name": "c", "image": "x", "resources": {"limits": limits}}


def gpu(*containers: dict[str, Any], **spec: Any) -> Any:
    """The accelerator part of the view of a pod."""
    resources, _ = normalise_kubernetes([pod_with(*containers, **spec)], [], BARE)
    check(resources)
    return resources[0].view["gpu"]
