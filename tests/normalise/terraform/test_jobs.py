from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guardrail.cel.unknown import Unknown
from tests.normalise.terraform.plans import FACTS, block, change, document, only

RUN: dict[str, Any] = {"template": [{"template": [{"containers": [{}]}]}]}


def run(task: dict[str, Any], **execution: Any) -> dict[str, Any]:
    return {"template": [{**execution, "template": [{"containers": [{}], **task}]}]}


def deadline(type_: str, after: dict[str, Any], **more: Any) -> Any:
    return only(document(change(f"{type_}.x", after, **more))).view["batch"].get("deadline_s")


@pytest.mark.parametrize(
    ("type_", "after", "expected"),
    [
        pytest.param("aws_batch_job_definition", {}, None, id="Batch: none by default"),
        pytest.param("aws_batch_job_definition", {"timeout": [{"attempt_duration_seconds": 60}]}, 60, id="Batch: one attempt by default"),
        pytest.param(
            "aws_batch_job_definition",
            {"timeout": [{"attempt_duration_seconds": 60}], "retry_strategy": [{"attempts": 3}]},
            180,
            id="Batch: every attempt has its own",
        ),
        pytest.param("google_cloud_run_v2_job", RUN, 2400, id="Cloud Run: ten minutes and three retries by default"),
        pytest.param("google_cloud_run_v2_job", run({"timeout": "90.5s", "max_retries": 0}), 90, id="Cloud Run: a duration of its API"),
        pytest.param(
            "google_cloud_run_v2_job", run({"max_retries": 0}, task_count=5, parallelism=2), 1800, id="Cloud Run: tasks one after another"
        ),
        pytest.param("google_cloud_run_v2_job", run({"max_retries": 0}, task_count=5, parallelism=0), 600, id="Cloud Run: all at once"),
        pytest.param(
            "azurerm_container_app_job",
            {"replica_timeout_in_seconds": 60, "replica_retry_limit": 1},
            120,
            id="Container Apps: with retries",
        ),
        pytest.param("aws_glue_job", {"command": [{"name": "glueetl"}]}, 172_800, id="Glue: two days by default"),
        pytest.param("aws_glue_job", {"glue_version": "5.0", "command": [{}]}, 28_800, id="Glue: eight hours since version 5"),
        pytest.param("aws_glue_job", {"command": [{"name": "gluestreaming"}]}, None, id="Glue: a stream has no end"),
        pytest.param("aws_glue_job", {"timeout": 10, "max_retries": 1}, 1200, id="Glue: minutes"),
        pytest.param("aws_codebuild_project", {}, 3600, id="CodeBuild: an hour by default"),
        pytest.param("aws_codebuild_project", {"build_timeout": 5, "auto_retry_limit": 1}, 600, id="CodeBuild: minutes"),
        pytest.param(
            "google_compute_instance", {"scheduling": [{"max_run_duration": [{"seconds": 60}]}]}, 60, id="a machine with a run duration"
        ),
        pytest.param("google_compute_instance", {"scheduling": [{}]}, None, id="a machine without one"),
        pytest.param("google_container_node_pool", {"node_config": [{"max_run_duration": "60s"}]}, 60, id="a pool of short-lived nodes"),
        pytest.param("google_container_node_pool", {"node_config": [{"max_run_duration": ""}]}, None, id="a pool without"),
        pytest.param("aws_s3_bucket", {}, None, id="what runs nothing"),
    ],
)
def test_a_deadline_is_that_of_all_attempts(type_: str, after: dict[str, Any], expected: int | None) -> None:
    assert deadline(type_, after) == expected


def test_the_runs_of_a_type_that_is_not_read_are_unknown() -> None:
    assert deadline("google_dataproc_batch", {}) == Unknown(("type google_dataproc_batch",))


def test_a_timeout_that_comes_later_is_unknown_by_its_reference() -> None:
    plan = document(
        change("aws_batch_job_definition.x", {"timeout": [{}]}, unknown={"timeout": [{"attempt_duration_seconds": True}]}),
        blocks=[block("aws_batch_job_definition.x", {"timeout": [{"attempt_duration_seconds": ("random_integer.s.result",)}]})],
    )
    assert only(plan).view["batch"]["deadline_s"] == Unknown(("random_integer.s.result",))


@pytest.mark.parametrize(
    ("address", "after"),
    [
        pytest.param("aws_instance.x", {"instance_type": "t3.micro", "tags": {"guardrail:expected-duration": "2h"}}, id="an AWS tag"),
        pytest.param("google_compute_instance.x", {"metadata": {"guardrail-expected-duration": "2h"}}, id="metadata of a Google instance"),
        pytest.param("google_compute_instance.x", {"labels": {"guardrail-expected-duration": "2h"}}, id="a Google label"),
        pytest.param("azurerm_linux_virtual_machine.x", {"tags": {"Guardrail-Expected-Duration": "2h"}}, id="an Azure tag in any case"),
        pytest.param("azurerm_linux_virtual_machine.named", {}, id="the profile"),
    ],
)
def test_a_declaration_is_found_where_the_cloud_has_room_for_it(address: str, after: dict[str, Any]) -> None:
    spellings = {"aws": "guardrail:{key}", "google": "guardrail-{key}", "azure": "guardrail-{key}"}
    registered = {"azurerm_linux_virtual_machine.named": {"expected-duration": "2h"}}
    facts = replace(FACTS, declarations=spellings, declarations_for=registered)
    assert only(document(change(address, after)), facts).view["declared_s"] == {"expected-duration": 7200}


def test_unknown_tags_leave_declarations_open() -> None:
    plan = document(
        change("aws_instance.x", {"instance_type": "t3.micro"}, unknown={"tags": True, "tags_all": True}),
        blocks=[block("aws_instance.x", {"tags": ("random_pet.a.id",)})],
    )
    view = only(plan, replace(FACTS, declarations={"aws": "guardrail:{key}"})).view
    assert view["unknown"]["declared_s"] == ["random_pet.a.id"]
