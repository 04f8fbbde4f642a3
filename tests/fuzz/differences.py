"""The differences from the other two engines that are known, each with its reason. Whatever no entry covers is a finding.

An entry looks at the question, at what each says, and where that is not enough asks our engine again: with the rules of types left
out, or with every map turned round.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from guardrail.cel import CompileError, Environment, EvaluationError, Program
from guardrail.cel.nodes import MapExpr
from guardrail.cel.tree import walk
from tests.fuzz.engines import Answer, Question
from tests.fuzz.typed import ours

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KNOWN", "Case", "Known", "reason"]

_UNCHECKED = Environment({"object": "dyn"}, specification=True, folded=False)
_CHECKED = Environment({"object": "dyn"}, specification=True)


@dataclass(frozen=True)
class Case:
    """A question, our answer and the answer of one other engine."""

    question: Question
    ours: Answer
    theirs: Answer

    @property
    def text(self) -> str:
        """The expression."""
        return self.question[0]

    @property
    def values(self) -> bool:
        """Whether both have a value."""
        return self.ours.what == self.theirs.what == "value"

    @property
    def only_ours(self) -> bool:
        """Whether only we have a value."""
        return self.ours.what == "value" != self.theirs.what

    @property
    def only_theirs(self) -> bool:
        """Whether only they have a value."""
        return self.theirs.what == "value" != self.ours.what

    @cached_property
    def subject(self) -> str:
        """The object as ASCII."""
        return json.dumps(self.question[1])

    @cached_property
    def unchecked(self) -> Answer:
        """Our answer without the rules of types and without computing constants beforehand."""
        try:
            return _result(_UNCHECKED.compile_unchecked(self.text), self.question[1])
        except CompileError as error:
            return Answer("refused", text=str(error))

    @cached_property
    def turned(self) -> Answer:
        """Our answer where the entries of every map stand in the opposite order."""
        try:
            program = _CHECKED.compile(self.text)
        except CompileError as error:
            return Answer("refused", text=str(error))
        for node, _ in walk(program.tree):
            if isinstance(node, MapExpr):
                node.entries.reverse()
                node.optional = frozenset(len(node.entries) - 1 - index for index in node.optional)
        planner = program.planner()
        return _result(Program(program.tree, planner.source, planner.options), _reversed(self.question[1]))


def _result(program: Program, subject: Any) -> Answer:
    value = program.evaluate({"object": subject})
    return Answer("error", text=value.message) if isinstance(value, EvaluationError) else Answer("value", ours(value))


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Known:
    """One difference: whose, why, and how it is recognised."""

    engine: str
    why: str
    applies: Callable[[Case], bool]


def reason(engine: str, case: Case) -> str | None:
    """Why an engine differs; None where nobody knows."""
    return next((known.why for known in KNOWN if known.engine == engine and known.applies(case)), None)


def _theirs(pattern: str) -> Callable[[Case], bool]:
    """Only we have a value; they say something like this."""
    return lambda case: case.only_ours and re.search(pattern, case.theirs.text) is not None


def _values(pattern: str) -> Callable[[Case], bool]:
    """Two values of an expression that has something like this in it."""
    return lambda case: case.values and re.search(pattern, case.text) is not None


def _is_order(case: Case) -> bool:
    return not case.turned.agrees(case.ours)


def _integers_beyond(case: Case) -> bool:
    return re.search(r"\d{19}", case.subject) is not None


_ROUNDING = r"string\(|format\("


def _runs(case: Case) -> bool:
    """Whether our engine has a value too once nothing is checked beforehand (another one where texts of times are in it)."""
    return case.unchecked.agrees(case.theirs) or (case.unchecked.what == "value" and re.search(_ROUNDING, case.text) is not None)


def _is_open(case: Case) -> bool:
    """Their checker refuses operands that ours leaves open."""
    return _theirs("found no matching overload")(case) and case.theirs.what == "refused" and case.unchecked.agrees(case.ours)


_EXTENSION = re.compile(r"cel\.bind|optional\.|math\.|sets\.|strings\.|lists\.|format\(")
_CPP, _PY = "cel-expr-python", "cel-python"

KNOWN: tuple[Known, ...] = (
    Known(_CPP, "its process dies: of null results on Python 3.11, of deep values everywhere", lambda case: case.theirs.what == "died"),
    Known(_CPP, "it cuts strings at NUL", lambda case: "\\u0000" in case.subject or r"\x00" in case.text),
    Known(_CPP, "it takes no lone surrogates", lambda case: case.only_ours and "\\ud" in case.subject),
    Known(_CPP, "it takes no integers beyond 64 bits; they are doubles in Kubernetes and here", _integers_beyond),
    Known(_CPP, "its wheel lacks the function behind transformMap", _theirs("@mapInsert")),
    Known(_CPP, "lists.range() of a negative number is an error there, empty in cel-go and here", _theirs("vector::reserve")),
    Known(
        _CPP,
        "a checker cannot compare int with double there, as it can in cel-go since 0.12",
        _theirs("found no matching overload for '_[<>]"),
    ),
    Known(_CPP, "the order of a map is not defined; it is the order of writing here", _is_order),
    Known(
        _CPP,
        "what is constant is computed and checked when an expression is compiled, as in cel-go; there when it runs",
        lambda case: case.ours.what == "refused" and case.theirs.what == "value" and _runs(case),
    ),
    Known(_CPP, "ordering NaN is an error in cel-go and here, false there", lambda case: "NaN" in case.ours.text + case.unchecked.text),
    Known(_CPP, "duration(int) is nanoseconds in cel-go and here; there is no such overload there", _theirs(r"duration\(int64\)")),
    Known(
        _CPP,
        "string() of a time keeps its zone and as few digits as it needs, as in cel-go; there UTC and groups of three",
        _values(_ROUNDING),
    ),
    Known(_CPP, "a list or map `in` a map is false in cel-go and here, an error there", _theirs("No matching overloads found : @in")),
    Known(_CPP, "substring() up to the end of a text is an error there", _theirs(r"greater than <string>.size")),
    Known(
        _CPP,
        "int() takes a bool there; the specification has no such conversion",
        lambda case: "int(bool)" in case.ours.text + case.unchecked.text,
    ),
    Known(_CPP, "indexOf() of lists is of Kubernetes", _theirs("ndexOf")),
    Known(_CPP, "a duration of open type cannot be negated there", _theirs(r"-_\(duration")),
    Known(_CPP, "once it met an open operand, the list that a macro made is open here and stays narrow there", _is_open),
    Known(_CPP, "cel.bind() of a name that a macro used reads the macro's there", _values(r"(\w+), .*cel\.bind\(\1,")),
    Known(_CPP, "''.split('', n) is empty in Go and here", _values(r"split\(")),
    Known(
        _PY,
        "it takes no integers beyond 64 bits; they are doubles in Kubernetes and here",
        lambda case: case.theirs.text == "ValueError: overflow",
    ),
    Known(_PY, "it has no extensions (strings, lists, math, sets, optionals, bindings, format)", _theirs("undeclared reference to")),
    Known(
        _PY,
        "it does not parse optionals",
        lambda case: case.theirs.what == "refused" and re.search(r"\.\?|\[\?|\{\?", case.text) is not None,
    ),
    Known(_PY, "its macros take no second variable and no filter", _theirs("too many values to unpack")),
    Known(
        _PY,
        "it compares values of different types with an error, where the specification says false",
        _theirs("relation_(eq|ne|in)|no such overload"),
    ),
    Known(_PY, "an error or a value of another type beside a side that decides is not absorbed", _theirs(r"_(&&|\|\|)_|_\?_:_")),
    Known(_PY, "it has no extensions, and says so through the operation around them", _theirs("CELEvalError'")),
    Known(_PY, "local times before the year 1 or after 9999 are an error there", _theirs("date value out of range")),
    Known(_PY, "getMilliseconds() of a duration is the whole duration there", _values("getMilliseconds")),
    Known(_PY, "it cannot read the texts that its string() makes of times", _theirs("Invalid duration StringType|Unable to parse string")),
    Known(_PY, "duration(int) is seconds there, nanoseconds in cel-go and here", _values(r"duration\(")),
    Known(_PY, "it writes times without fractions and doubles as Python does", _values(_ROUNDING)),
    Known(_PY, "a bool in a list equals the number there", _values(r" in ")),
    Known(_PY, "dividing by a computed -0.0 is an error there", _theirs("ZeroDivisionError")),
    Known(_PY, "a selection or loop on a scalar is not absorbed by what stands beside it", _theirs("field selection|is not iterable")),
    Known(_PY, "dividing by -0.0 loses the sign there", _values("/")),
    Known(_PY, "has() of an entry whose value is an error is false there", _values(r"has\(")),
    Known(_PY, "its string() of a double cannot be read as an integer", _theirs("invalid literal for int")),
    Known(
        _PY,
        "it has no extensions, and says so through what is inside of them",
        lambda case: case.only_ours and _EXTENSION.search(case.text) is not None,
    ),
    Known(
        _PY,
        "it has no rules of types: a bool is an int, an index may be negative, any value is a truth value, spans have no bounds",
        lambda case: case.only_theirs,
    ),
)
"""Most exact first. The reason is the text."""
