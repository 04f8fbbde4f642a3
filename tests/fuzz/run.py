"""Fuzzes the CEL engine: differentially against two other engines, and alone.

    python -m tests.fuzz.run [--seconds S | --count N] [--seed N] [--corpus]

Prints how many inputs were tried by kind, which known differences were met how often, and every finding made small. Exit code 1
where there is one. With `--count` the run is the same every time.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.fuzz.differential import Differential
from tests.fuzz.extremes import EXTREMES
from tests.fuzz.robustness import Robustness, Trial
from tests.fuzz.sources import own_expressions, real_expressions

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

__all__ = ["Report", "fuzz"]

_BATCH = 100
_SHARE = 3
"""Spoilt expressions for each one that three engines are asked about: they take a third of the time."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run tried and found."""

    differential: Differential
    robustness: Robustness
    extremes: int

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.differential.findings and not self.robustness.findings

    def lines(self) -> list[str]:
        """For people."""
        three, alone = self.differential, self.robustness
        found = [
            (
                f"differential: {sum(three.outcomes.values())} inputs ({_counts(three.outcomes)}); {_counts(three.agreed)} agreed;"
                f" {sum(three.argued.values())} known differences, {three.unargued} others; {three.other.deaths} deaths of cel-expr-python"
            ),
            *(f"  {count:>6} {engine}: {why}" for (engine, why), count in three.argued.most_common()),
            f"robustness: {sum(alone.outcomes.values())} inputs ({_counts(alone.outcomes)}), {self.extremes} of them extremes",
        ]
        if three.other.missing:
            found.append(f"not asked: cel-expr-python ({three.other.missing})")
        found.extend(f"  DIFFERS {finding}" for finding in three.findings.values())
        found.extend(f"  WRONG {finding}" for finding in alone.findings.values())
        return found


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counter.most_common())


def fuzz(*, seed: int, going: Callable[[int], bool], extremes: bool = True, corpus: bool = False) -> Report:
    """Run while `going` says so of the number of rounds; a round is 100 expressions for three engines and 300 spoilt ones for ours."""
    random = Random(seed)
    differential = Differential(random)
    robustness = Robustness(random, real_expressions() if corpus else own_expressions())
    rounds = 0
    try:
        while going(rounds):
            differential.round(_BATCH)
            robustness.round(_BATCH * _SHARE)
            rounds += 1
    finally:
        differential.other.close()
    if extremes:
        for source, subject in EXTREMES.values():
            robustness.attempt(Trial(source, subject()))
    return Report(differential, robustness, len(EXTREMES) if extremes else 0)


def main() -> int:
    """1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="how long (the extremes come on top)")
    parser.add_argument("--count", type=int, help="rounds of 400 inputs, instead of a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", action="store_true", help="spoil the corpus' expressions too, where it is at hand")
    args = parser.parse_args()
    end = time.monotonic() + args.seconds
    count: int | None = args.count

    def going(rounds: int) -> bool:
        return rounds < count if count is not None else time.monotonic() < end

    report = fuzz(seed=args.seed, going=going, corpus=args.corpus)
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return int(not report.clean)


if __name__ == "__main__":
    sys.exit(main())
