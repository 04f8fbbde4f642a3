from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.terraform.plans import FACTS, block, change, document, normalise, only


def place(plan: dict[str, Any], address: str | None = None) -> tuple[Any, Any, Any]:
    resources, _ = normalise(plan)
    view = (resources[address] if address else next(iter(resources.values()))).view
    return view.get("region"), view.get("region_source"), view["regions"]


def known(region: str, source: str) -> tuple[str, str, list[str]]:
    return region, source, [region]


def unknown(*references: str) -> tuple[Unknown, None, Unknown]:
    return Unknown(references), None, Unknown(references)


@pytest.mark.parametrize(
    ("address", "after", "expected"),
    [
        pytest.param("aws_s3_bucket.a", {"region": "ap-northeast-3"}, known("ap-northeast-3", "resource"), id="the resource's own region"),
        pytest.param("aws_s3_bucket.a", {"region": "xx-north-9"}, known("xx-north-9", "resource"), id="a region newer than the catalogue"),
        pytest.param("aws_instance.a", {"availability_zone": "us-west-2-lax-1a"}, known("us-west-2", "zone"), id="a local zone"),
        pytest.param(
            "aws_instance.a", {"availability_zone": "nowhere-1a"}, known("eu-central-1", "provider"), id="a zone nobody knows says nothing"
        ),
        pytest.param("aws_autoscaling_group.a", {"availability_zones": ["eu-west-1b"]}, known("eu-west-1", "zone"), id="a list of zones"),
        pytest.param("aws_instance.a", {}, known("eu-central-1", "provider"), id="the provider's constant"),
        pytest.param("aws_iam_role.a", {}, (None, None, []), id="a global type of the profile"),
        pytest.param("google_compute_instance.a", {"zone": "us-east5-ai1a"}, known("us-east5", "zone"), id="a zone of Google"),
        pytest.param(
            "google_container_cluster.a", {"location": "us-central1-a"}, known("us-central1", "zone"), id="a location that is a zone"
        ),
        pytest.param(
            "google_storage_bucket.a", {"location": "EUROPE-WEST4"}, known("europe-west4", "resource"), id="a location in capitals"
        ),
        pytest.param("google_storage_bucket.a", {"location": "NAM4"}, (None, "resource", ["us-central1", "us-east1"]), id="a dual region"),
        pytest.param(
            "google_storage_bucket.a",
            {"location": "US", "custom_placement_config": [{"data_locations": ["US-EAST1", "US-WEST1"]}]},
            (None, "resource", ["us-east1", "us-west1"]),
            id="a dual region of one's own",
        ),
        pytest.param("google_kms_key_ring.a", {"location": "global"}, (None, "resource", []), id="global is no place"),
        pytest.param(
            "aws_ebs_volume.a", {"availability_zone": "us-east-1-wl1-bos-wlz-1"}, known("us-east-1", "zone"), id="a wavelength zone"
        ),
        pytest.param("google_firestore_database.a", {"location": "nam99"}, (None, "resource", ["nam99"]), id="a multi-region nobody knows"),
        pytest.param("google_compute_disk.a", {}, known("europe-west4", "provider"), id="the provider's region"),
        pytest.param(
            "google_compute_address.a",
            {"subnetwork": "projects/p/regions/europe-west1/subnetworks/s"},
            known("europe-west1", "parent"),
            id="a link",
        ),
        pytest.param(
            "azurerm_storage_account.a", {"location": "West Europe"}, known("westeurope", "resource"), id="a location with a space"
        ),
        pytest.param(
            "azurerm_kubernetes_cluster_node_pool.a", {"kubernetes_cluster_id": "/x"}, unknown("provider.azurerm"), id="nothing says it"
        ),
        pytest.param("azurerm_role_assignment.a", {}, (None, None, []), id="free and without a place"),
        pytest.param("null_resource.a", {}, (None, None, []), id="no cloud"),
        pytest.param("digitalocean_droplet.a", {"region": "fra1"}, known("fra1", "resource"), id="another cloud, as written"),
        pytest.param(
            "aws_dynamodb_table.a",
            {"replica": [{"region_name": "us-east-1"}]},
            ("eu-central-1", "provider", ["eu-central-1", "us-east-1"]),
            id="replicas",
        ),
        pytest.param("kubernetes_namespace.a", {}, unknown("run:cluster"), id="a Kubernetes object is where its cluster is"),
    ],
)
def test_the_first_source_that_says_it_gives_the_region(address: str, after: dict[str, Any], expected: tuple[Any, Any, Any]) -> None:
    assert place(document(change(address, after))) == expected


