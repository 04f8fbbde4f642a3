from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.kubernetes.objects import BARE, FACTS, view_of


def purchase(spec: str, facts: Any = BARE) -> Any:
    return view_of(f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c}}]{spec}}}}}", facts)["purchase"]


def affinity(*terms: str) -> str:
    required = f"requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{', '.join(terms)}]}}"
    return f", affinity: {{nodeAffinity: {{{required}}}}}"


def term(key: str, values: str) -> str:
    return f"{{matchExpressions: [{{key: {key}, operator: In, values: {values}}}]}}"


def preferred(key: str, values: str) -> str:
    weighted = f"preferredDuringSchedulingIgnoredDuringExecution: [{{weight: 1, preference: {term(key, values)}}}]"
    return f", affinity: {{nodeAffinity: {{{weighted}}}}}"


CAPACITY = "karpenter.sh/capacity-type"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param("", "on-demand", id="nothing said"),
        pytest.param(f", nodeSelector: {{{CAPACITY}: spot}}", "spot", id="Karpenter"),
        pytest.param(f", nodeSelector: {{{CAPACITY}: on-demand}}", "on-demand", id="Karpenter on demand"),
        pytest.param(f", nodeSelector: {{{CAPACITY}: reserved}}", "reserved", id="Karpenter reserved"),
        pytest.param(", nodeSelector: {eks.amazonaws.com/capacityType: SPOT}", "spot", id="EKS"),
        pytest.param(", nodeSelector: {cloud.google.com/gke-spot: 'true'}", "spot", id="GKE"),
        pytest.param(", nodeSelector: {cloud.google.com/gke-spot: 'false'}", "on-demand", id="GKE without"),
        pytest.param(", nodeSelector: {cloud.google.com/gke-provisioning: preemptible}", "spot", id="GKE, older"),
        pytest.param(", nodeSelector: {kubernetes.azure.com/scalesetpriority: spot}", "spot", id="AKS"),
        pytest.param(", nodeSelector: {lifecycle: spot}", "spot", id="a home-made label"),
        pytest.param(", nodeSelector: {tier: web}", "on-demand", id="another label"),
        pytest.param(affinity(term(CAPACITY, "[spot]")), "spot", id="required affinity"),
        pytest.param(affinity(term(CAPACITY, "[spot, on-demand]")), "mixed", id="either is accepted"),
        pytest.param(affinity(term(CAPACITY, "[spot]"), term("tier", "[web]")), "mixed", id="spot is one alternative"),
        pytest.param(preferred(CAPACITY, "[spot]"), "mixed", id="spot is preferred"),
        pytest.param(preferred(CAPACITY, "[on-demand]"), "on-demand", id="on-demand is preferred"),
        pytest.param(", tolerations: [{key: cloud.google.com/gke-spot, operator: Exists}]", "on-demand", id="a toleration places nothing"),
    ],
)
def test_the_purchase_is_what_selectors_and_affinity_leave(spec: str, expected: str) -> None:
    assert purchase(spec) == expected


def test_a_pool_that_is_registered_says_how_its_nodes_are_bought() -> None:
    facts = replace(FACTS, cluster="eks-prod")
    pools = [purchase(f", nodeSelector: {{karpenter.sh/nodepool: {name}}}", facts) for name in ("l4", "cpu")]
    assert pools == ["spot", "on-demand"]


@pytest.mark.parametrize(
    ("cluster", "pool", "reference"),
    [
        pytest.param(None, "l4", "run:cluster", id="no cluster named"),
        pytest.param("eks-prod", "other", "pool other (not registered)", id="a pool nobody registered"),
        pytest.param("eks-prod", "hard", "purchase of pool hard (not registered)", id="a pool without a purchase"),
    ],
)
def test_a_pool_that_nobody_knows_is_unknown(cluster: str | None, pool: str, reference: str) -> None:
    facts = replace(FACTS, cluster=cluster)
    assert purchase(f", nodeSelector: {{karpenter.sh/nodepool: {pool}}}", facts) == Unknown((reference,))


def test_a_selector_that_cannot_be_read_is_unknown() -> None:
    assert isinstance(purchase(", nodeSelector: {tier: 5}"), Unknown)
