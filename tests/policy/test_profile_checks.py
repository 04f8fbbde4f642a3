"""Names in a profile that clash, that nothing has, or that mean nothing."""

from __future__ import annotations

import pytest

from guardrail.catalogue.families import known_families
from guardrail.catalogue.places import known_regions
from guardrail.errors import ProfileError
from guardrail.policy.profile import load_profile
from guardrail.policy.profile_references import _PLACES
from guardrail.policy.schema import resolves

HEAD = "apiVersion: guardrail.dev/v1\nkind: Profile\n"
NEWER = "in the catalogue; one that is newer goes into regions.further"


def faults_of(body: str) -> list[str]:
    try:
        load_profile([("p.yaml", HEAD + body)], "p.yaml")
    except ProfileError as error:
        return [str(fault).removeprefix("p.yaml:") for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        pytest.param(
            "gpu: {families: {dev: [H1000]}}\n",
            ["3:24: gpu.families.dev[0]: no accelerator family H1000 (did you mean H100?) in the catalogue"],
            id="a family that does not exist",
        ),
        pytest.param(
            "gpu: {families: {dev: [RTX 4090, a10g]}}\n",
            [
                "3:24: gpu.families.dev[0]: the accelerator family is written RTX4090",
                "3:34: gpu.families.dev[1]: the accelerator family is written A10G",
            ],
            id="a family in another spelling",
        ),
        pytest.param(
            "clusters: [{name: a, pools: [{name: p, family: A10GX}]}]\n",
            ["3:48: clusters[0].pools[0].family: no accelerator family A10GX (did you mean A10G?) in the catalogue"],
            id="the family of a pool",
        ),
        pytest.param(
            "quotas: {namespaces: {x: {by_family: {A1000: 8}}}}\n",
            ["3:39: quotas.namespaces.x.by_family.A1000: no accelerator family A1000 (did you mean A100?) in the catalogue"],
            id="the family of a quota",
        ),
        pytest.param(
            "regions: {approved: {dev: [eu-north-11]}}\n",
            [
                f"3:28: regions.approved.dev[0]: no region eu-north-11 (did you mean eu-north-1?) {NEWER}",
            ],
            id="a region that does not exist",
        ),
        pytest.param(
            "regions: {approved: {dev: [West Europe]}}\n",
            ["3:28: regions.approved.dev[0]: the region is written westeurope"],
            id="a region in another spelling",
        ),
        pytest.param(
            "regions: {approved: {dev: [eu-north-1a]}}\n",
            ["3:28: regions.approved.dev[0]: eu-north-1a is a zone; its region is eu-north-1"],
            id="a zone for a region",
        ),
        pytest.param(
            "clusters: [{name: a, provider: google, region: eu-north-1}]\n",
            [
                f"3:48: clusters[0].region: no region eu-north-1 of google (did you mean europe-north1?) {NEWER}",
            ],
            id="a region of another cloud",
        ),
        pytest.param(
            "clusters: [{name: a, provider: aws, region: eu-north-1, pools: [{name: p, zones: [eu-north-1a, eu-west-1a]}]}]\n",
            ["3:96: clusters[0].pools[0].zones[1]: eu-west-1a is a zone of eu-west-1, and the cluster is in eu-north-1"],
            id="a pool in a zone of another region",
        ),
        pytest.param("regions: {further: [xx-new-1], approved: {dev: [xx-new-1]}}\n", [], id="a region newer than the catalogue"),
        pytest.param(
            "clusters: [{name: a, provider: other, region: cellar}]\nregions: {approved: {dev: [cellar]}}\n",
            [],
            id="a region of a cluster outside the clouds",
        ),
        pytest.param(
            "owners: {speech: {}}\nbudgets: [{name: B, owner: speach}]\ncost: {daily: {teams: {rankin: 4}}}\n",
            [
                "4:28: budgets[0].owner: no team speach (did you mean speech?) in owners",
                "5:24: cost.daily.teams.rankin: no team rankin in owners",
            ],
            id="a team that owners does not have",
        ),
        pytest.param("budgets: [{name: B, owner: speach}]\n", [], id="a team where there is no registry of owners"),
        pytest.param(
            "budgets: [{name: B, covered_by: C}]\n",
            ["3:33: budgets[0].covered_by: no budget C"],
            id="a budget that covers and is not there",
        ),
        pytest.param(
            "tags: {workload_types: [train]}\nquotas: {namespaces: {x: {workload_types: [trian]}}, "
            "workload_gpus: {dev: {default: 1, tran: 2}}}\nbatch: {max_runtime_by_type: {eval: 60}}\nowners: {a: {workload_types: [x]}}\n",
            [
                "4:44: quotas.namespaces.x.workload_types[0]: no workload type trian (did you mean train?) in tags.workload_types",
                "4:88: quotas.workload_gpus.dev.tran: no workload type tran (did you mean train?) in tags.workload_types",
                "5:31: batch.max_runtime_by_type.eval: no workload type eval in tags.workload_types",
                "6:31: owners.a.workload_types[0]: no workload type x in tags.workload_types",
            ],
            id="workload types that are not listed",
        ),
        pytest.param("quotas: {namespaces: {x: {workload_types: [trian]}}}\n", [], id="workload types where none are listed"),
        pytest.param(
            "environments: {aliases: {dev: [], prod: []}}\nbatch: {max_retries: {prd: 1, default: 2}}\ngpu: {families: {dve: [L4]}}\n",
            [
                "4:23: batch.max_retries.prd: no environment prd (did you mean prod?); the profile has dev, prod",
                "5:18: gpu.families.dve: no environment dve (did you mean dev?); the profile has dev, prod",
            ],
            id="environments that are not named",
        ),
        pytest.param(
            "environments: {aliases: {default: []}}\n",
            [
                "3:26: environments.aliases.default: default stands for every environment without an entry of its own; choose another name",
            ],
            id="an environment called default",
        ),
        pytest.param(
            "metadata: {timezone: Europe/Stokholm}\n",
            ["3:22: metadata.timezone: no time zone Europe/Stokholm (did you mean Europe/Stockholm?)"],
            id="a time zone that does not exist",
        ),
        pytest.param(
            "batch: {off_peak: {timezone: UTC+2}}\n",
            ["3:30: batch.off_peak.timezone: no time zone UTC+2 (did you mean UTC?)"],
            id="an offset for a time zone",
        ),
        pytest.param(
            "tags: {values: {tem: {enum: [a]}}}\n",
            ["3:17: tags.values.tem: no canonical key tem (did you mean team?) in tags.keys"],
            id="values of a key that does not exist",
        ),
        pytest.param(
            'tags: {values: {team: {pattern: "a(b"}}}\n',
            ["3:33: tags.values.team.pattern: not an RE2 expression: error parsing regexp: missing ): a(b"],
            id="a pattern that does not compile",
        ),
        pytest.param(
            "tags: {values: {team: {pattern: (?=a)}}}\n",
            ["3:33: tags.values.team.pattern: not an RE2 expression: error parsing regexp: invalid perl operator: (?="],
            id="a look-ahead, which takes more than linear time",
        ),
        pytest.param(
            "tags: {keys: {team: {aws: [Team, Owner]}, owner: {aws: [Owner]}}}\n",
            ["3:57: tags.keys.owner.aws[0]: Owner is a spelling of team already"],
            id="one spelling of two keys",
        ),
        pytest.param(
            "tags: {keys: {team: {azure: [Team]}, group: {azure: [TEAM]}}}\n",
            ["3:54: tags.keys.group.azure[0]: TEAM is a spelling of team already"],
            id="one spelling of two keys on Azure, which ignores case",
        ),
        pytest.param("tags: {keys: {team: {aws: [Team]}, group: {kubernetes: [Team]}}}\n", [], id="one spelling on two platforms"),
        pytest.param(
            "clusters: [{name: a}, {name: a, pools: [{name: p}, {name: p}]}]\n",
            [
                "3:30: clusters[1].name: a is the name of another entry already (first at p.yaml:3:19)",
                "3:59: clusters[1].pools[1].name: p is the name of another entry already (first at p.yaml:3:48)",
            ],
            id="names of clusters and pools that are taken",
        ),
        pytest.param(
            "clusters: [{name: a, pools: [{name: p}]}, {name: b, pools: [{name: p}]}]\n", [], id="a pool of one name in two clusters"
        ),
        pytest.param(
            "owners: {a: {reviewed: 2026-13-01}, b: {reviewed: 2026-12-01}}\n",
            ["3:24: owners.a.reviewed: 2026-13-01 is no date; write 2026-12-31"],
            id="a month that does not exist",
        ),
    ],
)
def test_names_that_nothing_has(body: str, wanted: list[str]) -> None:
    assert faults_of(body) == wanted


@pytest.mark.parametrize("place", sorted(place for places in _PLACES.values() for place in places))
def test_every_place_where_a_name_is_looked_for_is_one_that_a_profile_may_have(place: str) -> None:
    assert resolves([part for part in place.split(".") if part != "{}"])


def test_every_name_of_the_catalogue_is_accepted() -> None:
    names = ", ".join(sorted(known_families()))
    regions = ", ".join(sorted(known_regions(None)))
    assert faults_of(f"gpu: {{families: {{dev: [{names}]}}}}\nregions: {{approved: {{dev: [{regions}]}}}}\n") == []
