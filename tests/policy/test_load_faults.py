"""Every fault of every policy file at once, as people read it."""

from __future__ import annotations

import pytest

from guardrail.errors import PolicyError
from guardrail.policy.library import PolicySource, compile_library
from guardrail.policy.profile import starter
from tests.policy.samples import RUNTIME, library, policy, validation

BROKEN = """\
apiVersion: guardrail.dev/v1
kind: Policy
metadata: {name: Big_Things}
spec:
  version: 0
  title: Things are small
  category: sizes
  severty: high
  severity: hgh
  targets: [kubernetes, terraform]
  match: {classes: [compute, volumes], operations: [create, updte]}
  matchConditions:
  - {name: looks, expression: variables.cap > 1}
  params:
    cap: {type: integer}
    table: {type: object, default: {catalogue: tag-key}}
    odd: {type: nonsense, default: 1}
    wrong: {type: integer, default: many}
    environments: {type: array, default: []}
  actions: {dev: wran}
  variables:
  - {name: cap, expression: variables.later + 1}
  - {name: later, expression: params.capp}
  - {name: later, expression: '1'}
  validations:
  - name: too-large
    expression: 'resource.gpu.totl_max <= variables.cap'
    messageExpression: >-
      "up to " + string(resource.gpu.total_max)
        + " of " + shwo(1.0)
    field: resource.gpu.total
  - name: too-large
    targets: [kubernetes]
    expression: object.spec.replicas < 3 && resource.
    message: too many
    field: resource.units.max
  - name: raw
    expression: object.spec.replicas < inventory.limit
    field: resource.units.max
  onUpdate: {mode: measure}
  selfDeclared: approval
"""

FAULTS = """\
broken.yaml:3:18: metadata.name: Big_Things is not lower-case words joined by hyphens
broken.yaml:5:12: spec.version: 0 is below 1
broken.yaml:8:3: spec.severty: unknown key (did you mean severity?)
broken.yaml:9:13: spec.severity: hgh is none of critical, high, medium, low (did you mean high?)
broken.yaml:11:30: spec.match.classes[1]: the view has no class volumes (did you mean volume?)
broken.yaml:11:61: spec.match.operations[1]: updte is none of create, update, replace, scale, delete (did you mean update?)
broken.yaml:13:31: spec.matchConditions[0].expression: match conditions cannot read variables; they run before these are worked out
    variables.cap > 1
    ^
broken.yaml:15:5: spec.params.cap: needs exactly one of default, required: true and optional: true
broken.yaml:16:48: spec.params.table.default.catalogue: no table tag-key (did you mean tag-keys?); known: class-sets, placeholders, tag-keys
broken.yaml:17:17: spec.params.odd.type: nonsense is none of array, boolean, integer, number, object, string
broken.yaml:18:37: spec.params.wrong.default: expected a whole number, found many
broken.yaml:19:5: spec.params.environments: params.environments is given to every policy; choose another name
broken.yaml:20:18: spec.actions.dev: wran is none of deny, warn, audit, n/a (did you mean warn?)
broken.yaml:22:39: spec.variables[0].expression: no variable later above this one
    variables.later + 1
              ^
broken.yaml:23:38: spec.variables[1].expression: no parameter capp (did you mean cap?)
    params.capp
           ^
broken.yaml:24:12: spec.variables[2].name: later is the name of variables[1] already
broken.yaml:27:31: spec.validations[0].expression: the view has no field resource.gpu.totl_max (did you mean total_max?)
    resource.gpu.totl_max <= variables.cap
                 ^
broken.yaml:30:20: spec.validations[0].messageExpression: there is no function 'shwo'; did you mean show?
    + " of " + shwo(1.0)
               ^
broken.yaml:31:12: spec.validations[0].field: the view has no field resource.gpu.total (did you mean total_min?)
broken.yaml:32:11: spec.validations[1].name: too-large is the name of validations[0] already
broken.yaml:34:54: spec.validations[1].expression: Syntax error: mismatched input '<EOF>' expecting IDENTIFIER
    object.spec.replicas < 3 && resource.
                                         ^
broken.yaml:37:5: spec.validations[2]: lacks message or messageExpression
broken.yaml:38:17: spec.validations[2].expression: object can be read with targets: [kubernetes] only
    object.spec.replicas < inventory.limit
    ^
broken.yaml:38:40: spec.validations[2].expression: no variable inventory; known: now, oldResource, params, resource, variables
    object.spec.replicas < inventory.limit
                           ^
broken.yaml:40:13: spec.onUpdate: lacks measure
broken.yaml:41:3: spec.selfDeclared: declared approvals are not read by this version
other.yaml:1:7: kind: a ValidatingAdmissionPolicy is not read by this version; write it as kind: Policy (apiVersion: guardrail.dev/v1)"""


