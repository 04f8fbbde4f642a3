from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group, capacity_fields
from guardrail.normalise.terraform.machines import machine_of
from guardrail.view.schema import UNBOUNDED
from tests.normalise.terraform.plans import EKS, NODES, asg, block, change, document, mixed, normalise, only, override

if TYPE_CHECKING:
    from collections.abc import Mapping


def numbers(view: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """GPUs of one unit, units at least and at most, GPUs at most."""
    return view["gpu"]["count"], view["units"]["min"], view["units"]["max"], view["gpu"]["total_max"]


def test_groups_are_summed_and_alternatives_are_not() -> None:
    groups = tuple(Group(name, machine_of("aws", type_), 1, 2, 1) for name, type_ in (("a", "g5.12xlarge"), ("b", "g6.48xlarge")))

    together, either = capacity_fields(Capacity(groups)), capacity_fields(Capacity(groups, alternatives=True))

    assert numbers(together) == (8.0, 2, 4, 24.0)
    assert numbers(either) == (8.0, 1, 2, 16.0)
    assert together["gpu"]["by_family"] == either["gpu"]["by_family"] == {"A10G": 8.0, "L4": 16.0}
    assert either["gpu"]["devices"] == [{"resource": "g6.48xlarge", "vendor": "nvidia", "model": "L4", "count": 8.0, "listed": True}]


@pytest.mark.parametrize(
    ("type_", "maximum", "total"),
    [
        pytest.param("g5.xlarge", UNBOUNDED, float(UNBOUNDED), id="a product saturates"),
        pytest.param("m5.large", Unknown(("var.n",)), 0.0, id="no GPU in any number of machines"),
        pytest.param("p99.large", 0, 0.0, id="no machine of an unknown type"),
        pytest.param("p99.large", 3, Unknown(("instance type p99.large",)), id="an unknown type"),
        pytest.param("g5.xlarge", Unknown(("var.n",)), Unknown(("var.n",)), id="an unknown number"),
    ],
)
def test_a_known_zero_wins_over_the_unknown(type_: str, maximum: Any, total: Any) -> None:
    fields = capacity_fields(Capacity((Group("nodes", machine_of("aws", type_), 0, maximum, 0),)))

    assert fields["gpu"]["total_max"] == total


def test_a_device_of_unknown_number_is_a_gpu() -> None:
    fields = capacity_fields(Capacity((Group("nodes", machine_of("azure", "Standard_ND96is_H100_v5"), 1, 1, 1),)))

    assert fields["uses_gpu"] is True
    assert fields["gpu"]["families"] == ["H100"]
    assert fields["gpu"]["count"] == Unknown(("instance type Standard_ND96is_H100_v5",))


def test_a_share_of_a_device_is_rounded_to_a_millionth() -> None:
    fields = capacity_fields(Capacity((Group("vm", machine_of("azure", "Standard_NV6ads_A10_v5"), 1, 1, 1),)))

    assert fields["gpu"]["count"] == 0.166667


def test_what_runs_nothing_is_one_unit_without_gpu() -> None:
    view = only(document(change("aws_s3_bucket.a", {"bucket": "data"}))).view

    assert numbers(view) == (0.0, 1, 1, 0.0)
    assert (view["uses_gpu"], view["pod_sets"], view["units"]["bounded"]) == (False, [], True)


@pytest.mark.parametrize(
    ("after", "types", "expected"),
    [
        pytest.param({"instance_types": ["p5.48xlarge"]}, ["p5.48xlarge"], (8.0, 0, 4, 32.0), id="one type"),
        pytest.param({"instance_types": ["g5.xlarge", "g5.12xlarge"]}, ["g5.12xlarge", "g5.xlarge"], (4.0, 0, 4, 16.0), id="alternatives"),
        pytest.param({"instance_types": None}, ["t3.medium"], (0.0, 0, 4, 0.0), id="no type: the default of EKS"),
    ],
)
def test_a_node_group_may_grow_to_its_maximum(after: dict[str, Any], types: list[str], expected: tuple[Any, ...]) -> None:
    view = only(document(change("aws_eks_node_group.a", {**EKS, **after}))).view

    assert (view["instance_types"], numbers(view), view["cluster"]) == (types, expected, "ml")
    assert (view["units"]["bounded"], view["units"]["desired"], view["units"]["autoscaled"]) == (True, 1, False)


def test_an_unknown_maximum_names_its_reference() -> None:
    after = {"instance_types": ["g5.xlarge"], "scaling_config": [{"min_size": 0, "desired_size": 1}]}
    entry = change("aws_eks_node_group.a", after, unknown={"scaling_config": [{"max_size": True}]})
    expressions = {"scaling_config": [{"min_size": 0, "max_size": ("data.x.y.size",), "desired_size": 1}]}

    view = only(document(entry, blocks=[block("aws_eks_node_group.a", expressions)])).view

    assert view["units"]["max"] == view["units"]["bounded"] == view["gpu"]["total_max"] == Unknown(("data.x.y.size",))
    assert view["uses_gpu"] is True
    assert view["unknown"]["units.max"] == ["data.x.y.size"]


def templated(template: dict[str, Any], version: Any = "$Latest", *, prior: dict[str, Any] | None = None) -> dict[str, Any]:
    """An instance that takes its type from a launch template of the plan, by reference."""
    actions = ("create",) if prior is None else ("update",)
    launch = change("aws_launch_template.t", template, before=prior, actions=actions)
    instance = change(
        "aws_instance.a", {"launch_template": [{"version": version}]}, unknown={"launch_template": [{"id": True, "name": True}]}
    )
    expressions = {"launch_template": [{"id": ("aws_launch_template.t.id", "aws_launch_template.t"), "version": version}]}
    return document(instance, launch, blocks=[block("aws_launch_template.t"), block("aws_instance.a", expressions)])


_OLD = {"instance_type": "g5.xlarge", "latest_version": 3, "default_version": 3}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param(templated({"instance_type": "g5.12xlarge"}), ["g5.12xlarge"], id="the planned content"),
        pytest.param(templated({"instance_type": "g5.12xlarge"}, prior=_OLD), ["g5.12xlarge"], id="the latest version"),
        pytest.param(templated({"instance_type": "g5.12xlarge"}, "3", prior=_OLD), ["g5.xlarge"], id="the version before"),
        pytest.param(templated({"instance_type": "g5.12xlarge"}, None, prior=_OLD), ["g5.xlarge"], id="the default version stays"),
        pytest.param(
            templated({"instance_type": "g5.12xlarge", "update_default_version": True}, "$Default", prior=_OLD),
            ["g5.12xlarge"],
            id="the default moves",
        ),
        pytest.param(
            templated({"instance_type": "g5.12xlarge"}, "1", prior=_OLD),
            Unknown(("aws_launch_template.t version 1",)),
            id="a version not in the plan",
        ),
    ],
)
def test_an_instance_takes_its_type_from_its_template(plan: dict[str, Any], expected: Any) -> None:
    assert only(plan).view["instance_types"] == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("5", ["g5.48xlarge"], id="the latest"),
        pytest.param("$Latest", ["g5.48xlarge"], id="the latest by name"),
        pytest.param("3", Unknown(("aws_launch_template.t version 3",)), id="an older one"),
        pytest.param(None, Unknown(("aws_launch_template.t version 2",)), id="the default, an older one"),
    ],
)
def test_a_template_that_does_not_change_shows_its_latest_version(version: Any, expected: Any) -> None:
    content = {"id": "lt-1", "instance_type": "g5.48xlarge", "latest_version": 5, "default_version": 2}
    template = change("aws_launch_template.t", content, before=content, actions=("no-op",))
    instance = change("aws_instance.a", {"launch_template": [{"id": "lt-1", "version": version}]})

    assert only(document(instance, template)).view["instance_types"] == expected


