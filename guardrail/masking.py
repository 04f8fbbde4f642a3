"""Values as JSON that may be shown: unknown ones by reference, sensitive ones hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.model import Identity, Resource

__all__ = ["SENSITIVE", "is_hidden", "own_secrets", "shown_identity", "shown_text", "shown_value", "shown_view"]

SENSITIVE = "(sensitive)"
_NESTED = frozenset({"autoscaler", "target"})


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
    return replace(who, name=who.name and shown_text(who.name, secrets), namespace=who.namespace and shown_text(who.namespace, secrets))


def shown_value(value: Any, path: Sequence[str | int], resource: Resource) -> Any:
    """A value that stands at a path of the view, as it may be shown; see `shown_view`."""
    view, path = _view_of(resource.view, path)
    if is_hidden(path, resource) and not isinstance(value, (Unknown, Mapping, list)):
        return SENSITIVE
    dotted = ".".join(str(part) for part in path)
    return _shown(value, dotted, frozenset(view.get("sensitive", ())), resource.secrets)


def is_hidden(path: Sequence[str | int], resource: Resource) -> bool:
    """Whether what stands at a path of the view, or inside of it, is sensitive."""
    view, path = _view_of(resource.view, path)
    dotted = ".".join(str(part) for part in path)
    return any(_around(dotted, hidden) for hidden in view.get("sensitive", ()))


def _around(path: str, hidden: str) -> bool:
    return not path or path == hidden or path.startswith(f"{hidden}.") or hidden.startswith(f"{path}.")


def _view_of(view: Mapping[str, Any], path: Sequence[str | int]) -> tuple[Mapping[str, Any], Sequence[str | int]]:
    """The view that a path leads into, of those nested in a view, and the path in it."""
    nested = view.get(str(path[0])) if path and path[0] in _NESTED else None
    return (nested, path[1:]) if isinstance(nested, Mapping) else (view, path)


def own_secrets(view: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a view's own sensitive fields, numbers as they are written."""
    for path in view.get("sensitive", ()):
        head, _, key = path.partition(".")
        value = view.get(head)
        if isinstance(value, dict):
            value = value.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
            yield str(value)


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
        return shown_text(value, secrets)
    if isinstance(value, Mapping):
        return _shown_map(value, path, hidden, secrets)
    if isinstance(value, list):
        return [_shown(member, path, hidden - {path}, secrets) for member in value]
    return value


def _shown_map(value: Mapping[str, Any], path: str, hidden: frozenset[str], secrets: frozenset[str]) -> dict[str, Any]:
    if path in _NESTED and "sensitive" in value:
        return _shown_view(value, secrets)
    shown = {shown_text(key, secrets): _shown(member, f"{path}.{key}", hidden, secrets) for key, member in value.items()}
    if isinstance(value, PartialMap):
        shown |= {key: {"$unknown": list(doubt.references)} for key, doubt in value.maybe.items()}
    return shown


def shown_text(text: str, secrets: frozenset[str]) -> str:
    """The text, or `(sensitive)` when a secret occurs in it."""
    return SENSITIVE if any(secret and secret in text for secret in secrets) else text