@pytest.mark.parametrize(
    ("provider", "variables", "expected"),
    [
        pytest.param(
            {"region": {"references": ["var.region"]}},
            {"region": {"value": "eu-west-1"}},
            known("eu-west-1", "variable"),
            id="one variable",
        ),
        pytest.param(
            {"region": {"references": ["var.geo"]}}, {"geo": {"value": "eu"}}, unknown("var.geo"), id="a template around a variable"
        ),
        pytest.param({"region": {"references": ["local.region"]}}, {}, unknown("local.region"), id="a local"),
        pytest.param(
            {"region": {"references": ['var.map["a"].region', 'var.map["a"]', "var.map"]}},
            {"map": {"value": {"a": {"region": "eu-west-3"}}}},
            known("eu-west-3", "variable"),
            id="a member of a variable",
        ),
        pytest.param({"region": {"references": ["var.region"]}}, {}, unknown("var.region"), id="a variable without a value"),
        pytest.param({"skip_metadata_api_check": {"constant_value": True}}, {}, unknown("provider.aws"), id="the environment of the run"),
    ],
)
def test_the_region_of_a_provider_is_a_constant_or_one_variable(provider: dict[str, Any], variables: dict[str, Any], expected: Any) -> None:
    plan = document(change("aws_instance.a", {}), providers={"aws": {"name": "aws", "expressions": provider}}, variables=variables)

    assert place(plan) == expected


def test_a_computed_region_says_nothing_and_one_by_reference_stops_the_search() -> None:
    bucket = change("aws_s3_bucket.a", {}, unknown={"region": True})

    assert place(document(bucket)) == known("eu-central-1", "provider")
    assert place(document(bucket, blocks=[block("aws_s3_bucket.a", {"region": ("local.r",)})])) == unknown("local.r")


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(("aws_subnet.s.id", "aws_subnet.s"), id="by reference"),
        pytest.param(("aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s"), id="by reference with a key"),
    ],
)
def test_a_subnet_of_the_plan_gives_the_region(reference: tuple[str, ...]) -> None:
    subnet = change("aws_subnet.s[0]" if "[" in reference[0] else "aws_subnet.s", {"availability_zone": "eu-north-1a"})
    instance = change("aws_instance.a", {}, unknown={"subnet_id": True})
    plan = document(subnet, instance, blocks=[block("aws_subnet.s"), block("aws_instance.a", {"subnet_id": reference})])

    assert place(plan, "aws_instance.a") == known("eu-north-1", "parent")


def test_a_subnet_from_the_output_of_a_module_is_followed_through_variables() -> None:
    network = {
        "resources": [block("aws_subnet.s")],
        "outputs": {"subnet": {"expression": {"references": ["aws_subnet.s.id", "aws_subnet.s"]}}},
    }
    pool = {"resources": [block("aws_instance.a", {"subnet_id": ("var.subnet",)})]}
    calls = {
        "network": {"module": network},
        "pool": {"expressions": {"subnet": {"references": ["module.network.subnet", "module.network"]}}, "module": pool},
    }
    plan = document(
        change("module.network.aws_subnet.s", {"availability_zone": "eu-north-1a"}),
        change("module.pool.aws_instance.a", {}, unknown={"subnet_id": True}),
        blocks=[],
        root={"module_calls": calls},
    )

    assert place(plan, "module.pool.aws_instance.a") == known("eu-north-1", "parent")


_CLUSTER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/ml"


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        pytest.param(
            change("azurerm_kubernetes_cluster.c", {"id": _CLUSTER, "location": "northeurope"}, actions=("no-op",)),
            change("azurerm_kubernetes_cluster_node_pool.p", {"kubernetes_cluster_id": _CLUSTER.replace("Groups", "groups")}),
            known("northeurope", "parent"),
            id="a cluster, whose id has no case",
        ),
        pytest.param(
            change("aws_subnet.s", {"id": "subnet-1", "availability_zone": "us-west-2-lax-1a"}, actions=("no-op",)),
            change("aws_autoscaling_group.g", {"vpc_zone_identifier": ["subnet-0", "subnet-1"]}),
            known("us-west-2", "parent"),
            id="one of several subnets",
        ),
        pytest.param(
            change("azurerm_virtual_network.v", {"name": "v", "location": "uksouth"}),
            change("azurerm_subnet.s", {"virtual_network_name": "v"}),
            known("uksouth", "parent"),
            id="a network by its name",
        ),
        pytest.param(
            change("google_container_cluster.c", {"name": "ml", "location": "us-east5-ai1a"}),
            change("google_container_node_pool.p", {"cluster": "ml"}),
            known("us-east5", "parent"),
            id="a zonal cluster by its name",
        ),
    ],
)
def test_a_parent_is_found_by_value_where_no_reference_leads_to_it(parent: dict[str, Any], child: dict[str, Any], expected: Any) -> None:
    assert place(document(parent, child, providers={}), child["address"]) == expected