def test_the_view_before_takes_the_version_before() -> None:
    template = change(
        "aws_launch_template.t", {"id": "lt-1", "instance_type": "g5.48xlarge"}, before={"id": "lt-1", **_OLD}, actions=("update",)
    )
    blocks = [{"launch_template": [{"id": "lt-1", "version": version}]} for version in ("$Latest", "3")]
    group = change("aws_instance.a", blocks[0], before=blocks[1], actions=("update",))

    resource = only(document(group, template))

    assert resource.old_view is not None
    assert (resource.view["instance_types"], resource.old_view["instance_types"]) == (["g5.48xlarge"], ["g5.xlarge"])


def test_a_node_group_whose_template_names_no_type_has_the_default_of_eks() -> None:
    group = change("aws_eks_node_group.a", {**EKS, "launch_template": [{"name": "t"}]}, unknown={"instance_types": True})
    view = only(document(group, change("aws_launch_template.t", {"name": "t"}))).view

    assert (view["instance_types"], view["uses_gpu"]) == (["t3.medium"], False)


def test_a_template_runs_nothing_itself() -> None:
    resources, notes = normalise(templated({"instance_type": "p5.48xlarge"}))

    view = resources["aws_launch_template.t"].view
    assert (view["class"], view["uses_gpu"], view["pod_sets"]) == ("config", False, [])
    assert notes == []


