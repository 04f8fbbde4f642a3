"""cel-expr-python in a process of its own, because it can kill its interpreter.

Reads one JSON line `[expression, object]` at a time and writes one line for each: `["value", typed]`, `["error", text]` or
`["refused", text]`. Starts with `["ready"]` or `["missing", text]`. An evaluation that does not end kills the process.
Imports nothing of the project but how values are written.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import sys
from datetime import datetime, timedelta
from typing import Any

from tests.fuzz.typed import Typed, key_of, moment, number, span

_TOO_LONG = 5.0
"""Seconds for one evaluation. The engine holds the interpreter's lock, so that only a watchdog outside of it can end one."""
_CONFIG = """
variables: [{name: object, type_name: dyn}]
extensions: [{name: strings}, {name: lists}, {name: sets}, {name: optional}, {name: math}, {name: bindings}, {name: two-var-comprehensions}]
"""
_NAMES = {"NULL": "null_type", "TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration"}


def _typed(value: Any) -> Typed:
    """A value of the engine in the common form. Raises TypeError for an optional, which has no Python form there."""
    kind = value.type().name().partition("<")[0]
    content = value.value()
    if kind == "LIST":
        return ["list", [_typed(item) for item in content]]
    if kind == "MAP":
        return ["map", sorted([key_of(key), _typed(item)] for key, item in content.items())]
    if kind == "TYPE":
        name = str(content).partition("<")[0]
        return ["type", _NAMES.get(name, name.lower())]
    if kind == "ERROR":
        raise ValueError(content)
    return _scalar(kind, content)


def _scalar(kind: str, content: Any) -> Typed:
    if isinstance(content, datetime):
        return moment(content)
    if isinstance(content, timedelta):
        return span(content)
    if isinstance(content, bytes | bytearray):
        return ["bytes", bytes(content).hex()]
    if kind in ("INT", "UINT", "DOUBLE"):
        return number(kind.lower(), content)
    return [{"NULL": "null"}.get(kind, kind.lower()), content]


def _answer(env: Any, expression: str, subject: Any) -> list[Any]:
    try:
        program = env.compile(expression)
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return ["refused", str(error)[:300]]
    try:
        return ["value", _typed(program.eval(env.Activation({"object": subject})))]
    except TypeError as error:
        return ["value", ["optional"]] if "Unable to convert function return value" in str(error) else ["error", str(error)[:300]]
    except Exception as error:  # noqa: BLE001 - as above
        return ["error", str(error)[:300]]


def main() -> None:
    """Until the input ends."""
    try:
        cel = importlib.import_module("cel_expr_python.cel")
    except ImportError as error:
        sys.stdout.write(json.dumps(["missing", str(error)]) + "\n")
        return
    env = cel.NewEnv(config=cel.NewEnvConfigFromYaml(_CONFIG))
    sys.stdout.write(json.dumps(["ready"]) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        expression, subject = json.loads(line)
        faulthandler.dump_traceback_later(_TOO_LONG, exit=True)
        answer = _answer(env, expression, subject)
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
