"""Containers of a pod: what each asks for, and what it gets without asking."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes import normalise_kubernetes
from tests.normalise.kubernetes.objects import BARE, asking, check, pod_with

VISIBLE = "NVIDIA_VISIBLE_DEVICES"


def view(*containers: dict[str, Any], **spec: Any) -> Any:
    resources, _ = normalise_kubernetes([pod_with(*containers, **spec)], [], BARE)
    check(resources)
    return resources[0].view


def idle(value: Any = None, **more: Any) -> dict[str, Any]:
    env = [] if value is None else [{"name": VISIBLE, "value": value}]
    return {"name": "c", "image": "x", "env": env, **more}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"limits": {"nvidia.com/gpu": 1}}, {"limit": 1.0, "valid": True}, id="a limit alone"),
        pytest.param(
            {"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "2000m"}},
            {"limit": 2.0, "request": 2.0, "valid": True},
            id="quantities are numbers, however they are written",
        ),
        pytest.param({"requests": {"nvidia.com/gpu": 1}}, {"request": 1.0, "valid": True}, id="a request alone"),
        pytest.param({"limits": {"nvidia.com/gpu": 0}}, {"limit": 0.0, "valid": True}, id="zero is legal"),
        pytest.param({"limits": {"nvidia.com/gpu": "500m"}}, {"limit": 0.5, "valid": False}, id="half a device"),
        pytest.param({"limits": {"nvidia.com/gpu": -1}}, {"limit": -1.0, "valid": False}, id="less than none"),
        pytest.param({"limits": {"nvidia.com/gpu": "one"}}, {"valid": False}, id="a word"),
        pytest.param({"limits": {"nvidia.com/gpu": True}}, {"valid": False}, id="a flag"),
    ],
)
def test_accelerators_are_shown_as_written(resources: dict[str, Any], expected: dict[str, Any]) -> None:
    found = view({"name": "c", "image": "x", "resources": resources})["containers"]
    assert found == [{"name": "c", "role": "main", "accelerators": [{"resource": "nvidia.com/gpu", **expected}]}]


def test_an_amount_that_a_template_fills_in_is_unknown() -> None:
    accelerator = view(asking("{{ .Values.gpus }}"))["containers"][0]["accelerators"][0]
    assert isinstance(accelerator["limit"], Unknown)
    assert isinstance(accelerator["valid"], Unknown)


def test_what_travels_with_accelerators_is_none() -> None:
    assert view(asking(4, "vpc.amazonaws.com/efa"))["containers"][0]["accelerators"] == []


def test_roles_come_from_the_list_and_the_restart_policy() -> None:
    init = ({"name": "i"}, {"name": "s", "restartPolicy": "Always"})
    resources, _ = normalise_kubernetes([pod_with({"name": "m"}, init=init)], [], BARE)
    assert [(one["name"], one["role"]) for one in resources[0].view["containers"]] == [("m", "main"), ("i", "init"), ("s", "sidecar")]


@pytest.mark.parametrize(
    ("containers", "spec", "expected"),
    [
        pytest.param([idle("all")], {}, ["c: NVIDIA_VISIBLE_DEVICES=all"], id="every device is visible"),
        pytest.param([idle("0,1")], {}, ["c: NVIDIA_VISIBLE_DEVICES=0,1"], id="some are"),
        pytest.param([idle(0)], {}, ["c: NVIDIA_VISIBLE_DEVICES=0"], id="a number that is no text"),
        pytest.param([idle("void")], {"runtimeClassName": "nvidia"}, [], id="void hides them, whatever the runtime"),
        pytest.param([idle("")], {}, [], id="an empty value hides them"),
        pytest.param([idle("all"), asking(1)], {}, ["c: NVIDIA_VISIBLE_DEVICES=all"], id="a container beside one that asks"),
        pytest.param([asking(1, env=[{"name": VISIBLE, "value": "all"}])], {}, [], id="one that asks may see what it gets"),
        pytest.param([idle("all", resources={"claims": [{"name": "g"}]})], {}, [], id="a claim asks too"),
        pytest.param([asking(0, env=[{"name": VISIBLE, "value": "all"}])], {}, ["c: NVIDIA_VISIBLE_DEVICES=all"], id="zero asks for none"),
        pytest.param([idle()], {"runtimeClassName": "nvidia"}, ["runtimeClassName nvidia"], id="a runtime class for GPUs"),
        pytest.param([idle(), asking(1)], {"runtimeClassName": "nvidia"}, [], id="the runtime class of a pod that asks"),
        pytest.param([idle()], {"runtimeClassName": "gvisor"}, [], id="another runtime class"),
        pytest.param([idle(securityContext={"privileged": True})], {}, [], id="privileged mode alone"),
        pytest.param(
            [idle(volumeMounts=[{"name": "d", "mountPath": "/d"}])],
            {"volumes": [{"name": "d", "hostPath": {"path": "/dev/nvidiactl"}}]},
            ["c: /dev/nvidiactl"],
            id="a device file of the host",
        ),
        pytest.param([idle()], {"volumes": [{"name": "d", "hostPath": {"path": "/dev/nvidia0"}}]}, [], id="a volume that nobody mounts"),
    ],
)
def test_accelerators_that_nothing_asks_for(containers: list[dict[str, Any]], spec: dict[str, Any], expected: list[str]) -> None:
    gpu = view(*containers, **spec)["gpu"]
    assert (gpu["bypass_by"], gpu["bypass"]) == (expected, bool(expected))


def test_a_variable_whose_value_stands_elsewhere_is_unknown() -> None:
    gpu = view(idle(env=[{"name": VISIBLE, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]))["gpu"]
    assert isinstance(gpu["bypass"], Unknown)


@pytest.mark.parametrize("wrong", ["x", 3, [], [3], {"a": 1}, [{"name": 3, "env": 4, "resources": 5, "volumeMounts": 6}]])
def test_containers_of_any_shape_are_read(wrong: Any) -> None:
    resources, _ = normalise_kubernetes([pod_with({"name": "m", "env": wrong, "volumeMounts": wrong}, volumes=wrong)], [], BARE)
    check(resources)
    assert resources[0].view["gpu"]["bypass"] is False


def test_the_makers_of_devices_are_listed_once() -> None:
    assert view(asking(1), asking(2), asking(1, "amd.com/gpu"))["gpu"]["vendors"] == ["amd", "nvidia"]
