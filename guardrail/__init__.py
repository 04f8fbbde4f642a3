"""guardrail: policy-as-code guardrails for what AI workloads cost."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
