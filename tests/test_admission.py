"""What becomes of requests: what is refused, what only warns, and what no rule may ever block."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.engine import Context, evaluate
from guardrail.facts import Facts
from guardrail.matching import PolicyIndex
from guardrail.model import Decision, KubernetesObject, Origin
from guardrail.normalise.kubernetes.requests import Requests, about
from guardrail.policy.library import PolicySource, compile_library
from guardrail.policy.profile import starter
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.verdict import decide
from tests.reviews import deployment, request, review_of, scale

if TYPE_CHECKING:
    from guardrail.policy.compiled import Library

NOW = datetime(2026, 11, 25, tzinfo=UTC)

RULE = """
apiVersion: guardrail.dev/v1
kind: Policy
metadata: {name: cap}
spec:
  version: 1
  title: At most four
  category: replicas
  severity: high
  since: 0.1.0
  description: d
  rationale: r
  remediation: lower it
  targets: [kubernetes]
  match: {operations: [OPERATIONS]}
  actions: {dev: deny, test: deny, prod: deny}
  validations:
  - name: over
    expression: 'EXPRESSION'
    message: more than four
    field: resource.units.max
  noProfile: {action: deny}
  whenUnknown: deny
  onUpdate: {mode: MODE}
  failurePolicy: FAILURE
