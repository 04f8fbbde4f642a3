"""What requests to an API server come to: operation, before and after, and what is never judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.model import KubernetesObject, Origin
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.normalise.kubernetes.requests import Admission, Requests, about
from tests.normalise.kubernetes.objects import BARE, FACTS, check
from tests.reviews import deployment, request, review_of, scale

JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "sweep-"}}
POD_SPEC = {"containers": [{"name": "c", "image": "x", "resources": {"limits": {"nvidia.com/gpu": 1}}}]}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "speech-dev"}, "spec": POD_SPEC}
HPA: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "llm", "namespace": "speech-dev"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llm"}, "maxReplicas": 40},
}
LWS = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "llm", "namespace": "speech-dev"},
    "spec": {"replicas": 2, "leaderWorkerTemplate": {"size": 4, "workerTemplate": {"spec": POD_SPEC}}},
}


def admitted(value: dict[str, Any], *context: Any, facts: Any = BARE) -> Admission:
    beside = [KubernetesObject(one, Origin("context.yaml", at)) for at, one in enumerate(context)]
    admission = Requests(beside, facts).admission(review_of(value))
    if admission.resource is not None:
        check([admission.resource])
    return admission


def resource(value: dict[str, Any], *context: Any, facts: Any = BARE) -> Any:
    return admitted(value, *context, facts=facts).resource


def of_pods(subresource: str, kind: str = "Pod", version: str = "v1") -> dict[str, Any]:
    return request("UPDATE", {**POD, "kind": kind, "apiVersion": version}, POD, subResource=subresource)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(request("CONNECT", {"kind": "PodExecOptions", "apiVersion": "v1"}, subResource="exec"), "CONNECT", id="exec"),
        pytest.param(request("CONNECT", None, subResource="proxy"), "CONNECT", id="a proxied request without an object"),
        pytest.param(request("UPDATE", deployment(9), deployment(1), subResource="status"), "status", id="a status"),
        pytest.param(
            request("UPDATE", {"kind": "Namespace", "apiVersion": "v1"}, None, subResource="finalize"),
            "finalize",
            id="a namespace that ends",
        ),
        pytest.param(
            request("CREATE", {"kind": "Eviction", "apiVersion": "policy/v1"}, subResource="eviction"), "eviction", id="an eviction"
        ),
        pytest.param(request("CREATE", {"kind": "Binding", "apiVersion": "v1"}, subResource="binding"), "binding", id="a binding"),
        pytest.param(request("CREATE", {"kind": "TokenRequest", "apiVersion": "x/v1"}, subResource="token"), "token", id="a token"),
        pytest.param(
            of_pods("ephemeralcontainers", "EphemeralContainers"), "ephemeralcontainers", id="containers of kubectl debug by its older kind"
        ),
        pytest.param(of_pods("resize", "Widget", "example.com/v1"), "resize", id="a subresource of that name of another kind"),
        pytest.param(request("UPDATE", scale(4), scale(6), subResource="scale"), "from 6 to 4", id="a scale-down"),
        pytest.param(
            request("UPDATE", scale(None), scale(2), subResource="scale"), "from 2 to 0", id="a scale-down to zero, whose spec is empty"
        ),
        pytest.param(request("UPDATE", scale(3), scale(3), subResource="scale"), "stay 3", id="a scale that changes nothing"),
    ],
)
def test_never_judged(value: dict[str, Any], why: str) -> None:
    assert why in admitted(value).not_judged


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(request("CREATE", deployment()), id="a create"),
        pytest.param(request("UPDATE", deployment(3), deployment(2)), id="an update"),
        pytest.param(request("UPDATE", deployment(1), deployment(9)), id="an update that lowers, which rules may say more of"),
        pytest.param(request("DELETE", None, deployment()), id="a delete, for the policies that ask for it"),
        pytest.param(request("UPDATE", scale(3), scale(None), subResource="scale"), id="a scale-up from zero"),
        pytest.param(request("UPDATE", scale("6"), scale(2), subResource="scale"), id="a scale to what is no number"),
        pytest.param(request("UPDATE", scale(6), None, subResource="scale"), id="a scale from what is not told"),
        pytest.param(of_pods("ephemeralcontainers"), id="ephemeral containers of a pod"),
        pytest.param(of_pods("resize"), id="a pod that is resized"),
    ],
)
def test_left_to_the_rules(value: dict[str, Any]) -> None:
    assert admitted(value).not_judged == ""


@pytest.mark.parametrize(
    ("value", "operation", "maximum", "before"),
    [
        pytest.param(request("CREATE", deployment(2)), "create", 2, None, id="create"),
        pytest.param(
            request("CREATE", deployment(2), deployment(9)), "create", 2, None, id="a create has no before, whatever is written there"
        ),
        pytest.param(request("UPDATE", deployment(3), deployment(2)), "update", 3, 2, id="update"),
        pytest.param(request("UPDATE", deployment(3)), "update", 3, None, id="an update whose before is not told"),
        pytest.param(request("DELETE", None, deployment(4)), "delete", 4, None, id="a delete shows what goes"),
        pytest.param(
            request("UPDATE", deployment(3), deployment(2), subResource="status"), "none", 3, 2, id="a status changes nothing that counts"
        ),
        pytest.param(of_pods("resize"), "update", 1, 1, id="a resize updates its pod"),
    ],
)
def test_operation_and_both_sides(value: dict[str, Any], operation: str, maximum: int, before: int | None) -> None:
    found = resource(value)
    assert (found.view["operation"], found.view["surface"]) == (operation, "admission")
    assert found.view["units"]["max"] == maximum
    assert (found.old_view["units"]["max"] if found.old_view else None) == before
    assert found.old_view is None or found.old_view["operation"] == operation


def test_a_delete_without_the_object_is_known_by_its_name() -> None:
    value = request("DELETE", None, None, name="llm", kind={"group": "apps", "version": "v1", "kind": "Deployment"})
    assert resource(value).identity.id == "apps/Deployment/speech-dev/llm"


class TestScale:
    """The replicas that are asked for, with everything else from the parent."""

    @pytest.mark.parametrize(
        ("wanted", "context", "pods", "gpus"),
        [
            pytest.param(6, [deployment(2, 4)], 6, 24.0, id="the parent's GPUs"),
            pytest.param(6, [deployment(2, 4), HPA], 6, 24.0, id="an autoscaler's maximum is not what is asked for"),
            pytest.param(
                6, [HPA, deployment(2, 4, name="other"), deployment(2, 4, namespace="x")], 6, None, id="neither another name nor namespace"
            ),
        ],
    )
    def test_of_a_deployment(self, wanted: int, context: list[Any], pods: int, gpus: float | None) -> None:
        found = resource(request("UPDATE", scale(wanted), scale(2), subResource="scale"), *context)
        assert (found.view["operation"], found.view["kind"], found.view["id"]) == ("scale", "Deployment", "apps/Deployment/speech-dev/llm")
        assert found.view["units"]["max"] == pods
        assert found.view["gpu"]["total_max"] == (Unknown(("Deployment speech-dev/llm (not in this run)",)) if gpus is None else gpus)
        assert found.old_view["units"]["max"] == 2

    def test_without_its_parent_labels_may_be_anything_and_the_run_says_so(self) -> None:
        admission = admitted(request("UPDATE", scale(6), scale(2), subResource="scale"))
        assert admission.resource is not None
        assert admission.resource.view["tags_open"] is True
        assert isinstance(admission.resource.view["uses_gpu"], Unknown)
        assert [note.code for note in admission.notes] == ["scale-parent-missing"]

    def test_a_group_of_pods_for_each_replica_is_not_a_pod(self) -> None:
        value = request("UPDATE", scale(6), scale(2), subResource="scale")
        value["request"]["resource"] = {"group": "leaderworkerset.x-k8s.io", "version": "v1", "resource": "leaderworkersets"}
        for context in ([], [LWS]):
            found = resource(value, *context)
            assert found.view["kind"] == "LeaderWorkerSet"
            assert isinstance(found.view["units"]["max"], Unknown)

    def test_a_kind_in_no_table_goes_by_the_name_of_its_resource(self) -> None:
        value = request("UPDATE", scale(6), scale(2), subResource="scale")
        value["request"]["resource"] = {"group": "example.com", "version": "v1", "resource": "widgets"}
        assert resource(value).view["kind"] == "widgets"

    def test_the_place_to_change_is_the_number_that_was_asked_for(self) -> None:
        found = resource(request("UPDATE", scale(6), scale(2), subResource="scale"), deployment())
        assert found.origin.pointer + found.blame["gpu"] == "/request/object/spec/replicas"


class TestWhoAndWhere:
    """Name and namespace come from the request where the object has none, and the request's namespace holds."""

    @pytest.mark.parametrize(
        ("value", "name", "namespace"),
        [
            pytest.param(request("CREATE", {**JOB, "spec": {}}), None, "speech-dev", id="a name that is generated is none yet"),
            pytest.param(
                request("CREATE", {**JOB, "metadata": {"name": "sweep-x2x7q", "generateName": "sweep-"}}),
                "sweep-x2x7q",
                "speech-dev",
                id="one that the API server has generated already",
            ),
            pytest.param(request("CREATE", {**JOB, "metadata": {}}, name="n"), "n", "speech-dev", id="the request's name"),
            pytest.param(request("CREATE", {**JOB, "metadata": None}, name="n"), "n", "speech-dev", id="no metadata"),
            pytest.param(
                request("CREATE", deployment(namespace="elsewhere")), "llm", "speech-dev", id="the request's namespace against the object's"
            ),
            pytest.param(
                request("CREATE", deployment(namespace="own"), namespace=""), "llm", "own", id="the object's where the request has none"
            ),
            pytest.param(
                request("CREATE", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}}, namespace="ns"),
                "ns",
                None,
                id="a Namespace is in none, though its request names itself",
            ),
        ],
    )
    def test_identity(self, value: dict[str, Any], name: str | None, namespace: str | None) -> None:
        found = resource(value)
        assert (found.view.get("name"), found.view.get("namespace")) == (name, namespace)

    def test_a_generated_name_is_its_prefix_in_the_identity_and_for_people(self) -> None:
        value = request("CREATE", {**JOB, "spec": {}})
        assert resource(value).identity.id == "batch/Job/speech-dev/sweep-*"
        assert about(review_of(value)) == "CREATE Job speech-dev/sweep-*"

    def test_the_labels_of_the_namespace_are_taken_over(self) -> None:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "speech-dev", "labels": {"team": "speech"}}}
        assert resource(request("CREATE", deployment()), namespace, facts=FACTS).view["tags"] == {"team": "speech"}

    def test_what_exists_now_does_not_stand_in_for_what_it_becomes(self) -> None:
        found = resource(request("UPDATE", {**HPA, "spec": {**HPA["spec"], "maxReplicas": 50}}, HPA), HPA, deployment())
        assert (found.view["units"]["max"], found.old_view["units"]["max"]) == (50, 40)

    def test_an_autoscaler_that_exists_sets_the_maximum_of_a_workload(self) -> None:
        assert resource(request("UPDATE", deployment(3), deployment(2)), HPA).view["units"]["max"] == 40