def test_a_template_outside_the_plan_is_unknown() -> None:
    view = only(document(change("aws_instance.a", {"launch_template": [{"id": "lt-1", "version": "1"}]}))).view

    assert view["uses_gpu"] == Unknown(("launch template lt-1",))


def test_instances_of_one_template_take_that_of_their_own_key() -> None:
    keys = {"small": "g5.xlarge", "large": "g5.48xlarge"}
    templates = [change(f'aws_launch_template.t["{key}"]', {"instance_type": type_}) for key, type_ in keys.items()]
    groups = [
        change(f'aws_eks_node_group.n["{key}"]', {**EKS, "launch_template": [{}]}, unknown={"launch_template": [{"id": True}]})
        for key in keys
    ]
    expressions = {"launch_template": [{"id": ("aws_launch_template.t", "each.key")}]}

    resources, _ = normalise(
        document(*templates, *groups, blocks=[block("aws_launch_template.t"), block("aws_eks_node_group.n", expressions)])
    )

    assert {key: resources[f'aws_eks_node_group.n["{key}"]'].view["instance_types"] for key in keys} == {
        "small": ["g5.xlarge"],
        "large": ["g5.48xlarge"],
    }


def test_a_repeated_resource_is_followed_through_each_value() -> None:
    template = change('aws_launch_template.t["a"]', {"instance_type": "g5.xlarge"})
    other = change('aws_launch_template.t["b"]', {"instance_type": "g5.48xlarge"})
    instance = change('aws_instance.i["a"]', {"launch_template": [{}]}, unknown={"launch_template": [{"id": True}]})
    written = block(
        "aws_instance.i",
        {"launch_template": [{"id": ("each.value.id", "each.value")}]},
        for_each_expression={"references": ["aws_launch_template.t"]},
    )

    assert only(document(instance, template, other, blocks=[block("aws_launch_template.t"), written])).view["instance_types"] == [
        "g5.xlarge"
    ]


