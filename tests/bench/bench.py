"""What guardrail costs, as ratios to references measured in the same run, in CPU time.

* lint of a corpus of manifests against parsing alone (`yaml.load_all` with `CSafeLoader`), one process each
* `--version` and lint of one file against `python -c pass`, process start included

    python -m tests.bench.bench [--repeat N]

Prints a table and writes `bench.json`. The corpus is found through GUARDRAIL_CORPUS (default:
../shared/corpus beside the project) and is skipped with a message where it is absent.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from guardrail import __version__

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", ROOT.parent / "shared" / "corpus"))
RESULT = ROOT / "bench.json"
ONE_FILE = ROOT / "fixtures/manifests/train-job.yaml"

PARSE_ONLY = """
import sys, yaml
for path in sys.stdin.read().split("\\0"):
    with open(path, "rb") as file:
        try:
            for _ in yaml.load_all(file, yaml.CSafeLoader): pass
        except (yaml.YAMLError, ValueError): pass
"""


def cpu_s(command: list[str], *, stdin: str = "", may_find: bool = False) -> tuple[float, float]:
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


def start_up(repeat: int) -> list[dict[str, object]]:
    """`--version` and lint of one small file against an empty Python, interleaved."""
    python, guardrail = sys.executable, str(Path(sys.executable).with_name("guardrail"))
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "guardrail --version": [guardrail, "--version"],
        "guardrail lint one file": [guardrail, "lint", str(ONE_FILE)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            times[name].append(cpu_s(command, may_find=True)[0])
    floor = median(times["python -c pass"])
    budgets = {"guardrail --version": 2.0, "guardrail lint one file": 12.0}
    return [
        {
            "what": name,
            "cpu_s": round(median(taken), 4),
            "reference": "python -c pass",
            "ratio": round(median(taken) / floor, 2),
            "budget": budgets.get(name),
        }
        for name, taken in times.items()
    ]


def corpus(repeat: int) -> list[dict[str, object]]:
    """Lint of every manifest of the corpus against parsing the same files."""
    folder = CORPUS / "manifests"
    if not folder.is_dir():
        sys.stdout.write(f"skipped: no corpus at {CORPUS} (set GUARDRAIL_CORPUS)\n")
        return []
    files = sorted(str(path) for path in folder.rglob("*") if path.suffix in {".yaml", ".yml", ".json"} and path.is_file())
    guardrail = str(Path(sys.executable).with_name("guardrail"))
    lint, parse = [], []
    for _ in range(repeat):
        parse.append(cpu_s([sys.executable, "-c", PARSE_ONLY], stdin="\0".join(files)))
        lint.append(cpu_s([guardrail, "lint", str(folder), "--format", "json"], may_find=True))
    floor, cost = min(taken for taken, _ in parse), min(taken for taken, _ in lint)
    return [
        {
            "what": f"guardrail lint of {len(files)} manifests",
            "cpu_s": round(cost, 3),
            "reference": "yaml.load_all(CSafeLoader)",
            "reference_cpu_s": round(floor, 3),
            "ratio": round(cost / floor, 2),
            "budget": 0.8,
            "peak_mib": round(max(peak for _, peak in lint), 1),
        }
    ]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=2, help="runs over the corpus; start-up is measured ten times as often (default: 2)")
    repeat = parser.parse_args().repeat
    started = time.perf_counter()
    rows = [*start_up(10 * repeat), *corpus(repeat)]
    sys.stdout.write(f"{'what':44}{'CPU s':>9}{'ratio':>9}{'budget':>9}   reference\n")
    for row in rows:
        budget = f"≤ {row['budget']}" if row["budget"] else ""
        sys.stdout.write(f"{row['what']:44}{row['cpu_s']:>9}{row['ratio']:>9}{budget:>9}   {row['reference']}\n")
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    result = {"guardrail": __version__, "environment": machine, "wall_s": round(time.perf_counter() - started, 1), "rows": rows}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
