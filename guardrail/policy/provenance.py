"""Where the numbers and words that a policy judges by come from: the profile, the policy's own default, or the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.facts import DEFAULT_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.errors import Fault
    from guardrail.model import Action
    from guardrail.policy.documents import Path, SourceDocument
    from guardrail.policy.profile import Profile

__all__ = ["Source", "action_source", "param_source"]

_IMPLICIT = {
    "clusters": "clusters",
    "environments": "environments.aliases",
    "gpu_system_namespaces": "kubernetes.gpu_system_namespaces",
    "system_namespaces": "kubernetes.system_namespaces",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where something comes from, in words (`quotas.workload_gpus.dev.train`), and as `file:line` where it is written in a file."""

    what: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.place})" if self.place else self.what


def param_source(document: SourceDocument, profile: Profile, path: Sequence[str | int]) -> Source:
    """Where a parameter of a policy, or something inside of it, comes from. `path` starts with the name of the parameter."""
    name, tail = str(path[0]), tuple(path[1:])
    declared: Mapping[str, Any] = document.value["spec"].get("params", {}).get(name, {})
    stated = _IMPLICIT.get(name) or declared.get("from")
    value = profile.value(stated) if stated is not None else None
    if value is None or (declared.get("required") is True and value in ({}, [])):
        if name in _IMPLICIT:
            return Source("built in: the profile does not say")
        default: Path = ("spec", "params", name, "default")
        return Source(f"params.{_dotted((name, *tail))} of the policy", _place(document.fault((*default, *tail), "")))
    if declared.get("by") == "environment" and tail and isinstance(value, dict) and tail[0] not in value:
        return _completed(profile, stated, value, tail)
    whole = (*str(stated).split("."), *tail)
    return _in_profile(profile, whole, _dotted(whole))


def _completed(profile: Profile, stated: str | None, value: Mapping[str, Any], tail: Path) -> Source:
    """An environment without an entry of its own has `default`, else the strictest of the others."""
    owner = tuple(str(stated).split("."))
    if DEFAULT_ENVIRONMENT in value:
        whole = (*owner, DEFAULT_ENVIRONMENT, *tail[1:])
        return _in_profile(profile, whole, f"{_dotted(whole)}, as there is no entry for {tail[0]}")
    which = "most lenient" if profile.is_starter and tail[0] == DEFAULT_ENVIRONMENT else "strictest"
    return _in_profile(profile, owner, f"the {which} of {_dotted(owner)}, as there is no entry for {tail[0]}")


def _in_profile(profile: Profile, path: Path, what: str) -> Source:
    return Source(f"{what}, built-in starter profile") if profile.is_starter else Source(what, _place(profile.fault(path, "")))


def action_source(document: SourceDocument, profile: Profile, validation: str, environment: str, action: Action | None) -> Source:
    """Which word gives a validation its action in an environment, the profile's or the policy's own."""
    spec, name = document.value["spec"], document.value["metadata"]["name"]
    at = next(at for at, entry in enumerate(spec["validations"]) if entry["name"] == validation)
    own = spec["validations"][at]
    if profile.is_starter and ("noProfile" in own or "noProfile" in spec):
        path: Path = ("spec", "validations", at, "noProfile") if "noProfile" in own else ("spec", "noProfile")
        return Source("noProfile of the policy", _place(document.fault(path, "")))
    ceiling = profile.value("enforcement.ceiling")
    for part, key in (("overrides", f"{name}/{validation}"), ("overrides", name), ("packs", spec["category"])):
        where: Path = ("enforcement", part, key)
        word = _word((profile.value(f"enforcement.{part}") or {}).get(key), environment)
        if word is not None and word == action:
            return _in_profile(profile, where, _dotted(where))
        if word is not None and ceiling == action:
            break
    if ceiling == action and ceiling != _word(own.get("actions", spec["actions"]), environment):
        return _in_profile(profile, ("enforcement", "ceiling"), "enforcement.ceiling")
    path = ("spec", "validations", at, "actions") if "actions" in own else ("spec", "actions")
    return Source("the policy's own action", _place(document.fault(path, "")))


def _word(stated: Any, environment: str) -> Any:
    return stated.get(environment, stated.get(DEFAULT_ENVIRONMENT)) if isinstance(stated, dict) else stated


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _place(fault: Fault) -> str:
    return f"{fault.path}:{fault.line}" if fault.line else fault.path
