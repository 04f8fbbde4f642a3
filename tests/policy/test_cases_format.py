"""The format of cases: patches, overlays, faults."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.errors import PolicyError
from guardrail.policy.cases import apply_patch, laid_over, read_cases

DOCUMENT = {"a": {"b": [1, 2]}, "c/d": 3}


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        pytest.param({"op": "add", "path": "/a/x", "value": 1}, {"a": {"b": [1, 2], "x": 1}, "c/d": 3}, id="add a key"),
        pytest.param({"op": "add", "path": "/a/b/0", "value": 0}, {"a": {"b": [0, 1, 2]}, "c/d": 3}, id="add before a member"),
        pytest.param({"op": "add", "path": "/a/b/-", "value": 3}, {"a": {"b": [1, 2, 3]}, "c/d": 3}, id="add at the end"),
        pytest.param({"op": "remove", "path": "/a/b/0"}, {"a": {"b": [2]}, "c/d": 3}, id="remove a member"),
        pytest.param({"op": "replace", "path": "/c~1d", "value": 4}, {"a": {"b": [1, 2]}, "c/d": 4}, id="replace an escaped key"),
    ],
)
def test_patches(step: dict[str, Any], wanted: Any) -> None:
    assert apply_patch(DOCUMENT, [step]) == wanted
    assert DOCUMENT == {"a": {"b": [1, 2]}, "c/d": 3}


@pytest.mark.parametrize(
    "step",
    [
        pytest.param({"op": "replace", "path": "/x", "value": 1}, id="replace what is not there"),
        pytest.param({"op": "remove", "path": "/x"}, id="remove what is not there"),
        pytest.param({"op": "add", "path": "/x/y", "value": 1}, id="add below what is not there"),
        pytest.param({"op": "move", "path": "/a", "from": "/c"}, id="an operation that is not supported"),
    ],
)
def test_patches_of_nothing(step: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        apply_patch(DOCUMENT, [step])


def test_overlays() -> None:
    base = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert laid_over(base, {"a": {"c": 3, "e": 4}, "d": [2]}) == {"a": {"b": 1, "c": 3, "e": 4}, "d": [2]}
    assert laid_over(base, {"a": None}) == {"d": [1]}
    assert laid_over(base, {"a": {"b": None}, "x": {"y": 1}}) == {"a": {"c": 2}, "d": [1], "x": {"y": 1}}


def test_faults_of_cases_are_told_at_once() -> None:
    text = (
        "- {name: a, input: {inlne: {}}, expect: {x: failed}}\n"
        "- {input: {inline: {}}}\n"
        "- {name: b, input: {inline: {}}, expect: {x: pass}, old: {}, nme: b}\n"
        "- 1\n"
    )
    with pytest.raises(PolicyError) as caught:
        read_cases("cases.yaml", text)
    assert [str(fault).partition("cases.yaml:")[2] for fault in caught.value.faults] == [
        "1:21: [0].input.inlne: unknown key (did you mean inline?)",
        "1:45: [0].expect.x: failed is none of pass, fail, undecided, error, skip",
        "2:3: [1]: lacks name, expect",
        "3:58: [2].old: expected patch: [...]",
        "3:62: [2].nme: unknown key (did you mean name?)",
        "4:3: [3]: expected a map",
    ]
