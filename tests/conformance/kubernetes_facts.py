"""Kubernetes' own facts: libraries, CRD rules, admission expressions, costs."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from guardrail.cel import CompileError, Environment, ErrorKind, EvaluationError, Optional, Timestamp
from guardrail.cel.kubernetes.admission import ADMISSION_TYPES, ADMISSION_VARIABLES
from guardrail.cel.kubernetes.authorizer import Attributes, Authorizer, Decision, ResourceCheck
from guardrail.cel.kubernetes.jsonpatch import JSON_PATCH
from guardrail.cel.parser import RESERVED
from guardrail.cel.timestamps import parse_duration, parse_timestamp
from tests.conformance import decode
from tests.conformance.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["costs", "facts"]

_AUTHORIZER = {
    "authorizer": "kubernetes.authorization.Authorizer",
    "authorizer.requestResource": "kubernetes.authorization.ResourceCheck",
}


def facts(path: Path) -> Iterator[Result]:
    """Value, error or compile error of each fact."""
    for case in json.loads(path.read_text())["cases"]:
        fault = _GROUPS[case["group"]](case)
        yield Result(case["id"], not fault, f"{case['expr']}: {fault}" if fault else "")


def costs(path: Path) -> Iterator[Result]:
    """Run-time cost of each fact that has one."""
    for case in json.loads(path.read_text())["cases"]:
        fault = _budget(case) if "exprs" in case else _runtime_cost(case)
        yield Result(case["id"], not fault, f"{case.get('expr') or case['exprs']}: {fault}" if fault else "")


# -- what is expected


def _judge(expect: Mapping[str, Any], outcome: Any) -> str:
    if "value" in expect:
        wanted = _lenient(decode.recorded(expect["value"]), outcome)
        return "" if decode.same(outcome, wanted) else f"expected {wanted!r}, got {outcome!r}"
    if "compile_error_matches" in expect or "compile_error_contains" in expect:
        return "" if isinstance(outcome, CompileError) else f"expected a compile error, got {outcome!r}"
    if "runtime_error_matches" in expect:
        return "" if isinstance(outcome, EvaluationError) else f"expected an error, got {outcome!r}"
    return (
        "" if isinstance(outcome, (CompileError, EvaluationError)) else f"expected an error ({expect['error_contains']}), got {outcome!r}"
    )


def _lenient(wanted: Any, outcome: Any) -> Any:
    """The facts write whole doubles as integers, and of a list of messages the first."""
    if type(wanted) is int and type(outcome) is float:
        return float(wanted)
    if isinstance(wanted, Optional) and isinstance(wanted.value, str) and isinstance(outcome, Optional) and isinstance(outcome.value, list):
        return Optional([wanted.value, *outcome.value[1:]])
    return wanted


def _outcome(environment: Environment, expression: str, variables: Mapping[str, Any]) -> Any:
    try:
        program = environment.compile(expression)
    except CompileError as error:
        return error
    return program.evaluate(variables)


def _library(case: Mapping[str, Any]) -> str:
    return _judge(case["expect"], _outcome(Environment(version="1.37", strict=True), case["expr"], case["vars"]))


# -- CRD rules: self and oldSelf have the types of a schema


class _Schemas:
    """Object types of a schema, and values in the form those types have."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, str]] = {}

    def type_of(self, schema: Mapping[str, Any], *, root: bool = False) -> str:
        """The type of a schema; empty where it has none, so that its field is not declared."""
        if schema.get("x-kubernetes-int-or-string"):
            return "dyn"
        kind = schema.get("type")
        if kind == "array":
            items = self.type_of(schema["items"])
            return f"list({items})" if items else ""
        if kind == "object":
            return self._object(schema, root=root)
        return self._simple(schema)

    def _simple(self, schema: Mapping[str, Any]) -> str:
        kind, form = schema.get("type"), schema.get("format")
        if kind == "string":
            return {"date": "timestamp", "date-time": "timestamp", "duration": "duration", "byte": "bytes"}.get(str(form), "string")
        return {"integer": "int", "number": "double", "boolean": "bool"}.get(str(kind), "")

    def _object(self, schema: Mapping[str, Any], *, root: bool) -> str:
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            values = self.type_of(extra)
            return f"map(string, {values})" if values else ""
        properties = dict(schema.get("properties", {}))
        if root or schema.get("x-kubernetes-embedded-resource"):
            text = {"type": "string"}
            metadata = {
                "type": "object",
                "properties": {"name": text, "generateName": text, **properties.get("metadata", {}).get("properties", {})},
            }
            properties |= {"apiVersion": text, "kind": text, "metadata": metadata}
        name = f"schema.Object{len(self.types)}"
        self.types[name] = {}
        for key, value in properties.items():
            declared = self.type_of(value)
            if declared and escaped(key):
                self.types[name] |= {escaped(key): declared, key: declared}
        return name

    def value(self, value: Any, schema: Mapping[str, Any]) -> Any:
        """A value in the form of its type. Raises ValueError where it is of another."""
        if value is None:
            return value
        if schema.get("x-kubernetes-int-or-string"):
            if not isinstance(value, (str, int)):
                raise ValueError("expected XIntOrString value to be either a string or integer")
            return value
        if schema.get("type") in ("object", "array") and isinstance(value, dict) != (schema["type"] == "object"):
            raise ValueError(f"invalid data, expected {schema['type']}")
        if isinstance(value, list):
            return [self.value(item, schema.get("items", {})) for item in value]
        if isinstance(value, dict):
            extra = schema.get("additionalProperties")
            if isinstance(extra, dict):
                return {key: self.value(item, extra) for key, item in value.items()}
            properties = schema.get("properties", {})
            made = {key: self.value(item, properties.get(key, {})) for key, item in value.items() if item is not None}
            return made | {escaped(key): item for key, item in made.items() if key in properties and escaped(key)}
        return _converted(value, schema)


