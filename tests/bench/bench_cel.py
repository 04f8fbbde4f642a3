"""What evaluating CEL costs: against hand-written Python, and against other CEL engines on real expressions and objects.

    python -m tests.bench.bench_cel [--seconds S] [--python OTHER]

`--python` names an interpreter that has cel-expr-python and cel-python (engines that are missing are left out with a message). The
real expressions are those of published admission policies that the corpus (GUARDRAIL_CORPUS) recorded with their objects.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from guardrail.cel import Bindings, CompileError, Environment, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", ROOT.parent / "shared" / "corpus"))
OBJECTS = 100
KINDS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"))
BUDGETS = {"cel_expr_python": 5.0, "cel_python": 400.0}
ERROR_MIX_BUDGETS = {"cel_expr_python": 3.0, "cel_python": 200.0}
HAND_WRITTEN_BUDGET = 2.0


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(line + "\n")


def deployment(containers: int) -> dict[str, Any]:
    """A Deployment with as many containers."""
    made = [
        {
            "name": f"c{n}",
            "image": f"registry/app{n}:1.{n}",
            "resources": {"limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": n % 4}},
        }
        for n in range(containers)
    ]
    labels = {"team": "ml", "app": "web", "cost-centre": "42"}
    spec = {"replicas": 3, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": made}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "ml", "labels": labels}, "spec": spec}


def _pod(o: dict[str, Any]) -> Any:
    return o["spec"]["template"]["spec"]


def _gpus_bounded(o: dict[str, Any]) -> bool:
    for c in _pod(o)["containers"]:
        if "resources" in c and "nvidia.com/gpu" in c["resources"]["limits"] and c["resources"]["limits"]["nvidia.com/gpu"] > 8:
            return False
    return True


CONTAINERS = "object.spec.template.spec.containers"
RULES: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
    ("replicas", "object.spec.replicas <= 5", lambda o: o["spec"]["replicas"] <= 5),
    (
        "gpu of every container",
        f"{CONTAINERS}.all(c, !has(c.resources) || !('nvidia.com/gpu' in c.resources.limits) || c.resources.limits['nvidia.com/gpu'] <= 8)",
        _gpus_bounded,
    ),
    (
        "labels",
        "['team', 'cost-centre'].all(k, k in object.metadata.labels)",
        lambda o: all(k in o["metadata"]["labels"] for k in ("team", "cost-centre")),
    ),
    (
        "prefix and suffix",
        "object.metadata.name.startsWith('w') && !object.metadata.name.endsWith('-tmp')",
        lambda o: o["metadata"]["name"].startswith("w") and not o["metadata"]["name"].endswith("-tmp"),
    ),
    (
        "presence and membership",
        "has(object.metadata.namespace) && object.metadata.namespace in ['ml', 'web', 'data']",
        lambda o: "namespace" in o["metadata"] and o["metadata"]["namespace"] in ("ml", "web", "data"),
    ),
    (
        "no latest tag",
        f"{CONTAINERS}.all(c, !c.image.endsWith(':latest'))",
        lambda o: all(not c["image"].endswith(":latest") for c in _pod(o)["containers"]),
    ),
    (
        "some container with limits",
        f"{CONTAINERS}.exists(c, has(c.resources) && has(c.resources.limits) && 'cpu' in c.resources.limits)",
        lambda o: any("resources" in c and "limits" in c["resources"] and "cpu" in c["resources"]["limits"] for c in _pod(o)["containers"]),
    ),
    (
        "sum of counts",
        f"{CONTAINERS}.map(c, c.resources.limits['nvidia.com/gpu']).exists(g, g + 1 > 8)",
        lambda o: any(g + 1 > 8 for g in [c["resources"]["limits"]["nvidia.com/gpu"] for c in _pod(o)["containers"]]),
    ),
    (
        "conditional",
        "object.kind == 'Deployment' ? object.spec.replicas >= 1 : object.spec.replicas == 0",
        lambda o: o["spec"]["replicas"] >= 1 if o["kind"] == "Deployment" else o["spec"]["replicas"] == 0,
    ),
    (
        "text put together",
        "object.metadata.namespace + '/' + object.metadata.name != 'kube-system/web'",
        lambda o: o["metadata"]["namespace"] + "/" + o["metadata"]["name"] != "kube-system/web",
    ),
]


def fastest(run: Callable[[], Any], seconds: float) -> float:
    """Nanoseconds of CPU time per call: the best of several batches."""
    count, best, start = 1, math.inf, time.process_time()
    while time.process_time() - start < seconds:
        before = time.process_time()
        for _ in range(count):
            run()
        spent = time.process_time() - before
        if spent < 0.002:
            count *= 4
        else:
            best = min(best, spent / count)
    return best * 1e9


def against_python(seconds: float) -> list[dict[str, Any]]:
    """Each rule on objects with 2 and with 50 containers."""
    rows, environment = [], Environment({"object": "dyn"})
    for containers in (2, 50):
        subject = deployment(containers)
        for name, expression, written in RULES:
            program, bindings = environment.compile(expression), Bindings({"object": subject})
            assert program.evaluate(bindings) == program.evaluate(bindings) == written(subject), name
            ours = fastest(lambda p=program, b=bindings: p.evaluate(b), seconds)  # type: ignore[misc]
            theirs = fastest(lambda w=written, s=subject: w(s), seconds)  # type: ignore[misc]
            rows.append(
                {
                    "rule": f"{name}, {containers} containers",
                    "ns": round(ours),
                    "python_ns": round(theirs),
                    "ratio": round(ours / theirs, 2),
                }
            )
    return rows


def workload() -> tuple[list[str], list[Any]]:
    """Expressions of published policies that read only `object`, and real workloads."""
    expressions: dict[str, None] = {}
    for path in sorted((CORPUS / "apiserver").glob("cel-oracle-*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["family"].startswith("vap-") and set(row["vars"]) == {"object"} and row["version"] == "1.36" and "stage" not in row:
                expressions[row["expr"]] = None
    return list(expressions), list(itertools.islice(workloads(), OBJECTS)) if expressions else []


def workloads() -> Iterator[Any]:
    """One workload of each manifest that has some."""
    paths = sorted((CORPUS / "manifests").rglob("*.yaml"))
    for path in paths[:: max(1, len(paths) // (4 * OBJECTS))]:
        try:
            documents = list(yaml.safe_load_all(path.read_text()))
            json.dumps(documents)
        except (yaml.YAMLError, ValueError, TypeError):
            continue
        yield from [found for found in documents if isinstance(found, dict) and found.get("kind") in KINDS][:1]


def ours_on(expressions: list[str], objects: list[Any], seconds: float) -> dict[str, Any]:
    """As `cel_engines.measured`, for our engine; an object's own work (looking for unknowns) is done once per object as well."""
    environment, programs = Environment({"object": "dyn"}), []
    for text in expressions:
        try:
            programs.append(environment.compile(text))
        except CompileError:
            continue
    for subject in objects[:2]:
        for program in programs:
            program.evaluate({"object": subject})
    errors = sum(isinstance(program.evaluate({"object": subject}), EvaluationError) for subject in objects for program in programs)
    rounds, start = 0, time.process_time()
    while rounds == 0 or time.process_time() - start < seconds:
        for subject in objects:
            bindings = Bindings({"object": subject})
            for program in programs:
                program.evaluate(bindings)
        rounds += 1
    spent, pairs = time.process_time() - start, len(programs) * len(objects)
    return {
        "engine": "guardrail",
        "ns": spent * 1e9 / (pairs * rounds),
        "compiled": len(programs),
        "values": pairs - errors,
        "errors": errors,
    }


