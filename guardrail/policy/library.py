"""The compiled library: every policy checked, bound to a profile, sorted and hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.errors import Fault, PolicyError, ProfileError
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.model import Action, Dormant, Note
from guardrail.policy.binding import bind_params, environment_names
from guardrail.policy.catalogue import CATEGORIES, TAG_SETS
from guardrail.policy.compiled import CompiledPolicy, Library, Match, NamedProgram, OnUpdate, UpdateMode, Validation
from guardrail.policy.compiler import check_policy
from guardrail.policy.documents import read_documents
from guardrail.policy.enforcement import actions_of, when_unknown_of
from guardrail.policy.profile_feeds import ENGINE_PARTS
from guardrail.policy.schema import did_you_mean
from guardrail.policy.sources import POLICY_FILE, PolicySource, library_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.policy.binding import BoundParams
    from guardrail.policy.compiler import CheckedPolicy
    from guardrail.policy.documents import Path, SourceDocument
    from guardrail.policy.profile import Profile
    from guardrail.ports import CelRuntime, Program

__all__ = ["POLICY_FILE", "PolicySource", "checked_policies", "compile_library", "library_hash"]

_DORMANT = "dormant"
_SAID_ONCE = frozenset({"apiVersion", "kind"})


def compile_library(sources: Sequence[PolicySource], profile: Profile, runtime: CelRuntime) -> Library:
    """The library of a run. Raises PolicyError with every fault of every file, then ProfileError likewise."""
    checked = checked_policies(sources, runtime)
    faults: list[Fault] = []
    policies: list[CompiledPolicy] = []
    dormant: list[Dormant] = []
    for policy in sorted(checked, key=lambda policy: policy.name):
        try:
            compiled, waits = _bound(policy, profile)
        except ProfileError as error:
            faults.extend(error.faults)
            continue
        policies.append(compiled)
        dormant.extend([waits] if waits is not None else [])
    faults.extend(_override_faults(checked, profile))
    faults.extend(_slip_faults(checked, profile))
    if faults:
        raise ProfileError(faults)
    return Library(
        policies=tuple(policies),
        hash=library_hash(sources),
        profile=profile.info,
        environments=profile.environments or (DEFAULT_ENVIRONMENT,),
        dormant=tuple(sorted(dormant)),
        notes=tuple(_notes(checked, profile)),
    )


def checked_policies(sources: Sequence[PolicySource], runtime: CelRuntime) -> list[CheckedPolicy]:
    """The policies of the files, checked and compiled, without a profile. Raises PolicyError with every fault of every file."""
    faults: list[Fault] = []
    checked: list[CheckedPolicy] = []
    first: dict[str, Fault] = {}
    for source in sources:
        documents, wrong = read_documents(source.path, source.text)
        faults.extend(wrong)
        for document in documents:
            name = _name(document)
            faults.extend(_name_faults(document, name, first))
            if (foreign := _foreign(document)) is not None:
                faults.append(foreign)
                continue
            policy, found = check_policy(document, runtime)
            faults.extend(found)
            checked.extend([policy] if policy is not None else [])
    if faults:
        raise PolicyError(faults)
    return checked


def _name(document: SourceDocument) -> str | None:
    metadata = document.value.get("metadata") if isinstance(document.value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else None


def _name_faults(document: SourceDocument, name: str | None, first: dict[str, Fault]) -> Iterator[Fault]:
    if name is None:
        return
    path: Path = ("metadata", "name")
    here = document.fault(path, "")
    before = first.setdefault(name, here)
    if before is not here:
        yield document.fault(path, f"{name} is the name of another policy (at {before.path}:{before.line})")
    folder, _, file = document.path.replace("\\", "/").rpartition("/")
    if file == POLICY_FILE and folder and folder.rpartition("/")[2] != name:
        yield document.fault(path, f"{name} differs from its folder, {folder.rpartition('/')[2]}")


def _foreign(document: SourceDocument) -> Fault | None:
    """The fault of a document that is no policy of guardrail's."""
    kind = document.value.get("kind") if isinstance(document.value, dict) else None
    if kind in {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}:
        return document.fault(("kind",), f"a {kind} is not read by this version; write it as kind: Policy (apiVersion: guardrail.dev/v1)")
    if kind in {"Profile", "PolicyException"}:
        return document.fault(("kind",), f"a {kind} is no policy; it does not belong into a folder of policies")
    return None


