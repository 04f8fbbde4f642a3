"""The commands about a profile, in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from guardrail.cli import main

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = str(ROOT / "policies" / "profiles" / "example.yaml")
HEAD = "apiVersion: guardrail.dev/v1\nkind: Profile\n"


def workload(kind: str, name: str, namespace: str, replicas: int, gpus: int, **labels: str) -> str:
    """A Deployment or a Job; GPUs are L4."""
    count = "parallelism" if kind == "Job" else "replicas"
    limits = f"resources: {{limits: {{nvidia.com/gpu: {gpus}}}}}" if gpus else "resources: {}"
    return (
        f"apiVersion: {'batch/v1' if kind == 'Job' else 'apps/v1'}\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: {namespace}, labels: {json.dumps(labels)}}}\n"
        f"spec:\n  {count}: {replicas}\n"
        + ("  backoffLimit: 9\n  activeDeadlineSeconds: 300000\n" if kind == "Job" else "  selector: {matchLabels: {app: a}}\n")
        + "  template:\n    metadata: {labels: {app: a}}\n    spec:\n"
        "      nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}\n"
        f"      restartPolicy: {'Never' if kind == 'Job' else 'Always'}\n      containers: [{{name: c, image: x, {limits}}}]\n"
    )


SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: elsewhere, namespace: web-prod}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: not-here}, minReplicas: 1, maxReplicas: 300}
"""
FILES = {
    "train.yaml": workload(
        "Job", "big", "ml-dev", 40, 8, Team="speech", owner="m-lund", **{"cost-center": "cc-1", "workload-type": "train"}
    ),
    "api.yaml": workload("Deployment", "api", "web-prod", 150, 1, Team="ranking", **{"acme.example/cost_center": "cc-2"}),
    "ui.yaml": workload("Deployment", "ui", "lab", 3, 0, team="web", tier="front"),
    "scaler.yaml": SCALER,
    "notes.yaml": "replicas: 2\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with manifests below k8s/, and a fixed clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUARDRAIL_NOW", "2026-11-25")
    (tmp_path / "k8s").mkdir()
    for name, text in FILES.items():
        (tmp_path / "k8s" / name).write_text(text, encoding="utf-8")
    return tmp_path


# ---- check


def test_check_says_what_is_fed_and_what_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(
        HEAD + "metadata: {name: acme, version: '1'}\nenvironments: {aliases: {prod: []}}\nregions: {approved: {prod: [eu-north-1]}}\n",
        "utf-8",
    )
    assert main(["profile", "check", str(file)]) == 0
    told = capsys.readouterr().out
    assert "  regions.approved             approved-regions\n" in told
    assert "  approved-gpu-families        add gpu.families: Accelerator families" in told
    assert told.endswith("no fault · 4 policies are dormant · profile acme 1\n")


def test_check_tells_every_fault_of_the_profile_and_of_what_policies_say_about_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(HEAD + "gpu: {families: {prod: [L5]}}\nenforcement: {overrides: {max-runtime/no-dedline: warn}}\nmoon: {}\n", "utf-8")
    assert main(["profile", "check", str(file)]) == 2
    told = capsys.readouterr().err.replace(f"{file}:", "")
    assert told.splitlines() == [
        "3:25: gpu.families.prod[0]: no accelerator family L5 in the catalogue",
        "4:27: enforcement.overrides.max-runtime/no-dedline: max-runtime has no validation no-dedline (did you mean no-deadline?)",
        "5:1: moon: unknown key",
        "guardrail: 3 faults in the profile; nothing was judged",
    ]


def test_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "check", EXAMPLE, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["dormant"]) == ("ProfileCheck", [])
    assert {"path": "gpu.families", "policies": ["approved-gpu-families"], "stated": True, "default": False} in document["feeds"]


def test_the_profile_of_the_configuration_is_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "org.yaml").write_text(HEAD + "metadata: {name: of-the-configuration}\n", "utf-8")
    (folder / ".guardrail.yaml").write_text("apiVersion: guardrail.dev/v1\nkind: Config\nprofile: org.yaml\n", "utf-8")
    assert main(["profile", "check"]) == 0
    assert "profile of-the-configuration" in capsys.readouterr().out


# ---- show


def test_what_is_shown_is_a_profile_that_means_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for path in (EXAMPLE, str(tmp_path / "shown.yaml")):
        assert main(["profile", "show", path]) == 0
        shown.append(capsys.readouterr().out)
        (tmp_path / "shown.yaml").write_text(shown[-1], "utf-8")
    first, second = map(yaml.safe_load, shown)
    assert first == second
    assert main(["profile", "check", str(tmp_path / "shown.yaml")]) == 0


def test_every_value_says_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "show", EXAMPLE, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    stated = [value for value in document["values"] if value["given"] == "stated"]
    assert stated
    assert [value for value in stated if not value["from"].startswith(f"{EXAMPLE}:")] == []
    assert document["document"]["kubernetes"]["gpu_system_namespaces"]
    assert isinstance(document["document"]["clusters"], list)


# ---- init


