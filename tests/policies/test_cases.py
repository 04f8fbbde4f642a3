"""Every case of every policy, and what the cases of a policy must cover together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from guardrail.app import ENGINES
from guardrail.engine import Context, Judgement, evaluate
from guardrail.matching import PolicyIndex
from guardrail.model import KubernetesObject, Origin, Plan
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.normalise.terraform import normalise_plan
from guardrail.policy.cases import Case, apply_patch, laid_over, read_cases
from guardrail.policy.library import PolicySource, compile_library
from guardrail.policy.profile import load_profile, starter
from guardrail.policy.stored import dump_rules, load_rules
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.policy_dir import shipped_folder, shipped_policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.model import Resource
    from guardrail.policy.compiled import CompiledPolicy, Library
    from guardrail.policy.profile import Profile
    from guardrail.ports import CelRuntime

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
RUNTIMES: dict[str, CelRuntime] = {name: make() for name, make in ENGINES.items()}
DEFAULT = "guardrail"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICIES = sorted(Path(source.path).parent for source in shipped_policies())
ALWAYS = RUNTIMES[DEFAULT].compile("true")

# (policy, validation) that no input can leave undecided yet: an entry goes as soon as a type that can is read.
NEVER_UNDECIDED = {("max-replicas-bounded", "undefined-max")}


@cache
def cases_of(folder: Path) -> list[Case]:
    file = folder / "cases.yaml"
    return read_cases(str(file.relative_to(ROOT)), file.read_text("utf-8"))


def every_case() -> Iterator[Any]:
    for folder in POLICIES:
        for case in cases_of(folder):
            yield pytest.param(folder, case, id=f"{folder.parent.name}/{folder.name}/{case.name}")


@cache
def base_profile() -> Any:
    return yaml.safe_load((FIXTURES / "profile.yaml").read_text("utf-8"))


def profile_of(case: Case) -> Profile:
    if isinstance(case.profile, str):
        assert case.profile == "starter"
        return starter()
    return load_profile([("profile.yaml", json.dumps(laid_over(base_profile(), case.profile)))], "profile.yaml")


@cache
def _library(source: PolicySource, profile_text: str, engine: str) -> Library:
    profile = starter() if profile_text == "starter" else load_profile([("profile.yaml", profile_text)], "profile.yaml")
    return compile_library([source], profile, RUNTIMES[engine])


def library_of(folder: Path, case: Case, engine: str = DEFAULT) -> Library:
    file = folder / "policy.yaml"
    text = case.profile if isinstance(case.profile, str) else json.dumps(laid_over(base_profile(), case.profile))
    return _library(PolicySource(str(file), file.read_text("utf-8")), text, engine)


def resources_of(case: Case) -> list[Resource]:
    given = case.inline if case.file is None else yaml.safe_load((FIXTURES / case.file).read_text("utf-8"))
    value = apply_patch(given, case.patch)
    now = NOW if case.now is None else datetime.fromisoformat(case.now)
    facts = profile_of(case).facts(now=now, cluster=case.cluster, namespace=case.namespace)
    origin = Origin("case.yaml")
    if "resource_changes" in value:
        return normalise_plan(Plan(value, origin), facts)[0]
    context = [KubernetesObject(beside, Origin("context.yaml", at)) for at, beside in enumerate(case.context)]
    made = normalise_kubernetes([KubernetesObject(value, origin)], context, facts)[0]
    if case.old is None:
        return made
    before = normalise_kubernetes([KubernetesObject(apply_patch(value, case.old), origin)], context, facts)[0]
    return [_updated(new, old) for new, old in zip(made, before, strict=True)]


def _updated(new: Resource, old: Resource) -> Resource:
    return replace(new, view={**new.view, "operation": "update"}, old_view=old.view)


def judged(case: Case, library: Library) -> list[Judgement]:
    index = PolicyIndex(library)
    return [evaluate(resource, index, Context(now=NOW)) for resource in resources_of(case)]


def outcomes(case: Case, library: Library) -> dict[str, str]:
    """What every validation of the only policy came to; the findings tell, and what is nowhere was skipped."""
    judgements = judged(case, library)
    found = {validation.name: "skip" for validation in library.policies[0].validations}
    found |= {validation: "pass" for judgement in judgements for _, validation in judgement.passed}
    return found | {finding.validation: finding.outcome.value for judgement in judgements for finding in judgement.findings}


@pytest.mark.parametrize(("folder", "case"), list(every_case()))
def test_case(folder: Path, case: Case) -> None:
    library = library_of(folder, case)
    findings = {finding.validation: finding for judgement in judged(case, library) for finding in judgement.findings}
    assert outcomes(case, library) == {name: expected.outcome for name, expected in case.expect.items()}, findings
    for name, expected in case.expect.items():
        if expected.action is not None:
            assert findings[name].action.value == expected.action
        if expected.message is not None:
            assert findings[name].message == expected.message
        if expected.remediation is not None:
            assert findings[name].remediation == expected.remediation


@pytest.mark.parametrize(("folder", "case"), list(every_case()))
def test_the_second_opinion_agrees(folder: Path, case: Case) -> None:
    one, other = ([without_places(found) for found in judged(case, library_of(folder, case, engine))] for engine in (DEFAULT, "cel-python"))
    assert one == other


def without_places(found: Judgement) -> Judgement:
    """Only the engine of our own says which entry of a field is to blame."""
    return replace(found, findings=tuple(replace(finding, location=replace(finding.location, pointer="")) for finding in found.findings))


@cache
def stored_library(folder: Path, profile_text: str) -> Library:
    """The library of a policy as a cache gives it back."""
    file = folder / "policy.yaml"
    profile = starter() if profile_text == "starter" else load_profile([("profile.yaml", profile_text)], "profile.yaml")
    library = _library(PolicySource(str(file), file.read_text("utf-8")), profile_text, DEFAULT)
    data = dump_rules(profile, library, BuiltinRuntime())
    assert data is not None
    found = load_rules(data, BuiltinRuntime())
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("folder", "case"), list(every_case()))
def test_a_stored_library_judges_alike(folder: Path, case: Case) -> None:
    text = case.profile if isinstance(case.profile, str) else json.dumps(laid_over(base_profile(), case.profile))
    assert judged(case, stored_library(folder, text)) == judged(case, library_of(folder, case))


def policy_of(folder: Path) -> CompiledPolicy:
    return library_of(folder, cases_of(folder)[0]).policies[0]


def targets_met(case: Case) -> str:
    return "terraform" if case.inline is not None and "resource_changes" in case.inline else "kubernetes"


@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in POLICIES])
def test_every_validation_passes_and_fails_on_each_of_its_targets(folder: Path) -> None:
    policy = policy_of(folder)
    wanted = {(v.name, target, outcome) for v in policy.validations for target in v.targets for outcome in ("pass", "fail")}
    shown = {(name, targets_met(case), expected.outcome) for case in cases_of(folder) for name, expected in case.expect.items()}
    assert wanted - shown == set()


@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in POLICIES])
def test_unknown_values_and_missing_facts_are_shown(folder: Path) -> None:
    policy = policy_of(folder)
    shown = {(name, expected.outcome) for case in cases_of(folder) for name, expected in case.expect.items()}
    wanted = {(v.name, "undecided") for v in policy.validations if (policy.name, v.name) not in NEVER_UNDECIDED}
    assert wanted - shown == set()
    dormant = [case for case in cases_of(folder) if library_of(folder, case).policies[0].dormant]
    without_profile = [case for case in cases_of(folder) if case.profile == "starter"]
    assert without_profile
    source = yaml.safe_load((folder / "policy.yaml").read_text("utf-8"))
    if any(param.get("required") for param in source["spec"].get("params", {}).values()):
        assert dormant


@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in POLICIES])
def test_the_ratchet_is_shown_both_ways(folder: Path) -> None:
    updates = [case for case in cases_of(folder) if _is_update(case)]
    actions = {expected.action for case in updates for expected in case.expect.values() if expected.outcome == "fail"}
    assert {"warn", "deny"} <= actions


def _is_update(case: Case) -> bool:
    if case.old is not None:
        return True
    value = apply_patch(case.inline, case.patch) if case.inline is not None else {}
    return any(change["change"]["actions"] == ["update"] for change in value.get("resource_changes", ()))


@pytest.mark.parametrize(
    ("folder", "validation"),
    [
        pytest.param(folder, validation.name, id=f"{folder.name}/{validation.name}")
        for folder in POLICIES
        for validation in policy_of(folder).validations
    ],
)
def test_a_validation_that_always_holds_breaks_a_case(folder: Path, validation: str) -> None:
    def mutant(library: Library) -> Library:
        policy = library.policies[0]
        changed = tuple(replace(v, program=ALWAYS) if v.name == validation else v for v in policy.validations)
        return replace(library, policies=(replace(policy, validations=changed),))

    broken = [
        case
        for case in cases_of(folder)
        if outcomes(case, mutant(library_of(folder, case))) != {name: expected.outcome for name, expected in case.expect.items()}
    ]
    assert broken


@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in POLICIES])
def test_a_shipped_policy_is_complete(folder: Path) -> None:
    spec = yaml.safe_load((folder / "policy.yaml").read_text("utf-8"))["spec"]
    assert {"description", "rationale", "remediation", "references", "since", "noProfile", "whenUnknown", "onUpdate"} <= set(spec)
    assert spec["category"] == folder.parent.name
    assert all("description" in param for param in spec.get("params", {}).values())
    assert not spec["title"].endswith(".")


def test_no_case_names_a_policy_that_is_not_there() -> None:
    written = {file.parent for file in shipped_folder().rglob("cases.yaml")}
    assert written == set(POLICIES)