def test_what_is_replaced_stays_where_its_prior_arn_says() -> None:
    before = {"arn": "arn:aws:ec2:ap-south-1:111111111111:instance/i-1"}
    entry = change("aws_instance.a", {}, unknown={"arn": True}, before=before, actions=("delete", "create"))

    assert place(document(entry, providers={})) == known("ap-south-1", "arn")


def test_a_dual_region_that_is_known_later_is_not_the_whole_multi_region() -> None:
    entry = change(
        "google_storage_bucket.a",
        {"location": "US", "custom_placement_config": [{}]},
        unknown={"custom_placement_config": [{"data_locations": True}]},
    )
    written = block("google_storage_bucket.a", {"custom_placement_config": [{"data_locations": ("data.x.y.z",)}]})

    assert place(document(entry, blocks=[written])) == (None, "resource", [Unknown(("data.x.y.z",))])


@pytest.mark.parametrize(
    ("key", "provider_name", "expected"),
    [
        pytest.param("b:aws", "registry.terraform.io/hashicorp/aws", "eu-west-2", id="the name of the last call alone"),
        pytest.param("b:aws", "aws.far", "us-west-2", id="the instance that was passed down"),
        pytest.param("module.a.module.b:aws", "registry.terraform.io/hashicorp/aws", "eu-west-2", id="the whole path"),
    ],
)
def test_the_provider_keys_of_older_plans_are_followed(key: str, provider_name: str, expected: str) -> None:
    def in_region(name: str) -> dict[str, Any]:
        return {"expressions": {"region": {"constant_value": name}}}

    inner = {"resources": [block("aws_instance.i", provider=key)]}
    calls = {"a": {"module": {"module_calls": {"b": {"module": inner}}}}}
    providers = {"aws": in_region("eu-central-1"), "aws.far": in_region("us-west-2"), "module.a:aws": in_region("eu-west-2")}
    entry = change("module.a.module.b.aws_instance.i", {}, provider_name=provider_name)

    assert place(document(entry, blocks=[], root={"module_calls": calls}, providers=providers)) == known(expected, "provider")


def test_an_azure_pool_is_where_its_cluster_is() -> None:
    cluster = change("azurerm_kubernetes_cluster.c", {"name": "ml", "location": "northeurope"})
    pool = change("azurerm_kubernetes_cluster_node_pool.p", {}, unknown={"kubernetes_cluster_id": True})
    expressions = {"kubernetes_cluster_id": ("azurerm_kubernetes_cluster.c.id", "azurerm_kubernetes_cluster.c")}
    blocks = [block("azurerm_kubernetes_cluster.c"), block("azurerm_kubernetes_cluster_node_pool.p", expressions)]

    resources, _ = normalise(document(cluster, pool, blocks=blocks))

    view = resources["azurerm_kubernetes_cluster_node_pool.p"].view
    assert (view["region"], view["region_source"], view["cluster"]) == ("northeurope", "parent", "ml")


@pytest.mark.parametrize(
    ("child", "placed_by"),
    [
        pytest.param(change("azurerm_subnet.s", {"virtual_network_name": "v"}), "azurerm_resource_group.g", id="what is free"),
        pytest.param(change("azurerm_subnet.s", {"location": "uksouth", "virtual_network_name": "v"}), None, id="what says it itself"),
        pytest.param(
            change("azurerm_linux_virtual_machine.m", {"resource_group_name": "g"}), None, id="what costs money is told for itself"
        ),
    ],
)
def test_what_is_free_knows_whose_place_it_shares(child: dict[str, Any], placed_by: str | None) -> None:
    group = change("azurerm_resource_group.g", {"name": "g", "location": "uksouth"})
    network = change("azurerm_virtual_network.v", {"name": "v", "resource_group_name": "g"})
    resources, _ = normalise(document(group, network, child, providers={}))
    assert resources[child["address"]].placed_by == placed_by


