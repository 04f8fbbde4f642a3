"""Places of values in YAML and JSON texts."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.syntax.json_positions import JsonPositions
from guardrail.syntax.pointers import join_pointer, split_pointer
from guardrail.syntax.yaml_positions import YamlPositions
from guardrail.syntax.yaml_text import ParsedDocument, read_yaml

MANIFEST = """\
# a comment
apiVersion: v1
kind: Pod
metadata:
  labels: {team: vision, "a/b~c": x}
spec:
  containers:
  - name: one
    resources:
      limits:
        nvidia.com/gpu: 8
  - &base
    name: two
    env:
    - {name: A}
  - <<: *base
    name: three
  1: numbered
---
a: [
---
last: >-
  folded
  text
"""


@pytest.mark.parametrize(
    ("document", "pointer", "place"),
    [
        pytest.param(0, "", (2, 1), id="the whole document"),
        pytest.param(0, "/kind", (3, 7), id="a value on the line of its key"),
        pytest.param(0, "/metadata", (4, 1), id="a value below its key is at the key"),
        pytest.param(0, "/metadata/labels/team", (5, 18), id="a member in flow style"),
        pytest.param(0, "/metadata/labels/a~1b~0c", (5, 35), id="a key with a slash and a tilde"),
        pytest.param(0, "/spec/containers/0", (8, 5), id="an item of a list"),
        pytest.param(0, "/spec/containers/0/resources/limits/nvidia.com~1gpu", (11, 25), id="deep inside"),
        pytest.param(0, "/spec/containers/0/resources/requests/cpu", (9, 5), id="a missing member is at its nearest written parent"),
        pytest.param(0, "/spec/containers/9", (7, 3), id="an index beyond the list is at the list"),
        pytest.param(0, "/spec/containers/x", (7, 3), id="a name in a list too"),
        pytest.param(0, "/kind/deeper", (3, 7), id="below a scalar is at the scalar"),
        pytest.param(0, "/spec/containers/2/name", (17, 11), id="a key beside a merge key"),
        pytest.param(0, "/spec/containers/2/env/0/name", (15, 14), id="a merged value is where it is written"),
        pytest.param(1, "/a", None, id="a broken document has no places"),
        pytest.param(2, "/last", (22, 7), id="lines stay true behind a broken document"),
        pytest.param(3, "", None, id="a document that does not exist"),
    ],
)
def test_a_pointer_into_yaml(document: int, pointer: str, place: tuple[int, int] | None) -> None:
    text = MANIFEST.replace("  1: numbered\n", "")
    assert YamlPositions(text).locate(document, pointer) == (place if place is None or place[0] < 18 else (place[0] - 1, place[1]))


def test_keys_are_found_by_what_they_become() -> None:
    positions = YamlPositions("1: a\nyes: b\n? [x]\n: c\nnull: d\n'q': e\n!!str 2: f\n")
    assert [positions.locate(0, f"/{key}") for key in ("1", "true", "q", "2")] == [(1, 4), (2, 6), (6, 6), (7, 10)]


def test_of_merged_values_the_one_that_counts_is_found() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2}\nfirst: {<<: [*a, *b]}\nlater: {x: 3, <<: *a}\nown: {<<: *a, x: 4}\n"
    positions = YamlPositions(text)
    assert [positions.locate(0, f"/{key}/x") for key in ("first", "later", "own")] == [(1, 11), (1, 11), (5, 18)]


JSON = (
    '\ufeff{\n  "kind": "Pod",\n  "spec":\n    {"a/b": [1, {"c": "x}"}], "d": null},\n  "e\\u00e9": ""\n}\n{"second": [[], {}, [true]]}\n'
)


@pytest.mark.parametrize(
    ("document", "pointer", "place"),
    [
        pytest.param(0, "/kind", (2, 11), id="a value on the line of its key"),
        pytest.param(0, "/spec", (3, 3), id="a value below its key is at the key"),
        pytest.param(0, "/spec/a~1b/1/c", (4, 23), id="deep inside"),
        pytest.param(0, "/spec/a~1b/7", (4, 13), id="a missing item is at its list"),
        pytest.param(0, "/spec/d/x", (4, 36), id="below a scalar is at the scalar"),
        pytest.param(0, "/eé", (5, 14), id="a key with an escape"),
        pytest.param(1, "/second/2/0", (7, 22), id="a second object"),
        pytest.param(2, "", None, id="a document that does not exist"),
    ],
)
def test_a_pointer_into_json(document: int, pointer: str, place: tuple[int, int] | None) -> None:
    assert JsonPositions(JSON).locate(document, pointer) == place


@pytest.mark.parametrize("text", ["", "{", '{"a"', '{"a":', '{"a": [', '{"a": "x', "[1, 2", "}", '{"a": 1, "b" 2}', "nonsense"])
def test_broken_json_has_places_as_far_as_it_goes(text: str) -> None:
    JsonPositions(text).locate(0, "/a/0/b")
    JsonPositions(text).locate(3, "/a")


KEYS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=3) | st.sampled_from(
    ["a/b", "~", "yes", "1", "x y", "é"]
)
TREES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["t", "two words", "multi\nline", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def pointers(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [path, *(found for key, item in items for found in pointers(item, (*path, key)))]


def yaml_lines(node: Any, path: tuple[str, ...], line: int) -> dict[str, int]:
    """Pointer → line, by PyYAML's own pure reader; members count from their key."""
    made = {join_pointer(path): line}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            made |= yaml_lines(value, (*path, str(key.value)), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            made |= yaml_lines(value, (*path, str(at)), value.start_mark.line + 1)
    return made


@given(TREES, st.sampled_from([True, False, None]))
@settings(deadline=None)
def test_every_pointer_into_yaml_lands_on_its_line(value: Any, flow: bool | None) -> None:
    text = yaml.safe_dump(
        {"top": value}, default_flow_style=flow, default_style='"' if flow is None else None, width=20, allow_unicode=True
    )
    node = yaml.compose(text, yaml.SafeLoader)
    assert node is not None
    expected = yaml_lines(node, (), 1)
    (document,) = (found for found in read_yaml(text) if isinstance(found, ParsedDocument))
    positions = YamlPositions(text)
    for path in pointers(document.value):
        place = positions.locate(0, join_pointer(path))
        assert place is not None
        assert place[0] == expected.get(join_pointer(path), place[0])


@given(TREES, st.sampled_from([None, 0, 2]))
@settings(deadline=None)
def test_every_pointer_into_json_lands_on_its_value(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    positions = JsonPositions(text)
    for path in pointers(value):
        wanted = value
        for key in path:
            wanted = wanted[key]
        line, column = positions.locate(0, join_pointer(path)) or (0, 0)
        rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == wanted


@given(st.lists(st.text(max_size=5), max_size=4))
def test_pointers_survive_being_joined_and_split(tokens: list[str]) -> None:
    assert split_pointer(join_pointer(tokens)) == tokens


def test_many_pointers_into_one_file_cost_little_more_than_one() -> None:
    rows = [{"address": f"aws_instance.a[{at}]", "change": {"after": {"tags": {"n": at}}}} for at in range(4000)]
    text = json.dumps({"resource_changes": rows}, indent=1)
    began = time.process_time()
    JsonPositions(text).locate(0, "/resource_changes/3999/change/after/tags/n")
    one = time.process_time() - began
    positions = JsonPositions(text)
    began = time.process_time()
    for at in range(4000):
        positions.locate(0, f"/resource_changes/{at}/change/after/tags/n")
    assert time.process_time() - began < 200 * one  # reading anew for each would be 4,000 times
