"""The other CEL engines, timed in a process of their own: one of them can kill its interpreter, and they may live in another Python.

Reads `{"expressions": […], "objects": […], "seconds": …}` from standard input. Each engine that is here evaluates every pair of the two
until the time is up, its object conversion included (once per object, as its users would), and prints a line
`{"engine", "ns", "compiled", "values", "errors"}` with nanoseconds per evaluation and how many pairs gave a value or an error.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def say(line: str) -> None:
    """Write a line now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


CONFIG = """
variables: [{name: object, type_name: dyn}]
extensions: [{name: strings}, {name: lists}, {name: sets}, {name: optional}, {name: math}]
"""


def cel_expr_python() -> tuple[Callable[[Any], Any], Callable[[str], tuple[Callable[[Any], Any], Callable[[Any], bool]]]]:
    """Google's CEL in C++, bound to Python: what prepares an object, and what compiles an expression to a run and a test for errors."""
    cel = importlib.import_module("cel_expr_python.cel")
    env = cel.NewEnv(config=cel.NewEnvConfigFromYaml(CONFIG))

    def compiled(text: str) -> tuple[Callable[[Any], Any], Callable[[Any], bool]]:
        expression = env.compile(text)
        evaluate = expression.eval
        return (lambda activation: evaluate(activation).plain_value()), (lambda activation: evaluate(activation).type() == cel.Type.ERROR)

    return (lambda subject: env.Activation({"object": subject})), compiled


def cel_python() -> tuple[Callable[[Any], Any], Callable[[str], tuple[Callable[[Any], Any], Callable[[Any], bool]]]]:
    """cel-python, which is Python throughout."""
    celpy = importlib.import_module("celpy")
    env = celpy.Environment()

    def compiled(text: str) -> tuple[Callable[[Any], Any], Callable[[Any], bool]]:
        evaluate: Callable[[Any], Any] = env.program(env.compile(text)).evaluate

        def run(activation: Any) -> Any:
            try:
                return evaluate(activation)
            except Exception as error:  # noqa: BLE001 - an error is a result here
                return error

        return run, lambda activation: isinstance(run(activation), Exception)

    return (lambda subject: {"object": celpy.json_to_cel(subject)}), compiled


def measured(engine: Callable[[], Any], task: dict[str, Any]) -> dict[str, Any]:
    """Nanoseconds of CPU time per evaluation."""
    prepare, compiled = engine()
    programs, tests = [], []
    for text in task["expressions"]:
        try:
            run, failed = compiled(text)
        except Exception:  # noqa: BLE001, S112 - an engine may lack what an expression uses
            continue
        programs.append(run)
        tests.append(failed)
    errors = sum(failed(prepare(subject)) for subject in task["objects"] for failed in tests)
    rounds, start = 0, time.process_time()
    while rounds == 0 or time.process_time() - start < task["seconds"]:
        for subject in task["objects"]:
            activation = prepare(subject)
            for run in programs:
                run(activation)
        rounds += 1
    spent, pairs = time.process_time() - start, len(programs) * len(task["objects"])
    return {
        "engine": engine.__name__,
        "ns": spent * 1e9 / max(pairs * rounds, 1),
        "compiled": len(programs),
        "values": pairs - errors,
        "errors": errors,
    }


def main() -> None:
    """Every engine that is here."""
    task = json.load(sys.stdin)
    for engine in (cel_expr_python, cel_python):
        try:
            say(json.dumps(measured(engine, task)))
        except ImportError as error:
            say(json.dumps({"engine": engine.__name__, "missing": str(error)}))


if __name__ == "__main__":
    main()
