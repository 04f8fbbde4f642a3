"""A profile in several files: what is joined, what clashes, and where each value is said to stand."""

from __future__ import annotations

import pytest

from guardrail.errors import ProfileError
from guardrail.policy.profile import Profile, load_profile

HEAD = "apiVersion: guardrail.dev/v1\nkind: Profile\n"
NEWER = "in the catalogue; one that is newer goes into regions.further"
ORDER = "the order of the environments, strictest last, must stand in one place"


def joined(*bodies: str) -> Profile:
    files = [(f"{name}.yaml", HEAD + body) for name, body in zip("abc", bodies, strict=False)]
    return load_profile(files, "profiles")


def faults_of(*bodies: str) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        joined(*bodies)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("bodies", "path", "wanted"),
    [
        pytest.param(
            ("regions: {approved: {dev: [eu-north-1]}}\n", "regions: {approved: {prod: [eu-west-1]}}\n"),
            "regions.approved",
            {"dev": ["eu-north-1"], "prod": ["eu-west-1"]},
            id="maps are joined key by key",
        ),
        pytest.param(
            ("clusters: [{name: small}]\n", "clusters: [{name: large}]\n"),
            "clusters",
            [{"name": "small"}, {"name": "large"}],
            id="clusters are joined end to end",
        ),
        pytest.param(
            ('accounts: [{account: "1"}]\n', 'accounts: [{account: "2"}]\n'),
            "accounts",
            [{"account": "1"}, {"account": "2"}],
            id="accounts are joined end to end",
        ),
        pytest.param(
            ("replicas: {max: {prod: {gpu: 1}}}\n", "replicas: {max: {prod: {cpu: 2}}}\n"),
            "replicas.max.prod",
            {"gpu": 1, "cpu": 2},
            id="a required key may stand in another file",
        ),
    ],
)
def test_what_is_joined(bodies: tuple[str, ...], path: str, wanted: object) -> None:
    assert joined(*bodies).value(path) == wanted


@pytest.mark.parametrize(
    ("bodies", "wanted"),
    [
        pytest.param(
            ("tags: {required: {base: [team]}}\n", "tags: {required: {base: [project]}}\n"),
            ["b.yaml:3:19: tags.required.base: stated twice (first at a.yaml:3:19)"],
            id="a list that means what it says as a whole",
        ),
        pytest.param(
            ("metadata: {owner: a}\n", "metadata: {owner: a}\n"),
            ["b.yaml:3:12: metadata.owner: stated twice (first at a.yaml:3:12)"],
            id="the same value twice",
        ),
        pytest.param(
            ("regions: {approved: {dev: [eu-north-1]}}\n", "regions: {approved: [eu-north-1]}\n"),
            ["b.yaml:3:11: regions.approved: stated twice (first at a.yaml:3:11)"],
            id="a map and a list",
        ),
        pytest.param(
            ("environments: {aliases: {dev: []}}\n", "environments: {aliases: {prod: []}}\n"),
            [
                f"b.yaml:3:16: environments.aliases: stated twice (first at a.yaml:3:16); {ORDER}",
            ],
            id="environments, whose order counts",
        ),
        pytest.param(
            ("clusters: [{name: small}]\n", "clusters: [{name: large}, {name: small}]\n"),
            ["b.yaml:3:34: clusters[1].name: small is the name of another entry already (first at a.yaml:3:19)"],
            id="one cluster in two files",
        ),
        pytest.param(
            ("gpu: {families: {dev: [L4]}}\n", "gpu: {familys: {}}\nreplicas: {max: {prod: {gpu: 1}}}\n"),
            [
                "b.yaml:3:7: gpu.familys: unknown key (did you mean families?)",
                "b.yaml:4:24: replicas.max.prod: lacks cpu",
            ],
            id="faults of shape name the file",
        ),
    ],
)
def test_what_clashes(bodies: tuple[str, ...], wanted: list[str]) -> None:
    assert faults_of(*bodies) == wanted


def test_every_file_says_what_it_is() -> None:
    files = [("a.yaml", HEAD), ("b.yaml", "apiVersion: guardrail.dev/v1\nkind: Policy\n"), ("c.yaml", "- 1\n")]
    with pytest.raises(ProfileError) as caught:
        load_profile(files, "profiles")
    assert str(caught.value).splitlines() == [
        "b.yaml:2:7: kind: expected Profile, found Policy",
        "c.yaml:1:1: expected a map, found a list",
    ]


def test_a_fault_of_a_joined_entry_names_the_file_that_has_it() -> None:
    assert faults_of("clusters: [{name: a}]\n", "clusters:\n- {name: b}\n- {name: c, region: eu-nort-1, provider: aws}\n") == [
        f"b.yaml:5:21: clusters[1].region: no region eu-nort-1 of aws (did you mean eu-north-1?) {NEWER}",
    ]