def _converted(value: Any, schema: Mapping[str, Any]) -> Any:
    kind, form = schema.get("type"), schema.get("format")
    if kind == "number":
        return float(value)
    if kind == "string" and form == "duration":
        return parse_duration(value)
    if kind == "string" and form == "date-time":
        return parse_timestamp(value)
    if kind == "string" and form == "date":
        return Timestamp(int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()) * 10**9)
    if kind == "string" and form == "byte":
        return base64.b64decode(value)
    return value


_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_RESERVED = RESERVED | {"true", "false", "null", "in"}


def escaped(name: str) -> str:
    """A property name as an identifier; empty where it has none."""
    if not name or name[0].isdigit():
        return ""
    if name in _RESERVED:
        return f"__{name}__"
    text = re.sub(r"__|\.|-|/", lambda match: _ESCAPES[match.group()], name)
    return text if re.fullmatch(r"\w+", text, re.ASCII) else ""


def _crd(case: Mapping[str, Any]) -> str:
    if case.get("expect_skipped"):
        return ""  # the server does not evaluate the rule
    schemas = _Schemas()
    root = bool(case.get("is_root"))
    schema = case["schema"]
    declared = schemas.type_of(schema, root=root)
    environment = Environment({"self": declared, "oldSelf": declared}, types=schemas.types, version="1.37", strict=True)
    try:
        variables = {name: schemas.value(value, schema) for name, value in case["vars"].items()}
    except ValueError as error:
        return _judge(case["expect"], EvaluationError(str(error), ErrorKind.INTERNAL))
    return _judge(case["expect"], _outcome(environment, case["expr"], variables))


# -- admission


def _admission_environment(variables: Mapping[str, str], version: str = "1.37") -> Environment:
    return Environment({**ADMISSION_VARIABLES, **variables}, types=ADMISSION_TYPES, version=version, strict=True)


def _compiles(case: Mapping[str, Any]) -> str:
    extra = {"params": "dyn"} if case.get("has_params") else {}
    try:
        _admission_environment(extra | (_AUTHORIZER if case.get("has_authorizer") else {})).compile(case["expr"])
    except CompileError as error:
        return "" if "compile_error_contains" in case["expect"] else f"does not compile: {error}"
    return "" if case["expect"].get("compiles") else "compiles"


_ATTRIBUTES = {
    "APIGroup": "group",
    "Resource": "resource",
    "Subresource": "subresource",
    "Namespace": "namespace",
    "Name": "name",
    "Verb": "verb",
    "Path": "path",
}


