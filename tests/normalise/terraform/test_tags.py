from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import PartialMap, Unknown
from tests.normalise.terraform.plans import FACTS, block, change, document, normalise, only

_TEAM = {"Team": "vision"}
_UNKNOWN = Unknown(("aws_eip.a.id",))


def aws(expression: Any, **ignored: Any) -> dict[str, Any]:
    """Provider configuration with default tags; a tuple stands for references."""
    written = {"references": list(expression)} if isinstance(expression, tuple) else {"constant_value": expression}
    ignore = {"ignore_tags": [{key: {"constant_value": value} for key, value in ignored.items()}]} if ignored else {}
    return {
        "aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-central-1"}, "default_tags": [{"tags": written}], **ignore}}
    }


def tags_of(
    after: dict[str, Any], unknown: dict[str, Any], tags: Any = None, providers: dict[str, Any] | None = None, **top: Any
) -> tuple[dict[str, Any], Any]:
    """The canonical tags of a volume and what is unknown about further keys."""
    plan = document(
        change("aws_ebs_volume.a", after, unknown=unknown),
        blocks=[block("aws_ebs_volume.a", {} if tags is None else {"tags": tags})],
        providers=providers,
        **top,
    )
    view = only(plan).view
    assert view["tags_open"] == (view["tags"].unlisted is not None)
    return dict(view["tags"]), view["tags"].unlisted


@pytest.mark.parametrize(
    ("after", "unknown", "tags", "providers", "expected"),
    [
        pytest.param(
            {"tags": _TEAM, "tags_all": {**_TEAM, "CostCenter": "c"}},
            {},
            _TEAM,
            None,
            ({"team": "vision", "cost-center": "c"}, None),
            id="merged map",
        ),
        pytest.param({"tags": None}, {"tags_all": True}, None, aws(_TEAM), ({"team": "vision"}, None), id="no own tags: the defaults"),
        pytest.param({"tags": None}, {"tags_all": True}, None, None, ({}, None), id="no tags at all"),
        pytest.param(
            {"tags": {"CostCenter": ""}},
            {"tags_all": True},
            {},
            aws(_TEAM),
            ({"team": "vision", "cost-center": ""}, None),
            id="an empty value is a key",
        ),
        pytest.param({"tags": {"Team": "nlp"}}, {"tags_all": True}, {}, aws(_TEAM), ({"team": "nlp"}, None), id="own tags win"),
        pytest.param({"tags": {"Team": None}}, {"tags_all": True}, {}, None, ({}, None), id="a null value is no tag"),
        pytest.param(
            {},
            {"tags": True, "tags_all": True},
            ("aws_eip.a.id", "aws_eip.a"),
            aws(_TEAM),
            ({"team": "vision"}, _UNKNOWN),
            id="one unknown value hides the map",
        ),
        pytest.param(
            {"tags": _TEAM, "tags_all": _TEAM},
            {},
            _TEAM,
            aws(("aws_eip.a.id",)),
            ({"team": "vision"}, _UNKNOWN),
            id="defaults unknown, nothing merged",
        ),
        pytest.param(
            {"tags": _TEAM, "tags_all": {**_TEAM, "CostCenter": "c"}},
            {},
            _TEAM,
            aws(("local.tags",)),
            ({"team": "vision", "cost-center": "c"}, None),
            id="defaults by reference, but merged: complete",
        ),
        pytest.param({"tags": _TEAM}, {}, _TEAM, None, ({"team": "vision"}, None), id="a provider without a merged map"),
        pytest.param(
            {"tags": {"Team": "vision", "CostCenter": "c"}},
            {"tags_all": True},
            {},
            aws({}, keys=["Team"], key_prefixes=["Cost"]),
            ({}, None),
            id="ignored keys and prefixes",
        ),
        pytest.param({"tags": {"Team": 7}}, {"tags_all": True}, {}, None, ({"team": "7"}, None), id="numbers become text"),
        pytest.param(
            {"tags": {}, "tags_all": {}},
            {"tags": {"Team": True}, "tags_all": {"Team": True}},
            ("aws_eip.a.id",),
            None,
            ({"team": _UNKNOWN}, None),
            id="single entries, which name their reference",
        ),
    ],
)
def test_tags_are_own_ones_over_the_providers(
    after: dict[str, Any], unknown: dict[str, Any], tags: Any, providers: dict[str, Any] | None, expected: tuple[dict[str, Any], Any]
) -> None:
    assert tags_of(after, unknown, tags, providers) == expected


def test_defaults_that_are_one_variable_are_resolved() -> None:
    found = tags_of({"tags": None}, {"tags_all": True}, providers=aws(("var.tags",)), variables={"tags": {"value": _TEAM}})

    assert found == ({"team": "vision"}, None)


