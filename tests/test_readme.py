"""What the documents say is run: commands, configuration, links, versions."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from guardrail import __version__
from guardrail.cli.config import read_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line.removeprefix("$ ") for language, block in BLOCKS if language == "console" for line in block.splitlines()]
PAGES = sorted(path.name for path in ROOT.glob("*.md"))


@pytest.mark.parametrize("command", [command for command in COMMANDS if "guardrail " in command])
def test_the_commands_of_the_readme_work(command: str) -> None:
    command = command.removeprefix(".venv/bin/").replace("guardrail", f"{shlex.quote(sys.executable)} -m guardrail", 1)
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == ""
    assert re.search(r"\d resources? in ", done.stdout.splitlines()[-1])


def test_every_other_command_is_a_target_of_make() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    others = [command.split() for command in COMMANDS if "guardrail " not in command]
    named = {("make", target) for target in re.findall(r"`make ([a-z-]+)`", README)}
    assert {tuple(command) for command in others} | named <= {("make", target) for target in targets}


def test_the_configuration_of_the_readme_loads(tmp_path: Path) -> None:
    (text,) = [block for language, block in BLOCKS if language == "yaml" and "kind: Config" in block]
    (tmp_path / ".guardrail.yaml").write_text(text, encoding="utf-8")
    config = read_config(None, tmp_path)
    assert config.profile == "platform/profile.yaml"
    assert len(config.ignores) == 1


def test_the_hook_of_the_readme_exists() -> None:
    (text,) = [block for language, block in BLOCKS if language == "yaml" and "repos:" in block]
    (repo,) = yaml.safe_load(text)["repos"]
    shipped = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert {hook["id"] for hook in repo["hooks"]} == shipped
    assert repo["rev"] == f"v{__version__}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_changelog_ends_with_this_version() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released[0] == __version__


def test_the_package_has_one_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__


def test_decisions_are_numbered_and_dated() -> None:
    text = (ROOT / "DECISIONS.md").read_text("utf-8")
    heads = re.findall(r"^## (\d+)\. .* \(\d{4}-\d{2}-\d{2}\)$", text, re.MULTILINE)
    assert [int(number) for number in heads] == list(range(1, text.count("\n## ") + 1))


def test_locks_name_hashes_and_no_host() -> None:
    for name in ("requirements.txt", "requirements-webhook.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pinned = re.findall(r"^[a-z0-9-]+==\S+", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"\\\n    --hash=sha256:[0-9a-f]{64}(?: \\\n    --hash=sha256:[0-9a-f]{64})*(?:\n|$)", text))


def test_every_target_of_make_is_explained() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    assert phony == set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))
