"""Values of policy files and the places of their faults."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from guardrail.policy.documents import read_documents, shown

TEXT = """\
single: 'x == ''b'' && here'
folded: >-
  one two
    three
  four.here
double: "q == \\"z\\" && here"
plain: a text with here
literal: |
  first
  second here
flow: {inner: 'in flow here', list: [1, 2]}
wrapped: 'one
  two here'
"""


@pytest.mark.parametrize(
    ("key", "place", "excerpt"),
    [
        pytest.param("single", (1, 24), "x == ''b'' && here", id="doubled quotes count once"),
        pytest.param("folded", (5, 8), "four.here", id="a folded block"),
        pytest.param("double", (6, 24), 'q == \\"z\\" && here', id="escapes count once"),
        pytest.param("plain", (7, 20), "a text with here", id="a plain text"),
        pytest.param("literal", (10, 10), "second here", id="a literal block"),
        pytest.param("wrapped", (13, 7), "two here", id="a quoted text over two lines"),
    ],
)
def test_a_place_inside_a_text(key: str, place: tuple[int, int], excerpt: str) -> None:
    document = read_documents("p.yaml", TEXT)[0][0]
    value: str = document.value[key]
    line = value[: value.index("here")].count("\n") + 1
    column = len(value[: value.index("here")].rpartition("\n")[2]) + 1
    fault = document.text_fault((key,), line, column, "wrong")
    assert (fault.line, fault.column) == place
    assert (fault.excerpt, fault.excerpt[fault.caret - 1 :]) == (excerpt, "here")


def test_a_place_in_a_flow_mapping() -> None:
    document = read_documents("p.yaml", TEXT)[0][0]
    fault = document.text_fault(("flow", "inner"), 1, 9, "wrong")
    assert (fault.excerpt, fault.caret) == ("in flow here", 9)


def test_a_path_that_is_not_written_is_placed_at_its_parent() -> None:
    document = read_documents("p.yaml", TEXT)[0][0]
    assert document.fault(("flow", "list", 1), "").column == 41
    assert document.fault(("flow", "other"), "").column == 7
    assert document.fault(("flow",), "", at_key=True).column == 1


def test_a_long_line_is_cut_around_the_caret() -> None:
    value = "a" * 300 + " here " + "b" * 300
    document = read_documents("p.yaml", f"key: {value}\n")[0][0]
    fault = document.text_fault(("key",), 1, 302, "wrong")
    assert len(fault.excerpt) <= 120
    assert fault.excerpt[fault.caret - 1 :].startswith("here")


@given(
    value=st.text(alphabet="ab .'\"\\&|:#", min_size=1, max_size=40).filter(lambda text: text.strip() == text),
    style=st.sampled_from(["'", '"']),
)
def test_every_character_of_a_quoted_text_has_its_place(value: str, style: str) -> None:
    text = yaml.dump({"k": value}, default_style=style, width=10_000, allow_unicode=True)
    document = read_documents("p.yaml", text)[0][0]
    assert document.value == {"k": value}
    lines = text.splitlines()
    for at, char in enumerate(value):
        if char in "ab.&|:#":
            fault = document.text_fault(("k",), 1, at + 1, "")
            assert lines[fault.line - 1][fault.column - 1] == char


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("a: 1\na: 2\n", 'p.yaml:2:1: duplicate key "a" (first at line 1)', id="a duplicate key"),
        pytest.param("a: *x\n", "p.yaml:1:4", id="an alias of nothing"),
        pytest.param("", "", id="an empty file holds nothing"),
        pytest.param("# only a comment\n", "", id="a comment holds nothing"),
    ],
)
def test_what_is_wrong_with_the_yaml(text: str, wanted: str) -> None:
    documents, faults = read_documents("p.yaml", text)
    assert documents == []
    assert "\n".join(str(fault) for fault in faults).startswith(wanted)


def test_documents_keep_their_places() -> None:
    documents, _ = read_documents("p.yaml", "# head\n---\na: 1\n---\n---\nb: 2\n")
    assert [(document.value, document.fault(("b",), "").line) for document in documents] == [({"a": 1}, 3), ({"b": 2}, 6)]


def test_a_date_stays_text() -> None:
    assert read_documents("p.yaml", "day: 2026-11-24\n")[0][0].value == {"day": "2026-11-24"}


def test_paths_are_written_as_people_do() -> None:
    assert shown(("spec", "validations", 0, "expression")) == "spec.validations[0].expression"
