"""What parses, what does not, and where the fault is said to be."""

from __future__ import annotations

import time

import pytest

from guardrail.cel import CompileError, Environment, EvaluationError
from guardrail.cel.parser import MAX_NESTING

ENVIRONMENT = Environment({"object": "dyn", "a": "int", "s": "string"})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("1 + 2 * 3", 7, id="products bind tighter than sums"),
        pytest.param("(1 + 2) * 3", 9, id="parentheses group"),
        pytest.param("10 - 4 - 3", 3, id="differences lean left"),
        pytest.param("1 + 1 == 2 && !false", True, id="comparisons bind tighter than conjunctions"),
        pytest.param("false || true && false", False, id="conjunctions bind tighter than disjunctions"),
        pytest.param("true ? 1 : false ? 2 : 3", 1, id="conditionals lean right"),
        pytest.param("--1", 1, id="two minus signs cancel out"),
        pytest.param("!!true", True, id="two negations cancel out"),
        pytest.param("!(-1 == 1)", True, id="a minus belongs to its number"),
        pytest.param("-9223372036854775808", -(2**63), id="the least integer can be written"),
        pytest.param("0xFF", 255, id="integers may be hexadecimal"),
        pytest.param("1e3", 1000.0, id="an exponent makes a double"),
        pytest.param("[1, 2,]", [1, 2], id="a list may end with a comma"),
        pytest.param("[,]", [], id="a lone comma is allowed by the grammar"),
        pytest.param(r"'a\tA\101\x41\U00000041'", "a\tAAAA", id="strings have escapes"),
        pytest.param(r"r'\n'", "\\n", id="raw strings have none"),
        pytest.param("'''a\nb'''", "a\nb", id="three quotes span lines"),
        pytest.param(r"b'\xff\377'", b"\xff\xff", id="bytes escapes are octets"),
        pytest.param("1 // two\n+ 1", 2, id="a comment ends with its line"),
        pytest.param("{'a': 1}.a", 1, id="a map entry can be selected"),
        pytest.param("{'a b': 1}.`a b`", 1, id="a field name can be quoted"),
    ],
)
def test_expression_has_value(source: str, value: object) -> None:
    assert Environment().compile(source).evaluate({}) == value


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        pytest.param("1 +", ["1:4: Syntax error: mismatched input '<EOF>' expecting an expression"], id="an operand is missing"),
        pytest.param("(1", ["1:3: Syntax error: mismatched input '<EOF>' expecting ')'"], id="a bracket is open"),
        pytest.param("1 2", ["1:3: Syntax error: mismatched input '2' expecting <EOF>"], id="an operator is missing"),
        pytest.param("true ? 1", ["1:9: Syntax error: mismatched input '<EOF>' expecting ':'"], id="a conditional lacks its last branch"),
        pytest.param("'a", ["1:1: Syntax error: string literal is not closed"], id="a string is not closed"),
        pytest.param(
            "1 $ 2",
            ["1:3: Syntax error: token recognition error at: '$'", "1:5: Syntax error: mismatched input '2' expecting <EOF>"],
            id="two faults",
        ),
        pytest.param("break", ["1:1: reserved identifier: break", "1:1: nothing is called 'break' here"][:1], id="a reserved word"),
        pytest.param("9223372036854775808", ["1:1: invalid int literal"], id="an integer is too large"),
        pytest.param("1e999", ["1:1: invalid double literal"], id="a double is too large"),
        pytest.param("has(a)", ["1:5: invalid argument to has() macro"], id="has() takes a selection"),
        pytest.param("[1].all(x.y, true)", ["1:10: argument is not an identifier"], id="a loop variable is a name"),
        pytest.param("object.\n  x +\n  y", ["3:3: nothing is called 'y' here; there is a, object, s"], id="a fault on the third line"),
        pytest.param("'é' + nope", ["1:7: nothing is called 'nope' here; there is a, object, s"], id="columns count code points"),
        pytest.param(
            "nope1 && nope2",
            ["1:1: nothing is called 'nope1' here; there is a, object, s", "1:10: nothing is called 'nope2' here; there is a, object, s"],
            id="every fault is told",
        ),
        pytest.param("1 + 'a'", ["1:3: there is no int + string; there is int + int, string + string"], id="no overload"),
        pytest.param("a.b", ["1:2: int has no fields, so no 'b'"], id="a selection on a number"),
        pytest.param(
            "s.all(x, true)",
            ["1:1: all() goes over a list or a map, not over string"],
            id="a text as range",
        ),
        pytest.param("duration('1d')", ["1:10: invalid duration argument"], id="a constant duration that is none"),
        pytest.param("s.matches('(')", ["1:11: invalid matches argument"], id="a constant pattern that is none"),
        pytest.param(
            "'%d'.format(['a'])",
            ["1:14: error during formatting: decimal clause can only be used on integers, was given string"],
            id="a format",
        ),
        pytest.param(
            "true || int('x') == 1",
            ["1:12: type conversion error from 'string' to 'int': 'x'"],
            id="a constant conversion in a dead branch",
        ),
    ],
)
def test_fault_has_place_and_message(source: str, faults: list[str]) -> None:
    with pytest.raises(CompileError) as caught:
        ENVIRONMENT.compile(source)
    assert [f"{fault.line}:{fault.column}: {fault.message}" for fault in caught.value.faults] == faults


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("1" + " + 1" * 5000, 5001, id="a sum of 5,001 terms"),
        pytest.param("true" + " && true" * 5000, True, id="a conjunction of 5,001 terms"),
        pytest.param("false ? 0 : " * 5000 + "1", 1, id="5,000 conditionals, each in the last branch of another"),
        pytest.param("''" + ".trim()" * 3000, "", id="3,000 methods in a row"),
        pytest.param("(" * 240 + "1" + " + 1)" * 240, 241, id="240 brackets"),
        pytest.param("true ? (" * 240 + "1" + ") : 2" * 240, 1, id="240 conditionals, each in the first branch of another"),
        pytest.param("!" * 5001 + "true", False, id="5,001 negations"),
        pytest.param("".join(f"[1].all(x{i}, " for i in range(60)) + "true" + ")" * 60, True, id="60 loops inside each other"),
    ],
)
def test_long_and_deep_expressions_are_exact(source: str, value: object) -> None:
    assert Environment().compile(source).evaluate({}) == value


