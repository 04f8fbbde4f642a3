from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.cel.unknown import PartialMap, Unknown
from tests.normalise.kubernetes.objects import BARE, FACTS, normalise, view_of

if TYPE_CHECKING:
    from guardrail.model import Resource

POD = "{spec: {containers: [{name: c}]}}"
PROD = replace(FACTS, cluster="eks-prod")


def ids(*texts: str) -> list[str]:
    return [resource.identity.id for resource in normalise(*texts)[0]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: llm, namespace: v}}", "apps/Deployment/v/llm", id="namespaced"
        ),
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: p}}", "core/Pod//p", id="no namespace"),
        pytest.param("{apiVersion: v1, kind: Namespace, metadata: {name: v}}", "core/Namespace//v", id="cluster-scoped"),
        pytest.param(
            "{apiVersion: batch/v1, kind: Job, metadata: {generateName: run-, namespace: v}}", "batch/Job/v/run-*", id="generated"
        ),
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: 7}}", "core/Pod//7", id="a number for a name"),
        pytest.param("{apiVersion: v1, kind: Pod}", "core/Pod//", id="no metadata"),
    ],
)
def test_an_object_has_a_stable_identity(text: str, name: str) -> None:
    assert ids(text) == [name]


def test_objects_of_one_id_are_told_apart_by_their_place() -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}}"
    assert ids(f"{pod}\n---\n{pod}", pod) == ["core/Pod//p@0.yaml#0", "core/Pod//p@0.yaml#1", "core/Pod//p@1.yaml#0"]


def test_a_generated_name_is_no_name() -> None:
    resources, _ = normalise("{apiVersion: batch/v1, kind: Job, metadata: {generateName: run-}}")
    assert "name" not in resources[0].view
    assert resources[0].identity.name is None


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: v}}", "v", id="as written"),
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: p}}", "given", id="by the flag"),
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ''}}", "given", id="empty is unset"),
        pytest.param("{apiVersion: v1, kind: Namespace, metadata: {name: v}}", None, id="cluster-scoped kinds have none"),
        pytest.param("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: v}}", None, id="of any group"),
    ],
)
def test_the_namespace_is_never_assumed(text: str, namespace: str | None) -> None:
    assert view_of(text, replace(BARE, namespace="given")).get("namespace") == namespace


@pytest.mark.parametrize(
    ("group", "kind", "label", "expected"),
    [
        pytest.param("apps/v1", "Deployment", None, "compute", id="by kind"),
        pytest.param("apps/v1", "Deployment", "online-inference", "serving", id="inference serves"),
        pytest.param("batch/v1", "Job", "async-inference", "serving", id="a Job may serve"),
        pytest.param("apps/v1", "StatefulSet", "notebook", "notebook", id="a notebook"),
        pytest.param("batch/v1", "Job", "train", "batch", id="other types change nothing"),
        pytest.param("v1", "ConfigMap", "notebook", "config", id="only workloads change"),
    ],
)
def test_the_class_is_by_kind_and_workload_type(group: str, kind: str, label: str | None, expected: str) -> None:
    labels = "{}" if label is None else f"{{workload-type: {label}}}"
    view = view_of(f"{{apiVersion: {group}, kind: {kind}, metadata: {{name: x, labels: {labels}}}}}", FACTS)
    assert view["class"] == expected
    assert view.get("workload_type") == label


def test_a_notebook_kind_says_its_own_type() -> None:
    assert view_of("{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: n}}")["workload_type"] == "notebook"


def object_with(labels: str, namespace: str = "v") -> str:
    metadata = f"{{name: d, namespace: {namespace}, labels: {labels}}}"
    return f"{{apiVersion: apps/v1, kind: Deployment, metadata: {metadata}, spec: {{template: {POD}}}}}"


def namespace_with(labels: str) -> str:
    return f"{{apiVersion: v1, kind: Namespace, metadata: {{name: v, labels: {labels}}}}}"


def test_labels_become_canonical_tags() -> None:
    view = view_of(object_with("{acme.io/team: vision, app: x}"), replace(FACTS, inherit=()))
    assert view["tags"] == {"team": "vision"}
    assert view["raw_tags"] == {"acme.io/team": "vision", "app": "x"}
    assert view["tags_open"] is False


def test_missing_keys_are_taken_over_from_the_namespace() -> None:
    labels = "{team: nlp, environment: dev, cost-center: c}"
    for arguments in ({"context": namespace_with(labels)}, {}):
        texts = (object_with("{team: vision}"),) if arguments else (object_with("{team: vision}"), namespace_with(labels))
        view = normalise(*texts, facts=FACTS, **arguments)[0][0].view
        assert dict(view["tags"]) == {"team": "vision", "environment": "dev"}, "cost-center is not inherited"
        assert view["environment"] == "dev"
        assert view["environment_source"] == "namespace"
        assert not [path for path in view["unknown"] if path.startswith("tags")]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        pytest.param(object_with("{team: vision}"), "run:namespace-labels", id="a namespace that is not in the run"),
        pytest.param("{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {team: vision}}}", "run:namespace", id="no namespace"),
    ],
)
def test_what_a_namespace_may_add_is_unknown_until_it_is_seen(text: str, reference: str) -> None:
    view = view_of(text, FACTS)
    assert view["tags"] == {"team": "vision"}
    assert view["unknown"]["tags.environment"] == [reference]
    assert (view["environment"], view["environment_source"]) == ("prod", "unknown")