OWNED = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "1", "controller": True}]
SET: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "rs", "namespace": "speech-dev", "uid": "1"}}
BY_CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller"}
OF_RAY = [{"apiVersion": "ray.io/v1", "kind": "RayCluster", "name": "r", "uid": "1", "controller": True}]
RAY = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "r", "namespace": "speech-dev", "uid": "1"}}


@pytest.mark.parametrize(
    ("owners", "user", "context", "controlled"),
    [
        pytest.param(OWNED, BY_CONTROLLER, [], True, id="a pod that its controller makes"),
        pytest.param(OWNED, BY_CONTROLLER, [SET], True, id="for an owner that is there"),
        pytest.param(OWNED, {"username": "system:kube-controller-manager"}, [], True, id="by the account of all controllers"),
        pytest.param(OWNED, {"username": "alice"}, [SET], False, id="an owner that somebody wrote down"),
        pytest.param(OWNED, {"username": "system:serviceaccount:kube-system:job-controller"}, [], False, id="another controller"),
        pytest.param(OWNED, BY_CONTROLLER, [{**SET, "metadata": {**SET["metadata"], "uid": "2"}}], False, id="an owner of another uid"),
        pytest.param(
            OF_RAY, {"username": "system:serviceaccount:ray:operator"}, [RAY], False, id="an operator, whose account nobody knows"
        ),
        pytest.param(OWNED, None, [], True, id="as in a file, where nobody is told to ask"),
    ],
)
def test_only_its_controller_makes_an_object_somebody_elses(owners: Any, user: Any, context: list[Any], controlled: bool) -> None:
    pod = {**POD, "metadata": {"name": "p", "ownerReferences": owners}}
    assert resource(request("CREATE", pod, userInfo=user), *context).view["controlled"] is controlled


