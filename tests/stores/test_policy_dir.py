"""Policies from folders, and the shipped library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.errors import ConfigError, PolicyError
from guardrail.policy.library import compile_library
from guardrail.policy.profile import starter
from guardrail.stores.policy_dir import read_policies, shipped_folder, shipped_policies, unread_files
from tests.policy.samples import RUNTIME

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_library_loads() -> None:
    made = compile_library(shipped_policies(), starter(), RUNTIME)
    assert [policy.name for policy in made.policies] == sorted(file.parent.name for file in shipped_folder().rglob("policy.yaml"))
    assert len(made.policies) == len(shipped_policies())


def test_a_folder_gives_its_policies_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b", "a"):
        folder = tmp_path / "rules" / name
        folder.mkdir(parents=True)
        (folder / "policy.yaml").write_text(f"name: {name}", "utf-8")
        (folder / "cases.yaml").write_text("[]", "utf-8")
    assert [source.text for source in read_policies([str(tmp_path)])] == ["name: a", "name: b"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("rules/a/policy.yml", "name: a", id="the other ending"),
        pytest.param("rules/a/policy.json", "{}", id="a policy in JSON"),
        pytest.param("rules/mine.yaml", "apiVersion: guardrail.dev/v1\nkind: Policy\n", id="a policy by its content"),
        pytest.param("rules/a/cases.yaml", '"kind": "Policy"\n"apiVersion": "guardrail.dev/v1"\n', id="a policy that is called cases"),
    ],
)
def test_a_policy_that_would_not_be_read_is_a_fault(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "good" / "b").mkdir(parents=True)
    (tmp_path / "good" / "b" / "policy.yaml").write_text("name: b", "utf-8")
    stray = tmp_path / name
    stray.parent.mkdir(parents=True)
    stray.write_text(text, "utf-8")
    with pytest.raises(PolicyError) as caught:
        read_policies([str(tmp_path)])
    assert str(caught.value) == f"{stray}: is not read: a policy lies at <category>/<policy>/policy.yaml"


def test_other_files_among_policies_are_named(tmp_path: Path) -> None:
    files = (
        "a/policy.yaml",
        "a/cases.yaml",
        "a/README.md",
        "profiles/p.yaml",
        "exceptions/e.yaml",
        ".git/x.yaml",
        "kustomization.yaml",
        "b/cases.yaml",
    )
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("resources: []\n", "utf-8")
    assert unread_files([str(tmp_path), str(tmp_path)]) == [str(tmp_path / "b" / "cases.yaml"), str(tmp_path / "kustomization.yaml")]
    assert len(read_policies([str(tmp_path)])) == 1


def test_the_shipped_library_holds_nothing_else() -> None:
    assert unread_files([str(shipped_folder())]) == []


def test_a_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("\ufeffkind: Policy", "utf-8")
    assert [source.text for source in read_policies([str(file), str(file)])] == ["kind: Policy"]


def test_a_folder_without_policies_is_a_mistake_in_the_flag(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no policy\.yaml"):
        read_policies([str(tmp_path)])
    with pytest.raises(ConfigError, match="no such file or folder of policies"):
        read_policies([str(tmp_path / "nowhere")])


def test_a_file_that_is_not_text_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="not UTF-8"):
        read_policies([str(tmp_path)])
