"""What every CEL runtime must do; a further runtime is one more entry of RUNTIMES."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.cel.environment import Environment
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.ports import CelRuntime, CompileError, EvaluationError, Program, Read
from guardrail.runtimes.cel_python import CelpyRuntime

if TYPE_CHECKING:
    from collections.abc import Callable


class OwnEngine:
    """The engine of our own over variables of which nothing is declared; the product declares the view."""

    name = "guardrail"

    def compile(self, source: str) -> Program:
        names = set(re.findall(r"[a-z_]\w*", source, re.IGNORECASE))
        return Environment(dict.fromkeys(names - RESERVED, "dyn")).compile(source)


RESERVED = frozenset(
    {
        "in",
        "true",
        "false",
        "null",
        "int",
        "uint",
        "double",
        "bool",
        "string",
        "bytes",
        "list",
        "map",
        "type",
        "dyn",
        "null_type",
        "timestamp",
        "duration",
    }
)
RUNTIMES: dict[str, Callable[[], CelRuntime]] = {"cel-python": CelpyRuntime, "guardrail": OwnEngine}
ERROR = object()  # any evaluation error


@pytest.fixture(params=sorted(RUNTIMES))
def runtime(request: pytest.FixtureRequest) -> CelRuntime:
    return RUNTIMES[request.param]()


def evaluated(runtime: CelRuntime, source: str, **variables: Any) -> Any:
    """The value. What a gradual checker refuses is an error too: told earlier, but no other answer."""
    try:
        program = runtime.compile(source)
    except CompileError as refused:
        return EvaluationError(str(refused))
    return program.evaluate(variables)


def same(found: Any, wanted: Any) -> bool:
    if wanted is ERROR:
        return isinstance(found, EvaluationError)
    return type(found) is type(wanted) and bool(found == wanted)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        pytest.param("1 + 2 * 3", 7, id="products before sums"),
        pytest.param("-7 / 2", -3, id="integers divide towards zero"),
        pytest.param("-7 % 2", -1, id="the remainder has the sign of the dividend"),
        pytest.param("7 / 0", ERROR, id="an integer divided by zero is an error"),
        pytest.param("1.0 / 0.0", float("inf"), id="a double divided by zero is infinite"),
        pytest.param("9223372036854775807 + 1", ERROR, id="int64 overflows in a sum"),
        pytest.param("-9223372036854775807 - 2", ERROR, id="int64 overflows in a difference"),
        pytest.param("4611686018427387904 * 2", ERROR, id="int64 overflows in a product"),
        pytest.param("1 + 1.0", ERROR, id="arithmetic does not mix integers and doubles"),
        pytest.param('1 + "a"', ERROR, id="arithmetic does not mix numbers and texts"),
        pytest.param("1 < 1.5", True, id="integers and doubles compare by value"),
        pytest.param("2u >= 2", True, id="unsigned and signed compare by value"),
        pytest.param("dyn(1) == 1.0", True, id="an integer equals a double of the same value"),
        pytest.param("dyn(1) == true", False, id="a number does not equal a truth value"),
        pytest.param('dyn(1) == "1"', False, id="different types are unequal, not an error"),
        pytest.param('dyn("1") in [1, 2]', False, id="in compares without errors across types"),
        pytest.param("dyn(2.0) in [1, 2]", True, id="in compares numbers by value"),
        pytest.param("dyn(true) in [1]", False, id="a truth value is not the number 1 in a list"),
        pytest.param("[1, [2.0]] == [1, [2]]", True, id="lists compare member by member"),
        pytest.param('{"a": dyn(1)} == {"a": dyn(1.0)}', True, id="maps compare entry by entry"),
        pytest.param('{"a": 1} != {"b": 1}', True, id="maps with other keys differ"),
        pytest.param('"b" < "a"', False, id="texts compare by code points"),
        pytest.param("[1] < [2]", ERROR, id="lists have no order"),
        pytest.param('"a" + "b"', "ab", id="texts add up"),
        pytest.param("[1] + [2]", [1, 2], id="lists add up"),
        pytest.param("true ? 1 : 1 / 0", 1, id="the branch not taken is not evaluated"),
        pytest.param("true || 1 / 0 == 1", True, id="or absorbs an error on its right"),
        pytest.param("1 / 0 == 1 || true", True, id="or absorbs an error on its left"),
        pytest.param("1 / 0 == 1 && false", False, id="and absorbs an error"),
        pytest.param("1 / 0 == 1 && true", ERROR, id="and does not absorb an error beside true"),
        pytest.param("1 && true", ERROR, id="a number is no truth value"),
        pytest.param('"x" ? 1 : 2', ERROR, id="a text is no condition"),
        pytest.param("!1", ERROR, id="a number cannot be negated logically"),
        pytest.param("[1, 2, 3].all(x, x > 0)", True, id="all holds for every member"),
        pytest.param("[].all(x, x > 0)", True, id="all holds for an empty list"),
        pytest.param("[].exists(x, true)", False, id="exists does not hold for an empty list"),
        pytest.param("[0, 1].all(x, 1 / x > 5)", False, id="all absorbs an error beside false"),
        pytest.param("[0, 1].exists(x, 1 / x == 1)", True, id="exists absorbs an error beside true"),
        pytest.param("[1, 2, 2].exists_one(x, x == 1)", True, id="exists_one counts one"),
        pytest.param("[1, 2, 2].exists_one(x, x == 2)", False, id="exists_one refuses two"),
        pytest.param("[1, 2, 3].filter(x, x != 2)", [1, 3], id="filter keeps order"),
        pytest.param("[1, 2].map(x, x * 2)", [2, 4], id="map"),
        pytest.param("[1, 2, 3].map(x, x > 1, x * 2)", [4, 6], id="map with a condition"),
        pytest.param('{"a": 1, "b": 2}.filter(k, k != "a")', ["b"], id="filter runs over the keys of a map"),
        pytest.param('{"a": 1, "b": 2}.map(k, k + "!")', ["a!", "b!"], id="map runs over the keys of a map"),
        pytest.param('{"a": 1}.all(k, k == "a")', True, id="all runs over the keys of a map"),
        pytest.param("[[1, 2], [3]].all(x, x.exists(y, y > 1))", True, id="macros nest"),
        pytest.param("[1].all(x, [2].all(x, x == 2) && x == 1)", True, id="an inner loop variable hides the outer one"),
        pytest.param("(5).all(x, true)", ERROR, id="a number has no members"),
        pytest.param('"a" in {"a": 1}', True, id="in asks for the key of a map"),
        pytest.param('{"a": 1}.a', 1, id="a key is selected"),
        pytest.param('{"a": 1}.b', ERROR, id="a key that is not there is an error"),
        pytest.param('{"a": 1}["b"]', ERROR, id="an index that is not there is an error"),
        pytest.param("[1][1]", ERROR, id="an index out of bounds is an error"),
        pytest.param("[1, 2][1]", 2, id="a list is indexed from zero"),
        pytest.param('has({"a": 1}.a)', True, id="has is true for a key that is there"),
        pytest.param('has({"a": 1}.b)', False, id="has is false for a key that is not there"),
        pytest.param('size("äö")', 2, id="size counts code points"),
        pytest.param('"abc".size()', 3, id="size is a method too"),
        pytest.param('size({"a": 1})', 1, id="size of a map"),
        pytest.param("size(1)", ERROR, id="a number has no size"),
        pytest.param('"run:x".startsWith("run:")', True, id="startsWith"),
        pytest.param('"abc".endsWith("bc")', True, id="endsWith"),
        pytest.param('"abc".contains("b")', True, id="contains"),
        pytest.param('"abc".matches("^a.c$")', True, id="matches"),
        pytest.param('"xabc".matches("b")', True, id="matches searches"),
        pytest.param('"a".matches("(")', ERROR, id="a broken pattern is an error"),
        pytest.param('"ÄbC".lowerAscii()', "Äbc", id="lowerAscii leaves other letters alone"),
        pytest.param('"äbc".upperAscii()', "äBC", id="upperAscii leaves other letters alone"),
        pytest.param('"a-b-c".replace("-", "")', "abc", id="replace takes every occurrence"),
        pytest.param('"a-b-c".replace("-", "", 1)', "ab-c", id="replace takes a limit"),
        pytest.param('"a,b,c".split(",")', ["a", "b", "c"], id="split"),
        pytest.param('"a,b,c".split(",", 2)', ["a", "b,c"], id="split takes a limit"),
        pytest.param('"a,b".split(",", 0)', [], id="split into nothing"),
        pytest.param('"ab".split("")', ["a", "b"], id="split into letters"),
        pytest.param('["a", "b"].join(", ")', "a, b", id="join"),
        pytest.param('["a", "b"].join()', "ab", id="join without a separator"),
        pytest.param("[1].join()", ERROR, id="join takes texts only"),
        pytest.param("string(1)", "1", id="string of an integer"),
        pytest.param("string(1.5)", "1.5", id="string of a double"),
        pytest.param("string(2.0)", "2", id="string of a whole double"),
        pytest.param("string(true)", "true", id="string of a truth value"),
        pytest.param("string([1])", ERROR, id="a list has no text"),
        pytest.param('int("12")', 12, id="int of a text"),
        pytest.param('int("1.5")', ERROR, id="int refuses a text that is none"),
        pytest.param("int(-1.9)", -1, id="int cuts towards zero"),
        pytest.param("int(1e30)", ERROR, id="int refuses what does not fit"),
        pytest.param('double("1.5")', 1.5, id="double of a text"),
        pytest.param("double(2)", 2.0, id="double of an integer"),
        pytest.param("type(1) == int", True, id="type of an integer"),
        pytest.param("type(1.0) == int", False, id="type of a double"),
        pytest.param('type("a") == type("b")', True, id="types compare"),
        pytest.param('timestamp("2026-11-24T00:00:00Z") < timestamp("2026-11-24T00:00:01Z")', True, id="instants compare"),
        pytest.param('timestamp("2026-11-24")', ERROR, id="a date is no instant"),
        pytest.param(
            'timestamp("2026-11-24T00:00:00Z") - timestamp("2026-11-23T00:00:00Z") == duration("24h")', True, id="instants differ by spans"
        ),
        pytest.param('timestamp("2026-11-24T00:00:00Z") + duration("1h") == timestamp("2026-11-24T01:00:00Z")', True, id="a span is added"),
        pytest.param('duration("90m") > duration("1h")', True, id="spans compare"),
        pytest.param('duration("soon")', ERROR, id="a word is no span"),
        pytest.param('string(timestamp("2026-11-24T00:00:00Z"))', "2026-11-24T00:00:00Z", id="string of an instant"),
        pytest.param('glob("aws_iam_*", "aws_iam_role")', True, id="glob with a star"),
        pytest.param('glob("a?c", "abc")', True, id="glob with a question mark"),
        pytest.param('glob("[ab]", "a")', False, id="brackets mean themselves in a glob"),
        pytest.param('glob("a", "abc")', False, id="a glob matches the whole text"),
        pytest.param("show(24.0)", "24", id="show drops the point of a whole number"),
        pytest.param("show(0.5)", "0.5", id="show keeps what matters"),
        pytest.param("show(0.1428571428)", "0.142857", id="show rounds to the precision of the view"),
        pytest.param("show(-0.0)", "0", id="show knows no negative zero"),
        pytest.param("show(1)", ERROR, id="show takes doubles"),
        pytest.param('nearest("tean", ["owner", "team"])', "team", id="nearest finds the closest"),
        pytest.param('nearest("ab", ["ac", "aa"])', "aa", id="nearest breaks ties by order of letters"),
        pytest.param('nearest("a", [])', ERROR, id="nearest of nothing is an error"),
        pytest.param('editDistance("team", "tema")', 1, id="exchanging neighbours is one edit"),
        pytest.param('editDistance("", "abc")', 3, id="edits from nothing"),
        pytest.param("missing", ERROR, id="a variable that is not given is an error"),
        pytest.param(r'"a\n\"b\" \u00e4"', 'a\n"b" ä', id="escapes in texts"),
        pytest.param(r'r"a\n"', r"a\n", id="raw texts"),
        pytest.param("0x1F", 31, id="hexadecimal integers"),
        pytest.param("null == null", True, id="null equals null"),
        pytest.param("1 // a comment", 1, id="comments are skipped"),
    ],
)
def test_values(runtime: CelRuntime, source: str, wanted: Any) -> None:
    assert same(evaluated(runtime, source), wanted)


A, B = Unknown(["var.a"]), Unknown(["var.b"])
BOTH = A | B
BROKEN = EvaluationError("broken")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        pytest.param("a", A, id="an unknown is itself"),
        pytest.param("a.x.y", A, id="what is below an unknown is unknown"),
        pytest.param('a["x"]', A, id="an index into an unknown is unknown"),
        pytest.param("[1][a]", A, id="an unknown index is unknown"),
        pytest.param("has(a.x)", A, id="has of an unknown is unknown"),
        pytest.param("has(view.region)", A, id="has of an unknown field is unknown"),
        pytest.param("has(view.name)", True, id="has of a known field beside it is known"),
        pytest.param("has(view.zone)", False, id="has of an absent field beside it is known"),
        pytest.param("a && false", False, id="and absorbs an unknown on its left"),
        pytest.param("false && a", False, id="and absorbs an unknown on its right"),
        pytest.param("a && true", A, id="and keeps an unknown beside true"),
        pytest.param("a || true", True, id="or absorbs an unknown"),
        pytest.param("a || false", A, id="or keeps an unknown beside false"),
        pytest.param("a && b", BOTH, id="two unknowns are united by and"),
        pytest.param("a || b", BOTH, id="two unknowns are united by or"),
        pytest.param("!a", A, id="not of an unknown is unknown"),
        pytest.param("true ? 1 : a", 1, id="the branch not taken may be unknown"),
        pytest.param("false ? 1 : a", A, id="the branch taken decides"),
        pytest.param("a ? 1 : 1", A, id="an unknown condition is unknown"),
        pytest.param("a + b", BOTH, id="operators unite unknowns"),
        pytest.param("a == 1", A, id="equality with an unknown is unknown"),
        pytest.param("a != b", BOTH, id="inequality of unknowns is unknown"),
        pytest.param("a < b", BOTH, id="order of unknowns is unknown"),
        pytest.param("a in [1]", A, id="an unknown in a list is unknown"),
        pytest.param("a in {}", A, id="an unknown in a map is unknown"),
        pytest.param("size(a) + 1 / 0", A, id="an unknown beats an error"),
        pytest.param("broken && a", A, id="an unknown beats an error in and"),
        pytest.param("a || broken", A, id="an unknown beats an error in or"),
        pytest.param("broken", BROKEN, id="a variable may be an error"),
        pytest.param("broken.x", BROKEN, id="what is below an error is the error"),
        pytest.param("broken || true", True, id="or absorbs a variable that is an error"),
        pytest.param("a.startsWith('x')", A, id="a method of an unknown is unknown"),
        pytest.param("'x'.startsWith(a)", A, id="a method with an unknown argument is unknown"),
        pytest.param("glob('x', a)", A, id="a function of an unknown is unknown"),
        pytest.param("string(a)", A, id="a conversion of an unknown is unknown"),
        pytest.param("[1, a]", A, id="a list with an unknown member is unknown"),
        pytest.param("a.all(x, true)", A, id="all over an unknown is unknown"),
        pytest.param("a.map(x, x)", A, id="map over an unknown is unknown"),
        pytest.param("items.all(x, x == 'p')", A, id="all is unknown when only the unknown member could break it"),
        pytest.param("items.all(x, x == 'q')", False, id="all is false when a known member breaks it"),
        pytest.param("items.exists(x, x == 'p')", True, id="exists is true when a known member does"),
        pytest.param("items.exists(x, x == 'q')", A, id="exists is unknown when only the unknown member could"),
        pytest.param("items.exists_one(x, x == 'p')", A, id="exists_one needs every member"),
        pytest.param("items.filter(x, x == 'p')", A, id="filter over an unknown member is unknown"),
        pytest.param("items.map(x, 1)", A, id="map over an unknown member is unknown"),
        pytest.param("size(items)", A, id="the size of a list with an unknown member is unknown"),
        pytest.param("items.join(',')", A, id="join of a list with an unknown member is unknown"),
        pytest.param("'p' in items", A, id="in a list with an unknown member is unknown"),
        pytest.param("items == ['p', 'q']", A, id="equality of a list with an unknown member is unknown"),
        pytest.param("items + [b]", BOTH, id="a sum of lists unites their unknowns"),
        pytest.param("items[0]", "p", id="a known member of such a list is known"),
        pytest.param("items[1]", A, id="the unknown member of such a list is unknown"),
        pytest.param("[1, 2].map(x, a)", A, id="map to an unknown is unknown"),
        pytest.param("[1, 2].filter(x, a)", A, id="filter by an unknown is unknown"),
        pytest.param("[1].all(x, a || true)", True, id="absorption inside a macro"),
    ],
)
def test_unknown_values(runtime: CelRuntime, source: str, wanted: Any) -> None:
    found = evaluated(runtime, source, a=A, b=B, broken=BROKEN, items=["p", A], view={"region": A, "name": "n"})
    assert same(found, wanted)


ONE_KEY = PartialMap({"team": "vision", "owner": A}, maybe={"cost": B})
OPEN = PartialMap({"team": "vision"}, unlisted=A)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        pytest.param("'team' in one", True, id="a listed key is there"),
        pytest.param("'owner' in one", True, id="a key with an unknown value is there"),
        pytest.param("one.owner", A, id="reading an unknown value is unknown"),
        pytest.param("one['owner'] == 'x'", A, id="comparing an unknown value is unknown"),
        pytest.param("has(one.owner)", True, id="has of a key with an unknown value is true"),
        pytest.param("'cost' in one", B, id="the presence of a doubtful key is unknown"),
        pytest.param("has(one.cost)", B, id="has of a doubtful key is unknown"),
        pytest.param("one['cost']", B, id="reading a doubtful key is unknown"),
        pytest.param("'other' in one", False, id="a doubtful key does not touch the others"),
        pytest.param("one.other", ERROR, id="a key that is surely absent is an error"),
        pytest.param("one.exists(k, k == 'team')", True, id="exists is decided by a known entry"),
        pytest.param("one.all(k, k == 'team')", False, id="all is decided by a known entry"),
        pytest.param("one.exists(k, k == 'zone')", B, id="exists is unknown when no known entry decides"),
        pytest.param("one.all(k, k != 'zone')", B, id="all is unknown when no known entry breaks it"),
        pytest.param("size(one)", B, id="the size of a map with a doubtful key is unknown"),
        pytest.param("one.map(k, k)", B, id="map over a doubtful key is unknown"),
        pytest.param("one.filter(k, true)", B, id="filter over a doubtful key is unknown"),
        pytest.param("one == {}", BOTH, id="equality of such a map is unknown"),
        pytest.param("'team' in open", True, id="a listed key of an open map is there"),
        pytest.param("open.team", "vision", id="a listed value of an open map is known"),
        pytest.param("'other' in open", A, id="an unlisted key of an open map is unknown"),
        pytest.param("open['other']", A, id="reading an unlisted key of an open map is unknown"),
        pytest.param("open.exists(k, k == 'team')", True, id="exists over an open map is decided by a known entry"),
        pytest.param("open.all(k, k == 'team')", A, id="all over an open map is unknown"),
        pytest.param("open.map(k, k)", A, id="map over an open map is unknown"),
        pytest.param("['team', 'other'].all(k, k in open)", A, id="a key that may arrive later is undecided"),
        pytest.param("['zone', 'cost'].all(k, k in one)", False, id="a key that is surely missing decides beside a doubtful one"),
    ],
)
def test_maps_that_are_not_known_as_a_whole(runtime: CelRuntime, source: str, wanted: Any) -> None:
    assert same(evaluated(runtime, source, one=ONE_KEY, open=OPEN), wanted)


def test_values_are_given_back_as_they_are(runtime: CelRuntime) -> None:
    """So that a named expression means the same as what it stands for."""
    members = ["p", A]
    assert evaluated(runtime, "items", items=members) == members
    assert isinstance(evaluated(runtime, "view.tags", view={"tags": OPEN}), PartialMap)


def test_instants_may_be_given_as_values(runtime: CelRuntime) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert evaluated(runtime, 'now < timestamp("2026-11-25T00:00:00Z")', now=now) is True


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        pytest.param("resource.gpu.total_max <= 8", [Read(("resource", "gpu", "total_max"), 1, 1)], id="a chain of selections"),
        pytest.param("1 <=\n  params.cap", [Read(("params", "cap"), 2, 3)], id="line and column count from one"),
        pytest.param("has(resource.region)", [Read(("resource", "region"), 1, 5)], id="what has() asks for"),
        pytest.param('params.max["dev"].gpu', [Read(("params", "max"), 1, 1)], id="a chain ends at an index"),
        pytest.param("resource.tags.size()", [Read(("resource", "tags"), 1, 1)], id="a method is no selection"),
        pytest.param(
            "resource.sets.all(s, s.name == x)", [Read(("resource", "sets"), 1, 1), Read(("x",), 1, 32)], id="loop variables are not free"
        ),
        pytest.param("x.all(y, y) && y", [Read(("x",), 1, 1), Read(("y",), 1, 16)], id="a name is free outside of its loop"),
        pytest.param("type(1) == int", [], id="names of types are no reads"),
        pytest.param("[a, {'k': b}][0]", [Read(("a",), 1, 2), Read(("b",), 1, 11)], id="members of lists and maps"),
    ],
)
def test_reads(runtime: CelRuntime, source: str, wanted: list[Read]) -> None:
    assert sorted(runtime.compile(source).reads, key=lambda read: (read.line, read.column)) == wanted


@pytest.mark.parametrize(
    ("source", "line", "columns"),  # several: a runtime may point at the name or at the parenthesis of a call, as cel-go does
    [
        pytest.param("", 1, {1}, id="nothing"),
        pytest.param("1 +", 1, {4}, id="half an expression"),
        pytest.param("a\n  && && b", 2, {6}, id="two operators"),
        pytest.param("(a", 1, {3}, id="an open parenthesis"),
        pytest.param("a ==\n unheard(1)", 2, {2, 9}, id="a function that does not exist"),
        pytest.param("a.unheard()", 1, {3, 10}, id="a method that does not exist"),
        pytest.param("size(1, 2)", 1, {1, 5}, id="too many arguments"),
        pytest.param("has(a)", 1, {1, 5}, id="has of no selection"),
        pytest.param("a.all(1, true)", 1, {3, 7}, id="a macro without a name"),
        pytest.param("9223372036854775808", 1, {1}, id="a number of more than 64 bits"),
    ],
)
def test_faults_have_a_place(runtime: CelRuntime, source: str, line: int, columns: set[int]) -> None:
    with pytest.raises(CompileError) as caught:
        runtime.compile(source)
    (fault,) = caught.value.faults
    assert fault.line == line
    assert fault.column in columns
    assert all(fault.message for fault in caught.value.faults)


def test_every_fault_is_told_at_once(runtime: CelRuntime) -> None:
    with pytest.raises(CompileError) as caught:
        runtime.compile("first(1) && second(2)")
    first, second = (fault.column for fault in caught.value.faults)
    assert first in {1, 6}
    assert second in {13, 19}


def test_long_chains_do_not_exhaust_the_stack(runtime: CelRuntime) -> None:
    assert evaluated(runtime, " || ".join(["false"] * 2_000)) is False


def test_deep_nesting_is_a_fault_and_no_crash(runtime: CelRuntime) -> None:
    source = "(" * 3_000 + "1" + ")" * 3_000
    try:
        assert runtime.compile(source).evaluate({}) == 1
    except CompileError as error:
        assert error.faults  # noqa: PT017 - either answer is right; a crash is not


_SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5)
_JSON = st.recursive(
    _SCALARS | st.sampled_from([A, B]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
BLAMED = [
    ("the entry that is wrong", "a.all(k, a[k] != 'x')", {"a": {"p": "y", "q": "x"}}, ("a", "q")),
    ("the side that is false", "a.b == 1 && a.c == 1", {"a": {"b": 1, "c": 2}}, ("a", "c")),
]


@pytest.mark.parametrize(("sentence", "source", "variables", "path"), BLAMED, ids=[row[0] for row in BLAMED])
def test_a_runtime_that_blames_blames_rightly(
    runtime: CelRuntime, sentence: str, source: str, variables: dict[str, Any], path: tuple[str, ...]
) -> None:
    assert runtime.compile(source).blamed(variables) in ((), (path,)), sentence


_SOURCES = (
    "a == b",
    "a < b",
    "a + b",
    "a in b",
    "a && b",
    "a || b",
    "a ? a : b",
    "a[b]",
    "a.x",
    "has(a.x)",
    "a.all(i, i == b)",
    "a.exists(i, i == b)",
    "a.filter(i, i == b)",
    "a.map(i, i)",
    "size(a)",
    "string(a)",
    "int(a)",
    "double(a)",
    "a.join(b)",
    "a.startsWith(b)",
    "glob(a, b)",
    "show(a)",
    "nearest(a, b)",
    "timestamp(a)",
    "duration(a)",
    "a / b",
    "a - b",
    "a % b",
    "-a",
    "!a",
    "type(a) == type(b)",
)


@given(source=st.sampled_from(_SOURCES), a=_JSON, b=_JSON)
def test_evaluation_never_raises(source: str, a: Any, b: Any) -> None:
    for name in sorted(RUNTIMES):
        RUNTIMES[name]().compile(source).evaluate({"a": a, "b": b})


@given(a=_JSON, b=_JSON)
def test_equality_is_symmetric(a: Any, b: Any) -> None:
    for name in sorted(RUNTIMES):
        program = RUNTIMES[name]().compile("a == b")
        assert program.evaluate({"a": a, "b": b}) == program.evaluate({"a": b, "b": a})


@given(parts=st.lists(st.sampled_from([True, False, A, B, BROKEN]), min_size=1, max_size=5))
def test_and_is_the_mirror_of_or(parts: list[Any]) -> None:
    names = [f"p{at}" for at in range(len(parts))]
    variables = dict(zip(names, parts, strict=True))
    for name in sorted(RUNTIMES):
        runtime = RUNTIMES[name]()
        both = runtime.compile(" && ".join(names)).evaluate(variables)
        mirrored = runtime.compile("!(" + " || ".join(f"!{part}" for part in names) + ")").evaluate(variables)
        assert _without_place(both) == _without_place(mirrored)


def _without_place(value: Any) -> Any:
    return value.message if isinstance(value, EvaluationError) else value
