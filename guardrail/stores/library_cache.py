"""Compiled libraries on disk, where only the user can write.

What is kept is code (`marshal`), so whoever can write here can run programs as the user. The folder is therefore used only when it
belongs to the user, with mode 0700, is no symbolic link, and lies below folders that nobody but the user and root can change; an
entry only when it is a plain file of the user that nobody else can write. Every entry begins with the digest of the rest: bytes that
were cut off would crash `marshal`. Whatever is wrong with a cache, it costs time and never a verdict.
"""

# Calls on descriptors: what was looked at is what is used, also when somebody swaps a folder meanwhile. pathlib has none of them.
# ruff: noqa: PTH102, PTH117, PTH118, PTH120

from __future__ import annotations

import hashlib
import os
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER, find_spec
from typing import TYPE_CHECKING

import guardrail
from guardrail import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from guardrail.policy.sources import PolicySource

__all__ = ["DirectoryCache", "cache_folder", "directory_cache", "library_key"]

_MAGIC = b"guardrail library 1\n"
_DIGEST_BYTES = 32
_SUFFIX = ".library"
_MAX_ENTRY_BYTES = 64 * 2**20  # a library of 1,000 policies has 5 MiB
_MAX_ENTRIES = 16  # libraries with their profiles; an edited policy or profile makes another one
_MAX_TOTAL_BYTES = 64 * 2**20
_ABANDONED_S = 3600  # age beside a fresh entry at which a temporary file has no writer any more
_ANYONE_ELSE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0
_SWITCH_OFF = frozenset({"1", "true", "yes", "on"})


def cache_folder(environ: Mapping[str, str]) -> str | None:
    """Where the cache lies: GUARDRAIL_CACHE_DIR, else `guardrail` in XDG_CACHE_HOME, else in `~/.cache`; None where there is no place.

    An XDG_CACHE_HOME that is no absolute path is passed over, as the XDG Base Directory Specification has it.
    """
    if environ.get("GUARDRAIL_NO_CACHE", "").lower() in _SWITCH_OFF:
        return None
    if own := environ.get("GUARDRAIL_CACHE_DIR"):
        return own
    for name, below in (("XDG_CACHE_HOME", "guardrail"), ("HOME", os.path.join(".cache", "guardrail"))):
        base = environ.get(name, "")
        if os.path.isabs(base):
            return os.path.join(base, below)
    return None


def directory_cache(environ: Mapping[str, str]) -> DirectoryCache | None:
    """The cache of a user; None where there is no place for one, or none is wanted (GUARDRAIL_NO_CACHE=1)."""
    folder = cache_folder(environ)
    return DirectoryCache(folder) if folder is not None else None


