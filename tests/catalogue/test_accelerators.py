from __future__ import annotations

from fractions import Fraction

import pytest

from guardrail.catalogue.accelerators import LabelSays, Unit, accelerator_of, label_says, models_of_instance_family
from guardrail.catalogue.families import family_of, fold_name
from guardrail.catalogue.kinds import Reading, creates, kind_facts
from guardrail.catalogue.slices import amd_partition_share, mig_share


@pytest.mark.parametrize(
    ("name", "family", "memory_gib", "share"),
    [
        pytest.param("nvidia-tesla-t4", "T4", 16, 1, id="a GKE label"),
        pytest.param("nvidia-tesla-a100", "A100", 40, 1, id="Google sells the small A100 under this name"),
        pytest.param("projects/p/zones/z/acceleratorTypes/nvidia-l4", "L4", 24, 1, id="a Terraform self link"),
        pytest.param("NVIDIA-H100-80GB-HBM3", "H100", 80, 1, id="a device plugin's label"),
        pytest.param("h100-nvl", "H100", 94, 1, id="NVL is an H100"),
        pytest.param("NVIDIA A100-PCIE-40GB", "A100", 40, 1, id="spaces are hyphens"),
        pytest.param("AMD_Instinct_MI300X_OAM", "MI300X", 192, 1, id="underscores are hyphens"),
        pytest.param("A100-SXM4-64GB", "A100", 64, 1, id="a size that no table lists"),
        pytest.param("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "A100", 40, Fraction(1, 7), id="a MIG slice"),
        pytest.param("NVIDIA-A100-SXM4-40GB-MIG-1g.10gb", "A100", 40, Fraction(1, 4), id="a MIG slice with more memory than compute"),
        pytest.param("Tesla-T4-SHARED", "T4", 16, 1, id="how many share it the node says"),
        pytest.param("GRID T4-2Q", "T4", 16, Fraction(1, 8), id="a vGPU"),
        pytest.param("v5litepod-8", "TPU-v5e", 16, 1, id="a TPU VM"),
        pytest.param("huawei.com/Ascend910B4", "Ascend910B", None, 1, id="a resource name"),
        pytest.param("nvidia", None, None, 1, id="a vendor is no family"),
        pytest.param("hopper", None, None, 1, id="an architecture is no family"),
        pytest.param("radeon-mi25-(fractional)", "MI25", 16, None, id="the size of the instance says the share"),
    ],
)
def test_a_name_means_a_family(name: str, family: str | None, memory_gib: int | None, share: Fraction | None) -> None:
    match = family_of(name)
    assert match is not None
    assert (match.family, match.memory_gib, match.share) == (family, memory_gib, share)


@pytest.mark.parametrize("name", ["", "rtx-9090", "a100-of-sorts", "t4000", "gpu", "a100" + "-ac" * 9999])
def test_a_name_in_no_row_is_no_family(name: str) -> None:
    assert family_of(name) is None


def test_folding_is_stable() -> None:
    assert fold_name(fold_name(" Tesla T4_x ")) == fold_name(" Tesla T4_x ") == "tesla-t4-x"


@pytest.mark.parametrize(
    ("profile", "family", "memory_gib", "share"),
    [
        pytest.param("1g.10gb", "A100", 40, Fraction(1, 4), id="a quarter of the memory of a small A100"),
        pytest.param("1g.10gb", "A100", 80, Fraction(1, 7), id="a seventh of a large A100"),
        pytest.param("1g.10gb", None, None, Fraction(1, 4), id="without a model the largest part that fits"),
        pytest.param("3g.20gb", None, None, Fraction(1, 2), id="memory counts more than compute"),
        pytest.param("4g.24gb", "A30", 24, 1, id="a whole A30"),
        pytest.param("1c.3g.20gb", "A100", 40, Fraction(1, 6), id="a third of a slice"),
        pytest.param("1g.5gb.me", "A100", 40, Fraction(1, 7), id="a media engine adds nothing"),
        pytest.param("2g.99gb", None, None, Fraction(2, 7), id="a profile in no table counts by compute"),
        pytest.param("all", None, None, None, id="no profile"),
    ],
)
def test_a_mig_profile_is_the_larger_of_its_compute_and_its_memory(
    profile: str, family: str | None, memory_gib: int | None, share: Fraction | None
) -> None:
    assert mig_share(profile, family, memory_gib) == share


def test_an_amd_partition_is_a_part_by_its_compute_mode() -> None:
    assert amd_partition_share("qpx") == Fraction(1, 4)
    assert amd_partition_share("cpx", "MI300A") == Fraction(1, 6)
    assert amd_partition_share("xyz") is None


@pytest.mark.parametrize(
    ("resource", "vendor", "unit"),
    [
        pytest.param("nvidia.com/gpu", "nvidia", Unit.DEVICE, id="a GPU"),
        pytest.param("nvidia.com/mig-1c.3g.20gb.me", "nvidia", Unit.SLICE, id="a MIG slice"),
        pytest.param("nvidia.com/gpu-10gb", "nvidia", Unit.SLICE, id="a slice named by memory, before models"),
        pytest.param("nvidia.com/gpu-a100", "nvidia", Unit.DEVICE, id="a name by model"),
        pytest.param("nvidia.com/gpu.shared", "nvidia", Unit.SHARED, id="a share"),
        pytest.param("nvidia.com/gpumem", "nvidia", Unit.MODIFIER, id="memory beside a device"),
        pytest.param("nvidia.com/hostdev", "nvidia", Unit.EXCLUDE, id="a network device of a GPU vendor"),
        pytest.param("vpc.amazonaws.com/efa", "-", Unit.EXCLUDE, id="a network device"),
        pytest.param("deviceclass.resource.kubernetes.io/gpu.amd.com", "amd", Unit.DEVICE, id="a device class"),
        pytest.param(
            "deviceclass.resource.kubernetes.io/our-gpus", "unknown", Unit.DEVICE, id="a device class of a name that nobody knows"
        ),
        pytest.param("aws.amazon.com/neuroncore", "aws", Unit.CORE, id="a core"),
        pytest.param("huawei.com/Ascend310P-memory", "huawei", Unit.MODIFIER, id="memory of an NPU"),
    ],
)
def test_an_extended_resource_is_known_by_name(resource: str, vendor: str, unit: Unit) -> None:
    found = accelerator_of(resource)
    assert found is not None
    assert (found.vendor, found.unit) == (vendor, unit)


@pytest.mark.parametrize("resource", ["cpu", "memory", "example.com/dongle", "gpu", "nvidia.com/", "NVIDIA.com/gpu"])
def test_other_resources_are_no_accelerators(resource: str) -> None:
    assert accelerator_of(resource) is None


def test_a_resource_name_may_name_the_model() -> None:
    found = accelerator_of("nvidia.com/GA102GL_A10")
    assert found is not None
    assert found.named is not None
    assert found.named.family == "A10"


def test_labels_say_what_they_say() -> None:
    assert label_says("nvidia.com/gpu.product") is LabelSays.MODEL
    assert label_says("accelerator") is LabelSays.MODEL_HINT
    assert label_says("kubernetes.io/os") is None


def test_a_family_of_instance_types_names_its_models() -> None:
    assert models_of_instance_family("G5") == {"a10g"}
    assert models_of_instance_family("m5") == frozenset()


def test_a_kind_may_depend_on_its_content() -> None:
    balancer = kind_facts("core", "Service", {"spec": {"type": "LoadBalancer"}})
    plain = kind_facts("core", "Service", {"spec": {}})
    assert balancer is not None
    assert plain is not None
    assert (balancer.kind_class, balancer.billable) == ("load-balancer", True)
    assert (plain.kind_class, plain.billable) == ("network", False)
    assert kind_facts("core", "Service", {"spec": "LoadBalancer"}) == plain


@pytest.mark.parametrize(
    ("group", "kind", "reading"),
    [
        pytest.param("apps", "Deployment", Reading.READ, id="a workload"),
        pytest.param("extensions", "Deployment", Reading.READ, id="a workload of an older group"),
        pytest.param("ray.io", "RayCluster", Reading.LATER, id="pods that are not counted yet"),
        pytest.param("karpenter.sh", "NodePool", Reading.LATER, id="nodes that are not counted yet"),
        pytest.param("core", "ConfigMap", Reading.NOTHING, id="no pods"),
        pytest.param("core", "PodTemplate", Reading.NOTHING, id="a template runs nothing"),
    ],
)
def test_a_kind_says_what_is_read_of_it(group: str, kind: str, reading: Reading) -> None:
    facts = kind_facts(group, kind, {})
    assert facts is not None
    assert facts.reading is reading


def test_a_kind_in_no_table_has_no_facts() -> None:
    assert kind_facts("example.com", "Widget", {}) is None


@pytest.mark.parametrize(
    ("owner", "made", "by"),
    [
        pytest.param(("apps", "ReplicaSet"), ("core", "Pod"), "built-in", id="a ReplicaSet makes pods"),
        pytest.param(("extensions", "Deployment"), ("apps", "ReplicaSet"), "built-in", id="older groups count"),
        pytest.param(("keda.sh", "ScaledObject"), ("autoscaling", "HorizontalPodAutoscaler"), "operator", id="an operator"),
        pytest.param(("batch", "Job"), ("apps", "Deployment"), None, id="a Job makes no Deployments"),
    ],
)
def test_only_listed_owners_create(owner: tuple[str, str], made: tuple[str, str], by: str | None) -> None:
    assert creates(owner, made) == by
