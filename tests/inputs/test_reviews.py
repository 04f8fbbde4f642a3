"""What is read as a request to an API server, and what is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.reader import Inputs, read_inputs
from guardrail.inputs.reviews import is_review, read_review
from guardrail.model import InputFormat, InputStatus, Origin, Review, UnreadReview
from tests.reviews import REVIEW, deployment, request, review_of

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def without(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name != key}


@pytest.mark.parametrize(
    ("value", "reason", "pointer"),
    [
        pytest.param(
            {**request("CREATE", POD), "apiVersion": "admission.k8s.io/v2"}, "v2 is not read", "/apiVersion", id="a later version"
        ),
        pytest.param(without("request", request("CREATE", POD)), "holds no request", "", id="no request"),
        pytest.param(
            {**without("request", request("CREATE", POD)), "response": {"uid": "1", "allowed": True}},
            "an answer (response)",
            "",
            id="an answer in place of a request",
        ),
        pytest.param(request("PATCH", POD), "'PATCH' is none of", "/request/operation", id="an operation that no API server sends"),
        pytest.param(request("CREATE"), "holds no object, which CREATE needs", "/request/object", id="a CREATE of nothing"),
        pytest.param(request("UPDATE", None, POD), "which UPDATE needs", "/request/object", id="an UPDATE to nothing"),
        pytest.param(
            request("CREATE", POD, object="None"), "object of this request is no object", "/request/object", id="text for an object"
        ),
        pytest.param(
            request("UPDATE", POD, oldObject=[]),
            "oldObject of this request is no object",
            "/request/oldObject",
            id="a list as it was before",
        ),
        pytest.param(request("CREATE", {"metadata": {"name": "p"}}), "names a kind", "/request", id="no kind anywhere"),
        pytest.param(
            request("CREATE", POD, subResource=3),
            "subResource of this request is not text",
            "/request/subResource",
            id="a number for a subresource",
        ),
    ],
)
def test_what_cannot_be_read_says_why_and_where(value: dict[str, Any], reason: str, pointer: str) -> None:
    read = read_review(value, REVIEW)
    assert isinstance(read, UnreadReview)
    assert reason in read.reason
    assert read.origin.pointer == pointer


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(request("CREATE", POD), id="a review"),
        pytest.param({**request("CREATE", POD), "apiVersion": "admission.k8s.io/v1beta1"}, id="a review of the older version"),
        pytest.param({**request("CREATE", POD)["request"], "kind": {"group": "", "version": "v1", "kind": "Pod"}}, id="the request alone"),
        pytest.param(
            request("CREATE", without("kind", POD), kind={"version": "v1", "kind": "Pod"}), id="an object whose kind only the request names"
        ),
        pytest.param(request("CREATE", POD, oldObject="None"), id="a side that nobody looks at"),
    ],
)
def test_the_forms_in_which_requests_are_kept(value: dict[str, Any]) -> None:
    assert is_review(value)
    review = review_of(value)
    assert (review.operation, review.kind, review.api_version, review.requester) == ("CREATE", "Pod", "v1", "m-lund")


def test_a_request_without_uid_or_user_is_read_and_says_so() -> None:
    trimmed = request("CREATE", POD, uid=None, userInfo=None)
    assert (review_of(trimmed).uid, review_of(trimmed).requester) == (None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "metadata", "spec", "uid", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PARTS = st.dictionaries(
    st.sampled_from(["uid", "operation", "kind", "resource", "subResource", "name", "namespace", "userInfo", "object", "oldObject"]), JSON
)


@given(PARTS)
def test_whatever_its_shape_a_request_is_read_or_refused(parts: dict[str, Any]) -> None:
    value = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": parts}
    assert isinstance(read_review(value, REVIEW), Review | UnreadReview)


def read(text: str, tmp_path: Any) -> Inputs:
    file = tmp_path / "reviews.yaml"
    file.write_text(text, "utf-8")
    return read_inputs([str(file)])


ONE, TWO = request("CREATE", POD), request("UPDATE", deployment(3), deployment(2))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param(json.dumps(ONE), [(0, "/request")], id="JSON"),
        pytest.param(yaml.safe_dump(ONE), [(0, "/request")], id="YAML"),
        pytest.param(f"{yaml.safe_dump(ONE)}---\n{yaml.safe_dump(TWO)}", [(0, "/request"), (1, "/request")], id="several documents"),
        pytest.param(f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n", [(0, "/request"), (1, "/request")], id="a line of JSON for each"),
        pytest.param(json.dumps([ONE, TWO]), [(0, "/0/request"), (0, "/1/request")], id="a list"),
        pytest.param(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": [ONE, TWO]}),
            [(0, "/items/0/request"), (0, "/items/1/request")],
            id="a List of Kubernetes",
        ),
    ],
)
def test_reviews_are_found_in_every_form_of_file(text: str, places: list[tuple[int, str]], tmp_path: Any) -> None:
    inputs = read(text, tmp_path)
    assert [(review.origin.document, review.origin.pointer) for review in inputs.reviews] == places
    assert [(record.format, record.status, record.resources) for record in inputs.records] == [
        (InputFormat.REVIEW, InputStatus.READ, len(places))
    ]


def test_a_review_that_cannot_be_read_fails_its_file_and_leaves_the_others(tmp_path: Any) -> None:
    inputs = read(json.dumps([ONE, request("CREATE"), TWO]), tmp_path)
    assert [type(review) for review in inputs.reviews] == [Review, UnreadReview, Review]
    assert inputs.records[0].status is InputStatus.FAILED
    assert "line 1" in (inputs.records[0].reason or "")
    assert "which CREATE needs" in (inputs.records[0].reason or "")


def test_objects_beside_reviews_in_a_file_are_still_read(tmp_path: Any) -> None:
    inputs = read(f"{yaml.safe_dump(ONE)}---\n{yaml.safe_dump(deployment())}", tmp_path)
    assert (len(inputs.reviews), len(inputs.objects)) == (1, 1)
    assert inputs.objects[0].origin == Origin(inputs.records[0].path, 1, "")
