"""Work that ends: how long a Job, a CronJob or a pod may run at most, and how often it is tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.arithmetic import largest, least, plus, times
from guardrail.normalise.kubernetes.units import spec_of
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.kubernetes.heads import Head
    from guardrail.normalise.kubernetes.reading import Reader
    from guardrail.normalise.kubernetes.units import Number
    from guardrail.normalise.kubernetes.workloads import Workload

__all__ = ["NO_JOB", "JobFacts", "job_facts"]

_DEFAULT_BACKOFF_LIMIT = 6  # of a Job without backoffLimit and without backoffLimitPerIndex
_DEADLINE = "activeDeadlineSeconds"
_EVICTED = "DisruptionTarget"  # the condition of pods that preemption, eviction or a lost node ended


@dataclass(frozen=True, slots=True)
class JobFacts:
    """`deadline_s` is None where nothing ends the run; the pointers tell where the numbers are written, or belong.

    `retries` counts all pods of a job together. `bounded`: every failure counts. `excluded`: evictions do not.
    """

    deadline_s: Number | None = None
    pointers: Mapping[str, str] | None = None
    retries: Number = 0
    bounded: bool | Unknown = False
    excluded: bool | Unknown = False

    def fields(self) -> dict[str, Any]:
        """The `batch` part of the view."""
        deadline = {} if self.deadline_s is None else {"deadline_s": self.deadline_s}
        return {**deadline, "retries": self.retries, "retries_bounded": self.bounded, "disruptions_excluded": self.excluded}


NO_JOB = JobFacts()
"""What does not run to an end."""


def job_facts(head: Head, workload: Workload) -> JobFacts:
    """The facts of a Job, CronJob or pod. What a part of an object leaves out is unknown: the rest may write it."""
    if head.kind not in {"Job", "CronJob", "Pod"} or head.group not in {"batch", "core"}:
        return NO_JOB
    at = workload.template.removesuffix("/template")
    job = _within(head, at)
    if isinstance(job, Unknown):
        return JobFacts(job, {"batch": at or "/spec"}, job, job, job)
    found = _pod(head.reader, job) if head.kind == "Pod" else _job(head.reader, job, at)
    if workload.unread is None:
        return found
    unread = workload.unread
    deadline = unread if found.deadline_s is None else found.deadline_s
    limits = head.kind == "Pod" or any(job.get(name) is not None for name in ("backoffLimit", "backoffLimitPerIndex"))
    return replace(found, deadline_s=deadline, retries=found.retries if limits else unread)


def _within(head: Head, at: str) -> Mapping[str, Any] | Unknown:
    """The spec of the job, or of the pod itself."""
    found = spec_of(head)
    where = "/spec"
    for part in at.split("/")[2:]:
        if isinstance(found, Unknown):
            return found
        found, where = head.reader.mapping(found, part, where), f"{where}/{part}"
    return found


def _pod(reader: Reader, spec: Mapping[str, Any]) -> JobFacts:
    return JobFacts(reader.seconds(spec, _DEADLINE, "/spec"), {"batch.deadline_s": f"/spec/{_DEADLINE}"})


def _job(reader: Reader, job: Mapping[str, Any], at: str) -> JobFacts:
    """A Job ends at its own deadline, or where every pod has one when all of its pods and their retries have used theirs up."""
    own = reader.seconds(job, _DEADLINE, at)
    completions = reader.count(job, "completions", at)
    retries = _retries(reader, job, at, completions)
    template = reader.mapping(job, "template", at)
    pod = template if isinstance(template, Unknown) else reader.mapping(template, "spec", f"{at}/template")
    attempt = pod if isinstance(pod, Unknown) else reader.seconds(pod, _DEADLINE, f"{at}/template/spec")
    by_pods = None if attempt is None else times(attempt, plus(_rounds(reader, job, at, completions), retries))
    pointer = f"{at}/{_DEADLINE}" if own is not None or attempt is None else f"{at}/template/spec/{_DEADLINE}"
    deadline = by_pods if own is None else own if by_pods is None else least(own, by_pods)
    limit = "backoffLimitPerIndex" if job.get("backoffLimit") is None and job.get("backoffLimitPerIndex") is not None else "backoffLimit"
    pointers = {"batch.deadline_s": pointer, "batch.retries": f"{at}/{limit}", "batch.retries_bounded": f"{at}/podFailurePolicy"}
    bounded, excluded = _failure_policy(reader, job, at)
    return JobFacts(deadline, pointers, retries, bounded, excluded)


def _rounds(reader: Reader, job: Mapping[str, Any], at: str, completions: Number | None) -> Number:
    """How many pods run one after another: those of all completions that do not fit beside each other."""
    written = reader.count(job, "parallelism", at)
    together: Number = 1 if written is None else written
    if completions is None:
        return 1
    if isinstance(completions, Unknown) or isinstance(together, Unknown):
        return largest(completions, together)
    return max(-(-completions // max(together, 1)), 1)


def _retries(reader: Reader, job: Mapping[str, Any], at: str, completions: Number | None) -> Number:
    """The pods that may fail before the Job does: `backoffLimit`, and with a limit for each index no more than that for all of them."""
    limit, by_index = reader.count(job, "backoffLimit", at), reader.count(job, "backoffLimitPerIndex", at)
    if by_index is None:
        return _DEFAULT_BACKOFF_LIMIT if limit is None else limit
    of_all = times(by_index, 1 if completions is None else completions)
    return least(of_all, UNBOUNDED if limit is None else limit)


def _failure_policy(reader: Reader, job: Mapping[str, Any], at: str) -> tuple[bool | Unknown, bool | Unknown]:
    """Whether every failure counts, and whether evictions do not.

    A rule that ignores exit codes starts a failing pod again and again, without counting.
    """
    policy = reader.mapping(job, "podFailurePolicy", at)
    if isinstance(policy, Unknown):
        return policy, policy
    bounded, excluded = True, False
    for where, rule in reader.members(policy, "rules", f"{at}/podFailurePolicy"):
        if isinstance(rule, Unknown):
            return rule, rule
        if rule.get("action") != "Ignore":
            continue
        bounded = bounded and not rule.get("onExitCodes")
        for _, condition in reader.members(rule, "onPodConditions", where):
            excluded = excluded or (not isinstance(condition, Unknown) and condition.get("type") == _EVICTED)
    return bounded, excluded
