"""Terraform and OpenTofu JSON: plans, and what is easily taken for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guardrail.model import InputFormat
from guardrail.syntax.scalars import INT64_MAX

__all__ = ["PLAN_SIGNS", "Refused", "as_plan", "looks_like_plan", "parse_plan", "stream_refusal", "text_refusal", "unwrap"]

_TO_PLAN = "terraform plan -out=tfplan && terraform show -json tfplan > plan.json"

# A text without any of these cannot be a plan or a state.
PLAN_SIGNS = ('"resource_changes"', '"planned_values"', '"format_version"', '"terraform_version"')
_PLAN_KEYS = frozenset(
    {
        "applyable",
        "complete",
        "configuration",
        "errored",
        "output_changes",
        "planned_values",
        "prior_state",
        "relevant_attributes",
        "resource_changes",
        "resource_drift",
        "variables",
    }
)
_MAJORS = ("0", "1")
# Integers from 19 digits on may be beyond int64.
_LONG_INTEGER = re.compile(r"[0-9]{19}")

# What CI wrappers (hashicorp/setup-terraform and its kin) write around the output of a command.
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WRAPPER_LINE = re.compile(r"\s*(?:\[command\].*|::[a-z-]+.*::.*|%0A)?\s*\Z")
_TEXT_PLAN = re.compile(r"^(?:Terraform|OpenTofu) will perform the following actions:", re.MULTILINE)
_SOURCE = re.compile(
    r'^(?:resource|data) +"[\w-]+" +"[\w-]+" *\{|^(?:module|provider|variable|output) +"[\w-]+" *\{|^terraform *\{', re.MULTILINE
)
_OBJECT_LINE = re.compile(r"^\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Refused:
    """JSON of Terraform that cannot be judged; the message has the way to a plan."""

    message: str
    format: InputFormat


def looks_like_plan(text: str) -> bool:
    """Whether a text is worth being read as a plan."""
    return any(sign in text for sign in PLAN_SIGNS)


def parse_plan(text: str) -> Any:
    """The value of a JSON text, fast; integers beyond int64 become floats. Raises json.JSONDecodeError."""
    import orjson  # noqa: PLC0415 - 4 ms of start-up that a run without plans need not pay

    value = orjson.loads(text)
    return _clamped(value) if _LONG_INTEGER.search(text) else value


def _clamped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clamped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clamped(item) for item in value]
    return float(value) if type(value) is int and value > INT64_MAX else value


def as_plan(value: Any) -> Mapping[str, Any] | Refused | None:
    """The plan that a JSON value is, a refusal when it is Terraform's but no plan, None when it is something else."""
    if not isinstance(value, Mapping):
        return None
    if _is_state(value):
        return Refused(f"this is a Terraform state, not a plan; run: {_TO_PLAN}", InputFormat.OTHER)
    versioned = "format_version" in value and bool(_PLAN_KEYS & value.keys())
    if "provider_schemas" in value and "resource_changes" not in value:
        return None
    if not versioned and "resource_changes" not in value and "planned_values" not in value:
        return None
    return _refusal(value) or value


def _is_state(value: Mapping[str, Any]) -> bool:
    raw = {"version", "serial", "lineage"} <= value.keys()
    shown = "values" in value and "format_version" in value and not {"planned_values", "resource_changes"} & value.keys()
    return raw or shown


def _refusal(value: Mapping[str, Any]) -> Refused | None:
    version = value.get("format_version", value.get("plan_format_version"))
    if version is not None and str(version).partition(".")[0] not in _MAJORS:
        return Refused(
            f"plan format {version} is not known to this version of guardrail, which reads formats 0.x and 1.x", InputFormat.PLAN
        )
    if value.get("errored") is True:
        return Refused(
            f"this plan stopped with an error, so it is not the whole change; mend the cause and run: {_TO_PLAN}", InputFormat.PLAN
        )
    if not isinstance(value.get("resource_changes", []), (list, type(None))):
        return Refused("resource_changes is no list, so this is no plan that terraform show -json wrote", InputFormat.PLAN)
    return None


def stream_refusal(first: Any) -> Refused | None:
    """The refusal of the line stream of `terraform plan -json`, given its first line."""
    if isinstance(first, Mapping) and "@level" in first and "@message" in first:
        return Refused(f"this is the line stream of terraform plan -json, which holds no values; run: {_TO_PLAN}", InputFormat.OTHER)
    return None


def text_refusal(text: str) -> Refused | None:
    """The refusal of Terraform's texts that are no JSON: its source, a plan for people, a plan with words before it."""
    if _TEXT_PLAN.search(text):
        return Refused(f"this is a plan as text for people; run: {_TO_PLAN}", InputFormat.OTHER)
    if _SOURCE.search(text):
        return Refused(f"this is Terraform source, of which guardrail reads the plan; run: {_TO_PLAN}", InputFormat.OTHER)
    if looks_like_plan(text) and (found := _OBJECT_LINE.search(text)) and text[: found.start()].strip():
        line = text.count("\n", 0, found.start()) + 1
        return Refused(
            f"line 1: words stand before the JSON, which begins at line {line}; keep only what terraform show -json writes",
            InputFormat.PLAN,
        )
    return None


def unwrap(text: str) -> str | None:
    """The text with the lines of a CI wrapper and colour codes left out, or None when there are none.

    Lines are emptied, not removed, so that line numbers stay true.
    """
    if not text.lstrip().startswith(("[command]", "::", "\x1b[")) and "\n::" not in text and "%0A" not in text[-200:]:
        return None
    plain = _ANSI.sub("", text)
    lines = plain.split("\n")
    first = next((at for at, line in enumerate(lines) if not _WRAPPER_LINE.match(line)), len(lines))
    last = next((at for at in range(len(lines) - 1, first - 1, -1) if not _WRAPPER_LINE.match(lines[at])), first - 1)
    if last < first or not lines[first].lstrip().startswith("{"):
        return None
    # setup-terraform of old glues an escaped line end to the closing brace.
    lines[last] = lines[last].removesuffix("\r").removesuffix("%0A")
    kept = ["" if at < first or at > last else line for at, line in enumerate(lines)]
    made = "\n".join(kept)
    return made if made != text else None
