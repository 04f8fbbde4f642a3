from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes import normalise_kubernetes
from tests.normalise.kubernetes.objects import BARE, FACTS, asking, check, container, gpu, pod_with, view_of

SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("main", "init", "count"),
    [
        pytest.param([asking(2)], [], 2, id="one container"),
        pytest.param([asking(2), asking(1)], [], 3, id="containers run together"),
        pytest.param([asking(1)], [asking(4), asking(2)], 4, id="ordinary init containers run alone"),
        pytest.param([asking(3)], [asking(2)], 3, id="the pod needs the larger of the two"),
        pytest.param([asking(3)], [asking(1, **SIDECAR)], 4, id="a sidecar runs beside the containers"),
        pytest.param([asking(3)], [asking(1, **SIDECAR), asking(4)], 5, id="an init container adds to the sidecars before it"),
        pytest.param([asking(3)], [asking(4), asking(1, **SIDECAR)], 4, id="a sidecar after it does not count yet"),
        pytest.param([asking("2")], [], 2, id="text"),
        pytest.param([asking("2000m")], [], 2, id="thousandths of a whole number"),
        pytest.param([asking("1k")], [], 1000, id="a thousand"),
        pytest.param([asking(2.0)], [], 2, id="a decimal number without a rest"),
        pytest.param([asking(0)], [], 0, id="nought"),
        pytest.param([asking(None)], [], 0, id="null is absent"),
        pytest.param([{"name": "c"}], [], 0, id="no resources"),
        pytest.param([{"name": "c", "resources": {"requests": {"nvidia.com/gpu": 2}}}], [], 2, id="a request alone"),
        pytest.param(
            [{"name": "c", "resources": {"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}}], [], 2, id="the larger"
        ),
        pytest.param([asking(2, "vpc.amazonaws.com/efa")], [], 0, id="network devices are not counted"),
        pytest.param([asking(2), asking(1, "amd.com/gpu")], [], 3, id="different accelerators add up"),
    ],
)
def test_a_pod_holds_its_peak(main: list[Any], init: list[Any], count: float) -> None:
    assert gpu(*main, init=tuple(init))["count"] == count


def test_the_peak_is_taken_per_resource() -> None:
    assert gpu(asking(1), init=(asking(1, "amd.com/gpu"),))["count"] == 2


def test_overhead_is_added() -> None:
    assert gpu(asking(1), overhead={"nvidia.com/gpu": "1", "cpu": "250m"})["count"] == 2


@pytest.mark.parametrize(
    ("limits", "selector", "count"),
    [
        pytest.param({"nvidia.com/mig-1g.5gb": 2}, {}, 0.285714, id="two seventh slices"),
        pytest.param(
            {"nvidia.com/mig-1g.10gb": 1}, {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}, 0.142857, id="a slice of a known model"
        ),
        pytest.param({"nvidia.com/mig-1g.10gb": 1}, {}, 0.25, id="a slice of a model that nobody names"),
        pytest.param({"nvidia.com/gpu.shared": 1}, {}, 1, id="a share whose divisor is not known is a device"),
        pytest.param({"nvidia.com/gpu": 1}, {"cloud.google.com/gke-max-shared-clients-per-gpu": "4"}, 0.25, id="a quarter by node label"),
        pytest.param({"nvidia.com/gpu": 1}, {"cloud.google.com/gke-gpu-partition-size": "1g.5gb"}, 0.142857, id="a slice by node label"),
        pytest.param(
            {"nvidia.com/gpu": 1}, {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-3g.20gb"}, 0.5, id="a slice by product label"
        ),
        pytest.param({"nvidia.com/gpu": 2, "nvidia.com/gpumem-percentage": 25}, {}, 0.5, id="vGPU percentages are fractions"),
        pytest.param(
            {"nvidia.com/gpu": 1, "nvidia.com/gpumem-percentage": 25, "nvidia.com/gpucores": 50}, {}, 0.5, id="the larger percentage"
        ),
        pytest.param({"nvidia.com/gpu": 1, "nvidia.com/gpucores": 50}, {}, 1, id="without a memory limit all of the memory"),
        pytest.param({"nvidia.com/gpu": 1, "nvidia.com/gpumem": 8192}, {}, 1, id="memory of a device whose size nobody names"),
        pytest.param(
            {"nvidia.com/gpu": 1, "nvidia.com/gpumem": 8192}, {"nvidia.com/gpu.product": "Tesla-T4"}, 0.5, id="half the memory of a T4"
        ),
        pytest.param({"enflame.com/gcu-memory": 20480, "enflame.com/gcu-core": 40}, {}, 1, id="amounts without a device stand for one"),
        pytest.param({"aliyun.com/gpu-mem": 8}, {"nvidia.com/gpu.product": "Tesla-T4"}, 0.5, id="an amount alone, of a known size"),
        pytest.param({"tencent.com/vcuda-core": 50}, {}, 0.5, id="hundredths of a device"),
        pytest.param({"aws.amazon.com/neuroncore": 2}, {}, 2, id="cores of a device that nobody names"),
        pytest.param(
            {"aws.amazon.com/neuroncore": 2}, {"node.kubernetes.io/instance-type": "inf2.xlarge"}, 1, id="cores of a known instance type"
        ),
        pytest.param({"amd.com/cpx_nps4": 8}, {}, 1, id="eight AMD partitions are a device"),
        pytest.param({"nvidia.com/gpu-8gb": 1}, {"nvidia.com/gpu.product": "Tesla-T4"}, 0.5, id="a slice named by its memory"),
        pytest.param({"nvidia.com/GRID_T4-4Q": 1}, {}, 0.25, id="a vGPU type"),
        pytest.param({"deviceclass.resource.kubernetes.io/gpu.nvidia.com": 2}, {}, 2, id="devices of a class, without a claim"),
        pytest.param({"deviceclass.resource.kubernetes.io/ours": 2}, {}, 2, id="a class that nobody knows"),
        pytest.param({"deviceclass.resource.kubernetes.io/rdma-nic": 2}, {}, 0, id="a class of network devices"),
    ],
)
def test_shares_are_parts_of_a_device(limits: dict[str, Any], selector: dict[str, str], count: float) -> None:
    assert gpu(container(limits), nodeSelector=selector)["count"] == count


@pytest.mark.parametrize(
    ("annotations", "count"),
    [
        pytest.param('{gpu-fraction: "0.5"}', 0.5, id="a fraction"),
        pytest.param('{gpu-fraction: "0.5", gpu-fraction-num-devices: "2"}', 1, id="a fraction of several devices"),
        pytest.param('{gpu-memory: "4096"}', 1, id="memory of a device that nobody names"),
    ],
)
def test_annotations_of_a_scheduler_ask_for_devices_too(annotations: str, count: float) -> None:
    view = view_of(f"{{apiVersion: v1, kind: Pod, metadata: {{name: p, annotations: {annotations}}}, spec: {{containers: [{{name: c}}]}}}}")
    assert view["uses_gpu"] is True
    assert view["gpu"]["count"] == count


@pytest.mark.parametrize(
    ("selector", "families"),
    [
        pytest.param({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}, ["A100"], id="a product label"),
        pytest.param({"cloud.google.com/gke-accelerator": "nvidia-l4"}, ["L4"], id="a GKE label"),
        pytest.param({"karpenter.k8s.aws/instance-gpu-name": "a10g"}, ["A10G"], id="a Karpenter label"),
        pytest.param({"node.kubernetes.io/instance-type": "p5.48xlarge"}, ["H100"], id="an instance type"),
        pytest.param({"node.kubernetes.io/instance-type": "ml.p5.48xlarge"}, ["H100"], id="an instance type of a service"),
        pytest.param(
            {"karpenter.k8s.aws/instance-family": "g6", "karpenter.k8s.aws/instance-size": "xlarge"}, ["L4"], id="family and size"
        ),
        pytest.param({"karpenter.k8s.aws/instance-family": "p5"}, ["H100"], id="a family of instance types"),
        pytest.param({"nvidia.com/gpu.product": "NVIDIA-X900"}, ["NVIDIA-X900"], id="a model in no table is named as written"),
        pytest.param({"accelerator": "tesla-v100"}, ["V100"], id="free text that is known"),
    ],
)
def test_node_labels_name_the_family(selector: dict[str, str], families: list[str]) -> None:
    found = gpu(asking(2), nodeSelector=selector)
    assert found["families"] == families
    assert found["by_family"] == dict.fromkeys(families, 2.0)
    assert found["devices"][0]["model"] == families[0]


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param({}, id="no selector"),
        pytest.param({"kubernetes.io/os": "linux"}, id="another label"),
        pytest.param({"accelerator": "nvidia"}, id="a vendor only"),
        pytest.param({"accelerator": "big-pool"}, id="free text that is not known"),
        pytest.param({"node.kubernetes.io/instance-type": "z9.large"}, id="an instance type that is not known"),
        pytest.param({"karpenter.sh/nodepool": "l4"}, id="a pool of a cluster that nobody named"),
        pytest.param({"amd.com/gpu.product-name": "AMD_Instinct_MI300X"}, id="a model of another vendor"),
    ],
)
def test_a_family_that_nobody_names_is_unknown(selector: dict[str, str]) -> None:
    found = gpu(asking(2), nodeSelector=selector)
    assert found["families"] == Unknown(["no node selector names a model"])
    assert found["by_family"] == {"unknown": 2.0}


def _affinity(*terms: dict[str, list[str]]) -> dict[str, Any]:
    listed = [{"matchExpressions": [{"key": key, "operator": "In", "values": values} for key, values in term.items()]} for term in terms]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": listed}}}


PRODUCT = "nvidia.com/gpu.product"


@pytest.mark.parametrize(
    ("terms", "families"),
    [
        pytest.param([{PRODUCT: ["Tesla-T4"]}], ["T4"], id="one value"),
        pytest.param([{PRODUCT: ["Tesla-T4", "NVIDIA-L4"]}], ["L4", "T4"], id="several values are alternatives"),
        pytest.param([{PRODUCT: ["Tesla-T4"]}, {PRODUCT: ["NVIDIA-L4"]}], ["L4", "T4"], id="several terms are alternatives"),
        pytest.param([{PRODUCT: ["Tesla-T4"]}, {"zone": ["a"]}], None, id="a term that leaves the model open"),
        pytest.param(
            [{PRODUCT: ["Tesla-T4"]}, {"cloud.google.com/gke-accelerator": ["nvidia-l4"]}],
            ["L4", "T4"],
            id="each term by a label of its own",
        ),
        pytest.param([{"node.kubernetes.io/instance-type": ["g6.xlarge", "z9.large"]}], None, id="one of the instance types is not known"),
        pytest.param([{}, {PRODUCT: ["Tesla-T4"]}], ["T4"], id="an empty term matches no node"),
    ],
)
def test_required_affinity_names_families(terms: list[dict[str, list[str]]], families: list[str] | None) -> None:
    found = gpu(asking(1), affinity=_affinity(*terms))
    if families is None:
        assert isinstance(found["families"], Unknown)
        return
    assert found["families"] == families
    assert found["by_family"] == dict.fromkeys(families, 1.0), "each alternative could get all of it"


def _demanding(*demands: dict[str, Any]) -> dict[str, Any]:
    term = {"matchExpressions": list(demands)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


@pytest.mark.parametrize(
    ("demands", "families"),
    [
        pytest.param([{"operator": "NotIn", "values": ["Tesla-T4"]}], None, id="what is forbidden names nothing"),
        pytest.param([{"operator": "Exists"}], None, id="what must exist names nothing"),
        pytest.param(
            [{"operator": "In", "values": ["Tesla-T4", "NVIDIA-L4"]}, {"operator": "NotIn", "values": ["Tesla-T4"]}],
            ["L4"],
            id="what is forbidden is taken off what is allowed",
        ),
    ],
)
def test_the_operators_of_one_term_hold_together(demands: list[dict[str, Any]], families: list[str] | None) -> None:
    found = gpu(asking(1), affinity=_demanding(*({"key": PRODUCT, **demand} for demand in demands)))["families"]
    assert isinstance(found, Unknown) if families is None else found == families


TERMS = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms"


@pytest.mark.parametrize(
    ("terms", "reference"),
    [
        pytest.param("x", f"{TERMS} is not a list", id="terms that are no list"),
        pytest.param(["x"], f"{TERMS}/0 is not a map", id="a term that is no map"),
        pytest.param(
            [{"matchExpressions": [{"key": PRODUCT, "operator": "In", "values": "x"}]}],
            f"{TERMS}/0/matchExpressions/0/values is not a list",
            id="values that are no list",
        ),
    ],
)
def test_an_affinity_that_cannot_be_read_is_told_where_it_matters(terms: Any, reference: str) -> None:
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    resources, _ = normalise_kubernetes([pod_with(asking(1), affinity=affinity)], [], BARE)
    check(resources)
    assert resources[0].view["gpu"]["families"] == Unknown([reference])
    assert reference in resources[0].view["unknown"]["regions"]


@pytest.mark.parametrize(
    ("pool", "count", "families"),
    [
        pytest.param("l4", 1, ["L4"], id="its family"),
        pytest.param("shared", 0.25, ["T4"], id="its family and how many share a device"),
        pytest.param("cpu", 1, None, id="a pool without accelerators names nothing"),
    ],
)
def test_a_pool_of_the_cluster_says_what_the_registry_says_of_it(pool: str, count: float, families: list[str] | None) -> None:
    pools = [{"name": "l4", "family": "L4", "sharing": "none"}, {"name": "shared", "family": "T4", "sharing": "mps:4"}, {"name": "cpu"}]
    facts = replace(FACTS, clusters={"here": {"name": "here", "pools": pools}}, cluster="here")
    pod = pod_with(asking(1), nodeSelector={"karpenter.sh/nodepool": pool})
    found = normalise_kubernetes([pod], [], facts)[0][0].view["gpu"]
    assert found["count"] == count
    assert isinstance(found["families"], Unknown) if families is None else found["families"] == families


def test_preferred_affinity_names_nothing() -> None:
    preferred = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]}}
    assert isinstance(gpu(asking(1), affinity=preferred)["families"], Unknown)


