"""Reports made by hand, one for each thing that a reporter has to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.model import (
    Action,
    Dormant,
    Finding,
    Identity,
    InputFormat,
    InputRecord,
    InputStatus,
    Inspection,
    Location,
    Note,
    Origin,
    Outcome,
    ProfileInfo,
    Report,
    Resource,
    Summary,
)
from guardrail.view.schema import UNBOUNDED, blank_view

ACME = ProfileInfo("acme-ml", "2026.11.1", "sha256:77aa", "profile.yaml")
STARTER = ProfileInfo("starter", "sha256:0123456789abcdef", "sha256:0123456789abcdef", None)


def kubernetes(kind: str, name: str | None, namespace: str | None = "web") -> Identity:
    group = {"Job": "batch", "Deployment": "apps"}.get(kind, "core")
    version = "v1" if group == "core" else f"{group}/v1"
    return Identity(f"{group}/{kind}/{namespace or ''}/{name or ''}", "kubernetes", kind, version, namespace, name)


def planned(address: str, kind: str = "aws_s3_bucket") -> Identity:
    return Identity(address, "terraform", kind, address=address)


OVER_PEAK = Finding(
    policy="workload-gpu-cap",
    category="gpu",
    validation="over-peak",
    severity="high",
    outcome=Outcome.FAIL,
    action=Action.DENY,
    resource=kubernetes("Job", "llm-ft", "ml-train"),
    location=Location("k8s/train.yaml", 14, 9, 0, "/spec/parallelism"),
    message="up to 24 GPUs (3 × 8); the cap for train in dev is 8",
    remediation="parallelism: 1",
    rationale="GPUs are the dearest thing that a typing error can multiply. Nobody looks.",
    fingerprint="4f2a91c0aaaa",
)

BAD_REGION = replace(
    OVER_PEAK,
    policy="approved-regions",
    category="regions",
    validation="region-not-approved",
    resource=planned("module.data.aws_s3_bucket.raw"),
    location=Location("infra/plan.json", 1, 52311, None, "/resource_changes/3/change/after/region"),
    message="us-east-1 (from provider aws.us); approved in prod: eu-central-1, eu-west-1",
    remediation="provider = aws.eu",
    fingerprint="0b1c2d3e4f50",
)

UNDECIDED = replace(
    OVER_PEAK,
    policy="approved-regions",
    category="regions",
    validation="region-not-approved",
    outcome=Outcome.UNDECIDED,
    action=Action.WARN,
    resource=planned("aws_instance.gpu[0]", "aws_instance"),
    location=Location("infra/plan.json", 1, 900, None, "/resource_changes/0"),
    message="region is known only after apply (var.region)",
    unknown=("var.region",),
    fingerprint="aaaaaaaaaaaa",
)


def missing_key(number: int, *, message: str = "lack team, cost-center", path: str | None = None) -> Finding:
    return replace(
        OVER_PEAK,
        policy="required-tags",
        category="tagging",
        validation="missing-key",
        action=Action.WARN,
        resource=kubernetes("Deployment", f"api-{number}"),
        location=Location(path or f"k8s/api-{number:03}.yaml", 4, 3, 0, "/metadata/labels"),
        message=message,
        remediation="labels: {team: <one of vision, nlp, ml-platform>, cost-center: cc-NNNN}",
        fingerprint=f"{number:012}",
    )


def manifest(path: str, resources: int = 1) -> InputRecord:
    return InputRecord(path, InputFormat.KUBERNETES, InputStatus.READ, None, resources)


def plan(path: str, resources: int) -> InputRecord:
    return InputRecord(path, InputFormat.PLAN, InputStatus.READ, None, resources)


def skipped(path: str, reason: str) -> InputRecord:
    return InputRecord(path, InputFormat.OTHER, InputStatus.SKIPPED, reason)


def failed(path: str, reason: str) -> InputRecord:
    return InputRecord(path, InputFormat.KUBERNETES, InputStatus.FAILED, reason)


def report(
    findings: tuple[Finding, ...] = (),
    inputs: tuple[InputRecord, ...] = (manifest("k8s/train.yaml"),),
    *,
    notes: tuple[Note, ...] = (),
    dormant: tuple[Dormant, ...] = (),
    profile: ProfileInfo = ACME,
) -> Report:
    """A report whose counts follow from its parts."""
    failures = [finding.action for finding in findings if finding.outcome is Outcome.FAIL]
    outcomes = [finding.outcome for finding in findings]
    statuses = [record.status for record in inputs]
    resources = sum(record.resources for record in inputs)
    summary = Summary(
        files=len(inputs),
        read=statuses.count(InputStatus.READ),
        skipped_files=statuses.count(InputStatus.SKIPPED),
        failed=statuses.count(InputStatus.FAILED),
        resources=resources,
        policies=4,
        evaluations=resources * 4,
        deny=failures.count(Action.DENY),
        warn=failures.count(Action.WARN),
        audit=failures.count(Action.AUDIT),
        undecided=outcomes.count(Outcome.UNDECIDED),
        errors=outcomes.count(Outcome.ERROR),
        dormant=len(dormant),
    )
    return Report("0.1.0", "2026-11-25T00:00:00Z", "cel-python", "sha256:9c1e", profile, inputs, summary, notes, dormant, findings, 0.42)


MIXED = report(
    (
        OVER_PEAK,
        BAD_REGION,
        *(missing_key(number) for number in range(214)),
        UNDECIDED,
        replace(UNDECIDED, resource=planned("aws_instance.gpu[1]", "aws_instance"), fingerprint="bbbbbbbbbbbb"),
    ),
    (
        manifest("k8s/train.yaml", 98),
        *(manifest(f"k8s/api-{number:03}.yaml") for number in range(214)),
        plan("infra/plan.json", 41),
        skipped("chart/templates/a.yaml", "4:9: this is a template ({{ .Values.a }} …); render it first"),
        skipped("chart/templates/b.yaml", "7:3: this is a template ({{ if .Values.b }} …); render it first"),
        skipped("chart/values.yaml", "no Kubernetes object"),
        failed("k8s/job.yaml", 'line 18, column 11: duplicate key "nvidia.com/gpu" (first at line 16)\n    nvidia.com/gpu: 8\n    ^'),
    ),
    notes=(
        Note("kind-not-modelled", "kinds that are judged by their labels only", "Rollout", 3),
        Note("kind-not-modelled", "kinds that are judged by their labels only", "SparkApplication", 1),
        Note("no-cluster", "the cluster is not known, so nothing that hangs on it was judged; name it with --cluster NAME", "", 12),
    ),
    dormant=(Dormant("approved-regions", ("regions.approved",)), Dormant("required-tags", ("tags.required", "owners"))),
)

CLEAN = report(inputs=(manifest("k8s/a.yaml", 2), manifest("k8s/b.yaml")))

EMPTY = report(inputs=(skipped("chart/values.yaml", "no Kubernetes object"),), profile=STARTER)

NO_INPUT = report(inputs=(), profile=STARTER)

OUTPUTS_ONLY = report(inputs=(plan("plan.json", 0),))

RULE_ERROR = report(
    (
        replace(OVER_PEAK, outcome=Outcome.ERROR, message="the rule could not be evaluated: no such key: train", remediation=""),
        replace(UNDECIDED, action=Action.DENY, remediation="give the region a value that is known at plan time"),
        replace(missing_key(1), resource=None, action=Action.AUDIT, message="1,402 of 1,405 workloads carry no team label", remediation=""),
        replace(OVER_PEAK, related=("apps/Deployment/web/api",), resource=kubernetes("HorizontalPodAutoscaler", None)),
    ),
    (manifest("k8s/train.yaml", 3), plan("infra/plan.json", 1)),
    profile=STARTER,
)

NAMED_IN_MESSAGES = report(
    tuple(missing_key(number, message=f"Deployment api-{number} lacks team", path="k8s/all.yaml") for number in range(4)),
    (manifest("k8s/all.yaml", 4),),
)

MANY_CAUSES = report(
    tuple(
        replace(
            UNDECIDED,
            resource=planned(f"aws_instance.gpu[{number}]", "aws_instance"),
            location=Location(f"infra/plan-{number}.json", 1, 900, None, f"/resource_changes/{number}"),
            message=f"region is known only after apply (var.region_{number // 2})",
        )
        for number in range(7)
    ),
    tuple(plan(f"infra/plan-{number}.json", 1) for number in range(7)),
    notes=(
        Note("kind-not-modelled", "its pods are not counted by this version", "argoproj.io/Workflow", 5),
        Note("kind-not-modelled", "its pods are not counted by this version", "argoproj.io/Workflow", 2),
        *(Note("kind-not-modelled", f"what aws_{name} runs is not read yet", f"aws_{name}") for name in ("batch", "lambda", "ecs")),
    ),
)

PARTLY_BROKEN = replace(
    report((OVER_PEAK,), (failed("k8s/train.yaml", "line 40, column 1: duplicate key"),)),
    summary=Summary(files=1, failed=1, resources=2, policies=4, evaluations=8, deny=1),
)

HOSTILE = report(
    (
        replace(
            OVER_PEAK,
            message="pwn\x1b[2Jed \u202egnp.exe",
            resource=kubernetes("Job", "a\x1b[31mb"),
            location=Location("k8s/\x07.yaml", 1, 1),
        ),
    ),
    (manifest("k8s/\x07.yaml"),),
)


_JOB_VIEW = {
    "source": "kubernetes",
    "surface": "manifest",
    "provider": "kubernetes",
    "kind": "Job",
    "group": "batch",
    "class": "batch",
    "controller": "job",
    "billable": True,
    "id": "batch/Job/ml-train/llm-ft",
    "operation": "create",
    "controlled": False,
    "taggable": True,
    "environment": "dev",
    "environment_source": "home",
    "uses_gpu": False,
}
_INSTANCE_VIEW = {
    "source": "terraform",
    "surface": "plan",
    "provider": "aws",
    "kind": "aws_instance",
    "group": "hashicorp/aws",
    "class": "compute",
    "controller": "instance",
    "id": "aws_instance.gpu",
    "address": "aws_instance.gpu",
    "name": "s3cr3t-box",
    "environment": "prod",
    "environment_source": "unknown",
    "region": Unknown(["var.region"]),
    "instance_types": Unknown(["var.size"]),
    "uses_gpu": Unknown(["var.size"]),
    "tags": PartialMap({"team": "vision"}, maybe={"owner": Unknown(["local.owner"])}),
    "tags_open": True,
    "raw_tags": {"team": "vision", "password": "hunter2"},
    "sensitive": ["raw_tags.password"],
    "unknown": {"gpu.count": ["var.size"], "region": ["var.region"]},
}


def view(**over: Any) -> dict[str, Any]:
    """A view that keeps to the schema, with some fields laid over it."""
    made = blank_view() | _JOB_VIEW
    made["gpu"] |= {"count": 0, "total_min": 0, "total_max": 0}
    made["units"] |= {"min": 1, "max": 1, "desired": 1, "surge": 0, "bounded": True}
    return made | over


def pods(name: str, *, least: int, most: int, gpus: float) -> dict[str, Any]:
    counts = {"units_min": least, "units_max": most, "units_desired": least, "surge": 0, "gpu_count": gpus}
    return {"name": name, **counts, "gpu_devices": [], "instance_types": []}


def _resources() -> list[tuple[Resource, Location]]:
    job = view(namespace="ml-train", name="llm-ft", workload_type="train", tags={"team": "vision", "cost-center": "cc-4200"}, uses_gpu=True)
    job["pod_sets"] = [pods("main", least=1, most=3, gpus=8.0)]
    job["units"] |= {"max": 3}
    job["gpu"] |= {"count": 8.0, "families": ["H100"], "total_min": 8.0, "total_max": 24.0}
    unbounded = view(kind="Deployment", group="apps", **{"class": "serving"}, controller="deployment", workload_type="serve")
    unbounded["pod_sets"] = [pods("main", least=1, most=UNBOUNDED, gpus=0)]
    unbounded["units"] |= {"max": UNBOUNDED, "bounded": False, "surge": 1}
    node = view(**_INSTANCE_VIEW)
    node["gpu"] |= {"count": Unknown(["var.size"]), "total_min": Unknown(["var.size"]), "total_max": Unknown(["var.size"])}
    return [
        (Resource(kubernetes("Job", "llm-ft", "ml-train"), job, Origin("k8s/train.yaml")), Location("k8s/train.yaml", 1, 1, 0)),
        (
            Resource(
                kubernetes("Deployment", "api"),
                unbounded,
                Origin("k8s/api.yaml"),
                autoscaled_by="autoscaling/HorizontalPodAutoscaler/web/api",
            ),
            Location("k8s/api.yaml", 3, 1, 0),
        ),
        (
            Resource(
                replace(planned("aws_instance.gpu", "aws_instance"), name="s3cr3t-box"),
                node,
                Origin("plan.json"),
                secrets=frozenset({"s3cr3t", "vision"}),
            ),
            Location("plan.json", 1, 4000, None, "/resource_changes/0"),
        ),
    ]


INSPECTION = Inspection(
    (manifest("k8s/train.yaml"), manifest("k8s/api.yaml"), plan("plan.json", 1), skipped("values.yaml", "no Kubernetes object")),
    tuple(_resources()),
    (Note("kind-not-modelled", "kinds that are judged by their labels only", "Rollout", 3),),
)
