"""The cases beside a policy (`cases.yaml`): examples with their outcomes, which are tests and documentation at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.errors import Fault, PolicyError
from guardrail.policy.documents import read_documents
from guardrail.policy.schema import did_you_mean
from guardrail.syntax.pointers import split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.policy.documents import Path, SourceDocument

__all__ = ["Case", "Expectation", "apply_patch", "laid_over", "read_cases"]

_KEYS = ("name", "input", "old", "context", "profile", "cluster", "namespace", "now", "expect")
_INPUT_KEYS = ("inline", "file", "plan", "patch")
_OUTCOMES = ("pass", "fail", "undecided", "error", "skip")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one validation must come to; `action`, `message` and `remediation` are checked where they are given."""

    outcome: str
    action: str | None = None
    message: str | None = None
    remediation: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `inline` is the input, or `file` names it below `fixtures/`; `patch` (RFC 6902) is applied to it.

    `profile` is laid over the profile of the cases (None deletes a key); `starter` stands for no
    profile. `context` are objects beside the input. `old` (a patch of the input) makes a Kubernetes
    object an update of what it was; a plan holds its old values itself.
    """

    name: str
    inline: Any
    file: str | None
    patch: tuple[Mapping[str, Any], ...]
    old: tuple[Mapping[str, Any], ...] | None
    context: tuple[Any, ...]
    profile: Mapping[str, Any] | str
    cluster: str | None
    namespace: str | None
    now: str | None
    expect: Mapping[str, Expectation]


def read_cases(path: str, text: str) -> list[Case]:
    """The cases of a file. Raises PolicyError with every fault."""
    documents, faults = read_documents(path, text)
    cases: list[Case] = []
    for document in documents:
        if not isinstance(document.value, list):
            faults.append(document.fault((), "expected a list of cases"))
            continue
        for at, raw in enumerate(document.value):
            wrong = list(_faults(document, at, raw))
            faults.extend(wrong)
            cases.extend([] if wrong else [_case(raw)])
    if faults:
        raise PolicyError(faults)
    return cases


def _faults(document: SourceDocument, at: int, raw: Any) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield document.fault((at,), "expected a map")
        return
    yield from _unknown_keys(document, (at,), raw, _KEYS)
    missing = [key for key in ("name", "input", "expect") if not raw.get(key)]
    if missing:
        yield document.fault((at,), f"lacks {', '.join(missing)}")
        return
    yield from _unknown_keys(document, (at, "input"), raw["input"], _INPUT_KEYS)
    if "old" in raw and not (isinstance(raw["old"], dict) and list(raw["old"]) == ["patch"]):
        yield document.fault((at, "old"), "expected patch: [...]")
    for validation, stated in raw["expect"].items():
        outcome = stated.get("outcome") if isinstance(stated, dict) else stated
        if outcome not in _OUTCOMES:
            yield document.fault((at, "expect", validation), f"{outcome} is none of {', '.join(_OUTCOMES)}")


def _unknown_keys(document: SourceDocument, path: Path, raw: Mapping[str, Any], known: Sequence[str]) -> Iterator[Fault]:
    for key in raw:
        if key not in known:
            yield document.fault((*path, key), f"unknown key{did_you_mean(key, known)}", at_key=True)


def _case(raw: Mapping[str, Any]) -> Case:
    given = raw["input"]
    return Case(
        name=raw["name"],
        inline=given.get("inline"),
        file=given.get("file") or given.get("plan"),
        patch=tuple(given.get("patch", ())),
        old=tuple(raw["old"]["patch"]) if "old" in raw else None,
        context=tuple(raw.get("context", ())),
        profile=raw.get("profile", {}),
        cluster=raw.get("cluster"),
        namespace=raw.get("namespace"),
        now=raw.get("now"),
        expect={name: Expectation(**stated) if isinstance(stated, dict) else Expectation(stated) for name, stated in raw["expect"].items()},
    )


def laid_over(base: Any, over: Any) -> Any:
    """`over` laid on `base`: maps key by key, None deletes, everything else replaces."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    made = {key: value for key, value in base.items() if over.get(key, value) is not None}
    return made | {key: laid_over(base.get(key, {}), value) for key, value in over.items() if value is not None}


def apply_patch(value: Any, patch: Sequence[Mapping[str, Any]]) -> Any:
    """A changed copy of a value: the operations add, replace and remove of RFC 6902. Raises LookupError for a path that is not there."""
    made = copy.deepcopy(value)
    for step in patch:
        *parents, last = split_pointer(step["path"])
        owner = made
        for token in parents:
            owner = owner[int(token)] if isinstance(owner, list) else owner[token]
        _apply(owner, last, step)
    return made


def _apply(owner: Any, name: str, step: Mapping[str, Any]) -> None:
    operation, value = step["op"], copy.deepcopy(step.get("value"))
    key: Any = name
    if isinstance(owner, list):
        key = len(owner) if name == "-" else int(name)
    if operation == "add" and isinstance(owner, list):
        owner.insert(key, value)
    elif operation == "add":
        owner[key] = value
    elif operation == "remove":
        del owner[key]
    elif operation == "replace":
        if isinstance(owner, dict) and key not in owner:
            raise KeyError(step["path"])
        owner[key] = value
    else:
        msg = f"no operation {operation}"
        raise LookupError(msg)
