"""Real files that nobody here wrote: nothing crashes, nothing sound is called broken, nothing broken passes."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from guardrail.inputs.reader import Inputs, read_inputs
from guardrail.model import InputFormat, InputRecord, InputStatus
from guardrail.syntax.yaml_positions import YamlPositions
from guardrail.syntax.yaml_text import ParsedDocument, YamlReader

ROOT = Path(os.environ.get("GUARDRAIL_CORPUS") or Path(__file__).parents[2].parent / "shared" / "corpus")
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="no corpus; point GUARDRAIL_CORPUS at it")

READ, SKIPPED, FAILED = InputStatus.READ, InputStatus.SKIPPED, InputStatus.FAILED
YAML_FILES = sorted(path for path in (ROOT / "manifests").rglob("*.y*ml")) if ROOT.is_dir() else []

# What Kubernetes refuses although PyYAML, which sorted the corpus, reads it: a key written twice, and an object without apiVersion.
UNSOUND = {
    "proposals__2170-kubeflow-trainer-v2__README.md.4.yaml": "duplicate key",
    "inference-pool-variables.yaml": "apiVersion is missing",
}


def named(folder: str) -> Inputs:
    """Every file of a folder, named one by one."""
    return read_inputs([str(path) for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".yaml", ".yml", ".json"}])


def unlike(records: tuple[InputRecord, ...], status: InputStatus, word: str = "") -> list[tuple[str, str, str | None]]:
    return [
        (record.path, record.status.value, record.reason)
        for record in records
        if record.status is not status or word not in (record.reason or "")
    ]


def test_every_manifest_parses() -> None:
    inputs = read_inputs([str(ROOT / "manifests")])
    failed = {Path(record.path).name: record.reason or "" for record in inputs.records if record.status is FAILED}
    assert failed.keys() <= UNSOUND.keys()
    assert all(UNSOUND[name] in reason for name, reason in failed.items())
    assert len(inputs.records) > 3000
    assert len(inputs.objects) > 5800
    assert sum(record.resources for record in inputs.records) == len(inputs.objects)


CLASS_WORDS = {
    "duplicate-key": "duplicate key",
    "missing-apiVersion": "apiVersion is missing",
    "parse-error(template placeholder)": "template",
    "custom-tag(not k8s)": "belongs to another tool",
}


def test_every_broken_manifest_fails_with_a_line_and_its_kind_of_fault() -> None:
    with (ROOT / "manifests-broken" / "INDEX.tsv").open(encoding="utf-8") as file:
        classes = {row["path"]: row["class"] for row in csv.DictReader(file, delimiter="\t")}
    records = {Path(record.path).relative_to(ROOT / "manifests-broken").as_posix(): record for record in named("manifests-broken").records}
    wrong = [
        (path, record.reason)
        for path, record in records.items()
        if record.status is not FAILED
        or not (record.reason or "").startswith("line ")
        or CLASS_WORDS.get(classes[path], "") not in (record.reason or "")
    ]
    assert records.keys() <= classes.keys()
    assert not wrong


def test_broken_manifests_do_not_hide_good_documents_beside_them() -> None:
    assert len(named("manifests-broken").objects) > 30


def test_every_template_says_so_when_named_and_is_passed_over_in_a_walk() -> None:
    assert not unlike(named("manifests-templated").records, FAILED, "template")
    assert not unlike(read_inputs([str(ROOT / "manifests-templated")]).records, SKIPPED, "template")


def test_other_yaml_is_skipped_also_when_named() -> None:
    assert not unlike(named("manifests-nonk8s").records, SKIPPED)


def test_every_plan_is_read() -> None:
    inputs = read_inputs([str(ROOT / "terraform" / "plans")])
    failed = [record for record in inputs.records if record.status is not READ]
    assert all("stopped with an error" in (record.reason or "") for record in failed)
    assert len(failed) <= 2
    assert len(inputs.plans) > 320
    assert all(record.format is InputFormat.PLAN for record in inputs.records)


def test_fragments_of_plans_are_read() -> None:
    assert not unlike(named("terraform/plans-partial").records, READ)


def test_odd_plans_are_read_with_a_notice_or_refused_with_a_place() -> None:
    for record in named("terraform/plans-odd").records:
        if "wrapper" in record.path or "utf16" in record.path:
            assert record.status is READ
            assert ("wrapper" in record.path) == ("wrapper" in (record.reason or ""))
        else:
            assert record.status is FAILED
            assert "byte" in (record.reason or "")


class Reference(yaml.CSafeLoader):
    """PyYAML without timestamps."""


Reference.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def differences(ours: Any, theirs: Any) -> list[tuple[Any, Any]]:
    """Pairs that differ, where both have the same shape down to them."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and len(ours) == len(theirs):
        # Both readers keep the order of the text; keys that are no text differ by design.
        keys = [(mine, key) for mine, key in zip(ours, theirs, strict=True) if isinstance(key, str) and mine != key]
        return keys + [pair for mine, other in zip(ours.values(), theirs.values(), strict=True) for pair in differences(mine, other)]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [pair for mine, other in zip(ours, theirs, strict=True) for pair in differences(mine, other)]
    return [] if type(ours) is type(theirs) and ours == theirs else [(ours, theirs)]


