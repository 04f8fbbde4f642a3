"""What the functions do at their edges; one example of each is in the reference."""

from __future__ import annotations

import pytest

from guardrail.cel import Environment, EvaluationError
from tests.cel.reference import shown

ENVIRONMENT = Environment({"n": "int", "s": "string", "object": "dyn"})

CASES = [
    ("a fraction is no integer", 'quantity("1.5").isInteger()', "false"),
    ("binary and decimal suffixes differ", 'quantity("1Ki") == quantity("1k")', "false"),
    ("equal quantities are equal however they are written", 'quantity("0.1") == quantity("100m")', "true"),
    ("a quantity may have an exponent", 'quantity("1e3").asInteger()', "1000"),
    ("white space is no part of a quantity", 'isQuantity(" 1")', "false"),
    ("an unknown suffix is an error", 'quantity(s + "1Kb")', "error: quantity"),
    ("an integer too large for 64 bits is an error", 'quantity(s + "1e30").asInteger()', "error: quantity"),
    ("the sum keeps its exactness", 'quantity("0.1").add(quantity("0.2")) == quantity("0.3")', "true"),
    ("a v is no part of a version", 'semver(s + "v1.0.0")', "error: semver"),
    ("normalising takes it", 'semver("v1", true) == semver("1.0.0")', "true"),
    ("a pre-release is earlier than its release", 'semver("1.0.0-alpha").isLessThan(semver("1.0.0"))', "true"),
    ("numbers in a pre-release compare as numbers", 'semver("1.0.0-alpha.10").isGreaterThan(semver("1.0.0-alpha.9"))', "true"),
    ("a leading zero is an error", 'semver(s + "01.0.0")', "error: semver"),
    ("an address with leading zeros is none", 'isIP("127.0.0.01")', "false"),
    ("an IPv4 address in IPv6 form is none", 'isIP("::ffff:1.2.3.4")', "false"),
    ("a zone is none", 'isIP("fe80::1%eth0")', "false"),
    ("a block of another family contains nothing", 'cidr("10.0.0.0/8").containsIP("::1")', "false"),
    ("a block contains itself", 'cidr("10.0.0.0/8").containsCIDR("10.0.0.0/8")', "true"),
    ("a block does not contain a wider one", 'cidr("10.0.0.0/16").containsCIDR("10.0.0.0/8")', "false"),
    ("masking clears the host bits", 'string(cidr("10.1.2.3/8").masked())', '"10.0.0.0/8"'),
    ("an address as text is canonical", 'string(ip("2001:0DB8::0001"))', '"2001:db8::1"'),
    ("a text that is no address is an error", 'ip(s + "1.2.3")', "error: network"),
    ("a relative path is no URL", 'isURL("a/b")', "false"),
    ("an absolute path is", 'isURL("/a/b")', "true"),
    ("brackets are no part of a host name", 'url("https://[::1]:80/").getHostname()', '"::1"'),
    ("a URL without a scheme is an error", 'url(s + "example.org")', "error: url"),
    ("a query may repeat a parameter", 'url("https://a/?b=1&b=2&c").getQuery()', '{"b": ["1", "2"], "c": [""]}'),
    (
        "a label longer than 63 is told so",
        'format.dns1123Label().validate("a".replace("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")).value()[0]',
        '"must be no more than 63 characters"',
    ),
    ("a format that nobody knows is none", 'format.named("nothing").hasValue()', "false"),
    ("min of an empty list is an error", "[1].filter(x, x > 5).min()", "error: empty_list"),
    ("sum of an empty list is zero", "[1].filter(x, x > 5).sum()", "0"),
    ("sum may overflow", "[9223372036854775807, n + 1].sum()", "error: overflow"),
    ("indexOf takes elements of every type", 'dyn([1, "a", [2]]).indexOf([2])', "2"),
    ("find gives the first match", '"abc123def45".find("[0-9]+")', '"123"'),
    ("findAll takes a limit", '"a1b2c3".findAll("[0-9]", 2)', '["1", "2"]'),
    ("findAll without a limit gives all", '"a1b2c3".findAll("[0-9]", -1)', '["1", "2", "3"]'),
    ("an empty separator splits into characters", '"héy".split("")', '["h", "é", "y"]'),
    ("a limit of one does not split", '"a,b".split(",", 1)', '["a,b"]'),
    ("a limit of zero gives nothing", '"a,b".split(",", 0)', "[]"),
    ("substring counts characters", '"héllo".substring(1, 3)', '"él"'),
    ("substring beyond the end is an error", "s.substring(5)", "error: index_out_of_bounds"),
    ("charAt at the end is empty", '"abc".charAt(3)', '""'),
    ("charAt beyond the end is an error", "s.charAt(1)", "error: index_out_of_bounds"),
    ("lastIndexOf with an offset begins there", '"abcabc".lastIndexOf("abc", 2)', "0"),
    ("trim knows the white space of Unicode", '"\\u2003x\\u00a0".trim()', '"x"'),
    ("replace of nothing goes between characters", '"ab".replace("", "_")', '"_a_b_"'),
    ("lowerAscii leaves other letters", '"ÀB".lowerAscii()', '"Àb"'),
    ("quote escapes", 'strings.quote("a\\tb\\"")', '"\\"a\\\\tb\\\\\\"\\""'),
    ("slice beyond the end is an error", "[1, 2].slice(0, n + 3)", "error: slice"),
    ("flatten to a depth", "[1, [2, [3]]].flatten(2)", "[1, 2, 3]"),
    ("distinct compares numbers across their types", 'dyn([1, 1.0, 1u, "1"]).distinct()', '[1, "1"]'),
    ("sort takes one type of elements", 'dyn([1, "a"]).sort()', "error: list_elements"),
    ("a range that is too long is an error", "lists.range(n + 10000000)", "error: cost_limit"),
    ("sets take numbers across their types", "sets.contains(dyn([1, 2]), dyn([1.0]))", "true"),
    ("an empty set is in every set", "sets.contains([1], [])", "true"),
    ("round goes away from zero", "math.round(-2.5)", "-3.0"),
    ("a shift by more than 63 gives zero", "math.bitShiftLeft(1, 64)", "0"),
    ("a negative shift is an error", "math.bitShiftLeft(1, n - 1)", "error: conversion"),
    ("the absolute value of the least integer is an error", "math.abs(n - 9223372036854775807 - 1)", "error: overflow"),
    ("base64 needs no padding", 'base64.decode("aGk")', 'b"hi"'),
    ("what is no base64 is an error", 'base64.decode(s + "?")', "error: conversion"),
    ("a glob has no other special characters", 'glob("a.[b]*", "a.[b]c")', "true"),
    ("a glob matches all of a text", 'glob("web", "web-1")', "false"),
    ("two neighbours exchanged are one edit", 'editDistance("ab", "ba")', "1"),
    ("nearest of nothing is an error", "nearest(s, dyn([]))", "error: empty_list"),
    ("show has six decimals at most", "show(1.0 / 3.0)", '"0.333333"'),
    ("show knows no negative zero", "show(-0.0)", '"0"'),
    ("hours of a time zone", 'timestamp("2026-07-01T00:00:00Z").getHours("Europe/Stockholm")', "2"),
    ("a time zone that nobody knows is an error", 'timestamp("2026-07-01T00:00:00Z").getHours(s + "Nowhere/At_All")', "error: timezone"),
    ("an instant out of range is an error", 'timestamp("9999-12-31T23:59:59Z") + duration(s + "1s")', "error: overflow"),
    ("a duration of months is an error", 'duration(s + "1mo")', "error: conversion"),
    ("a duration as text is in seconds", 'string(duration("1h0.5s"))', '"3600.5s"'),
    ("format shows lists and maps", '"%s %s".format([[1, 2.5], {"b": 1, "a": true}])', '"[1, 2.500000] {\\"a\\":true, \\"b\\":1}"'),
    ("format of a clause that nobody knows is an error", '(s + "%q").format([1])', "error: format"),
    ("first of an empty list is none", "[1].filter(x, false).first()", "optional.none()"),
    ("or takes the first that has a value", "optional.none().or(optional.none()).or(optional.of(3)).value()", "3"),
    ("an optional key of a missing map is none", "object.?a.b.c", "optional.none()"),
    ("an optional entry may be left out", '{?"a": object.?a, "b": 1}', '{"b": 1}'),
    ("an optional element may be left out", "[?object.?a, 1]", "[1]"),
    ("ofNonZeroValue of zero is none", "optional.ofNonZeroValue(0)", "optional.none()"),
    ("value of none is an error", "optional.of(1).optFlatMap(x, optional.none()).value()", "error: optional_none"),
]


@pytest.mark.parametrize(("sentence", "expression", "expected"), CASES, ids=[row[0] for row in CASES])
def test_functions(sentence: str, expression: str, expected: str) -> None:
    program = ENVIRONMENT.compile(expression)
    for _ in range(3):  # by the exact evaluator, then by generated code
        value = program.evaluate({"n": 0, "s": "", "object": {}})
        assert (f"error: {value.kind}" if isinstance(value, EvaluationError) else shown(value)) == expected, sentence
