"""The compiled policy library: immutable, sorted, everything bound that a run needs.

The loader resolves whatever depends on the profile, so that the engine only looks up: actions are
completed for every environment, parameters are bound, dormant parts are marked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.model import Action, Dormant, Note, ProfileInfo
    from guardrail.ports import Program

__all__ = ["CompiledPolicy", "Library", "Match", "NamedProgram", "OnUpdate", "UpdateMode", "Validation", "WhenUnknown"]


class WhenUnknown(StrEnum):
    """What an undecided validation means."""

    PASS = "pass"  # noqa: S105 - the word of the policy document, not a password
    WARN = "warn"
    DENY = "deny"
    SKIP = "skip"


class UpdateMode(StrEnum):
    """How an update of an object that already violated is judged (the ratchet)."""

    ENFORCE = "enforce"
    VIOLATION = "violation"
    MEASURE = "measure"


@dataclass(frozen=True, slots=True)
class NamedProgram:
    """A compiled expression with its name: a variable or a match condition."""

    name: str
    program: Program


@dataclass(frozen=True, slots=True)
class OnUpdate:
    """The update rule; `measure` gives a number or a set (a list without order)."""

    mode: UpdateMode = UpdateMode.ENFORCE
    measure: Program | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What a policy looks at, decided without CEL. Empty: everything."""

    classes: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    terraform_types: tuple[str, ...] = ()  # globs over the resource type; only Terraform resources are narrowed


@dataclass(frozen=True, slots=True)
class Validation:
    """One expression that must be true, with what happens when it is not.

    `actions` and `when_unknown` have an entry for every environment and for `default`; an action
    of None means that the validation does not apply there. `applies_when` is the condition of
    `noProfile`; it is None when a profile is in force or no condition is stated.
    """

    name: str
    program: Program
    message: str
    message_program: Program | None
    field: str  # view path to blame, without the leading `resource.`
    targets: frozenset[str]  # kubernetes, terraform
    actions: Mapping[str, Action | None]
    when_unknown: Mapping[str, WhenUnknown]
    on_update: OnUpdate
    remediation: Mapping[str, str]  # by source: kubernetes, terraform
    remediation_program: Program | None = None
    warn_when: tuple[Program, ...] = ()
    applies_when: Program | None = None
    dormant: bool = False


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """One policy, ready to judge."""

    name: str
    version: int
    title: str
    category: str
    severity: str
    rationale: str
    targets: frozenset[str]
    match: Match
    match_conditions: tuple[NamedProgram, ...]
    variables: tuple[NamedProgram, ...]
    validations: tuple[Validation, ...]
    params: Mapping[str, Any]
    dormant: bool = False


@dataclass(frozen=True, slots=True)
class Library:
    """Every policy of a run, sorted by name. `hash` covers policies and engine version."""

    policies: tuple[CompiledPolicy, ...]
    hash: str
    profile: ProfileInfo
    environments: tuple[str, ...]  # strictest last; `default` alone without environments
    dormant: tuple[Dormant, ...] = field(default=())
    notes: tuple[Note, ...] = ()  # what must be told about profile and policies, once per run
