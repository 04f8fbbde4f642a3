from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.cli.config import Config, ignore_of, read_config
from guardrail.errors import ConfigError
from guardrail.inputs.discovery import PathIgnore

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: guardrail.dev/v1\nkind: Config\n"


def test_no_configuration_says_nothing(tmp_path: Path) -> None:
    assert read_config(None, tmp_path) == Config()


def test_a_configuration_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^other.yaml: No such file"):
        read_config("other.yaml", tmp_path)


def test_everything_it_may_say(tmp_path: Path) -> None:
    text = HEAD + 'profile: platform/profile.yaml\ncluster: eks\nignore: [{path: "vendor/**", reason: judged upstream}]\n'
    (tmp_path / ".guardrail.yaml").write_text(text, encoding="utf-8")
    assert read_config(None, tmp_path) == Config((PathIgnore("vendor/**", "judged upstream"),), "platform/profile.yaml", "eks")


def test_the_profile_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "guardrail.yaml").write_text(HEAD + "profile: ../profile.yaml\n", encoding="utf-8")
    assert read_config("ci/guardrail.yaml", tmp_path).profile == "profile.yaml"


def test_the_starter_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(HEAD + "profile: starter\n", encoding="utf-8")
    assert read_config("c.yaml", tmp_path).profile == "starter"


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder two levels below the top of a repository, which lies in a folder with a configuration of its own."""
    (tmp_path / ".guardrail.yaml").write_text(HEAD + "cluster: of-nobody\n", encoding="utf-8")
    folder = tmp_path / "repo" / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    return folder


def test_a_configuration_above_the_repository_is_none_of_its_business(deep: Path) -> None:
    assert read_config(None, deep) == Config()


def test_the_configuration_of_the_repository_applies_in_its_folders(deep: Path) -> None:
    text = (
        HEAD + "profile: platform/profile.yaml\nignore: [{path: a/b/vendor, reason: judged upstream}, {path: 'c/**', reason: of others}]\n"
    )
    (deep.parent.parent / ".guardrail.yaml").write_text(text, encoding="utf-8")
    config = read_config(None, deep)
    assert config.profile == "../../platform/profile.yaml"
    vendor, others = config.ignores
    assert [vendor.matches(path) for path in ("vendor/x.yaml", "./vendor/x.yaml", "x.yaml", "../vendor/x.yaml")] == [
        True,
        True,
        False,
        False,
    ]
    assert [others.matches(path) for path in ("../../c/x.yaml", "c/x.yaml")] == [True, False]


def test_the_nearest_configuration_wins(deep: Path) -> None:
    (deep.parent.parent / ".guardrail.yaml").write_text(HEAD + "cluster: far\n", encoding="utf-8")
    (deep.parent / ".guardrail.yaml").write_text(HEAD + "cluster: near\n", encoding="utf-8")
    assert read_config(None, deep).cluster == "near"


@pytest.mark.parametrize("place", ["", "../", "../../"])
def test_a_name_that_is_almost_right_is_said(place: str, deep: Path) -> None:
    (deep / place / ".guardrail.yml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(None, deep)
    assert str(caught.value) == f"{place}.guardrail.yml: is not read; call it .guardrail.yaml"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param(HEAD + "ignore: [{path: a}]\n", ["c.yaml:3:10: ignore[0].reason: must be a text"], id="an ignore without a reason"),
        pytest.param(HEAD + "ignore: [{path: a, reason: ''}]\n", ["c.yaml:3:28: ignore[0].reason: must be a text"], id="an empty reason"),
        pytest.param(HEAD + "ignored: []\n", ["c.yaml:3:1: ignored: no such key"], id="a misspelt key"),
        pytest.param(HEAD + "ignore: vendor\n", ["c.yaml:3:9: ignore: must be a list"], id="an ignore that is no list"),
        pytest.param(HEAD + "ignore: [vendor]\n", ["c.yaml:3:10: ignore[0]: must be {path"], id="an ignore that is a path only"),
        pytest.param(
            "kind: Profile\n", ["c.yaml:1:1: apiVersion: must be", "c.yaml:1:7: kind: must be Config"], id="another kind, and every fault"
        ),
        pytest.param("- a\n", ["c.yaml:1:1: a configuration is a map"], id="a list"),
        pytest.param(HEAD + "profile: 3\n", ["c.yaml:3:10: profile: must be a text"], id="a number for a path"),
        pytest.param(HEAD + "a: [\n", ["c.yaml:4:1: "], id="broken YAML"),
        pytest.param(HEAD + "---\n" + HEAD, ["one document only"], id="two documents"),
    ],
)
def test_faults_have_a_place(text: str, faults: list[str], tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config("c.yaml", tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(faults)
    assert [fault for fault, line in zip(faults, lines, strict=True) if fault not in line] == []


def test_an_ignore_from_the_command_line() -> None:
    assert ignore_of("vendor/**=copied from upstream, see a=b") == PathIgnore("vendor/**", "copied from upstream, see a=b")


@pytest.mark.parametrize("text", ["vendor/**", "vendor/**=", "=why", " = "])
def test_an_ignore_needs_a_reason(text: str) -> None:
    with pytest.raises(ConfigError, match="GLOB=REASON"):
        ignore_of(text)
