"""The suites: each yields one outcome per case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.cel import CompileError, Environment, EvaluationError, Library, wellknown
from tests.conformance import decode
from tests.conformance.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["recorded_costs", "recorded_rows", "specification"]

_VARIABLES = dict.fromkeys(("object", "oldObject", "params", "request", "namespaceObject", "variables"), "dyn")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


# -- the API server's rows


class _Rows:
    """Evaluates recorded rows; one environment per version."""

    def __init__(self) -> None:
        self._environments: dict[str, Environment] = {}

    def outcome(self, row: dict[str, Any]) -> tuple[Any, int]:
        """Value or error (a CompileError as it is), and cost."""
        version = row["version"]
        environment = self._environments.get(version)
        if environment is None:
            environment = self._environments[version] = Environment(_VARIABLES, version=version, strict=True)
        try:
            program = environment.compile(row["expr"])
        except CompileError as error:
            return error, 0
        outcome = program.measure(row.get("vars", {}))
        return outcome.value, outcome.cost


def _row_faults(row: dict[str, Any], value: Any) -> str:
    expected = row.get("error")
    if expected is None:
        if isinstance(value, (CompileError, EvaluationError)):
            return f"expected {json.dumps(row.get('value'))[:80]}, got {value}"
        wanted = decode.recorded(row["value"])
        return "" if decode.same(value, wanted) else f"expected {wanted!r}, got {value!r}"
    kind = expected["class"]
    if kind == "compile":
        return "" if isinstance(value, CompileError) else f"expected a compile error ({expected['text'].splitlines()[0]}), got {value!r}"
    if not isinstance(value, EvaluationError):
        return f"expected {kind} ({expected['text'][:80]}), got {value!r}"
    return "" if kind in (value.kind, "panic") else f"expected {kind} ({expected['text'][:80]}), got {value.kind}: {value.message[:80]}"


def recorded_rows(path: Path) -> Iterator[Result]:
    """Value or error class of each row."""
    rows = _Rows()
    for row in _lines(path):
        value, _ = rows.outcome(row)
        fault = _row_faults(row, value)
        yield Result(f"{row['family']}/{row['id']}", not fault, f"{row['expr']}: {fault}" if fault else "")


def recorded_costs(path: Path) -> Iterator[Result]:
    """Cost of each row that has one."""
    rows = _Rows()
    for row in _lines(path):
        if "cost" not in row:
            continue
        value, cost = rows.outcome(row)
        passed = cost == row["cost"] and not isinstance(value, CompileError)
        yield Result(
            f"{row['family']}/{row['id']}", passed, "" if passed else f"{row['expr']}: expected cost {row['cost']}, got {cost} ({value!r})"
        )


# -- the specification's cases


def specification(path: Path) -> Iterator[Result]:
    """Value or error of each case."""
    for row in _lines(path):
        case = f"{row['file']}/{row['section']}/{row['name']}"
        try:
            fault = _specification_fault(row)
        except (KeyError, ValueError) as error:
            fault = f"needs protobuf: {error!r}"
        yield Result(case, not fault, f"{row['expr']}: {fault}" if fault else "", row["expr"] + json.dumps(row["test"]))


_PRIMITIVES = {"BOOL": "bool", "INT64": "int", "UINT64": "uint", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes"}
_WELL_KNOWN = {"TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration", "ANY": "dyn"}


def type_text(declared: dict[str, Any]) -> str:  # noqa: PLR0911 - one line per kind of type
    """A type of the specification's cases in our text form. Raises KeyError for what is protobuf only."""
    ((tag, content),) = declared.items()
    if tag == "primitive":
        return _PRIMITIVES[content]
    if tag == "wellKnown":
        return _WELL_KNOWN[content]
    if tag == "wrapper":
        return f"wrapper({_PRIMITIVES[content]})"
    if tag == "listType":
        return f"list({type_text(content['elemType'])})"
    if tag == "mapType":
        return f"map({type_text(content['keyType'])}, {type_text(content['valueType'])})"
    if tag == "messageType":
        return str(wellknown.RESULTS[content])
    if tag == "abstractType":
        return f"{content['name']}({', '.join(map(type_text, content.get('parameterTypes', [])))})"
    if tag == "type":
        return f"type({type_text(content)})" if content else "type"
    return {"dyn": "dyn", "null": "null"}[tag] if tag != "typeParam" else content


def _specification_fault(row: dict[str, Any]) -> str:
    test = row["test"]
    variables, libraries = _declared(test)
    environment = Environment(variables, specification=True, container=row.get("container", ""), functions=libraries)
    try:
        program = (environment.compile_unchecked if test.get("disableCheck") else environment.compile)(row["expr"])
    except CompileError as error:
        return "" if "evalError" in test else f"does not compile: {error}"
    typed = test.get("typedResult")
    if typed is not None and str(program.type) != type_text(typed["deducedType"]):
        return f"expected type {type_text(typed['deducedType'])}, got {program.type}"
    if test.get("checkOnly"):
        return ""
    bindings = {name: decode.specified(bound["value"]) for name, bound in test.get("bindings", {}).items()}
    value = program.evaluate(bindings)
    if "evalError" in test:
        return "" if isinstance(value, EvaluationError) else f"expected an error, got {value!r}"
    if isinstance(value, EvaluationError):
        return f"got {value}"
    expected = test.get("value", (typed or {}).get("result", {"boolValue": True}))
    wanted = decode.specified(expected)
    return "" if decode.same(value, wanted, signed_zero=False) else f"expected {wanted!r}, got {value!r}"


def _declared(test: dict[str, Any]) -> tuple[dict[str, str], list[Any]]:
    variables: dict[str, str] = {}
    library = Library("case")
    for entry in test.get("typeEnv", []):
        if "ident" in entry:
            variables[entry["name"]] = type_text(entry["ident"]["type"])
        for overload in entry.get("function", {}).get("overloads", []):
            params = [type_text(t) for t in overload.get("params", [])]
            receiver = f"({params.pop(0)})." if overload.get("isInstanceFunction") else ""
            library.add(
                f"{receiver}{entry['name']}({', '.join(params)}) -> {type_text(overload['resultType'])}", overload["overloadId"], None
            )
    return variables, [library]