@pytest.mark.parametrize(
    ("before", "after", "judged"),
    [
        pytest.param(4, 4, False, id="the same pods"),
        pytest.param(4, 1, False, id="fewer pods"),
        pytest.param(4, 5, True, id="more pods"),
    ],
)
def test_what_is_being_deleted_is_judged_only_when_it_grows(before: int, after: int, judged: bool) -> None:
    gone: dict[str, Any] = {"deletionTimestamp": "2026-11-25T08:00:00Z", "finalizers": ["x/y"]}
    admission = admitted(request("UPDATE", deployment(after, **gone), deployment(before, **gone)))
    assert (admission.not_judged == "") is judged


def test_requests_do_not_see_each_other() -> None:
    both = [review_of(request("CREATE", HPA)), review_of(request("CREATE", deployment(2)))]
    requests = Requests([], BARE)
    scaler, workload = (requests.admission(review).resource for review in both)
    assert scaler is not None
    assert workload is not None
    assert isinstance(scaler.view["target"], Unknown)
    assert workload.view["units"]["max"] == 2


def test_a_dry_run_is_looked_at_as_the_real_request() -> None:
    real, dry = (resource(request("CREATE", deployment(), dryRun=dry)) for dry in (False, True))
    assert replace(real, origin=dry.origin) == dry


def test_a_file_and_a_create_request_have_one_view() -> None:
    written = normalise_kubernetes([KubernetesObject(deployment(), Origin("x.yaml"))], [], BARE)[0][0]
    asked = resource(request("CREATE", deployment()))
    assert {**asked.view, "surface": "manifest"} == written.view
    assert asked.blame == written.blame
