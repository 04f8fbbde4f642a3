"""The cache of compiled libraries on disk: who may write there, what is read, what is removed."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from guardrail.policy.sources import PolicySource
from guardrail.stores import library_cache
from guardrail.stores.library_cache import DirectoryCache, cache_folder, directory_cache, library_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

KEY = "0" * 64
DATA = b"a compiled library"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the user alone, with one entry."""
    place = tmp_path / "guardrail"
    DirectoryCache(str(place)).put(KEY, DATA)
    return place


def entry(folder: Path) -> Path:
    return folder / f"{KEY}.library"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        pytest.param({"HOME": "/home/ann"}, "/home/ann/.cache/guardrail", id="in the home of the user"),
        pytest.param({"HOME": "/home/ann", "XDG_CACHE_HOME": "/var/c"}, "/var/c/guardrail", id="where XDG says"),
        pytest.param({"HOME": "/home/ann", "XDG_CACHE_HOME": "c"}, "/home/ann/.cache/guardrail", id="a relative XDG path is passed over"),
        pytest.param({"HOME": "/home/ann", "GUARDRAIL_CACHE_DIR": "/c/g"}, "/c/g", id="where its own variable says"),
        pytest.param({}, None, id="nowhere without a home"),
        pytest.param({"HOME": ""}, None, id="nowhere with an empty home"),
        pytest.param({"HOME": "/home/ann", "GUARDRAIL_NO_CACHE": "1"}, None, id="nowhere when it is switched off"),
        pytest.param({"HOME": "/home/ann", "GUARDRAIL_NO_CACHE": "0"}, "/home/ann/.cache/guardrail", id="0 does not switch it off"),
    ],
)
def test_place(environ: Mapping[str, str], wanted: str | None) -> None:
    assert cache_folder(environ) == wanted
    assert (directory_cache(environ) is None) == (wanted is None)


def test_what_was_put_is_there_for_another_process(folder: Path) -> None:
    assert DirectoryCache(str(folder)).get(KEY) == DATA
    assert DirectoryCache(str(folder)).get("1" * 64) is None


def test_folder_and_entry_are_the_users_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        DirectoryCache(str(tmp_path / "a/b/guardrail")).put(KEY, DATA)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a/b/guardrail").stat().st_mode) == 0o700
    assert stat.S_IMODE(entry(tmp_path / "a/b/guardrail").stat().st_mode) == 0o600


# ---- places that are not to be trusted


def _group_readable(folder: Path) -> None:
    folder.chmod(0o750)


def _world_writable(folder: Path) -> None:
    folder.chmod(0o703)


def _linked(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    folder.symlink_to(folder.with_name("real"))


def _below_a_folder_of_all(folder: Path) -> None:
    folder.parent.chmod(0o777)


def _below_a_folder_of_a_group(folder: Path) -> None:
    folder.parent.chmod(0o770)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(_group_readable, "make it yours alone: chmod 700", id="a folder that a group can read"),
        pytest.param(_world_writable, "make it yours alone: chmod 700", id="a folder that others can write"),
        pytest.param(_linked, "is a symbolic link", id="a symbolic link to a folder"),
        pytest.param(_below_a_folder_of_all, "others can write to", id="a folder in one that others can write"),
        pytest.param(_below_a_folder_of_a_group, "others can write to", id="a folder in one that a group can write"),
    ],
)
def test_a_place_that_others_can_change_is_refused(folder: Path, spoil: Callable[[Path], None], reason: str) -> None:
    spoil(folder)
    cache = DirectoryCache(str(folder))
    assert cache.get(KEY) is None
    assert reason in str(cache.refused)
    cache.put("1" * 64, DATA)
    assert [found.name for found in folder.iterdir()] == [f"{KEY}.library"], "and nothing is written there"


def test_a_place_with_a_sticky_parent_is_used(folder: Path) -> None:
    folder.parent.chmod(0o1777)  # as /tmp is
    assert DirectoryCache(str(folder)).get(KEY) == DATA


@pytest.mark.usefixtures("folder")
def test_a_linked_parent_is_followed_and_looked_at(tmp_path: Path) -> None:
    link = tmp_path.with_name(f"{tmp_path.name}-link")
    link.symlink_to(tmp_path)
    assert DirectoryCache(str(link / "guardrail")).get(KEY) == DATA
    tmp_path.chmod(0o777)
    cache = DirectoryCache(str(link / "guardrail"))
    assert cache.get(KEY) is None
    assert cache.refused is not None


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    cache = DirectoryCache(str(folder))
    assert cache.get(KEY) is None
    assert "belongs to another user" in str(cache.refused)


def test_a_parent_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = real(path)
        return os.stat_result((*found[:4], 12345, *found[5:])) if path == str(folder.parent) else found

    monkeypatch.setattr(os, "lstat", lstat)
    cache = DirectoryCache(str(folder))
    assert cache.get(KEY) is None
    assert "belongs to another user" in str(cache.refused)


def test_a_relative_place_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    cache = DirectoryCache("guardrail")
    assert cache.get(KEY) is None
    assert "no absolute path" in str(cache.refused)


