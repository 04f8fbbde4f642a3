"""Compiled rules from one run to the next, seen from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guardrail.cli import main
from guardrail.policy import library as policy_library
from tests.policy.samples import policy, validation

ROOT = Path(__file__).parents[2]
PLANS = [str(ROOT / "fixtures"), "--profile", str(ROOT / "policies/profiles/example.yaml"), "--now", "2026-11-25"]
# Parser and checker, the schemas of policies, and the places of faults: what a run with a warm cache has no use for.
COLD = ("guardrail.cel.parser", "guardrail.cel.checker", "guardrail.policy.compiler", "jsonschema", "difflib")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("GUARDRAIL_CACHE_DIR", str(place))
    return place


def lint(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["lint", *PLANS, "--format", "json", *more])
    return code, json.loads(capsys.readouterr().out)


def _compiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every library that is compiled from here on."""
    counted: list[int] = []
    real = policy_library.compile_library

    def compile_library(*given: Any) -> Any:
        counted.append(1)
        return real(*given)

    monkeypatch.setattr(policy_library, "compile_library", compile_library)
    return counted


def test_the_second_run_compiles_nothing_and_says_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = _compiles(monkeypatch)
    without = lint(capsys, "--no-cache")
    assert not folder.exists()
    first, second = lint(capsys), lint(capsys)
    assert first == second == without
    assert len(compiled) == 2
    assert len(list(folder.iterdir())) == 1


def test_a_run_with_a_warm_cache_loads_no_compiler(folder: Path) -> None:
    one = str(ROOT / "fixtures/manifests/train-job.yaml")
    lint_one = f"main(['lint', '-q', '--namespace', 'ml', {one!r}])"
    code = f"import sys; from guardrail.cli import main; {lint_one}; print(*(n for n in {COLD} if n in sys.modules))"
    runs = [subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(2)]
    cold, warm = (run.stdout.splitlines()[-1] for run in runs)
    assert cold == " ".join(COLD[:-1])
    assert warm == ""
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("switch", ["GUARDRAIL_NO_CACHE", "--no-cache"])
def test_a_switch_keeps_it_away(folder: Path, switch: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lint(capsys)
    compiled = _compiles(monkeypatch)
    if not switch.startswith("-"):
        monkeypatch.setenv(switch, "1")
    lint(capsys, *([switch] if switch.startswith("-") else []))
    assert compiled == [1]
    assert len(list(folder.iterdir())) == 1


def test_the_second_opinion_keeps_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lint(capsys, "--engine", "cel-python")
    assert not folder.exists()


def test_a_changed_policy_or_profile_is_compiled(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = _compiles(monkeypatch)
    file = tmp_path / "small-things/policy.yaml"
    file.parent.mkdir()
    file.write_text(policy("small-things").text, "utf-8")
    more = ("--policies", str(file))
    before = lint(capsys, *more)[1]
    file.write_text(policy("small-things", validations=[validation(expression="false")]).text, "utf-8")
    after = lint(capsys, *more)[1]
    assert len(compiled) == 2
    assert before["library"]["hash"] != after["library"]["hash"]
    assert sum(finding["policy"] == "small-things" for finding in after["findings"]) > sum(
        finding["policy"] == "small-things" for finding in before["findings"]
    )
    main(["lint", *PLANS[:1]])
    assert len(compiled) == 3
    assert len(list(folder.iterdir())) == 3


def test_a_faulty_library_is_never_kept(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(policy("wrong", validations=[validation(expression="resource.nothing")]).text, "utf-8")
    told = []
    for _ in range(2):
        assert main(["lint", *PLANS, "--policies", str(file)]) == 2
        told.append(capsys.readouterr().err)
    assert told[0] == told[1]
    assert "the view has no field resource.nothing" in told[0]
    assert not folder.exists()


def test_a_place_that_is_refused_is_told_once_and_judged_without(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = lint(capsys, "--no-cache")
    lint(capsys)
    folder.chmod(0o777)
    code, report = lint(capsys)
    notes = [note for note in report["notes"] if note["code"] == "cache-refused"]
    assert [(note["count"], "chmod 700" in note["message"]) for note in notes] == [(1, True)]
    assert (code, report["findings"]) == (without[0], without[1]["findings"])


def test_a_cut_entry_is_compiled_anew_and_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lint(capsys)
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-1])
    compiled = _compiles(monkeypatch)
    assert lint(capsys) == first
    assert lint(capsys) == first
    assert compiled == [1]
    assert entry.read_bytes() == whole


def test_policies_are_listed_alike(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def listed() -> str:
        assert main(["policies", "list", "--format", "json"]) == 0
        return capsys.readouterr().out

    assert listed() == listed()
    assert len(list(folder.iterdir())) == 1