@pytest.mark.parametrize(
    ("far", "placed_by"),
    [
        pytest.param("eu-central-1", "aws_vpc.v", id="in the same region"),
        pytest.param("us-west-2", None, id="not where the network is in another region"),
    ],
)
def test_what_is_free_on_aws_shares_the_place_of_what_it_is_a_part_of(far: str, placed_by: str | None) -> None:
    blocks = [
        block("aws_vpc.v", provider="aws.far"),
        block("aws_security_group.g", {"vpc_id": ("aws_vpc.v.id", "aws_vpc.v")}),
        block("aws_security_group_rule.r", {"security_group_id": ("aws_security_group.g.id", "aws_security_group.g")}),
        block("aws_instance.i", {"subnet_id": ("aws_subnet.s.id", "aws_subnet.s")}),
        block("aws_subnet.s", {"vpc_id": ("aws_vpc.v.id", "aws_vpc.v")}),
    ]
    changes = [
        change("aws_vpc.v", {}),
        change("aws_security_group.g", {}, unknown={"vpc_id": True}),
        change("aws_security_group_rule.r", {}, unknown={"security_group_id": True}),
        change("aws_instance.i", {"instance_type": "t3.micro"}, unknown={"subnet_id": True}),
        change("aws_subnet.s", {}, unknown={"vpc_id": True}),
    ]
    providers = {name: {"expressions": {"region": {"constant_value": at}}} for name, at in (("aws", "eu-central-1"), ("aws.far", far))}
    resources, _ = normalise(document(*changes, blocks=blocks, providers=providers))
    assert resources["aws_security_group_rule.r"].placed_by == resources["aws_subnet.s"].placed_by == placed_by
    assert resources["aws_vpc.v"].placed_by is resources["aws_instance.i"].placed_by is None


def test_a_variable_of_a_module_with_its_own_provider_is_resolved_at_the_call() -> None:
    module = {"resources": [block("aws_instance.a", provider="module.own:aws")], "variables": {"region": {}}}
    plan = document(
        change("module.own.aws_instance.a", {}),
        blocks=[],
        root={"module_calls": {"own": {"expressions": {"region": {"constant_value": "us-west-2"}}, "module": module}}},
        providers={
            "aws": {"expressions": {"region": {"constant_value": "eu-central-1"}}},
            "module.own:aws": {"expressions": {"region": {"references": ["var.region"]}}, "module_address": "module.own"},
        },
        variables={"region": {"value": "eu-west-1"}},
    )

    assert place(plan) == known("us-west-2", "variable")


def test_the_prior_arn_speaks_where_nothing_else_does() -> None:
    entry = change("aws_sqs_queue.a", {"arn": "arn:aws:sqs:ap-south-1:111111111111:q"}, before={}, actions=("update",))

    assert place(document(entry, providers={})) == known("ap-south-1", "arn")


def test_a_registered_cluster_places_kubernetes_objects() -> None:
    facts = replace(FACTS, cluster="ml", clusters={"ml": {"region": "eu-central-1"}})

    view = only(document(change("kubernetes_namespace.a", {})), facts).view

    assert (view["region"], view["region_source"], view["cluster"]) == ("eu-central-1", "cluster", "ml")


@pytest.mark.parametrize(
    ("provider", "after", "expected"),
    [
        pytest.param(
            {"aws": {"expressions": {"allowed_account_ids": {"constant_value": ["111111111111"]}}}},
            {},
            "111111111111",
            id="the only allowed account",
        ),
        pytest.param(
            {"aws": {"expressions": {"assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::222222222222:role/x"}}]}}},
            {},
            "222222222222",
            id="the assumed role",
        ),
        pytest.param(
            {"aws": {"expressions": {"assume_role": [{"role_arn": {"references": ["local.role"]}}]}}},
            {},
            Unknown(("local.role",)),
            id="a role known elsewhere",
        ),
        pytest.param(
            {"aws": {"expressions": {"assume_role": [{"role_arn": {"references": ["var.account"]}}]}}},
            {},
            Unknown(("var.account",)),
            id="a role whose name is put together",
        ),
        pytest.param(
            {"aws": {"expressions": {"allowed_account_ids": {"references": ["var.account"]}}}},
            {},
            Unknown(("var.account",)),
            id="a list that is put together",
        ),
        pytest.param(
            {"aws": {"expressions": {"assume_role": [{"role_arn": {"constant_value": f"arn:aws:iam::{n * 12}:role/x"}} for n in "12"]}}},
            {},
            "222222222222",
            id="the last of several roles",
        ),
        pytest.param({}, {"arn": "arn:aws:sqs:ap-south-1:333333333333:q"}, "333333333333", id="the resource's ARN"),
        pytest.param({}, {}, None, id="nobody says it"),
    ],
)
def test_the_account_is_the_arns_then_the_providers(provider: dict[str, Any], after: dict[str, Any], expected: Any) -> None:
    plan = document(change("aws_sqs_queue.a", after), providers=provider, variables={"account": {"value": "111111111111"}})

    assert only(plan).view.get("account") == expected