@pytest.mark.parametrize(
    ("after", "types", "expected"),
    [
        pytest.param({"launch_configuration": "c"}, ["p3.2xlarge"], (1.0, 1, 6, 6.0), id="a launch configuration by name"),
        pytest.param({"launch_template": [{"name": "t"}]}, ["g4dn.xlarge"], (1.0, 1, 6, 6.0), id="a launch template by name"),
        pytest.param(mixed(), ["g4dn.xlarge"], (1.0, 1, 6, 6.0), id="a mixed policy without overrides"),
        pytest.param(mixed(override()), ["g4dn.xlarge"], (1.0, 1, 6, 6.0), id="an override without a type"),
        pytest.param(
            mixed(override(instance_type="g5.12xlarge"), override(instance_type="g5.48xlarge")),
            ["g5.12xlarge", "g5.48xlarge"],
            (8.0, 1, 6, 48.0),
            id="overrides beat the template, and the worst one sets the ceiling",
        ),
        pytest.param(
            mixed(override(instance_type="g5.xlarge", weighted_capacity="1"), override(instance_type="g5.48xlarge", weighted_capacity="4")),
            ["g5.48xlarge", "g5.xlarge"],
            (8.0, 1, 6, 16.0),
            id="weights divide the maximum, rounded up",
        ),
        pytest.param(
            mixed(override(launch_template_specification=[{"launch_template_name": "arm"}])),
            ["g5g.xlarge"],
            (1.0, 1, 6, 6.0),
            id="an override with a template of its own",
        ),
        pytest.param(
            {"launch_template": [{"name": "t"}], "warm_pool": [{"max_group_prepared_capacity": 9}]},
            ["g4dn.xlarge"],
            (1.0, 1, 9, 9.0),
            id="a warm pool above the maximum",
        ),
    ],
)
def test_an_auto_scaling_group_may_grow_to_its_maximum(after: dict[str, Any], types: list[str], expected: tuple[Any, ...]) -> None:
    template = change("aws_launch_template.t", {"name": "t", "instance_type": "g4dn.xlarge"})
    other = change("aws_launch_template.o", {"name": "arm", "instance_type": "g5g.xlarge"})
    configuration = change("aws_launch_configuration.c", {"name": "c", "instance_type": "p3.2xlarge"})
    view = only(document(asg(**after), template, other, configuration)).view

    assert (view["instance_types"], numbers(view)) == (types, expected)
    assert "cluster" not in view


def test_types_chosen_by_attributes_are_unknown_unless_accelerators_are_ruled_out() -> None:
    def chosen(count: dict[str, int], **more: Any) -> Any:
        requirements = [{"accelerator_count": [count] if count else [], "accelerator_types": [], **more}]
        in_override = document(asg(**mixed(override(instance_requirements=requirements))))
        template = change("aws_launch_template.t", {"name": "t", "instance_requirements": requirements})
        in_template = document(asg(launch_template=[{"name": "t", "version": "$Latest"}]), template)
        found = [only(plan).view["uses_gpu"] for plan in (in_override, in_template)]
        assert found[0] == found[1]
        return found[0]

    assert chosen({"max": 0}) is False
    assert chosen({"min": 1}) is True
    assert chosen({}) == Unknown(("instance_requirements",))
    assert chosen({}, accelerator_types=["gpu"]) is True
    assert chosen({"max": 0}, accelerator_names=["t4"]) is False


def test_a_dynamic_block_that_is_known_later_is_not_absent() -> None:
    overrides = change(
        "aws_autoscaling_group.g",
        {"max_size": 2, **mixed()},
        unknown={"mixed_instances_policy": [{"launch_template": [{"override": True}]}]},
    )
    template = change("aws_launch_template.t", {"name": "t", "instance_type": "m5.large"})
    written = block("aws_autoscaling_group.g", {"mixed_instances_policy": [{"launch_template": [{"launch_template_specification": [{}]}]}]})
    pool = change("google_container_node_pool.p", NODES, unknown={"autoscaling": True})

    assert only(document(overrides, template, blocks=[written])).view["uses_gpu"] == Unknown(("override",))
    assert only(document(pool)).view["units"]["max"] == Unknown(("autoscaling",))


