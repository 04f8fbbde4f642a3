"""Generated pages are those that the sources give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.policy.docs import main, render_all
from guardrail.stores.policy_dir import shipped_folder

if TYPE_CHECKING:
    from pathlib import Path

PAGES = render_all(shipped_folder())


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(path, text, id=path.relative_to(shipped_folder()).as_posix()) for path, text in PAGES.items()]
)
def test_a_page_is_as_generated(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "run make docs"


def test_every_policy_has_an_example_of_both_kinds() -> None:
    for path, text in PAGES.items():
        if path.parent.parent.parent == shipped_folder():
            assert "## Avoid" in text
            assert "## Prefer" in text


def test_check_names_what_differs_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "tagging" / "required-tags"
    folder.mkdir(parents=True)
    for name in ("policy.yaml", "cases.yaml"):
        (folder / name).write_text((shipped_folder() / "tagging" / "required-tags" / name).read_text("utf-8"), "utf-8")
    assert main(["--check", str(tmp_path)]) == 1
    assert "README.md: differs from its sources" in capsys.readouterr().out
    assert not (folder / "README.md").exists()
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
