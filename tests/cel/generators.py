"""Hypothesis strategies: expressions, arbitrary text near the grammar, and JSON values of every awkward kind."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["booleans", "documents", "expressions", "json_values", "loops", "near_texts"]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 5, 2**63 - 1, -(2**63), 2**64, 10**40]),
    st.sampled_from([0.0, -0.0, 1.0, 1.5, float("nan"), float("inf"), 1e300]),
    st.sampled_from(["", "a", "team", "10Gi", "ok\x00evil", "\ud800", "é😀", "2024-01-01T00:00:00Z", "1h"]),
)
json_values = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "c", "x-y", ""]), inner, max_size=4)),
    max_leaves=12,
)
documents = st.dictionaries(st.sampled_from(["a", "b", "c"]), json_values, max_size=3)

_LEAVES = st.sampled_from(
    [
        *(
            "object.a",
            "object.b",
            "object.c",
            "object.a.b",
            "object.b.c",
            "object.?a",
            "object",
            "object.a[0]",
            "object['b']",
            "object[?'a']",
        ),
        *("1", "0", "-1", "2u", "1.5", "'a'", "''", "b'a'", "true", "false", "null", "[]", "{}", "[1, 2]", "['a', 'b']", "{'a': 1}"),
        *("duration('1h')", "timestamp('2024-01-01T00:00:00Z')", "9223372036854775807", "x", "k"),
    ],
)
_BINARY = ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in")
_METHODS: tuple[str, ...] = (
    "size()",
    "contains('a')",
    "startsWith('t')",
    "split(',')",
    "map(x, x)",
    "filter(x, x != null)",
    "all(x, x > 0)",
    "exists(x, x == 'a')",
)
_METHODS += (
    "exists_one(x, x == 1)",
    "distinct()",
    "sort()",
    "sum()",
    "min()",
    "join(',')",
    "transformList(k, x, x)",
    "transformMap(k, x, x)",
)
_METHODS += (
    "orValue(1)",
    "hasValue()",
    "lowerAscii()",
    "matches('[a-z]+')",
    "first()",
    "flatten()",
    "reverse()",
    "indexOf('a')",
    "sortBy(x, x)",
)
_FUNCTIONS = ("string", "int", "double", "bool", "type", "dyn", "size", "has_a", "quantity", "isQuantity", "url", "ip", "semver", "uint")


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(_BINARY), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(_METHODS)).map(lambda t: f"dyn({t[0]}).{t[1]}"),
        st.tuples(st.sampled_from(_FUNCTIONS), inner).map(lambda t: "has(object.a.b)" if t[0] == "has_a" else f"{t[0]}({t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"cel.bind(x, {t[0]}, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"dyn({t[0]}).all(x, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"dyn({t[0]}).exists(x, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"dyn({t[0]}).map(x, {t[1]})"),
        inner.map(lambda t: f"!dyn({t})"),
        inner.map(lambda t: f"-dyn({t})"),
        inner.map(lambda t: f"dyn({t}).a"),
        inner.map(lambda t: f"dyn({t})[0]"),
    )


expressions = st.recursive(_LEAVES.map(lambda leaf: f"dyn({leaf})"), _grow, max_leaves=8)
_CONDITIONS = st.sampled_from(
    (
        *("x > 0", "x != null", "x == 'a'", "x in object.a", "has(object.a.b) && x > 1", "size(x) > 0", "x in ['a', 'b', 1]", "!(x == 1)"),
        *(
            "type(x) == string",
            "string(x).contains('a')",
            "x == object.a || x == object.b",
            "[1, 2].exists(y, y == x)",
            "true",
            "1 / x > 0",
        ),
    )
)
_RANGES = st.sampled_from(
    ("object.a", "object.b", "object.c", "[1, 2, 3]", "['a', 'b', '']", "object.c.filter(y, y != 2)", "{'a': 1, 'b': 2}")
)
_BODIES = st.sampled_from(("x", "string(x) + '!'", "x + 1", "[x, x]", "{'k': x}", "size(x)", "x == 1 ? 'one' : 'more'", "dyn(x) * 2"))
_ENDS = st.sampled_from(("", ".size() > 1", "[0]", ".distinct()", ".join('-')", ".sum()", ".first()", ".exists(z, z == 1)", ".map(z, [z])"))
loops = st.one_of(
    st.tuples(_RANGES, st.sampled_from(("all", "exists", "exists_one", "filter")), _CONDITIONS).map(lambda t: f"{t[0]}.{t[1]}(x, {t[2]})"),
    st.tuples(_RANGES, _BODIES, _ENDS).map(lambda t: f"dyn({t[0]}.map(x, {t[1]})){t[2]}"),
    st.tuples(_RANGES, _CONDITIONS, _BODIES, _ENDS).map(lambda t: f"dyn({t[0]}.map(x, {t[1]}, {t[2]})){t[3]}"),
    st.tuples(_RANGES, _CONDITIONS, _BODIES).map(lambda t: f"{t[0]}.transformList(i, x, {t[1]}, {t[2]})"),
    st.tuples(_RANGES, _BODIES).map(lambda t: f"{t[0]}.transformMap(k, x, {t[1]})"),
    st.tuples(_RANGES, _CONDITIONS, _RANGES, _CONDITIONS).map(lambda t: f"{t[0]}.all(x, {t[1]}) || {t[2]}.exists(x, {t[3]})"),
)
"""Macros that often have a value."""

booleans = st.one_of(expressions, st.tuples(expressions, expressions).map(lambda t: f"dyn({t[0]}) == dyn({t[1]})"))

_FRAGMENTS = st.sampled_from(
    [
        *(
            "object",
            "a",
            ".",
            "?",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "&&",
            "||",
            "!",
            "-",
            "+",
            "*",
            "/",
            "%",
            "==",
            "<",
            "in",
            "'a'",
            '"',
            "'''",
        ),
        *(
            "1",
            "2u",
            "1.5",
            "1e9",
            "0x1F",
            "true",
            "null",
            "has(",
            ".all(x, ",
            "map(",
            "//",
            "\n",
            "\\",
            "`",
            "\x00",
            "é",
            "\ud800",
            " ",
            "for",
            "b'",
            "r'",
        ),
    ],
)
near_texts = st.one_of(st.text(max_size=30), st.lists(_FRAGMENTS, max_size=25).map("".join))
