"""The programs of a control plane: given, kept from an earlier build, or built from source."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["KUBERNETES", "MissingError", "assets"]

KUBERNETES = "1.36.3"
_SOURCES = Path(__file__).parent / "controlplane"
_LEAST_GO = (1, 26)
_LEAST_BYTES = 5 * 10**9  # Go's build cache of the API server takes about 3 GB
_PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}


class MissingError(Exception):
    """Why there is no control plane here, in one line."""


def assets() -> Path:
    """The folder with etcd, kube-apiserver and kubectl. Raises MissingError where they can neither be found nor built.

    $KUBEBUILDER_ASSETS is taken as it is (the convention of envtest). Else a build is kept in the user's cache, by
    version, platform and sources; it takes some minutes and happens once.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        return _complete(Path(given))
    go = _go()
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guardrail" / "controlplane" / _key(go)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            _build(go, kept)
    return kept


def _complete(folder: Path) -> Path:
    missing = [name for name in _PACKAGES if not (folder / name).is_file()]
    if missing:
        raise MissingError(f"KUBEBUILDER_ASSETS={folder} lacks {', '.join(missing)}")
    return folder


def _go() -> str:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    found = re.search(r"go(\d+)\.(\d+)", _output(go, "version")) if go else None
    if go is None or found is None or tuple(map(int, found.groups())) < _LEAST_GO:
        raise MissingError("Go 1.26 or newer not found; set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl")
    return go


def _key(go: str) -> str:
    digest = hashlib.sha256("\0".join([KUBERNETES, _output(go, "version"), platform.machine()]).encode())
    for name in ("go.mod", "go.sum"):
        digest.update((_SOURCES / name).read_bytes())
    return f"{KUBERNETES}-{digest.hexdigest()[:16]}"


def _output(*command: str | None) -> str:
    return subprocess.run([part for part in command if part], check=True, capture_output=True, text=True).stdout


def _build(go: str, kept: Path) -> None:
    free = shutil.disk_usage(kept.parent).free
    if free < _LEAST_BYTES:
        raise MissingError(f"building the control plane needs 5 GB, {free / 10**9:.1f} are free; set KUBEBUILDER_ASSETS")
    version = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES.split(".")
    stamps = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(["-s", "-w", *(f"-X {version}.{name}={value}" for name, value in stamps.items())])
    with tempfile.TemporaryDirectory(prefix="build-", dir=kept.parent) as folder, tempfile.TemporaryDirectory(prefix="go-") as cache:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -p=2 -mod=readonly", "GOCACHE": cache}
        for name, package in _PACKAGES.items():
            command = [go, "build", "-trimpath", "-ldflags", flags, "-o", str(Path(folder, name)), package]
            done = subprocess.run(command, cwd=_SOURCES, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise MissingError(
                    f"{name} could not be built: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason given'}"
                )
        shutil.copytree(folder, kept)


if __name__ == "__main__":
    print(assets())  # noqa: T201 - the answer of `make e2e-tools`
