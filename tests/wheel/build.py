"""Builds the wheel of the working tree, without network: the build backend is in the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(target: Path) -> Path:
    """The wheel, in the folder `target`."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = target.glob("*.whl")
    return wheel


def make_venv(target: Path) -> Path:
    """A virtual environment; its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(target)], check=True, capture_output=True)
    return target / "bin" / "python"
