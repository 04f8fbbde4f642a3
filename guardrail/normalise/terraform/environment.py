"""The environment, arguments and mounts of containers that a plan describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.checkpoints import Container
from guardrail.normalise.terraform.configuration import as_list, as_map
from guardrail.normalise.terraform.containers import containers_of_definition
from guardrail.normalise.terraform.values import Values, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["containers_to_read"]


def containers_to_read(type_: str, values: Values) -> tuple[list[Container], Unknown | None]:
    """The containers of a Batch definition or a Cloud Run job, and what of them is not known; none for other types."""
    if type_ == "aws_batch_job_definition":
        found, doubt = containers_of_definition(values)
        pods = values.blocks("eks_properties")
        if doubt is None and (isinstance(pods, Unknown) or pods):
            doubt = pods if isinstance(pods, Unknown) else Unknown(("eks_properties (not read by this version)",))
        return [_of_json(container) for container in found], doubt
    return _of_cloud_run(values) if type_ == "google_cloud_run_v2_job" else ([], None)


def _of_json(container: Mapping[str, Any]) -> Container:
    """A container of Batch: file systems of EFS outlive it, folders of the host do not."""
    volumes = {str(as_map(one).get("name")): "efsVolumeConfiguration" in as_map(one) for one in as_list(container.get("volumes"))}
    mounts: dict[str, bool | Unknown] = {
        str(as_map(one)["containerPath"]): volumes.get(str(as_map(one).get("sourceVolume")), False)
        for one in as_list(container.get("mountPoints"))
        if isinstance(as_map(one).get("containerPath"), str)
    }
    env: dict[str, str | Unknown] = {
        str(as_map(one).get("name")): str(as_map(one).get("value") or "") for one in as_list(container.get("environment"))
    }
    env |= {str(as_map(one).get("name")): Unknown((f"secret {as_map(one).get('name')}",)) for one in as_list(container.get("secrets"))}
    words = [word for word in as_list(container.get("command")) if isinstance(word, str)]
    return Container(env=env, words=words, mounts=mounts)


def _of_cloud_run(values: Values) -> tuple[list[Container], Unknown | None]:
    execution = values.block("template")
    task = execution if execution is None or isinstance(execution, Unknown) else execution.block("template")
    if task is None or isinstance(task, Unknown):
        return [], task
    containers, volumes = task.blocks("containers"), task.blocks("volumes")
    if isinstance(containers, Unknown) or isinstance(volumes, Unknown):
        return [], containers if isinstance(containers, Unknown) else volumes if isinstance(volumes, Unknown) else None
    kept = {str(text(one.get("name"))): any(_has(one, kind) for kind in ("gcs", "nfs")) for one in volumes}
    return [_of_block(container, kept) for container in containers], None


def _has(values: Values, name: str) -> bool:
    found = values.block(name)
    return found is not None


def _of_block(container: Values, volumes: Mapping[str, bool]) -> Container:
    variables, mounted = container.blocks("env"), container.blocks("volume_mounts")
    doubt = next((part for part in (variables, mounted) if isinstance(part, Unknown)), None)
    env: dict[str, str | Unknown] = {}
    for one in [] if isinstance(variables, Unknown) else variables:
        value = text(one.get("value"))
        env[str(text(one.get("name")))] = (
            Unknown(("a secret",)) if value is None and _has(one, "value_source") else "" if value is None else value
        )
    mounts: dict[str, bool | Unknown] = {}
    for one in [] if isinstance(mounted, Unknown) else mounted:
        path = text(one.get("mount_path"))
        if isinstance(path, str):
            mounts[path] = volumes.get(str(text(one.get("name"))), False)
    words = [word for name in ("command", "args") for word in texts(container.get(name))]
    unknown = next((word for word in words if isinstance(word, Unknown)), doubt)
    folder = text(container.get("working_dir"))
    return Container(
        env=env,
        words=[word for word in words if isinstance(word, str)],
        mounts=mounts,
        folder=folder if isinstance(folder, str) else None,
        elsewhere=unknown,
    )
