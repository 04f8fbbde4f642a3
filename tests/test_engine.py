from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.engine import Context, Judgement, RunFact, evaluate
from guardrail.findings import merge_causes
from guardrail.matching import PolicyIndex
from guardrail.model import Action, Finding, Identity, Location, Origin, Outcome, ProfileInfo, Resource
from guardrail.policy.compiled import CompiledPolicy, Library, Match, NamedProgram, OnUpdate, UpdateMode, Validation, WhenUnknown
from guardrail.ports import EvaluationError, Path, Read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONTEXT = Context(now=datetime(2026, 11, 25, tzinfo=UTC))
ALL = frozenset({"kubernetes", "terraform"})


@dataclass(frozen=True)
class FakeProgram:
    """A rule written in Python; `names` are the named expressions that it reads."""

    rule: Callable[[Mapping[str, Any]], Any]
    names: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    because: tuple[Path, ...] = ()

    @property
    def reads(self) -> tuple[Read, ...]:
        named = tuple(Read(("variables", name), 1, 1) for name in self.names)
        return (*named, *(Read(("resource", *field.split(".")), 1, 1) for field in self.fields))

    def evaluate(self, variables: Mapping[str, Any], *, deadline: float | None = None) -> Any:
        if deadline is not None and deadline <= 0:
            return EvaluationError("the deadline passed")
        return self.rule(variables)

    def blamed(self, variables: Mapping[str, Any]) -> tuple[Path, ...]:  # noqa: ARG002 - a port's signature
        return self.because


def constant(value: Any) -> FakeProgram:
    return FakeProgram(lambda _: value)


def units(values: Mapping[str, Any]) -> int:
    maximum: int = values["resource"]["units"]["max"]
    return maximum


AT_MOST_FIVE = FakeProgram(lambda v: units(v) <= 5)


def validation(**parts: Any) -> Validation:
    blank = Validation(
        name="over-cap",
        program=AT_MOST_FIVE,
        message="too many",
        message_program=None,
        field="units.max",
        targets=ALL,
        actions={"default": Action.DENY},
        when_unknown={"default": WhenUnknown.WARN},
        on_update=OnUpdate(),
        remediation={"kubernetes": "write fewer", "terraform": "buy fewer"},
    )
    return replace(blank, **parts)


def policy(*validations: Validation, **parts: Any) -> CompiledPolicy:
    blank = CompiledPolicy(
        name="cap",
        version=1,
        title="Bounded",
        category="replicas",
        severity="high",
        rationale="",
        targets=ALL,
        match=Match(),
        match_conditions=(),
        variables=(),
        validations=validations or (validation(),),
        params={},
    )
    return replace(blank, **parts)


def view(maximum: int = 9, **parts: Any) -> dict[str, Any]:
    return {
        "source": "kubernetes",
        "surface": "manifest",
        "class": "compute",
        "kind": "Deployment",
        "operation": "create",
        "environment": "prod",
        "environments": ["prod"],
        "unknown": {},
        "units": {"max": maximum},
        **parts,
    }


def resource(maximum: int = 9, *, old: dict[str, Any] | None = None, secrets: frozenset[str] = frozenset(), **parts: Any) -> Resource:
    return Resource(
        identity=Identity("apps/Deployment/web/api", "kubernetes", "Deployment", "apps/v1", "web", "api"),
        view=view(maximum, **parts),
        origin=Origin("k8s/api.yaml", 2, "/items/1"),
        old_view=old,
        blame={"units": "/spec", "units.max": "/spec/replicas"},
        secrets=secrets,
    )


def judge(found: Resource, *policies: CompiledPolicy) -> Judgement:
    library = Library(policies, "h", ProfileInfo("p", "1", "h", None), ("dev", "prod"))
    return evaluate(found, PolicyIndex(library), CONTEXT)


def only(judgement: Judgement) -> Finding:
    assert len(judgement.findings) == 1, judgement
    return judgement.findings[0]


def test_a_violation_becomes_a_finding_with_its_place() -> None:
    found = only(judge(resource(), policy()))
    assert (found.policy, found.validation, found.outcome, found.action) == ("cap", "over-cap", Outcome.FAIL, Action.DENY)
    assert found.location == Location("k8s/api.yaml", None, None, 2, "/items/1/spec/replicas")
    assert (found.message, found.remediation) == ("too many", "write fewer")


