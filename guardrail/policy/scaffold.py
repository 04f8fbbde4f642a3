"""The files with which a policy of one's own begins: a small rule that works, and cases that show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardrail import __version__
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["scaffold"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_CHARS = 63  # of a name, as the schema of policies has it

_POLICY = """\
# A policy that works as it stands: change what it says, then run `guardrail test`.
apiVersion: guardrail.dev/v1
kind: Policy
metadata: {name: NAME}
spec:
  version: 1                    # raise it when the policy gets stricter
  title: Everything that can be tagged names its team
  category: CATEGORY
  severity: medium              # critical, high, medium or low: for people, it never decides
  since: VERSION
  description: What carries tags or labels carries the one by which its cost is given to somebody.
  rationale: What names no team is paid for by everybody and watched by nobody.
  remediation:
    kubernetes: 'metadata.labels: {team: <your team>}'
    terraform: 'tags = { Team = "<your team>" }'
  targets: [kubernetes, terraform]
  match:
    operations: [create, update, replace]
  matchConditions:              # where one of these is false, the policy does not apply
  - {name: taggable, expression: resource.taggable}
  params:                       # numbers and names stand here, or come from the profile (from: a.path)
    key:
      description: The tag that must be there
      type: string
      default: team
  actions: {dev: warn, test: warn, prod: deny}
  validations:                  # each expression must be true; `guardrail inspect` shows what `resource` holds
  - name: missing
    expression: params.key in resource.tags
    messageExpression: '"the tag " + params.key + " is missing"'
    message: a tag is missing
    field: resource.tags        # the line of this field is shown
  noProfile: {action: warn}     # what a run without a profile does
  whenUnknown: warn             # what it means that a plan does not know the value yet
  onUpdate: {mode: violation}   # what failed before the change only warns
"""

_CASES = """\
# Each case is an input and what every validation comes to: pass, fail, undecided or skip. `guardrail test` runs them.
- name: a service without the label
  input:
    inline: &service
      apiVersion: v1
      kind: Service
      metadata: {name: api, namespace: web, labels: {app: api, environment: prod}}
      spec: {selector: {app: api}, ports: [{port: 80}]}
  expect:
    missing: {outcome: fail, action: deny, message: the tag team is missing}

- name: a service with the label
  input:
    inline: *service
    patch:
    - {op: add, path: /metadata/labels/team, value: web}
  expect: {missing: pass}

- name: a bucket without the tag
  input:
    inline: &bucket
      format_version: "1.2"
      resource_changes:
      - address: aws_s3_bucket.data
        mode: managed
        type: aws_s3_bucket
        name: data
        provider_name: registry.terraform.io/hashicorp/aws
        change:
          actions: [create]
          before: null
          after: {bucket: data, tags: {Environment: dev}, tags_all: {Environment: dev}}
          after_unknown: {}
  expect:
    missing: {outcome: fail, action: warn}

- name: a bucket with the tag
  input:
    inline: *bucket
    patch:
    - {op: add, path: /resource_changes/0/change/after/tags/Team, value: web}
    - {op: add, path: /resource_changes/0/change/after/tags_all/Team, value: web}
  expect: {missing: pass}

- name: a bucket whose tags are known only after apply
  input:
    inline: *bucket
    patch:
    - {op: replace, path: /resource_changes/0/change/after, value: {bucket: data}}
    - {op: replace, path: /resource_changes/0/change/after_unknown, value: {tags: true, tags_all: true}}
  expect:
    missing: {outcome: undecided, action: warn}
"""


def scaffold(name: str) -> Mapping[str, str]:
    """The files of a new policy by their path below the folder of policies. Raises ConfigError unless it is named `category/name`."""
    category, slash, policy = name.strip("/").partition("/")
    for part in (category, policy):
        if not slash or not _NAME.fullmatch(part) or len(part) > _MOST_CHARS:
            raise ConfigError(f"{name}: write CATEGORY/NAME, both in lower-case words joined by hyphens, such as storage/no-public-buckets")
    text = _POLICY.replace("NAME", policy).replace("CATEGORY", category).replace("VERSION", __version__)
    return {f"{category}/{policy}/policy.yaml": text, f"{category}/{policy}/cases.yaml": _CASES}
