"""Work that ends: how long a planned job may run at most, all attempts together, and how often it is tried."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.resource_types import resource_type
from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.values import Values, text, whole
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.normalise.terraform.changes import Change

__all__ = ["NO_JOB", "JobFacts", "job_facts"]

Count = int | Unknown
_DURATION = re.compile(r"([0-9]{1,12})(?:\.[0-9]+)?s")  # of Google's APIs: 3600s, 3.5s
_MINUTE_S = 60
_RUNS = frozenset({"job", "cron", "workflow"})

# What the services do where nothing is written.
_CLOUD_RUN_TIMEOUT_S = 600
_CLOUD_RUN_RETRIES = 3
_CODEBUILD_MINUTES = 60
_GLUE_MINUTES = 2880
_GLUE_5_MINUTES = 480
_GLUE_WITHOUT_LIMIT = "gluestreaming"


@dataclass(frozen=True, slots=True)
class JobFacts:
    """`deadline_s` is None where nothing ends the run. `blame` maps view paths to pointers.

    `retries` is None for what is no run; every service that is read here limits them.
    """

    deadline_s: Count | None = None
    blame: Mapping[str, str] = field(default_factory=dict)
    retries: Count | None = None

    def fields(self) -> dict[str, Any]:
        """The `batch` part of the view."""
        deadline = {} if self.deadline_s is None else {"deadline_s": self.deadline_s}
        if self.retries is None:
            return {**deadline, "retries": 0}
        return {**deadline, "retries": self.retries, "retries_bounded": self.retries if isinstance(self.retries, Unknown) else True}


NO_JOB = JobFacts()
"""What does not run to an end."""


def job_facts(change: Change, values: Values) -> JobFacts:
    """The facts of a resource that runs to an end, or may; unknown for the runs of a type that is not read."""
    reader = _READERS.get(change.type)
    if reader is not None:
        return reader(values)
    unread = Unknown((f"type {change.type}",))
    return JobFacts(unread, retries=unread) if resource_type(change.type).controller in _RUNS else NO_JOB


def _batch_job_definition(values: Values) -> JobFacts:
    """AWS Batch: the timeout is that of one attempt, and there is none where nothing is written."""
    at = values.point("timeout")
    attempts = _in_block(values, "retry_strategy", "attempts")
    timeout = _in_block(values, "timeout", "attempt_duration_seconds")
    tried = 1 if attempts is None else attempts
    blame = {"batch.deadline_s": at, "batch.retries": values.point("retry_strategy")}
    return JobFacts(_product(timeout, tried), blame, tried if isinstance(tried, Unknown) else max(tried - 1, 0))


def _cloud_run_job(values: Values) -> JobFacts:
    """Cloud Run: tasks run beside each other up to `parallelism`, each with its timeout and its retries."""
    execution = values.block("template")
    task = execution if isinstance(execution, Unknown) or execution is None else execution.block("template")
    if isinstance(task, Unknown):
        return JobFacts(task, {"batch": values.point("template")}, task)
    if task is None or execution is None or isinstance(execution, Unknown):
        unread = Unknown((f"{values.point('template')} (not written)",))
        return JobFacts(unread, retries=unread)
    timeout = _seconds(task.get("timeout"))
    retries = _or(whole(task.get("max_retries")), _CLOUD_RUN_RETRIES)
    tasks, together = whole(execution.get("task_count")), whole(execution.get("parallelism"))
    each = _product(_or(timeout, _CLOUD_RUN_TIMEOUT_S), _sum(retries, 1))
    blame = {"batch.deadline_s": task.point("timeout"), "batch.retries": task.point("max_retries")}
    return JobFacts(_product(each, _rounds(_or(tasks, 1), together)), blame, retries)


def _container_app_job(values: Values) -> JobFacts:
    return _with_retries(values, whole(values.get("replica_timeout_in_seconds")), "replica_timeout_in_seconds", "replica_retry_limit")


def _glue_job(values: Values) -> JobFacts:
    """Glue: two days unless written, eight hours since version 5, and no end for streams."""
    command = values.block("command")
    kind = command if isinstance(command, Unknown) or command is None else text(command.get("name"))
    version = text(values.get("glue_version"))
    minutes: Count | None = whole(values.get("timeout"))
    if minutes is None or minutes == 0:
        doubt = next((part for part in (kind, version) if isinstance(part, Unknown)), None)
        default = _GLUE_5_MINUTES if isinstance(version, str) and version >= "5" else _GLUE_MINUTES
        minutes = doubt if doubt is not None else None if kind == _GLUE_WITHOUT_LIMIT else default
    return _with_retries(values, _product(minutes, _MINUTE_S), "timeout", "max_retries")


def _codebuild_project(values: Values) -> JobFacts:
    minutes = _or(whole(values.get("build_timeout")), _CODEBUILD_MINUTES)
    return _with_retries(values, _product(minutes, _MINUTE_S), "build_timeout", "auto_retry_limit")


def _with_retries(values: Values, each: Count | None, timeout: str, limit: str) -> JobFacts:
    """A run of so many seconds for each attempt, whose retries stand in one attribute and are none by default."""
    retries = _or(whole(values.get(limit)), 0)
    blame = {"batch.deadline_s": values.point(timeout), "batch.retries": values.point(limit)}
    return JobFacts(_product(each, _sum(retries, 1)), blame, retries)


def _compute_instance(values: Values) -> JobFacts:
    scheduling = values.block("scheduling")
    if isinstance(scheduling, Unknown):
        return JobFacts(scheduling, {"batch": values.point("scheduling")})
    duration = None if scheduling is None else _in_block(scheduling, "max_run_duration", "seconds")
    return JobFacts(duration, {"batch.deadline_s": values.point("scheduling")})


def _node_pool(values: Values) -> JobFacts:
    """Nodes of a GKE pool that are given back after a while: flex-start and short-lived ones."""
    config = values.block("node_config")
    if config is None or isinstance(config, Unknown):
        return NO_JOB
    return JobFacts(_seconds(config.get("max_run_duration")), {"batch.deadline_s": config.point("max_run_duration")})


_READERS: Mapping[str, Callable[[Values], JobFacts]] = {
    "aws_batch_job_definition": _batch_job_definition,
    "aws_codebuild_project": _codebuild_project,
    "aws_glue_job": _glue_job,
    "azurerm_container_app_job": _container_app_job,
    "google_cloud_run_v2_job": _cloud_run_job,
    "google_compute_instance": _compute_instance,
    "google_container_node_pool": _node_pool,
}


def _in_block(values: Values, block: str, name: str) -> Count | None:
    found = values.block(block)
    return found if isinstance(found, Unknown) or found is None else whole(found.get(name))


def _seconds(value: Any) -> Count | None:
    """A duration of Google's APIs in seconds, rounded down; unset where it is none."""
    written = text(value)
    if not isinstance(written, str):
        return written
    found = _DURATION.fullmatch(written)
    return None if found is None else min(int(found[1]), UNBOUNDED)


def _or(number: Count | None, default: int) -> Count:
    return default if number is None else number


def _rounds(tasks: Count, together: Count | None) -> Count:
    """How many tasks run one after another; no parallelism, or 0, means all of them at once."""
    if together is None or together == 0 or tasks == 1:
        return 1
    if isinstance(tasks, Unknown) or isinstance(together, Unknown):
        return _sum(tasks, together)
    return max(-(-tasks // together), 1)


def _sum(left: Count, right: Count) -> Count:
    if isinstance(left, Unknown):
        return left | right if isinstance(right, Unknown) else left
    return right if isinstance(right, Unknown) else min(left + right, UNBOUNDED)


def _product(left: Count | None, right: Count) -> Count | None:
    if left is None or isinstance(left, Unknown):
        return left | right if isinstance(left, Unknown) and isinstance(right, Unknown) else left
    return right if isinstance(right, Unknown) else min(left * right, UNBOUNDED)