REMEDIES = [
    ("a rule's own words for this object win", "write 4", Outcome.FAIL, "write 4"),
    ("without a text the general words hold", "  ", Outcome.FAIL, "write fewer"),
    ("words that fail leave it to the general ones", EvaluationError("no such key"), Outcome.FAIL, "write fewer"),
    ("several lines are no remedy", "a\nb", Outcome.FAIL, "write fewer"),
    ("what is undecided has the general words", "write 4", Outcome.UNDECIDED, "write fewer"),
    ("a rule that failed has none", "write 4", Outcome.ERROR, ""),
]


@pytest.mark.parametrize(("sentence", "own", "outcome", "told"), REMEDIES, ids=[row[0] for row in REMEDIES])
def test_what_to_write_instead(sentence: str, own: Any, outcome: Outcome, told: str) -> None:
    result = {Outcome.FAIL: False, Outcome.UNDECIDED: Unknown(["var.n"]), Outcome.ERROR: EvaluationError("broken")}[outcome]
    rule = validation(program=constant(result), remediation_program=constant(own))
    assert only(judge(resource(), policy(rule))).remediation == told, sentence


PLACES = [
    ("without a record, the field of the rule is blamed", "tags", (), "/metadata/labels"),
    ("the entry that broke the rule is blamed", "tags", (("resource", "tags", "team"),), "/metadata/labels/team"),
    (
        "of several, the first that was read",
        "tags",
        (("resource", "tags", "owner"), ("resource", "tags", "team")),
        "/metadata/labels/owner",
    ),
    ("of what is written nowhere, the nearest above", "pods", (("resource", "pods", 1, "image"),), "/spec/pods/1"),
    (
        "what lies outside of the field is not blamed",
        "tags",
        (("resource", "units", "max"), ("params", "tags", "team")),
        "/metadata/labels",
    ),
    ("a named expression is looked through", "tags", (("variables", "wrong"),), "/metadata/labels/team"),
]


@pytest.mark.parametrize(("sentence", "field", "because", "pointer"), PLACES, ids=[row[0] for row in PLACES])
def test_the_place_of_a_finding(sentence: str, field: str, because: tuple[Path, ...], pointer: str) -> None:
    blame = {
        "tags": "/metadata/labels",
        "tags.owner": "/metadata/labels/owner",
        "tags.team": "/metadata/labels/team",
        "pods.1": "/spec/pods/1",
    }
    wrong = NamedProgram("wrong", FakeProgram(lambda _: ["team"], because=(("resource", "tags", "team"),)))
    rule = validation(program=FakeProgram(lambda _: False, because=because), field=field)
    found = only(judge(replace(resource(), blame=blame), policy(rule, variables=(wrong,))))
    assert found.location.pointer == "/items/1" + pointer, sentence
    assert found.fingerprint == only(judge(resource(), policy(validation(field=field)))).fingerprint, (
        "the place does not change what a finding is"
    )


def test_what_passes_is_counted_and_says_nothing() -> None:
    judgement = judge(resource(5), policy())
    assert (judgement.findings, judgement.passed, judgement.evaluations) == ((), (("cap", "over-cap"),), 1)


def test_all_failures_are_told_at_once() -> None:
    two = policy(validation(), validation(name="second"))
    assert [f.validation for f in judge(resource(), two, policy(name="other")).findings] == ["over-cap", "second", "over-cap"]


@pytest.mark.parametrize(
    ("parts", "evaluations"),
    [
        pytest.param({"match": Match(classes=frozenset({"pool"}))}, 0, id="another class"),
        pytest.param({"match": Match(classes=frozenset({"compute"}))}, 1, id="its class"),
        pytest.param({"match": Match(operations=frozenset({"update"}))}, 0, id="another operation"),
        pytest.param({"targets": frozenset({"terraform"})}, 0, id="another target"),
        pytest.param({"match": Match(terraform_types=("aws_*",))}, 1, id="a Terraform glob narrows only Terraform"),
        pytest.param({"dormant": True}, 0, id="a dormant policy"),
        pytest.param({"match_conditions": (NamedProgram("no", constant(False)),)}, 0, id="a false condition"),  # noqa: FBT003 - a rule's value
        pytest.param(
            {"match_conditions": (NamedProgram("later", constant(Unknown(["var.x"]))),)}, 1, id="an unknown condition counts as true"
        ),
        pytest.param(
            {"match_conditions": (NamedProgram("broken", constant(EvaluationError("no such key"))), NamedProgram("no", constant(False)))},  # noqa: FBT003 - as above
            0,
            id="a false condition settles a broken one",
        ),
    ],
)
def test_a_policy_looks_only_at_what_it_matches(parts: dict[str, Any], evaluations: int) -> None:
    assert judge(resource(), policy(**parts)).evaluations == evaluations