def test_defaults_over_several_names_are_open() -> None:
    found = tags_of(
        {"tags": None}, {"tags_all": True}, providers=aws(("var.a", "var.b")), variables={"a": {"value": _TEAM}, "b": {"value": {}}}
    )

    assert found == ({}, Unknown(("var.a", "var.b")))


def test_defaults_that_a_function_makes_of_constants_are_open() -> None:
    written = aws({})
    written["aws"]["expressions"] |= {"default_tags": [{"tags": {}}], "region": {}}

    assert tags_of({"tags": None}, {"tags_all": True}, providers=written) == ({}, Unknown(("provider.aws",)))


def test_defaults_of_a_wrapped_module_are_those_of_the_nearest_caller() -> None:
    entry = change("module.w.module.m.aws_ebs_volume.a", {"tags": None}, unknown={"tags_all": True})
    inner = {"resources": [block("aws_ebs_volume.a", provider="module.w.module.m:aws")]}
    root = {"module_calls": {"w": {"module": {"module_calls": {"m": {"module": inner}}}}}}
    plan = document(entry, blocks=[], root=root, providers={**aws(_TEAM), "module.w.module.m:aws": {"name": "aws"}})

    assert only(plan).view["tags"] == {"team": "vision"}


@pytest.mark.parametrize(
    ("after", "unknown", "expected"),
    [
        pytest.param({"tag": [{"key": "Team", "value": "vision"}]}, {}, ({"team": "vision"}, False), id="blocks"),
        pytest.param({"tag": [], "tags": [{"key": "Team", "value": "vision"}]}, {}, ({"team": "vision"}, False), id="a list of maps"),
        pytest.param(
            {"tag": [{"key": "Team"}]}, {"tag": [{"value": True}]}, ({"team": Unknown(("tag",))}, False), id="a value that is known later"
        ),
        pytest.param({}, {"tag": True}, ({}, True), id="a dynamic block over what is known later"),
        pytest.param({"tag": []}, {"tags": True}, ({}, False), id="a list that the provider fills in"),
    ],
)
def test_an_auto_scaling_group_has_its_tag_blocks_and_no_defaults(after: dict[str, Any], unknown: dict[str, Any], expected: Any) -> None:
    entry = change("aws_autoscaling_group.a", {"max_size": 1, "min_size": 0, **after}, unknown=unknown)
    written = [block("aws_autoscaling_group.a", {"max_size": 1})]

    view = only(document(entry, blocks=written, providers=aws({"CostCenter": "c"}))).view

    assert (view["tags"], view["tags_open"], view["taggable"]) == (*expected, True)


@pytest.mark.parametrize("name", ["tag", "tags"])
def test_the_tags_of_an_auto_scaling_group_are_blamed_where_they_are_written(name: str) -> None:
    entry = change("aws_autoscaling_group.a", {"tag": [], name: [{"key": "Team", "value": "vision"}]})

    assert only(document(entry)).blame["tags"] == f"/change/after/{name}"


def test_merged_tags_of_the_prior_state_are_complete() -> None:
    entry = change("aws_ebs_volume.a", {"tags": _TEAM, "tags_all": _TEAM}, before={"tags": {}, "tags_all": {}}, actions=("update",))

    resource = only(document(entry, providers=aws(("aws_eip.a.id",))))

    assert resource.old_view is not None
    assert (resource.view["tags_open"], resource.old_view["tags_open"]) == (True, False)


@pytest.mark.parametrize(
    ("address", "after", "unknown", "expected"),
    [
        pytest.param(
            "google_storage_bucket.a",
            {"labels": {"team": "a"}, "effective_labels": {"team": "a", "cost-center": "c"}},
            {},
            {"team": "a", "cost-center": "c"},
            id="effective labels",
        ),
        pytest.param(
            "google_storage_bucket.a",
            {"labels": {"team": "a"}, "terraform_labels": {"team": "a", "cost-center": "c"}},
            {},
            {"team": "a", "cost-center": "c"},
            id="merged labels",
        ),
        pytest.param(
            "google_storage_bucket.a",
            {"labels": None},
            {"effective_labels": True, "terraform_labels": True},
            {"team": "default"},
            id="no labels: the defaults",
        ),
        pytest.param(
            "google_container_cluster.a",
            {"resource_labels": {"cost-center": "c"}},
            {"effective_labels": True},
            {"team": "default", "cost-center": "c"},
            id="a cluster's resource labels",
        ),
        pytest.param(
            "google_container_node_pool.a",
            {"node_config": [{"resource_labels": {"cost-center": "c"}, "labels": {"team": "x"}}]},
            {},
            {"cost-center": "c"},
            id="node pools get no defaults",
        ),
        pytest.param("google_container_node_pool.a", {"node_config": []}, {}, {}, id="a node pool without configuration"),
        pytest.param(
            "google_sql_database_instance.a",
            {"settings": [{"user_labels": {"team": "a"}}]},
            {},
            {"team": "a"},
            id="user labels of a database",
        ),
        pytest.param(
            "google_compute_instance.a",
            {"tags": ["http-server"], "labels": {"team": "a"}, "effective_labels": {"team": "a"}},
            {},
            {"team": "a"},
            id="network tags are no labels",
        ),
        pytest.param(
            "azurerm_storage_account.a",
            {"tags": {"TEAM": "a", "costcenter": "c"}},
            {},
            {"team": "a", "cost-center": "c"},
            id="Azure names have no case",
        ),
        pytest.param(
            "kubernetes_namespace.a", {"metadata": [{"labels": {"team": "a"}}]}, {}, {"team": "a"}, id="labels of a Kubernetes object"
        ),
        pytest.param("awscc_s3_bucket.a", {"tags": [{"key": "Team", "value": "a"}]}, {}, {"team": "a"}, id="tags as pairs"),
    ],
)
def test_labels_are_read_where_they_stand(address: str, after: dict[str, Any], unknown: dict[str, Any], expected: dict[str, str]) -> None:
    providers = {"google": {"name": "google", "expressions": {"default_labels": {"constant_value": {"team": "default"}}}}}

    assert only(document(change(address, after, unknown=unknown), providers=providers)).view["tags"] == expected