def library_key(sources: Iterable[PolicySource], profile: tuple[str | None, Iterable[tuple[str, str]]], package: str | None = None) -> str:
    """The name of what comes of policies and of a profile (its path, and its files with their texts) with this Python and this code.

    `package` is the folder of guardrail's own code and tables, the schema of the view among them. They are told by name, size and time of
    change beside the version, which stays the same while somebody works on them.
    """
    path, texts = profile
    digest = hashlib.sha256()
    for part in (
        (__version__, MAGIC_NUMBER.hex(), sys.implementation.cache_tag, find_spec("re2") is not None),
        tuple(_files_below(package or os.path.dirname(guardrail.__file__))),
        tuple((source.path, source.text) for source in sources),
        (path, tuple(texts)),
    ):
        digest.update(repr(part).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _files_below(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files_below(entry.path)
        else:
            at = entry.stat()
            yield entry.path, at.st_size, at.st_mtime_ns


class _RefusedError(Exception):
    """A place that is there and not to be trusted; the text says why."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    bytes: int
    changed: float


class DirectoryCache:
    """A folder of compiled libraries, each in a file named by its key. The folder is made when something is kept."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._refused: str | None = None

    @property
    def refused(self) -> str | None:
        return self._refused

    def get(self, key: str) -> bytes | None:
        try:
            with self._opened() as folder:
                return _read(folder, key + _SUFFIX)
        except _RefusedError as reason:
            self._refused = str(reason)
        except OSError:
            return None
        return None

    def put(self, key: str, data: bytes) -> None:
        if len(data) > _MAX_ENTRY_BYTES or self._refused is not None:
            return
        try:
            if os.path.isabs(self._folder):
                _make(self._folder)
            with self._opened() as folder:
                _write(folder, key + _SUFFIX, data)
                _prune(folder, key + _SUFFIX)
        except _RefusedError as reason:
            self._refused = str(reason)
        except OSError:
            return  # no home, a full or read-only disk: the next run compiles again

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """A descriptor of the folder, looked at. Raises OSError where it is not there, _RefusedError where it is not to be trusted."""
        if not os.path.isabs(self._folder):
            raise _RefusedError(f"the cache folder {self._folder} is no absolute path, so what is judged could bring it along")
        if stat.S_ISLNK(os.lstat(self._folder).st_mode):
            raise _RefusedError(f"the cache folder {self._folder} is a symbolic link; name the folder itself in GUARDRAIL_CACHE_DIR")
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _look_at(self._folder, os.fstat(folder))
            yield folder
        finally:
            os.close(folder)


def _make(path: str) -> None:
    """Makes a folder and those above it that are missing, each for the user alone (the XDG specification asks for 0700)."""
    if os.path.lexists(path):
        return
    _make(os.path.dirname(path))
    with suppress(FileExistsError):  # another run was faster
        os.mkdir(path, 0o700)


def _look_at(path: str, found: os.stat_result) -> None:
    """Raises _RefusedError unless a folder is the user's alone and stays so."""
    if found.st_uid != os.geteuid():
        raise _RefusedError(f"the cache folder {path} belongs to another user; name one of your own in GUARDRAIL_CACHE_DIR")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise _RefusedError(f"others can use the cache folder {path}; make it yours alone: chmod 700 {path}")
    for parent in _parents(path):
        at = os.lstat(parent)
        if at.st_uid not in {_ROOT, os.geteuid()}:
            raise _RefusedError(f"{parent}, above the cache folder, belongs to another user; name another place in GUARDRAIL_CACHE_DIR")
        if stat.S_ISDIR(at.st_mode) and at.st_mode & _ANYONE_ELSE and not at.st_mode & stat.S_ISVTX:
            raise _RefusedError(f"others can write to {parent}, above the cache folder; name another place in GUARDRAIL_CACHE_DIR")


def _parents(path: str) -> Iterator[str]:
    """The folders above, as written and as they are behind symbolic links; each once."""
    seen = set()
    for start in (os.path.normpath(path), os.path.realpath(path)):
        parent = os.path.dirname(start)
        while parent not in seen:
            seen.add(parent)
            yield parent
            parent = os.path.dirname(parent)


def _read(folder: int, name: str) -> bytes | None:
    # O_NONBLOCK: opening a pipe must not wait for a writer.
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        found = os.fstat(file)
        mine = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _ANYONE_ELSE
        if not mine or found.st_size > _MAX_ENTRY_BYTES + _DIGEST_BYTES + len(_MAGIC):
            return None
        with os.fdopen(os.dup(file), "rb") as stream:
            written = stream.read()
        data = written[len(_MAGIC) + _DIGEST_BYTES :]
        if written[: len(_MAGIC) + _DIGEST_BYTES] != _MAGIC + hashlib.sha256(data).digest():
            return None
        with suppress(OSError):
            os.utime(file)  # what is used is the last to be pruned
        return data
    finally:
        os.close(file)


def _write(folder: int, name: str, data: bytes) -> None:
    """Under a name of its own, then by one rename: a reader meets the whole entry or none."""
    temporary = f".{name}.{os.getpid()}.{os.urandom(8).hex()}"
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(_MAGIC + hashlib.sha256(data).digest())
            stream.write(data)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _prune(folder: int, fresh: str) -> None:
    """Removes what was not used for longest, until the rest is within its bounds, and temporary files that a killed run left."""
    entries, now = [], os.stat(fresh, dir_fd=folder).st_mtime
    for name in os.listdir(folder):
        with suppress(OSError):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if name.endswith(_SUFFIX):
                entries.append(_Entry(name, found.st_size, found.st_mtime))
            elif name.startswith(".") and _SUFFIX in name and now - found.st_mtime > _ABANDONED_S:
                os.unlink(name, dir_fd=folder)
    total = 0
    for at, entry in enumerate(sorted(entries, key=lambda entry: (entry.name != fresh, -entry.changed))):
        total += entry.bytes
        if at and (at >= _MAX_ENTRIES or total > _MAX_TOTAL_BYTES):
            with suppress(OSError):
                os.unlink(entry.name, dir_fd=folder)