def test_terraform_types_are_matched_by_glob() -> None:
    bucket = resource(source="terraform", kind="aws_s3_bucket")
    assert judge(bucket, policy(match=Match(terraform_types=("google_*",)))).evaluations == 0
    assert judge(bucket, policy(match=Match(terraform_types=("google_*", "aws_s3_*")))).evaluations == 1


def test_a_broken_condition_is_an_error_with_its_name() -> None:
    found = only(judge(resource(), policy(match_conditions=(NamedProgram("broken", constant(EvaluationError("no such key"))),))))
    assert (found.outcome, found.validation) == (Outcome.ERROR, "broken")
    assert found.message == "the rule could not be evaluated: no such key"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(EvaluationError("division by zero"), "division by zero", id="an expression that fails"),
        pytest.param("yes", "it came to str instead of true or false", id="an expression that is no boolean"),
        pytest.param(1, "it came to int instead of true or false", id="one is not true"),
    ],
)
def test_an_expression_that_does_not_decide_is_an_error(value: Any, text: str) -> None:
    found = only(judge(resource(), policy(validation(program=constant(value)))))
    assert (found.outcome, found.message) == (Outcome.ERROR, f"the rule could not be evaluated: {text}")


@pytest.mark.parametrize(
    ("meaning", "outcome", "action"),
    [
        pytest.param(WhenUnknown.WARN, Outcome.UNDECIDED, Action.WARN, id="warn"),
        pytest.param(WhenUnknown.DENY, Outcome.UNDECIDED, Action.DENY, id="deny"),
        pytest.param(WhenUnknown.PASS, None, None, id="pass"),
        pytest.param(WhenUnknown.SKIP, None, None, id="skip"),
    ],
)
def test_what_unknown_means_is_said_by_the_validation(meaning: WhenUnknown, outcome: Outcome | None, action: Action | None) -> None:
    undecided = validation(program=constant(Unknown(["var.size"])), when_unknown={"default": meaning})
    judgement = judge(resource(unknown={"units.max": ["var.size"]}, source="terraform"), policy(undecided))
    assert [(f.outcome, f.action) for f in judgement.findings] == ([(outcome, action)] if outcome else [])
    assert judgement.skipped == (meaning is WhenUnknown.SKIP)
    if judgement.findings:
        assert only(judgement).message == "known only after apply: how many units it can reach (var.size)"


@pytest.mark.parametrize(
    ("reads", "unknown", "message"),
    [
        pytest.param(
            ("units.max",),
            {"units.max": ["var.n"], "tags": ["var.n"]},
            "not known: how many units it can reach (var.n)",
            id="the blamed field",
        ),
        pytest.param(("tags",), {"tags.a": ["var.n"], "raw_tags": ["var.n"]}, "not known: the label a (var.n)", id="what it reads"),
        pytest.param(
            ("tags", "region"), {"tags": ["var.n"], "region": ["var.n"]}, "not known: its labels, the region (var.n)", id="several fields"
        ),
        pytest.param(
            (),
            {"a": ["var.n"], "b": ["var.n"], "c": ["var.n"], "d": ["var.n"]},
            "not known: a, b, c and 1 more (var.n)",
            id="many fields",
        ),
        pytest.param((), {}, "not known: how many units it can reach (var.n)", id="a field that the view does not list"),
    ],
)
def test_an_undecided_finding_names_what_is_not_known(reads: tuple[str, ...], unknown: dict[str, list[str]], message: str) -> None:
    rule = FakeProgram(lambda _: Unknown(["var.n"]), fields=reads)
    assert only(judge(resource(unknown=unknown), policy(validation(program=rule)))).message == message


def test_what_is_not_modelled_is_not_said_to_come_after_apply() -> None:
    rule = validation(program=constant(Unknown(["type aws_lambda_function"])), when_unknown={"default": WhenUnknown.DENY})
    lambda_ = resource(source="terraform", unknown={"units.max": ["type aws_lambda_function"]})
    assert only(judge(lambda_, policy(rule))).message == "not read by this version: how many units it can reach (type aws_lambda_function)"


def test_after_the_deadline_a_rule_has_failed_to_run() -> None:
    library = Library((policy(),), "h", ProfileInfo("p", "1", "h", None), ("dev", "prod"))
    found = only(evaluate(resource(1), PolicyIndex(library), replace(CONTEXT, deadline=0.0)))
    assert (found.outcome, found.action) == (Outcome.ERROR, Action.DENY)


UNREAD = [
    ("a type that is not read skips where it would only warn", ["type a"], WhenUnknown.WARN, None),
    ("a kind that is not read skips likewise", ["kind a/B", "type a"], WhenUnknown.WARN, None),
    ("it is a finding where it denies", ["type a"], WhenUnknown.DENY, Action.DENY),
    ("it is a finding where something else is not known either", ["type a", "var.n"], WhenUnknown.WARN, Action.WARN),
]


