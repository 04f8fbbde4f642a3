from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from webhook.watching import Watcher, signature_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_signature_changes_with_what_is_below(tmp_path: Path) -> None:
    file = tmp_path / "policies" / "a" / "policy.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("one")
    first = signature_of([tmp_path / "policies"])
    assert signature_of([tmp_path / "policies"]) == first
    file.write_text("another")
    second = signature_of([tmp_path / "policies"])
    (file.parent / "cases.yaml").write_text("")
    assert len({first, second, signature_of([tmp_path / "policies"])}) == 3


def test_a_mounted_config_map_is_seen_when_its_link_is_swapped(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "profile.yaml").write_text("same text")
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "profile.yaml").symlink_to("..data/profile.yaml")
    first = signature_of([tmp_path / "profile.yaml"])
    (tmp_path / "..new").symlink_to("two")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert signature_of([tmp_path / "profile.yaml"]) != first


def test_a_watcher_calls_back_after_a_change_and_ends_when_told(tmp_path: Path) -> None:
    called = threading.Event()
    (tmp_path / "profile.yaml").write_text("one")
    watcher = Watcher([tmp_path / "profile.yaml"], every_s=0.2, then=called.set)
    watcher.start()
    (tmp_path / "profile.yaml").write_text("two")
    assert called.wait(timeout=10)
    watcher.stop()
    assert "guardrail-watch" not in {thread.name for thread in threading.enumerate()}
