"""No JSON breaks the normaliser, and every view keeps to the declared schema."""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.cel.unknown import Unknown
from guardrail.facts import Facts
from guardrail.model import Origin, Plan, Resource
from guardrail.normalise.terraform import normalise_plan
from guardrail.view.schema import faults_of, unknown_paths
from tests.normalise.terraform.plans import EKS, FACTS, NODES, asg, block, change, document, mixed, override

_CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", "../shared/corpus")) / "terraform"
_JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1.5, 1e300, "", "x", "9" * 50, "var.a", "a["),
        *([], {}, [[]], [None], [True], {"a": None}, {"key": "k", "value": {}}, {"value": [1]}),
        *({"references": ["var.x", "a"]}, {"references": [1, None]}, {"constant_value": None}),
    ]
)


def a_rich_plan() -> dict[str, Any]:
    """One plan with every type that is read, joins, modules, providers and unknown values."""
    pool = {"resources": [block("aws_eks_node_group.n", {"launch_template": [{"id": ("var.template",)}]}, provider="module.m:aws")]}
    return document(
        change("aws_launch_template.t", {"instance_type": "g5.xlarge", "tags": {"Team": "a"}}, unknown={"id": True, "tags_all": True}),
        change(
            "module.m.aws_eks_node_group.n[0]", {**EKS, "launch_template": [{"version": "1"}]}, unknown={"launch_template": [{"id": True}]}
        ),
        asg(**mixed(override(instance_type="g5.12xlarge", weighted_capacity="2")), tag=[{"key": "Team", "value": "a"}]),
        change("aws_autoscaling_schedule.s", {"autoscaling_group_name": "g", "max_size": 9}),
        change(
            "aws_instance.i",
            {"instance_type": "p3.2xlarge"},
            before={"instance_type": "g5.xlarge"},
            actions=("update",),
            unknown={"subnet_id": True},
        ),
        change("google_container_node_pool.p", {**NODES, "autoscaling": [{"max_node_count": 3}]}),
        change("google_compute_instance.v", {"machine_type": "n1-standard-4", "guest_accelerator": [{"type": "nvidia-l4", "count": 1}]}),
        change("google_storage_bucket.b", {"location": "EU", "labels": {"team": "a"}}, unknown={"effective_labels": True}),
        change(
            "azurerm_kubernetes_cluster.c",
            {"location": "West Europe", "default_node_pool": [{"vm_size": "Standard_D4s_v5", "node_count": 1}]},
        ),
        change("azurerm_kubernetes_cluster_node_pool.p", {"vm_size": "Standard_NC6s_v3"}, unknown={"kubernetes_cluster_id": True}),
        blocks=[
            *(block(name) for name in ("aws_launch_template.t", "aws_autoscaling_group.g", "aws_autoscaling_schedule.s")),
            block("aws_instance.i", {"subnet_id": ("module.net.subnet", "module.net")}),
            block("azurerm_kubernetes_cluster_node_pool.p", {"kubernetes_cluster_id": ("azurerm_kubernetes_cluster.c.id",)}),
        ],
        root={
            "module_calls": {
                "m": {"module": pool, "expressions": {"template": {"references": ["aws_launch_template.t.id", "aws_launch_template.t"]}}},
                "net": {"module": {"outputs": {"subnet": {"expression": {"references": ["var.s"]}}}}},
            },
            "variables": {"region": {"default": "eu-west-1", "sensitive": True}},
        },
        providers={
            "aws": {"expressions": {"region": {"references": ["var.region"]}, "default_tags": [{"tags": {"references": ["var.tags"]}}]}},
            "module.m:aws": {},
        },
        variables={"region": {"value": "eu-west-1"}, "tags": {"value": {"Team": "a"}}},
    )


def damage(data: st.DataObject, plan: dict[str, Any]) -> None:
    """Put junk somewhere into a plan, at any depth."""
    node: Any = plan
    while True:
        at = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        inner = node[at]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 9)) == 0:
            node[at] = copy.deepcopy(data.draw(_JUNK))
            return
        node = inner


def check(resource: Resource) -> None:
    for view in (resource.view, resource.old_view):
        if view is not None:
            assert faults_of(view) == []
            assert view["unknown"] == unknown_paths({**view, "unknown": {}})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_damaged_plan_is_read_as_far_as_it_goes(data: st.DataObject) -> None:
    plan = copy.deepcopy(a_rich_plan())  # its parts are shared with the other tests
    for _ in range(data.draw(st.integers(0, 6))):
        if plan:
            damage(data, plan)

    resources, _ = normalise_plan(Plan(plan, Origin("plan.json")), FACTS)

    for resource in resources:
        check(resource)


def test_the_rich_plan_is_read_whole() -> None:
    resources, notes = normalise_plan(Plan(a_rich_plan(), Origin("plan.json")), FACTS)

    assert (len(resources), notes) == (10, [])
    assert [resource.view["gpu"]["total_max"] for resource in resources] == [
        0.0,
        4.0,
        20.0,
        0.0,
        1.0,
        9.0,
        1.0,
        0.0,
        0.0,
        0.0,
    ]


def test_a_value_nested_beyond_the_stack_is_read() -> None:
    deep: Any = "secret-text"
    for _ in range(3000):
        deep = [deep]
    entry = change("aws_instance.a", {"instance_type": "m5.large", "user_data": deep}, sensitive={"user_data": True})

    resources, _ = normalise_plan(Plan(document(entry), Origin("plan.json")), FACTS)

    assert resources[0].secrets == {"secret-text"}


@pytest.mark.skipif(not _CORPUS.is_dir(), reason=f"no corpus at {_CORPUS}; set GUARDRAIL_CORPUS")
def test_every_plan_of_the_corpus_is_normalised(record_property: Any) -> None:
    facts = Facts(now=datetime(2026, 11, 25, tzinfo=UTC), spellings={key: {} for key in ("team", "environment", "workload-type")})
    regions: Counter[str] = Counter()
    opened = 0
    for path in sorted(_CORPUS.glob("plans*/**/*.json")):
        try:
            plan = json.loads(path.read_text("utf-8-sig"))
        except ValueError:
            continue  # the odd ones are the reader's
        if not isinstance(plan, dict):
            continue
        for resource in normalise_plan(Plan(plan, Origin(path.name)), facts)[0]:
            check(resource)
            region = resource.view.get("region")
            regions["unset" if region is None else "unknown" if isinstance(region, Unknown) else "known"] += 1
            opened += resource.view["tags_open"]
    record_property("regions", dict(regions))
    record_property("open tags", opened)
    assert regions["known"] > regions["unknown"] > 0
