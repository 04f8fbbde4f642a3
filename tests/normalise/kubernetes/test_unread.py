from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.cel.unknown import Unknown
from guardrail.model import KubernetesObject, Origin
from guardrail.normalise.kubernetes import normalise_kubernetes
from tests.normalise.kubernetes.objects import BARE, FACTS, check, normalise

POD = "{spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: 1}}}]}}"


@pytest.mark.parametrize(
    ("text", "billable"),
    [
        pytest.param("{apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: r}}", True, id="a listed kind that runs pods"),
        pytest.param("{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: r}}", True, id="a pool of nodes"),
        pytest.param("{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: r}}", False, id="another autoscaler"),
        pytest.param(
            f"{{apiVersion: acme.io/v1, kind: Trainer, metadata: {{name: r}}, spec: {{worker: {POD}}}}}", True, id="a pod template by shape"
        ),
        pytest.param(
            "{apiVersion: acme.io/v1, kind: Trainer, metadata: {name: r}, spec: [{gpus: {nvidia.com/gpu: 4}}]}", True, id="devices by name"
        ),
    ],
)
def test_what_may_run_pods_is_unknown_and_told(text: str, billable: bool) -> None:
    resources, notes = normalise(text)
    view, why = resources[0].view, Unknown([f"kind {resources[0].identity.kind}"])
    assert (view["class"], view["controller"], view["billable"]) == ("other", "none", billable)
    assert view["uses_gpu"] == view["units"]["max"] == view["pod_sets"] == why
    assert {view["gpu"][key] for key in ("count", "total_min", "total_max", "families", "devices")} == {why}
    assert [note.code for note in notes] == ["kind-not-modelled"]


def test_a_kind_in_no_table_without_pods_uses_no_gpu_and_is_told() -> None:
    resources, notes = normalise("{apiVersion: acme.io/v1, kind: Widget, metadata: {name: w}, spec: {containers: 3, template: {a: 1}}}")
    assert (resources[0].view["class"], resources[0].view["uses_gpu"], resources[0].view["billable"]) == ("other", False, False)
    assert [(note.code, note.scope) for note in notes] == [("kind-not-modelled", "acme.io/Widget")]


def test_a_kind_is_told_once_with_its_count() -> None:
    ray = "{apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: %s}}"
    _, notes = normalise(ray % "a", ray % "b")
    assert [(note.scope, note.count) for note in notes] == [("ray.io/RayCluster", 2)]


def test_objects_beside_the_input_are_not_told() -> None:
    assert normalise(context="{apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: r}}") == ([], [])


def test_a_template_runs_nothing() -> None:
    resources, notes = normalise(f"{{apiVersion: v1, kind: PodTemplate, metadata: {{name: t}}, template: {POD}}}")
    assert resources[0].view["uses_gpu"] is False
    assert notes == []


def test_a_workload_without_containers_is_a_part_of_one() -> None:
    resources, notes = normalise("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 3}}")
    view = resources[0].view
    assert view["uses_gpu"] == Unknown(["/spec/template/spec/containers (not written)"])
    assert view["units"]["max"] == 3
    assert [note.code for note in notes] == ["partial-object"]


