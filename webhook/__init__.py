"""The admission service: guardrail's rules as a validating webhook of Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> object:
    if name == "create_app":
        from webhook.app import create_app  # noqa: PLC0415 - Flask is loaded by those who serve

        return create_app
    raise AttributeError(name)
