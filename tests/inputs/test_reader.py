"""Files to objects, plans and records."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.inputs.classify import classify
from guardrail.inputs.reader import Inputs, PathIgnore, read_inputs
from guardrail.model import InputFormat, InputRecord, InputStatus, Location, Origin
from guardrail.syntax.yaml_text import YamlReader

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n"
PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "terraform_version": "1.9.8",
    "resource_changes": [{"address": "aws_instance.a", "change": {}}],
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def read(content: str | bytes, name: str = "input.yaml", *, walked: bool = False) -> tuple[Inputs, InputRecord]:
    """One file, named or met in a walk."""
    write({f"in/{name}": content})
    inputs = read_inputs(["in" if walked else f"in/{name}"])
    return inputs, inputs.records[0]


READ, SKIPPED, FAILED = InputStatus.READ, InputStatus.SKIPPED, InputStatus.FAILED


@pytest.mark.parametrize(
    ("content", "status", "walked_status", "words"),
    [
        pytest.param(POD, READ, READ, None, id="a manifest"),
        pytest.param("# nothing yet\n", READ, READ, "nothing to judge", id="comments only"),
        pytest.param("apiVersion: v1\nkind: List\nitems: []\n", READ, READ, "nothing to judge", id="an empty list"),
        pytest.param("", FAILED, SKIPPED, "empty", id="an empty file"),
        pytest.param("\ufeff \n\t\n", FAILED, SKIPPED, "empty", id="white space"),
        pytest.param(
            "{{- if .Values.a }}\nkind: Pod\n{{- end }}\n",
            FAILED,
            SKIPPED,
            "render it first: helm template",
            id="a Helm template",
        ),
        pytest.param(POD + 'x: "{{ .Values.x }}"\n', FAILED, SKIPPED, "template", id="a Helm template that is YAML by chance"),
        pytest.param("kind: Pod\n{% if x %}\na: [\n{% endif %}\n", FAILED, SKIPPED, "template", id="a Jinja template"),
        pytest.param("kind: Pod\nspec:\n%{ for a in b ~}\n  c: ${a}\n%{ endfor ~}\n", FAILED, SKIPPED, "template", id="a templatefile"),
        pytest.param('#@ load("@ytt:data", "data")\n' + POD + "x: #@ data.values.x\n", FAILED, SKIPPED, "ytt -f DIR", id="a ytt template"),
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yml: |\n    #@ load('x')\n",
            READ,
            READ,
            None,
            id="an object that carries a ytt template for others",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\n  metadata: {name: a}\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    {{ range .Alerts }}\n",
            FAILED,
            FAILED,
            "line 3",
            id="a broken object beside one that carries a template for others",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ name }}}\n",
            FAILED,
            SKIPPED,
            "{{ name }} looks like the placeholder of a template",
            id="placeholders",
        ),
        pytest.param(
            POD + "---\napiVersion: v1\nkind: Secret\ndata: {a: {{ A }}}\n",
            FAILED,
            FAILED,
            "template",
            id="a placeholder beside good objects",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: ${NAME}}\n",
            FAILED,
            FAILED,
            "line 3",
            id="a broken document with a shell placeholder",
        ),
        pytest.param("image: {tag: 1}\n", SKIPPED, SKIPPED, "no Kubernetes object (it holds image)", id="some mapping"),
        pytest.param("apiVersion: v2\nname: a\nversion: 0.1.0\n", SKIPPED, SKIPPED, "Chart.yaml", id="a chart"),
        pytest.param("services: {a: {image: x}}\n", SKIPPED, SKIPPED, "Docker Compose", id="a compose file"),
        pytest.param("on: push\njobs: {}\n", SKIPPED, SKIPPED, "GitHub Actions", id="a workflow"),
        pytest.param(
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n", SKIPPED, SKIPPED, "kustomize build", id="a kustomization"
        ),
        pytest.param("resources: [a.yaml]\n", SKIPPED, SKIPPED, "kustomize build", id="a kustomization without its kind"),
        pytest.param("- {op: add, path: /a, value: 1}\n", SKIPPED, SKIPPED, "JSON patch", id="a JSON patch"),
        pytest.param("- hosts: all\n  tasks: []\n", SKIPPED, SKIPPED, "Ansible", id="a playbook"),
        pytest.param("apiVersion: v1\nkind: Config\nclusters: []\n", SKIPPED, SKIPPED, "kubeconfig", id="a kubeconfig"),
        pytest.param("just words\n", SKIPPED, SKIPPED, "plain text", id="plain text"),
        pytest.param(
            "Resources: {a: {Type: 'AWS::S3::Bucket', Name: !Ref b}}\n",
            FAILED,
            SKIPPED,
            "the tag !Ref belongs to another tool (a CloudFormation template)",
            id="tags of another tool",
        ),
        pytest.param(
            "kind: Pod\nmetadata: {name: a}\n", FAILED, FAILED, "line 1, column 1: apiVersion is missing from this Pod", id="no apiVersion"
        ),
        pytest.param("apiVersion: v1\nmetadata: {name: a}\n", FAILED, FAILED, "kind is missing", id="no kind"),
        pytest.param(
            "apiVersion: 1\nkind: Pod\nmetadata: {}\n", FAILED, FAILED, "apiVersion is a number, not text", id="a numeric apiVersion"
        ),
        pytest.param(
            "apiVersion: v1\nkind: [Pod]\nmetadata: {}\n", FAILED, FAILED, "line 2, column 7: kind is a list", id="a kind that is no text"
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: x\n",
            FAILED,
            FAILED,
            "line 3, column 11: metadata of this Pod is text",
            id="metadata that is no mapping",
        ),
        pytest.param("- apiVersion: v1\n  kind: Pod\n", FAILED, FAILED, "bare list", id="a bare list of objects"),
        pytest.param("apiVersion: v1\nkind: List\nitems: {a: 1}\n", FAILED, FAILED, "items of this List", id="items that are no list"),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- {a: 1}\n-\n", FAILED, FAILED, "no Kubernetes object", id="items that are no objects"
        ),
        pytest.param("a: 1\na: 2\n", FAILED, FAILED, "duplicate key", id="a broken file that is no manifest"),
        pytest.param(b"a: \xe9\n", FAILED, FAILED, "line 1: not UTF-8 (byte 0xE9 at offset 3)", id="Latin-1"),
        pytest.param(b"\x7fELF\0\0\x01\xff", FAILED, FAILED, "binary", id="a binary"),
        pytest.param(b"\x1f\x8b\x08", FAILED, FAILED, "gzip", id="an archive"),
    ],
)
def test_what_becomes_of_a_yaml_file(content: str | bytes, status: InputStatus, walked_status: InputStatus, words: str | None) -> None:
    _, record = read(content)
    _, walked = read(content, walked=True)
    assert (record.status, walked.status) == (status, walked_status)
    assert words is None if record.reason is None else words is not None and words in record.reason


def test_helm_values_are_known_by_their_name() -> None:
    assert read("image: {tag: 1}\n", "values-prod.yaml")[1].reason == "Helm values"


def plan(**changes: Any) -> str:
    return json.dumps(PLAN | changes)


@pytest.mark.parametrize(
    ("content", "status", "format_", "words"),
    [
        pytest.param(plan(), READ, InputFormat.PLAN, None, id="a plan"),
        pytest.param(plan(format_version="0.1"), READ, InputFormat.PLAN, None, id="an old plan"),
        pytest.param(plan(format_version="1.99", news=[]), READ, InputFormat.PLAN, None, id="a newer minor format"),
        pytest.param(plan(format_version="2.0"), FAILED, InputFormat.PLAN, "plan format 2.0", id="another major format"),
        pytest.param(plan(errored=True), FAILED, InputFormat.PLAN, "stopped with an error", id="an errored plan"),
        pytest.param(plan(resource_changes={}), FAILED, InputFormat.PLAN, "no list", id="changes that are no list"),
        pytest.param(
            '{"format_version": "1.2", "terraform_version": "1.9", "output_changes": {}}',
            READ,
            InputFormat.PLAN,
            "no resource_changes",
            id="outputs only",
        ),
        pytest.param('{"resource_changes": []}', READ, InputFormat.PLAN, None, id="a fragment with changes"),
        pytest.param('{"planned_values": {}}', READ, InputFormat.PLAN, "fragment", id="a fragment without changes"),
        pytest.param(
            '{"version": 4, "terraform_version": "1.9", "serial": 1, "lineage": "x", "resources": []}',
            FAILED,
            InputFormat.OTHER,
            "state",
            id="a state",
        ),
        pytest.param(
            '{"format_version": "1.0", "terraform_version": "1.9", "values": {}}',
            FAILED,
            InputFormat.OTHER,
            "state",
            id="a state that was shown",
        ),
        pytest.param(
            '{"@level":"info","@message":"Terraform 1.9","type":"version","terraform_version":"1"}\n{"@level":"info","@message":"x"}\n',
            FAILED,
            InputFormat.OTHER,
            "terraform show -json",
            id="the line stream",
        ),
        pytest.param(
            '{"@level":"info","@message":"Terraform 1.9","type":"version"}\n',
            FAILED,
            InputFormat.OTHER,
            "terraform show -json",
            id="a line stream of one line",
        ),
        pytest.param(b"PK\x03\x04rest", FAILED, InputFormat.OTHER, "terraform show -json in/plan.json", id="a binary plan"),
        pytest.param(plan()[:-30], FAILED, InputFormat.PLAN, "cut off", id="a plan that is cut off"),
        pytest.param(
            plan().replace('"change"', '"chan\nge"'),
            FAILED,
            InputFormat.PLAN,
            "after the address aws_instance.a",
            id="a mangled plan says where",
        ),
        pytest.param(plan() + "\nError: x\n", FAILED, InputFormat.PLAN, "line 2", id="words behind a plan"),
        pytest.param(
            "[command]/bin/terraform show -json p\n" + plan() + "\n::debug::stdout: x::\n",
            READ,
            InputFormat.PLAN,
            "wrapper",
            id="lines of setup-terraform",
        ),
        pytest.param(
            "\x1b[0m[command]/bin/terraform show -json p\r\n" + plan() + "%0A\r\n::set-output name=exitcode::0\r\n",
            READ,
            InputFormat.PLAN,
            "wrapper",
            id="its older lines, with colours",
        ),
        pytest.param("\ufeff" + plan(), READ, InputFormat.PLAN, None, id="a byte order mark"),
        pytest.param(plan().encode("utf-16"), READ, InputFormat.PLAN, None, id="UTF-16 as PowerShell writes it"),
        pytest.param(plan().encode("utf-16-le"), READ, InputFormat.PLAN, None, id="UTF-16 without a mark"),
        pytest.param(b"\xfe\xff" + plan().encode("utf-16-be"), READ, InputFormat.PLAN, None, id="UTF-16 the other way round"),
        pytest.param(plan().encode("utf-32"), READ, InputFormat.PLAN, None, id="UTF-32"),
        pytest.param("time=12:00 level=info\n" + plan(), FAILED, InputFormat.PLAN, "begins at line 2", id="words before a plan"),
        pytest.param(
            "Terraform will perform the following actions:\n\n  + a {\n", FAILED, InputFormat.OTHER, "show -json", id="a plan for people"
        ),
        pytest.param('resource "aws_instance" "a" {\n  x = 1\n}\n', FAILED, InputFormat.OTHER, "Terraform source", id="source"),
        pytest.param('{"name": "x", "version": "1"}', SKIPPED, InputFormat.OTHER, "no Kubernetes object", id="some JSON"),
        pytest.param("[]", SKIPPED, InputFormat.OTHER, "a list", id="a JSON list"),
        pytest.param(
            '{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {}}',
            FAILED,
            InputFormat.REVIEW,
            "names no operation",
            id="an AdmissionReview without an operation",
        ),
        pytest.param(
            '{"uid": "x", "kind": {"kind": "Pod"}, "resource": {}, "operation": "CREATE"}',
            FAILED,
            InputFormat.REVIEW,
            "holds no object",
            id="the request alone, without an object",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Pod", "kind": "Pod"}', FAILED, InputFormat.KUBERNETES, "duplicate key", id="a duplicate key"
        ),
        pytest.param('{"a": 1\n"b": 2}', FAILED, InputFormat.KUBERNETES, "line 2", id="a comma that is missing"),
        pytest.param(
            '{"a": 1,\n// comment\n}', SKIPPED, InputFormat.OTHER, "no Kubernetes object", id="a comment, which YAML reads as a key"
        ),
    ],
)
def test_what_becomes_of_a_json_file(content: str | bytes, status: InputStatus, format_: InputFormat, words: str | None) -> None:
    inputs, record = read(content, "plan.json")
    assert (record.status, record.format) == (status, format_)
    assert words is None if record.reason is None else words is not None and words in record.reason
    assert bool(inputs.plans) == (status is READ)


def test_broken_json_that_a_walk_meets_is_somebody_elses_unless_it_looks_like_ours() -> None:
    assert read('{"a": 1\n"b": 2}', "tsconfig.json", walked=True)[1].status is SKIPPED
    assert read('{"apiVersion": "v1"\n"b": 2}', "tsconfig.json", walked=True)[1].status is FAILED


def test_yaml_in_flow_style_is_no_broken_json() -> None:
    inputs, record = read("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod}\n", "pod.json")
    assert (record.status, record.resources) == (READ, 2)
    assert inputs.locator.locate(inputs.objects[0].origin, "/metadata/name").column == 46


def test_a_plan_counts_its_changes_and_keeps_numbers_within_64_bits() -> None:
    inputs, record = read(plan(big=2**64 - 1, small=3), "plan.json")
    assert record.resources == 1
    assert inputs.plans[0].value["big"] == float(2**64)
    assert isinstance(inputs.plans[0].value["big"], float)
    assert inputs.plans[0].value["small"] == 3


def test_byte_offsets_of_a_broken_plan_are_those_of_the_file() -> None:
    text = plan(name="é")[:-3]
    _, record = read(b"\xff\xfe" + text.encode("utf-16-le"), "plan.json")
    assert f"(byte {2 + 2 * len(text)}" in str(record.reason)


@pytest.mark.parametrize(
    "content", ['{"format_version": ' + "[" * 5000, '{"resource_changes": "' + "\\ud800" + '"}', '{"format_version": "1.2"' + ", " * 5000]
)
def test_strange_plans_fail_in_words(content: str) -> None:
    assert read(content, "plan.json")[1].status is FAILED


def test_a_broken_plan_shows_no_line_of_it() -> None:
    inputs, record = read('{"format_version": "1.2",\n"password": "hunter2" "x"}', "plan.json")
    assert "hunter2" not in f"{record} {inputs.faults}"


BITS = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b'"',
        b":",
        b",",
        b"\n",
        b"---\n",
        b"\xff\xfe",
        b"\0",
        b"apiVersion: v1\n",
        b"kind: List\n",
        b"items:\n- 1\n",
        b'"format_version"',
        b'"resource_changes"',
        b"{{ x }}",
        b"{{- if",
        b"[command]x\n",
        b"::debug::x::",
        b"!Ref ",
        b"\x1b[0m",
        b"PK\x03\x04",
        b"null",
        b"%0A",
        b"\xe9",
    ]
)


@given(st.binary(max_size=40) | st.lists(BITS, max_size=12).map(b"".join), st.booleans())
@settings(deadline=None, max_examples=400)
def test_every_file_becomes_something(data: bytes, named: bool) -> None:
    content = classify(data, "x.yaml", YamlReader(), named=named)
    assert content.status is READ or content.reason


def test_lists_are_taken_apart_however_deep() -> None:
    inner = "{apiVersion: v1, kind: PodList, items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]}"
    inputs, record = read(f"apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Pod, metadata: {{name: a}}}}\n- {inner}\n")
    assert [(item.value["metadata"]["name"], item.origin.pointer) for item in inputs.objects] == [
        ("a", "/items/0"),
        ("b", "/items/1/items/0"),
    ]
    assert record.resources == 2


def test_items_of_a_typed_list_are_what_the_list_says() -> None:
    items = "[{metadata: {name: a}}, {apiVersion: v1, kind: Service, metadata: {name: b}}]"
    inputs, record = read(f"apiVersion: apps/v1\nkind: DeploymentList\nitems: {items}\n")
    found = [(item.value["apiVersion"], item.value["kind"], item.value["metadata"]["name"]) for item in inputs.objects]
    assert found == [("apps/v1", "Deployment", "a"), ("v1", "Service", "b")]
    assert record.status is READ


JSON_SERVICES = """{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
---
{"apiVersion": "v1",
 "kind": "Service",
 "metadata": {"name": "b"}}
---
"""


@pytest.mark.parametrize(
    ("rest", "status", "reason"),
    [
        pytest.param("", READ, None, id="whole"),
        pytest.param('{"apiVersion": "v1", "kind": "Pod", "metadata": 1}\n', FAILED, "line 7, column 49: metadata", id="one is no object"),
        pytest.param('{"apiVersion": "v1",\n', FAILED, "line 8", id="one is cut off"),
    ],
)
def test_json_between_yaml_separators_is_found_where_it_stands(rest: str, status: InputStatus, reason: str | None) -> None:
    inputs, record = read(JSON_SERVICES + rest)
    assert record.status is status
    assert record.reason is None if reason is None else str(record.reason).startswith(reason)
    places = [inputs.locator.locate(item.origin, "/metadata/name") for item in inputs.objects]
    assert [(place.line, place.column) for place in places] == [(1, 62), (5, 23)]


def test_a_kind_that_ends_in_list_without_items_is_an_object() -> None:
    assert len(read("apiVersion: a.example/v1\nkind: AccessList\nmetadata: {name: a}\n")[0].objects) == 1


def test_one_broken_document_leaves_the_others_and_every_fault_is_kept() -> None:
    inputs, record = read(f"{POD}---\na: [\n---\nkind: Pod\nspec: {{}}\n---\n{POD}")
    assert [item.origin.document for item in inputs.objects] == [0, 3]
    assert (record.status, record.resources) == (FAILED, 2)
    assert [(fault.line, fault.path) for fault in inputs.faults] == [(7, "in/input.yaml"), (8, "in/input.yaml")]
    assert all(f"line {fault.line}" in str(record.reason) for fault in inputs.faults)


def test_a_document_that_is_no_object_is_told_beside_objects() -> None:
    _, record = read(f"{POD}---\nvalues: 1\n")
    assert record.status is READ
    assert "document 1 is left out: no apiVersion and kind" in str(record.reason)


def test_one_bad_file_never_hides_the_others() -> None:
    write({"in/bad.yaml": "a: [\n", "in/good.yaml": POD, "in/plan.json": plan(), "in/values.yaml": "a: 1\n"})
    inputs = read_inputs(["in", "absent.yaml"], ignores=[PathIgnore("plan.json", "old")])
    assert [(record.path, record.status) for record in inputs.records] == [
        ("in/bad.yaml", FAILED),
        ("in/good.yaml", READ),
        ("in/plan.json", SKIPPED),
        ("in/values.yaml", SKIPPED),
        ("absent.yaml", FAILED),
    ]
    assert inputs.records[2].reason == "old"
    assert len(inputs.objects) == 1


def test_patches_that_a_kustomization_lists_are_left_out() -> None:
    inline = "patchesStrategicMerge: [../shared.yaml, 'apiVersion: v1\n\n  kind: X']\n"
    write(
        {
            "app/overlay/kustomization.yaml": f"resources: [../base]\npatches: [{{path: patch.yaml}}]\n{inline}",
            "app/overlay/patch.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort}\n",
            "app/shared.yaml": POD,
            "app/own.yaml": POD,
        }
    )
    inputs = read_inputs(["app"])
    assert [item.origin.path for item in inputs.objects] == ["app/own.yaml"]
    reasons = {record.path: record.reason or "" for record in inputs.records}
    assert (
        "kustomize patch of app/overlay/kustomization.yaml; build it first: kustomize build app/overlay"
        in reasons["app/overlay/patch.yaml"]
    )
    assert "kustomize patch" in reasons["app/shared.yaml"]


@pytest.mark.parametrize(
    ("spec", "partial"),
    [
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n",
            True,
            id="a Deployment without a pod template",
        ),
        pytest.param(
            "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n",
            True,
            id="a container without an image",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nspec: {selector: {}, template: {spec: {containers: [{name: a}]}}}\n",
            False,
            id="a Deployment with its selector and an image that was forgotten",
        ),
        pytest.param("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n$patch: delete\n", True, id="a patch directive"),
        pytest.param(POD, False, id="a whole pod"),
        pytest.param("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", False, id="a kind without required parts"),
        pytest.param("apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: a}\n", False, id="somebody else's Deployment"),
    ],
)
def test_partial_objects_are_marked(spec: str, partial: bool) -> None:
    inputs, record = read(spec)
    assert len(inputs.objects) == 1
    assert (inputs.objects[0].origin in inputs.partial) is partial
    assert ([note.code for note in inputs.notes] == ["partial-object"]) is partial
    assert record.status is READ


def test_standard_input_is_read_once_under_its_display_name() -> None:
    inputs = read_inputs(["-", "-"], stdin=io.BytesIO(POD.encode()), stdin_filename="k8s/pod.yaml")
    assert [record.path for record in inputs.records] == ["k8s/pod.yaml"]
    assert inputs.locator.locate(inputs.objects[0].origin, "/metadata/name") == Location("k8s/pod.yaml", 3, 18, 0, "/metadata/name")


def test_standard_input_under_the_name_of_a_file_hides_neither() -> None:
    write({"a.yaml": POD})
    inputs = read_inputs(["a.yaml", "-"], stdin=io.BytesIO(POD.encode()), stdin_filename="a.yaml")
    assert len(inputs.objects) == len(inputs.records) == 2


def test_an_absent_standard_input_is_empty() -> None:
    (record,) = read_inputs(["-"]).records
    assert record == InputRecord("<stdin>", InputFormat.OTHER, FAILED, record.reason, 0)
    assert "empty" in str(record.reason)


def test_a_pipe_is_read_once_and_can_be_located(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(POD,))
    writer.start()
    inputs = read_inputs([str(pipe)])
    writer.join()
    assert inputs.locator.locate(inputs.objects[0].origin, "/kind").line == 2


def test_a_broken_link_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (record,) = read_inputs(["gone.yaml"]).records
    assert record.reason == "cannot be read: No such file or directory"


def test_places_in_items_of_lists_in_plans_and_behind_wrappers() -> None:
    wrapped = "[command]x\n" + json.dumps(PLAN, indent=1) + "\n::debug::x::\n"
    listed, _ = read("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n", "list.yaml")
    planned, _ = read(wrapped, "plan.json")
    assert listed.locator.locate(listed.objects[0].origin, "/metadata/name") == Location("in/list.yaml", 7, 11, 0, "/items/0/metadata/name")
    place = planned.locator.locate(planned.plans[0].origin, "/resource_changes/0/address")
    assert (place.line, wrapped.split("\n")[6]) == (7, '   "address": "aws_instance.a",')


def test_the_locator_survives_files_that_went_away(tmp_path: Path) -> None:
    inputs, _ = read(POD)
    (tmp_path / "in" / "input.yaml").unlink()
    assert inputs.locator.locate(inputs.objects[0].origin, "/kind") == Location("in/input.yaml", None, None, 0, "/kind")
    assert inputs.locator.locate(Origin("other.yaml", 3), "").line is None
