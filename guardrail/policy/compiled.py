"""The compiled policy library: immutable, sorted, everything bound that a run needs.

The loader resolves whatever depends on the profile, so that the engine only looks up: actions are
completed for every environment, parameters are bound, dormant parts are marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.model import Action, Dormant, Note, ProfileInfo
    from guardrail.ports import Program

__all__ = [
    "UNKNOWN_STRICTEST_FIRST",
    "CompiledPolicy",
    "Library",
    "Match",
    "NamedProgram",
    "OnUpdate",
    "Selector",
    "StoredPolicies",
    "UpdateMode",
    "Validation",
    "WhenUnknown",
]


class WhenUnknown(StrEnum):
    """What an undecided validation means."""

    PASS = "pass"  # noqa: S105 - the word of the policy document, not a password
    WARN = "warn"
    DENY = "deny"
    SKIP = "skip"


UNKNOWN_STRICTEST_FIRST = (WhenUnknown.DENY, WhenUnknown.WARN, WhenUnknown.SKIP, WhenUnknown.PASS)
"""What an undecided validation may mean, the strictest first."""


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
class Selector:
    """What of a policy decides whether it looks at a resource, and nothing else of it."""

    targets: frozenset[str]
    match: Match
    dormant: bool


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
    ignores_errors: bool = False  # failurePolicy Ignore: what fails to run blocks no request

    @property
    def selector(self) -> Selector:
        """What decides whether it looks at a resource."""
        return Selector(self.targets, self.match, self.dormant)


class StoredPolicies(Sequence[CompiledPolicy]):
    """Policies of which each is made when it is first asked for; what selects them is at hand."""

    __slots__ = ("_loaders", "_made", "selectors")

    def __init__(self, selectors: tuple[Selector, ...], loaders: tuple[Callable[[], CompiledPolicy], ...]) -> None:
        self.selectors = selectors
        self._loaders = loaders
        self._made: dict[int, CompiledPolicy] = {}

    def __len__(self) -> int:
        return len(self._loaders)

    @overload
    def __getitem__(self, at: int) -> CompiledPolicy: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[CompiledPolicy, ...]: ...
    def __getitem__(self, at: int | slice) -> CompiledPolicy | tuple[CompiledPolicy, ...]:
        if isinstance(at, slice):
            return tuple(self[index] for index in range(*at.indices(len(self))))
        made = self._made.get(at)
        if made is None:
            made = self._made[at] = self._loaders[at]()
        return made


@dataclass(frozen=True, slots=True)
class Library:
    """Every policy of a run, sorted by name. `hash` covers policies and engine version."""

    policies: Sequence[CompiledPolicy]
    hash: str
    profile: ProfileInfo
    environments: tuple[str, ...]  # strictest last; `default` alone without environments
    dormant: tuple[Dormant, ...] = field(default=())
    notes: tuple[Note, ...] = ()  # what must be told about profile and policies, once per run

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """What selects each policy, in the order of `policies`; makes none of them."""
        known = self.policies
        return known.selectors if isinstance(known, StoredPolicies) else tuple(policy.selector for policy in known)
