"""How a finding came about, for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.reporters.documents import finding_of, head_of, location_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from guardrail.explanation import Explained, Expression, Part
    from guardrail.model import Location, Report
    from guardrail.policy.provenance import Source

__all__ = ["write_explanation"]


def write_explanation(
    explained: Explained, report: Report, places: Mapping[str, Location], stream: TextIO, *, twins: Sequence[Location] = ()
) -> None:
    """Writes the JSON form. `places` are those of the pointers of the explanation, `twins` those of findings with the same fingerprint."""
    document = {
        **head_of(report, "Explanation"),
        "finding": finding_of(explained.finding),
        "twins": [location_of(twin) for twin in twins],
        "policy": {"name": explained.finding.policy, "version": explained.version, "title": explained.title},
        "rule": None if explained.rule is None else _expression(explained.rule, places),
        "variables": [_expression(variable, places) for variable in explained.variables],
        "parameters": [{"name": param.name, "value": param.value, "source": _source(param.source)} for param in explained.params],
        "matchConditions": [_expression(condition, places) for condition in explained.conditions],
        "environment": {"name": explained.environment, "source": explained.environment_source},
        "action": {
            "name": explained.finding.action,
            "source": None if explained.action_source is None else _source(explained.action_source),
            "softened": explained.softened or None,
        },
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _expression(expression: Expression, places: Mapping[str, Location]) -> dict[str, Any]:
    return {
        "name": expression.name,
        "expression": expression.text,
        "place": expression.place,
        "value": expression.value,
        "decisive": [_part(part, places) for part in expression.decisive],
        "parts": [_part(part, places) for part in expression.parts],
    }


def _part(part: Part, places: Mapping[str, Location]) -> dict[str, Any]:
    place = places.get(part.pointer) if part.pointer is not None else None
    return {
        "expression": part.text,
        "value": part.value,
        "depth": part.depth,
        "location": None if place is None else location_of(place),
        "parameter": None if part.param is None else part.param.name,
    }


def _source(source: Source) -> dict[str, Any]:
    return {"what": source.what, "place": source.place or None}
