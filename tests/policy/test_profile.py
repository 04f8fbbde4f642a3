"""The organisation profile: what loads, what is wrong, and the facts it gives."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guardrail.errors import ProfileError
from guardrail.policy.catalogue import GLOBAL_TYPES
from guardrail.policy.profile import Profile, load_profile, starter
from tests.policy.samples import profile

NOW = datetime(2026, 11, 24, tzinfo=UTC)

HEAD = "apiVersion: guardrail.dev/v1\nkind: Profile\n"

BROKEN = """\
apiVersion: guardrail.dev/v1
kind: Profile
metadata: {name: acme, currency: euro}
enforcement:
  ceiling: denny
  packs: {tagging: {prd: warn}}
  unlabelled_environment: production
environments:
  aliases: {dev: [test-bed], prod: [live, dev]}
  homes:
    dev: {accounts: ["1"], clusters: [a]}
    prod: {accounts: ["1"], namespace: [x]}
    stage: {}
clusters:
- {name: a, environment: prod}
- {name: b, environment: prood}
tags:
  keys: {team: {kubernetes: [team]}, cost-center: {aws: []}}
  required: {base: [team, cost-centre]}
  inherit: {from_namespace: [teem]}
regions: {aproved: {dev: [eu-north-1]}}
replicas: {max: {prod: {gpu: -1, cpu: many}, test: {gpu: 1}}}
quotas:
  workload_gpus: {prod: {train: 8}}
