"""Everything about one policy on one sheet: its words, its rules as they are bound to a profile, and its examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.policy.provenance import Source, action_source, param_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.model import Action
    from guardrail.policy.cases import CaseFile
    from guardrail.policy.compiled import CompiledPolicy
    from guardrail.policy.documents import SourceDocument
    from guardrail.policy.profile import Profile
    from guardrail.ports import Program

__all__ = ["ParamEntry", "Rule", "Sheet", "sheet_of"]


@dataclass(frozen=True, slots=True)
class ParamEntry:
    """A parameter with its value (None: nothing gives one) and where that comes from."""

    name: str
    description: str
    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation. `place` is `file:line`; `actions` has an entry for each environment, None where it does not apply."""

    name: str
    expression: str
    message: str
    place: str
    targets: tuple[str, ...]
    actions: Mapping[str, Action | None]
    sources: Mapping[str, Source]
    dormant: bool
    remediation: Mapping[str, str]  # by target


@dataclass(frozen=True, slots=True)
class Sheet:
    """One policy.

    `since` is the oldest Kubernetes version whose API server takes every expression (None: none does, and
    `beyond` says what of them no version has). `reads_view` says that it reads what only guardrail supplies.
    """

    policy: CompiledPolicy
    description: str
    path: str
    rules: tuple[Rule, ...]
    params: tuple[ParamEntry, ...]
    conditions: tuple[tuple[str, str], ...]
    variables: tuple[tuple[str, str], ...]
    since: str | None
    beyond: tuple[str, ...]
    reads_view: bool
    examples: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def sheet_of(policy: CompiledPolicy, document: SourceDocument, profile: Profile, cases: CaseFile, environments: tuple[str, ...]) -> Sheet:
    """The sheet of a policy that is bound to a profile; `document` is its source."""
    spec = document.value["spec"]
    programs = list(_programs(policy))
    since, beyond = _versions(programs)
    return Sheet(
        policy=policy,
        description=_line(spec.get("description", "")),
        path=document.path,
        rules=tuple(_rules(policy, document, profile, environments)),
        params=tuple(_params(policy, document, profile)),
        conditions=tuple((entry["name"], _line(entry["expression"])) for entry in spec.get("matchConditions", ())),
        variables=tuple((entry["name"], _line(entry["expression"])) for entry in spec.get("variables", ())),
        since=since,
        beyond=beyond,
        reads_view=any(read.path[0] in {"resource", "oldResource"} for program in programs for read in program.reads),
        examples=tuple((case.name, tuple((name, one.outcome) for name, one in case.expect.items())) for case in cases.cases),
    )


def _rules(policy: CompiledPolicy, document: SourceDocument, profile: Profile, environments: tuple[str, ...]) -> Iterator[Rule]:
    for at, validation in enumerate(policy.validations):
        fault = document.fault(("spec", "validations", at, "expression"), "")
        actions = {name: validation.actions.get(name, validation.actions.get("default")) for name in environments}
        yield Rule(
            name=validation.name,
            expression=_line(document.value["spec"]["validations"][at]["expression"]),
            message=validation.message,
            place=f"{fault.path}:{fault.line}",
            targets=tuple(sorted(validation.targets)),
            actions=actions,
            sources={name: action_source(document, profile, validation.name, name, action) for name, action in actions.items()},
            dormant=validation.dormant,
            remediation={target: text for target, text in sorted(validation.remediation.items()) if target in validation.targets},
        )


def _params(policy: CompiledPolicy, document: SourceDocument, profile: Profile) -> Iterator[ParamEntry]:
    for name, declared in document.value["spec"].get("params", {}).items():
        value = policy.params.get(name)
        missing = Source(f"nothing: {declared.get('from')} is not in the profile")
        yield ParamEntry(
            name, declared.get("description", ""), value, param_source(document, profile, (name,)) if name in policy.params else missing
        )


def _programs(policy: CompiledPolicy) -> Iterator[Program]:
    yield from (named.program for named in (*policy.match_conditions, *policy.variables))
    for validation in policy.validations:
        yield validation.program
        yield from (program for program in (validation.message_program,) if program is not None)


def _versions(programs: list[Program]) -> tuple[str | None, tuple[str, ...]]:
    """The oldest version that takes all, and what no version has; nothing is known of programs of another engine."""
    found: dict[str, str | None] = {}
    for program in programs:
        for requirement in getattr(program, "requirements", ()):
            found[requirement.what] = requirement.since
    beyond = tuple(sorted(what for what, since in found.items() if since is None))
    versions = [version for version in (getattr(program, "minimum_version", None) for program in programs) if version is not None]
    if beyond or not versions:
        return None, beyond
    return max(versions, key=lambda version: tuple(int(part) for part in version.split("."))), ()


def _line(text: str) -> str:
    return " ".join(text.split())