def test_schedules_raise_the_maximum_and_policies_make_it_autoscaled() -> None:
    group = asg(launch_configuration="c")
    raised = change("aws_autoscaling_schedule.day", {"autoscaling_group_name": "g", "max_size": 20})
    unchanged = change("aws_autoscaling_schedule.night", {"autoscaling_group_name": "g", "max_size": -1})
    policy = change("aws_autoscaling_policy.p", {}, unknown={"autoscaling_group_name": True})
    blocks = [
        *(block(name) for name in ("aws_autoscaling_group.g", "aws_autoscaling_schedule.day", "aws_autoscaling_schedule.night")),
        block("aws_autoscaling_policy.p", {"autoscaling_group_name": ("aws_autoscaling_group.g.name", "aws_autoscaling_group.g")}),
    ]

    units = only(document(group, raised, unchanged, policy, blocks=blocks)).view["units"]

    assert (units["max"], units["autoscaled"]) == (20, True)


GPU = [{"type": "nvidia-tesla-t4", "count": 2}]


@pytest.mark.parametrize(
    ("after", "unknown", "expected"),
    [
        pytest.param({"machine_type": "n1-standard-8", "guest_accelerator": GPU}, {}, (2.0, True, ["T4"]), id="attached"),
        pytest.param(
            {"machine_type": "n1-standard-8", "guest_accelerator": [{"type": "nvidia-tesla-t4", "count": 0}]},
            {},
            (0.0, False, []),
            id="a count of 0",
        ),
        pytest.param(
            {"machine_type": "a2-highgpu-1g", "guest_accelerator": [{"type": "nvidia-tesla-a100", "count": 1}]},
            {},
            (1.0, True, ["A100"]),
            id="repeated, not added",
        ),
        pytest.param(
            {"machine_type": "zones/z/machineTypes/g2-standard-24"},
            {"guest_accelerator": True},
            (2.0, True, ["L4"]),
            id="a link, accelerators computed",
        ),
        pytest.param({"machine_type": "ct5lp-hightpu-4t"}, {}, (4.0, True, ["TPU-v5e"]), id="a TPU"),
    ],
)
def test_a_google_instance_has_the_accelerators_of_its_type_or_attached(
    after: dict[str, Any], unknown: dict[str, Any], expected: Any
) -> None:
    view = only(document(change("google_compute_instance.a", {"zone": "europe-west4-a", **after}, unknown=unknown))).view

    assert (view["gpu"]["count"], view["uses_gpu"], view["gpu"]["families"]) == expected


def test_an_accelerator_that_is_known_later_names_its_reference() -> None:
    after = {"machine_type": "n1-standard-8", "guest_accelerator": [{"count": 2}]}
    expressions = {"guest_accelerator": [{"type": ("data.x.y.model",), "count": 2}]}
    entry = change("google_compute_instance.a", after, unknown={"guest_accelerator": [{"type": True}]})

    gpu = only(document(entry, blocks=[block("google_compute_instance.a", expressions)])).view["gpu"]

    assert (gpu["count"], gpu["families"], gpu["by_family"]) == (2.0, Unknown(("data.x.y.model",)), {"unknown": 2.0})


def test_a_stopped_instance_is_suspended() -> None:
    after = {"machine_type": "g2-standard-4", "desired_status": "TERMINATED"}

    assert only(document(change("google_compute_instance.a", after))).view["suspended"] is True


