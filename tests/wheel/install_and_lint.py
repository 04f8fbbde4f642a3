"""Installs the wheel as a user does: locked runtime requirements, an environment of its own; then lints the fixtures.

Needs network. python -m tests.wheel.install_and_lint
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.wheel.build import ROOT, build_wheel, make_venv


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch, "dist"))
        python = make_venv(Path(scratch, "venv"))
        pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "--requirement", ROOT / "requirements.txt"], check=True)
        subprocess.run([*pip, "--no-deps", wheel], check=True)
        fixtures, profile = ROOT / "fixtures", ROOT / "policies/profiles/example.yaml"
        done = subprocess.run([python.with_name("guardrail"), "lint", fixtures, "--profile", profile, "--quiet"], cwd=scratch, check=False)
        return 0 if done.returncode in {0, 1} else 1


if __name__ == "__main__":
    sys.exit(main())