def test_claims_are_unknown_and_told() -> None:
    resources, notes = normalise_kubernetes([pod_with({"name": "c"}, resourceClaims=[{"name": "g", "resourceClaimName": "big"}])], [], BARE)
    check(resources)
    assert resources[0].view["uses_gpu"] == Unknown(["ResourceClaim big"])
    assert [note.code for note in notes] == ["claim-not-read"]


def test_known_devices_beside_a_claim_are_used_whatever_the_claim_holds() -> None:
    found = normalise_kubernetes([pod_with(asking(1), resourceClaims=[{"name": "g", "resourceClaimTemplateName": "t"}])], [], BARE)[0]
    check(found)
    assert found[0].view["uses_gpu"] is True
    assert isinstance(found[0].view["gpu"]["count"], Unknown)


def test_an_unlisted_extended_resource_is_told() -> None:
    _, notes = normalise_kubernetes([pod_with(asking(1, "example.com/dongle"))], [], BARE)
    assert [(note.code, note.scope) for note in notes] == [("resource-not-known", "example.com/dongle")]


AMOUNTS = st.integers(0, 16)
CONTAINERS = st.lists(st.tuples(AMOUNTS, st.sampled_from(["nvidia.com/gpu", "amd.com/gpu"])), max_size=4)
INITS = st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=4)