@pytest.mark.parametrize(
    ("labels", "inherit", "environment", "environments", "source"),
    [
        pytest.param("{}", (), "prod", ["dev", "prod"], "unknown", id="nothing said, and the key is not inherited"),
        pytest.param("{}", ("environment",), "prod", ["dev", "prod"], "unknown", id="nothing said"),
        pytest.param("{environment: ''}", (), "prod", ["dev", "prod"], "unknown", id="an empty label"),
        pytest.param("{environment: moon}", (), "prod", ["dev", "prod"], "unknown", id="a label that names nothing"),
        pytest.param("{environment: dev}", ("environment",), "dev", ["dev"], "tag", id="a label that names one"),
    ],
)
def test_a_namespace_that_is_not_in_the_run_may_name_any_environment(
    labels: str, inherit: tuple[str, ...], environment: str, environments: list[str], source: str
) -> None:
    facts = replace(FACTS, inherit=inherit, environments=replace(FACTS.environments, unlabelled="dev"))
    view = view_of(object_with(labels), facts)
    assert (view["environment"], view["environments"], view["environment_source"]) == (environment, environments, source)


def test_cluster_scoped_objects_inherit_nothing() -> None:
    view = view_of("{apiVersion: v1, kind: Namespace, metadata: {name: v}}", FACTS)
    assert not [path for path in view["unknown"] if path.startswith("tags")]


def test_a_namespace_is_at_home_in_itself() -> None:
    view = view_of("{apiVersion: v1, kind: Namespace, metadata: {name: vision-dev}}", FACTS)
    assert (view["environment"], view["environment_source"]) == ("dev", "home")


def test_the_home_wins_over_labels() -> None:
    view = view_of(object_with("{environment: dev}"), PROD)
    assert (view["environment"], view["environment_source"], view["environments"]) == ("prod", "home", ["prod", "dev"])


@pytest.mark.parametrize(("version", "kind"), [("batch/v1", "Job"), ("v1", "ReplicationController")])
def test_some_kinds_take_the_labels_of_their_template(version: str, kind: str) -> None:
    template = "{metadata: {labels: {team: vision}}, spec: {containers: [{name: c}]}}"
    resources, _ = normalise(f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, spec: {{template: {template}}}}}", facts=FACTS)
    assert resources[0].view["tags"]["team"] == "vision"
    assert resources[0].blame["tags.team"] == "/spec/template/metadata/labels/team"
    other = normalise(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: x}}, spec: {{template: {template}}}}}", facts=FACTS)[0][
        0
    ]
    assert "team" not in other.view["tags"]


def test_the_blame_of_tags_is_the_label_or_the_place_for_it() -> None:
    written = normalise(object_with("{acme.io/team: vision}"), facts=FACTS)[0][0]
    assert (written.blame["tags"], written.blame["tags.team"]) == ("/metadata/labels", "/metadata/labels/acme.io~1team")
    assert normalise(object_with("{}"), facts=FACTS)[0][0].blame["tags"] == "/metadata"


def place(pod: str, facts: Any) -> Any:
    return view_of(f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {pod}}}", facts)


def test_a_registered_cluster_says_region_and_account() -> None:
    view = place("{containers: [{name: c}]}", PROD)
    assert [view[key] for key in ("cluster", "region", "region_source", "regions", "account")] == [
        "eks-prod",
        "eu-central-1",
        "cluster",
        ["eu-central-1"],
        "333333333333",
    ]


@pytest.mark.parametrize(
    ("cluster", "reference"),
    [
        pytest.param(None, "run:cluster", id="no cluster named"),
        pytest.param("other", "cluster other (not registered)", id="in no registry"),
        pytest.param("bare", "cluster bare (registered without a region)", id="registered without a region"),
    ],
)
def test_a_region_that_nobody_registered_is_unknown(cluster: str | None, reference: str) -> None:
    view = place("{containers: [{name: c}]}", replace(FACTS, cluster=cluster))
    assert view["region"] == view["regions"] == Unknown([reference])
    assert "region_source" not in view


ZONE = "topology.kubernetes.io/zone"


