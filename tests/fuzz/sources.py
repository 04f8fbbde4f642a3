"""Real expressions, and what becomes of them when they are spoilt."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.cel.reference import EXAMPLES, MACRO_EXAMPLES, examples
from tests.conformance.run import corpus
from tests.fuzz.engines import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["mutated", "own_expressions", "real_expressions"]

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|'[^']*'|\"[^\"]*\"|&&|\|\||[!=<>]=|\s+|.", re.DOTALL)
_EXPRESSION_KEYS = frozenset(("expression", "messageExpression", "valueExpression", "expr"))
_INSERTED: Final = (
    *(
        "\x00",
        "\ud800",
        "é",
        "😀",
        "e\u0301",
        "\u2028",
        "\\",
        "'",
        '"',
        "'''",
        "`",
        "//",
        "\n",
        "\r",
        "\t",
        "@",
        "#",
        "$",
        "\ufeff",
        "\x7f",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "?",
        ":",
        ",",
        ".",
        "!",
        "-",
        "--",
        "!!",
        ".?",
        "[?",
        "{?",
        "&&",
        "||",
        " in ",
        "b'",
        "r'",
        "u",
        "0x",
        "1e",
    ),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616u", "1e999", "1e-999", "0.1e5", "9" * 50),
    *(
        "true",
        "null",
        "object",
        "dyn(",
        "has(",
        ".all(x, ",
        ".map(x, ",
        "cel.bind(x, ",
        "type(",
        "int(",
        "quantity('",
        "duration('",
        "'%s'.format([",
    ),
    *(".size()", ".a", "[0]", ".orValue(1)", "for", "while", "object.`a-b`", r"'\x'", r"'\u12'", r"'\777'", r"b'\u0041'", "[1, ", "{'a': "),
)
_MOST = 4000
"""Characters of a mutated source; how long ones behave is another test."""


def own_expressions() -> list[str]:
    """The project's: those of its policies and of the function reference."""
    found = examples(EXAMPLES) + examples(MACRO_EXAMPLES)
    for path in sorted((ROOT / "policies").glob("*/policy.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found.extend(_in(document))
    return list(dict.fromkeys(found))


def real_expressions() -> list[str]:
    """The project's and, where the corpus is at hand, the corpus'."""
    found = own_expressions()
    for path in sorted(corpus().glob("cel/*.json*")):
        lines = path.read_text(encoding="utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text(encoding="utf-8")]
        found.extend(expression for line in lines for expression in _in(json.loads(line)))
    return list(dict.fromkeys(found))


def _in(value: Any) -> Iterator[str]:
    """The expressions in a document."""
    if isinstance(value, list):
        for item in value:
            yield from _in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _EXPRESSION_KEYS and isinstance(item, str):
                yield item
            else:
                yield from _in(item)


def mutated(random: Random, seeds: list[str]) -> str:
    """One of them with up to four faults in it."""
    text = random.choice(seeds)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 4))):
        text = random.choice(_MUTATIONS)(random, text, seeds)[:_MOST]
    return text


def _span(random: Random, text: str) -> tuple[int, int]:
    start = random.randint(0, len(text))
    return start, min(len(text), start + random.choice((1, 1, 2, 5, 20)))


def _without(random: Random, text: str, _: list[str]) -> str:
    start, end = _span(random, text)
    return text[:start] + text[end:]


def _twice(random: Random, text: str, _: list[str]) -> str:
    start, end = _span(random, text)
    return text[:end] + text[start:end] * random.choice((1, 1, 2, 30)) + text[end:]


def _with(random: Random, text: str, _: list[str]) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(_INSERTED) + text[at:]


def _exchanged(random: Random, text: str, seeds: list[str]) -> str:
    """A token of one in the place of a token of another."""
    tokens, others = _TOKEN.findall(text), _TOKEN.findall(random.choice(seeds))
    if tokens and others:
        tokens[random.randrange(len(tokens))] = random.choice(others)
    return "".join(tokens)


def _spliced(random: Random, text: str, seeds: list[str]) -> str:
    other = random.choice(seeds)
    return text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]


def _joined(random: Random, text: str, seeds: list[str]) -> str:
    other = random.choice(seeds)
    shapes = (
        *(f"({text}) {operator} ({other})" for operator in ("+", "==", "&&", "||", "<", "in", "%")),
        *(f"[{text}, {other}]", f"({text}) ? ({other}) : ({text})", f"cel.bind(x, {text}, {other})", f"[{text}].map(x, {other})"),
        *(f"dyn({text}).a", f"string({text})", f"!({text})", f"-({text})", f"{{'a': {text}}}.a", f"optional.of({text}).orValue({other})"),
    )
    return random.choice(shapes)


_MUTATIONS = (_without, _twice, _with, _exchanged, _spliced, _joined)
