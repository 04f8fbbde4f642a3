"""How many pods a workload may become: minimum, worst case, and the surge of a rollout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.arithmetic import largest, least, times
from guardrail.normalise.kubernetes.reading import ABSENT_MAP
from guardrail.normalise.kubernetes.schedule import ScheduleError, smallest_interval_s
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["NEVER_SURGE", "ONE", "ONE_POD_A_REPLICA", "Number", "Units", "surge_of", "units_of_scale", "unknown_units", "written_units"]

Number = int | Unknown
NEVER_SURGE = frozenset({("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("core", "ReplicationController")})
ONE_POD_A_REPLICA = NEVER_SURGE | {("apps", "Deployment"), ("argoproj.io", "Rollout"), ("apps.openshift.io", "DeploymentConfig")}
"""Kinds whose `replicas` are pods, as (group, kind)."""
_PERCENT = re.compile(r"([0-9]{1,9})%", re.ASCII)
_FEWEST_OVERLAPS = 2  # runs of a CronJob that may meet under Allow, however short they are


@dataclass(frozen=True, slots=True)
class Units:
    """The numbers of `units` in the view, with where the maximum and the surge are written."""

    low: Number
    high: Number
    desired: Number
    surge: Number
    bounded: bool | Unknown
    pointer: str = ""
    surge_pointer: str = ""


ONE = Units(1, 1, 1, 0, bounded=True)
"""What is not multiplied."""


def unknown_units(why: Unknown) -> Units:
    """Units of which nothing is known."""
    return Units(why, why, why, why, why)


def written_units(head: Head, spec: Mapping[str, Any], nodes: Number | None) -> Units:
    """The units of a workload by its own fields; `nodes`: those a DaemonSet runs on."""
    if head.kind == "Pod":
        return ONE
    if head.kind == "DaemonSet":
        return _daemon_set(head.reader, spec, nodes)
    if head.kind == "Job":
        return _job(head.reader, spec, "/spec")
    if head.kind == "CronJob":
        return _cron_job(head.reader, spec)
    return _replicas(head, spec)


def _replicas(head: Head, spec: Mapping[str, Any]) -> Units:
    written = head.reader.count(spec, "replicas", "/spec")
    replicas = 1 if written is None else written
    bounded = written if isinstance(written, Unknown) else written is not None
    surge: Number = surge_of(head.reader, spec, replicas) if head.kind == "Deployment" else 0
    return Units(replicas, replicas, replicas, surge, bounded, "/spec/replicas", "/spec/strategy/rollingUpdate/maxSurge")


def units_of_scale(head: Head, why: Unknown) -> Units:
    """The pods of a scale request whose parent is not known: its replicas for a kind with a pod for each, else unknown."""
    spec = spec_of(head)
    written = spec if isinstance(spec, Unknown) else head.reader.count(spec, "replicas", "/spec")
    if written is None or (head.modern_group, head.kind) not in ONE_POD_A_REPLICA:
        return unknown_units(why)
    surge: Number = why if (head.modern_group, head.kind) not in NEVER_SURGE else 0
    return Units(written, written, written, surge, bounded=True, pointer="/spec/replicas")


def surge_of(reader: Reader, spec: Mapping[str, Any], most: Number) -> Number:
    """The extra pods of a Deployment's rollout: 25 % of the maximum where nothing is written, rounded up; none without pods."""
    return _surge(reader, spec, most, _DEPLOYMENT)


@dataclass(frozen=True, slots=True)
class _Rollout:
    """How a kind rolls out: the key of its strategy, the surge by default, and the type that has none."""

    key: str
    default: str
    replaced: str


_DEPLOYMENT = _Rollout("strategy", "25%", "Recreate")  # by the API server's defaulting
_DAEMON_SET = _Rollout("updateStrategy", "0%", "OnDelete")


def _surge(reader: Reader, spec: Mapping[str, Any], most: Number, rollout: _Rollout) -> Number:
    key = rollout.key
    strategy = reader.mapping(spec, key, "/spec")
    if isinstance(strategy, Unknown):
        return strategy
    kind = reader.text(strategy, "type", f"/spec/{key}")
    if isinstance(kind, Unknown):
        return kind
    if kind == rollout.replaced:
        return 0
    if kind not in {None, "RollingUpdate"}:
        return reader.wrong(f"/spec/{key}/type", f"is neither RollingUpdate nor {rollout.replaced}")
    rolling = reader.mapping(strategy, "rollingUpdate", f"/spec/{key}")
    if isinstance(rolling, Unknown):
        return rolling
    surge = _part(reader, rolling, rollout.default, most, f"/spec/{key}/rollingUpdate")
    return 0 if most == 0 and not isinstance(surge, Unknown) else surge


