"""Generated pages are those that the sources give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.authoring import pages
from guardrail.cli import main
from guardrail.stores.policy_dir import shipped_folder

if TYPE_CHECKING:
    from pathlib import Path

PAGES = pages([str(shipped_folder())], None)


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(path, text, id=path.relative_to(shipped_folder()).as_posix()) for path, text in PAGES.items()]
)
def test_a_page_is_as_generated(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "run make docs"


def test_every_policy_has_a_page_with_an_example_of_both_kinds() -> None:
    own = [text for path, text in PAGES.items() if path.parent.parent.parent == shipped_folder()]
    assert len(own) == len(list(shipped_folder().glob("*/*/policy.yaml")))
    for text in own:
        assert "## Avoid" in text
        assert "## Prefer" in text


def test_the_index_names_every_policy_below_its_category() -> None:
    index = PAGES[shipped_folder() / "README.md"]
    for file in shipped_folder().glob("*/*/policy.yaml"):
        folder = file.parent.relative_to(shipped_folder()).as_posix()
        assert index.index(f"\n## {file.parent.parent.name}\n") < index.index(f"[{folder}]({folder}/)")


def test_check_names_what_differs_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "policy", "storage/my-rule"])
    argv = ["policies", "docs", "--policies", "policies"]
    capsys.readouterr()
    assert main([*argv, "--check"]) == 1
    assert "policies/storage/my-rule/README.md: differs from its sources\n" in capsys.readouterr().out
    assert not (tmp_path / "policies/storage/my-rule/README.md").exists()
    assert main(argv) == 0
    assert main([*argv, "--check"]) == 0
    text = (tmp_path / "policies/README.md").read_text("utf-8")
    assert "[storage/my-rule](storage/my-rule/)" in text
    assert "example.yaml" not in text


def test_pages_go_where_they_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "docs", "--out", str(tmp_path / "pages")]) == 0
    assert (tmp_path / "pages/quota/workload-gpu-cap/README.md").exists()
    capsys.readouterr()
    assert main(["policies", "docs"]) == 2
    assert "to a folder (--out DIR)" in capsys.readouterr().err


def test_a_page_of_a_broken_policy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "policy", "storage/my-rule"])
    file = tmp_path / "policies/storage/my-rule/policy.yaml"
    file.write_text(file.read_text("utf-8").replace("severity: medium", "severity: mild"), "utf-8")
    assert main(["policies", "docs", "--policies", "policies"]) == 2
    assert "policies/storage/my-rule/policy.yaml:9:" in capsys.readouterr().err