"""
MEASURE = "measure, measure: resource.units.max"
AT_MOST_FOUR = "resource.units.max <= 4"
BY_OBJECT = "object.spec.replicas <= 4"
BROKEN = '{"a": 1}[resource.kind] == 1'


@cache
def library(mode: str, expression: str, failure: str, operations: str) -> Library:
    text = RULE.replace("OPERATIONS", operations).replace("EXPRESSION", expression).replace("MODE", mode).replace("FAILURE", failure)
    return compile_library([PolicySource("policy.yaml", text)], starter(), BuiltinRuntime())


def answer(
    value: dict[str, Any],
    *context: Any,
    mode: str = "enforce",
    expression: str = AT_MOST_FOUR,
    failure: str = "Fail",
    operations: str = "create, update, scale",
) -> Decision:
    review = review_of(value)
    beside = [KubernetesObject(one, Origin("context.yaml", at)) for at, one in enumerate(context)]
    admission = Requests(beside, Facts(now=NOW)).admission(review)
    judged = () if admission.not_judged or admission.resource is None else (admission.resource,)
    index = PolicyIndex(library(mode, expression, failure, operations))
    findings = [finding for one in judged for finding in evaluate(one, index, Context(now=NOW)).findings]
    return decide(review, findings, about=about(review), not_judged=admission.not_judged)


def update(after: Any, before: Any, **parts: Any) -> dict[str, Any]:
    return request("UPDATE", after, before, **parts)


OWNER = [{"apiVersion": "apps/v1", "kind": "Application", "name": "a", "uid": "1"}]
GONE: dict[str, Any] = {"deletionTimestamp": "2026-11-25T08:00:00Z"}


@pytest.mark.parametrize(
    ("value", "word"),
    [
        pytest.param(request("CREATE", deployment(9)), "refused", id="a create above the cap"),
        pytest.param(request("CREATE", deployment(4)), "admitted", id="a create within it"),
        pytest.param(request("CREATE", deployment(9), dryRun=True), "refused", id="a dry run gets the real answer"),
        pytest.param(update(deployment(9), deployment(3)), "refused", id="an update that goes above it"),
        pytest.param(update(deployment(9), deployment(7)), "refused", id="one that goes further above it"),
        pytest.param(update(deployment(9), None), "refused", id="one whose before nobody tells"),
        pytest.param(
            update(deployment(9, labels={"team": "a"}), deployment(9)), "refused", id="another label, where a rule judges as if new"
        ),
        pytest.param(
            update(deployment(9, image="x:2"), deployment(9, image="x:1")), "warned", id="an image, which leaves the view as it is"
        ),
        pytest.param(update(deployment(6), deployment(9)), "warned", id="fewer pods, though still too many"),
        pytest.param(update(deployment(0), deployment(9)), "admitted", id="no pods at all"),
        pytest.param(update(deployment(9), deployment(9, finalizers=["x/y"])), "warned", id="a finalizer that goes"),
        pytest.param(update(deployment(9), deployment(9, ownerReferences=OWNER)), "warned", id="an owner that goes"),
        pytest.param(update(deployment(9, managedFields=[{}]), deployment(9)), "warned", id="books of the API server"),
        pytest.param(
            update(deployment(9, **GONE), deployment(9, finalizers=["x/y"], **GONE)), "admitted", id="the last finalizer of what is deleted"
        ),
        pytest.param(update(deployment(9, **GONE), deployment(8, **GONE)), "refused", id="more pods of what is being deleted"),
        pytest.param(request("DELETE", None, deployment(9)), "admitted", id="a deletion"),
        pytest.param(update(scale(9), scale(3), subResource="scale"), "refused", id="a scale-up above the cap"),
        pytest.param(update(scale(6), scale(9), subResource="scale"), "admitted", id="a scale-down, though still too many"),
        pytest.param(update(deployment(9), deployment(1), subResource="status"), "admitted", id="a status"),
        pytest.param(request("CONNECT", {"kind": "PodExecOptions", "apiVersion": "v1"}, subResource="exec"), "admitted", id="exec"),
    ],
)
def test_by_a_rule_that_judges_as_if_new(value: dict[str, Any], word: str) -> None:
    assert told(answer(value)) == word


def told(decision: Decision) -> str:
    if not decision.allowed:
        return "refused"
    return "warned" if decision.warnings else "admitted"


@pytest.mark.parametrize(
    ("mode", "after", "before", "word"),
    [
        pytest.param(
            "violation", deployment(9, labels={"a": "b"}), deployment(7), "warned", id="violation: an old violation may even grow"
        ),
        pytest.param("violation", deployment(9), deployment(4), "refused", id="violation: a new one may not come"),
        pytest.param(MEASURE, deployment(7, labels={"a": "b"}), deployment(7), "warned", id="measure: an old violation may stay"),
        pytest.param(MEASURE, deployment(8), deployment(7), "refused", id="measure: it may not grow"),
        pytest.param(MEASURE, deployment(5), deployment(7), "warned", id="measure: it may shrink"),
        pytest.param(MEASURE, deployment(5), deployment(4), "refused", id="measure: a new one may not come"),
    ],
)
def test_an_old_violation(mode: str, after: Any, before: Any, word: str) -> None:
    decision = answer(update(after, before), mode=mode)
    assert told(decision) == word
    assert all("(older than this change)" in warning for warning in decision.warnings)


def test_a_rule_over_the_object_is_asked_what_the_object_was() -> None:
    grown = update(deployment(9, labels={"a": "b"}), deployment(3))
    stayed = update(deployment(9, labels={"a": "b"}), deployment(9))
    assert told(answer(grown, mode="violation", expression=BY_OBJECT)) == "refused"
    assert told(answer(stayed, mode="violation", expression=BY_OBJECT)) == "warned"


def test_a_rule_over_the_object_sees_what_the_view_does_not_tell() -> None:
    unlike = update(deployment(2, spec={"paused": True}), deployment(2))
    assert told(answer(unlike, expression="!has(object.spec.paused)")) == "refused"


@pytest.mark.parametrize(
    ("failure", "value", "word", "code"),
    [
        pytest.param("Fail", request("CREATE", deployment(9)), "refused", 422, id="Fail refuses what could not be judged"),
        pytest.param("Ignore", request("CREATE", deployment(9)), "warned", 200, id="Ignore warns of it"),
        pytest.param(
            "Fail", update(deployment(9), deployment(9, finalizers=["x/y"])), "warned", 200, id="a finalizer goes whatever rules do"
        ),
    ],
)
def test_a_rule_that_fails_to_run(failure: str, value: dict[str, Any], word: str, code: int) -> None:
    decision = answer(value, expression=BROKEN, failure=failure)
    assert (told(decision), decision.code) == (word, code)


def test_a_deletion_is_refused_only_by_a_policy_that_asks_for_deletions() -> None:
    assert told(answer(request("DELETE", None, deployment(9)), operations="delete")) == "refused"


@pytest.mark.parametrize(
    ("context", "word"),
    [
        pytest.param([], "refused", id="unknown, where unknown denies"),
        pytest.param([deployment(2, 1)], "admitted", id="read from the parent"),
        pytest.param([deployment(2, 8)], "refused", id="too many with the parent's GPUs"),
    ],
)
def test_a_scale_request_is_judged_by_the_gpus_of_its_parent(context: list[Any], word: str) -> None:
    assert told(answer(update(scale(3), scale(2), subResource="scale"), *context, expression="resource.gpu.total_max <= 8.0")) == word


def test_every_denial_is_in_the_message_and_names_the_object() -> None:
    assert answer(request("CREATE", deployment(9))).message == (
        "1 finding for Deployment speech-dev/llm\n1. cap/over: more than four. Instead: lower it"
    )
