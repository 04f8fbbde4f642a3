"""Which action a validation takes in each environment: shipped defaults, the profile's words, the ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.model import STRICTEST_FIRST, Action
from guardrail.policy.compiled import UNKNOWN_STRICTEST_FIRST, WhenUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.policy.compiler import CheckedPolicy
    from guardrail.policy.profile import Profile

__all__ = ["actions_of", "when_unknown_of"]

_NOT_APPLICABLE = "n/a"


def actions_of(policy: CheckedPolicy, validation: Mapping[str, Any], profile: Profile, names: Iterable[str]) -> dict[str, Action | None]:
    """The action in every environment of `names`; None where the validation does not apply."""
    names = tuple(names)
    shipped = _by_name(policy.spec["actions"], names) | _by_name(validation.get("actions", {}), names)
    lowered = _may_be_lowered(policy, validation, profile)
    layers = _layers(policy, validation, profile)
    ceiling = profile.value("enforcement.ceiling")
    made: dict[str, Action | None] = {}
    for name in names:
        base = _entry(shipped, name)
        action = _decided(base, name, layers, lowered=lowered)
        made[name] = _capped(action, Action(ceiling)) if action is not None and ceiling is not None else action
    return made


def when_unknown_of(policy: CheckedPolicy, validation: Mapping[str, Any], names: Iterable[str]) -> dict[str, WhenUnknown]:
    """What undecided means in every environment of `names`; warn where nothing is said."""
    names = tuple(names)
    stated = validation.get("whenUnknown", policy.spec.get("whenUnknown", WhenUnknown.WARN.value))
    entries = {name: WhenUnknown(word) for name, word in _by_name(stated, names).items()}
    strictest = min(entries.values(), key=UNKNOWN_STRICTEST_FIRST.index)
    return {name: entries.get(name, entries.get(DEFAULT_ENVIRONMENT, strictest)) for name in names}


def _by_name(stated: Any, names: Sequence[str]) -> dict[str, str]:
    """One word for every environment, or the words by environment as written."""
    return dict.fromkeys(names, stated) if isinstance(stated, str) else dict(stated)


def _entry(shipped: Mapping[str, str], name: str) -> Action | None:
    """The shipped action of an environment; without an own entry `default`, else the strictest (`n/a` is no entry)."""
    if name in shipped:
        return _action(shipped[name])
    entries = [action for action in map(_action, shipped.values()) if action is not None]
    fallback = _action(shipped[DEFAULT_ENVIRONMENT]) if DEFAULT_ENVIRONMENT in shipped else None
    return fallback or (min(entries, key=STRICTEST_FIRST.index) if entries else None)


def _action(word: str) -> Action | None:
    return None if word == _NOT_APPLICABLE else Action(word)


def _layers(policy: CheckedPolicy, validation: Mapping[str, Any], profile: Profile) -> tuple[tuple[Any, bool], ...]:
    """What the profile says, most specific first; the flag tells whether an entry may switch on what is n/a."""
    overrides: Mapping[str, Any] = profile.value("enforcement.overrides") or {}
    packs: Mapping[str, Any] = profile.value("enforcement.packs") or {}
    return (
        (overrides.get(f"{policy.name}/{validation['name']}"), True),
        (overrides.get(policy.name), True),
        (packs.get(policy.spec["category"]), False),
    )


def _decided(base: Action | None, name: str, layers: Iterable[tuple[Any, bool]], *, lowered: bool) -> Action | None:
    for stated, names_policy in layers:
        named = isinstance(stated, dict) and name in stated
        word = stated if isinstance(stated, str) else stated.get(name, stated.get(DEFAULT_ENVIRONMENT)) if stated else None
        if word is None or (base is None and not (named and names_policy)):
            continue
        wanted = _action(word)
        if lowered or base is None:
            return wanted
        return base if wanted is None else min(wanted, base, key=STRICTEST_FIRST.index)
    return base


def _may_be_lowered(policy: CheckedPolicy, validation: Mapping[str, Any], profile: Profile) -> bool:
    """Policies that may not be excepted can be lowered only by the ceiling."""
    exceptions = validation.get("exceptions", policy.spec.get("exceptions", {}))
    return exceptions.get("allowed", True) and policy.name not in (profile.value("enforcement.not_exceptable_extra") or ())


def _capped(action: Action, ceiling: Action) -> Action:
    return max(action, ceiling, key=STRICTEST_FIRST.index)