@pytest.mark.parametrize(
    ("after", "expected", "bounded"),
    [
        pytest.param(
            {"node_locations": ["a", "b"], "autoscaling": [{"min_node_count": 1, "max_node_count": 5}]}, (2, 10), True, id="per zone"
        ),
        pytest.param({"autoscaling": [{"max_node_count": 5}]}, (0, 15), True, id="a region has three zones"),
        pytest.param({"location": "europe-west4-a", "autoscaling": [{"max_node_count": 5}]}, (0, 5), True, id="a zone is one"),
        pytest.param({"autoscaling": [{"total_min_node_count": 2, "total_max_node_count": 6}]}, (2, 6), True, id="totals are not per zone"),
        pytest.param({"autoscaling": [{"total_max_node_count": 0, "max_node_count": 4}]}, (0, 12), True, id="a total of 0 is no limit"),
        pytest.param({"node_count": 2}, (6, 6), True, id="fixed"),
        pytest.param({"initial_node_count": 1}, (3, 3), True, id="initial"),
        pytest.param({}, (0, 0), False, id="nothing written"),
        pytest.param(
            {"node_count": "2", "autoscaling": [{"max_node_count": 0, "total_max_node_count": 0}]}, (6, 6), True, id="no limit, but a size"
        ),
        pytest.param({"autoscaling": [{"min_node_count": "1", "max_node_count": None}]}, (3, UNBOUNDED), False, id="no limit at all"),
        pytest.param(
            {"location": None, "cluster": "projects/p/locations/us-central1-a/clusters/ml", "node_count": 2},
            (2, 2),
            True,
            id="a zone in the link",
        ),
    ],
)
def test_a_gke_pool_counts_zones(after: dict[str, Any], expected: tuple[int, int], bounded: bool) -> None:
    view = only(document(change("google_container_node_pool.p", {**NODES, **after}))).view

    assert ((view["units"]["min"], view["units"]["max"]), view["units"]["bounded"]) == (expected, bounded)
    assert (view["gpu"]["total_max"], view["cluster"]) == (float(expected[1]), "ml")


@pytest.mark.parametrize(
    ("cluster", "maximum"),
    [
        pytest.param({"location": "europe-west4", "node_locations": ["a", "b"]}, 8, id="the zones of the cluster"),
        pytest.param({"location": "europe-west4-a", "node_locations": ["b"]}, 8, id="a zonal cluster has one more"),
        pytest.param({"location": "europe-west4-a"}, 4, id="a zonal cluster"),
        pytest.param({"location": "europe-west4"}, 12, id="a regional cluster"),
    ],
)
def test_a_gke_pool_takes_its_zones_from_its_cluster(cluster: dict[str, Any], maximum: int) -> None:
    pool = {**NODES, "location": None, "cluster": "projects/p/locations/l/clusters/ml", "autoscaling": [{"max_node_count": 4}]}
    entries = (
        change("google_container_node_pool.p", pool, unknown={"node_locations": True, "location": True}),
        change("google_container_cluster.c", {"id": pool["cluster"], "name": "ml", "remove_default_node_pool": True, **cluster}),
    )

    view = only(document(*entries)).view

    assert (view["units"]["max"], view["units"]["autoscaled"], view["region"]) == (maximum, True, "europe-west4")


@pytest.mark.parametrize(
    ("after", "expected", "bounded"),
    [
        pytest.param({"auto_scaling_enabled": True, "min_count": 0, "max_count": 12, "node_count": 2}, (0, 12, 2), True, id="autoscaled"),
        pytest.param({"enable_auto_scaling": True, "min_count": 1, "max_count": 3}, (1, 3, 1), True, id="the name before azurerm 4"),
        pytest.param(
            {"auto_scaling_enabled": False, "min_count": 0, "max_count": 0, "node_count": 6}, (6, 6, 6), True, id="a maximum of 0 is off"
        ),
        pytest.param({"auto_scaling_enabled": True, "max_count": 0, "node_count": 6}, (6, 6, 6), True, id="a maximum of 0 beside the flag"),
        pytest.param({"auto_scaling_enabled": True, "min_count": None}, (0, UNBOUNDED, 0), False, id="autoscaled without a maximum"),
        pytest.param({"auto_scaling_enabled": True, "max_count": "7", "min_count": "1"}, (1, 7, 1), True, id="numbers as text"),
        pytest.param({"node_count": 2}, (2, 2, 2), True, id="fixed"),
        pytest.param({}, (0, 0, 0), False, id="nothing in a user pool"),
        pytest.param({"mode": "System"}, (1, 1, 1), False, id="nothing in a system pool"),
    ],
)
def test_an_aks_pool_is_as_large_as_it_may_grow(after: dict[str, Any], expected: tuple[int, int, int], bounded: bool) -> None:
    pool = {"vm_size": "Standard_NC64as_T4_v3", **after}
    view = only(document(change("azurerm_kubernetes_cluster_node_pool.p", pool))).view
    units = view["units"]

    assert ((units["min"], units["max"], units["desired"]), units["bounded"]) == (expected, bounded)
    assert view["gpu"]["total_max"] == min(4.0 * expected[1], UNBOUNDED)