# ---- binding


def _bound(policy: CheckedPolicy, profile: Profile) -> tuple[CompiledPolicy, Dormant | None]:
    params = bind_params(policy, profile)
    spec = policy.spec
    validations = tuple(_validation(policy, params, profile, at) for at in range(len(spec["validations"])))
    asleep = bool(params.missing_required) or all(validation.dormant for validation in validations)
    match = spec.get("match", {})
    compiled = CompiledPolicy(
        name=policy.name,
        version=spec["version"],
        title=spec["title"],
        category=spec["category"],
        severity=spec["severity"],
        rationale=spec.get("rationale", ""),
        targets=frozenset(spec["targets"]),
        match=Match(
            frozenset(match.get("classes", ())),
            frozenset(match.get("operations", ())),
            tuple(match.get("terraform", {}).get("types", ())),
        ),
        match_conditions=_named(policy, "matchConditions"),
        variables=_named(policy, "variables"),
        validations=validations,
        params=params.values,
        dormant=asleep,
        ignores_errors=spec.get("failurePolicy") == "Ignore",
    )
    return compiled, _waits(policy, params, validations, asleep=asleep)


def _waits(policy: CheckedPolicy, params: BoundParams, validations: Iterable[Validation], *, asleep: bool) -> Dormant | None:
    """What a dormant policy, or one with dormant validations, waits for."""
    needs = set(params.missing_required.values())
    if any(validation.dormant for validation in validations):
        needs |= set(params.missing_optional.values())
    if asleep and not needs:  # dormant by its own word: it waits for whatever it takes from a profile
        needs = {declared["from"] for declared in policy.spec.get("params", {}).values() if "from" in declared}
    return Dormant(policy.name, tuple(sorted(needs))) if asleep or needs else None


def _by_target(remediation: str | Mapping[str, str]) -> Mapping[str, str]:
    return dict.fromkeys(("kubernetes", "terraform"), remediation) if isinstance(remediation, str) else remediation


def _named(policy: CheckedPolicy, part: str) -> tuple[NamedProgram, ...]:
    entries = policy.spec.get(part, ())
    return tuple(NamedProgram(entry["name"], policy.programs["spec", part, at, "expression"]) for at, entry in enumerate(entries))


def _validation(policy: CheckedPolicy, params: BoundParams, profile: Profile, at: int) -> Validation:
    path: Path = ("spec", "validations", at)
    own: Mapping[str, Any] = policy.spec["validations"][at]
    names = environment_names(profile)
    without = _inherited(policy, path, "noProfile") if profile.is_starter and _says_without(policy, own) else None
    actions: dict[str, Action | None]
    if without is None:
        actions = actions_of(policy, own, profile, names)
    else:
        word = without[1].get("action", _DORMANT)
        actions = dict.fromkeys(names, None if word == _DORMANT else Action(word))
    programs = policy.programs
    update_path, update = _inherited(policy, path, "onUpdate")
    return Validation(
        name=own["name"],
        program=programs[(*path, "expression")],
        message=own.get("message", policy.spec["title"]),
        message_program=programs.get((*path, "messageExpression")),
        field=own["field"].removeprefix("resource."),
        targets=frozenset(own.get("targets", policy.spec["targets"])),
        actions=actions,
        when_unknown=when_unknown_of(policy, own, names),
        on_update=OnUpdate(UpdateMode(update.get("mode", "enforce")), programs.get((*update_path, "measure"))),
        remediation={**_by_target(policy.spec.get("remediation", {})), **_by_target(own.get("remediation", {}))},
        remediation_program=programs.get((*path, "remediationExpression")),
        warn_when=(*_conditions(policy, ("spec", "warnWhen")), *_conditions(policy, (*path, "warnWhen"))),
        applies_when=programs.get((*without[0], "when")) if without is not None else None,
        dormant=(without is not None and not any(actions.values())) or _reads_missing(policy, path, params),
    )


def _inherited(policy: CheckedPolicy, path: Path, key: str) -> tuple[Path, Mapping[str, Any]]:
    """A word of the validation, else of the policy, with its YAML path."""
    own = policy.spec["validations"][path[-1]].get(key)
    return ((*path, key), own) if own is not None else (("spec", key), policy.spec.get(key, {}))


