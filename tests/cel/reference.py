"""The function reference in guardrail/cel/README.md, made from the inventory; every example is evaluated.

python -m tests.cel.reference        writes it
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import guardrail.cel
from guardrail.cel import NONE, Duration, Environment, EvaluationError, Optional, Timestamp, TypeValue
from guardrail.cel.inventory import LIBRARIES, MACROS
from guardrail.cel.nodes import Call, Ident
from guardrail.cel.parser import parse
from guardrail.cel.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.cel.declarations import Library, Overload

README = Path(guardrail.cel.__file__).with_name("README.md")
BEGIN, END = "<!-- reference: python -m tests.cel.reference -->", "<!-- end of reference -->"
SHOWN_TYPES = 3

EXAMPLES = r"""
size("naïve")
[1, 2, 3].size()
bool("true")
bytes("é")
double("1e3")
duration("1h30m")
int("-7")
int(3.9)
timestamp("2026-01-02T03:04:05Z")
uint(7)
string(2.50)
dyn(1) == 1.0
type(1u)
"guardrail".contains("rail")
"web-tmp".endsWith("-tmp")
"web-1".startsWith("web")
"web-1".matches("^[a-z]+-[0-9]+$")
timestamp("2026-01-02T03:04:05Z").getFullYear()
timestamp("2026-01-02T03:04:05Z").getMonth()
timestamp("2026-01-02T03:04:05Z").getDayOfYear()
timestamp("2026-01-02T03:04:05Z").getDate()
timestamp("2026-01-02T03:04:05Z").getDayOfMonth()
timestamp("2026-01-02T03:04:05Z").getDayOfWeek()
timestamp("2026-01-02T03:04:05Z").getHours("+02:00")
timestamp("2026-01-02T03:04:05Z").getMinutes()
timestamp("2026-01-02T03:04:05Z").getSeconds()
timestamp("2026-01-02T03:04:05.678Z").getMilliseconds()
duration("90m").getHours()
duration("90m").getMinutes()
duration("90m").getSeconds()
duration("1500ms").getMilliseconds()
"abc".charAt(1)
"banana".indexOf("an", 2)
"banana".lastIndexOf("an")
"WEB".lowerAscii()
"web".upperAscii()
"a-b-c".replace("-", "/", 1)
"a,b,c".split(",")
"abcdef".substring(2, 4)
"  x\t".trim()
["a", "b"].join("/")
strings.quote("a\nb")
"%s has %d of %.1f".format(["web", 3, 4.25])
"abc".reverse()
[3, 5, 3].indexOf(3)
[3, 5, 3].lastIndexOf(3)
["a", "b"].includes("b")
[1, 2, 2].isSorted()
[3, 1, 2].min()
[3, 1, 2].max()
[1, 2, 3].sum()
"a1 b22".find("[0-9]+")
"a1 b22".findAll("[0-9]+")
url("https://example.org:8080/a%20b?q=1").getHost()
isURL("https://example.org")
url("https://example.org/?q=1&q=2").getQuery()
url("https://example.org").getScheme()
url("https://example.org:8080").getHostname()
url("https://example.org:8080").getPort()
url("https://example.org/a b").getEscapedPath()
optional.of(1)
optional.ofNonZeroValue("")
optional.none()
optional.of(1).value()
optional.none().hasValue()
optional.none().or(optional.of(2))
optional.none().orValue(3)
[1, 2].first()
[1, 2].last()
[optional.of(1), optional.none()].unwrapOpt()
optional.unwrap([optional.of(1), optional.none()])
isQuantity("500m")
quantity("1Gi").asInteger()
quantity("2")
sign(quantity("-1"))
quantity("2").isGreaterThan(quantity("1500m"))
quantity("1Gi").isLessThan(quantity("1G"))
quantity("1000m").compareTo(quantity("1"))
quantity("500m").asApproximateFloat()
quantity("500m").isInteger()
quantity("500m").add(quantity("1"))
quantity("1").sub(quantity("250m"))
sets.contains([1, 2, 3], [2, 3])
sets.equivalent([1, 2], [2, 1, 1])
sets.intersects([1, 2], [2, 3])
ip("2001:db8::1")
isIP("10.0.0.256")
ip.isCanonical("2001:DB8::1")
ip("10.0.0.1").family()
ip("0.0.0.0").isUnspecified()
ip("127.0.0.1").isLoopback()
ip("224.0.0.1").isLinkLocalMulticast()
ip("169.254.0.1").isLinkLocalUnicast()
ip("10.0.0.1").isGlobalUnicast()
cidr("10.0.0.0/8")
isCIDR("10.0.0.0/33")
cidr("10.0.0.0/8").containsIP("10.1.2.3")
cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")
cidr("10.1.2.3/8").ip()
cidr("10.0.0.0/8").prefixLength()
cidr("10.1.2.3/8").masked()
format.named("dns1123Label").hasValue()
format.dns1123Label().validate("Web")
format.dns1123Subdomain().validate("a.b").hasValue()
format.dns1035Label().validate("1web").hasValue()
format.qualifiedName().validate("example.org/name").hasValue()
format.dns1123LabelPrefix().validate("web-").hasValue()
format.dns1123SubdomainPrefix().validate("web.").hasValue()
format.dns1035LabelPrefix().validate("web-").hasValue()
format.labelValue().validate("a b").hasValue()
format.uri().validate("https://example.org").hasValue()
format.uuid().validate("not-a-uuid").hasValue()
format.byte().validate("aGk=").hasValue()
format.date().validate("2026-02-30").hasValue()
format.datetime().validate("2026-01-02T03:04:05Z").hasValue()
semver("1.2.3")
isSemver("v1.2.3")
semver("1.2.3").isGreaterThan(semver("1.2.3-rc.1"))
semver("1.2.3").isLessThan(semver("1.10.0"))
semver("1.2.3+a").compareTo(semver("1.2.3+b"))
semver("v1.2", true).major()
semver("1.2.3").minor()
semver("1.2.3").patch()
[1, 2, 3, 4].slice(1, 3)
[[1], [2, [3]]].flatten()
["b", "a"].sort()
lists.range(3)
[1, 2].reverse()
[1, 2, 1].distinct()
math.least(3, 1, 2)
math.greatest(3, 1.5)
math.ceil(1.2)
math.floor(-1.2)
math.round(2.5)
math.trunc(-1.9)
math.isInf(1.0 / 0.0)
math.isNaN(0.0 / 0.0)
math.isFinite(1.0)
math.abs(-3)
math.sign(-2.5)
math.sqrt(16)
math.bitAnd(6, 3)
math.bitOr(6, 3)
math.bitXor(6, 3)
math.bitShiftLeft(1, 4)
math.bitShiftRight(16, 2)
math.bitNot(0)
base64.encode(b"hi")
base64.decode("aGk=")
glob("team-*", "team-ml")
editDistance("costcenter", "cost-center")
nearest("colour", ["color", "team"])
show(2.50)
"""

MACRO_EXAMPLES = r"""
has({"a": 1}.a)
[1, 2].all(x, x > 0)
[1, 2].exists(x, x > 1)
[1, 2].exists_one(x, x > 1)
[1, 2].map(x, x * 2)
[1, 2].map(x, x > 1, x * 2)
[1, 2].filter(x, x > 1)
{"a": 1}.all(k, v, v > 0)
{"a": 1}.exists(k, v, k == "b")
[5, 6].existsOne(i, x, i == 0 && x == 5)
[5, 6].exists_one(i, x, x > i)
[5, 6].transformList(i, x, i + x)
[5, 6].transformList(i, x, i > 0, i + x)
{"a": 1}.transformMap(k, v, v + 1)
{"a": 1}.transformMap(k, v, v > 1, v + 1)
{"a": 1}.transformMapEntry(k, v, {string(v): k})
{"a": 1}.transformMapEntry(k, v, v > 1, {string(v): k})
optional.of(1).optMap(x, x + 1)
optional.of(1).optFlatMap(x, optional.none())
["bb", "a"].sortBy(x, x.size())
cel.bind(x, 2, x * x)
[1, 2].existsOne(x, x > 1)
"""


def examples(text: str) -> list[str]:
    """The expressions, one a line."""
    return [line for line in text.splitlines() if line]


def shown(value: Any) -> str:
    """A value as the reference writes it."""
    if isinstance(value, (list, dict)):
        entries = map(shown, value) if isinstance(value, list) else (f"{shown(key)}: {shown(item)}" for key, item in value.items())
        return f"[{', '.join(entries)}]" if isinstance(value, list) else f"{{{', '.join(entries)}}}"
    if isinstance(value, Optional):
        return "optional.none()" if value is NONE else f"optional.of({shown(value.value)})"
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, (Timestamp, Duration)):
        made = Environment({"value": "dyn"}).compile("string(value)").evaluate({"value": value})
        return f"{type(value).__name__.lower()}({literal(made)})"
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return literal(value)
    return str(value)


def evaluated(expression: str) -> str:
    """The result of an example. Raises ValueError where it has none."""
    value = Environment().compile(expression).evaluate({})
    if isinstance(value, EvaluationError):
        raise ValueError(f"{expression}: {value.message}")  # noqa: TRY004 - the example is wrong, not its type
    return shown(value)


def reference() -> str:
    """The whole reference."""
    by_function = subjects()
    return "\n".join([_macros(), *(_library(library, by_function) for library in LIBRARIES)])


def subjects() -> dict[str, list[str]]:
    """The examples of each function."""
    found: dict[str, list[str]] = {}
    for expression in examples(EXAMPLES):
        for name in Environment().compile(expression).functions:
            found.setdefault(name, []).append(expression)
    return found


def best(candidates: list[str], overload: Overload) -> str:
    """The example that shows a function's own result, as function or method, of a list where it takes one; else the shortest."""

    def fits(expression: str) -> tuple[bool, bool, int]:
        tree = parse(expression, macros=frozenset(MACROS))[0]
        own = isinstance(tree, Call) and overload.function.split(".")[-1] == tree.function
        method = isinstance(tree, Call) and tree.target is not None and not isinstance(tree.target, Ident)
        takes_list = bool(overload.params) and overload.params[0].kind == "list"
        return not (own and method == overload.member), expression.startswith("[") != takes_list, len(expression)

    return min(candidates, key=fits)


