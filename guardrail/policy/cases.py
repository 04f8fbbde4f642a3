"""The cases beside a policy (`cases.yaml`): examples with their outcomes, which are tests and documentation at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from guardrail.errors import Fault, PolicyError
from guardrail.policy.documents import read_documents
from guardrail.policy.schema import did_you_mean
from guardrail.syntax.pointers import split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.policy.documents import Path, SourceDocument

__all__ = ["CASES_FILE", "PATCH_OPERATIONS", "Case", "CaseFile", "Expectation", "Untested", "apply_patch", "laid_over", "read_cases"]

CASES_FILE = "cases.yaml"
_KEYS = ("name", "input", "old", "context", "profile", "cluster", "namespace", "now", "expect")
_INPUT_KEYS = ("inline", "file", "plan", "review", "patch")
_EXPECTATION_KEYS = ("outcome", "action", "message", "remediation")
_OUTCOMES = ("pass", "fail", "undecided", "error", "skip")
_ACTIONS = ("deny", "warn", "audit")
PATCH_OPERATIONS = ("add", "replace", "remove")
"""The operations of RFC 6902 that a patch may use."""

_UNTESTED_KEYS = ("untested", "reason")
_GAP_KEYS = ("validation", "target", "outcome")
_STARTER = "starter"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one validation must come to; all but the outcome are checked where they are given. `line` is where it is written."""

    outcome: str
    action: str | None = None
    message: str | None = None
    remediation: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `inline` is the input, or `file` names it below a `fixtures` folder; `patch` (RFC 6902) is applied to it.

    `profile` is laid over the profile of the cases (None deletes a key); `starter` stands for no
    profile. `context` are objects beside the input, or names of files below `fixtures`. `old` (a patch
    of the input) makes a Kubernetes object an update of what it was; a plan and a review hold their
    old values themselves. `line` is where the case begins.
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
    document: SourceDocument
    at: int

    @property
    def line(self) -> int:
        """The line on which the case begins."""
        return self.fault("").line

    def fault(self, message: str, *below: str | int) -> Fault:
        """Something that is wrong with the case, at one of its parts."""
        return self.document.fault((self.at, *below), message)


