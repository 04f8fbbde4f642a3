"""Cases are judged as `guardrail lint` judges: what differs, what is missing and what cannot be run is told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from guardrail.case_runner import CaseRunner
from guardrail.errors import GuardrailError, PolicyError
from guardrail.policy.cases import read_cases
from guardrail.policy.library import PolicySource
from guardrail.policy.scaffold import scaffold
from guardrail.runtimes.builtin import BuiltinRuntime
from tests.reviews import request

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.policy.verdicts import CaseResult, PolicyResult

POLICY, CASES = scaffold("tags/has-team").values()
RUNTIME = BuiltinRuntime()
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "api", "namespace": "web", "labels": {"environment": "prod"}},
    "spec": {"ports": [{"port": 80}]},
}


def runner(cases: str, *, policy: str = POLICY, base: dict[str, Any] | None = None, fixtures: tuple[Path, ...] = ()) -> CaseRunner:
    source = PolicySource("tags/has-team/policy.yaml", policy)
    return CaseRunner(source, read_cases("cases.yaml", cases), base=base, fixtures=fixtures, runtime=RUNTIME)


def one(expect: dict[str, Any], **more: Any) -> CaseResult:
    case = {"name": "a", "input": {"inline": SERVICE}, "expect": expect} | more
    (result,) = runner(yaml.safe_dump([case])).run().cases
    return result


@pytest.mark.parametrize(
    ("expect", "differs"),
    [
        pytest.param({"missing": "fail"}, [], id="the outcome alone"),
        pytest.param({"missing": {"outcome": "fail", "action": "deny", "message": "the tag team is missing"}}, [], id="everything"),
        pytest.param({"missing": "pass"}, ["missing"], id="another outcome"),
        pytest.param({"missing": {"outcome": "fail", "action": "warn"}}, ["missing"], id="another action"),
        pytest.param({"missing": {"outcome": "fail", "message": "team?"}}, ["missing"], id="another message"),
        pytest.param({"mising": "skip"}, ["mising", "missing"], id="a validation that is not there, and a finding that nothing expects"),
    ],
)
def test_differences(expect: dict[str, Any], differs: list[str]) -> None:
    result = one(expect)
    assert sorted(difference.validation for difference in result.differences) == differs
    assert result.passed == (not differs)


def test_a_misspelt_validation_is_named() -> None:
    hints = {difference.validation: difference.hint for difference in one({"mising": "fail"}).differences}
    assert hints == {"mising": "the policy has no validation mising (did you mean missing?)", "missing": ""}


def test_a_finding_of_another_object_has_to_match_too() -> None:
    other = SERVICE | {"metadata": {"name": "b", "namespace": "web", "labels": {"environment": "dev"}}}
    result = one(
        {"missing": {"outcome": "fail", "action": "deny"}},
        input={"inline": {"apiVersion": "v1", "kind": "List", "items": [SERVICE, other]}},
    )
    (difference,) = result.differences
    assert [(found.who, found.action) for found in difference.found] == [("core/Service/web/api", "deny"), ("core/Service/web/b", "warn")]


def test_a_case_has_its_own_time() -> None:
    changed = yaml.safe_load(POLICY)
    changed["spec"]["validations"][0]["expression"] = 'now >= timestamp("2030-01-01T00:00:00Z") || params.key == ""'
    text = yaml.safe_dump(
        [
            {"name": "now", "input": {"inline": SERVICE}, "expect": {"missing": "fail"}},
            {"name": "then", "input": {"inline": SERVICE}, "now": "2030-01-01T01:00:00+01:00", "expect": {"missing": "pass"}},
        ]
    )
    assert [result.passed for result in runner(text, policy=yaml.safe_dump(changed)).run().cases] == [True, True]


def test_a_profile_is_laid_over_that_of_the_cases() -> None:
    base = {"enforcement": {"overrides": {"has-team": "audit", "another-policy": "deny", "has-teams": "warn"}}}
    text = yaml.safe_dump(
        [
            {"name": "base", "input": {"inline": SERVICE}, "expect": {"missing": {"outcome": "fail", "action": "audit"}}},
            {
                "name": "over",
                "input": {"inline": SERVICE},
                "profile": {"enforcement": None},
                "expect": {"missing": {"outcome": "fail", "action": "deny"}},
            },
            {
                "name": "none",
                "input": {"inline": SERVICE},
                "profile": "starter",
                "expect": {"missing": {"outcome": "fail", "action": "warn"}},
            },
        ]
    )
    results = runner(text, base=base).run().cases
    assert [result.differences for result in results] == [(), (), ()]


def test_files_lie_below_fixtures(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    for folder, label in ((near, "team"), (far, "none")):
        folder.mkdir()
        labelled = SERVICE | {"metadata": {"name": "api", "namespace": "web", "labels": {label: "x"}}}
        (folder / "service.yaml").write_text(yaml.safe_dump(labelled), "utf-8")
    text = yaml.safe_dump(
        [
            {"name": "whole", "input": {"file": "service.yaml"}, "expect": {"missing": "pass"}},
            {
                "name": "patched",
                "input": {"file": "service.yaml", "patch": [{"op": "remove", "path": "/metadata/labels/team"}]},
                "expect": {"missing": "fail"},
            },
        ]
    )
    assert [result.passed for result in runner(text, fixtures=(near, far)).run().cases] == [True, True]


def test_a_case_may_be_a_request(tmp_path: Path) -> None:
    grown = {**SERVICE, "metadata": {"name": "api", "namespace": "web", "labels": {"team": "x"}}}
    (tmp_path / "review.yaml").write_text(yaml.safe_dump(request("UPDATE", SERVICE, grown)), "utf-8")
    (tmp_path / "exec.yaml").write_text(yaml.safe_dump(request("CONNECT", None, subResource="exec")), "utf-8")
    relabelled = [{"op": "add", "path": "/request/object/metadata/labels/team", "value": "x"}]
    cases = [
        {"name": "a file", "input": {"review": "review.yaml"}, "expect": {"missing": {"outcome": "fail", "action": "deny"}}},
        {"name": "patched", "input": {"review": "review.yaml", "patch": relabelled}, "expect": {"missing": "pass"}},
        {"name": "inline", "input": {"inline": request("CREATE", SERVICE)}, "expect": {"missing": "fail"}},
    ]
    assert [result.differences for result in runner(yaml.safe_dump(cases), fixtures=(tmp_path,)).run().cases] == [(), (), ()]
    for given, told in (
        ({"input": {"review": "exec.yaml"}}, "holds nothing that is judged"),
        ({"input": {"review": "review.yaml"}, "old": {"patch": relabelled}}, "holds the object before the request itself"),
    ):
        with pytest.raises(PolicyError, match=told):
            runner(yaml.safe_dump([{"name": "a", "expect": {"missing": "pass"}} | given]), fixtures=(tmp_path,)).run()


@pytest.mark.parametrize(
    ("case", "told"),
    [
        pytest.param({"input": {"file": "absent.yaml"}}, "cases.yaml:4:5: [0].input: no file absent.yaml", id="no such file"),
        pytest.param({"input": {"inline": {"a": 1}}}, "[0].input.inline: neither an object nor a plan", id="no object"),
        pytest.param(
            {"input": {"inline": SERVICE, "patch": [{"op": "remove", "path": "/spec/replicas"}]}},
            "[0].input.patch[0]: cannot be applied: there is no /spec/replicas",
            id="a patch of what is not there",
        ),
        pytest.param(
            {"input": {"inline": SERVICE, "patch": [{"op": "replace", "path": "/spec/ports/x/port", "value": 1}]}},
            "[0].input.patch[0]: cannot be applied: there is no /spec/ports/x/port",
            id="a patch of a member by name",
        ),
        pytest.param({"profile": {"regions": {"approved": 3}}}, "[0].profile: regions.approved", id="a profile that is none"),
        pytest.param({"context": ["absent.yaml"]}, "[0].context[0]: no file absent.yaml", id="a context that is not there"),
    ],
)
def test_a_case_that_cannot_be_run_is_a_fault(case: dict[str, Any], told: str) -> None:
    text = yaml.safe_dump([{"name": "a", "input": {"inline": SERVICE}, "expect": {"missing": "fail"}} | case])
    with pytest.raises(PolicyError) as caught:
        runner(text).run()
    assert told in str(caught.value)


def test_all_faults_of_all_cases_are_told() -> None:
    broken = {"input": {"file": "absent.yaml"}, "expect": {"missing": "fail"}}
    with pytest.raises(PolicyError) as caught:
        runner(yaml.safe_dump([broken | {"name": "a"}, broken | {"name": "b"}])).run()
    assert len(caught.value.faults) == 2


def test_a_profile_of_the_cases_that_does_not_fit_the_policy_is_a_fault_of_the_cases() -> None:
    changed = yaml.safe_load(POLICY)
    changed["spec"]["params"]["key"] |= {"from": "metadata.name", "type": "integer", "default": 3}
    changed["spec"]["validations"][0] |= {"expression": "params.key > 2", "messageExpression": '"m"'}
    with pytest.raises(PolicyError) as caught:
        _ = runner(CASES, policy=yaml.safe_dump(changed), base={"metadata": {"name": "acme"}}).policy
    assert str(caught.value).startswith("cases.yaml: the profile of the cases: metadata.name: ")


def test_a_file_with_two_policies_is_refused() -> None:
    with pytest.raises(GuardrailError, match="holds 2 policies"):
        _ = CaseRunner(
            PolicySource("both.yaml", f"{POLICY}---\n{POLICY.replace('has-team', 'has-owner')}"),
            read_cases("cases.yaml", CASES),
            base=None,
            fixtures=(),
            runtime=RUNTIME,
        ).policy


# ---- what is not shown


def without(*names: str, more: str = "") -> PolicyResult:
    kept = [case for case in yaml.safe_load(CASES) if case["name"] not in names]
    return runner(yaml.safe_dump(kept) + more).run()


@pytest.mark.parametrize(
    ("dropped", "gap"),
    [
        pytest.param("a service with the label", "missing has no passing case on kubernetes", id="no passing case"),
        pytest.param("a bucket without the tag", "missing has no failing case on terraform", id="no failing case"),
        pytest.param("a bucket whose tags are known only after apply", "missing has no undecided case", id="no undecided case"),
    ],
)
def test_what_no_case_shows_is_a_gap(dropped: str, gap: str) -> None:
    assert without().gaps == ()
    result = without(dropped)
    assert [found.message for found in result.gaps] == [gap]
    assert not result.passed


def test_what_skips_where_it_is_undecided_needs_no_such_case() -> None:
    text = yaml.safe_load(POLICY)
    text["spec"]["whenUnknown"] = "skip"
    kept = [case for case in yaml.safe_load(CASES) if case["name"] != "a bucket whose tags are known only after apply"]
    assert runner(yaml.safe_dump(kept), policy=yaml.safe_dump(text)).run().gaps == ()


def test_a_gap_with_a_reason_is_none() -> None:
    waived = "- {untested: {validation: missing, outcome: undecided}, reason: nothing can leave it open}\n"
    assert without("a bucket whose tags are known only after apply", more=waived).gaps == ()


def test_a_reason_for_what_is_shown_is_stale() -> None:
    (gap,) = without(more="- {untested: {target: terraform}, reason: nobody has such a thing}\n").gaps
    assert gap.stale
