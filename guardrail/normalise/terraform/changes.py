"""The changes of a plan that guardrail looks at, and what must be told about the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.model import Note
from guardrail.normalise.terraform.addresses import parse_address
from guardrail.normalise.terraform.configuration import Configuration, as_list, as_map
from guardrail.normalise.terraform.values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.terraform.addresses import Address

__all__ = ["Change", "Changes", "read_changes"]

_OPERATIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",  # the old object is left to itself
    ("forget", "create"): "replace",
    ("delete",): "delete",
    ("no-op",): "none",
}
_NOT_LOOKED_AT = {("read",), ("forget",)}


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One living managed resource of the plan.

    `now` holds the planned values, for a deletion and for nothing else the prior ones. `before`
    holds the prior values of an update or a replacement. `index` is its place in
    `resource_changes`.
    """

    index: int
    address: Address
    text: str
    type: str
    provider_name: str
    provider_key: str | None
    operation: str
    now: Values
    before: Values | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a plan changes, with the notes about what was left out."""

    found: tuple[Change, ...]
    notes: tuple[Note, ...]


def read_changes(plan: Mapping[str, Any], configuration: Configuration, path: str) -> Changes:
    """Every living managed resource among `resource_changes`, no-ops and deletions included.

    Data sources, reads, forgotten resources and deposed objects are left out: a deposed object
    shares the address of the living one. Never raises; an entry that is no change becomes a note.
    """
    found: list[Change] = []
    malformed: Counter[str] = Counter()
    deleted = 0
    entries = plan.get("resource_changes")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        fault, change = _read(index, entry, configuration)
        if fault:
            malformed[fault] += 1
        deleted += _is_deletion(entry)
        if change is not None:
            found.append(change)
    notes = [
        Note("malformed-change", f"{_counted(count, 'entry', 'entries')} of resource_changes not judged: {fault}", path, count)
        for fault, count in sorted(malformed.items())
    ]
    if entries is not None and not isinstance(entries, list):
        notes.append(Note("malformed-change", "resource_changes is no list, so nothing in it was judged", path))
    if deleted:
        notes.append(Note("plan-deletes", f"{_counted(deleted, 'deletion', 'deletions')} not judged", path, deleted))
    notes.extend(_incomplete(plan, configuration, found, path))
    notes.extend(_unchanged(plan, found, deleted, path))
    return Changes(tuple(found), tuple(notes))


def _is_deletion(entry: Any) -> bool:
    actions = as_map(as_map(entry).get("change")).get("actions")
    return actions == ["delete"] and entry.get("mode", "managed") == "managed"


def _read(index: int, entry: Any, configuration: Configuration) -> tuple[str, Change | None]:
    """A change, or why it is none; both are empty for what is left out on purpose."""
    written = as_map(entry)
    address_text, change = written.get("address"), as_map(written.get("change"))
    address = parse_address(address_text) if isinstance(address_text, str) else None
    if written.get("mode", "managed") != "managed" or (address is not None and address.is_data):
        return "", None
    if address is None:
        return "no address of a resource", None
    actions = change.get("actions")
    known = tuple(actions) if isinstance(actions, list) and all(isinstance(action, str) for action in actions) else ()
    if known in _NOT_LOOKED_AT or written.get("deposed"):
        return "", None
    operation = _OPERATIONS.get(known)
    if operation == "none" and change.get("importing") and isinstance(change.get("after"), dict):
        operation = "update"  # what is taken over is judged, as an update without change
    if operation is None:
        return "the list of actions is missing or not known", None
    side = _side(operation, change)
    if operation != "delete" and not isinstance(change.get(side), dict):
        return "" if operation == "none" else f"no values ({side})", None  # what stays gone is a no-op without values
    return "", _change(index, written, address, operation, configuration)


def _side(operation: str, change: Mapping[str, Any]) -> str:
    """Which values a resource is seen by: the prior ones where nothing is planned any more."""
    return "before" if operation == "delete" or (operation == "none" and not isinstance(change.get("after"), dict)) else "after"


def _change(index: int, entry: Mapping[str, Any], address: Address, operation: str, configuration: Configuration) -> Change:
    change, block = entry["change"], configuration.block(address)
    type_ = entry.get("type")
    provider_key = as_map(block).get("provider_config_key")
    has_prior = operation in {"update", "replace"} and isinstance(change.get("before"), dict)
    return Change(
        index=index,
        address=address,
        text=str(entry["address"]),
        type=type_ if isinstance(type_, str) and type_ else address.type,
        provider_name=entry["provider_name"] if isinstance(entry.get("provider_name"), str) else "",
        provider_key=provider_key if isinstance(provider_key, str) else None,
        operation=operation,
        now=_values(change, _side(operation, change), block, address, configuration),
        before=_values(change, "before", block, address, configuration) if has_prior else None,
    )


def _values(
    change: Mapping[str, Any], side: str, block: Mapping[str, Any] | None, address: Address, configuration: Configuration
) -> Values:
    """One side of a change. Prior values are facts: nothing in them is unknown, and no expression stands for them any more."""
    planned = side == "after"
    unknown = change.get("after_unknown") if planned else None
    return Values(
        known=as_map(change.get(side)),
        unknown=unknown if unknown is True or isinstance(unknown, dict) else {},
        expressions=(as_map(block.get("expressions")),) if planned and block is not None else (),
        otherwise=Unknown((str(address),)) if planned and block is None else None,
        module=address.module_names,
        configuration=configuration,
        pointer=f"/change/{side}",
    )


def _incomplete(plan: Mapping[str, Any], configuration: Configuration, found: list[Change], path: str) -> list[Note]:
    """The note of a plan that is not the whole: targeted, deferred or broken off."""
    deferred = len(as_list(plan.get("deferred_changes")))
    if plan.get("complete") is not False and plan.get("errored") is not True and not deferred:
        return []
    planned = {(change.address.module_names, change.address.block) for change in found}
    missing = max(sum(block not in planned for block in configuration.managed_blocks()), deferred)
    what = f"{_counted(missing, 'resource is', 'resources are')} not in this plan" if missing else "resources may be missing from this plan"
    return [
        Note(
            "plan-incomplete",
            f"{what} (targeted, deferred or broken off): sums are lower bounds and absence proves nothing",
            path,
            missing or 1,
        )
    ]


def _unchanged(plan: Mapping[str, Any], found: list[Change], deleted: int, path: str) -> list[Note]:
    """The note of a plan in which nothing is created, updated or replaced."""
    if any(change.operation in {"create", "update", "replace"} for change in found):
        return []
    drifted = len(as_list(plan.get("resource_drift")))
    why = ["it only deletes"] if deleted else []
    if drifted:
        why.append(f"{_counted(drifted, 'resource has', 'resources have')} drifted, which is not judged")
    return [Note("plan-without-changes", "; ".join(["the plan creates, updates and replaces nothing", *why]), path)]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