@pytest.mark.parametrize(
    ("address", "after", "taggable"),
    [
        pytest.param("aws_iam_role_policy_attachment.a", {}, False, id="a type that takes none"),
        pytest.param("aws_thing_of_tomorrow.a", {"tags": None}, True, id="a newer type with the attribute"),
        pytest.param("google_compute_route.a", {"tags": ["x"]}, False, id="network tags of Google"),
        pytest.param("datadog_monitor.a", {"tags": ["team:a"]}, False, id="a list of words elsewhere"),
        pytest.param("azapi_resource.a", {"tags": {"Team": "a"}}, True, id="a type without a schema at hand"),
        pytest.param("null_resource.a", {}, False, id="nothing to tag"),
    ],
)
def test_taggable_is_what_takes_tags(address: str, after: dict[str, Any], taggable: bool) -> None:
    assert only(document(change(address, after))).view["taggable"] is taggable


def test_tags_of_the_resource_group_count_where_the_profile_says_so() -> None:
    group = change("azurerm_resource_group.g", {"name": "rg", "tags": {"Team": "vision", "CostCenter": "c"}})
    account = change("azurerm_storage_account.a", {"resource_group_name": "rg", "tags": {"costcenter": "own"}})

    resources, _ = normalise(document(group, account), replace(FACTS, inherit_from_resource_group=True))

    assert resources["azurerm_storage_account.a"].view["tags"] == {"team": "vision", "cost-center": "own"}


def test_raw_tags_are_those_written_on_the_resource() -> None:
    view = only(document(change("aws_ebs_volume.a", {"tags": {"Name": "x"}}, unknown={"tags_all": True}), providers=aws(_TEAM))).view

    assert view["raw_tags"] == PartialMap({"Name": "x"})


@pytest.mark.parametrize(
    ("after", "unknown", "expected"),
    [
        pytest.param({"tags_all": {"Environment": "production"}}, {}, ("prod", ["prod"], "tag"), id="the tag, by its alias"),
        pytest.param({"tags_all": {}}, {}, ("prod", ["prod"], "default"), id="none: the strictest"),
        pytest.param({}, {"tags": True, "tags_all": True}, ("prod", ["dev", "prod"], "unknown"), id="a tag that is known later"),
        pytest.param(
            {"tags_all": {"Environment": "dev"}, "arn": "arn:aws:ec2:eu-central-1:333333333333:volume/v"},
            {},
            ("prod", ["prod", "dev"], "home"),
            id="the account wins",
        ),
    ],
)
def test_the_environment_is_the_accounts_then_the_tags(
    after: dict[str, Any], unknown: dict[str, Any], expected: tuple[str, list[str], str]
) -> None:
    plan = document(
        change("aws_ebs_volume.a", {"tags": {}, **after}, unknown=unknown), blocks=[block("aws_ebs_volume.a", {"tags": ("local.t",)})]
    )
    view = only(plan).view

    assert (view["environment"], view["environments"], view["environment_source"]) == expected


@pytest.mark.parametrize(
    ("address", "tags", "expected"),
    [
        pytest.param("aws_sagemaker_notebook_instance.a", {}, "notebook", id="the type says it"),
        pytest.param("aws_sagemaker_notebook_instance.a", {"WorkloadType": "train"}, "train", id="the tag wins"),
        pytest.param("aws_instance.a", {}, None, id="nobody says it"),
    ],
)
def test_the_workload_type_is_the_tags_then_the_types(address: str, tags: dict[str, str], expected: str | None) -> None:
    assert only(document(change(address, {"tags": tags, "tags_all": tags}))).view.get("workload_type") == expected