def test_a_long_chain_of_selections_ends_in_an_ordinary_error() -> None:
    outcome = ENVIRONMENT.compile("object" + ".a" * 5000).evaluate({"object": {"a": {}}})
    assert outcome == EvaluationError("no such key: a", outcome.kind, 1, 9)


@pytest.mark.parametrize(
    "opening", [pytest.param("(", id="parentheses"), pytest.param("[", id="lists"), pytest.param("size([", id="calls")]
)
def test_nesting_has_a_stated_limit(opening: str) -> None:
    with pytest.raises(CompileError, match=f"expression nested too deeply: limit {MAX_NESTING}"):
        Environment().compile(opening * 300)


def test_source_has_a_stated_limit() -> None:
    with pytest.raises(CompileError, match="code point size exceeds limit: size: 100001, limit 100000"):
        Environment().compile("1" * 100_001)


SUGGESTIONS = [
    ("a function", "shwo(1.0)", "1:1: there is no function 'shwo'; did you mean show?"),
    (
        "a method, at its name",
        "object.name\n  .lowerAsci ()",
        "2:4: there is no method 'lowerAsci'; did you mean lowerAscii?",
    ),
    ("a variable", "objct.name", "1:1: nothing is called 'objct' here; did you mean object?"),
    ("a variable of a macro", "[1].all(item, itm > 0)", "1:15: nothing is called 'itm' here; did you mean item?"),
    ("nothing where nothing is near", "frobnicate(1)", "1:1: there is no function 'frobnicate'"),
]


@pytest.mark.parametrize(("sentence", "source", "message"), SUGGESTIONS, ids=[row[0] for row in SUGGESTIONS])
def test_an_undeclared_name_suggests(sentence: str, source: str, message: str) -> None:
    with pytest.raises(CompileError) as raised:
        Environment({"object": "dyn"}).compile(source)
    assert str(raised.value) == message, sentence


@pytest.mark.parametrize("source", [".sortBy(x, x)", ".all(x, true)", ".map(x, x)"])
def test_a_rooted_name_is_a_function_and_no_macro(source: str) -> None:
    with pytest.raises(CompileError, match="there is no function"):
        Environment({"x": "dyn"}).compile(source)


@pytest.mark.parametrize("source", ["(semver())", '("").validate()', "trim()", "dyn() == null"])
def test_an_unchecked_call_with_too_few_arguments_is_an_ordinary_error(source: str) -> None:
    program = Environment().compile_unchecked(source)
    outcome = program.measure({})
    assert isinstance(outcome.value, EvaluationError)
    assert outcome.value.kind == "no_such_overload"
    assert program.cost_estimate().least <= outcome.cost


def test_the_time_of_a_chain_of_selections_grows_with_its_length() -> None:
    environment = Environment({"object": "dyn"})

    def seconds(length: int) -> float:
        start = time.process_time()
        environment.compile("object" + ".a" * length)
        return time.process_time() - start

    assert min(seconds(16_000) for _ in range(2)) < 12 * min(seconds(4000) for _ in range(3)) + 0.3, (
        "four times the length; the square would be 16"
    )


PLAIN = [
    ("a method called as a function", "contains(s, 'x')", "1:9: 'contains' is a method: string.contains(string)"),
    (
        "a function called as a method",
        "s.int()",
        "1:6: 'int' is a function: int(int), int(double), int(duration), int(string), int(timestamp), int(uint)",
    ),
    (
        "numbers of two types",
        "a + 1.5",
        "1:3: there is no int + double; there is double + double, int + int; convert one of the numbers with double(), int() or uint()",
    ),
    ("a method of another type", "s.startsWith(1)", "1:13: there is no string.startsWith(int); there is string.startsWith(string)"),
    ("a negation", "!a", "1:1: there is no !int; there is !bool"),
    ("an index", "s[0]", "1:2: there is no string[int]; there is list(A)[int], optional_type(list(V))[int]"),
    ("times", "s - duration('1h')", "1:3: there is no string - duration; there is duration - duration, timestamp - duration"),
    ("a condition", "[1].filter(x, x)", "1:11: the condition of filter() must be a bool, not int"),
    ("a field", "o.imge", "1:2: Container has no field 'imge'; did you mean image?"),
    ("a field that is like none", "o.x", "1:2: Container has no field 'x'; it has image, name"),
]


@pytest.mark.parametrize(("sentence", "source", "message"), PLAIN, ids=[row[0] for row in PLAIN])
def test_a_fault_of_types_says_what_there_is_instead(sentence: str, source: str, message: str) -> None:
    environment = Environment({"a": "int", "s": "string", "o": "Container"}, types={"Container": {"name": "string", "image": "string"}})
    with pytest.raises(CompileError) as raised:
        environment.compile(source)
    assert str(raised.value) == message, sentence
