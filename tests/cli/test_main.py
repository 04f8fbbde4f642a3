"""The command line in process: exit codes, streams, and what is said where."""

from __future__ import annotations

import io
import json
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from guardrail import __version__, app
from guardrail.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\ndata: {}\n"
INVERTED = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a, namespace: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  minReplicas: 5
  maxReplicas: 2
"""
BROKEN = "apiVersion: v1\nkind: ConfigMap\nkind: Secret\nmetadata: {name: a}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and a fixed clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUARDRAIL_NOW", "2026-11-25")
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"guardrail {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        pytest.param([], 2, id="no command"),
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["lint", "--help"], 0, id="help of a command"),
        pytest.param(["lint", "--fail-on", "never"], 2, id="a wrong value"),
        pytest.param(["lint", "--prof", "x"], 2, id="an abbreviated flag"),
        pytest.param(["lint", "--profile", "a", "--profile", "a"], 2, id="a second profile"),
        pytest.param(["inspect", "--cluster", "a", "--cluster=b"], 2, id="a second cluster"),
        pytest.param(["scan"], 2, id="no such command"),
        pytest.param(["policies"], 2, id="a command that wants another"),
    ],
)
def test_usage(argv: list[str], code: int) -> None:
    assert main(argv) == code


def test_a_second_value_is_not_taken_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", ".", "--profile", "a.yaml", "--profile", "b.yaml"]) == 2
    assert "--profile is given twice; give it once" in capsys.readouterr().err


def test_flags_that_add_up_may_be_repeated(folder: Path) -> None:
    write(folder, a=CLEAN, b=BROKEN, c=BROKEN)
    assert main(["lint", ".", "--ignore", "b.yaml=broken", "--ignore", "c.yaml=broken"]) == 0


@pytest.mark.parametrize(
    ("files", "flags", "code"),
    [
        pytest.param({"a": CLEAN}, [], 0, id="nothing found"),
        pytest.param({"a": INVERTED}, [], 1, id="a deny"),
        pytest.param({"a": BROKEN}, [], 2, id="an input that cannot be read"),
        pytest.param({"a": BROKEN, "b": INVERTED}, [], 2, id="a deny beside an unreadable input"),
        pytest.param({}, [], 2, id="a folder with nothing in it"),
        pytest.param({"values": "replicas: 2\n"}, [], 2, id="inputs none of which is a manifest or a plan"),
        pytest.param({"values": "replicas: 2\n"}, ["--allow-empty"], 0, id="the same, allowed"),
        pytest.param({}, ["absent.yaml"], 2, id="a path that matches nothing"),
        pytest.param({"a": CLEAN}, ["--require-profile"], 2, id="policies wait for a profile that is required"),
        pytest.param({"a": CLEAN}, ["--profile", "absent.yaml"], 2, id="a profile that is not there"),
        pytest.param({"a": CLEAN}, ["--now", "soon"], 2, id="a time that is none"),
        pytest.param({"a": CLEAN}, ["--ignore", "b"], 2, id="an ignore without a reason"),
        pytest.param({"a": BROKEN, "b": CLEAN}, ["--ignore", "a.yaml=known to be broken"], 0, id="an ignored file is not read"),
    ],
)
def test_exit_codes_of_lint(files: dict[str, str], flags: list[str], code: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, **files)
    assert main(["lint", *flags]) == code
    told = capsys.readouterr()
    assert "internal error" not in told.err
    assert ("max-replicas-bounded/inverted" in told.out) == (INVERTED in files.values())


def test_an_unreadable_input_hides_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=BROKEN, b=INVERTED)
    main(["lint"])
    out = capsys.readouterr().out
    assert "b.yaml:" in out
    assert "a.yaml:3:1" in out


def report(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    main([*argv, "--format", "json"])
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


@pytest.mark.usefixtures("folder")
def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(INVERTED.encode())))
    found = report(capsys, "lint", "-", "--stdin-filename", "hpa.yaml")["findings"]
    assert {finding["location"]["path"] for finding in found} == {"hpa.yaml"}


def test_the_clock_is_read_from_the_flag(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=CLEAN)
    assert report(capsys, "lint", "--now", "2027-01-01T01:00:00+01:00")["now"] == "2027-01-01T00:00:00Z"


def test_output_takes_the_format_and_people_read_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=INVERTED)
    assert main(["lint", "--format", "json", "--output", "report.json"]) == 1
    assert "max-replicas-bounded/inverted" in capsys.readouterr().out
    assert json.loads((folder / "report.json").read_text("utf-8"))["summary"]["deny"] == 1


def test_annotations_name_paths_of_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".git").mkdir()
    (folder / "team").mkdir()
    (folder / "team" / "a.yaml").write_text(INVERTED, encoding="utf-8")
    monkeypatch.chdir(folder / "team")
    assert main(["lint", "--format", "github"]) == 1
    assert "::error file=team/a.yaml,line=6,col=16,title=max-replicas-bounded/inverted::" in capsys.readouterr().out


def test_output_that_cannot_be_written_is_said_before_anything_is_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=INVERTED)
    assert main(["lint", "--output", "absent/report.txt"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "guardrail: --output absent/report.txt: No such file or directory\n"


def test_output_does_not_overwrite_an_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=INVERTED)
    assert main(["lint", "./a.yaml", "--output", "a.yaml"]) == 2
    assert "one of the inputs" in capsys.readouterr().err
    assert (folder / "a.yaml").read_text("utf-8") == INVERTED


FAULTS = [
    pytest.param(["--config", "c.yaml"], "configuration", [], id="configuration"),
    pytest.param(["--profile", "p.yaml"], "profile", [("p.yaml", 3, "regions.approved")], id="profile"),
    pytest.param(["--policies", "r.yaml"], "policies", [("r.yaml", 3, None)], id="policies"),
]


@pytest.fixture
def faulty(folder: Path) -> Path:
    write(folder, a=CLEAN, c="kind: Other\n", p="apiVersion: guardrail.dev/v1\nkind: Profile\nregions: {approved: 3}\n")
    (folder / "r.yaml").write_text("apiVersion: guardrail.dev/v1\nkind: Policy\n metadata: {}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("flags", "whose", "faults"), FAULTS)
def test_faults_are_json_in_the_file_that_was_to_hold_the_report(
    flags: list[str], whose: str, faults: list[tuple[str, int, str | None]], faulty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "a.yaml", "--format", "json", "--output", "report", *flags]) == 2
    told = capsys.readouterr()
    document = json.loads((faulty / "report").read_text("utf-8"))
    schema = resources.files("guardrail.reporters").joinpath("failure.schema.json").read_text("utf-8")
    jsonschema.validate(document, json.loads(schema))
    assert document["in"] == whose
    assert [(fault["path"], fault["line"], fault["where"]) for fault in document["faults"]] == faults
    assert document["message"] in told.err


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("command", ["lint", "inspect"])
def test_standard_output_holds_a_report_or_nothing(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "a.yaml", "--format", "json", "--profile", "p.yaml"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "p.yaml:3" in told.err


@pytest.mark.parametrize(("flags", "whose", "faults"), FAULTS)
def test_no_old_report_stands_where_a_run_failed(
    flags: list[str], whose: str, faults: list[tuple[str, int, str | None]], faulty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("text", "json"):
        (faulty / "report").write_text("of yesterday", encoding="utf-8")
        assert main(["lint", "a.yaml", "--format", form, "--output", "report", *flags]) == 2
        assert capsys.readouterr().out == ""
        assert (faulty / "report").exists() == (form == "json")
    document = json.loads((faulty / "report").read_text("utf-8"))
    assert (document["in"], len(document["faults"])) == (whose, len(faults))


def test_the_configuration_of_the_folder_applies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=INVERTED)
    (folder / ".guardrail.yaml").write_text(
        "apiVersion: guardrail.dev/v1\nkind: Config\nignore: [{path: a.yaml, reason: an old one}]\n", encoding="utf-8"
    )
    found = report(capsys, "lint", "a.yaml", "--allow-empty")
    assert found["findings"] == []
    assert any("an old one" in (record["reason"] or "") for record in found["inputs"])


def test_inspect(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, a=INVERTED)
    assert main(["inspect"]) == 0
    assert "HorizontalPodAutoscaler web/a" in capsys.readouterr().out
    (resource,) = report(capsys, "inspect")["resources"]
    assert resource["view"]["units"]["min"] == 5


def test_inspect_of_nothing_is_unusable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, values="replicas: 2\n")
    assert main(["inspect"]) == 2
    assert main(["inspect", "--allow-empty"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("folder")
def test_policies_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "list"]) == 0
    text = capsys.readouterr().out
    assert "required-tags" in text
    assert "tags.required" in text
    listed = report(capsys, "policies", "list")["policies"]
    assert {policy["name"] for policy in listed if policy["dormant"]} >= {"required-tags", "approved-regions"}


def test_a_fault_of_guardrail_is_told_apart(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_options: app.Options, _progress: app.Progress | None) -> None:
        raise RuntimeError("a value that nobody may see")

    write(folder, a=CLEAN)
    monkeypatch.setattr(app, "lint", fail)
    assert main(["lint"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("guardrail: internal error: RuntimeError in test_main.py:")
    assert "nobody may see" not in err
    monkeypatch.setenv("GUARDRAIL_DEBUG", "1")
    assert main(["lint"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_options: app.Options, _progress: app.Progress | None) -> None:
        raise KeyboardInterrupt

    write(folder, a=CLEAN)
    monkeypatch.setattr(app, "lint", interrupt)
    assert main(["lint"]) == 130
    assert capsys.readouterr().err == "guardrail: interrupted\n"
