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


def cel_expr_python() -> tuple[Callable[[Any], Any], Callable[[str], Callable[[Any], Any]]]:
    """Google's CEL in C++, bound to Python: what prepares an object, and what compiles an expression."""
    cel = importlib.import_module("cel_expr_python.cel")
    env = cel.NewEnv(config=cel.NewEnvConfigFromYaml(CONFIG))

    def compiled(text: str) -> Callable[[Any], Any]:
        expression = env.compile(text)

        def run(activation: Any) -> Any:
            value = expression.eval(activation).plain_value()
            if isinstance(value, str) and value.startswith("error"):
                raise ValueError(value)
            return value

        return run

    return (lambda subject: env.Activation({"object": subject})), compiled


def cel_python() -> tuple[Callable[[Any], Any], Callable[[str], Callable[[Any], Any]]]:
    """cel-python, which is Python throughout."""
    celpy = importlib.import_module("celpy")
    env = celpy.Environment()

    def compiled(text: str) -> Callable[[Any], Any]:
        evaluate: Callable[[Any], Any] = env.program(env.compile(text)).evaluate
        return evaluate

    return (lambda subject: {"object": celpy.json_to_cel(subject)}), compiled


def measured(engine: Callable[[], Any], task: dict[str, Any]) -> dict[str, Any]:
    """Nanoseconds of CPU time per evaluation."""
    prepare, compiled = engine()
    programs = []
    for text in task["expressions"]:
        try:
            programs.append(compiled(text))
        except Exception:  # noqa: BLE001, S112 - an engine may lack what an expression uses
            continue
    values, errors, rounds = 0, 0, 0
    start = time.process_time()
    while rounds == 0 or time.process_time() - start < task["seconds"]:
        values, errors = _round(programs, task["objects"], prepare)
        rounds += 1
    spent = time.process_time() - start
    count = max(len(programs) * len(task["objects"]) * rounds, 1)
    return {"engine": engine.__name__, "ns": spent * 1e9 / count, "compiled": len(programs), "values": values, "errors": errors}


def _round(programs: list[Callable[[Any], Any]], objects: list[Any], prepare: Callable[[Any], Any]) -> tuple[int, int]:
    values = errors = 0
    for subject in objects:
        activation = prepare(subject)
        for program in programs:
            try:
                program(activation)
                values += 1
            except Exception:  # noqa: BLE001 - an error is a result here
                errors += 1
    return values, errors


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