@pytest.mark.parametrize(
    ("spec", "path", "reference"),
    [
        pytest.param(
            f"{{replicas: three, template: {POD}}}", "units.max", "/spec/replicas is not a whole number", id="a word for a number"
        ),
        pytest.param(
            f"{{replicas: true, template: {POD}}}", "units.max", "/spec/replicas is not a whole number", id="a boolean for a number"
        ),
        pytest.param(f"{{replicas: -1, template: {POD}}}", "units.max", "/spec/replicas is below 0", id="a negative number"),
        pytest.param(
            f"{{replicas: 3000000000, template: {POD}}}", "units.max", "/spec/replicas is too large", id="a number beyond 32 bits"
        ),
        pytest.param(f"{{strategy: [], template: {POD}}}", "units.surge", "/spec/strategy is not a map", id="a list for a map"),
        pytest.param(
            f"{{strategy: {{rollingUpdate: {{maxSurge: half}}}}, template: {POD}}}",
            "units.surge",
            "/spec/strategy/rollingUpdate/maxSurge is neither a number nor a percentage",
            id="no surge",
        ),
        pytest.param("{template: []}", "uses_gpu", "/spec/template is not a map", id="no template"),
        pytest.param(
            "{template: {spec: {containers: {a: b}}}}", "uses_gpu", "/spec/template/spec/containers is not a list", id="containers as a map"
        ),
        pytest.param(
            "{template: {spec: {containers: [web]}}}", "uses_gpu", "/spec/template/spec/containers/0 is not a map", id="a container of text"
        ),
        pytest.param(
            "{template: {spec: {containers: [{resources: {limits: {nvidia.com/gpu: many}}}]}}}",
            "gpu.count",
            "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu cannot be read: 'many' is no quantity",
            id="no quantity",
        ),
        pytest.param(
            "{template: {spec: {containers: [{resources: {limits: {nvidia.com/gpu: 0.5}}}]}}}",
            "gpu.count",
            "is not a whole number, which devices must be",
            id="half a device",
        ),
        pytest.param(
            "{template: {spec: {containers: [{resources: {limits: {nvidia.com/gpu: -1}}}]}}}",
            "gpu.count",
            "is negative",
            id="less than no device",
        ),
        pytest.param(
            "{template: {spec: {containers: [{resources: [nvidia.com/gpu]}]}}}",
            "gpu.count",
            "/resources is not a map",
            id="resources as a list",
        ),
        pytest.param(
            f"{{template: {POD[:-2]}, nodeSelector: {{gpu: true}}}}}}}}",
            "gpu.families",
            "/spec/template/spec/nodeSelector/gpu is not text; quote it",
            id="a boolean label value",
        ),
        pytest.param("three", "uses_gpu", "/spec is not a map", id="no spec"),
    ],
)
def test_what_has_the_wrong_shape_is_unknown_and_told(spec: str, path: str, reference: str) -> None:
    resources, notes = normalise(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {spec}}}")
    value: Any = resources[0].view
    for part in path.split("."):
        value = value[part]
    assert isinstance(value, Unknown)
    assert reference in value.references[0]
    assert "malformed-value" in {note.code for note in notes}
    assert any(reference in note.message for note in notes)


ATTRIBUTION = {"tags", "raw_tags", "tag_conflicts", "unclaimed_keys"}


@pytest.mark.parametrize(
    ("metadata", "paths"),
    [
        pytest.param("{name: d, labels: [team]}", {*ATTRIBUTION, "workload_type"}, id="labels as a list"),
        pytest.param("{name: d, labels: {team: 3}}", {"tags.team", "raw_tags.team"}, id="a number for a label"),
        pytest.param("{name: [d]}", {"name"}, id="a list for a name"),
        pytest.param("[]", {*ATTRIBUTION, "workload_type", "name", "namespace"}, id="metadata as a list"),
    ],
)
def test_metadata_of_the_wrong_shape_is_unknown(metadata: str, paths: set[str]) -> None:
    facts = replace(FACTS, environments=BARE.environments, inherit=(), cluster="eks-prod")
    resources, notes = normalise(f"{{apiVersion: v1, kind: ConfigMap, metadata: {metadata}}}", facts=facts)
    assert set(resources[0].view["unknown"]) == paths
    assert {note.code for note in notes} == {"malformed-value"}


def test_null_is_absent() -> None:
    pod = "{nodeSelector: null, affinity: null, initContainers: null, containers: [{name: c, resources: null}]}"
    spec = f"{{replicas: null, strategy: null, template: {{metadata: null, spec: {pod}}}}}"
    metadata = "{name: d, labels: null, ownerReferences: null}"
    resources, notes = normalise(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {metadata}, spec: {spec}}}")
    assert resources[0].view["units"]["max"] == 1
    assert notes == []


