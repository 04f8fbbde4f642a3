"""Tries the hook of `.pre-commit-hooks.yaml` under the real pre-commit, on a scratch repository.

The hook is installed from a snapshot of the working tree. Needs git, and network for pre-commit's
own environment. Prints what happened; exit 0 when all of it was as it has to be.

    python -m tests.hooks.try_pre_commit
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNSTAGED = "left-alone.yaml"

CONFIG = """\
repos:
  - repo: {source}
    rev: {revision}
    hooks:
      - id: guardrail-lint
"""

SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}, namespace: web}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}
  minReplicas: 5
  maxReplicas: {most}
"""


def git(folder: Path, *arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)  # noqa: S607 - git of PATH


def environment(scratch: Path) -> dict[str, str]:
    """Without the settings of this machine's git, and with tools of this virtual environment first."""
    person = {
        f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", "t"), ("EMAIL", "t@example.com"))
    }
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "PRE_COMMIT_HOME": str(scratch / "cache"), "NO_COLOR": "1", "PRE_COMMIT_COLOR": "never"}
    return {**os.environ, **person, **own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def snapshot(target: Path, environ: dict[str, str]) -> str:
    """The working tree as a repository with one commit; its revision."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", environ=environ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git(target, "init", "--quiet", environ=environ)
    git(target, "add", "--all", environ=environ)
    git(target, "commit", "--quiet", "--message", "snapshot", environ=environ)
    return git(target, "rev-parse", "HEAD", environ=environ).stdout.strip()


def attempt(said: str, folder: Path, environ: dict[str, str], *, refused: bool, named: str = "") -> bool:
    """One `git commit`; whether it went as it has to, and said nothing of the file that is not staged."""
    done = git(folder, "commit", "--message", said, environ=environ)
    output = done.stdout + done.stderr
    held = (done.returncode != 0) == refused and named in output and UNSTAGED not in output
    sys.stdout.write(f"{'ok  ' if held else 'FAIL'} {said}: {'refused' if done.returncode else 'committed'}\n")
    sys.stdout.write("".join(f"     | {line}\n" for line in output.splitlines()))
    return held


def run(scratch: Path) -> bool:
    environ, source, user = environment(scratch), scratch / "source", scratch / "user"
    source.mkdir()
    user.mkdir()
    revision = snapshot(source, environ)
    git(user, "init", "--quiet", environ=environ)
    (user / ".pre-commit-config.yaml").write_text(CONFIG.format(source=source, revision=revision), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pre_commit", "install", "--install-hooks"], cwd=user, env=environ, check=True)
    git(user, "add", ".pre-commit-config.yaml", environ=environ)
    results = [attempt("a commit with nothing to judge", user, environ, refused=False)]
    (user / "staged.yaml").write_text(SCALER.format(name="staged", most=2), encoding="utf-8")
    git(user, "add", "staged.yaml", environ=environ)
    (user / UNSTAGED).write_text(SCALER.format(name="left-alone", most=2), encoding="utf-8")
    results.append(attempt("a staged violation beside an unstaged one", user, environ, refused=True, named="staged.yaml"))
    (user / "staged.yaml").write_text(SCALER.format(name="staged", most=8), encoding="utf-8")
    results.append(attempt("a violation mended in the work tree only", user, environ, refused=True, named="staged.yaml"))
    git(user, "add", "staged.yaml", environ=environ)
    results.append(attempt("the mended file", user, environ, refused=False))
    (user / "notes.txt").write_text("nothing to judge\n", encoding="utf-8")
    git(user, "add", "notes.txt", environ=environ)
    results.append(attempt("a file of another type", user, environ, refused=False))
    return all(results)


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        return 0 if run(Path(scratch)) else 1


if __name__ == "__main__":
    sys.exit(main())
