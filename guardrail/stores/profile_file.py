"""The organisation profile from a file or from a folder of files that are laid together."""

from __future__ import annotations

from pathlib import Path

from guardrail.errors import ConfigError, Fault, ProfileError
from guardrail.policy.profile import STARTER_NAME, Profile, examine_profile, load_profile, starter

__all__ = ["profile_texts", "read_profile"]

_SUFFIXES = frozenset({".json", ".yaml", ".yml"})


def read_profile(path: str | None) -> Profile:
    """The profile at a path; the built-in one for None and `starter`.

    Raises ConfigError when nothing is there, ProfileError with every fault of every file.
    """
    texts = profile_texts(path)
    return starter() if texts is None or path is None else load_profile(texts, path)


def profile_texts(path: str | None) -> list[tuple[str, str]] | None:
    """The files of the profile at a path, each with its text; None for the built-in one.

    Raises ConfigError when nothing is there, ProfileError when a file cannot be read, with every fault of the others.
    """
    if path is None or path == STARTER_NAME:
        return None
    texts: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for file in _files(path):
        try:
            texts.append((str(file), file.read_text("utf-8-sig")))
        except OSError as error:
            faults.append(Fault(str(file), 0, 0, "", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            faults.append(Fault(str(file), 0, 0, "", "not UTF-8"))
    if faults:
        raise ProfileError([*faults, *(examine_profile(texts, path).faults if texts else ())])
    return texts


def _files(path: str) -> list[Path]:
    """The file itself, or the YAML and JSON files of a folder; a mounted ConfigMap has hidden folders beside them."""
    place = Path(path)
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise ConfigError(f"{path}: no such profile; `{STARTER_NAME}` is the built-in one")
    shown = [entry for entry in sorted(place.iterdir()) if not entry.name.startswith(".")]
    deeper = [entry for entry in shown if entry.is_dir() and any(file.suffix in _SUFFIXES for file in entry.rglob("*"))]
    if deeper:
        raise ConfigError("\n".join(f"{entry}: is not read; the files of a profile lie in one folder" for entry in deeper))
    files = [entry for entry in shown if entry.suffix in _SUFFIXES and entry.is_file()]
    if not files:
        raise ConfigError(f"{path}: the folder holds no YAML file")
    return files
