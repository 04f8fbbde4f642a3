"""What guardrail costs, in CPU time, beside its budgets: mostly ratios to references measured in the same run.

* `--version`, lint of one small file and of a plan of 1 MB, process start included
* lint of a corpus of manifests against parsing alone (`yaml.load_all` with `CSafeLoader`), one process each
* 50 neutral rules over the same corpus, beside conftest's figures on its own rules where it is installed
* evaluation of one Deployment by the whole library, and growth with rules that do not match, in process

    python -m tests.bench.bench [--repeat N]

Prints a table, with `ok` or `OVER` beside each budget, and writes `bench.json`. The corpus is found through GUARDRAIL_CORPUS
(default: ../shared/corpus beside the project) and is skipped with a message where it is absent. The compiled rules are cached in
a folder of the bench's own, and guardrail's byte code is made first, as an installation has it.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from guardrail import __version__
from guardrail.engine import evaluate
from guardrail.findings import Context
from guardrail.matching import PolicyIndex
from guardrail.model import KubernetesObject, Origin, Resource
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.policy.library import compile_library
from guardrail.policy.stored import dump_rules, load_rules
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.policy_dir import shipped_policies
from guardrail.stores.profile_file import read_profile
from tests.bench.subjects import deployment, large_plan, neutral_rules, single_rules, write_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.policy.profile import Profile
    from guardrail.policy.sources import PolicySource

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", ROOT.parent / "shared" / "corpus"))
RESULT = ROOT / "bench.json"
ONE_FILE = ROOT / "fixtures/manifests/train-job.yaml"
PLAN = ROOT / "fixtures/plans/training-platform.json"
PROFILE = ROOT / "policies/profiles/example.yaml"
GUARDRAIL = str(Path(sys.executable).with_name("guardrail"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)

PARSE_ONLY = """
import sys, yaml
for path in sys.stdin.read().split("\\0"):
    with open(path, "rb") as file:
        try:
            for _ in yaml.load_all(file, yaml.CSafeLoader): pass
        except (yaml.YAMLError, ValueError): pass
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and its budget in the same unit: `x` (times the reference), `s`, `ms` (CPU time) or `MiB`."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    reference: str = ""

    @property
    def verdict(self) -> str:
        """Whether it is within its budget."""
        return "" if self.budget is None else "ok" if self.value <= self.budget else "OVER"


