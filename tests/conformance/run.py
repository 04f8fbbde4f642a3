"""Runs the engine on every case of the corpus and prints `N passed, M failed` per suite.

    python -m tests.conformance.run [--show N] [SUITE…]

The corpus is found through GUARDRAIL_CORPUS (default: ../shared/corpus beside the project). Cases that cannot apply are listed with a
reason in skips.json, by glob.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance import kubernetes_facts, suites, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.results import Result

_HERE = Path(__file__).resolve().parent
SUITES: dict[str, tuple[str, Callable[[Path], Iterator[Result]]]] = {
    "specification": ("cel/conformance-cases.jsonl", suites.specification),
    "kubernetes-facts": ("cel/k8s-cel-cases.json", kubernetes_facts.facts),
    "kubernetes-costs": ("cel/k8s-cel-costs.json", kubernetes_facts.costs),
    "api-server": ("apiserver/cel-oracle-*.jsonl", suites.recorded_rows),
    "api-server-costs": ("apiserver/cel-oracle-*.jsonl", suites.recorded_costs),
    "static-types": ("apiserver/cel-oracle-*.jsonl", typed.static_types),
    "typed-admission": ("apiserver/cel-typed-env.jsonl", typed.admission),
}


def corpus() -> Path:
    """The folder of the corpus."""
    return Path(os.environ.get("GUARDRAIL_CORPUS", _HERE.parents[2] / "shared" / "corpus"))


def _skipped(name: str, result: Result, skips: list[dict[str, str]]) -> bool:
    """Whether an entry of the skip list covers a case: by its id (`cases`, a glob) or by its text (`text`, a pattern)."""
    for entry in skips:
        by_id = "cases" in entry and fnmatchcase(f"{name}/{result.case}", entry["cases"])
        if by_id or ("text" in entry and name == entry["suite"] and re.search(entry["text"], result.text)):
            return True
    return False


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def counts(name: str, show: int = 0) -> Counter[str]:
    """How many cases of a suite passed, failed and were skipped; nothing where the corpus is not at hand."""
    pattern, suite = SUITES[name]
    skips = json.loads((_HERE / "skips.json").read_text())
    found: Counter[str] = Counter()
    for path in sorted(corpus().glob(pattern)):
        for result in suite(path):
            if _skipped(name, result, skips):
                found["skipped"] += 1
                continue
            found["passed" if result.passed else "failed"] += 1
            if not result.passed and found["failed"] <= show:
                _say(f"  {result.case}: {result.detail}")
    return found


def _run(name: str, show: int) -> None:
    found = counts(name, show)
    if not found:
        _say(f"{name}: no corpus at {corpus() / SUITES[name][0]}; set GUARDRAIL_CORPUS")
        return
    share = 100 * found["passed"] / (found["passed"] + found["failed"])
    _say(f"{name}: {found['passed']} passed, {found['failed']} failed, {found['skipped']} skipped ({share:.2f} %)")


def main(arguments: list[str]) -> int:
    """Exit code 0 when every suite ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], default=[])
    parser.add_argument("--show", type=int, default=0, help="failures to print per suite")
    options = parser.parse_args(arguments)
    for name in options.suites or SUITES:
        _run(name, options.show)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