@pytest.mark.usefixtures("folder")
def test_a_proposed_profile_states_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "init", "--from", "k8s", "--output", "-"]) == 0
    text = capsys.readouterr().out
    made = yaml.safe_load(text)
    assert made["environments"]["homes"] == {"dev": {"namespaces": ["ml-dev"]}, "prod": {"namespaces": ["web-prod"]}}
    assert made["tags"]["keys"]["team"]["kubernetes"] == ["Team", "team"]
    assert made["tags"]["keys"]["cost-center"]["kubernetes"] == ["acme.example/cost_center", "cost-center"]
    assert made["tags"]["required"]["base"] == ["team", "cost-center"]
    assert made["owners"]["speech"] == {"cost_centers": ["cc-1"], "members": ["m-lund"]}
    assert made["gpu"]["families"] == {"dev": ["L4"], "prod": ["L4"]}
    assert made["quotas"]["workload_gpus"]["dev"] == {"default": 320}
    assert made["replicas"]["max"]["prod"] == {"gpu": 150, "cpu": 300}
    assert made["batch"] == {
        "max_runtime_s": {"dev": 300000, "prod": 259200},
        "max_retries": {"dev": 9, "prod": 6},
    }
    assert "# 320: Job ml-dev/big (k8s/train.yaml:1)" in text
    assert "# namespaces without a home: lab" in text
    assert "# other keys in use: tier" in text


def test_a_proposed_profile_names_no_folder_of_the_machine(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "init", "--from", str(folder / "k8s"), "--output", "-"]) == 0
    text = capsys.readouterr().out
    assert "# 320: Job ml-dev/big (k8s/train.yaml:1)" in text
    assert str(folder) not in text


@pytest.mark.usefixtures("folder")
def test_a_proposed_profile_has_no_fault_and_caps_nothing_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "init", "--from", "k8s"]) == 0
    assert main(["profile", "check", "profile.yaml"]) == 0
    capsys.readouterr()
    main(["lint", "k8s", "--profile", "profile.yaml", "--format", "json"])
    denied = {finding["validation"] for finding in json.loads(capsys.readouterr().out)["findings"] if finding["action"] == "deny"}
    caps = {
        "over-cap",
        "over-peak",
        "too-long",
        "retry-count",
        "region-not-approved",
        "family-not-approved",
        "unknown-team",
        "value-not-allowed",
    }
    assert denied & caps == set()


@pytest.mark.usefixtures("folder")
def test_the_same_inputs_give_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        assert main(["profile", "init", "--from", "k8s", "--output", "-"]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_nothing_is_known_of_an_empty_fleet(folder: Path) -> None:
    (folder / "k8s" / "train.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", encoding="utf-8")
    assert main(["profile", "init", "--from", "k8s/train.yaml"]) == 0
    assert main(["profile", "check", "profile.yaml"]) == 0
    made = yaml.safe_load((folder / "profile.yaml").read_text("utf-8"))
    assert sorted(made) == ["apiVersion", "kind", "metadata", "quotas", "replicas"]


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        pytest.param(
            [], 2, "profile.yaml: is there already; --force overwrites it, --output - writes to standard output", id="a file that is there"
        ),
        pytest.param(["--force"], 0, "profile.yaml: proposed from 4 resources", id="the same, by force"),
        pytest.param(["--output", "other.yaml"], 0, "other.yaml: proposed from 4 resources", id="another file"),
        pytest.param(["--output", "no/such/folder.yaml"], 2, "cannot be written", id="a folder that is not there"),
    ],
)
def test_nothing_is_overwritten_unasked(flags: list[str], code: int, told: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "profile.yaml").write_text("mine\n", encoding="utf-8")
    assert main(["profile", "init", "--from", "k8s", *flags]) == code
    assert told in capsys.readouterr().err
    assert ((folder / "profile.yaml").read_text("utf-8") == "mine\n") is (flags != ["--force"])


def test_what_cannot_be_read_is_said_and_the_rest_is_proposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "k8s" / "broken.yaml").write_text("a: [\n", encoding="utf-8")
    assert main(["profile", "init", "--from", "k8s"]) == 2
    assert "k8s/broken.yaml" in capsys.readouterr().err
    assert (folder / "profile.yaml").exists()


@pytest.mark.parametrize("paths", [["k8s/notes.yaml"], ["-"]])
def test_nothing_is_proposed_from_nothing(paths: list[str], folder: Path) -> None:
    assert main(["profile", "init", "--from", *paths]) == 2
    assert not (folder / "profile.yaml").exists()


def test_a_name_with_odd_characters_stays_in_its_comment(folder: Path) -> None:
    odd = FILES["ui.yaml"].replace('"front"', '"a\\u2028moon: {}\\nstars: {}"').replace('"tier"', '"ti\\ner"')
    (folder / "k8s" / "ui.yaml").write_text(odd, encoding="utf-8")
    assert main(["profile", "init", "--from", "k8s"]) == 0
    assert main(["profile", "check", "profile.yaml"]) == 0


def test_a_rolling_update_that_is_there_is_not_denied_by_the_proposed_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "serve.yaml").write_text(workload("Deployment", "big", "ml", 2, 8))
    assert main(["profile", "init", "--from", "serve.yaml", "--output", "profile.yaml"]) == 0
    assert yaml.safe_load((tmp_path / "profile.yaml").read_text())["quotas"]["max_surge_gpus"] == 8
    capsys.readouterr()
    main(["lint", "serve.yaml", "--profile", "profile.yaml", "--format", "json"])
    assert "a rolling update adds" not in capsys.readouterr().out
