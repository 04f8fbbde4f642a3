from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.decision import exit_code, is_worse, undecided_action
from guardrail.model import Action, Dormant, Finding, InputFormat, InputRecord, InputStatus, Location, Outcome, ProfileInfo, Report, Summary
from guardrail.policy.compiled import WhenUnknown

READ = InputRecord("a.yaml", InputFormat.KUBERNETES, InputStatus.READ)
SKIPPED = InputRecord("values.yaml", InputFormat.OTHER, InputStatus.SKIPPED, "Helm values")
FAILED = InputRecord("b.yaml", InputFormat.KUBERNETES, InputStatus.FAILED, "a fault")


def finding(action: Action, outcome: Outcome = Outcome.FAIL) -> Finding:
    return Finding("p", "c", "v", "high", outcome, action, None, Location("a.yaml"), "m", "r", "f")


def report(**parts: Any) -> Report:
    blank = Report("0", "now", "e", "h", ProfileInfo("p", "1", "h", "p.yaml"), (READ,), Summary(), (), (), ())
    return replace(blank, **parts)


@pytest.mark.parametrize(
    ("parts", "flags", "code"),
    [
        pytest.param({}, {}, 0, id="nothing found"),
        pytest.param({"findings": (finding(Action.DENY),)}, {}, 1, id="a deny"),
        pytest.param({"findings": (finding(Action.DENY, Outcome.UNDECIDED),)}, {}, 1, id="an undecided finding that denies"),
        pytest.param({"findings": (finding(Action.WARN), finding(Action.AUDIT))}, {}, 0, id="warnings alone"),
        pytest.param({"findings": (finding(Action.WARN),)}, {"fail_on": "warn"}, 1, id="warnings when asked to fail on them"),
        pytest.param({"findings": (finding(Action.AUDIT),)}, {"fail_on": "warn"}, 0, id="audits never fail a run"),
        pytest.param({"inputs": (READ, FAILED)}, {}, 2, id="one input that could not be read"),
        pytest.param({"inputs": (SKIPPED,)}, {}, 2, id="nothing that could be judged"),
        pytest.param({"inputs": ()}, {}, 2, id="no input at all"),
        pytest.param({"inputs": (SKIPPED,)}, {"allow_empty": True}, 0, id="nothing to judge is allowed when asked for"),
        pytest.param({"inputs": (FAILED,)}, {"allow_empty": True}, 2, id="a broken input is never allowed"),
        pytest.param({"dormant": (Dormant("p", ("x",)),)}, {}, 0, id="dormant policies do not fail a run"),
        pytest.param({"dormant": (Dormant("p", ("x",)),)}, {"require_profile": True}, 2, id="unless the profile is required"),
        pytest.param({"profile": ProfileInfo("starter", "1", "h", None)}, {}, 0, id="no profile does not fail a run"),
        pytest.param(
            {"profile": ProfileInfo("starter", "1", "h", None)},
            {"require_profile": True},
            2,
            id="unless the profile is required, and none is given",
        ),
        pytest.param({"inputs": (FAILED,), "findings": (finding(Action.DENY),)}, {}, 2, id="unusable input outranks a deny"),
        pytest.param(
            {"inputs": (FAILED,), "findings": (finding(Action.WARN, Outcome.ERROR),)}, {}, 3, id="a rule that failed outranks all"
        ),
    ],
)
def test_the_exit_code_is_the_gravest_reason(parts: dict[str, Any], flags: dict[str, Any], code: int) -> None:
    options: dict[str, Any] = {"fail_on": "deny", "require_profile": False, "allow_empty": False, **flags}
    assert exit_code(report(**parts), **options) == code


@pytest.mark.parametrize(
    ("new", "old", "worse"),
    [
        pytest.param(3, 2, True, id="a number grew"),
        pytest.param(2, 2.0, False, id="a number stayed"),
        pytest.param(1, 2, False, id="a number fell"),
        pytest.param(["a"], ["b", "a"], False, id="a set lost a member"),
        pytest.param(["a", "c"], ["a", "b"], True, id="a set of the same size has another member"),
        pytest.param(Unknown(["x"]), 2, True, id="an unknown new number does not ratchet"),
        pytest.param(["a", Unknown(["x"])], ["a"], True, id="an unknown new member does not ratchet"),
        pytest.param(3, Unknown(["x"]), False, id="an unknown old number counts as no worse"),
        pytest.param(["a"], Unknown(["x"]), False, id="an unknown old set counts as no worse"),
    ],
)
def test_a_measure_gets_worse_when_it_grows(new: Any, old: Any, worse: bool) -> None:
    assert is_worse(new, old) is worse


@pytest.mark.parametrize(
    ("meaning", "action", "expected"),
    [
        pytest.param(WhenUnknown.DENY, Action.DENY, Action.DENY, id="deny means deny"),
        pytest.param(WhenUnknown.WARN, Action.DENY, Action.WARN, id="warn means warn"),
        pytest.param(WhenUnknown.DENY, Action.WARN, Action.WARN, id="never stricter than a failure"),
        pytest.param(WhenUnknown.WARN, Action.AUDIT, Action.AUDIT, id="an audit stays an audit"),
    ],
)
def test_what_is_undecided_is_never_worse_than_a_failure(meaning: WhenUnknown, action: Action, expected: Action) -> None:
    assert undecided_action(meaning, action) is expected


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        pytest.param(("var.size",), Action.DENY, id="what the author can answer is refused"),
        pytest.param(
            ("type aws_batch_compute_environment",), Action.DENY, id="a type that is not read is refused where the policy says so"
        ),
        pytest.param(("instance type p9x.large",), Action.WARN, id="an instance type that the catalogue does not know"),
        pytest.param(("launch template lt-1",), Action.WARN, id="a template that is not in the plan"),
        pytest.param(("launch template lt-1", "var.size"), Action.DENY, id="one of both kinds is answerable"),
    ],
)
def test_what_nobody_could_answer_is_not_refused(references: tuple[str, ...], expected: Action) -> None:
    assert undecided_action(WhenUnknown.DENY, Action.DENY, references) is expected
