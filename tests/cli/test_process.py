"""The command line as a process: start-up, pipes, bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guardrail import __version__

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "guardrail"]
HEAVY = ("argparse", "typing", "yaml", "orjson", "celpy", "jsonschema", "dataclasses")


def run(*argv: str, seed: str = "0", cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    environ = {**os.environ, "PYTHONHASHSEED": seed, "GUARDRAIL_NOW": "2026-11-25", "PYTHONPATH": str(ROOT)}
    return subprocess.run([*COMMAND, *argv], cwd=cwd, env=environ, capture_output=True, check=False)


def test_version_loads_nothing_heavy() -> None:
    code = f"import sys; from guardrail.cli import main; main(['--version']); print(*(n for n in {HEAVY} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"guardrail {__version__}\n\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_same_input_same_bytes(form: str) -> None:
    first, second = (run("lint", "fixtures", "--profile", "policies/profiles/example.yaml", "--format", form, seed=seed) for seed in "12")
    assert first.stderr == b""
    assert first.stdout == second.stdout
    assert first.returncode == second.returncode == 1


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(
        "---\n".join(f"kind: Pod\napiVersion: v1\nmetadata: {{name: p{n}}}\n" for n in range(2000)), encoding="utf-8"
    )
    with subprocess.Popen(
        [*COMMAND, "inspect", str(tmp_path), "--format", "json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "lint", "fixtures"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"guardrail: the report cannot be written to standard output: No space left on device\n"


def test_a_name_that_is_no_text_is_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.yaml")).write_text("a: [", encoding="utf-8")
    for form in ("text", "json"):
        done = run("lint", ".", "--format", form, cwd=tmp_path)
        assert done.returncode == 2
        assert rb"caf\udce9.yaml" in done.stdout
