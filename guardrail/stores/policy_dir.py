"""Policies from folders, and the library that ships with guardrail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import guardrail
from guardrail.errors import ConfigError, Fault, PolicyError
from guardrail.model import Note
from guardrail.policy.cases import CASES_FILE
from guardrail.policy.sources import POLICY_FILE, PolicySource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "PolicyFolder",
    "from_here",
    "read_folders",
    "read_policies",
    "shipped_folder",
    "shipped_policies",
    "unread_files",
    "unread_notes",
    "write_new",
]

_FIXTURES = "fixtures"
_OTHER_FOLDERS = frozenset({"exceptions", "profiles", _FIXTURES})
_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
_POLICY_KIND = re.compile(r"""^["']?kind["']?:\s*["']?Policy["']?\s*$""", re.MULTILINE)
_OUR_VERSION = re.compile(r"""^["']?apiVersion["']?:\s*["']?guardrail\.dev/""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PolicyFolder:
    """A policy with what lies beside it.

    `cases` is the text of `cases.yaml` (None: there is none), `cases_path` where it is or would be.
    `fixtures` are the folders of that name beside the policy and above it up to the folder that was
    named, nearest first.
    """

    source: PolicySource
    cases_path: str
    cases: str | None
    fixtures: tuple[Path, ...]


def read_policies(folders: Sequence[str]) -> list[PolicySource]:
    """Every `policy.yaml` below the folders, sorted; a file that is named itself is read whatever it is called.

    Raises ConfigError for a path that is not there or holds no policy, PolicyError for a file that
    cannot be read and for a policy in a file that is called otherwise.
    """
    return _read(file for folder in folders for file in _files(Path(folder)))


def shipped_policies() -> list[PolicySource]:
    """The policies that come with this version."""
    return _read(sorted(shipped_folder().rglob(POLICY_FILE)))


def read_folders(folders: Sequence[str]) -> list[PolicyFolder]:
    """The policies below the folders with their cases, those that ship with this version without a folder.

    Raises as `read_policies`; PolicyError for cases without a policy too.
    """
    shipped = from_here(shipped_folder())
    found: list[PolicyFolder] = []
    faults: list[Fault] = []
    for folder in [Path(folder) for folder in folders] or [shipped]:
        beside = [shipped.parent / _FIXTURES] if folder == shipped else []  # where they lie in a checkout
        for source in read_policies([str(folder)]):
            home = Path(source.path).parent
            above = [home, *(parent for parent in home.parents if folder in {parent, *parent.parents})]
            fixtures = tuple(path for path in (*(place / _FIXTURES for place in above), *beside) if path.is_dir())
            found.append(PolicyFolder(source, str(home / CASES_FILE), _cases_of(home, faults), fixtures))
        homes = {Path(policy.source.path).parent for policy in found}
        lonely = sorted(path for path in folder.rglob(CASES_FILE) if path.parent not in homes) if folder.is_dir() else []
        faults.extend(Fault(str(path), 0, 0, "", f"cases without a {POLICY_FILE} beside them") for path in lonely)
    if faults:
        raise PolicyError(faults)
    return found


def write_new(folder: str, files: Mapping[str, str]) -> list[str]:
    """Writes files (path below the folder, text) that are not there yet, and returns their paths.

    Raises ConfigError, and writes nothing, when one of them exists or cannot be written.
    """
    paths = [Path(folder, name) for name in files]
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there:
        raise ConfigError("\n".join(f"{path}: is there already; nothing was written" for path in there))
    for path, text in zip(paths, files.values(), strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    return [str(path) for path in paths]


def from_here(path: Path) -> Path:
    """A path as people write it: relative where it lies below the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path


def _cases_of(home: Path, faults: list[Fault]) -> str | None:
    file = home / CASES_FILE
    try:
        return file.read_text("utf-8-sig") if file.exists() else None
    except OSError as error:
        faults.append(Fault(str(file), 0, 0, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        faults.append(Fault(str(file), 0, 0, "", "not UTF-8"))
    return None


def shipped_folder() -> Path:
    """Where the shipped library lies: inside the wheel, or beside the package in a checkout."""
    package = Path(guardrail.__file__).parent
    inside = package / "library"
    return inside if inside.is_dir() else package.parent / "policies"


def unread_files(folders: Sequence[str]) -> list[str]:
    """YAML and JSON files below folders of policies that nothing reads, sorted.

    Read are `policy.yaml` and, beside it, `cases.yaml`; `profiles/`, `exceptions/` and `fixtures/` hold other documents.
    """
    return sorted({str(file) for folder in folders for file in _strays(Path(folder))})


def unread_notes(folders: Sequence[str]) -> list[Note]:
    """What must be told of such files."""
    message = f"is not read: below --policies only {POLICY_FILE} and the cases beside it are"
    return [Note("policy-file-not-read", message, path) for path in unread_files(folders)]


def _strays(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for file in folder.rglob("*"):
        below = file.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in below)
        if hidden or not _OTHER_FOLDERS.isdisjoint(below[:-1]) or file.suffix.lower() not in _SUFFIXES or not file.is_file():
            continue
        if file.name != POLICY_FILE and not (file.name == CASES_FILE and file.with_name(POLICY_FILE).is_file()):
            yield file


def _misplaced(folder: Path) -> list[Fault]:
    """Policies that lie in files of other names: whoever wrote them thinks that they are in force."""
    faults = []
    for file in sorted(_strays(folder)):
        text = file.read_bytes().decode("utf-8-sig", "replace")
        if file.stem == "policy" or (_POLICY_KIND.search(text) and _OUR_VERSION.search(text)):
            faults.append(Fault(str(file), 0, 0, "", f"is not read: a policy lies at <category>/<policy>/{POLICY_FILE}"))
    return faults


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError(f"{path}: no such file or folder of policies")
    misplaced = _misplaced(path)
    if misplaced:
        raise PolicyError(misplaced)
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