# ---- entries that are not used


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _changed(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def _bare(file: Path) -> None:
    file.write_bytes(DATA)


def _group_writable(file: Path) -> None:
    file.chmod(0o620)


def _link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to(file.with_name("elsewhere"))


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


SPOILED = [
    pytest.param(_cut, id="one that was cut off"),
    pytest.param(_emptied, id="an empty one"),
    pytest.param(_changed, id="one with a changed byte"),
    pytest.param(_bare, id="one without a digest"),
    pytest.param(_group_writable, id="one that a group can write"),
    pytest.param(_link, id="a symbolic link"),
    pytest.param(_pipe, id="a pipe, which is not waited for"),
    pytest.param(_a_folder, id="a folder"),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_an_entry_that_is_not_as_it_was_written_is_none(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(entry(folder))
    cache = DirectoryCache(str(folder))
    assert cache.get(KEY) is None
    assert cache.refused is None, "the place itself is in order"


@pytest.mark.parametrize("spoil", [case for case in SPOILED if case.id != "a folder"])
def test_the_next_run_replaces_it(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(entry(folder))
    DirectoryCache(str(folder)).put(KEY, DATA)
    assert DirectoryCache(str(folder)).get(KEY) == DATA


def test_an_entry_of_another_user_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    def fstat(file: int) -> os.stat_result:
        found = real(file)
        return found if stat.S_ISDIR(found.st_mode) else os.stat_result((*found[:4], 12345, *found[5:]))

    monkeypatch.setattr(os, "fstat", fstat)
    assert DirectoryCache(str(folder)).get(KEY) is None


# ---- places where nothing can be kept


def test_a_place_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    cache = DirectoryCache(str(tmp_path / "file/guardrail"))
    cache.put(KEY, DATA)
    assert cache.get(KEY) is None
    assert cache.refused is None


def test_a_write_that_fails_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    DirectoryCache(str(folder)).put("1" * 64, DATA)
    assert [found.name for found in folder.iterdir()] == [f"{KEY}.library"]


# ---- several writers, and what is removed


def test_writers_at_the_same_time_leave_a_whole_entry(folder: Path) -> None:
    versions = [bytes([at]) * 200_000 for at in range(8)]
    seen: list[bytes | None] = []

    def write(data: bytes) -> None:
        for _ in range(5):
            DirectoryCache(str(folder)).put(KEY, data)
            seen.append(DirectoryCache(str(folder)).get(KEY))

    threads = [threading.Thread(target=write, args=(data,)) for data in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert set(seen) <= set(versions)
    assert [found.name for found in folder.iterdir()] == [f"{KEY}.library"]


def test_what_was_not_used_for_longest_is_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_cache, "_MAX_ENTRIES", 3)
    entry(folder).unlink()
    cache = DirectoryCache(str(folder))
    for at in range(1, 4):
        cache.put(str(at) * 64, DATA)
        os.utime(folder / f"{str(at) * 64}.library", (1000 + at, 1000 + at))
    assert cache.get("1" * 64) == DATA, "which makes it the last used"
    cache.put("4" * 64, DATA)
    assert sorted(found.name[0] for found in folder.iterdir()) == ["1", "3", "4"]


def test_entries_are_removed_until_the_rest_is_small_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_cache, "_MAX_TOTAL_BYTES", 1000)
    cache = DirectoryCache(str(folder))
    cache.put("1" * 64, bytes(500))
    os.utime(entry(folder), (1, 1))
    cache.put("2" * 64, bytes(500))
    assert sorted(found.name[0] for found in folder.iterdir()) == ["2"]
    cache.put("3" * 64, bytes(2000))
    assert cache.get("3" * 64) == bytes(2000), "the fresh one stays, however large"


def test_an_entry_beyond_all_measure_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_cache, "_MAX_ENTRY_BYTES", 10)
    DirectoryCache(str(folder)).put("1" * 64, bytes(11))
    assert not (folder / f"{'1' * 64}.library").exists()
    assert DirectoryCache(str(folder)).get(KEY) is None


def test_what_a_killed_run_left_is_removed_and_what_is_being_written_is_not(folder: Path) -> None:
    for name, at in (("old", 1000), ("new", None)):
        file = folder / f".{KEY}.library.{name}"
        file.write_bytes(b"")
        if at is not None:
            os.utime(file, (at, at))
    (folder / "notes.txt").write_text("not ours", "utf-8")
    DirectoryCache(str(folder)).put(KEY, DATA)
    assert sorted(found.name for found in folder.iterdir()) == [f".{KEY}.library.new", f"{KEY}.library", "notes.txt"]


# ---- the key


def _package(tmp_path: Path) -> Path:
    package = tmp_path / "package"
    (package / "view").mkdir(parents=True)
    (package / "__pycache__").mkdir()
    (package / "engine.py").write_text("1", "utf-8")
    (package / "view/view.yaml").write_text("fields", "utf-8")
    return package


def test_the_key_depends_on_everything_that_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = _package(tmp_path)
    policy, profile = PolicySource("a/policy.yaml", "one"), ("p.yaml", [("p.yaml", "two")])

    def key(*sources: PolicySource, given: tuple[str | None, list[tuple[str, str]]] = profile) -> str:
        return library_key(sources or (policy,), given, str(package))

    keys = [
        key(),
        key(PolicySource("a/policy.yaml", "onE")),
        key(PolicySource("b/policy.yaml", "one")),
        key(policy, policy),
        key(given=("p.yaml", [("p.yaml", "twO")])),
        key(given=("q.yaml", [("p.yaml", "two")])),
        key(given=("p.yaml", [("p.yaml", "t"), ("p.yaml", "wo")])),
        key(given=(None, [])),
    ]
    assert key() == keys[0]
    (package / "__pycache__/engine.pyc").write_text("compiled", "utf-8")
    assert key() == keys[0], "what Python itself compiled makes no difference"
    (package / "view/view.yaml").write_text("fields and more", "utf-8")
    keys.append(key())
    os.utime(package / "engine.py", (1, 1))
    keys.append(key())
    monkeypatch.setattr(library_cache, "__version__", "9.9.9")
    keys.append(key())
    monkeypatch.setattr(library_cache, "MAGIC_NUMBER", b"....")
    keys.append(key())
    monkeypatch.setattr(library_cache, "find_spec", lambda _name: None)
    keys.append(key())
    assert len(set(keys)) == len(keys)
