"""Three engines behind one question: what is this expression of this object?"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import celpy
from celpy import celtypes
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from guardrail.cel import CompileError, Environment, EvaluationError
from tests.fuzz.typed import Typed, key_of, moment, number, ours, span

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Answer", "CelExprPython", "CelPython", "Guardrail", "Question"]

Question = tuple[str, Any]
"""An expression and the value of `object`."""

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """`what` is value, error, refused (at compile time), died or missing (the engine itself); errors are all alike."""

    what: str
    value: Typed | None = None
    text: str = ""

    def agrees(self, other: Answer) -> bool:
        """Whether two engines say the same. An engine with a type checker refuses what another finds when it runs."""
        if self.what == other.what == "value":
            return self.value == other.value
        return self.what in ("error", "refused") and other.what in ("error", "refused")

    def __str__(self) -> str:
        return (
            json.dumps(self.value, ensure_ascii=True)
            if self.what == "value"
            else f"{self.what}: {self.text.splitlines()[0] if self.text else ''}"
        )


class Guardrail:
    """Our own, by the language specification."""

    name = "guardrail"

    def __init__(self) -> None:
        self._environment = Environment({"object": "dyn"}, specification=True)

    def answer(self, question: Question) -> Answer:
        """By the evaluator that errors need anyway."""
        try:
            program = self._environment.compile(question[0])
        except CompileError as error:
            return Answer("refused", text=str(error))
        value = program.evaluate({"object": question[1]})
        return Answer("error", text=str(value.message)) if isinstance(value, EvaluationError) else Answer("value", ours(value))


class CelPython:
    """cel-python, in this process: it has no type checker."""

    name = "cel-python"

    def __init__(self) -> None:
        self._environment = celpy.Environment()

    def answer(self, question: Question) -> Answer:
        """Whatever it raises is an error of its."""
        try:
            tree = self._environment.compile(question[0])
        except CELParseError as error:
            return Answer("refused", text=str(error))
        try:
            value = self._environment.program(tree).evaluate({"object": json_to_cel(question[1])})
            return Answer("error", text=str(value)) if isinstance(value, CELEvalError) else Answer("value", _of_celpy(value))
        except Exception as error:  # noqa: BLE001 - it lets Python's own exceptions out
            return Answer("error", text=f"{type(error).__name__}: {error}")


_TYPES = {
    celtypes.BoolType: "bool",
    celtypes.IntType: "int",
    celtypes.UintType: "uint",
    celtypes.DoubleType: "double",
    celtypes.StringType: "string",
    celtypes.BytesType: "bytes",
    celtypes.ListType: "list",
    celtypes.MapType: "map",
    celtypes.TimestampType: "google.protobuf.Timestamp",
    celtypes.DurationType: "google.protobuf.Duration",
    type(None): "null_type",
    celtypes.TypeType: "type",
    type: "type",
    str: "string",
    float: "double",
    int: "int",
}


def _of_celpy(value: Any) -> Typed:  # noqa: PLR0911 - one line per type
    if value is None or isinstance(value, celtypes.BoolType | bool):
        return ["null", None] if value is None else ["bool", bool(value)]
    if isinstance(value, type):
        return ["type", _TYPES.get(value, value.__name__)]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, list):
        return ["list", [_of_celpy(item) for item in value]]
    if isinstance(value, dict):
        return ["map", sorted([key_of(bool(k) if isinstance(k, celtypes.BoolType) else k), _of_celpy(v)] for k, v in value.items())]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, str):
        return ["string", str(value)]
    kind = "uint" if isinstance(value, celtypes.UintType) else "double" if isinstance(value, float) else "int"
    return number(kind, value)


class CelExprPython:
    """cel-expr-python, in a process that is started again when it dies. Questions are asked in batches."""

    name = "cel-expr-python"

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.deaths = 0
        self.missing = ""

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """In their order. A question on which it dies has that for an answer; all have it where the engine is not installed."""
        found: list[Answer] = []
        while len(found) < len(questions) and not self.missing:
            found.extend(self._until_it_dies(questions[len(found) :]))
        return found or [Answer("missing")] * len(questions)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[str] | None:
        command = [sys.executable, "-m", "tests.fuzz.cel_expr_worker"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        greeting = json.loads(process.stdout.readline() or '["missing", "it does not start"]')
        if greeting[0] == "ready":
            return process
        self.missing = greeting[1]
        process.communicate()
        return None

    def _until_it_dies(self, questions: Sequence[Question]) -> list[Answer]:
        self._process = self._process or self._started()
        if self._process is None:
            return []
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        found: list[Answer] = []
        for question in questions:  # one at a time: a pipe holds less than a batch
            try:
                pipe_in.write(json.dumps(question) + "\n")
                pipe_in.flush()
                line = pipe_out.readline()
            except BrokenPipeError:
                line = ""
            if not line:
                return [*found, self._died()]
            what, content = json.loads(line)
            found.append(Answer(what, content) if what == "value" else Answer(what, text=content))
        return found

    def _died(self) -> Answer:
        assert self._process is not None
        self._process.kill()
        self._process.stdout.close() if self._process.stdout is not None else None
        code = self._process.wait()
        self._process = None
        self.deaths += 1
        return Answer("died", text=f"its process ended with {code}")
