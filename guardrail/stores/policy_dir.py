"""Policies from folders, and the library that ships with guardrail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import guardrail
from guardrail.errors import ConfigError, Fault, PolicyError
from guardrail.policy.sources import POLICY_FILE, PolicySource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["read_policies", "shipped_folder", "shipped_policies"]


def read_policies(folders: Sequence[str]) -> list[PolicySource]:
    """Every `policy.yaml` below the folders, sorted; a file is read whatever its name.

    Raises ConfigError for a path that is not there or holds no policy, PolicyError for a file that
    cannot be read.
    """
    return _read(file for folder in folders for file in _files(Path(folder)))


def shipped_policies() -> list[PolicySource]:
    """The policies that come with this version."""
    return read_policies([str(shipped_folder())])


def shipped_folder() -> Path:
    """Where the shipped library lies: inside the wheel, or beside the package in a checkout."""
    package = Path(guardrail.__file__).parent
    inside = package / "library"
    return inside if inside.is_dir() else package.parent / "policies"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError(f"{path}: no such file or folder of policies")
    found = sorted(path.rglob(POLICY_FILE))
    if not found:
        raise ConfigError(f"{path}: holds no {POLICY_FILE}; a policy lies at <category>/<policy>/{POLICY_FILE}")
    return found


def _read(files: Iterable[Path]) -> list[PolicySource]:
    sources: list[PolicySource] = []
    faults: list[Fault] = []
    for file in dict.fromkeys(files):
        try:
            sources.append(PolicySource(str(file), file.read_text("utf-8-sig")))
        except OSError as error:
            faults.append(Fault(str(file), 0, 0, "", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            faults.append(Fault(str(file), 0, 0, "", "not UTF-8"))
    if faults:
        raise PolicyError(faults)
    return sources
