"""The shapes of policies and profiles: the packaged JSON Schemas, and their errors in our words."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from guardrail.policy.documents import Path

__all__ = ["did_you_mean", "is_schema", "resolves", "schema_faults", "schema_of", "unknown_path", "value_faults"]

_TYPES: Mapping[str, str] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a map",
    "string": "a text",
}
_FORMS: Mapping[str, str] = {
    "^[a-z0-9]+(-[a-z0-9]+)*$": "lower-case words joined by hyphens",
    "^[a-z][a-z0-9_]*$": "lower-case letters, digits and underscores",
    "^[1-9][0-9]*d$": "a number of days such as 30d",
    "^[0-9]+\\.[0-9]+\\.[0-9]+$": "a version such as 0.1.0",
    "^resource(\\.[a-z_]+)+$": "a path such as resource.region",
    "^[a-z_]+(\\.[a-z_]+)*$": "a path of the profile such as regions.approved",
    "^[A-Z]{3}$": "a currency code such as USD",
}


@cache
def schema_of(kind: str) -> Mapping[str, Any]:
    """The packaged schema of `policy` or `profile`."""
    text = resources.files("guardrail.policy").joinpath(f"{kind}.schema.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def schema_faults(value: Any, kind: str) -> list[tuple[Path, str, bool]]:
    """Everything in a document that breaks its schema: path, message, and whether the key itself is at fault."""
    return list(_explained(_validator(kind).iter_errors(value)))


def value_faults(value: Any, schema: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """What breaks a parameter's JSON Schema in a value, as paths below the value."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 70 ms that a run without policies need not pay

    return [(path, message) for path, message, _ in _explained(Draft202012Validator(schema).iter_errors(value))]


def is_schema(schema: Mapping[str, Any]) -> str | None:
    """None when this is a JSON Schema (2020-12), else what is wrong with it."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - as in value_faults

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return error.message
    return None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean x?)` when a known word is near, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes pay for it

    near = get_close_matches(word, sorted(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def resolves(parts: Sequence[str]) -> bool:
    """Whether a profile may have something at a path; `*` is any key there and `[]` any member."""
    return _first_unknown(parts) is None


def unknown_path(dotted: str) -> str | None:
    """What is wrong with a path of the profile (`regions.approved`) that no profile can have, else None."""
    found = _first_unknown(dotted.split("."))
    return None if found is None else f"a profile has no {dotted}{did_you_mean(*found)}"


def _first_unknown(parts: Sequence[str]) -> tuple[str, Iterable[str]] | None:
    """The first part of a path that the schema of profiles does not have, with those that it has there."""
    schema: Any = schema_of("profile")
    for part in parts:
        if schema is True or "$ref" in schema:
            return None  # a part whose inside no rule reads yet may hold anything
        members = schema.get("properties", {})
        schema = schema.get("items", False) if part == "[]" else members.get(part, schema.get("additionalProperties", False))
        if schema is False:
            return part, members
    return None


@cache
def _validator(kind: str) -> Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - as in value_faults

    return Draft202012Validator(schema_of(kind))


def _explained(errors: Iterable[ValidationError]) -> Iterator[tuple[Path, str, bool]]:
    """Path, message, and whether the key itself is at fault, in the order of the paths."""
    for error in sorted(errors, key=lambda found: [str(part) for part in found.absolute_path]):
        path: Path = tuple(error.absolute_path)
        keyword = str(error.validator)
        if keyword == "additionalProperties" and error.validator_value is False:
            schema: Any = error.schema
            known = schema.get("properties", {})
            instance: Any = error.instance
            for key in sorted(set(instance) - set(known)):
                yield (*path, key), f"unknown key{did_you_mean(key, known)}", True
        elif keyword == "propertyNames":
            yield (*path, str(error.instance)), f"{error.instance!r} is not a name", True
        else:
            yield path, _message(keyword, error), False


def _message(keyword: str, error: ValidationError) -> str:
    wanted: Any = error.validator_value
    found: Any = error.instance
    written = _MESSAGES.get(keyword)
    return written(wanted, found) if written is not None else error.message


def _lacks(keys: Iterable[str], found: Mapping[str, Any]) -> str:
    return "lacks " + ", ".join(key for key in keys if key not in found)


def _wrong_type(wanted: str | list[str], found: Any) -> str:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return f"expected {' or '.join(_TYPES[kind] for kind in kinds)}, found {_described(found)}"


def _none_of(wanted: list[Any], found: Any) -> str:
    return f"{_described(found)} is none of {', '.join(map(str, wanted))}" + did_you_mean(str(found), map(str, wanted))


def _described(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value) or "an empty text"
    return {type(None): "nothing", list: "a list", dict: "a map"}.get(type(value), type(value).__name__)


def _not_exactly_one(wanted: list[Any], found: Mapping[str, Any]) -> str:
    keys = [key for branch in wanted for key in branch.get("required", ())]
    stated = [key for key in keys if key in found]
    return f"states {' and '.join(stated)}; one of them only" if stated else f"lacks {' or '.join(keys)}"


def _empty(_wanted: Any, _found: Any) -> str:
    return "is empty"


_MESSAGES: Mapping[str, Callable[[Any, Any], str]] = {
    "required": _lacks,
    "type": _wrong_type,
    "enum": _none_of,
    "const": lambda wanted, found: f"expected {wanted}, found {_described(found)}",
    "pattern": lambda wanted, found: f"{_described(found)} is not {_FORMS.get(wanted, f'of the form {wanted}')}",
    "anyOf": lambda wanted, _found: "lacks " + " or ".join(key for branch in wanted for key in branch.get("required", ())),
    "oneOf": _not_exactly_one,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "minimum": lambda wanted, found: f"{_described(found)} is below {wanted}",
    "uniqueItems": lambda _wanted, _found: "holds a member twice",
}
