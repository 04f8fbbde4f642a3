from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.checkpoints import Container, checkpoint_of
from guardrail.policy.profile import starter
from tests.normalise.kubernetes.objects import view_of
from tests.normalise.terraform.plans import change, document, only

FACTS = starter().facts(now=datetime(2026, 11, 25, tzinfo=UTC), cluster=None, namespace=None)
MOUNTS: dict[str, bool | Unknown] = {"/data": True, "/data/cache": False, "/scratch": False}
DURABLE, LOST = True, False


def found(container: Container) -> Any:
    return checkpoint_of(PartialMap(), [container], FACTS)


@pytest.mark.parametrize(
    ("words", "uri", "durable"),
    [
        pytest.param(["--checkpoint-dir", "s3://b/x"], "s3://b/x", DURABLE, id="a flag and its value"),
        pytest.param(["--output_dir=/data/x"], "/data/x", DURABLE, id="a flag with its value"),
        pytest.param(["trainer.default_root_dir=/data/x"], "/data/x", DURABLE, id="a setting"),
        pytest.param(["sh", "-c", "python t.py \\\n  --save '/data/x'"], "/data/x", DURABLE, id="a script over several lines"),
        pytest.param(["sh", "-c", "OUT=/data/x; python t.py --output_dir $OUT"], "/data/x", DURABLE, id="a variable of the script"),
        pytest.param(["--output_dir", "$(ROOT)/x"], "/data/x", DURABLE, id="a variable of the container"),
        pytest.param(["--output_dir", "s3://b/${RUN}/x"], "s3://b/${RUN}/x", DURABLE, id="a variable inside of a location"),
        pytest.param(["--output_dir", "/data/cache/x"], "/data/cache/x", LOST, id="the innermost mount counts"),
        pytest.param(["--output_dir", "/database"], "/database", LOST, id="a path beside a mount"),
        pytest.param(["--output_dir", "/app/x"], "/app/x", LOST, id="a path of the container itself"),
        pytest.param(["--output_dir", "/app/x", "--save=/data/y"], "/data/y", DURABLE, id="a durable location wins"),
        pytest.param(["--output_dir", "file:///data/x"], "file:///data/x", DURABLE, id="a path as a URI"),
    ],
)
def test_a_location_is_found_in_the_arguments(words: list[str], uri: str, durable: bool) -> None:
    assert found(Container({"ROOT": "/data"}, words, MOUNTS)) == {"uri": uri, "durable": durable}


@pytest.mark.parametrize(
    ("container", "uri"),
    [
        pytest.param(Container({"CKPT_DIR": Unknown(("ConfigMap c",))}), Unknown(("ConfigMap c",)), id="a variable from elsewhere"),
        pytest.param(Container(words=["--output_dir", "$OUT"]), Unknown(("variable OUT",)), id="a variable that nothing here sets"),
        pytest.param(Container(elsewhere=Unknown(("ConfigMap c",))), Unknown(("ConfigMap c",)), id="variables of a whole ConfigMap"),
    ],
)
def test_what_is_set_elsewhere_is_unknown(container: Container, uri: Unknown) -> None:
    assert found(container)["uri"] == uri


def test_a_relative_path_lies_where_the_image_works() -> None:
    assert found(Container(words=["--output_dir=out"], mounts=MOUNTS))["durable"] == Unknown(("the working folder of the image",))
    assert found(Container(words=["--output_dir=out"]))["durable"] is False
    assert found(Container(words=["--output_dir=out"], mounts=MOUNTS, folder="/data"))["durable"] is True


def test_a_variable_that_means_itself_ends() -> None:
    assert found(Container({"CKPT_DIR": "$CKPT_DIR/x"}, mounts=MOUNTS))["durable"] in {False, Unknown(("the working folder of the image",))}


def test_without_a_word_there_is_no_location() -> None:
    assert found(Container(words=["--lr", "1", "--output_dir"])) == {"durable": False}


@pytest.mark.parametrize(
    ("volume", "durable"),
    [
        pytest.param("persistentVolumeClaim: {claimName: c}", DURABLE, id="a claim"),
        pytest.param("nfs: {server: s, path: /}", DURABLE, id="a network file system"),
        pytest.param("csi: {driver: gcsfuse.csi.storage.gke.io}", DURABLE, id="a bucket"),
        pytest.param("emptyDir: {medium: Memory}", LOST, id="memory"),
        pytest.param("hostPath: {path: /mnt}", LOST, id="a folder of the node"),
        pytest.param("ephemeral: {volumeClaimTemplate: {}}", LOST, id="a claim that goes with the pod"),
    ],
)
def test_a_volume_keeps_what_outlives_the_pod(volume: str, durable: bool) -> None:
    container = "{name: c, env: [{name: CHECKPOINT_DIR, value: /ckpt/x}], volumeMounts: [{name: v, mountPath: /ckpt}]}"
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{container}], volumes: [{{name: v, {volume}}}]}}}}"
    assert view_of(pod, FACTS)["checkpoint"] == {"uri": "/ckpt/x", "durable": durable}


def test_a_claim_template_of_a_stateful_set_outlives_its_pods() -> None:
    container = {"name": "c", "args": ["--save", "/ckpt"], "volumeMounts": [{"name": "v", "mountPath": "/ckpt"}]}
    spec = {"template": {"spec": {"containers": [container]}}, "volumeClaimTemplates": [{"metadata": {"name": "v"}}]}
    text = yaml.safe_dump({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "s"}, "spec": spec})
    assert view_of(text, FACTS)["checkpoint"]["durable"] is True


@pytest.mark.parametrize(
    ("volume", "durable"),
    [
        pytest.param({"gcs": [{"bucket": "b"}]}, DURABLE, id="a bucket"),
        pytest.param({"empty_dir": [{"medium": "MEMORY"}]}, LOST, id="memory"),
    ],
)
def test_a_cloud_run_job_mounts_what_outlives_it(volume: dict[str, Any], durable: bool) -> None:
    container = {"args": ["--save=/ckpt/x"], "volume_mounts": [{"name": "v", "mount_path": "/ckpt"}], "env": []}
    task = {"containers": [container], "volumes": [{"name": "v", **volume}]}
    view = only(document(change("google_cloud_run_v2_job.x", {"template": [{"template": [task]}]})), FACTS).view
    assert view["checkpoint"] == {"uri": "/ckpt/x", "durable": durable}


def test_a_machine_states_its_location_by_a_tag_and_a_type_that_is_not_read_may_have_one() -> None:
    machine = change("aws_instance.x", {"instance_type": "g5.xlarge", "tags": {"guardrail:checkpoint-uri": "s3://b/x"}})
    assert only(document(machine), FACTS).view["checkpoint"] == {"uri": "s3://b/x", "durable": True}
    assert only(document(change("google_tpu_v2_vm.x", {})), FACTS).view["checkpoint"]["uri"] == Unknown(("type google_tpu_v2_vm",))