@pytest.mark.parametrize(("sentence", "references", "meaning", "action"), UNREAD, ids=[row[0] for row in UNREAD])
def test_what_is_not_read_is_told_once_per_run(sentence: str, references: list[str], meaning: WhenUnknown, action: Action | None) -> None:
    judgement = judge(resource(), policy(validation(program=constant(Unknown(references)), when_unknown={"default": meaning})))
    assert [finding.action for finding in judgement.findings] == [action] * (action is not None), sentence
    assert (judgement.skipped, judgement.run_facts) == (1 - len(judgement.findings), frozenset()), sentence


def test_run_facts_alone_skip_whatever_unknown_means() -> None:
    undecided = validation(program=constant(Unknown(["run:cluster", "run:namespace-labels"])), when_unknown={"default": WhenUnknown.DENY})
    judgement = judge(resource(), policy(undecided))
    assert (judgement.findings, judgement.skipped) == ((), 1)
    assert judgement.run_facts == {RunFact("cluster"), RunFact("namespace-labels", "web")}


def test_a_run_fact_beside_another_unknown_does_not_skip() -> None:
    undecided = validation(program=constant(Unknown(["run:cluster", "var.x"])))
    assert only(judge(resource(), policy(undecided))).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("actions", "environments", "expected"),
    [
        pytest.param({"prod": Action.DENY, "default": Action.WARN}, ["prod"], Action.DENY, id="its environment's own action"),
        pytest.param(
            {"prod": Action.DENY, "default": Action.WARN}, ["qa"], Action.WARN, id="an environment without entry takes the default"
        ),
        pytest.param(
            {"dev": Action.WARN, "prod": Action.DENY, "default": Action.DENY}, ["dev", "prod"], Action.DENY, id="the stricter of several"
        ),
        pytest.param(
            {"dev": None, "prod": Action.AUDIT, "default": Action.DENY},
            ["dev", "prod"],
            Action.AUDIT,
            id="an environment where it does not apply is left out",
        ),
        pytest.param({"prod": None, "default": Action.DENY}, ["prod"], None, id="it does not apply at all"),
    ],
)
def test_the_action_follows_the_environment(actions: dict[str, Action | None], environments: list[str], expected: Action | None) -> None:
    judgement = judge(resource(environments=environments), policy(validation(actions=actions)))
    assert [f.action for f in judgement.findings] == ([expected] if expected else [])
    assert judgement.skipped == (expected is None)


def test_deny_is_softened_where_a_condition_says_so() -> None:
    assert only(judge(resource(), policy(validation(warn_when=(constant(False), constant(True)))))).action is Action.WARN  # noqa: FBT003 - a rule's value
    assert only(judge(resource(), policy(validation(warn_when=(constant(Unknown(["x"])),))))).action is Action.DENY


def test_without_a_profile_a_validation_applies_only_where_it_is_right_for_everybody() -> None:
    assert judge(resource(), policy(validation(applies_when=constant(False)))).findings == ()  # noqa: FBT003 - a rule's value
    assert judge(resource(), policy(validation(applies_when=constant(Unknown(["x"]))))).skipped == 1
    assert only(judge(resource(), policy(validation(applies_when=constant(True))))).action is Action.DENY  # noqa: FBT003 - a rule's value


def test_without_a_profile_a_condition_that_fails_to_run_is_an_error_of_the_rule() -> None:
    found = only(judge(resource(), policy(validation(applies_when=constant(EvaluationError("no such key"))))))
    assert (found.outcome, found.action) == (Outcome.ERROR, Action.DENY)
    assert "could not be evaluated" in found.message


MEASURED = OnUpdate(UpdateMode.MEASURE, FakeProgram(units))


