"""Values written as YAML read back as what they were."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from guardrail.policy.documents import read_documents
from guardrail.policy.yaml_writing import flow

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\x85"), max_size=12),
    st.sampled_from(
        ["no", "Yes", "on", "null", "~", "0123", "1e3", "0x1", "2026-11-25", "*.a", "a: b", "# c", "{x}", "-", "", "1_000", "12:30:45"]
    ),
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(2**40), 2**40), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


@given(VALUES)
def test_our_reader_and_one_of_yaml_1_1_read_the_same(value: Any) -> None:
    text = f"v: {flow(value)}\n"
    documents, faults = read_documents("v.yaml", text)
    assert faults == []
    assert documents[0].value["v"] == value
    assert yaml.safe_load(text)["v"] == value