def test_an_aks_cluster_runs_its_default_pool_and_what_provisioning_adds() -> None:
    pool = {"default_node_pool": [{"vm_size": "Standard_D4s_v5", "node_count": 3}]}
    manual = only(document(change("azurerm_kubernetes_cluster.c", {**pool, "node_provisioning_profile": [{"mode": "Manual"}]}))).view
    auto = only(document(change("azurerm_kubernetes_cluster.c", {**pool, "node_provisioning_profile": [{"mode": "Auto"}]}))).view

    assert (manual["units"]["max"], manual["uses_gpu"], manual["class"]) == (3, False, "cluster")
    assert (auto["units"]["max"], auto["units"]["bounded"], auto["uses_gpu"]) == (UNBOUNDED, False, Unknown(("node auto-provisioning",)))


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        pytest.param("units.max", "/change/after/scaling_config/0/max_size", id="the maximum"),
        pytest.param("gpu.total_max", "/change/after/scaling_config/0/max_size", id="the total"),
        pytest.param("gpu", "/change/after/instance_types", id="the machine"),
        pytest.param("tags", "/change/after/tags", id="the tags"),
    ],
)
def test_blame_points_at_the_value_that_says_it(path: str, pointer: str) -> None:
    resource = only(document(change("aws_eks_node_group.a", {**EKS, "instance_types": ["g5.xlarge"], "tags": {}})))

    assert resource.blame[path] == pointer


REQUIREMENTS = {"vcpu_count": [{"min": 4}], "memory_mib": [{"min": 16384}]}


@pytest.mark.parametrize(
    ("wanted", "uses_gpu", "by_family"),
    [
        pytest.param({"accelerator_count": [{"min": 1}]}, True, {"unknown"}, id="any accelerator"),
        pytest.param({"accelerator_types": ["gpu"]}, True, {"unknown"}, id="any of a kind"),
        pytest.param({"accelerator_names": ["t4", "a100"]}, True, {"A100", "T4"}, id="by name"),
        pytest.param({"accelerator_names": ["vu9p-next"]}, True, {"unknown"}, id="by a name that no table knows"),
        pytest.param({"allowed_instance_types": ["g6.*", "m7i.*"]}, True, {"L4"}, id="types that are allowed"),
        pytest.param({"allowed_instance_types": ["m7i.*"]}, False, set(), id="allowed types without any"),
        pytest.param({"accelerator_count": [{"max": 0}]}, False, set(), id="none at all"),
    ],
)
def test_types_that_are_chosen_by_attributes_are_open_ended(wanted: dict[str, Any], uses_gpu: bool, by_family: set[str]) -> None:
    group = asg(**mixed(override(instance_requirements=[{**REQUIREMENTS, **wanted}])))
    view = only(document(group)).view
    assert view["open_ended"] is True
    assert view["uses_gpu"] is uses_gpu
    assert set(view["gpu"]["by_family"]) == by_family


def test_an_accelerator_that_no_table_knows_is_not_listed() -> None:
    box = {"machine_type": "n1-standard-4", "guest_accelerator": [{"type": "nvidia-omega-9", "count": 1}], "zone": "europe-west4-a"}
    view = only(document(change("google_compute_instance.box", box))).view
    assert [device["listed"] for device in view["gpu"]["devices"]] == [False]
    assert view["gpu"]["by_family"] == {"unknown": 1.0}