def test_an_empty_label_is_present() -> None:
    resources, _ = normalise("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {team: '', environment: null}}}", facts=FACTS)
    assert dict(resources[0].view["tags"]) == {"team": "", "environment": ""}


KEYS = [
    "metadata", "spec", "template", "containers", "initContainers", "resources", "limits", "requests", "nvidia.com/gpu", "labels", "name",
    "namespace", "replicas", "parallelism", "completions", "schedule", "jobTemplate", "nodeSelector", "affinity", "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", "matchExpressions", "key", "operator", "values", "strategy",
    "rollingUpdate", "maxSurge", "scaleTargetRef", "minReplicas", "maxReplicas", "kind", "apiVersion", "ownerReferences", "controller",
    "suspend", "overhead", "resourceClaims", "annotations", "gpu-fraction", "gpu-memory", "activeDeadlineSeconds", "concurrencyPolicy",
    "volumeClaimTemplates", "updateStrategy", "tolerations", "restartPolicy", "type", "generateName",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4),
    st.sampled_from(["Always", "In", "apps/v1", "Deployment", "d", "3", "25%", "1Gi", "@hourly", "Recreate", "nvidia.com/gpu.product"]),
)  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)
KINDS = st.sampled_from(
    [
        ("v1", "Pod"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "Job"),
        ("batch/v1", "CronJob"), ("autoscaling/v2", "HorizontalPodAutoscaler"), ("v1", "Namespace"), ("v1", "PersistentVolumeClaim"),
        ("v1", "Service"), ("ray.io/v1", "RayCluster"), ("acme.io/v1", "Widget"), ("v1", "ReplicationController"),
    ]
)  # fmt: skip


@st.composite
def wild_objects(draw: st.DrawFn) -> Any:
    """A kind that is known with anything at all at the places that are read."""
    version, kind = draw(KINDS)
    pod = draw(JUNK | st.fixed_dictionaries({"containers": st.lists(JUNK, max_size=3)}, optional={"nodeSelector": JUNK, "affinity": JUNK}))
    template = draw(JUNK | st.fixed_dictionaries({"spec": st.just(pod)}))
    extra = draw(st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=4))
    spec = draw(
        st.one_of(
            JUNK, st.just({"template": template, **extra}), st.just({"jobTemplate": {"spec": {"template": template, **extra}}, **extra})
        )
    )
    metadata = draw(JUNK | st.fixed_dictionaries({"name": st.just("d"), "labels": JUNK}))
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


@given(st.lists(JUNK | wild_objects(), max_size=3), st.lists(wild_objects(), max_size=1), st.sampled_from([None, "eks-prod", "bare"]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_anything_at_all_becomes_views_that_keep_to_the_schema(objects: list[Any], context: list[Any], cluster: str | None) -> None:
    facts = replace(FACTS, cluster=cluster)
    given_objects = [KubernetesObject(value, Origin("a.yaml", document)) for document, value in enumerate(objects)]
    beside = [KubernetesObject(value, Origin("b.yaml", document)) for document, value in enumerate(context)]
    resources, _ = normalise_kubernetes(given_objects, beside, facts)
    check(resources)
    assert len(resources) == len(objects)
    assert len({resource.identity.id for resource in resources}) == len(resources)


def test_a_deeply_nested_object_is_read() -> None:
    value: Any = {"nvidia.com/gpu": 1}
    for _ in range(5000):
        value = {"a": value}
    resources, _ = normalise_kubernetes(
        [KubernetesObject({"apiVersion": "acme.io/v1", "kind": "Deep", "spec": value}, Origin("a"))], [], BARE
    )
    assert isinstance(resources[0].view["uses_gpu"], Unknown)