def _macros() -> str:
    rows = []
    for expression in examples(MACRO_EXAMPLES):
        key = _macro_key(expression)
        name, count = key.removeprefix(".").split(":")
        rows.append(f"| `{name}`, {count} arguments | {MACROS[key] or 'no'} | {_example(expression)} |")
    return "\n".join(["### Macros", "", "| macro | Kubernetes | example |", "|---|---|---|", *rows, ""])


def _macro_key(expression: str) -> str:
    return next(name for name in Environment().compile(expression).functions if ":" in name)


def _example(expression: str) -> str:
    return f"`{expression} → {evaluated(expression)}`".replace("|", "\\|")


def _library(library: Library, by_function: dict[str, list[str]]) -> str:
    rows = list(_rows(library, by_function))
    if not rows:
        return ""
    return "\n".join([f"### {library.name}", "", "| function | Kubernetes | what | example |", "|---|---|---|---|", *rows, ""])


def _rows(library: Library, by_function: dict[str, list[str]]) -> Iterator[str]:
    groups: dict[tuple[str, bool], list[Overload]] = {}
    for overload in library.overloads:
        if overload.function[0].isalpha():
            groups.setdefault((overload.function, overload.member), []).append(overload)
    for (name, _), overloads in groups.items():
        first = overloads[0]
        example = _example(best(by_function[name], first)) if name in by_function else ""
        yield f"| `{_signature(overloads)}` | {first.since or 'no'} | {first.doc.split('. ')[0].rstrip('.')} | {example} |"


def _signature(overloads: list[Overload]) -> str:
    counts = sorted({len(overload.params) for overload in overloads})
    columns = []
    for index in range(counts[-1]):
        types = list(dict.fromkeys(_short(str(overload.params[index])) for overload in overloads if len(overload.params) > index))
        several = "/".join(types[:SHOWN_TYPES]) + ("/…" if len(types) > SHOWN_TYPES else "")
        columns.append(several if index < counts[0] else f"[{several}]")
    results = list(dict.fromkeys(_short(str(overload.result)) for overload in overloads))
    result = "/".join(results[:SHOWN_TYPES]) + ("/…" if len(results) > SHOWN_TYPES else "")
    receiver = f"{columns.pop(0)}." if overloads[0].member else ""
    return f"{receiver}{overloads[0].function}({', '.join(columns)}) → {result}"


def _short(type_name: str) -> str:
    return (
        type_name.replace("google.protobuf.", "")
        .replace("kubernetes.authorization.", "")
        .replace("kubernetes.", "")
        .replace("optional_type", "optional")
    )


def page(text: str) -> str:
    """The page with its reference made new."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    README.write_text(page(README.read_text()))
    sys.stdout.write(f"{README} written\n")