def is_explained(ours: Any, theirs: Any) -> bool:
    """The differences of goyaml.v2's table from PyYAML's, as far as real files show them."""
    if isinstance(theirs, float):
        return bool(ours == theirs)  # 1.0 is 1 after JSON
    if isinstance(ours, bool):
        return theirs in {"y", "Y", "n", "N"}
    if isinstance(ours, (int, float)):
        return isinstance(theirs, str) and "e" in theirs.lower() and float(theirs) == ours  # PyYAML wants a sign in the exponent
    if isinstance(ours, str):
        # Base 60, !!binary, and a block of text that ends a file without a line end.
        return isinstance(theirs, (int, float, bytes)) or ours == f"{theirs}\n"
    return False


def test_values_are_those_of_pyyaml_but_for_the_known_differences() -> None:
    reader, unexplained = YamlReader(), []
    for path in YAML_FILES:
        text = path.read_text(encoding="utf-8")
        documents = list(reader.read(text))
        if not all(isinstance(document, ParsedDocument) for document in documents):
            continue
        ours = [document.value for document in documents if isinstance(document, ParsedDocument)]
        theirs = list(yaml.load_all(text, Reference))
        unexplained += [(path.name, mine, other) for mine, other in differences(ours, theirs) if not is_explained(mine, other)]
    assert not unexplained


def test_every_pointer_of_real_manifests_has_a_place_on_a_line_that_shows_it() -> None:
    for path in YAML_FILES[::40]:
        text = path.read_text(encoding="utf-8")
        lines, positions = text.split("\n"), YamlPositions(text)
        for document in YamlReader().read(text):
            if isinstance(document, ParsedDocument) and isinstance(document.value, dict):
                for key, value in document.value.items():
                    place = positions.locate(document.index, "/" + key.replace("~", "~0").replace("/", "~1"))
                    assert place is not None
                    line = lines[place[0] - 1]
                    assert line[: place[1] - 1].strip() or line.lstrip().startswith((key, f'"{key}', f"'{key}", "{")), (path, key, value)


def test_reading_costs_no_more_than_half_of_pyyaml() -> None:
    texts = [path.read_text(encoding="utf-8") for path in YAML_FILES[::3]]

    def ours() -> float:
        reader, began = YamlReader(), time.process_time()
        for text in texts:
            list(reader.read(text))
        return time.process_time() - began

    def theirs() -> float:
        began = time.process_time()
        for text in texts:
            list(yaml.load_all(text, yaml.CSafeLoader))
        return time.process_time() - began

    # 0.65: half, and room for a busy machine.
    assert min(ours() for _ in range(3)) < 0.65 * min(theirs() for _ in range(3))
