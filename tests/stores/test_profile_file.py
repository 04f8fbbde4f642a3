"""The profile from a file, a folder, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.errors import ConfigError, ProfileError
from guardrail.policy.library import compile_library
from guardrail.stores.policy_dir import shipped_folder, shipped_policies
from guardrail.stores.profile_file import read_profile
from tests.policy.samples import RUNTIME

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: guardrail.dev/v1\nkind: Profile\n"


def test_no_profile_is_the_starter() -> None:
    assert read_profile(None).is_starter
    assert read_profile("starter").is_starter


def test_the_example_profile_wakes_every_policy_and_is_read_in_full() -> None:
    made = compile_library(shipped_policies(), read_profile(str(shipped_folder() / "profiles" / "example.yaml")), RUNTIME)
    assert (made.dormant, made.notes) == ((), ())
    assert made.profile.name == "harbour-ai"


def test_a_folder_of_files_is_laid_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "metadata: {name: acme}\n", "utf-8")
    (tmp_path / "b.yml").write_text(HEAD + "regions: {global_types: [z_*]}\n", "utf-8")
    (tmp_path / "notes.txt").write_text("not read", "utf-8")
    made = read_profile(str(tmp_path))
    assert (made.info.name, made.value("regions.global_types")) == ("acme", ["z_*"])


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "..2026_11_25").mkdir()
    (tmp_path / "..2026_11_25" / "a.yaml").write_text(HEAD + "metadata: {name: acme}\n", "utf-8")
    (tmp_path / "..data").symlink_to("..2026_11_25")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert read_profile(str(tmp_path)).info.name == "acme"


def test_a_file_in_a_sub_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD, "utf-8")
    (tmp_path / "teams" / "x").mkdir(parents=True)
    (tmp_path / "teams" / "x" / "speech.yaml").write_text(HEAD, "utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "README.md").write_text("how we do it", "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_profile(str(tmp_path))
    assert str(caught.value) == f"{tmp_path / 'teams'}: is not read; the files of a profile lie in one folder"


def test_what_is_not_there_is_a_mistake_in_the_flag(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such profile"):
        read_profile(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(ConfigError, match="holds no YAML file"):
        read_profile(str(tmp_path))


def test_a_file_that_is_not_text_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="not UTF-8"):
        read_profile(str(file))


def test_an_unreadable_file_does_not_hide_the_faults_of_another(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.yaml").write_text(HEAD + "moon: {}\n", "utf-8")
    with pytest.raises(ProfileError) as caught:
        read_profile(str(tmp_path))
    assert [fault.message for fault in caught.value.faults] == ["not UTF-8", "unknown key"]
