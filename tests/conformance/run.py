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

from tests.conformance import kubernetes_facts, suites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.results import Result

_HERE = Path(__file__).resolve().parent
_SUITES: dict[str, tuple[str, Callable[[Path], Iterator[Result]]]] = {
    "specification": ("cel/conformance-cases.jsonl", suites.specification),
    "kubernetes-facts": ("cel/k8s-cel-cases.json", kubernetes_facts.facts),
    "kubernetes-costs": ("cel/k8s-cel-costs.json", kubernetes_facts.costs),
    "api-server": ("apiserver/cel-oracle-*.jsonl", suites.recorded_rows),
    "api-server-costs": ("apiserver/cel-oracle-*.jsonl", suites.recorded_costs),
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


def _run(name: str, show: int, skips: list[dict[str, str]]) -> bool:
    pattern, suite = _SUITES[name]
    paths = sorted(corpus().glob(pattern))
    if not paths:
        _say(f"{name}: no corpus at {corpus() / pattern}; set GUARDRAIL_CORPUS")
        return True
    counts: Counter[str] = Counter()
    for path in paths:
        for result in suite(path):
            if _skipped(name, result, skips):
                counts["skipped"] += 1
                continue
            counts["passed" if result.passed else "failed"] += 1
            if not result.passed and counts["failed"] <= show:
                _say(f"  {result.case}: {result.detail}")
    total = counts["passed"] + counts["failed"]
    share = 100 * counts["passed"] / total if total else 100.0
    _say(f"{name}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped ({share:.2f} %)")
    return True


def main(arguments: list[str]) -> int:
    """Exit code 0 when every suite ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", choices=[*_SUITES, []], default=[])
    parser.add_argument("--show", type=int, default=0, help="failures to print per suite")
    options = parser.parse_args(arguments)
    skips = json.loads((_HERE / "skips.json").read_text())
    for name in options.suites or _SUITES:
        _run(name, options.show, skips)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
