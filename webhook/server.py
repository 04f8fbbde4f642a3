"""The server: gunicorn with threads, over TLS whose certificate may change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from webhook.app import create_app
from webhook.service import Service
from webhook.tls import Certificates

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from flask import Flask
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

    from webhook.config import Config

__all__ = ["Listen", "run"]

_KEEP_ALIVE_S = 75  # longer than the API server's idle connections, so that it closes them and not we in its face
_DRAIN_S = 25  # of a pod's usual 30 s of grace
_SPARE_THREADS = 4  # beyond those that judge: for probes, metrics and telling a client that all are busy


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server listens, with what certificate, and in how many processes."""

    host: str
    port: int
    certificate: Path
    key: Path
    client_ca: Path | None = None
    workers: int = 1


def run(config: Config, listen: Listen) -> None:
    """Serves until it is told to stop (SIGTERM lets what is in flight finish). Does not return while it serves."""
    _Application(config, listen).run()


class _Application(BaseApplication):  # type: ignore[misc] # gunicorn is not typed
    def __init__(self, config: Config, listen: Listen) -> None:
        self._config, self._listen = config, listen
        self._certificates: Certificates | None = None
        super().__init__()

    def load_config(self) -> None:
        listen = self._listen
        settings: dict[str, Any] = {
            "bind": f"{_in_brackets(listen.host)}:{listen.port}",
            "workers": listen.workers,
            "worker_class": "gthread",
            "threads": self._config.in_flight + _SPARE_THREADS,
            "keepalive": _KEEP_ALIVE_S,
            "graceful_timeout": _DRAIN_S,
            "timeout": 60,  # a worker that has not moved for so long is replaced
            "certfile": str(listen.certificate),
            "keyfile": str(listen.key),
            "ssl_context": self._context,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - heartbeats must not wait for a disk
            "proc_name": "guardrail",
            "control_socket_disable": True,
            "child_exit": _forget,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        service = Service.started(self._config)

        def told(fault: str | None) -> None:
            service.metrics.certificate_failed.set(fault is not None)
            service.log.write("certificate", fault=fault, path=str(self._listen.certificate))

        self._certificates = Certificates(self._listen.certificate, self._listen.key, self._listen.client_ca, told=told)
        return create_app(self._config, service)

    def _context(self, _config: Any, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """Called for each new connection."""
        assert self._certificates is not None, "a worker loads the application before it accepts"
        return self._certificates.context()


def _forget(_server: Arbiter, worker: Worker) -> None:
    """A worker that died no longer counts in the gauges."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - where there are several workers

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host
