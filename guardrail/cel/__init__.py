"""CEL, the Common Expression Language: an engine that works on plain JSON values.

>>> from guardrail.cel import Environment
>>> program = Environment({"object": "dyn"}).compile("object.spec.replicas <= 5")
>>> program.evaluate({"object": {"spec": {"replicas": 3}}})
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guardrail.cel.bindings import Bindings
    from guardrail.cel.declarations import Library
    from guardrail.cel.environment import Environment
    from guardrail.cel.errors import CompileError, ErrorKind, EvaluationError, EvaluationFault, Fault
    from guardrail.cel.estimate import CostEstimate
    from guardrail.cel.explain import Explanation, Step
    from guardrail.cel.program import Outcome, Program
    from guardrail.cel.reads import Read
    from guardrail.cel.unknown import PartialMap, Unknown
    from guardrail.cel.values import NONE, Duration, Optional, Timestamp, TypeValue, UInt
    from guardrail.cel.versions import Requirement

__all__ = [
    "NONE",
    "Bindings",
    "CompileError",
    "CostEstimate",
    "Duration",
    "Environment",
    "ErrorKind",
    "EvaluationError",
    "EvaluationFault",
    "Explanation",
    "Fault",
    "Library",
    "Optional",
    "Outcome",
    "PartialMap",
    "Program",
    "Read",
    "Requirement",
    "Step",
    "Timestamp",
    "TypeValue",
    "UInt",
    "Unknown",
]

_MODULES = {
    **dict.fromkeys(("CompileError", "ErrorKind", "EvaluationError", "EvaluationFault", "Fault"), "errors"),
    **dict.fromkeys(("NONE", "Duration", "Optional", "Timestamp", "TypeValue", "UInt"), "values"),
    **dict.fromkeys(("PartialMap", "Unknown"), "unknown"),
    **dict.fromkeys(("Explanation", "Step"), "explain"),
    **dict.fromkeys(("Outcome", "Program"), "program"),
    "Bindings": "bindings",
    "CostEstimate": "estimate",
    "Environment": "environment",
    "Library": "declarations",
    "Read": "reads",
    "Requirement": "versions",
}
"""Where each name lives: it is imported when it is first asked for, so that unknown values alone do not load an engine."""


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
