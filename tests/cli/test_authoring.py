"""The commands of those who write policies, in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrail.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with one new policy below `policies`."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "policy", "storage/my-rule"]) == 0
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / "policies" / "storage" / "my-rule" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_new_policy_passes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "policy", "storage/my-rule"])
    assert capsys.readouterr().out == (
        "policies/storage/my-rule/policy.yaml: written\n"
        "policies/storage/my-rule/cases.yaml: written\n"
        "try it: guardrail test --policies policies\n"
    )
    assert main(["test", "--policies", "policies"]) == 0
    assert capsys.readouterr().out == "5 passed · 5 cases of 1 policy\n"


@pytest.mark.usefixtures("folder")
def test_a_new_policy_works_beside_the_shipped_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "list", "--policies", "policies"]) == 0
    assert "my-rule" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(
            "storage/my-rule", "policies/storage/my-rule/policy.yaml: is there already; nothing was written", id="one that is there"
        ),
        pytest.param("my-rule", "write CATEGORY/NAME", id="no category"),
        pytest.param("a/../../b", "write CATEGORY/NAME", id="a path that leads out"),
        pytest.param("Storage/x", "write CATEGORY/NAME", id="capitals"),
        pytest.param("mine/required-tags", "the name of a shipped policy", id="the name of a shipped policy"),
    ],
)
def test_a_policy_that_cannot_be_begun(name: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_text("utf-8") for path in folder.rglob("*.yaml")}
    assert main(["new", "policy", name]) == 2
    assert told in capsys.readouterr().err
    assert {path: path.read_text("utf-8") for path in folder.rglob("*.yaml")} == before


def test_the_shipped_policies_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_policies_are_chosen_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "required-tags", "quota/workload-gpu-cap", "--format", "json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [policy["policy"] for policy in results["policies"]] == ["workload-gpu-cap", "required-tags"]
    assert results["summary"]["failed"] == 0


def test_a_name_that_no_policy_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "required-tag"]) == 2
    assert capsys.readouterr().err == "guardrail: no policy required-tag (did you mean required-tags?)\n"


def test_a_case_that_differs_is_shown_as_a_diff(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "cases.yaml", "the tag team is missing", "no team")
    change(folder, "cases.yaml", "expect: {missing: pass}", "expect: {missing: skip, other: fail}")
    capsys.readouterr()
    assert main(["test", "--policies", "policies"]) == 1
    assert capsys.readouterr().out == (
        "policies/storage/my-rule/cases.yaml:2  fail  my-rule: a service without the label\n"
        "    missing (line 10)\n"
        "      - expected  fail (deny): no team\n"
        "      + found     fail (deny): the tag team is missing\n"
        "\n"
        "policies/storage/my-rule/cases.yaml:12  fail  my-rule: a service with the label\n"
        "    missing (line 17)\n"
        "      - expected  skip\n"
        "      + found     pass\n"
        "    other (line 17)\n"
        "      - expected  fail\n"
        "      + found     the policy has no validation other\n"
        "\n"
        "policies/storage/my-rule/cases.yaml:1  gap  my-rule: missing has no passing case on kubernetes\n"
        "    add the case, or say in the cases why none can show it: - untested: {validation: …, target: …,\n"
        "    outcome: …} with a reason\n"
        "\n"
        "2 failed, 3 passed, 1 gap · 5 cases of 1 policy\n"
    )


def test_a_rule_that_holds_always_is_caught(folder: Path) -> None:
    change(folder, "policy.yaml", "expression: params.key in resource.tags", "expression: 'true || params.key in resource.tags'")
    assert main(["test", "--policies", "policies"]) == 1


def test_a_policy_without_cases_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policies/storage/my-rule/cases.yaml").unlink()
    assert main(["test", "--policies", "policies"]) == 1
    assert "my-rule has no cases (cases.yaml beside policies/storage/my-rule/policy.yaml)" in capsys.readouterr().out


def test_cases_without_a_policy_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policies/storage/other").mkdir()
    (folder / "policies/storage/other/cases.yaml").write_text("[]", "utf-8")
    assert main(["test", "--policies", "policies"]) == 2
    assert "policies/storage/other/cases.yaml: cases without a policy.yaml beside them" in capsys.readouterr().err


def test_a_broken_policy_and_broken_cases_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["new", "policy", "storage/second"])
    change(folder, "policy.yaml", "resource.tags\n", "resource.tag\n")
    second = folder / "policies/storage/second/cases.yaml"
    second.write_text(second.read_text("utf-8").replace("inline: &service", "inlined: &service"), "utf-8")
    assert main(["test", "--policies", "policies"]) == 2
    err = capsys.readouterr().err
    assert "policies/storage/my-rule/policy.yaml:29:" in err
    assert "policies/storage/second/cases.yaml:4:5: [0].input.inlined: unknown key (did you mean inline?)" in err


def test_the_profile_of_the_cases_lies_beside_them(folder: Path) -> None:
    change(folder, "cases.yaml", "action: deny", "action: audit")
    assert main(["test", "--policies", "policies"]) == 1
    (folder / "policies" / "fixtures").mkdir()
    head = "apiVersion: guardrail.dev/v1\nkind: Profile\nenvironments: {aliases: {dev: [], prod: []}}\n"
    profile = f"{head}enforcement: {{packs: {{storage: {{prod: audit}}}}}}\n"
    (folder / "policies" / "fixtures" / "profile.yaml").write_text(profile, "utf-8")
    assert main(["test", "--policies", "policies"]) == 0
    assert main(["test", "--policies", "policies", "--profile", "starter"]) == 1


def test_verbose_lists_what_passed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["test", "--policies", str(folder / "policies"), "-v"]) == 0
    assert capsys.readouterr().out.count("pass  ") == 5


# ---- policies show


def test_a_policy_is_shown_under_its_profile(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["policies", "show", "workload-gpu-cap", "--profile", "fixtures/profile.yaml"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("workload-gpu-cap  quota, critical, version 1\n    One service or run never exceeds")
    assert "        resource.gpu.total_max <= variables.cap\n" in text
    assert "        dev warn · test warn · prod deny\n" in text
    assert "from quotas.workload_gpus (fixtures/profile.yaml:" in text
    assert "    no API server has show()" in text
    assert "three pods of eight GPUs in a namespace that may train: over-peak fail, surge-doubles pass" in " ".join(text.split())


def test_a_policy_is_shown_for_machines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["policies", "show", "approved-regions", "--format", "json"]) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert sheet["dormant"]
    (approved,) = [entry for entry in sheet["parameters"] if entry["name"] == "approved"]
    assert approved["value"] is None
    assert approved["source"]["what"] == "nothing: regions.approved is not in the profile"
    assert sheet["kubernetes"]["readsView"]
    assert sheet["examples"]


@pytest.mark.usefixtures("folder")
def test_a_policy_of_ones_own_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["policies", "show", "my-rule", "--policies", "policies"]) == 0
    text = capsys.readouterr().out
    assert "    its expressions need Kubernetes 1." in text
    assert 'key = "team"' in text
    assert main(["policies", "show", "my-rule"]) == 2


def test_every_shipped_policy_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for file in sorted(ROOT.glob("policies/*/*/policy.yaml")):
        for profile in ("starter", str(ROOT / "policies/profiles/example.yaml")):
            assert main(["policies", "show", file.parent.name, "--profile", profile]) == 0
    assert capsys.readouterr().err == ""
