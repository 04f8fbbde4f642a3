"""JSON manifests as kubectl reads them."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.syntax.json_text import ParsedDocument, SyntaxFault, read_json


def only(text: str) -> Any:
    (document,) = read_json(text)
    assert isinstance(document, ParsedDocument), document
    return document.value


def exactly(value: Any) -> Any:
    return type(value).__name__, value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("1.0", 1, id="a whole float is an integer, as after kubectl's own writing"),
        pytest.param("1e3", 1000, id="with an exponent too"),
        pytest.param("1.5", 1.5, id="a float is a float"),
        pytest.param("9223372036854775807", 2**63 - 1, id="the largest int64"),
        pytest.param("18446744073709551615", float(2**64), id="beyond int64 it is a float"),
        pytest.param('"\\ud83d\\ude00"', "\U0001f600", id="a pair of surrogates is a character"),
        pytest.param('"\\ud83d x"', "\ufffd x", id="a lone surrogate is replaced"),
        pytest.param('{"\\udc00": "\\ud800"}', {"\ufffd": "\ufffd"}, id="in keys too"),
    ],
)
def test_a_value(written: str, value: Any) -> None:
    assert exactly(only(f'{{"a": {written}}}')["a"]) == exactly(value)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param('{"a": 1,\n "a": 2}', (2, 2), 'duplicate key "a" (first at line 1)', id="a duplicate key"),
        pytest.param('{"x": [{"a": 1, "b": {"a": 1}, "\\u0061": 2}]}', (1, 32), 'duplicate key "a"', id="a duplicate behind an escape"),
        pytest.param('{"a": "NaN",\n "b": NaN}', (2, 7), "NaN", id="NaN"),
        pytest.param('{"a": -Infinity}', (1, 7), "-Infinity", id="infinity"),
        pytest.param('{"a": 1e999}', (1, 7), "too large", id="a number that overflows"),
        pytest.param('{"a": ' + "9" * 5000 + "}", (1, 7), "too large", id="digits without end"),
        pytest.param('{"a": [1, 2', (1, 12), "cut off", id="an end that is missing"),
        pytest.param('{"a": "x', (1, 7), "cut off", id="a text that does not end"),
        pytest.param('{"a": 1,}', (1, 8 if sys.version_info >= (3, 13) else 9), "not JSON", id="a comma too many"),  # 3.13 blames the comma
        pytest.param('{\n// c\n"a": 1}', (2, 1), "not JSON", id="a comment"),
        pytest.param('{"a": "x\ny"}', (1, 9), "control character", id="a line end inside a text"),
        pytest.param("[" * 300 + "]" * 300, (1, 1), "nested deeper", id="too deep for us"),
        pytest.param("[" * 100_000, (1, 1), "nested deeper", id="too deep for Python"),
    ],
)
def test_a_fault_has_its_place(text: str, place: tuple[int, int], words: str) -> None:
    found = next(iter(read_json(text)))
    assert isinstance(found, SyntaxFault)
    assert (found.line, found.column) == place
    assert words in found.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("\ufeff \n", [], id="a byte order mark alone"),
        pytest.param('{"a":1}{"b":2}', [(0, 1), (1, 1)], id="objects side by side"),
        pytest.param('{"a":1}\n\n{"b":2}\n', [(0, 1), (1, 3)], id="one object a line"),
        pytest.param('{"a":1}\n{"b":\n{"c":3}\n', [(0, 1), (1, "fault"), (2, 3)], id="the next line with a brace is tried"),
        pytest.param(
            '{"a":1}\n{"b":x}\n{"c":3}\n{"d":4}', [(0, 1), (1, "fault"), (2, 3), (3, 4)], id="objects behind a broken one are read"
        ),
    ],
)
def test_streams_of_objects(text: str, expected: list[tuple[int, Any]]) -> None:
    found = [(item.index, item.line) if isinstance(item, ParsedDocument) else (item.document, "fault") for item in read_json(text)]
    assert found == expected


def test_every_duplicate_is_told() -> None:
    assert [found.line for found in read_json('{"a":1,\n"a":2,\n"b":{"c":1,\n"c":2}}') if isinstance(found, SyntaxFault)] == [2, 4]


def test_many_broken_objects_take_no_time() -> None:
    began = time.process_time()
    list(read_json('{"a": [\n' * 20_000))
    assert time.process_time() - began < 5


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
        lambda x: st.lists(x) | st.dictionaries(st.text(st.characters(codec="utf-8")), x),
        max_leaves=15,
    )
)
@settings(deadline=None)
def test_json_survives(value: Any) -> None:
    assert exactly(only(json.dumps(value))) == exactly(value)


@given(st.text(max_size=40) | st.text('{}[]":,\\ntrueNaN1e9.-/ \n\ufeff\ud800', max_size=60))
@settings(deadline=None, max_examples=300)
def test_reading_never_raises(text: str) -> None:
    list(read_json(text))