def cpu_s(command: Sequence[str], *, stdin: str = "", may_find: bool = False) -> tuple[float, float]:
    """CPU seconds of a process with its children, and the peak of its memory in MiB. Raises on a failing command."""
    with tempfile.TemporaryFile() as text:
        text.write(stdin.encode())
        text.seek(0)
        started = subprocess.Popen(command, stdin=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        _, status, usage = os.wait4(started.pid, 0)  # the usage of this process alone; getrusage would give the largest so far
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode not in ({0, 1, 2} if may_find else {0}):
        raise RuntimeError(f"{' '.join(command[:4])} ended with {started.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def start_up(repeat: int, folder: Path) -> list[Row]:
    """Short runs against an empty Python, interleaved; the first of each is not counted, as it fills caches."""
    plan = folder / "plan.json"
    plan.write_text(large_plan(PLAN, 2**20), "utf-8")
    one = [GUARDRAIL, "lint", str(ONE_FILE)]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "guardrail --version": [GUARDRAIL, "--version"],
        "lint one file": one,
        "lint one file, no cache": [*one, "--no-cache"],
        "lint a plan of 1 MB": [GUARDRAIL, "lint", str(plan), "--profile", str(PROFILE)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for at in range(repeat + 1):
        for name, command in commands.items():
            taken = cpu_s(command, may_find=True)[0]
            times[name].extend([taken] if at else [])
    found = {name: median(taken) for name, taken in times.items()}
    floor = found["python -c pass"]
    return [
        Row("python -c pass", floor * 1000, "ms"),
        Row("guardrail --version", found["guardrail --version"] / floor, "x", 2.0, "python -c pass"),
        Row("lint one file", found["lint one file"] / floor, "x", 12.0, "python -c pass"),
        Row("lint one file, no cache", found["lint one file, no cache"], "s", 0.6),
        Row("lint a plan of 1 MB", found["lint a plan of 1 MB"], "s", 0.25),
    ]


def corpus(repeat: int, folder: Path) -> list[Row]:
    """Lint of every manifest of the corpus against parsing the same files."""
    manifests = CORPUS / "manifests"
    if not manifests.is_dir():
        sys.stdout.write(f"skipped: no corpus at {CORPUS} (set GUARDRAIL_CORPUS)\n")
        return []
    files = sorted(str(path) for path in manifests.rglob("*") if path.suffix in {".yaml", ".yml", ".json"} and path.is_file())
    write_policies(neutral_rules(), folder / "neutral")
    lint = [GUARDRAIL, "lint", str(manifests), "--format", "json"]
    commands = {
        "plain": lint,
        "findings": [*lint, "--profile", str(PROFILE)],
        "neutral": [*lint, "--policies", str(folder / "neutral")],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("parse", *commands)}
    for at in range(repeat + 1):
        found["parse"].append(cpu_s([sys.executable, "-c", PARSE_ONLY], stdin="\0".join(files)))
        for name, command in commands.items():
            taken = cpu_s(command, may_find=True)
            found[name].extend([taken] if at else [])
    least = {name: min(taken for taken, _ in runs) for name, runs in found.items()}
    peak = {name: max(memory for _, memory in runs) for name, runs in found.items()}
    reference = f"yaml.load_all(CSafeLoader), {least['parse']:.2f} s"
    return [
        Row(f"lint {len(files)} manifests", least["plain"] / least["parse"], "x", 0.8, reference),
        Row("the same with the example profile (findings)", least["findings"] / least["parse"], "x", 1.0, reference),
        Row("its memory", peak["findings"], "MiB", 100.0),
        Row("the same with 50 neutral rules", least["neutral"], "s", 1.5),
        Row("its memory", peak["neutral"], "MiB", 60.0),
    ]


def conftest(folder: Path) -> str:
    """What conftest takes for 50 rules over the corpus, in words."""
    binary = shutil.which("conftest")
    if binary is None:
        return "conftest is not installed, so the 50 rules stand without a peer"
    rules = folder / "rego"
    rules.mkdir()
    text = "".join(f'deny contains "l{at}" if not input.metadata.labels["l{at}"]\n' for at in range(50))
    (rules / "main.rego").write_text(f"package main\nimport rego.v1\n{text}", "utf-8")
    taken, memory = cpu_s([binary, "test", "--policy", str(rules), "--output", "json", str(CORPUS / "manifests")], may_find=True)
    return f"conftest with 50 label rules over the same corpus: {taken:.2f} s, {memory:.0f} MiB"


def _ms(call: Callable[[], object], repeat: int) -> float:
    """Median CPU milliseconds of a call."""
    taken = []
    for _ in range(repeat):
        before = time.process_time_ns()
        call()
        taken.append(time.process_time_ns() - before)
    return median(taken) / 1e6


def _index(sources: Sequence[PolicySource], profile: Profile) -> PolicyIndex:
    """The rules as a warm cache gives them."""
    runtime = BuiltinRuntime()
    data = dump_rules(profile, compile_library(sources, profile, runtime), runtime)
    assert data is not None
    found = load_rules(data, BuiltinRuntime())
    assert found is not None
    return PolicyIndex(found[1])


def _resources(containers: int, profile: Profile) -> list[Resource]:
    facts = profile.facts(now=NOW, cluster=None, namespace=None)
    return normalise_kubernetes([KubernetesObject(deployment(containers), Origin("web.yaml"))], [], facts)[0]


def in_process(repeat: int) -> list[Row]:
    """Evaluation alone, rules and resource at hand."""
    profile, context, rows = read_profile(str(PROFILE)), Context(now=NOW), []
    shipped = _index(shipped_policies(), profile)
    for containers, budget in ((1, 0.25), (50, 1.0)):
        resources = _resources(containers, profile)

        def judge(index: PolicyIndex = shipped, resources: Sequence[Resource] = resources) -> None:
            for resource in resources:
                evaluate(resource, index, context)

        judge()
        rows.append(Row(f"evaluate a Deployment, {containers} containers", _ms(judge, repeat), "ms", budget))
    resources = _resources(1, profile) * 200

    def grown(index: PolicyIndex) -> float:
        return _ms(lambda: [evaluate(resource, index, context) for resource in resources], 9)

    ten, thousand = (_index(single_rules(count, matching=10), profile) for count in (10, 1000))
    rows.append(Row("1,000 rules of which 10 match", grown(thousand) / grown(ten), "x", 1.3, "those 10 alone"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=2, help="runs over the corpus; start-up is measured five times as often (default: 2)")
    repeat = parser.parse_args().repeat
    started = time.perf_counter()
    compileall.compile_dir(ROOT / "guardrail", quiet=1)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["GUARDRAIL_CACHE_DIR"] = str(folder / "cache")
        rows = [*start_up(5 * repeat, folder), *corpus(repeat, folder), *in_process(500 * repeat)]
        note = conftest(folder)
    for row in rows:
        budget = f"≤ {row.budget:g}" if row.budget is not None else ""
        sys.stdout.write(f"{row.what:46}{row.value:>9.2f} {row.unit:4}{budget:>8} {row.verdict:5}{row.reference}\n")
    sys.stdout.write(f"{note}\n")
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    measured = [{**asdict(row), "value": round(row.value, 3), "verdict": row.verdict} for row in rows]
    result = {
        "guardrail": __version__,
        "environment": machine,
        "wall_s": round(time.perf_counter() - started, 1),
        "rows": measured,
        "peer": note,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