@pytest.mark.parametrize(
    ("on_update", "operation", "before", "after", "action"),
    [
        pytest.param(OnUpdate(), "update", 9, 9, Action.DENY, id="enforce judges as if new"),
        pytest.param(OnUpdate(UpdateMode.VIOLATION), "update", 9, 12, Action.WARN, id="violation: an old violation only warns"),
        pytest.param(OnUpdate(UpdateMode.VIOLATION), "update", 3, 12, Action.DENY, id="violation: a new one denies"),
        pytest.param(OnUpdate(UpdateMode.VIOLATION), "replace", 9, 9, Action.DENY, id="violation: a replacement is new"),
        pytest.param(MEASURED, "update", 9, 9, Action.WARN, id="measure: unchanged only warns"),
        pytest.param(MEASURED, "update", 9, 7, Action.WARN, id="measure: better only warns"),
        pytest.param(MEASURED, "update", 9, 12, Action.DENY, id="measure: worse denies"),
        pytest.param(MEASURED, "replace", 9, 9, Action.WARN, id="measure: a replacement is measured too"),
        pytest.param(MEASURED, "update", 3, 9, Action.DENY, id="measure: a new violation denies"),
    ],
)
def test_an_old_violation_may_stay_but_not_grow(on_update: OnUpdate, operation: str, before: int, after: int, action: Action) -> None:
    changed = resource(after, operation=operation, old=view(before, workload_type="eval"))  # more than the number changes
    found = only(judge(changed, policy(validation(on_update=on_update))))
    assert found.action is action
    assert found.message.endswith("(older than this change)") == (action is Action.WARN)


def test_a_rule_for_kubernetes_reads_the_object_as_written() -> None:
    paused = validation(program=FakeProgram(lambda v: not v["object"]["spec"]["paused"]))
    assert only(judge(replace(resource(), object={"spec": {"paused": True}}), policy(paused))).outcome is Outcome.FAIL


def test_named_expressions_are_worked_out_once_and_only_when_read() -> None:
    calls: list[str] = []

    def named(name: str, *reads: str) -> NamedProgram:
        return NamedProgram(name, FakeProgram(lambda v: calls.append(name) or len(v["variables"]), reads))  # type: ignore[func-returns-value]

    rule = validation(program=FakeProgram(lambda v: v["variables"]["top"] == 1, ("top",)))
    judgement = judge(
        resource(), policy(rule, replace(rule, name="again"), variables=(named("base"), named("top", "base"), named("unread")))
    )
    assert (judgement.findings, calls) == ((), ["base", "top"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("up to 9 units", "up to 9 units", id="its own text"),
        pytest.param(Unknown(["x"]), "too many", id="an unknown falls back"),
        pytest.param(EvaluationError("no"), "too many", id="an error falls back"),
        pytest.param("two\nlines", "too many", id="several lines fall back"),
        pytest.param("", "too many", id="an empty text falls back"),
    ],
)
def test_a_message_expression_never_changes_the_outcome(value: Any, message: str) -> None:
    found = only(judge(resource(), policy(validation(message_program=constant(value)))))
    assert (found.outcome, found.message) == (Outcome.FAIL, message)


def test_secrets_never_reach_a_message() -> None:
    found = only(
        judge(
            resource(secrets=frozenset({"hunter2", "hunter2-long"})),
            policy(validation(message_program=constant("is hunter2-long, not hunter2"))),
        )
    )
    assert found.message == "is (sensitive), not (sensitive)"


def test_a_short_secret_of_the_resource_itself_is_no_word_of_a_message() -> None:
    secret = resource(sensitive=["tags.team"], tags={"team": "tbd"})
    found = only(judge(secret, policy(validation(message_program=constant("team is tbd, outbid by dev")))))
    assert found.message == "team is (sensitive), outbid by dev"


def test_the_fingerprint_survives_moved_lines_and_the_folder_of_the_run() -> None:
    here, library = resource(), PolicyIndex(Library((policy(),), "h", ProfileInfo("p", "1", "h", None), ("prod",)))
    one = only(evaluate(here, library, CONTEXT)).fingerprint
    moved = replace(here, origin=Origin("k8s/api.yaml", 7, ""))
    below = replace(here, origin=Origin("api.yaml", 2, "/items/1"))
    absolute = replace(here, origin=Origin("/k8s/api.yaml"))
    assert only(evaluate(moved, library, CONTEXT)).fingerprint == one
    assert only(evaluate(below, library, replace(CONTEXT, folder="/k8s"))).fingerprint == one
    assert only(evaluate(absolute, library, CONTEXT)).fingerprint == one
    assert only(evaluate(replace(here, origin=Origin("other.yaml")), library, CONTEXT)).fingerprint != one


def test_one_cause_at_an_autoscaler_and_its_target_is_one_finding() -> None:
    target = only(judge(resource(), policy()))
    scaler = replace(target, resource=Identity("autoscaling/HorizontalPodAutoscaler/web/api", "kubernetes", "HorizontalPodAutoscaler"))
    other = replace(target, validation="surge")
    scaled = replace(resource(), autoscaled_by="autoscaling/HorizontalPodAutoscaler/web/api")
    merged = merge_causes([target, scaler, other], [scaled], [policy()])
    assert merged == [replace(scaler, related=("apps/Deployment/web/api",)), other]
