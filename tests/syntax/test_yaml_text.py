"""YAML as Kubernetes reads it. Every expected value was checked against sigs.k8s.io/yaml 1.6.0 and apimachinery's JSON."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.syntax.yaml_text import ParsedDocument, SyntaxFault, read_yaml


def only(text: str) -> Any:
    """The value of the one document of a text."""
    (document,) = read_yaml(text)
    assert isinstance(document, ParsedDocument), document
    return document.value


def fault(text: str) -> SyntaxFault:
    """The one fault of a text."""
    (found,) = (document for document in read_yaml(text) if isinstance(document, SyntaxFault))
    return found


def exactly(value: Any) -> Any:
    """A value with its type: True is not 1, 1 is not 1.0."""
    return type(value).__name__, value


SCALARS = [
    *(pytest.param(word, True, id=f"{word} is true") for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")),
    *(
        pytest.param(word, False, id=f"{word} is false")
        for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")
    ),
    *(
        pytest.param(word, word, id=f"{word} is text, in no accepted case")
        for word in ("yEs", "oN", "tRue", "nUll", "NaN", "inf", "Infinity")
    ),
    *(pytest.param(word, None, id=f"{word or 'nothing'} is null") for word in ("", "~", "null", "Null", "NULL")),
    pytest.param("2001-01-01", "2001-01-01", id="a date stays text"),
    pytest.param("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z", id="an instant stays text"),
    pytest.param("1:30", "1:30", id="there are no base 60 numbers"),
    pytest.param("010", 8, id="a leading zero is octal"),
    pytest.param("0o10", 8, id="0o is octal"),
    pytest.param("-0x1f", -31, id="hexadecimal may be negative"),
    pytest.param("0B11", 3, id="binary may be written with a capital"),
    pytest.param("08", 8, id="what is no octal is a decimal float and so a whole number"),
    pytest.param("1_000", 1000, id="underscores are left out of integers"),
    pytest.param("_1", "_1", id="an underscore does not begin a number"),
    pytest.param("1e3", 1000, id="a whole float is an integer after JSON"),
    pytest.param("1.0", 1, id="1.0 is 1 after JSON"),
    pytest.param("-0.0", 0, id="minus zero is zero after JSON"),
    pytest.param("1.5", 1.5, id="a float is a float"),
    pytest.param(".5", 0.5, id="a float may begin with its point"),
    pytest.param(".1_0", 0.1, id="underscores are allowed between the digits of such a float"),
    pytest.param("._5", "._5", id="but not at its beginning"),
    pytest.param("1e400", "1e400", id="a float that overflows stays text"),
    pytest.param("9223372036854775807", 2**63 - 1, id="the largest int64 is an integer"),
    pytest.param("9223372036854775808", float(2**63), id="one more is a float"),
    pytest.param("18446744073709551616", float(2**64), id="beyond uint64 too"),
    pytest.param("1.2345678901234567e18", 1234567890123456800, id="a large whole float is its shortest digits"),
    pytest.param("0xFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF", id="hexadecimal beyond uint64 stays text"),
    pytest.param("1" * 5000, "1" * 5000, id="digits without end stay text"),
    pytest.param("100m", "100m", id="a quantity is text"),
    pytest.param("'1'", "1", id="quotes make text"),
    pytest.param('"yes"', "yes", id="double quotes too"),
    pytest.param("!!str 1", "1", id="!!str makes text"),
    pytest.param("!!int '3'", 3, id="!!int reads text"),
    pytest.param("!!float 3", 3, id="!!float of a whole number is an integer after JSON"),
    pytest.param("!!bool 'yes'", True, id="!!bool reads text"),
    pytest.param("!!null ''", None, id="!!null reads nothing"),
    pytest.param("!!timestamp 2001-01-01", "2001-01-01", id="!!timestamp stays text"),
    pytest.param("!!binary aGVsbG8=", "hello", id="!!binary is its bytes as text"),
    pytest.param("!!binary gIGC", "\ufffd\ufffd\ufffd", id="bytes that are no UTF-8 are replaced one by one"),
    pytest.param("!Ref 5", "5", id="a tag of an application makes text"),
    pytest.param("!Ref [5]", [5], id="on a list it is ignored"),
    pytest.param("!!set {a: null}", {"a": None}, id="so are YAML's tags on mappings"),
    pytest.param("=", "=", id="the default key of YAML 1.1 is text"),
    pytest.param("\u0661", "\u0661", id="digits of other scripts are text"),
]


@pytest.mark.parametrize(("written", "value"), SCALARS)
def test_a_scalar(written: str, value: Any) -> None:
    assert exactly(only(f"a: {written}\n")["a"]) == exactly(value)


@pytest.mark.parametrize(
    "written", [".inf", "-.Inf", ".nan", "!!float .inf", "!!int x", "!!int 1.5", "!!bool 1", "!!null x", "!!binary x", "!!timestamp x"]
)
def test_a_scalar_that_json_or_its_tag_forbids_is_a_fault_at_its_place(written: str) -> None:
    found = fault(f"ok: 1\na: {written}\n")
    assert (found.line, found.column) == (2, 4)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param("1", "1", id="an integer is its text"),
        pytest.param("010", "8", id="an octal is its value"),
        pytest.param("yes", "true", id="a boolean is true or false"),
        pytest.param("on", "true", id="which is why GitHub's on is no key named on"),
        pytest.param("1.0", "1", id="a whole float has no point"),
        pytest.param("1e6", "1e+06", id="a large float has an exponent"),
        pytest.param("1e-5", "1e-05", id="a small one too"),
        pytest.param("16777217.0", "1.6777216e+07", id="floats are rounded to 32 bits"),
        pytest.param("1e39", ".inf", id="and overflow"),
        pytest.param(".nan", ".nan", id="NaN can be a key"),
        pytest.param("2001-01-01", "2001-01-01", id="a date is its text"),
        pytest.param("'1'", "1", id="quotes are left out"),
        pytest.param("!!str 1", "1", id="a tag is obeyed"),
    ],
)
def test_a_key_becomes_text(written: str, key: str) -> None:
    assert only(f"? {written}\n: v\n") == {key: "v"}


@pytest.mark.parametrize("written", ["null", "~", "9223372036854775808", "{a: 1}", "[a]"])
def test_what_cannot_be_a_json_key_is_a_fault(written: str) -> None:
    assert fault(f"? {written}\n: v\n").line == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: &x {b: 1}\nc: {<<: *x, b: 2}", {"a": {"b": 1}, "c": {"b": 2}}, id="a later key wins over a merged one"),
        pytest.param("a: &x {b: 1}\nc: {b: 2, <<: *x}", {"a": {"b": 1}, "c": {"b": 1}}, id="a later merge wins over a key"),
        pytest.param("<<: {r: {x: 1, y: 2}}\nr: {x: 3}", {"r": {"x": 3}}, id="merging is shallow"),
        pytest.param("<<: [{a: 1, b: 1}, {a: 2, c: 2}]", {"a": 1, "b": 1, "c": 2}, id="of several merged maps the first wins"),
        pytest.param("<<: {a: 1}\n<<: {b: 2}", {"a": 1, "b": 2}, id="two merge keys are no duplicate"),
        pytest.param("'<<': {a: 1}", {"<<": {"a": 1}}, id="a quoted merge key is a key"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}, id="an anchor may be defined again"),
        pytest.param("&a k: &b v\nw: *a\nx: *b", {"k": "v", "w": "k", "x": "v"}, id="keys can have anchors"),
    ],
)
def test_merge_keys_and_anchors(text: str, value: Any) -> None:
    assert only(text) == value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("<<: 1", "merge key", id="a scalar cannot be merged"),
        pytest.param("<<: [1]", "merge key", id="nor a list of scalars"),
        pytest.param("a: *z", "anchor", id="an alias needs an anchor"),
        pytest.param("a: &x 1\nb: &x 2\nc: *z", "anchor", id="also beside anchors that are defined twice"),
        pytest.param("a: &x [*x]", "itself", id="an anchor cannot contain itself"),
        pytest.param("a: &x {b: *x}", "itself", id="not in a mapping either"),
    ],
)
def test_wrong_merges_and_aliases_are_faults(text: str, word: str) -> None:
    assert word in fault(text).message


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, 1, id="a key written twice"),
        pytest.param("1: x\n'1': y\n", 2, 1, id="a number and the same text"),
        pytest.param("yes: x\ntrue: y\n", 2, 1, id="two words for true"),
        pytest.param("m:\n  - n: 1\n    n: 2\n", 3, 2, id="deep inside"),
        pytest.param("b: &b {x: 1}\na: {<<: *b}\nc:\n  <<: *b\n  d: 1\n  d: 2\n", 6, 5, id="beside a merge key"),
    ],
)
def test_duplicate_keys_are_refused_with_both_lines(text: str, line: int, first: int) -> None:
    found = fault(text)
    assert found.line == line
    assert f"first at line {first}" in found.message


def test_every_duplicate_of_a_document_is_told() -> None:
    found = list(read_yaml("a: 1\na: 2\nb: 1\nb: 2\nb: 3\n"))
    assert [(document.line, document.document) for document in found if isinstance(document, SyntaxFault)] == [(2, 0), (4, 0), (5, 0)]


def documents(text: str) -> list[tuple[int, Any]]:
    """(index, value) of the good documents, (index, line of the fault) of the broken ones."""
    return [
        (document.index, document.value) if isinstance(document, ParsedDocument) else (document.document, f"fault at {document.line}")
        for document in read_yaml(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing is no document"),
        pytest.param("# only a comment\n", [], id="nor is a comment"),
        pytest.param("---\n", [(0, None)], id="a separator alone is an empty document"),
        pytest.param("---\na: 1\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})], id="two documents"),
        pytest.param("a: 1\n--- # comment\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})], id="a separator with a comment"),
        pytest.param("a: 1\n---# comment\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})], id="a separator with a comment, close by"),
        pytest.param("a: 1\n--- {b: 2}\n", [(0, {"a": 1}), (1, {"b": 2})], id="content on the line of the separator"),
        pytest.param("a: 1\n---\n# none\n---\nb: 2", [(0, {"a": 1}), (1, None), (2, {"b": 2})], id="an empty document counts"),
        pytest.param("a: 1\n...\n---\nb: 2\n...\n", [(0, {"a": 1}), (1, {"b": 2})], id="document ends are allowed"),
        pytest.param("%YAML 1.1\n---\na: 1\n", [(0, {"a": 1})], id="a directive"),
        pytest.param("a: |\n  ---\n  b\n---\nc: 1\n", [(0, {"a": "---\nb\n"}), (1, {"c": 1})], id="dashes inside a block are text"),
        pytest.param("a: |\n  b", [(0, {"a": "b\n"})], id="the last line ends even when the file does not say so"),
        pytest.param("a: [\n---\nb: 2\n", [(0, "fault at 2"), (1, {"b": 2})], id="a document behind a broken one is read"),
        pytest.param(
            "a: 1\n---\nb: 'x\n---\nc: 3\n", [(0, {"a": 1}), (1, "fault at 4"), (2, {"c": 3})], id="documents around a broken one are read"
        ),
        pytest.param("a: {\n---\nb: @x\n---\nc: 3\n", [(0, "fault at 2"), (1, "fault at 3"), (2, {"c": 3})], id="two broken ones are told"),
        pytest.param(
            "%YAML 1.1\n# c\n---\na: [\n---\nb: 1\n",
            [(0, "fault at 5"), (1, {"b": 1})],
            id="directives stay with their document when the stream is cut",
        ),
        pytest.param(
            "a: 1\n...\nb: [\n---\nc: 1", [(0, {"a": 1}), (1, "fault at 3"), (2, {"c": 1})], id="a broken document behind a document end"
        ),
        pytest.param("a: \x07\n---\nb: 1\n", [(0, "fault at 1"), (1, {"b": 1})], id="a control character spoils its own document only"),
        pytest.param("a: \ud800\n---\nb: 1\n", [(0, "fault at 1"), (1, {"b": 1})], id="a lone surrogate too"),
        pytest.param(
            "a: &x 1\nb: &x 2\n---\nc: [\n---\nd: &x 1\ne: &x 2\n",
            [(0, {"a": 1, "b": 2}), (1, "fault at 5"), (2, {"d": 1, "e": 2})],
            id="repeated anchors around a broken document",
        ),
        pytest.param(
            "\ufeffa: 1\r\nb: 2\r\n---\r\nc: 3\r\n", [(0, {"a": 1, "b": 2}), (1, {"c": 3})], id="a byte order mark and Windows line ends"
        ),
    ],
)
def test_streams_of_documents(text: str, expected: list[tuple[int, Any]]) -> None:
    assert documents(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a:\n\tb: 1\n", "tab", id="a tab as indentation"),
        pytest.param("a: @x\n", "cannot begin with @", id="a reserved sign"),
        pytest.param("a: `x`\n", "cannot begin with `", id="a backtick"),
        pytest.param("a: \x07\n", "U+0007", id="a control character"),
        pytest.param("a: \ud800\n", "U+D800", id="a lone surrogate"),
        pytest.param("x:\n  a: 1\n b: 2\n", "line 1", id="the beginning of what could not be finished"),
        pytest.param("[" * 300 + "]" * 300, "nested deeper than", id="too deep for us"),
        pytest.param("[" * 5000, "nested too deeply", id="too deep for libyaml"),
    ],
)
def test_faults_say_what_helps(text: str, words: str) -> None:
    assert words in fault(text).message


def test_lines_are_those_of_an_editor_whatever_yaml_takes_for_a_line_end() -> None:
    found = fault("a: 'x\u2028y\x85z'\nb: 1\nb: 2\n")
    assert (found.line, found.excerpt) == (3, "b: 2")
    assert "first at line 2" in found.message


def test_the_line_of_a_document_is_that_of_its_first_node() -> None:
    lines = [document.line for document in read_yaml("# c\n\na: 1\n---\n\n# d\nb: 2\n") if isinstance(document, ParsedDocument)]
    assert lines == [3, 7]


def bomb(levels: int, width: int) -> str:
    """Each list holds the one before `width` times."""
    rows = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * width)}]" for at in range(1, levels)]
    return "\n".join(rows)


def test_an_alias_bomb_is_refused_and_modest_sharing_is_not() -> None:
    assert "alias" in fault(bomb(9, 10)).message
    assert only(bomb(3, 10))["l2"][0][0] == ["x"] * 10


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    def seconds(count: int) -> float:
        text = "".join(f"---\nkind: A\nm: {{n: {at}, t: 'x y', l: [a, b]}}\n" for at in range(count)) + "--- [\n"
        began = time.process_time()
        assert len(list(read_yaml(text))) == count + 1
        return time.process_time() - began

    # 4: room for noise; a quadratic reader would take 16 times as long again.
    assert seconds(8000) < 16 * min(seconds(500) for _ in range(3)) * 4


def test_merge_keys_deep_inside_one_another_take_no_time() -> None:
    text = "{}"
    for _ in range(60):
        text = f"{{a: {text}, <<: {{b: 1}}}}"
    assert only(text)["a"]["a"] == only(text)["a"]["a"]


def test_a_key_that_cannot_be_one_is_told_once_and_hides_nothing() -> None:
    found = list(read_yaml("a: 1\nnull: 2\n~: 3\n[x]: .inf\na: .nan\n"))
    assert [document.line for document in found if isinstance(document, SyntaxFault)] == [2, 3, 4, 4, 5, 5]


# What PyYAML can write and JSON can hold.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | TEXTS
    | st.sampled_from(["y", "N", "1e3", "010", "1:30", "0o7", "<<", "~", "2001-01-01", "1_0", ".inf"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.sampled_from(["y", "1e3", "<<", "1", "null"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def quoted(value: Any) -> str:
    """YAML with every text in double quotes, so that no reader's table matters."""
    if isinstance(value, str):
        return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=math.inf).strip()
    if isinstance(value, list):
        return f"[{', '.join(map(quoted, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'? {quoted(key)} : {quoted(item)}' for key, item in value.items())}}}"
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)


@given(JSON_VALUES)
@settings(deadline=None)
def test_json_values_survive_being_written_as_yaml(value: Any) -> None:
    assert exactly(only(quoted(value))) == exactly(value)


@given(st.text(st.characters(), max_size=60) | st.text("a:-[]{}&*!|>'\"%@`#,?<~ \n\t\r1.0e\x85\u2028\ufeff\x00\ud800", max_size=80))
@settings(deadline=None, max_examples=400)
def test_reading_never_raises(text: str) -> None:
    for document in read_yaml(text):
        if isinstance(document, SyntaxFault):
            assert 1 <= document.line <= text.count("\n") + 2
            assert document.column >= 1


@given(st.lists(st.sampled_from(["a: 1\n", "b: [\n", "c: @\n", "d: 'x\n", "# e\n", "f: &x 1\ng: &x 2\n"]), min_size=1, max_size=6))
@settings(deadline=None)
def test_a_broken_document_never_hides_another(parts: list[str]) -> None:
    alone = [documents(f"---\n{part}")[0][1] for part in parts]
    found = documents("".join(f"---\n{part}" for part in parts))
    assert [index for index, _ in found] == list(range(len(parts)))
    assert [isinstance(value, str) for _, value in found] == [isinstance(value, str) for value in alone]