@dataclass(frozen=True, slots=True)
class Untested:
    """An outcome that no input can bring about yet, with the reason; None stands for every validation, target or outcome."""

    validation: str | None
    target: str | None
    outcome: str | None
    reason: str
    line: int

    def covers(self, validation: str, target: str | None, outcome: str) -> bool:
        """Whether it speaks of this gap. `target` is None where the gap is one on every target."""
        return (
            self.validation in {None, validation} and (target is None or self.target in {None, target}) and self.outcome in {None, outcome}
        )


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one policy."""

    path: str
    cases: tuple[Case, ...] = ()
    untested: tuple[Untested, ...] = ()


def read_cases(path: str, text: str) -> CaseFile:
    """The cases of a file. Raises PolicyError with every fault."""
    documents, faults = read_documents(path, text)
    cases: list[Case] = []
    untested: list[Untested] = []
    for document in documents:
        if not isinstance(document.value, list):
            faults.append(document.fault((), "expected a list of cases"))
            continue
        for at, raw in enumerate(document.value):
            waives = isinstance(raw, dict) and "untested" in raw
            wrong = list(_untested_faults(document, at, raw) if waives else _faults(document, at, raw))
            faults.extend(wrong)
            if not wrong and waives:
                untested.append(_untested(document, at, raw))
            elif not wrong:
                cases.append(_case(document, at, raw))
    faults.extend(_repeated_names(cases))
    if faults:
        raise PolicyError(faults)
    return CaseFile(path, tuple(cases), tuple(untested))


# ---- faults


def _faults(document: SourceDocument, at: int, raw: Any) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield document.fault((at,), "expected a map")
        return
    yield from _unknown_keys(document, (at,), raw, _KEYS)
    missing = [key for key in ("name", "input", "expect") if not raw.get(key)]
    if missing:
        yield document.fault((at,), f"lacks {', '.join(missing)}")
        return
    yield from _text_faults(document, (at,), raw, ("name", "cluster", "namespace", "now"))
    yield from _input_faults(document, at, raw["input"])
    if "old" in raw:
        if isinstance(raw["old"], dict) and list(raw["old"]) == ["patch"]:
            yield from _patch_faults(document, (at, "old", "patch"), raw["old"]["patch"])
        else:
            yield document.fault((at, "old"), "expected patch: [...]")
    if "context" in raw and not isinstance(raw["context"], list):
        yield document.fault((at, "context"), "expected a list of objects, or of files below fixtures/")
    if "profile" in raw and not isinstance(raw["profile"], dict) and raw["profile"] != _STARTER:
        yield document.fault((at, "profile"), f"expected {_STARTER}, or a map that is laid over the profile of the cases")
    if isinstance(raw.get("now"), str) and not _is_instant(raw["now"]):
        yield document.fault((at, "now"), "expected an instant with its offset, such as 2026-12-31T08:00:00Z")
    yield from _expect_faults(document, at, raw["expect"])


def _input_faults(document: SourceDocument, at: int, raw: Any) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield document.fault((at, "input"), "expected inline: {...} or file: NAME")
        return
    yield from _unknown_keys(document, (at, "input"), raw, _INPUT_KEYS)
    unknown = [key for key in raw if key not in _INPUT_KEYS]
    stated = [key for key in ("inline", "file", "plan", "review") if key in raw]
    if len(stated) != 1 and not unknown:
        yield document.fault((at, "input"), "needs exactly one of inline, file, plan and review")
    yield from _text_faults(document, (at, "input"), raw, ("file", "plan", "review"))
    if "inline" in raw and not isinstance(raw["inline"], dict):
        yield document.fault((at, "input", "inline"), "expected a Kubernetes object, a plan or a review")
    yield from _patch_faults(document, (at, "input", "patch"), raw.get("patch", []))


def _patch_faults(document: SourceDocument, path: Path, raw: Any) -> Iterator[Fault]:
    if not isinstance(raw, list):
        yield document.fault(path, "expected a list of {op, path, value}")
        return
    for number, step in enumerate(raw):
        sound = isinstance(step, dict) and isinstance(step.get("path"), str) and step["path"].startswith("/")
        if not sound:
            yield document.fault((*path, number), "expected {op: add, path: /a/b, value: ...}")
        elif step.get("op") in PATCH_OPERATIONS and step["op"] != "remove" and "value" not in step:
            yield document.fault((*path, number), f"{step['op']} needs a value")


def _expect_faults(document: SourceDocument, at: int, raw: Any) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield document.fault((at, "expect"), "expected a map from each validation to its outcome")
        return
    for validation, stated in raw.items():
        path: Path = (at, "expect", validation)
        outcome = stated.get("outcome") if isinstance(stated, dict) else stated
        if outcome not in _OUTCOMES:
            yield document.fault(path, f"{outcome} is none of {', '.join(_OUTCOMES)}")
        if isinstance(stated, dict):
            yield from _unknown_keys(document, path, stated, _EXPECTATION_KEYS)
            if "action" in stated and stated["action"] not in _ACTIONS:
                yield document.fault((*path, "action"), f"{stated['action']} is none of {', '.join(_ACTIONS)}")
            yield from _text_faults(document, path, stated, ("message", "remediation"))


def _untested_faults(document: SourceDocument, at: int, raw: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _unknown_keys(document, (at,), raw, _UNTESTED_KEYS)
    if not isinstance(raw.get("reason"), str) or not raw["reason"].strip():
        yield document.fault((at, "reason"), "must say why no case can show it")
    if not isinstance(raw["untested"], dict) or not raw["untested"]:
        yield document.fault((at, "untested"), f"expected a map with some of {', '.join(_GAP_KEYS)}")
        return
    yield from _unknown_keys(document, (at, "untested"), raw["untested"], _GAP_KEYS)
    yield from _text_faults(document, (at, "untested"), raw["untested"], _GAP_KEYS)


def _text_faults(document: SourceDocument, path: Path, raw: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Fault]:
    for key in keys:
        if key in raw and not isinstance(raw[key], str):
            yield document.fault((*path, key), "expected a text")


def _unknown_keys(document: SourceDocument, path: Path, raw: Mapping[str, Any], known: Sequence[str]) -> Iterator[Fault]:
    for key in raw:
        if key not in known:
            yield document.fault((*path, key), f"unknown key{did_you_mean(str(key), known)}", at_key=True)


def _repeated_names(cases: Sequence[Case]) -> Iterator[Fault]:
    first: dict[str, Case] = {}
    for case in cases:
        before = first.setdefault(case.name, case)
        if before is not case:
            yield case.fault(f"{case.name} is the name of another case (line {before.line})", "name")


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


# ---- reading


def _case(document: SourceDocument, at: int, raw: Mapping[str, Any]) -> Case:
    given = raw["input"]
    return Case(
        name=raw["name"],
        inline=given.get("inline"),
        file=given.get("file") or given.get("plan") or given.get("review"),
        patch=tuple(given.get("patch", ())),
        old=tuple(raw["old"]["patch"]) if "old" in raw else None,
        context=tuple(raw.get("context", ())),
        profile=raw.get("profile", {}),
        cluster=raw.get("cluster"),
        namespace=raw.get("namespace"),
        now=raw.get("now"),
        expect={name: _expectation(document, at, name, stated) for name, stated in raw["expect"].items()},
        document=document,
        at=at,
    )


def _expectation(document: SourceDocument, at: int, name: str, stated: Any) -> Expectation:
    line = document.fault((at, "expect", name), "", at_key=True).line
    return Expectation(**stated, line=line) if isinstance(stated, dict) else Expectation(stated, line=line)


def _untested(document: SourceDocument, at: int, raw: Mapping[str, Any]) -> Untested:
    what = raw["untested"]
    line = document.fault((at,), "").line
    return Untested(what.get("validation"), what.get("target"), what.get("outcome"), " ".join(raw["reason"].split()), line)


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
            owner = _below(owner, token, step)
        _apply(owner, last, step)
    return made


def _below(owner: Any, token: str, step: Mapping[str, Any]) -> Any:
    if isinstance(owner, list) and token.isdigit():
        return owner[int(token)]
    if isinstance(owner, dict):
        return owner[token]
    raise KeyError(step["path"])


def _apply(owner: Any, name: str, step: Mapping[str, Any]) -> None:
    operation, value = step["op"], copy.deepcopy(step.get("value"))
    key: Any = name
    if isinstance(owner, list):
        if name != "-" and not name.isdigit():
            raise KeyError(step["path"])
        key = len(owner) if name == "-" else int(name)
        if key > len(owner):
            raise KeyError(step["path"])
    elif not isinstance(owner, dict):
        raise KeyError(step["path"])
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