@pytest.mark.parametrize(
    ("pod", "regions"),
    [
        pytest.param(f"{{containers: [{{name: c}}], nodeSelector: {{{ZONE}: us-east-1a}}}}", ["eu-central-1", "us-east-1"], id="a zone"),
        pytest.param(
            "{containers: [{name: c}], nodeSelector: {failure-domain.beta.kubernetes.io/zone: europe-west4-a}}",
            ["eu-central-1", "europe-west4"],
            id="an older label",
        ),
        pytest.param(
            "{containers: [{name: c}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
            f"{{matchExpressions: [{{key: {ZONE}, operator: In, values: [us-east-1a]}}]}},"
            "{matchExpressions: [{key: topology.kubernetes.io/region, operator: In, values: [eu-west-1]}]}]}}}}",
            ["eu-central-1", "eu-west-1", "us-east-1"],
            id="a zone or a region",
        ),
        pytest.param(
            "{containers: [{name: c}], nodeSelector: {topology.kubernetes.io/region: eu-central-1}}",
            ["eu-central-1"],
            id="the cluster's own",
        ),
        pytest.param(
            f"{{containers: [{{name: c}}], nodeSelector: {{{ZONE}: moon-1}}}}",
            ["eu-central-1", Unknown(["zone moon-1 (in no table)"])],
            id="a zone in no table",
        ),
    ],
)
def test_required_zones_add_their_regions(pod: str, regions: list[Any]) -> None:
    assert place(pod, PROD)["regions"] == regions


def test_a_pin_is_known_where_the_cluster_is_not() -> None:
    view = place(f"{{containers: [{{name: c}}], nodeSelector: {{{ZONE}: us-east-1a}}}}", FACTS)
    assert view["regions"] == ["us-east-1", Unknown(["run:cluster"])]


def owned(kind: str, owner: str) -> str:
    version, owner_kind = owner.split(" ")
    reference = f"{{apiVersion: {version}, kind: {owner_kind}, name: o, uid: u, controller: true}}"
    return f"{{{kind}, metadata: {{name: x, namespace: v, ownerReferences: [{reference}]}}}}"


SET_WITH_CLAIMS = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: v}
spec: {volumeClaimTemplates: [{metadata: {name: data}}]}
"""


@pytest.mark.parametrize(
    ("text", "context", "controlled"),
    [
        pytest.param(owned("apiVersion: v1, kind: Pod", "apps/v1 ReplicaSet"), "", True, id="a pod of a ReplicaSet"),
        pytest.param(owned("apiVersion: apps/v1, kind: ReplicaSet", "apps/v1 Deployment"), "", True, id="a ReplicaSet of a Deployment"),
        pytest.param(owned("apiVersion: batch/v1, kind: Job", "batch/v1 CronJob"), "", True, id="a Job of a CronJob"),
        pytest.param(owned("apiVersion: apps/v1, kind: Deployment", "batch/v1 Job"), "", False, id="a Job makes no Deployments"),
        pytest.param(
            owned("apiVersion: apps/v1, kind: StatefulSet", "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet"), "", False, id="owner not seen"
        ),
        pytest.param(
            owned("apiVersion: apps/v1, kind: StatefulSet", "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet"),
            "{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, metadata: {name: o, namespace: v}}",
            True,
            id="owner seen",
        ),
        pytest.param(
            owned("apiVersion: apps/v1, kind: StatefulSet", "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet"),
            "{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, metadata: {name: o, namespace: w}}",
            False,
            id="owner of another namespace",
        ),
        pytest.param(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0, namespace: v}}",
            SET_WITH_CLAIMS,
            True,
            id="a claim of a StatefulSet by its name",
        ),
        pytest.param(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0, namespace: v}}",
            "",
            False,
            id="a claim that only looks like it",
        ),
    ],
)
def test_controlled_objects_have_an_owner_that_makes_them(text: str, context: str, controlled: bool) -> None:
    assert view_of(text, context=context)["controlled"] is controlled


def test_an_owner_that_is_no_controller_controls_nothing() -> None:
    text = owned("apiVersion: v1, kind: Pod", "apps/v1 ReplicaSet").replace("controller: true", "controller: false")
    assert view_of(text)["controlled"] is False


def test_plain_kinds_run_nothing_and_are_one() -> None:
    view = view_of("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}")
    assert (view["uses_gpu"], view["pod_sets"], view["units"]["max"], view["units"]["bounded"]) == (False, [], 1, True)
    assert (view["class"], view["controller"], view["billable"]) == ("config", "none", False)


def test_resources_come_in_the_order_of_the_objects() -> None:
    kinds = ["Pod", "Service", "Pod"]
    resources: list[Resource] = normalise(
        "\n---\n".join(f"{{apiVersion: v1, kind: {kind}, metadata: {{name: {kind}}}}}" for kind in kinds)
    )[0]
    assert [resource.identity.kind for resource in resources] == kinds


def test_tags_are_partial_maps_for_rules() -> None:
    assert isinstance(view_of(object_with("{}"), FACTS)["tags"], PartialMap)


@pytest.mark.parametrize("value", ["${team_name}", "{{ .Values.team }}", "{team}"])
def test_a_label_that_a_tool_has_yet_to_fill_in_is_unknown(value: str) -> None:
    view = view_of(f"{{apiVersion: v1, kind: Pod, metadata: {{name: p, labels: {{team: '{value}', app: x}}}}, spec: {{}}}}", FACTS)
    assert view["tags"]["team"] == Unknown((f"/metadata/labels/team is filled in later: {value}",))
    assert view["raw_tags"]["app"] == "x"
