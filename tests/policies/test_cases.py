"""Every case of every policy, and what the cases of a policy must show together: the gates that keep a library honest."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from guardrail.app import ENGINES
from guardrail.authoring import runner_of
from guardrail.case_runner import Remembering
from guardrail.errors import PolicyError
from guardrail.policy.cases import apply_patch
from guardrail.policy.compiled import UpdateMode
from guardrail.policy.library import PolicySource, compile_library
from guardrail.policy.profile import starter
from guardrail.policy.stored import dump_rules, load_rules
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.policy_dir import read_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.case_runner import CaseRunner
    from guardrail.engine import Judgement
    from guardrail.policy.cases import Case
    from guardrail.policy.compiled import Library
    from guardrail.policy.profile import Profile
    from guardrail.stores.policy_dir import PolicyFolder

DEFAULT = "guardrail"
RUNTIMES = {name: Remembering(make()) for name, make in ENGINES.items()}
FOLDERS = {Path(folder.source.path).parent.name: folder for folder in read_folders([])}
ALWAYS = RUNTIMES[DEFAULT].compile("true")


@cache
def runner(policy: str, engine: str = DEFAULT) -> CaseRunner:
    return runner_of(FOLDERS[policy], None, RUNTIMES[engine])


def every_case() -> Iterator[Any]:
    for policy in FOLDERS:
        for case in runner(policy).cases.cases:
            yield pytest.param(policy, case, id=f"{policy}/{case.name}")


def every_validation() -> Iterator[Any]:
    for policy in FOLDERS:
        for validation in runner(policy).policy.validations:
            yield pytest.param(policy, validation.name, id=f"{policy}/{validation.name}")


def document(folder: PolicyFolder) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(folder.source.text)
    return loaded


@pytest.mark.parametrize(("policy", "case"), list(every_case()))
def test_case(policy: str, case: Case) -> None:
    assert runner(policy).check(case).differences == ()


@pytest.mark.parametrize(("policy", "case"), list(every_case()))
def test_the_second_opinion_agrees(policy: str, case: Case) -> None:
    one, other = (
        [without_places(found) for found in run.judge(case, run.library(case))]
        for run in (runner(policy, DEFAULT), runner(policy, "cel-python"))
    )
    assert one == other


def without_places(found: Judgement) -> Judgement:
    """Only the engine of our own says which entry of a field is to blame."""
    return replace(found, findings=tuple(replace(finding, location=replace(finding.location, pointer="")) for finding in found.findings))


@pytest.mark.parametrize(("policy", "case"), list(every_case()))
def test_a_stored_library_judges_alike(policy: str, case: Case) -> None:
    run = runner(policy)
    assert run.judge(case, stored(*run.bound(case))) == run.judge(case, run.library(case))


def stored(profile: Profile, library: Library) -> Library:
    """A library as a cache gives it back."""
    data = dump_rules(profile, library, BuiltinRuntime())
    assert data is not None
    found = load_rules(data, BuiltinRuntime())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("policy", FOLDERS)
def test_every_validation_is_shown_to_pass_to_fail_and_to_be_undecided(policy: str) -> None:
    assert runner(policy).run().gaps == ()


@pytest.mark.parametrize("policy", FOLDERS)
def test_missing_facts_are_shown(policy: str) -> None:
    cases = runner(policy).cases.cases
    assert any(case.profile == "starter" for case in cases)
    if any(param.get("required") for param in document(FOLDERS[policy])["spec"].get("params", {}).values()):
        assert any(runner(policy).library(case).policies[0].dormant for case in cases)


@pytest.mark.parametrize("policy", FOLDERS)
def test_the_ratchet_is_shown_both_ways(policy: str) -> None:
    updates = [case for case in runner(policy).cases.cases if _is_update(case)]
    actions = {expected.action for case in updates for expected in case.expect.values() if expected.outcome == "fail"}
    enforced = all(validation.on_update.mode is UpdateMode.ENFORCE for validation in runner(policy).policy.validations)
    assert ({"deny"} if enforced else {"warn", "deny"}) <= actions  # what is judged as if new never ratchets


def _is_update(case: Case) -> bool:
    if case.old is not None:
        return True
    value = apply_patch(case.inline, case.patch) if case.inline is not None else {}
    return any(change["change"]["actions"] == ["update"] for change in value.get("resource_changes", ()))


@pytest.mark.parametrize(("policy", "validation"), list(every_validation()))
def test_a_validation_that_always_holds_breaks_a_case(policy: str, validation: str) -> None:
    def mutant(library: Library) -> Library:
        (only,) = library.policies
        changed = tuple(replace(v, program=ALWAYS) if v.name == validation else v for v in only.validations)
        return replace(library, policies=(replace(only, validations=changed),))

    run = runner(policy)
    assert any(not run.check(case, mutant(run.library(case))).passed for case in run.cases.cases)


@pytest.mark.parametrize(("policy", "validation"), list(every_validation()))
def test_a_validation_that_reads_an_undeclared_field_does_not_load(policy: str, validation: str) -> None:
    changed = document(FOLDERS[policy])
    (entry,) = [entry for entry in changed["spec"]["validations"] if entry["name"] == validation]
    entry["expression"] = f"({entry['expression']}) && resource.cost_per_week > 0"
    source = PolicySource(FOLDERS[policy].source.path, yaml.safe_dump(changed))
    with pytest.raises(PolicyError, match=r"the view has no field resource\.cost_per_week"):
        compile_library([source], starter(), RUNTIMES[DEFAULT])


@pytest.mark.parametrize("policy", FOLDERS)
def test_a_shipped_policy_is_complete(policy: str) -> None:
    spec = document(FOLDERS[policy])["spec"]
    assert {"description", "rationale", "remediation", "references", "since", "noProfile", "whenUnknown", "onUpdate"} <= set(spec)
    assert spec["category"] == Path(FOLDERS[policy].source.path).parent.parent.name
    assert all("description" in param for param in spec.get("params", {}).values())
    assert not spec["title"].endswith(".")
