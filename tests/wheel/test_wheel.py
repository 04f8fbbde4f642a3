"""What is shipped works without the source tree: the wheel brings the policies along."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import zipfile
from typing import TYPE_CHECKING

import pytest

from guardrail import __version__
from tests.wheel.build import ROOT, build_wheel, make_venv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`guardrail` in a scratch environment: the wheel is installed there, its dependencies are those of this one."""
    scratch = tmp_path_factory.mktemp("venv")
    python = make_venv(scratch)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, capture_output=True)
    (own,) = scratch.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scratch / "bin" / "guardrail"


def test_the_wheel_holds_the_policies_and_the_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {path.relative_to(ROOT / "policies").as_posix() for path in (ROOT / "policies").rglob("*.yaml")}
    assert shipped <= {name.removeprefix("guardrail/library/") for name in names}
    data = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "guardrail").rglob("*") if path.suffix in {".json", ".yaml", ".tsv", ".typed"}
    }
    assert data <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"guardrail", "webhook", f"guardrail_policy-{__version__}.dist-info"}


def test_the_installed_wheel_lints(command: Path, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text((ROOT / "fixtures/manifests/train-job.yaml").read_text("utf-8"), encoding="utf-8")
    done = subprocess.run([command, "lint", "job.yaml", "--format", "json"], cwd=tmp_path, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert done.returncode in {0, 1}, done.stderr
    assert report["library"]["policies"] == len(list((ROOT / "policies").glob("*/*/policy.yaml")))
    assert report["summary"]["resources"] == 1


def test_the_installed_wheel_runs_the_cases_of_its_policies(command: Path, tmp_path: Path) -> None:
    done = subprocess.run([command, "test"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_installed_wheel_says_its_version(command: Path, tmp_path: Path) -> None:
    done = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"guardrail {__version__}\n"
