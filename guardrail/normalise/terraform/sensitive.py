"""What must never be shown: marked values, sensitive variables, provider tokens.

A plan holds all of them in clear, and repeats a marked tag unmarked in the merged map, so they are
masked by value as well as by path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.normalise.terraform.configuration import as_list, as_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.normalise.terraform.configuration import Configuration

__all__ = ["Secrets", "secrets_of", "sensitive_paths"]

_SHORTEST = 4  # characters; a shorter text (`1`, `dev`) would be cut out of every sentence, so only its path is masked
_SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|secret|token$|_token|api_?key|access_key|private_key|client_key|credential|connection_string|sas_key",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"(_arn|_id|_name|_url|_path|_length|_version|_enabled|_policy|_type|secret_store|_ttl)$", re.IGNORECASE)
_OPEN_FIELDS = frozenset(
    {"source", "surface", "provider", "class", "controller", "operation", "environment_source", "region_source", "kind", "group"}
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret texts of a plan: those of every resource in all outputs, short ones only where they stand.

    `own` is keyed by the place in `resource_changes` and holds the short texts of that resource.
    """

    everywhere: frozenset[str]
    short: frozenset[str] = frozenset()
    own: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def hidden_in(self, index: int) -> frozenset[str]:
        """The values that a resource must not show in any field."""
        short = self.short | self.own.get(index, frozenset())
        return self.everywhere | short if short else self.everywhere


def secrets_of(plan: Mapping[str, Any], configuration: Configuration) -> Secrets:
    """Every text of a plan that must not be shown: of marked values, sensitive variables and provider tokens."""
    shared: set[str] = set()
    for name, declared in configuration.sensitive_variables():
        shared.update(_texts(declared.get("default")))
        shared.update(_texts(as_map(as_map(plan.get("variables")).get(name)).get("value")))
    for instance in configuration.providers.values():
        shared.update(_named(as_map(as_map(instance).get("expressions"))))
    marked = [frozenset(_of_change(as_map(as_map(entry).get("change")))) for entry in as_list(plan.get("resource_changes"))]
    short = {at: frozenset(text for text in texts if 0 < len(text) < _SHORTEST) for at, texts in enumerate(marked) if texts}
    return Secrets(
        everywhere=frozenset(text for text in shared.union(*marked) if len(text) >= _SHORTEST),
        short=frozenset(text for text in shared if 0 < len(text) < _SHORTEST),
        own={at: texts for at, texts in short.items() if texts},
    )


def sensitive_paths(view: Mapping[str, Any], secrets: frozenset[str]) -> list[str]:
    """The paths of a view whose text is one of the secrets, `Secrets.hidden_in` of its resource."""
    found: list[str] = []
    for name, value in view.items():
        if name in {"tags", "raw_tags", "declared"}:
            found.extend(f"{name}.{key}" for key, member in value.items() if isinstance(member, str) and member in secrets)
        elif isinstance(value, str) and name not in _OPEN_FIELDS and value in secrets:
            found.append(name)
    return sorted(found)


def _of_change(change: Mapping[str, Any]) -> Iterator[str]:
    marked = False
    for side in ("before", "after"):
        mark = change.get(f"{side}_sensitive")
        if mark is not None:
            marked = True
            yield from _marked(change.get(side), mark)
    if not marked:  # plans before format 1.0
        for side in ("before", "after"):
            yield from _named(as_map(change.get(side)))


def _marked(value: Any, mark: Any) -> Iterator[str]:
    """The texts of a value at the places that are marked, with everything below them."""
    waiting = [(value, mark)]
    while waiting:
        inner, marked = waiting.pop()
        if marked is True:
            yield from _texts(inner)
        elif isinstance(marked, Mapping) and isinstance(inner, Mapping):
            waiting.extend((inner.get(key), below) for key, below in marked.items())
        elif isinstance(marked, list) and isinstance(inner, list):
            waiting.extend(zip(inner, marked, strict=False))


def _named(value: Any) -> Iterator[str]:
    """The texts below members whose name says that they are secret."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Mapping):
            for key, member in inner.items():
                if _SECRET_NAME.search(key) and not _NO_SECRET.search(key):
                    yield from _texts(member["constant_value"] if isinstance(member, Mapping) and "constant_value" in member else member)
                else:
                    waiting.append(member)
        elif isinstance(inner, list):
            waiting.extend(inner)


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, Mapping):
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
