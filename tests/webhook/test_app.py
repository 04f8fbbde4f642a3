"""The routes, over Flask's own client: what is asked, what is answered, whatever the body."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.app import Options
from webhook import create_app
from webhook.config import Config
from webhook.limits import InFlight
from webhook.loading import load_rules
from webhook.log import JsonLog
from webhook.metrics import Metrics
from webhook.rules import RulesInForce
from webhook.service import Service

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "big", "namespace": "speech-prod", "labels": {"environment": "prod", "secret-note": "hunter2"}},
    "spec": {"containers": [{"name": "main", "image": "a:1", "resources": {"limits": {"nvidia.com/gpu": 16}}}]},
}
GROUPS = {"pods": ("", "v1", "Pod"), "deployments": ("apps", "v1", "Deployment")}


def review(
    operation: str = "CREATE", made: Any = POD, old: Any = None, *, sub: str = "", resource: str = "pods", **more: Any
) -> dict[str, Any]:
    group, version, kind = GROUPS[resource]
    request = {
        "uid": "9e8c",
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": resource},
        "subResource": sub,
        "name": "big",
        "namespace": "speech-prod",
        "operation": operation,
        "userInfo": {"username": "m-lund"},
        "object": made,
        "oldObject": old,
        "dryRun": False,
        **more,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


@pytest.fixture(scope="module")
def rules() -> RulesInForce:
    options = Options(paths=(), now=NOW, profile=str(ROOT / "fixtures" / "profile.yaml"))
    made = RulesInForce(lambda: load_rules(options), lambda: 1, lambda: NOW)
    assert made.refresh()
    return made


class Serving:
    """A service with its log at hand."""

    def __init__(self, rules: RulesInForce, config: Config) -> None:
        self.stream = io.StringIO()
        self.service = Service(config, rules, Metrics(), JsonLog(self.stream, lambda: NOW), InFlight(config.in_flight))
        self.client: FlaskClient = create_app(config, self.service).test_client()

    def ask(self, document: Any, query: str = "") -> dict[str, Any]:
        answer = self.client.post(f"/validate{query}", json=document)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def serving(rules: RulesInForce) -> Serving:
    return Serving(rules, Config())


def test_a_denial_echoes_the_uid_and_carries_no_patch(serving: Serving) -> None:
    answer = serving.ask(review(), "?timeout=10s")
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response = answer["response"]
    assert (response["uid"], response["allowed"]) == ("9e8c", False)
    assert not {"patch", "patchType"} & response.keys()
    assert (response["status"]["code"], response["status"]["reason"], response["status"]["status"]) == (403, "Forbidden", "Failure")
    assert "workload-gpu-cap/over-peak" in response["status"]["message"]
    assert set(response["auditAnnotations"]) == {"library", "findings"}


def test_the_older_version_is_answered_in_its_own_words(serving: Serving) -> None:
    assert serving.ask({**review(), "apiVersion": "admission.k8s.io/v1beta1"})["apiVersion"] == "admission.k8s.io/v1beta1"


PASSED = [
    ("CONNECT is never judged", review("CONNECT", made={"kind": "PodExecOptions"}, sub="exec")),
    ("status is never judged", review("UPDATE", old=POD, sub="status")),
    ("a deletion is never blocked", review("DELETE", made=None, old=POD)),
    (
        "a change that no rule sees is never blocked",
        review("UPDATE", made={**POD, "metadata": {**POD["metadata"], "annotations": {"a": "b"}}}, old=POD),
    ),
]


@pytest.mark.parametrize(("sentence", "document"), PASSED, ids=[row[0] for row in PASSED])
def test_what_passes(serving: Serving, sentence: str, document: dict[str, Any]) -> None:
    assert serving.ask(document)["response"]["allowed"], sentence


BROKEN = [
    ("no JSON", b"{", 400, "no JSON"),
    ("no review", b'{"kind": "Pod"}', 400, "expected an AdmissionReview"),
    (
        "another version",
        b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v2", "request": {"uid": "1"}}',
        400,
        "expected an AdmissionReview",
    ),
    ("no request", b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}', 400, "no request"),
    ("no uid", b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {}}', 400, "uid"),
]


@pytest.mark.parametrize(("sentence", "body", "status", "told"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_body_that_is_no_review_is_refused(serving: Serving, sentence: str, body: bytes, status: int, told: str) -> None:
    answer = serving.client.post("/validate", data=body, content_type="application/json")
    assert answer.status_code == status, sentence
    assert told in answer.text


def test_a_request_that_cannot_be_judged_is_not_admitted(serving: Serving) -> None:
    response = serving.ask(review("CREATE", made=None))["response"]
    assert (response["allowed"], response["status"]["code"]) == (False, 422)


def test_too_large_a_body_is_refused_before_it_is_read(serving: Serving) -> None:
    assert serving.client.post("/validate", data=b" " * 9_000_000).status_code == 413


def test_webhooks_by_failure_policy_judge_their_own_policies(serving: Serving) -> None:
    fail = serving.ask(review(), "/fail")["response"]["status"]["message"]
    assert "workload-gpu-cap" in fail
    assert "tags" not in fail
    hygiene = serving.ask(review(), "/ignore")["response"]
    assert "workload-gpu-cap" not in json.dumps(hygiene)
    assert serving.client.post("/validate/sometimes", json=review()).status_code == 404


def test_when_too_many_are_judged_what_always_passes_still_does(rules: RulesInForce) -> None:
    serving = Serving(rules, Config(in_flight=1))
    with serving.service.in_flight.slot():
        answer = serving.client.post("/validate", json=review())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        lower = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "big", "namespace": "speech-prod"}}
        scale = review(
            "UPDATE", {**lower, "spec": {"replicas": 1}}, {**lower, "spec": {"replicas": 9}}, sub="scale", resource="deployments"
        )
        assert serving.ask(scale)["response"]["allowed"]
    assert not serving.ask(review())["response"]["allowed"]
    assert "guardrail_admission_overload_total 1.0" in serving.client.get("/metrics").text


def test_what_is_answered_is_no_longer_in_flight(serving: Serving) -> None:
    serving.ask(review())
    assert "guardrail_admission_in_flight 0.0" in serving.client.get("/metrics").text


def test_after_the_deadline_guards_refuse_and_hygiene_only_warns(serving: Serving) -> None:
    fail = serving.ask(review(), "/fail?timeout=1ms")["response"]
    assert (fail["allowed"], fail["status"]["code"]) == (False, 422)
    assert serving.ask(review(), "/ignore?timeout=1ms")["response"]["allowed"]


def test_who_has_no_certificate_is_turned_away_where_one_is_asked_for(rules: RulesInForce) -> None:
    serving = Serving(rules, Config(client_certificates=True))
    assert serving.client.post("/validate", json=review()).status_code == 401
    assert serving.client.get("/healthz").status_code == 200


def test_without_rules_nothing_is_judged_and_nothing_is_ready() -> None:
    empty = RulesInForce(lambda: pytest.fail("not loaded"), lambda: 1, lambda: NOW)
    serving = Serving(empty, Config())
    assert serving.client.post("/validate", json=review()).status_code == 503
    assert serving.client.get("/readyz").status_code == 503
    assert serving.client.get("/healthz").status_code == 200


def test_a_decision_is_one_line_of_the_log_and_holds_nothing_of_the_object(serving: Serving) -> None:
    serving.ask(review())
    (line,) = serving.logged()
    assert (line["event"], line["uid"], line["allowed"], line["user"], line["reason"]) == ("decision", "9e8c", False, "m-lund", "judged")
    assert "workload-gpu-cap/over-peak deny" in line["findings"]
    assert "hunter2" not in serving.stream.getvalue()


def test_readiness_tells_stale_rules_and_stays_ready(serving: Serving, rules: RulesInForce) -> None:
    state = rules.state
    rules.state = replace(state, fault="profile.yaml:3:1: broken")
    try:
        answer = serving.client.get("/readyz")
    finally:
        rules.state = state
    assert (answer.status_code, answer.get_json()["fault"]) == (200, "profile.yaml:3:1: broken")


def test_the_same_request_gets_the_same_answer(serving: Serving) -> None:
    assert serving.ask(review()) == serving.ask(review())
