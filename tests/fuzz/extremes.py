"""Deep, long and large inputs by name: each must come to its exact value or to a clear error, and soon."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENDLESS", "EXTREMES", "Extreme"]

Extreme = tuple[str, "Callable[[], Any]"]
"""A source and what makes its object."""


def _nested(depth: int, *, maps: bool = False) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if maps else [value]
    return value


@cache
def _large() -> Any:
    """A Deployment of 3 MB as JSON: 20,000 containers."""
    containers = [
        {
            "name": f"c{n}",
            "image": f"registry.example/app:{n}",
            "resources": {"limits": {"cpu": "1", "memory": "1Gi", "gpu": n % 9}},
            "env": [{"name": "A", "value": str(n)}],
        }
        for n in range(20_000)
    ]
    return {"metadata": {"labels": {f"l{n}": "x" for n in range(1000)}}, "spec": {"containers": containers}}


def _none() -> Any:
    return {}


def _text(count: int, piece: str = "ab") -> Callable[[], Any]:
    return lambda: piece * count


def _numbers(count: int) -> Callable[[], Any]:
    return lambda: [n * 7919 % count for n in range(count)]


_SCALARS = (
    math.nan,
    math.inf,
    1e40,
    10**40,
    -(10**40),
    2**63,
    2**64 - 1,
    -(2**63) - 1,
    "\x00",
    "a\x00b",
    "\ud800",
    "\udc00\ud800",
    -0.0,
    5e-324,
)


def _odd() -> Any:
    return [*_SCALARS, {key: key for key in ("", "\x00", "\ud800", "a.b")}, list(_SCALARS)]


def _doubling(levels: int, operator: str = "+") -> str:
    """A text that is ten times as long at each level."""
    source = f"v{levels}.size()"
    for level in range(levels, 0, -1):
        source = f"cel.bind(v{level}, {f' {operator} '.join([f'v{level - 1}'] * 10)}, {source})"
    return f"cel.bind(v0, 'xxxxxxxxxx', {source})"


_CHAINS: Final[dict[str, Extreme]] = {
    f"a chain of 1,000 {operator}": (f" {operator} ".join([operand] * 1000), _none)
    for operator, operand in (
        *(
            ("+", "1"),
            ("-", "1"),
            ("*", "1"),
            ("/", "1"),
            ("%", "7"),
            ("&&", "true"),
            ("||", "false"),
            ("==", "true"),
            ("<", "1"),
            ("in", "[1]"),
        ),
        *(("+", "'a'"), ("+", "[1]"), ("&&", "object.x"), ("||", "object.x"), ("+", "object.x"), ("==", "object")),
    )
}
_TEXT_CALLS = (
    *(
        "contains('abb')",
        "startsWith('ab')",
        "matches('(a|b)*c')",
        "matches('^(ab)+$')",
        "split('a').size()",
        "split('').size()",
        "replace('a', 'ccc').size()",
    ),
    *(
        "indexOf('abb')",
        "lastIndexOf('bb')",
        "reverse().size()",
        "lowerAscii().size()",
        "trim().size()",
        "substring(5).size()",
        "charAt(99999)",
    ),
    *("find('b+c')", "findAll('a').size()", "replace('', 'x').size()", "size()"),
)
_LIST_CALLS = (
    *(
        "distinct().size()",
        "sort()[0]",
        "sum()",
        "min()",
        "max()",
        "isSorted()",
        "reverse()[0]",
        "indexOf(-1)",
        "lastIndexOf(-1)",
        "slice(1, 5)",
    ),
    *(
        "all(x, x >= 0)",
        "exists(x, x < 0)",
        "exists_one(x, x == 5)",
        "map(x, x + 1).size()",
        "sortBy(x, -x)[0]",
    ),
    *(
        "map(x, object).size()",
        "transformMap(i, x, x).size()",
        "transformList(i, x, i)[0]",
        "map(x, string(x)).join(',').size()",
        "map(x, [x]).flatten().size()",
    ),
)
_WHOLE = (
    *(
        "object == object",
        "object != null",
        "type(object)",
        "string(object)",
        "'%s'.format([object])",
        "object in [object]",
        "[object].distinct()",
        "size(object)",
    ),
    *(
        "sets.contains([object], [object])",
        "dyn(object) + dyn(object)",
        "optional.ofNonZeroValue(object).hasValue()",
        "[object, object]",
        "{'k': object}",
    ),
    *(
        "[object].flatten(100)",
        "[[object]].flatten()",
        "object.map(x, x)",
        "object.all(x, x == x)",
        "[object].sort()",
        "object < object",
        "-dyn(object)",
    ),
    *(
        "[object].indexOf(object)",
        "[object, object].map(x, x == object)",
        "object.a.a.a.a",
        "object[0][0][0]",
        "has(object.a.a)",
        "object.?a.?a",
        "bytes(object)",
    ),
)
_PARSERS = (
    "int",
    "uint",
    "double",
    "bool",
    "duration",
    "timestamp",
    "quantity",
    "semver",
    "url",
    "ip",
    "cidr",
    "isQuantity",
    "isSemver",
    "isURL",
    "isIP",
    "isCIDR",
)

EXTREMES: Final[dict[str, Extreme]] = {
    **_CHAINS,
    **{
        f"60 conditionals in the {place} branch": (opening * 60 + "1" + closing * 60, _none)
        for place, opening, closing in (
            ("last", "object.x ? 0 : (", ")"),
            ("first", "true ? (", ") : 0"),
            ("condition of another", "(", " == 1 ? 1 : 2)"),
        )
    },
    "5,000 conditionals in a row": ("object.x ? 0 : " * 5000 + "1", lambda: {"x": False}),
    "10,000 selections": ("object" + ".a" * 10_000, lambda: _nested(10_000, maps=True)),
    "10,000 optional selections": ("object" + ".?a" * 10_000, lambda: _nested(10_000, maps=True)),
    "10,000 indices": ("object" + "[0]" * 10_000, lambda: _nested(10_000)),
    "5,000 methods": ("object" + ".trim()" * 5000, _text(1)),
    "20,000 negations": ("!" * 20_001 + "true", _none),
    "20,000 minus signs in brackets": ("-(" * 200 + "1" + ")" * 200, _none),
    "100,000 opening brackets": ("(" * 100_000, _none),
    "100,000 quotes": ("'" * 99_999, _none),
    "100,000 backslashes in a text": ("'" + "\\" * 99_998 + "'", _none),
    "100,000 question marks": ("?" * 100_000, _none),
    "50,000 characters that are no token": ("@" * 50_000, _none),
    "99,999 digits": ("9" * 99_999, _none),
    "99,999 hexadecimal digits": ("0x" + "f" * 99_997, _none),
    "99,999 digits after the point": ("0." + "1" * 99_997, _none),
    "12,000 lines": ("1 +\n" * 12_000 + "1", _none),
    "5,000 lines with a fault in each": ("x +\n" * 5000 + "1", _none),
    "a literal list of 20,000": ("[" + "1, " * 20_000 + "1].size()", _none),
    "a literal list of 5,000 types": ("[" + "dyn(1), 'a', 1.5, " * 2000 + "1].size()", _none),
    "a literal map of 5,000": ("{" + ", ".join(f"'k{n}': {n}" for n in range(5000)) + "}.size()", _none),
    "249 lists": ("[" * 249 + "]" * 249, _none),
    "240 maps": ("{'a': " * 240 + "1" + "}" * 240, _none),
    "60 loops inside each other": ("".join(f"[1].all(x{n}, " for n in range(60)) + "true" + ")" * 60, _none),
    "60 loops over 10 inside each other": ("".join(f"object.all(x{n}, " for n in range(60)) + "true" + ")" * 60, _numbers(10)),
    "200 bindings inside each other": ("".join(f"cel.bind(x{n}, {n}, " for n in range(200)) + "x0" + ")" * 200, _none),
    "60 optMaps": ("optional.of(1)" + ".optMap(x, x + 1)" * 60, _none),
    "1,000 macros in a row": ("object" + ".map(x, x)" * 1000, _numbers(3)),
    "1,000 macros side by side": (" && ".join(["object.all(x, x >= 0)"] * 1000), _numbers(3)),
    "3,000 equal names": (" || ".join(["nowhere"] * 3000), _none),
    "a text ten times as long at each of nine levels": (_doubling(9), _none),
    "a list doubled 60 times": ("object" + ".map(x, x).map(x, [x, x]).flatten()" * 30, _numbers(2)),
    "joins of joins": ("lists.range(1000).map(x, lists.range(1000).map(y, 'abcdefghij').join('abcdefghij')).join('x').size()", _none),
    "a text of the loop's turns": ("lists.range(100000).map(x, object).join('').size()", _text(5000)),
    "loops that only the cost limit ends": ("lists.range(1000000).all(x, lists.range(1000000).all(y, x + y >= 0))", _none),
    "a loop that makes lists": ("lists.range(1000000).map(x, lists.range(1000000)).size()", _none),
    "sets of 5,000": ("sets.contains(object, object) && sets.equivalent(object, object) && sets.intersects(object, [-1])", _numbers(5000)),
    "a format of 10,000 clauses": ("'" + "%s" * 10_000 + "'.format(object)", _numbers(10_000)),
    "a format with a huge precision": ("'%.9999999999f'.format([1.5])", _none),
    "editDistance of long texts": ("editDistance(object, object + 'x')", _text(100_000)),
    "nearest among many": ("nearest('abc', object.map(x, string(x)))", _numbers(20_000)),
    "a glob of stars": ("glob('*a*a*a*a*a*a*a*a*a*b', object)", _text(100_000, "a")),
    "a pattern of 50,000 characters": ("'a'.matches('" + "(a|b)" * 9000 + "')", _none),
    "a pattern from the object": ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches(object)", _text(1, "(a*)*(a*)*(a|aa)+$b")),
    "repetitions of repetitions": ("'a'.matches('((a{1,100}){1,100}){1,100}')", _none),
    "a large object, all": ("object.spec.containers.all(c, c.resources.limits.gpu <= 8 && c.image.startsWith('registry'))", _large),
    "a large object, filter and map": (
        "object.spec.containers.filter(c, c.resources.limits.gpu == 8).map(c, c.name).join(',').size()",
        _large,
    ),
    "a large object, quantities": ("object.spec.containers.map(c, quantity(c.resources.limits.memory)).size()", _large),
    "a large object, equality": ("object == object && object.spec.containers.distinct().size() > 1", _large),
    "a large object, unique names": ("object.spec.containers.all(c, object.spec.containers.exists_one(d, d.name == c.name))", _large),
    **{f"{call} of 200,000 characters": (f"object.{call}", _text(100_000)) for call in _TEXT_CALLS},
    **{f"{call} of 20,000 numbers": (f"object.{call}", _numbers(20_000)) for call in _LIST_CALLS},
    **{f"{whole}, 20,000 lists deep": (whole, lambda: _nested(20_000)) for whole in _WHOLE},
    **{f"{whole}, 20,000 maps deep": (whole, lambda: _nested(20_000, maps=True)) for whole in _WHOLE},
    **{f"{whole} of odd values": (whole, _odd) for whole in _WHOLE},
    **{
        f"each scalar: {whole}": (f"object.map(object, {whole}).size() > 0 || object.exists(object, {whole} == 1)", _odd)
        for whole in _WHOLE
    },
    **{f"{name}() of 100,000 digits": (f"{name}(object)", _text(100_000, "9")) for name in _PARSERS},
    **{f"{name}() of a far exponent": (f"{name}(object)", _text(1, "1e999999999")) for name in _PARSERS},
    **{f"{name}() of a long text": (f"{name}(object)", _text(30_000, "1.")) for name in _PARSERS},
    **{f"{name}() of colons": (f"{name}(object)", _text(30_000, "::1/")) for name in _PARSERS},
}

ENDLESS: Final[dict[str, Extreme]] = {
    "a large object, membership": ("object.spec.containers.all(c, c in object.spec.containers)", _large),
    "each number among 20,000": ("object.filter(x, x in object).size()", _numbers(20_000)),
    "each number compared with the list": ("object.all(x, [object, x] != [object, object])", _numbers(20_000)),
    "the whole list compared in each turn": ("object.all(x, object == object)", _numbers(20_000)),
}
"""What costs little in the units of Kubernetes and takes long: a deadline ends it."""