moon: {}
"""

FAULTS = """\
acme.yaml:3:34: metadata.currency: euro is not a currency code such as USD
acme.yaml:5:12: enforcement.ceiling: denny is none of deny, warn, audit (did you mean deny?)
acme.yaml:6:21: enforcement.packs.tagging.prd: no environment prd (did you mean prod?); the profile has dev, prod
acme.yaml:7:27: enforcement.unlabelled_environment: no environment production; the profile has dev, prod
acme.yaml:9:36: environments.aliases.prod: dev already means dev
acme.yaml:12:22: environments.homes.prod.accounts: 1 is already at home in dev
acme.yaml:12:29: environments.homes.prod.namespace: unknown key (did you mean namespaces?)
acme.yaml:13:5: environments.homes.stage: no environment stage; the profile has dev, prod
acme.yaml:15:26: clusters[0].environment: a is at home in dev by environments.homes
acme.yaml:16:26: clusters[1].environment: no environment prood (did you mean prod?); the profile has dev, prod
acme.yaml:18:57: tags.keys.cost-center.aws: is empty
acme.yaml:19:27: tags.required.base[1]: no canonical key cost-centre (did you mean cost-center?) in tags.keys
acme.yaml:20:30: tags.inherit.from_namespace[0]: no canonical key teem (did you mean team?) in tags.keys
acme.yaml:21:11: regions.aproved: unknown key (did you mean approved?)
acme.yaml:22:30: replicas.max.prod.gpu: -1 is below 0
acme.yaml:22:39: replicas.max.prod.cpu: expected a whole number, found many
acme.yaml:22:52: replicas.max.test: lacks cpu
acme.yaml:24:25: quotas.workload_gpus.prod: lacks default
acme.yaml:25:1: moon: unknown key"""


def faults_of(*files: tuple[str, str]) -> str:
    with pytest.raises(ProfileError) as caught:
        load_profile(files, files[0][0] if len(files) == 1 else "profiles")
    return str(caught.value)


def test_every_fault_at_once() -> None:
    assert faults_of(("acme.yaml", BROKEN)) == FAULTS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("", "p.yaml: holds no profile", id="nothing"),
        pytest.param("kind: Profile\n", "p.yaml:1:1: lacks apiVersion", id="no version"),
        pytest.param("apiVersion: guardrail.dev/v1\nkind: Policy\n", "p.yaml:2:7: kind: expected Profile, found Policy", id="another kind"),
        pytest.param("- 1\n", "p.yaml:1:1: expected a map, found a list", id="a list"),
        pytest.param(HEAD + "owners: {a: {contct: x}}\n", "owners.a.contct: unknown key (did you mean contact?)", id="a key of a team"),
        pytest.param(
            HEAD + "spot: {noticeseconds: 1}\n",
            "spot.noticeseconds: unknown key (did you mean notice_seconds?)",
            id="a key of an unread part",
        ),
        pytest.param(
            HEAD + "tags: {values: {team: {enum: [a], pattern: b}}}\n",
            "p.yaml:3:23: tags.values.team: states enum and pattern; one of them only",
            id="a closed list and a pattern",
        ),
        pytest.param(HEAD + "tags: {values: {team: {}}}\n", "tags.values.team: lacks enum or pattern", id="neither list nor pattern"),
        pytest.param(
            HEAD + "tags: {values: {team: {enum: [yes]}}}\n", "tags.values.team.enum[0]: expected a text, found true", id="an unquoted yes"
        ),
        pytest.param(HEAD + "gpu: {families: {dev: L4}}\n", "gpu.families.dev: expected a list, found L4", id="one family without a list"),
        pytest.param(
            HEAD + "batch: {max_runtime_s: {dev: 4h}}\n",
            "batch.max_runtime_s.dev: expected a whole number, found 4h",
            id="a text for seconds",
        ),
        pytest.param(
            HEAD + "batch: {max_runtime_by_type: {eval: 0}}\n", "batch.max_runtime_by_type.eval: 0 is below 1", id="no time at all"
        ),
        pytest.param(HEAD + "batch: {max_retries: {dev: -1}}\n", "batch.max_retries.dev: -1 is below 0", id="retries below none"),
        pytest.param(HEAD + "clusters: [{region: x}]\n", "p.yaml:3:12: clusters[0]: lacks name", id="a cluster without a name"),
    ],
)
def test_faults(text: str, wanted: str) -> None:
    assert wanted in faults_of(("p.yaml", text))


def test_files_are_laid_together() -> None:
    made = load_profile(
        [
            ("a.yaml", HEAD + "metadata: {name: acme}\nregions: {approved: {dev: [eu-north-1]}}\n"),
            ("b.yaml", HEAD + "regions: {global_types: [z_*]}\n"),
        ],
        "profiles",
    )
    assert made.value("regions") == {"approved": {"dev": ["eu-north-1"]}, "global_types": ["z_*"]}
    assert made.info.name == "acme"


def test_what_two_files_state_is_a_fault() -> None:
    files = ("a.yaml", HEAD + "regions: {approved: {dev: [eu-north-1]}}\n"), ("b.yaml", HEAD + "regions: {approved: {dev: [eu-west-1]}}\n")
    assert faults_of(*files) == "b.yaml:3:22: regions.approved.dev: stated twice (first at a.yaml:3:22)"


def test_an_environment_is_not_checked_where_none_is_named() -> None:
    made = load_profile([("p.yaml", HEAD + "regions: {approved: {somewhere: [eu-north-1]}}\n")], "p.yaml")
    assert made.environments == ()
    assert [note.code for note in made.notes] == ["profile-without-environments"]


def test_name_and_version_fall_back_to_file_and_hash() -> None:
    made = load_profile([("conf/acme.yaml", HEAD)], "conf/acme.yaml")
    assert made.info.name == "acme"
    assert made.info.hash == f"sha256:{made.info.hash.removeprefix('sha256:')}"
    assert made.info.hash.removeprefix("sha256:").startswith(made.info.version)


def test_the_hash_is_of_the_content() -> None:
    one = load_profile([("a.yaml", HEAD + "tags: {required: {base: [team]}}\n")], "a.yaml")
    same = load_profile([("b.yaml", HEAD + "# a comment\ntags:\n  required: {base: ['team']}\n")], "b.yaml")
    other = load_profile([("a.yaml", HEAD + "tags: {required: {base: [owner]}}\n")], "a.yaml")
    assert one.info.hash == same.info.hash != other.info.hash


def test_facts_of_a_profile() -> None:
    made = profile(
        environments={
            "aliases": {"dev": ["Sandbox"], "prod": []},
            "homes": {"dev": {"accounts": ["1"], "namespaces": ["*-dev"]}, "prod": {"clusters": ["big"]}},
        },
        accounts=[{"account": "2", "environment": "prod"}, {"account": "3"}],
        clusters=[{"name": "small", "region": "eu-north-1", "environment": "dev"}],
        tags={"keys": {"team": {"aws": ["Team", "team"]}}, "inherit": {"from_namespace": ["team"], "from_resource_group": True}},
        enforcement={"unlabelled_environment": "dev"},
        regions={"global_types": ["x_*"]},
    )
    facts = made.facts(now=NOW, cluster="small", namespace="n")
    known = facts.environments
    assert known.order == ("dev", "prod")
    assert known.aliases == {"dev": "dev", "sandbox": "dev", "prod": "prod"}
    assert known.accounts == {"1": "dev", "2": "prod"}
    assert known.clusters == {"big": "prod", "small": "dev"}
    assert known.namespaces == (("*-dev", "dev"),)
    assert (known.unlabelled, known.assume_strictest) == ("dev", True)
    assert facts.spellings == {"team": {"aws": ("Team", "team")}}
    assert (facts.inherit, facts.inherit_from_resource_group) == (("team",), True)
    assert facts.clusters["small"]["region"] == "eu-north-1"
    assert facts.global_types == ("x_*",)
    assert (facts.cluster, facts.namespace, facts.now) == ("small", "n", NOW)


def test_the_starter_knows_usual_names_and_assumes_nothing() -> None:
    facts = starter().facts(now=NOW, cluster=None, namespace=None)
    usual = {"dev", "development", "sandbox", "test", "staging", "qa", "uat", "prod", "production", "live"}
    assert set(facts.environments.aliases) == usual
    assert not facts.environments.assume_strictest
    assert facts.spellings["cost-center"] == {
        "kubernetes": ("cost-center",),
        "aws": ("CostCenter",),
        "google": ("cost-center",),
        "azure": ("CostCenter",),
    }
    assert facts.global_types == GLOBAL_TYPES
    assert (facts.inherit, facts.clusters) == ((), {})
    assert starter().info.path is None


def _corpus() -> Path:
    return Path(os.environ.get("GUARDRAIL_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def test_the_profile_beside_the_corpus_loads() -> None:
    file = _corpus().parent / "acceptance" / "profile.yaml"
    if not file.is_file():
        pytest.skip(f"no profile at {file}; set GUARDRAIL_CORPUS")
    made = load_profile([(file.name, file.read_text("utf-8"))], file.name)
    assert isinstance(made, Profile)
    assert made.environments == ("dev", "test", "prod")
