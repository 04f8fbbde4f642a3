"""CEL, the Common Expression Language: an engine that works on plain JSON values.

>>> from guardrail.cel import Environment
>>> program = Environment({"object": "dyn"}).compile("object.spec.replicas <= 5")
>>> program.evaluate({"object": {"spec": {"replicas": 3}}})
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from guardrail.cel.bindings import Bindings
from guardrail.cel.declarations import Library
from guardrail.cel.environment import Environment
from guardrail.cel.errors import CompileError, ErrorKind, EvaluationError, EvaluationFault, Fault
from guardrail.cel.program import Outcome, Program
from guardrail.cel.reads import Read
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.cel.values import NONE, Duration, Optional, Timestamp, TypeValue, UInt

if TYPE_CHECKING:
    from guardrail.cel.estimate import CostEstimate
    from guardrail.cel.explain import Explanation, Step
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

_ON_DEMAND = {"CostEstimate": "estimate", "Explanation": "explain", "Requirement": "versions", "Step": "explain"}
"""Names that few users need, with their modules: importing them all would double the time that the others take."""


def __getattr__(name: str) -> Any:
    module = _ON_DEMAND.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
