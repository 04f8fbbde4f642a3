"""The policies of a library, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.model import STRICTEST_FIRST
from guardrail.reporters.documents import API_VERSION
from guardrail.reporters.terminal import Terminal, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from guardrail.policy.compiled import CompiledPolicy, Library, Validation

__all__ = ["write_policies", "write_policies_text"]

_NONE = "–"


def write_policies(library: Library, stream: TextIO) -> None:
    """Writes the JSON form."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "PolicyList",
        "library": {"hash": library.hash, "policies": len(library.policies)},
        "profile": {"name": library.profile.name, "version": library.profile.version, "hash": library.profile.hash},
        "environments": list(_environments(library)),
        "policies": [_policy(policy, library) for policy in library.policies],
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _policy(policy: CompiledPolicy, library: Library) -> dict[str, Any]:
    return {
        "name": policy.name,
        "version": policy.version,
        "title": policy.title,
        "category": policy.category,
        "severity": policy.severity,
        "targets": sorted(policy.targets),
        "dormant": policy.dormant,
        "needs": list(_needs(policy, library)),
        "actions": {name: _strictest(policy, name) for name in _environments(library)},
        "validations": [_validation(validation, library) for validation in policy.validations],
    }


def _validation(validation: Validation, library: Library) -> dict[str, Any]:
    return {
        "name": validation.name,
        "field": validation.field,
        "targets": sorted(validation.targets),
        "dormant": validation.dormant,
        "actions": {name: _entry(validation.actions, name) for name in _environments(library)},
        "whenUnknown": {name: _entry(validation.when_unknown, name) for name in _environments(library)},
    }


def write_policies_text(library: Library, stream: TextIO, terminal: Terminal) -> None:
    """Writes a table: what each policy does in each environment, and what those that wait are waiting for."""
    environments = _environments(library)
    rows = [("policy", "category", "severity", *environments)]
    rows += [(p.name, p.category, p.severity, *(_cell(p, name) for name in environments)) for p in library.policies]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True)]
        styles = ["dim" if number == 0 else row[at] if at > 2 else "" for at in range(len(row))]  # noqa: PLR2004 - three columns before the actions
        stream.write("  ".join(terminal.paint(cell, style) for cell, style in zip(cells, styles, strict=True)).rstrip() + "\n")
    waiting = [(policy.name, needs) for policy in library.policies if (needs := _needs(policy, library))]
    if waiting:
        stream.write("\nwaiting for facts in the profile:\n")
    stream.writelines(printable(f"  {name}: {', '.join(needs)}") + "\n" for name, needs in waiting)
    stream.write(f"\n{len(library.policies)} policies · {_profile(library)}\n")


def _profile(library: Library) -> str:
    profile = library.profile
    return "built-in starter profile" if profile.path is None else printable(f"profile {profile.name} {profile.version}")


def _environments(library: Library) -> tuple[str, ...]:
    """With the starter, `default` too: it judges what names no environment there."""
    default = (DEFAULT_ENVIRONMENT,) if library.profile.path is None and DEFAULT_ENVIRONMENT not in library.environments else ()
    return (*default, *library.environments)


def _cell(policy: CompiledPolicy, environment: str) -> str:
    return "dormant" if policy.dormant else _strictest(policy, environment) or _NONE


def _strictest(policy: CompiledPolicy, environment: str) -> str | None:
    found = {_entry(validation.actions, environment) for validation in policy.validations if not validation.dormant}
    return next((str(action) for action in STRICTEST_FIRST if action in found), None)


def _entry(by_environment: Mapping[str, Any], environment: str) -> Any:
    return by_environment.get(environment, by_environment.get("default"))


def _needs(policy: CompiledPolicy, library: Library) -> Sequence[str]:
    return next((dormant.needs for dormant in library.dormant if dormant.policy == policy.name), ())