def without_errors(expressions: list[str], objects: list[Any]) -> list[str]:
    """The expressions that give a value on all objects."""
    environment, kept = Environment({"object": "dyn"}), []
    for text in expressions:
        try:
            program = environment.compile(text)
        except CompileError:
            continue
        if not any(isinstance(program.evaluate({"object": subject}), EvaluationError) for subject in objects):
            kept.append(text)
    return kept


def against_engines(python: str, seconds: float) -> list[dict[str, Any]]:
    """The error mix (all pairs), then the expressions that give a value on every object."""
    expressions, objects = workload()
    if not expressions:
        say(f"no corpus at {CORPUS}: real expressions left out")
        return []
    rows = []
    for mix, chosen, budgets in (
        ("values", without_errors(expressions, objects), BUDGETS),
        ("error mix", expressions, ERROR_MIX_BUDGETS),
    ):
        ours = ours_on(chosen, objects, seconds)
        rows.append({"mix": mix, **ours, "ns": round(ours["ns"])})
        task = json.dumps({"expressions": chosen, "objects": objects, "seconds": seconds})
        done = subprocess.run(
            [python, str(Path(__file__).with_name("cel_engines.py"))], input=task, stdout=subprocess.PIPE, text=True, check=False
        )
        for line in done.stdout.splitlines():
            row = json.loads(line)
            if "missing" in row:
                say(f"{row['engine']} left out: {row['missing']}")
                continue
            rows.append(
                {"mix": mix, **row, "ns": round(row["ns"]), "ratio": round(row["ns"] / ours["ns"], 1), "budget": budgets[row["engine"]]}
            )
    return rows


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def main() -> int:
    """Prints the tables; 1 where a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=0.3, help="per measurement")
    parser.add_argument("--python", default=os.environ.get("GUARDRAIL_BENCH_PYTHON", sys.executable))
    args = parser.parse_args()
    rules = against_python(args.seconds)
    for row in rules:
        say(f"{row['rule']:<44}{row['ns']:>10} ns {row['python_ns']:>10} ns by hand {row['ratio']:>6} x")
    overall = mean([row["ratio"] for row in rules])
    met = overall <= HAND_WRITTEN_BUDGET
    say(f"geometric mean: {overall:.2f} x hand-written Python (at most {HAND_WRITTEN_BUDGET}) {_verdict(met=met)}\n")
    engines = against_engines(args.python, args.seconds * 10)
    for row in engines:
        shown = f"{row['ratio']:>8} x (at least {row['budget']}) {_verdict(met=row['ratio'] >= row['budget'])}" if "ratio" in row else ""
        counts = f"{row['compiled']:>5} expressions {row['values']:>6} values {row['errors']:>6} errors"
        say(f"{row['mix']:<12}{row['engine']:<18}{row['ns']:>10} ns {counts} {shown}")
    met = met and all(row["ratio"] >= row["budget"] for row in engines if "ratio" in row)
    return int(not met)


def _verdict(*, met: bool) -> str:
    return "ok" if met else "OVER"


if __name__ == "__main__":
    sys.exit(main())
