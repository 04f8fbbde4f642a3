"""A view as JSON: unknown values by reference, sensitive ones hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from guardrail.model import Identity, Resource

__all__ = ["SENSITIVE", "shown_identity", "shown_view"]

SENSITIVE = "(sensitive)"


def shown_view(resource: Resource) -> dict[str, Any]:
    """The view of a resource as it may be shown.

    Unset scalars stay absent, an unknown value is `{"$unknown": [references]}`, and what the
    view's own `sensitive` paths name, or what holds one of the resource's secrets, is `(sensitive)`.
    A nested view (`autoscaler`, `target`) hides by its own paths.
    """
    return _shown_view(resource.view, resource.secrets)


def shown_identity(resource: Resource) -> Identity:
    """The identity with a secret name hidden; addresses are written in code that everybody reads, and stay."""
    who, secrets = resource.identity, resource.secrets
    return replace(who, name=who.name and _shown_text(who.name, secrets), namespace=who.namespace and _shown_text(who.namespace, secrets))


def _shown_view(view: Mapping[str, Any], secrets: frozenset[str]) -> dict[str, Any]:
    hidden = frozenset(view.get("sensitive", ()))
    return {name: _shown(value, name, hidden, secrets) for name, value in view.items() if name not in {"sensitive", "unknown"}} | {
        name: view[name] for name in ("unknown", "sensitive") if name in view
    }


def _shown(value: Any, path: str, hidden: frozenset[str], secrets: frozenset[str]) -> Any:
    if isinstance(value, Unknown):
        return {"$unknown": list(value.references)}
    if path in hidden:
        return SENSITIVE
    if isinstance(value, str):
        return _shown_text(value, secrets)
    if isinstance(value, Mapping):
        return _shown_map(value, path, hidden, secrets)
    if isinstance(value, list):
        return [_shown(member, path, hidden - {path}, secrets) for member in value]
    return value


def _shown_map(value: Mapping[str, Any], path: str, hidden: frozenset[str], secrets: frozenset[str]) -> dict[str, Any]:
    if path in {"autoscaler", "target"} and "sensitive" in value:
        return _shown_view(value, secrets)
    shown = {_shown_text(key, secrets): _shown(member, f"{path}.{key}", hidden, secrets) for key, member in value.items()}
    if isinstance(value, PartialMap):
        shown |= {key: {"$unknown": list(doubt.references)} for key, doubt in value.maybe.items()}
    return shown


def _shown_text(text: str, secrets: frozenset[str]) -> str:
    """The text, or `(sensitive)` when a secret occurs in it."""
    return SENSITIVE if any(secret and secret in text for secret in secrets) else text