def _count(main: list[tuple[int, str]], init: list[tuple[int, bool]]) -> float:
    inits = tuple(asking(amount, **(SIDECAR if sidecar else {})) for amount, sidecar in init)
    found: float = gpu(*(asking(amount, resource) for amount, resource in main), {"name": "z"}, init=inits)["count"]
    return found


@given(CONTAINERS, INITS, st.data())
def test_the_order_of_containers_does_not_matter(main: list[tuple[int, str]], init: list[tuple[int, bool]], data: st.DataObject) -> None:
    assert _count(data.draw(st.permutations(main)), init) == _count(main, init)


@given(CONTAINERS, INITS, AMOUNTS, st.booleans())
def test_one_more_container_never_lowers_the_count(
    main: list[tuple[int, str]], init: list[tuple[int, bool]], more: int, sidecar: bool
) -> None:
    before = _count(main, init)
    assert _count([*main, (more, "nvidia.com/gpu")], init) == before + more or _count([*main, (more, "nvidia.com/gpu")], init) >= before
    assert _count(main, [*init, (more, sidecar)]) >= before
    assert _count(main, [(more, sidecar), *init]) >= before


@given(CONTAINERS, INITS)
def test_the_peak_lies_between_the_containers_and_the_sum_of_all(main: list[tuple[int, str]], init: list[tuple[int, bool]]) -> None:
    running = sum(amount for amount, _ in main) + sum(amount for amount, sidecar in init if sidecar)
    everything = sum(amount for amount, _ in main) + sum(amount for amount, _ in init)
    assert running <= _count(main, init) <= everything
