"""Which files a run reads: from the paths, folders and globs that a user names."""

# Paths stay the text that the user wrote, and pathlib would double the time of a walk.
# ruff: noqa: PTH109, PTH112, PTH207

from __future__ import annotations

import glob
import os
import posixpath
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["SKIPPED_FOLDERS", "STDIN", "Candidate", "PathIgnore", "discover"]

STDIN = "-"

# Folders that hold other people's files, caches or history; a walk does not enter them. What is named is read all the same.
SKIPPED_FOLDERS = frozenset(
    {
        ".cache",
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".terraform",
        ".terragrunt-cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
        "venv",
    }
)
_WALKED_SUFFIXES = (".yaml", ".yml", ".json")
_GLOB_SIGNS = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class PathIgnore:
    """Files that are not judged, and why.

    In a glob `*` stays within a folder and `**` crosses folders. A glob without a slash matches a
    name at any depth, and one that matches a folder matches everything below it. `below` is the
    working folder as seen from the folder that globs are written for; empty where they are the same.
    """

    glob: str
    reason: str
    below: str = ""

    def matches(self, path: str) -> bool:
        """Whether a path, with forward slashes, is meant."""
        seen = posixpath.normpath(posixpath.join(self.below, path)) if self.below else path.removeprefix("./")
        return self._pattern.match(seen) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        text = self.glob.removeprefix("./").rstrip("/")
        anywhere = "" if "/" in text else "(?:.*/)?"
        return re.compile(f"{anywhere}{_translate(text)}(?:/.*)?\\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to read. `path` is its name in the report; `named` is False when a walk met it.

    `identity` is the same for two names of one file. `ignored` is the reason why it is not judged;
    `missing` says why there is nothing to read.
    """

    path: str
    identity: str
    named: bool = True
    ignored: str | None = None
    missing: str | None = None


def discover(paths: Sequence[str], ignores: Sequence[PathIgnore] = ()) -> list[Candidate]:
    """The files that the paths mean, each once, in the order of the paths and sorted within a folder.

    A file that is met twice is read once, under the name it was met first. A path that means no
    file is a candidate with `missing`.
    """
    found: dict[str, Candidate] = {}
    for path in paths:
        for candidate in _expand(path):
            known = found.setdefault(candidate.identity, candidate)
            if candidate.named and not known.named:
                found[candidate.identity] = replace(known, named=True)
    return [_ignored(candidate, ignores) for candidate in found.values()]


def _ignored(candidate: Candidate, ignores: Sequence[PathIgnore]) -> Candidate:
    if not ignores or candidate.missing:
        return candidate
    names = {candidate.path, _relative(candidate.path)}
    reason = next((ignore.reason for ignore in ignores if any(map(ignore.matches, names))), None)
    return candidate if reason is None else replace(candidate, ignored=reason)


def _relative(path: str) -> str:
    """An absolute path below the working folder as seen from there: globs are written that way."""
    here = os.getcwd() + os.sep
    return _shown(path[len(here) :]) if path.startswith(here) else path


def _expand(path: str) -> Iterator[Candidate]:
    if path == STDIN:
        yield Candidate(path, path)
    elif os.path.isdir(path):
        yield from _walk(path)
    elif os.path.lexists(path):
        yield Candidate(_shown(path), os.path.realpath(path))
    elif _GLOB_SIGNS.search(path):
        # A shell that finds no match, and hooks without a shell, hand the glob over as it is written.
        matches = sorted(glob.glob(path, recursive=True))
        for match in matches:
            yield from _expand(match)
        if not matches:
            yield Candidate(path, path, missing="no file matches")
    else:
        yield Candidate(_shown(path), path, missing="no such file")


def _walk(root: str) -> Iterator[Candidate]:
    shown = _shown(root)
    found = _below(root, "" if shown == "." else shown.rstrip("/") + "/", os.path.realpath(root))
    first = next(found, None)
    if first is None:
        yield Candidate(shown, root, missing="no .yaml, .yml or .json file below this folder")
        return
    yield first
    yield from found


def _below(folder: str, shown: str, real: str) -> Iterator[Candidate]:
    """The files below a folder: its own by name, then those of its folders by name."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Candidate(shown.rstrip("/") or ".", real, missing=f"cannot be read: {error.strerror}")
        return
    folders = []
    for entry in inside:
        name = entry.name
        # Links to folders are not followed, so that a walk ends and reads a file once.
        if entry.is_dir(follow_symlinks=False):
            if name not in SKIPPED_FOLDERS:
                folders.append(name)
        elif name.lower().endswith(_WALKED_SUFFIXES) and not entry.is_dir():
            identity = os.path.realpath(entry.path) if entry.is_symlink() else f"{real}{os.sep}{name}"
            yield Candidate(shown + name, identity, named=False)
    for name in folders:
        yield from _below(f"{folder}{os.sep}{name}", f"{shown}{name}/", f"{real}{os.sep}{name}")


def _shown(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _translate(text: str) -> str:
    made, at = "", 0
    while at < len(text):
        if text.startswith("**/", at):
            made, at = made + "(?:.*/)?", at + 3
        elif text.startswith("**", at):
            made, at = made + ".*", at + 2
        elif text[at] in "*?":
            made, at = made + ("[^/]*" if text[at] == "*" else "[^/]"), at + 1
        elif text[at] == "[" and (end := text.find("]", at + 2)) > 0:
            inner = text[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            made, at = made + f"[{'^' + inner[1:] if inner[0] == '!' else inner}]", end + 1
        else:
            made, at = made + re.escape(text[at]), at + 1
    return made