def _authorizer(case: Mapping[str, Any]) -> dict[str, Any]:
    described = case.get("authorizer")
    if not described:
        return {}
    given = described.get("attributes", {})
    wanted = {ours: given.get(theirs, "") for theirs, ours in _ATTRIBUTES.items()}

    def decide(asked: Attributes) -> Decision:
        allowed = all(getattr(asked, name) == value for name, value in wanted.items())
        if described.get("mode") in ("denyAll", "allow-all"):
            return Decision(allowed=described["mode"] == "allow-all", reason="fake reason")
        return Decision(allowed=allowed, error=described.get("error", ""))

    authorizer = Authorizer(decide)
    request = case["vars"].get("request") or {}
    resource = request.get("resource") or {}
    attributes = Attributes(
        group=resource.get("group", ""),
        resource=resource.get("resource", ""),
        subresource=request.get("subResource", ""),
        namespace=request.get("namespace", ""),
        name=request.get("name", ""),
    )
    return {"authorizer": authorizer, "authorizer.requestResource": ResourceCheck(authorizer, attributes)}


def _admission_values(case: Mapping[str, Any]) -> dict[str, Any]:
    variables = {name: None if value in ("__absent__", "__typed_nil__") else value for name, value in case["vars"].items()}
    namespace = variables.get("namespaceObject")
    if namespace:
        metadata = namespace.get("metadata", {})
        for name in ("creationTimestamp", "deletionTimestamp"):
            if isinstance(metadata.get(name), str):
                metadata[name] = parse_timestamp(metadata[name])
    return variables | _authorizer(case)


def _condition(case: Mapping[str, Any]) -> str:
    extra = {"params": "dyn"} if case.get("has_param_kind") or "params" in case["vars"] else {}
    environment = _admission_environment(extra | _AUTHORIZER, case.get("compatibility_version", "v137").replace("v1", "1."))
    return _judge(case["expect"], _outcome(environment, case["expr"], _admission_values(case)))


class _Variables(dict[str, Any]):
    """The variables of a policy: computed when first read."""


def _composition(case: Mapping[str, Any]) -> str:
    types: dict[str, Any] = {}
    values, made, spent = _admission_values(case), _Variables(), 0
    try:
        for variable in case["variables"]:
            environment = Environment(
                {**ADMISSION_VARIABLES, "variables": "kubernetes.variables"},
                types={**ADMISSION_TYPES, "kubernetes.variables": types},
                version="1.37",
                strict=True,
            )
            program = environment.compile(variable["expression"])
            outcome = program.measure({**values, "variables": made})
            made[variable["name"]], spent = outcome.value, spent + outcome.cost
            types = {**types, variable["name"]: program.type}
        environment = Environment(
            {**ADMISSION_VARIABLES, "variables": "kubernetes.variables"},
            types={**ADMISSION_TYPES, "kubernetes.variables": types},
            version="1.37",
            strict=True,
        )
        outcome = environment.compile(case["expr"]).measure({**values, "variables": made})
    except CompileError as error:
        return _judge(case["expect"], error)
    budget = case.get("runtime_cost_budget")
    if budget is not None and spent + outcome.cost > budget:
        return "" if "error_contains" in case["expect"] else "over budget"
    return _judge(case["expect"], outcome.value)


_GROUPS = {
    "k8s-library": _library,
    "crd-rule": _crd,
    "admission-compile": _compiles,
    "admission-condition": _condition,
    "admission-variables": _composition,
}


# -- costs


def _runtime_cost(case: Mapping[str, Any]) -> str:
    environment = Environment(_AUTHORIZER, functions=[JSON_PATCH], specification=True, folded=False)
    variables = _authorizer({**case, "authorizer": case.get("authorizer") or {"mode": "allow-all"}, "vars": {}})
    outcome = environment.compile(case["expr"]).measure(variables)
    return "" if outcome.cost == case["runtime_cost"] else f"expected cost {case['runtime_cost']}, got {outcome.cost} ({outcome.value!r})"


def _budget(case: Mapping[str, Any]) -> str:
    environment = _admission_environment({"params": "dyn"} | _AUTHORIZER)
    remaining = case["budget"]
    values = _admission_values(case)
    for expression in case["exprs"]:
        outcome = environment.compile(expression).measure(values)
        remaining -= outcome.cost
    exceeded = remaining < 0 or isinstance(outcome.value, EvaluationError)
    if case["exceed_budget"] or case["exceed_per_call_limit"]:
        return "" if exceeded else f"expected to exceed the budget, {remaining} left"
    return "" if remaining == case["expect_remaining"] else f"expected {case['expect_remaining']} left, got {remaining}"