def _conditions(policy: CheckedPolicy, path: Path) -> tuple[Program, ...]:
    """The programs of a condition or of a list of them."""
    return tuple(program for at, program in policy.programs.items() if at[: len(path)] == path)


def _reads_missing(policy: CheckedPolicy, path: Path, params: BoundParams) -> bool:
    """Whether a validation reads an optional parameter that nothing supplies, by way of variables too."""
    pending = [policy.programs[(*path, "expression")]]
    variables = {
        entry["name"]: policy.programs["spec", "variables", at, "expression"] for at, entry in enumerate(policy.spec.get("variables", ()))
    }
    seen: set[str] = set()
    while pending:
        for read in pending.pop().reads:
            root, name = read.path[0], read.path[1] if len(read.path) > 1 else ""
            if root == "params" and name in params.missing_optional:
                return True
            if root == "variables" and name in variables and name not in seen:
                seen.add(name)
                pending.append(variables[name])
    return False


def _says_without(policy: CheckedPolicy, own: Mapping[str, Any]) -> bool:
    """Whether it is said what happens without a profile; else a policy acts as it says, unless it waits for facts."""
    return "noProfile" in policy.spec or "noProfile" in own


# ---- what the profile says about policies


def _override_faults(checked: Sequence[CheckedPolicy], profile: Profile) -> Iterator[Fault]:
    """Overrides of validations that a policy does not have, and names that look like a slip of the pen."""
    known = {policy.name: {entry["name"] for entry in policy.spec["validations"]} for policy in checked}
    for key in profile.value("enforcement.overrides") or {}:
        path: Path = ("enforcement", "overrides", key)
        name, _, validation = key.partition("/")
        if name in known and validation and validation not in known[name]:
            yield profile.fault(path, f"{name} has no validation {validation}{did_you_mean(validation, known[name])}", at_key=True)
        elif name not in known and (hint := did_you_mean(name, known)):
            yield profile.fault(path, f"no policy {name}{hint}", at_key=True)


def _slip_faults(checked: Sequence[CheckedPolicy], profile: Profile) -> Iterator[Fault]:
    """Categories and sets of tag keys that look like a slip of the pen: what they say would never be applied."""
    for part, known, names in _unclaimed(checked, profile):
        for name in names:
            if hint := did_you_mean(name, known):
                yield profile.fault((*part.split("."), name), f"nothing is called {name}{hint}", at_key=True)


def _unclaimed(checked: Sequence[CheckedPolicy], profile: Profile) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Parts of the profile with the names known there and those that are written and not known."""
    categories = (*CATEGORIES, *(policy.spec["category"] for policy in checked))
    for part, known in (("enforcement.packs", categories), ("tags.required", TAG_SETS)):
        if names := sorted(set(profile.value(part) or {}) - set(known)):
            yield part, known, names


def _notes(checked: Sequence[CheckedPolicy], profile: Profile) -> Iterator[Note]:
    loaded = {policy.name for policy in checked}
    absent = sorted({key.partition("/")[0] for key in profile.value("enforcement.overrides") or {}} - loaded)
    if absent:
        yield Note("profile-names-no-policy", f"enforcement.overrides names policies that this library does not have: {', '.join(absent)}")
    for part, _, names in _unclaimed(checked, profile):
        yield Note("profile-names-nothing", f"no shipped policy reads what {part} says of {', '.join(names)}")
    if profile.is_starter:
        return
    unread = sorted(_unread(checked, profile))
    if unread:
        yield Note("profile-part-not-read", f"nothing in this version reads these parts of the profile: {', '.join(unread)}")


def _unread(checked: Sequence[CheckedPolicy], profile: Profile) -> Iterator[str]:
    """Parts (first or second level) that no policy and nothing in the engine reads; a part as a whole where nothing in it is read."""
    read = {
        "metadata",
        *ENGINE_PARTS,
        *(declared["from"] for policy in checked for declared in policy.spec.get("params", {}).values() if "from" in declared),
    }
    for part, value in profile.document.items():
        if part in _SAID_ONCE or part in read:
            continue
        below = [f"{part}.{key}" for key in value] if isinstance(value, dict) else []
        unread = [path for path in below if not any(path == known or known.startswith(f"{path}.") for known in read)]
        if len(unread) == len(below):
            yield part
        else:
            yield from unread
