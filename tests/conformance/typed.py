"""What compiles in the typed environment of ValidatingAdmissionPolicy, and with which static type; static types of the recorded rows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from guardrail.cel import CompileError, Environment
from guardrail.cel.kubernetes.admission import ADMISSION_TYPES, ADMISSION_VARIABLES
from tests.conformance.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["admission", "static_types"]

_AUTHORIZER = {
    "authorizer": "kubernetes.authorization.Authorizer",
    "authorizer.requestResource": "kubernetes.authorization.ResourceCheck",
}
_RESULTS = {"validation": {"bool"}, "message": {"string"}, "audit": {"string", "null_type"}}
_DYN = dict.fromkeys(("object", "oldObject", "params", "request", "namespaceObject", "variables"), "dyn")


def admission(path: Path) -> Iterator[Result]:
    """Compile or not, and the static type of each expression of a policy."""
    for number, line in enumerate(path.read_text().splitlines()):
        row = json.loads(line)
        fault = _fault(row)
        yield Result(str(number), not fault, f"{row['expr']}: {fault}" if fault else "")


def _environment(row: dict[str, Any], types: dict[str, str], *, authorizer: bool) -> Environment:
    variables = ADMISSION_VARIABLES | {"variables": "kubernetes.variables"} | (_AUTHORIZER if authorizer else {})
    if row["params_declared"]:
        variables |= {"params": "dyn"}
    return Environment(variables, types=ADMISSION_TYPES | {"kubernetes.variables": types}, version=row["version"], strict=True)


def _fault(row: dict[str, Any]) -> str:
    types: dict[str, str] = {}
    for variable in row.get("variables", ()):
        try:
            made = str(_environment(row, types, authorizer=True).compile(variable["expression"]).type)
        except CompileError:
            made = "dyn"
        types[variable["name"]] = {"null_type": "null"}.get(made, made)
    try:
        found = str(_environment(row, types, authorizer=row["kind"] != "message").compile(row["expr"]).type)
    except CompileError as error:
        return "" if "error" in row else f"does not compile: {error}"
    if "error" in row:
        allowed = _RESULTS.get(row["kind"])
        return "" if allowed is not None and found not in allowed else f"compiles as {found}; expected {row['error'].splitlines()[0]}"
    return "" if found == _null(row["type"]) else f"type {found}; expected {row['type']}"


def _null(type_name: str) -> str:
    """The static type of null is `null` in the checker's messages and here; the recorder wrote the name of the value."""
    return re.sub(r"\bnull_type\b", "null", type_name)


def static_types(path: Path) -> Iterator[Result]:
    """The static type of each recorded row that compiles."""
    environments: dict[str, Environment] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if "type" not in row:
            continue
        if row["version"] not in environments:
            environments[row["version"]] = Environment(_DYN, version=row["version"], strict=True)
        try:
            found = str(environments[row["version"]].compile(row["expr"]).type)
        except CompileError as error:
            found = str(error)
        passed = found in (_null(row["type"]), row["type"])  # `type(null_type)` is written by name on both sides
        yield Result(f"{row['family']}/{row['id']}", passed, "" if passed else f"{row['expr']}: {found}; expected {row['type']}")