def faults_of(*sources: PolicySource) -> str:
    with pytest.raises(PolicyError) as caught:
        compile_library(sources, starter(), RUNTIME)
    return str(caught.value)


def test_every_fault_of_every_file_at_once() -> None:
    foreign = PolicySource("other.yaml", "kind: ValidatingAdmissionPolicy\napiVersion: admissionregistration.k8s.io/v1\n")
    found = faults_of(foreign, PolicySource("broken.yaml", BROKEN))
    assert found == FAULTS


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        pytest.param((policy("a"), policy("a")), "a is the name of another policy (at a.yaml:1)", id="a name used twice"),
        pytest.param(
            (PolicySource("rules/other/policy.yaml", policy("a").text),),
            "a differs from its folder, other",
            id="a name that is not its folder's",
        ),
        pytest.param((PolicySource("a.yaml", "kind: Profile\n"),), "a Profile is no policy", id="a profile among policies"),
        pytest.param((PolicySource("a.yaml", "[]\n"),), "expected a map, found a list", id="no policy at all"),
        pytest.param((PolicySource("a.yaml", "a: [\n"),), "a.yaml:2:1", id="no YAML"),
        pytest.param((policy(validations=[]),), "spec.validations: is empty", id="no validation"),
        pytest.param((policy(match={"kubernetes": {}}),), "resource rules of Kubernetes are not read by this version", id="resource rules"),
        pytest.param(
            (policy(validations=[validation(forEach={"team": "[1]"})]),),
            "run-level validations are not read by this version",
            id="a run-level validation",
        ),
        pytest.param(
            (policy(targets=["kubernetes"], validations=[validation(targets=["terraform"])]),),
            "names terraform, which the policy does not target",
            id="a target that the policy does not have",
        ),
        pytest.param(
            (policy(params={"cap": {"type": "integer", "required": True}}),),
            "needs from: nothing else can supply it",
            id="a source is missing",
        ),
        pytest.param(
            (policy(params={"cap": {"from": "quotas.workload_gpu", "type": "object", "required": True}}),),
            "spec.params.cap.from: a profile has no quotas.workload_gpu (did you mean workload_gpus?)",
            id="a source that no profile can have",
        ),
        pytest.param(
            (policy(params={"cap": {"from": "moon", "type": "object", "default": {}}}),),
            "spec.params.cap.from: a profile has no moon",
            id="a part that no profile can have, with a default",
        ),
        pytest.param(
            (policy(params={"cap": {"type": "integer", "by": "environment", "default": 1}}),),
            "by: environment needs type: object",
            id="by on a number",
        ),
        pytest.param(
            (policy(params={"cap": {"type": "integer", "minimum": "x", "default": 1}}),), "not a JSON Schema", id="no JSON Schema"
        ),
        pytest.param(
            (policy(warnWhen=["resource.uses_gpu", "resource.usesgpu"]),),
            "spec.warnWhen[1]: the view has no field",
            id="a list of conditions",
        ),
        pytest.param(
            (policy(noProfile={"action": "warn", "when": "resource.x"}),),
            "spec.noProfile.when: the view has no field",
            id="a condition without profile",
        ),
        pytest.param(
            (policy(exceptions={"allowed": True, "maxDuration": "1 month"}),), "1 month is not a number of days such as 30d", id="a span"
        ),
    ],
)
def test_faults(sources: tuple[PolicySource, ...], wanted: str) -> None:
    assert wanted in faults_of(*sources)


def test_an_object_may_be_read_where_only_kubernetes_is_judged() -> None:
    narrowed = validation(targets=["kubernetes"], expression="object.spec.replicas < 3")
    assert library(policy(validations=[narrowed])).policies
