"""`.guardrail.yaml`: what a repository wants of every run, looked for from the current folder up to the top of the repository.

apiVersion: guardrail.dev/v1
kind: Config
profile: platform/profile.yaml        # relative to this file
cluster: eks-ml-dev
ignore:
  - {path: "vendor/**", reason: copied from upstream, judged there}    # below the folder of this file
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guardrail.errors import ConfigError
from guardrail.inputs.discovery import PathIgnore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.errors import Fault
    from guardrail.policy.documents import SourceDocument

__all__ = ["CONFIG_NAME", "Config", "ignore_of", "read_config"]

CONFIG_NAME = ".guardrail.yaml"
_MISNAMED = ".guardrail.yml"
_STARTER = "starter"
_KEYS = ("apiVersion", "kind", "metadata", "profile", "cluster", "ignore")


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration file says; flags win over it, ignores add up."""

    ignores: tuple[PathIgnore, ...] = ()
    profile: str | None = None
    cluster: str | None = None


def ignore_of(text: str) -> PathIgnore:
    """The meaning of `--ignore GLOB=REASON`. Raises ConfigError without a reason."""
    glob, _, reason = text.partition("=")
    if not glob.strip() or not reason.strip():
        raise ConfigError(f"--ignore {text}: write GLOB=REASON; whoever reads the report wants to know why")
    return PathIgnore(glob.strip(), reason.strip())


def read_config(path: str | None, folder: Path) -> Config:
    """The configuration at a path, else the nearest `.guardrail.yaml` from the folder up to the top of its repository, else none.

    Raises ConfigError with every fault as `file:line:column`, and for a file that is called almost so.
    """
    shown = path or _nearest(folder)
    if shown is None:
        return Config()
    try:
        text = (folder / shown).read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{shown}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: not UTF-8") from error
    below = "" if path else os.path.relpath(folder, (folder / shown).parent).replace(os.sep, "/")
    return _config(shown, text, "" if below == "." else below)


def _nearest(folder: Path) -> str | None:
    """The path of the configuration as seen from the folder; outside of a repository only the folder itself is looked at."""
    above = [folder, *folder.parents]
    top = next((at for at, parent in enumerate(above) if (parent / ".git").exists()), 0)
    for parent in above[: top + 1]:
        shown = os.path.relpath(parent / CONFIG_NAME, folder).replace(os.sep, "/")
        if (parent / _MISNAMED).exists():
            raise ConfigError(f"{shown.removesuffix(CONFIG_NAME)}{_MISNAMED}: is not read; call it {CONFIG_NAME}")
        if (parent / CONFIG_NAME).exists():
            return shown
    return None


def _config(shown: str, text: str, below: str) -> Config:
    from guardrail.policy.documents import read_documents  # noqa: PLC0415 - most runs have no configuration

    documents, faults = read_documents(shown, text)
    if len(documents) > 1:
        faults.append(documents[1].fault((), "one document only"))
    for document in documents[:1]:
        faults += _faults(document)
    if faults:
        raise ConfigError("\n".join(str(fault) for fault in sorted(faults)))
    value = documents[0].value if documents else {}
    return Config(
        ignores=tuple(PathIgnore(entry["path"], entry["reason"], below) for entry in value.get("ignore", ())),
        profile=_beside(shown, value.get("profile")),
        cluster=value.get("cluster"),
    )


def _beside(config: str, profile: str | None) -> str | None:
    return profile if profile in {None, _STARTER} else os.path.normpath(Path(config).parent / profile)


def _faults(document: SourceDocument) -> Iterator[Fault]:
    value = document.value
    if not isinstance(value, dict):
        yield document.fault((), "a configuration is a map: apiVersion, kind: Config, ignore, profile, cluster")
        return
    for key in value:
        if key not in _KEYS:
            yield document.fault((key,), f"no such key; known: {', '.join(_KEYS)}", at_key=True)
    for key, wanted in (("apiVersion", "guardrail.dev/v1"), ("kind", "Config")):
        if value.get(key) != wanted:
            yield document.fault((key,), f"must be {wanted}")
    for key in ("profile", "cluster"):
        if key in value and not _is_text(value[key]):
            yield document.fault((key,), "must be a text")
    yield from _ignore_faults(document, value.get("ignore", []))


def _ignore_faults(document: SourceDocument, entries: Any) -> Iterator[Fault]:
    if not isinstance(entries, list):
        yield document.fault(("ignore",), "must be a list of {path, reason}")
        return
    for at, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield document.fault(("ignore", at), "must be {path: GLOB, reason: TEXT}")
            continue
        for key in ("path", "reason"):
            if not _is_text(entry.get(key)):
                yield document.fault(
                    ("ignore", at, key),
                    "must be a text; whoever reads the report wants to know why" if key == "reason" else "must be a glob",
                )
        for key in sorted(entry.keys() - {"path", "reason"}):
            yield document.fault(("ignore", at, key), "no such key; known: path, reason", at_key=True)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
