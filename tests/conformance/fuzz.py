"""Random expressions, evaluated here and by the API server's own CEL environment (celoracle, a Go program).

    go -C tests/conformance/celoracle build -o celoracle . && python -m tests.conformance.fuzz [--count N] [--seed S] [--show N]

Prints how many inputs agreed, by what they came to, and the ones that did not: compile or not, static type, value or error, cost.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from guardrail.cel import CompileError, Environment, EvaluationError, Program
from tests.cel.generators import booleans, documents, loops
from tests.conformance import decode

ORACLE = Path(__file__).with_name("celoracle") / "celoracle"
VERSION = "1.36"
VARIABLES = dict.fromkeys(("object", "oldObject", "params", "request", "namespaceObject", "variables"), "dyn")


LIKELY = [
    {"a": {"b": 1}, "b": {"c": "team"}, "c": [1, 2]},
    {"a": "a,b", "b": [3, 1, 2], "c": None},
    {"a": ["a", "b"], "b": {"a": 1.5}, "c": True},
    {"a": 5, "b": 0.5, "c": ["1", ""]},
]
"""Documents on which many expressions have a value."""


REPEATS = 10
"""Times that a difference is asked about again: Go's maps have no order, and what depends on it is no difference."""


class Oracle:
    """A running celoracle."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, expression: str, variables: dict[str, Any]) -> dict[str, Any]:
        """What the API server makes of an expression."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"expr": expression, "version": VERSION, "vars": variables}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def is_json(value: Any) -> bool:
    """Whether a value can be handed over."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def difference(environment: Environment, expression: str, variables: dict[str, Any], answer: dict[str, Any]) -> str:
    """What differs, or nothing."""
    refused = answer.get("stage") in ("compile", "program")
    try:
        program = environment.compile(expression)
    except CompileError as error:
        return "" if refused else f"does not compile here: {error}"
    return f"compiles here; there: {answer['error'].splitlines()[0]}" if refused else _of_results(program, variables, answer)


def _of_results(program: Program, variables: dict[str, Any], answer: dict[str, Any]) -> str:
    outcome = program.measure(variables)
    if ("error" in answer) != isinstance(outcome.value, EvaluationError):
        return f"here {outcome.value!r}; there {answer}"
    if "error" not in answer:
        if str(program.type) != answer["type"]:
            return f"type here {program.type}; there {answer['type']}"
        if not decode.same(outcome.value, decode.recorded(answer["value"])):
            return f"here {outcome.value!r}; there {answer['value']}"
    if "cost" in answer and outcome.cost != answer["cost"] and ".distinct()" not in program.source:  # whose cost panics on errors there
        return f"cost here {outcome.cost}; there {answer['cost']}"
    return ""


def main() -> int:
    """1 where something differs."""
    parser = argparse.ArgumentParser(description="Compares with the API server's CEL.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--oracle", type=Path, default=ORACLE)
    args = parser.parse_args()
    if not args.oracle.exists():
        sys.stdout.write(f"skipped: {args.oracle} is not built\n")
        return 0
    oracle, environment = Oracle(args.oracle), Environment(VARIABLES, version=VERSION, strict=True)
    counts: Counter[str] = Counter()
    differences: dict[str, str] = {}

    @seed(args.seed)
    @settings(max_examples=args.count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.one_of(booleans, loops), st.one_of(documents, st.sampled_from(LIKELY)))
    def compare(expression: str, document: dict[str, Any]) -> None:
        if not is_json(document):
            return
        answer = oracle.ask(expression, {"object": document})
        counts[f"{answer.get('stage', 'value')}"] += 1
        found = difference(environment, expression, {"object": document}, answer)
        if found and all(oracle.ask(expression, {"object": document}) == answer for _ in range(REPEATS)) and "panic" not in str(answer):
            differences[expression] = f"{json.dumps(document)}: {found}"

    compare()
    sys.stdout.write(
        f"{sum(counts.values())} inputs ({', '.join(f'{n} {what}' for what, n in counts.items())}), {len(differences)} differ\n"
    )
    for expression, found in list(differences.items())[: args.show]:
        sys.stdout.write(f"  {expression}\n    {found[:400]}\n")
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
