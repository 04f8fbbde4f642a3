"""What `deploy/` installs, on a control plane without nodes: the configurations as they are, the server as a process beside it."""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.cluster import free_port
from webhook.selfsigned import write_self_signed

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

__all__ = ["Installation"]

ROOT = Path(__file__).parents[2]
_SERVICE = "guardrail.guardrail-system.svc"
_START_S = 30.0


@dataclass
class Installation:
    """`install` applies deploy/, `serve` starts the server that its Service leads to."""

    cluster: Cluster
    folder: Path
    port: int = field(default_factory=free_port)
    _server: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        """The server's certificate, which is its own authority."""
        return self.folder / "tls.crt"

    @property
    def profile(self) -> Path:
        """The folder with the profile, which the server watches."""
        return self.folder / "profile"

    def install(self) -> None:
        """Applies the overlay `enforce` with certificates of one's own; the Service leads to this machine, where no cluster network is."""
        write_self_signed(self.folder, [_SERVICE, "localhost", "127.0.0.1"], datetime.now(UTC))
        self.profile.mkdir()
        shutil.copy(ROOT / "fixtures" / "profile.yaml", self.profile)
        for document in self._built():
            told = self.cluster.apply(document)
            assert told.code == 0, (document["kind"], told.err)

    def serve(self) -> None:
        """Starts two workers and comes back when they are ready."""
        command = [
            sys.executable, "-m", "guardrail", "serve", "--port", str(self.port), "--workers", "2", "--profile", str(self.profile),
            "--certificate", str(self.certificate), "--key", str(self.folder / "tls.key"),
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if self._server.poll() is not None:
                break
            try:
                self.get("/readyz")
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the webhook did not become ready:\n{self.log()[-2000:]}")

    def stop(self) -> None:
        """Ends the server as a pod ends."""
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(40)
            self._server = None

    def get(self, path: str) -> str:
        """The answer of the server to a request of one's own."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", context=context, timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def workers(self) -> list[int]:
        """The processes that answer."""
        assert self._server is not None
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text().split()
        return [int(child) for child in children]

    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "server.log").read_text(errors="replace")

    def _built(self) -> list[dict[str, Any]]:
        copy = self.folder / "deploy"
        shutil.copytree(ROOT / "deploy", copy)
        for name in ("tls.crt", "tls.key"):
            shutil.copy(self.folder / name, copy / "components" / "self-managed" / name)
        (copy / "kustomization.yaml").write_text("resources: [overlays/enforce]\ncomponents: [components/self-managed]\n")
        built = self.cluster.kubectl("kustomize", str(copy))
        assert built.code == 0, built.err
        documents: list[dict[str, Any]] = list(yaml.safe_load_all(built.out))
        return [self._led_here(document) for document in documents]

    def _led_here(self, document: dict[str, Any]) -> dict[str, Any]:
        if document["kind"] == "Service":
            return {**document, "spec": {"type": "ExternalName", "externalName": "localhost"}}
        for hook in document.get("webhooks", ()):
            hook["clientConfig"]["service"]["port"] = self.port
        return document
