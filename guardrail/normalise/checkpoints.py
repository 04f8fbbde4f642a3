"""Where training writes its checkpoints: what a resource declares, its environment, its arguments."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.facts import Facts

__all__ = ["Container", "checkpoint_of"]

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_LOCAL_SCHEMES = frozenset({"file", "local", "mem"})
_VARIABLE = re.compile(r"\$(?:\((?P<k8s>\w+)\)|\{(?P<braced>\w+)\}|(?P<plain>[A-Za-z_]\w*))")  # of Kubernetes and of shells
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.+)")
_QUOTES = "\"';"


@dataclass(frozen=True, slots=True)
class Container:
    """What one container says. `mounts`: path → whether it outlives the container; `elsewhere`: what else may set its environment."""

    env: Mapping[str, str | Unknown] = field(default_factory=dict)
    words: Sequence[str] = ()
    mounts: Mapping[str, bool | Unknown] = field(default_factory=dict)
    folder: str | None = None
    elsewhere: Unknown | None = None


_Found = tuple[str | Unknown, bool | Unknown]


def checkpoint_of(declared: PartialMap, containers: Sequence[Container], facts: Facts, unread: Unknown | None = None) -> dict[str, Any]:
    """The `checkpoint` part of the view: a durable location before one that may be, before one that is none.

    `unread` is what else of the resource could name one.
    """
    found = [*_declared(declared, containers), *(one for container in containers for one in _written(container, facts))]
    best = next((one for wanted in (True, None, False) for one in found if _durability(one) is wanted), None)
    doubts = [part for part in (unread, *(container.elsewhere for container in containers)) if part is not None]
    if doubts and (best is None or _durability(best) is not True):
        doubt = Unknown(reference for part in doubts for reference in part.references)
        return {"uri": doubt, "durable": doubt}
    return {"durable": False} if best is None else {"uri": best[0], "durable": best[1]}


def _durability(found: _Found) -> bool | None:
    return None if isinstance(found[1], Unknown) else found[1]


def _declared(declared: PartialMap, containers: Sequence[Container]) -> Iterator[_Found]:
    """The declaration is taken as stated, but for a path that the containers show to be lost with them."""
    present = declared.presence("checkpoint-uri")
    if isinstance(present, Unknown):
        yield present, present
    elif present:
        uri = declared["checkpoint-uri"]
        if isinstance(uri, Unknown) or not containers:
            yield uri, uri if isinstance(uri, Unknown) else True
        else:
            yield from (_located(uri, container) for container in containers)


def _written(container: Container, facts: Facts) -> Iterator[_Found]:
    names = [container.env[name] for name in facts.checkpoint_env if name in container.env]
    tokens = list(_tokens(container.words))
    shell = {found[1]: found[2] for token in tokens if (found := _ASSIGNMENT.fullmatch(token)) is not None}
    variables = {**container.env, **shell}
    wanted = {_folded(flag) for flag in facts.checkpoint_args}
    for value in [*names, *_flags(tokens, wanted)]:
        resolved = value if isinstance(value, Unknown) else _resolved(value, variables)
        if isinstance(resolved, Unknown):
            yield resolved, resolved
        elif resolved:
            yield _located(resolved, container)


def _tokens(words: Iterable[str]) -> Iterator[str]:
    """The words of a command, those of scripts among them taken apart."""
    for word in words:
        for part in word.split():
            token = part.strip(_QUOTES)
            if token.strip("\\"):
                yield token


def _flags(tokens: Sequence[str], wanted: set[str]) -> Iterator[str]:
    """The values of flags in any spelling: `--output_dir X`, `--output-dir=X`, `trainer.output_dir=X`."""
    for at, token in enumerate(tokens):
        name, equals, value = token.partition("=")
        if _folded(name) not in wanted:
            continue
        if equals:
            yield value.strip(_QUOTES)
        elif name.startswith("--") and at + 1 < len(tokens) and not tokens[at + 1].startswith("--"):
            yield tokens[at + 1]


def _folded(flag: str) -> str:
    return flag.lstrip("-+").rpartition(".")[2].replace("-", "_")


def _resolved(text: str, variables: Mapping[str, str | Unknown], depth: int = 0) -> str | Unknown:
    """The text with its variables; unknown where it begins with one that nothing here sets."""
    found = _VARIABLE.match(text)
    if found is None or depth > len(variables):
        return text
    name = found["k8s"] or found["braced"] or found["plain"]
    value = variables.get(name)
    if value is None or isinstance(value, Unknown):
        return Unknown((f"variable {name}",)) if value is None else value
    return _resolved(value + text[found.end() :], variables, depth + 1)


def _located(text: str, container: Container) -> _Found:
    """A location and whether it outlives the container: object storage does, a path by what is mounted there."""
    scheme = _URI.match(text)
    if scheme is not None and scheme[1].lower() not in _LOCAL_SCHEMES:
        return text, True
    path = text[scheme.end() :] if scheme is not None else text
    if not path.startswith("/"):
        if container.folder is None:
            durable = any(kept is not False for kept in container.mounts.values())
            return text, Unknown(("the working folder of the image",)) if durable else False
        path = posixpath.join(container.folder, path)
    path = posixpath.normpath(path)
    mounts = [mount for mount in container.mounts if _within(path, posixpath.normpath(mount))]
    return text, container.mounts[max(mounts, key=len)] if mounts else False


def _within(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount if mount.endswith("/") else f"{mount}/")
