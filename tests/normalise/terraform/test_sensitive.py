from __future__ import annotations

from typing import Any

import pytest

from tests.normalise.terraform.plans import block, change, document, normalise, only


def test_a_marked_tag_is_masked_where_it_is_repeated_unmarked() -> None:
    after = {"tags": {"Team": "hush-hush"}, "tags_all": {"Team": "hush-hush", "CostCenter": "cc-1"}}
    resource = only(document(change("aws_ebs_volume.a", after, sensitive={"tags": {"Team": True}})))

    assert resource.secrets == {"hush-hush"}
    assert resource.view["sensitive"] == ["raw_tags.Team", "tags.team"]
    assert resource.view["tags"]["team"] == "hush-hush"


def test_a_short_text_is_hidden_where_it_stands() -> None:
    marked = change("aws_ebs_volume.a", {"tags": {"Team": "nlp"}, "tags_all": {"Team": "nlp"}}, sensitive={"tags": {"Team": True}})
    other = change("aws_ebs_volume.b", {"tags": {"Team": "nlp"}, "tags_all": {"Team": "nlp", "CostCenter": "x"}})
    root = {"variables": {"center": {"sensitive": True}}}

    resources, _ = normalise(document(marked, other, root=root, variables={"center": {"value": "x"}}))

    assert resources["aws_ebs_volume.a"].view["sensitive"] == ["raw_tags.Team", "tags.team"]
    assert resources["aws_ebs_volume.b"].view["sensitive"] == ["tags.cost-center"]
    assert resources["aws_ebs_volume.a"].secrets == frozenset()


@pytest.mark.parametrize(
    ("after", "marks", "expected"),
    [
        pytest.param({"a": {"b": ["open", "hidden"]}}, {"a": {"b": [False, True]}}, {"hidden"}, id="one element"),
        pytest.param({"a": {"b": "hidden", "c": ["deep-down"]}}, {"a": True}, {"hidden", "deep-down"}, id="everything below a mark"),
        pytest.param({"a": "hidden"}, True, {"hidden"}, id="the whole resource"),
        pytest.param({"password": "open-secret"}, {}, set(), id="marks decide where there are marks"),
        pytest.param({"a": "dev"}, {"a": True}, set(), id="a text too short to cut out of sentences"),
    ],
)
def test_marks_say_what_is_secret(after: dict[str, Any], marks: Any, expected: set[str]) -> None:
    entry = change("aws_ebs_volume.a", after)
    entry["change"]["after_sensitive"] = marks

    assert only(document(entry)).secrets == expected


def test_without_marks_names_decide() -> None:
    entry = change(
        "aws_db_instance.a", {"password": "pa55word", "engine": "postgres", "kms_secret_arn": "arn:aws:x", "nested": [{"api_key": "k-e-y"}]}
    )
    del entry["change"]["after_sensitive"], entry["change"]["before_sensitive"]

    assert only(document(entry)).secrets == {"pa55word", "k-e-y"}


def test_sensitive_variables_and_provider_tokens_are_secrets() -> None:
    module = {"resources": [], "variables": {"inner": {"sensitive": True, "default": "inner-default"}}}
    plan = document(
        change("aws_instance.a", {}),
        blocks=[block("aws_instance.a")],
        root={
            "variables": {"secret": {"sensitive": True, "default": "by-default"}, "open": {"default": "open-value"}},
            "module_calls": {"m": {"module": module}},
        },
        variables={"secret": {"value": {"key": ["in-a-list"]}}, "open": {"value": "open-value"}},
        providers={
            "kubernetes": {"expressions": {"token": {"constant_value": "tok-en"}, "host": {"constant_value": "https://cluster.example"}}}
        },
    )

    assert only(plan).secrets == {"by-default", "in-a-list", "inner-default", "tok-en"}


def test_a_secret_of_one_resource_is_hidden_in_all() -> None:
    marked = change("aws_ebs_volume.a", {"tags": {"Team": "hush-hush"}}, sensitive={"tags": True})
    other = change("aws_instance.b", {"tags_all": {"Team": "hush-hush"}})
    plan = document(other, marked)

    assert only(plan).view["sensitive"] == ["tags.team"]
