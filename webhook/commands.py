"""The commands that the webhook adds to guardrail: `serve` and `webhook …`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.errors import ConfigError
from webhook.config import Config

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

__all__ = ["serve", "webhook"]

_SERVICE = "guardrail.guardrail-system.svc"


def serve(arguments: Sequence[str]) -> int:
    """`guardrail serve`. Serves until it is told to stop. Raises ConfigError for flags that cannot be met."""
    flags = _serve_parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="guardrail-") as scratch:
        certificate, key = _certificate(flags, Path(scratch))
        if flags.workers > 1:  # read when the counters are imported
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(dir=scratch))
        from webhook.server import Listen, run  # noqa: PLC0415 - as above, and only those who serve load the server

        listen = Listen(flags.host, flags.port, certificate, key, _existing(flags.client_ca, "--client-ca"), flags.workers)
        sys.stderr.write(f"guardrail: serving https://{flags.host}:{flags.port}/validate with {_named(flags.certificate)}\n")
        run(_config(flags), listen)
    return 0


def webhook(arguments: Sequence[str]) -> int:
    """`guardrail webhook certificate`. Raises ConfigError."""
    parser = argparse.ArgumentParser(prog="guardrail webhook", description="What an installation of the webhook needs.", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    certificate = commands.add_parser("certificate", help="write a self-signed certificate for the service", allow_abbrev=False)
    certificate.add_argument("--output", required=True, metavar="DIR", help="where tls.crt and tls.key go")
    certificate.add_argument("--host", action="append", metavar="NAME", help=f"a name or address of the service (default: {_SERVICE})")
    certificate.add_argument("--force", action="store_true", help="replace what is there")
    return _write_certificate(parser.parse_args(arguments))


def _write_certificate(flags: Namespace) -> int:
    folder = Path(flags.output)
    there = [name for name in ("tls.crt", "tls.key") if (folder / name).exists()]
    if there and not flags.force:
        raise ConfigError(f"{folder}: {' and '.join(there)} are there already; --force replaces them")
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder")
    for name in there:
        (folder / name).unlink()
    from webhook.selfsigned import write_self_signed  # noqa: PLC0415 - cryptography takes a while to load

    certificate, key = write_self_signed(folder, flags.host or [_SERVICE, f"{_SERVICE}.cluster.local"], datetime.now(UTC))
    sys.stdout.write(f"{certificate}\n{key}\n")
    return 0


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guardrail serve", description="Serve the rules as a validating admission webhook over TLS.", allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=_port, default=8443, help="default: 8443")
    parser.add_argument("--certificate", metavar="FILE", help="PEM; a changed file is taken up (default: a self-signed one, made anew)")
    parser.add_argument("--key", metavar="FILE", help="the key of the certificate, PEM")
    parser.add_argument("--client-ca", metavar="FILE", help="ask reviewers for a certificate of this authority")
    parser.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes (default: 1; a pod has one, a machine may have more)"
    )
    parser.add_argument(
        "--profile", metavar="PATH", help="the organisation's facts; a file or a folder, watched (default: the built-in ones)"
    )
    parser.add_argument("--policies", action="append", default=[], metavar="PATH", help="further policies, watched")
    parser.add_argument("--cluster", metavar="NAME", help="the cluster that is guarded, as the profile names it")
    parser.add_argument(
        "--in-flight", type=_count, default=16, metavar="N", help="reviews judged at once; more are turned away (default: 16)"
    )
    return parser


def _config(flags: Namespace) -> Config:
    return Config(
        profile=flags.profile,
        policies=tuple(flags.policies),
        cluster=flags.cluster,
        in_flight=flags.in_flight,
        client_certificates=flags.client_ca is not None,
    )


def _certificate(flags: Namespace, scratch: Path) -> tuple[Path, Path]:
    certificate, key = _existing(flags.certificate, "--certificate"), _existing(flags.key, "--key")
    if (certificate is None) != (key is None):
        raise ConfigError("--certificate and --key belong together; give both or neither")
    if certificate is not None and key is not None:
        return certificate, key
    from webhook.selfsigned import write_self_signed  # noqa: PLC0415 - cryptography takes a while to load

    return write_self_signed(scratch, dict.fromkeys(("localhost", "127.0.0.1", flags.host)), datetime.now(UTC))


def _existing(path: str | None, flag: str) -> Path | None:
    if path is not None and not Path(path).is_file():
        raise ConfigError(f"{flag} {path}: no such file")
    return None if path is None else Path(path)


def _named(certificate: str | None) -> str:
    return "a self-signed certificate" if certificate is None else certificate


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 2**16:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return count
