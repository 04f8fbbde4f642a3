"""The organisation profile from a file or from a folder of files that are laid together."""

from __future__ import annotations

from pathlib import Path

from guardrail.errors import ConfigError, Fault, ProfileError
from guardrail.policy.profile import STARTER_NAME, Profile, load_profile, starter

__all__ = ["profile_texts", "read_profile"]

_SUFFIXES = frozenset({".yaml", ".yml"})


def read_profile(path: str | None) -> Profile:
    """The profile at a path; the built-in one for None and `starter`.

    Raises ConfigError when nothing is there, ProfileError with every fault of every file.
    """
    texts = profile_texts(path)
    return starter() if texts is None or path is None else load_profile(texts, path)


def profile_texts(path: str | None) -> list[tuple[str, str]] | None:
    """The files of the profile at a path, each with its text; None for the built-in one.

    Raises ConfigError when nothing is there, ProfileError with every file that cannot be read.
    """
    if path is None or path == STARTER_NAME:
        return None
    place = Path(path)
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.suffix in _SUFFIXES)
        if not files:
            raise ConfigError(f"{path}: the folder holds no YAML file")
    elif place.is_file():
        files = [place]
    else:
        raise ConfigError(f"{path}: no such profile; `{STARTER_NAME}` is the built-in one")
    texts: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for file in files:
        try:
            texts.append((str(file), file.read_text("utf-8-sig")))
        except OSError as error:
            faults.append(Fault(str(file), 0, 0, "", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            faults.append(Fault(str(file), 0, 0, "", "not UTF-8"))
    if faults:
        raise ProfileError(faults)
    return texts