def _part(reader: Reader, rolling: Mapping[str, Any], default: str, most: Number, at: str) -> Number:
    """A number of pods, or a percentage of them rounded up."""
    written = rolling.get("maxSurge")
    if written is not None and not isinstance(written, str):
        count = reader.count(rolling, "maxSurge", at)
        return 0 if count is None else count
    percent = _PERCENT.fullmatch(default if written is None else written)
    if percent is None:
        return reader.wrong(f"{at}/maxSurge", "is neither a number nor a percentage")
    part = int(percent[1])
    if isinstance(most, Unknown):
        return most if part else 0
    return min(-(-most * part // 100), UNBOUNDED)


def _daemon_set(reader: Reader, spec: Mapping[str, Any], nodes: Number | None) -> Units:
    count: Number = Unknown() if nodes is None else nodes
    surge = _surge(reader, spec, count, _DAEMON_SET)
    return Units(
        count,
        count,
        count,
        surge,
        bounded=False,
        pointer="/spec/template/spec",
        surge_pointer="/spec/updateStrategy/rollingUpdate/maxSurge",
    )


def _job(reader: Reader, spec: Mapping[str, Any], at: str) -> Units:
    """Without completions all of parallelism runs: a work queue."""
    written = reader.count(spec, "parallelism", at)
    parallelism = 1 if written is None else written
    completions = reader.count(spec, "completions", at)
    pods = parallelism if completions is None else least(parallelism, completions)
    bounded = written if isinstance(written, Unknown) else written is not None
    return Units(pods, pods, pods, 0, bounded, f"{at}/parallelism")


def _cron_job(reader: Reader, spec: Mapping[str, Any]) -> Units:
    template = reader.mapping(spec, "jobTemplate", "/spec")
    job = template if isinstance(template, Unknown) else reader.mapping(template, "spec", "/spec/jobTemplate")
    if isinstance(job, Unknown):
        return unknown_units(job)
    one = _job(reader, job, "/spec/jobTemplate/spec")
    runs = _overlapping_runs(reader, spec, job)
    pointer = one.pointer if not isinstance(runs, Unknown) and runs == 1 else "/spec/concurrencyPolicy"
    return Units(one.low, times(one.high, runs), one.desired, 0, one.bounded, pointer)


def _overlapping_runs(reader: Reader, spec: Mapping[str, Any], job: Mapping[str, Any]) -> Number:
    policy = reader.text(spec, "concurrencyPolicy", "/spec")
    if isinstance(policy, Unknown):
        return policy
    if policy in {"Forbid", "Replace"}:
        return 1
    if policy not in {None, "Allow"}:
        return reader.wrong("/spec/concurrencyPolicy", "is none of Allow, Forbid and Replace")
    deadline = reader.seconds(job, "activeDeadlineSeconds", "/spec/jobTemplate/spec")
    if deadline is None:
        return Unknown(("/spec/jobTemplate/spec/activeDeadlineSeconds (not written: overlapping runs have no limit)",))
    interval = _interval_s(reader, spec)
    if isinstance(deadline, Unknown) or isinstance(interval, Unknown):
        return largest(deadline, interval)
    return max(-(-deadline // interval), _FEWEST_OVERLAPS)


def _interval_s(reader: Reader, spec: Mapping[str, Any]) -> Number:
    schedule = reader.text(spec, "schedule", "/spec")
    if isinstance(schedule, Unknown):
        return schedule
    if schedule is None:
        return reader.wrong("/spec/schedule", "is missing")
    try:
        return smallest_interval_s(schedule)
    except ScheduleError as error:
        return reader.wrong("/spec/schedule", f"cannot be read: {error}")


def spec_of(head: Head) -> Mapping[str, Any] | Unknown:
    """The spec of an object; empty when absent."""
    found = head.value.get("spec")
    return found if isinstance(found, dict) else ABSENT_MAP if found is None else head.reader.mapping(head.value, "spec", "")
