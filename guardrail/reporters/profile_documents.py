"""What a profile feeds, and what it comes to, as YAML with comments, text and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from guardrail.policy.profile_feeds import ENGINE_PARTS, described
from guardrail.policy.yaml_writing import flow
from guardrail.reporters.documents import API_VERSION
from guardrail.reporters.terminal import Terminal, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from guardrail.model import Dormant, Note, ProfileInfo
    from guardrail.policy.documents import Path
    from guardrail.policy.profile_feeds import Feed, Value

__all__ = ["write_check", "write_check_text", "write_effective", "write_effective_yaml"]

_COMMENT_AT = 56  # column of comments, where the value is short enough


# ---- what is in force


class InForce(Protocol):
    """A profile in force: what `profile check` and `profile show` tell of."""

    @property
    def info(self) -> ProfileInfo:
        """Its name and version."""

    @property
    def feeds(self) -> Sequence[Feed]:
        """What policies take from a profile."""

    @property
    def stated(self) -> frozenset[str]:
        """The paths that it has."""

    @property
    def dormant(self) -> Sequence[Dormant]:
        """The policies that wait for more of it."""

    @property
    def notes(self) -> Sequence[Note]:
        """What is worth knowing."""

    @property
    def values(self) -> Sequence[Value]:
        """What it comes to."""


def write_effective(profile: InForce, stream: TextIO) -> None:
    """Writes the JSON form: the document in force, and every value of it with where it comes from."""
    tree: dict[str, Any] = {}
    for value in profile.values:
        _put(tree, value.path, value.value)
    document = {
        "apiVersion": API_VERSION,
        "kind": "EffectiveProfile",
        "profile": _info(profile.info),
        "document": _plain(tree),
        "values": [
            {"path": list(value.path), "value": value.value, "given": value.given.value, "from": value.origin} for value in profile.values
        ],
        "dormant": _waiting(profile),
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_effective_yaml(profile: InForce, stream: TextIO) -> None:
    """Writes a profile that means the same as the one in force, with a comment behind every value that says where it comes from."""
    tree: dict[str, Any] = {}
    for value in profile.values:
        _put(tree, value.path, value)
    stream.write(f"# {_named(profile.info)}, with what it comes to in every environment and the shipped defaults\n")
    stream.writelines(f"{line}\n" for line in _lines(tree, 0))
    stream.writelines(f"# {entry.policy} waits for {', '.join(entry.needs)}\n" for entry in profile.dormant)


def _waiting(profile: InForce) -> list[dict[str, Any]]:
    return [{"policy": entry.policy, "needs": list(entry.needs)} for entry in profile.dormant]


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    inner: dict[Any, Any] = tree
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = value


def _plain(tree: Any) -> Any:
    """Maps whose keys are numbers are the lists that they stand for."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(isinstance(key, int) for key in tree):
        return [_plain(member) for member in tree.values()]
    return {key: _plain(member) for key, member in tree.items()}


def _lines(tree: Mapping[Any, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, member in tree.items():
        if isinstance(member, dict):
            yield f"{indent}{flow(str(key))}:"
            yield from _lines(member, depth + 1)
            continue
        head = f"{indent}- " if isinstance(key, int) else f"{indent}{flow(str(key))}: "
        yield f"{(head + flow(member.value)).ljust(_COMMENT_AT)}  # {printable(member.origin)}"


# ---- what it feeds


def write_check(profile: InForce, stream: TextIO) -> None:
    """Writes the JSON form."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "ProfileCheck",
        "profile": _info(profile.info),
        "feeds": [
            {"path": path, "policies": policies, "stated": path in profile.stated, "default": default}
            for path, policies, default in _by_path(profile.feeds)
        ],
        "dormant": _waiting(profile),
        "notes": [{"code": note.code, "message": note.message} for note in profile.notes],
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_check_text(profile: InForce, stream: TextIO, terminal: Terminal) -> None:
    """Writes what each part feeds, which policies wait for which keys, and what is worth knowing."""
    sections = _sections(profile)
    width = max((len(name) for _, rows in sections for name, _ in rows), default=0)
    for title, rows in sections:
        if rows:
            stream.write(f"{terminal.paint(title, 'bold')}\n")
            stream.writelines(f"  {printable(name).ljust(width)}  {printable(text)}\n" for name, text in rows)
            stream.write("\n")
    asleep = len(profile.dormant)
    count = "no policy is dormant" if not asleep else "1 policy is dormant" if asleep == 1 else f"{asleep} policies are dormant"
    stream.write(f"no fault · {count} · {_named(profile.info)}\n")


def _sections(profile: InForce) -> list[tuple[str, list[tuple[str, str]]]]:
    parts = _by_path(profile.feeds)
    readers = {path: ", ".join(policies) for path, policies, _ in parts}
    told = {**ENGINE_PARTS, **{path: f"{ENGINE_PARTS[path]}; {who}" if path in ENGINE_PARTS else who for path, who in readers.items()}}
    return [
        ("feeds", [(path, who) for path, who in told.items() if path in profile.stated]),
        ("left to shipped defaults", [(path, readers[path]) for path, _, default in parts if default and path not in profile.stated]),
        ("dormant", [(entry.policy, f"add {need}{_what(need)}") for entry in profile.dormant for need in entry.needs]),
        ("notes", [(note.code, note.message) for note in profile.notes]),
    ]


def _by_path(feeds: Sequence[Feed]) -> list[tuple[str, list[str], bool]]:
    """Each part with the policies that take it, and whether all of them have a default."""
    paths = sorted({feed.path for feed in feeds})
    readers = {path: [feed for feed in feeds if feed.path == path] for path in paths}
    return [(path, sorted({f.policy for f in readers[path]}), not any(f.wakes for f in readers[path])) for path in paths]


def _what(path: str) -> str:
    text = described(path)
    return f": {text}" if text else ""


def _named(profile: ProfileInfo) -> str:
    return "built-in starter profile" if profile.path is None else printable(f"profile {profile.name} {profile.version}")


def _info(profile: ProfileInfo) -> dict[str, Any]:
    return {"name": profile.name, "version": profile.version, "hash": profile.hash, "path": profile.path}
