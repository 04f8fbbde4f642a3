"""Which files a run reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from guardrail.inputs.discovery import Candidate, PathIgnore, discover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.yaml",
        "a.yml",
        "plan.json",
        "README.md",
        "k8s/z.YAML",
        "k8s/deep/x.yaml",
        ".git/config.yaml",
        "node_modules/p/package.json",
        ".github/ci.yaml",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paths(candidates: list[Candidate]) -> list[str]:
    return [candidate.path for candidate in candidates]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("named", "found"),
    [
        pytest.param(
            ["."],
            ["a.yml", "b.yaml", "plan.json", ".github/ci.yaml", "k8s/z.YAML", "k8s/deep/x.yaml"],
            id="a walk takes manifests and plans, sorted",
        ),
        pytest.param(["./k8s/"], ["k8s/z.YAML", "k8s/deep/x.yaml"], id="a folder"),
        pytest.param(["README.md"], ["README.md"], id="a named file whatever its name"),
        pytest.param(["k8s/**/*.yaml"], ["k8s/deep/x.yaml"], id="a glob that the shell did not expand"),
        pytest.param(["*.y*ml", "k8s"], ["a.yml", "b.yaml", "k8s/z.YAML", "k8s/deep/x.yaml"], id="globs and folders together"),
        pytest.param(
            ["b.yaml", ".", "./b.yaml"],
            ["b.yaml", "a.yml", "plan.json", ".github/ci.yaml", "k8s/z.YAML", "k8s/deep/x.yaml"],
            id="each file once",
        ),
        pytest.param(["-", "b.yaml", "-"], ["-", "b.yaml"], id="standard input, once"),
        pytest.param([".git"], [".git/config.yaml"], id="a folder that walks skip is read when it is named"),
    ],
)
def test_paths(named: list[str], found: list[str]) -> None:
    assert paths(discover(named)) == found


@pytest.mark.usefixtures("tree")
def test_a_file_that_is_named_and_walked_counts_as_named() -> None:
    by_path = {candidate.path: candidate.named for candidate in discover([".", "b.yaml"])}
    assert by_path["b.yaml"]
    assert not by_path["a.yml"]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("absent.yaml", "no such file", id="a file that is not there"),
        pytest.param("*.toml", "no file matches", id="a glob without a match"),
        pytest.param("empty", "no .yaml, .yml or .json file", id="a folder without manifests"),
    ],
)
def test_a_path_that_means_no_file_says_so(path: str, words: str, tree: Path) -> None:
    (tree / "empty").mkdir()
    (candidate,) = discover([path])
    assert candidate.missing is not None
    assert words in candidate.missing


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tree: Path) -> None:
    (tree / "[x].yaml").write_text("a: 1\n")
    assert paths(discover(["[x].yaml"])) == ["[x].yaml"]


def test_links_make_no_loop_and_no_second_reading(tree: Path) -> None:
    (tree / "k8s" / "loop").symlink_to(tree / "k8s")
    (tree / "k8s" / "again.yaml").symlink_to(tree / "k8s" / "z.YAML")
    assert paths(discover(["k8s"])) == ["k8s/again.yaml", "k8s/deep/x.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_told(tree: Path) -> None:
    (tree / "k8s" / "deep").chmod(0)
    try:
        missing = [candidate for candidate in discover(["k8s"]) if candidate.missing]
    finally:
        (tree / "k8s" / "deep").chmod(0o700)
    assert paths(missing) == ["k8s/deep"]


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        pytest.param("*.yaml", "a.yaml", True, id="a name"),
        pytest.param("*.yaml", "deep/down/a.yaml", True, id="a name without a slash matches at any depth"),
        pytest.param("k8s/*.yaml", "k8s/a.yaml", True, id="a folder and a name"),
        pytest.param("k8s/*.yaml", "k8s/deep/a.yaml", False, id="a star stays in its folder"),
        pytest.param("k8s/**/*.yaml", "k8s/deep/down/a.yaml", True, id="two stars cross folders"),
        pytest.param("k8s/**/*.yaml", "k8s/a.yaml", True, id="or none"),
        pytest.param("**/test/**", "a/test/b/c.yaml", True, id="two stars on both sides"),
        pytest.param("vendor", "a/vendor/x/y.yaml", True, id="a folder's name means all below it"),
        pytest.param("vendor/", "vendor/y.yaml", True, id="with a slash at the end too"),
        pytest.param("vendor", "vendored/y.yaml", False, id="but not a longer name"),
        pytest.param("./k8s/a.yaml", "k8s/a.yaml", True, id="a leading dot is left out"),
        pytest.param("a?.yaml", "ab.yaml", True, id="a question mark is one character"),
        pytest.param("a?.yaml", "a/.yaml", False, id="but no slash"),
        pytest.param("[!a]*.yaml", "b.yaml", True, id="a set that excludes"),
        pytest.param("[ab].yaml", "c.yaml", False, id="a set"),
        pytest.param("a.yaml", "axyaml", False, id="a dot is a dot"),
    ],
)
def test_an_ignore_glob(glob: str, path: str, matches: bool) -> None:
    assert PathIgnore(glob, "r").matches(path) is matches


def test_ignored_files_keep_the_reason_also_when_they_are_named(tree: Path) -> None:
    found = {
        candidate.path: candidate.ignored
        for candidate in discover([str(tree / "k8s"), "b.yaml"], [PathIgnore("k8s/deep/**", "generated"), PathIgnore("b.*", "later")])
    }
    assert found == {f"{tree}/k8s/z.YAML": None, f"{tree}/k8s/deep/x.yaml": "generated", "b.yaml": "later"}
