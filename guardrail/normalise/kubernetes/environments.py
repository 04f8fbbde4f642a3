"""The environment, arguments and mounts of the containers of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.checkpoints import Container
from guardrail.normalise.kubernetes.units import spec_of

if TYPE_CHECKING:
    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.workloads import Workload

__all__ = ["main_containers"]

_LOST_WITH_THE_NODE = frozenset(
    {"emptyDir", "hostPath", "configMap", "secret", "downwardAPI", "projected", "ephemeral", "image", "gitRepo"}
)
"""Volumes that are lost with the pod or its node, or cannot be written."""


def main_containers(head: Head, workload: Workload) -> list[Container]:
    """The main containers of a workload's pods, as far as they can be read."""
    pod: Any = head.value
    for part in [*workload.template.split("/")[1:], "spec"]:
        pod = pod.get(part) if isinstance(pod, Mapping) else None
    volumes = _volumes(pod) | _claims(head)
    return [_container(one, volumes) for one in _maps(pod, "containers")]


def _maps(holder: Any, key: str) -> list[Mapping[str, Any]]:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def _volumes(pod: Any) -> dict[str, bool]:
    return {str(one.get("name")): not _LOST_WITH_THE_NODE & one.keys() and len(one) > 1 for one in _maps(pod, "volumes")}


def _claims(head: Head) -> dict[str, bool]:
    """The claims that a StatefulSet makes for its pods."""
    spec = spec_of(head)
    templates = [] if isinstance(spec, Unknown) else _maps(spec, "volumeClaimTemplates")
    return {str(one["metadata"].get("name")): True for one in templates if isinstance(one.get("metadata"), Mapping)}


def _container(container: Mapping[str, Any], volumes: Mapping[str, bool]) -> Container:
    mounts: dict[str, bool | Unknown] = {}
    for mount in _maps(container, "volumeMounts"):
        name, path = str(mount.get("name")), mount.get("mountPath")
        if isinstance(path, str) and path:
            mounts[path] = volumes[name] if name in volumes else Unknown((f"volume {name} (not written)",))
    folder = container.get("workingDir")
    sources = [str(_name_of(one)) for one in _maps(container, "envFrom")]
    return Container(
        env={str(one.get("name")): _value(one) for one in _maps(container, "env")},
        words=[word for key in ("command", "args") for word in _texts(container.get(key))],
        mounts=mounts,
        folder=folder if isinstance(folder, str) and folder.startswith("/") else None,
        elsewhere=Unknown(sources) if sources else None,
    )


def _texts(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | tuple) else []


def _value(variable: Mapping[str, Any]) -> str | Unknown:
    if variable.get("valueFrom") is None:
        return str(variable.get("value") or "")
    source = variable["valueFrom"]
    return Unknown((_name_of(source) if isinstance(source, Mapping) else "valueFrom",))


def _name_of(source: Mapping[str, Any]) -> str:
    """What a reference names: `ConfigMap train`."""
    kinds = {"configMapRef": "ConfigMap", "secretRef": "Secret", "configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
    for key, kind in kinds.items():
        named = source.get(key)
        if isinstance(named, Mapping):
            return f"{kind} {named.get('name')}"
    return "a field of the pod"
