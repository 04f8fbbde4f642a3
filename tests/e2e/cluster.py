"""A control plane of one's own on loopback: etcd and an API server, real admission, no nodes."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from webhook.selfsigned import write_self_signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Cluster", "Told", "free_port"]

_START_S = 60.0
_STOP_S = 10.0
_TOKENS = """\
root-token,root,1,"system:masters"
alice-token,alice,2,"ml-team"
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What kubectl came to."""

    code: int
    out: str
    err: str


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Cluster:
    """Started by `start`, ended by `stop`, which ends what it started and nothing else."""

    programs: Path
    folder: Path
    port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Comes back when the API server says that it is ready. Raises RuntimeError with the end of its log where it does not."""
        self._make_keys()
        client, peer = free_port(), free_port()
        self._run("etcd", [
            "--name", "e2e", "--data-dir", str(self.folder / "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", f"http://127.0.0.1:{client}", "--advertise-client-urls", f"http://127.0.0.1:{client}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"e2e=http://127.0.0.1:{peer}",
        ])  # fmt: skip
        pki = self.folder / "pki"
        self._run("kube-apiserver", [
            f"--etcd-servers=http://127.0.0.1:{client}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}", "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24",
            f"--tls-cert-file={pki / 'tls.crt'}", f"--tls-private-key-file={pki / 'tls.key'}", f"--token-auth-file={pki / 'tokens.csv'}",
            f"--service-account-issuer={self.url}", f"--service-account-key-file={pki / 'sa.pub'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}", "--authorization-mode=RBAC", "--allow-privileged=true",
            "--disable-admission-plugins=ServiceAccount", f"--audit-policy-file={self._audit_policy()}",
            f"--audit-log-path={self.folder / 'audit.log'}", "--audit-log-mode=blocking",
        ])  # fmt: skip
        self._wait()
        for user in ("root", "alice"):
            self._write_kubeconfig(user)

    def stop(self) -> None:
        """The API server first, then etcd."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kubectl(self, *arguments: str, given: Any = None, user: str = "root") -> Told:
        """Runs kubectl as a user; `given` is an object or several for its standard input."""
        documents = given if isinstance(given, list) else [given] if given is not None else []
        text = "\n---\n".join(json.dumps(document) for document in documents)
        command = [str(self.programs / "kubectl"), f"--kubeconfig={self.folder / f'{user}.kubeconfig'}", *arguments]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "HOME": str(self.folder)}
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def apply(self, *documents: Mapping[str, Any], user: str = "root", flags: Sequence[str] = ()) -> Told:
        """`kubectl apply` of documents."""
        return self.kubectl("apply", "-f", "-", *flags, given=list(documents), user=user)

    def _run(self, name: str, arguments: Sequence[str]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([str(self.programs / name), *arguments], stdout=log, stderr=subprocess.STDOUT))

    def _wait(self) -> None:
        until = time.monotonic() + _START_S
        context = ssl.create_default_context(cafile=str(self.folder / "pki" / "tls.crt"))
        asked = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": "Bearer root-token"})
        while time.monotonic() < until:
            if any(process.poll() is not None for process in self._processes):
                break
            try:
                with urllib.request.urlopen(asked, context=context, timeout=5) as answer:
                    if answer.read() == b"ok":
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        log = (self.folder / "kube-apiserver.log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"the API server did not become ready:\n{log[-2000:]}")

    def _make_keys(self) -> None:
        pki = self.folder / "pki"
        pki.mkdir(mode=0o700)
        write_self_signed(pki, ["127.0.0.1", "localhost"], datetime.now(UTC))
        for command in (
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", "sa.key"],
            ["pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub"],
        ):
            subprocess.run(["openssl", *command], cwd=pki, check=True, capture_output=True)
        (pki / "tokens.csv").write_text(_TOKENS)

    def _audit_policy(self) -> Path:
        file = self.folder / "audit.yaml"
        file.write_text('{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}')
        return file

    def _write_kubeconfig(self, user: str) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": {"server": self.url, "certificate-authority": str(self.folder / "pki" / "tls.crt")}}],
            "users": [{"name": user, "user": {"token": f"{user}-token"}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": user}}],
        }
        (self.folder / f"{user}.kubeconfig").write_text(json.dumps(config))
