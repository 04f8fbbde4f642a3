"""TLS whose certificate may change under it: new connections get the new one, open ones stay."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

from webhook.stamps import Stamp, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Certificates"]

_Signature = tuple[Stamp | None, ...]


class Certificates:
    """The server's context, made again when a file of it changed.

    A renewed certificate that cannot be used (the key of another one, half of a file) leaves the old one in force;
    `told` hears of it, and of the next good one, once each.
    """

    def __init__(
        self, certificate: Path, key: Path, client_ca: Path | None = None, *, told: Callable[[str | None], None] = lambda _: None
    ) -> None:
        self._files = [path for path in (certificate, key, client_ca) if path is not None]
        self._certificate, self._key, self._client_ca, self._told = certificate, key, client_ca, told
        self._lock = threading.Lock()
        self._signature: _Signature = ()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The context for a new connection. Raises OSError where not even the first certificate can be used."""
        signature = self._signed()
        with self._lock:
            if signature != self._signature:
                self._renew(signature)
            assert self._context is not None
            return self._context

    def _renew(self, signature: _Signature) -> None:
        try:
            context = self._made()
        except OSError as error:  # ssl.SSLError is one
            if self._context is None:
                raise
            self._signature = signature  # looked at; tried again when a file changes
            self._told(f"{self._certificate}: {error}; the certificate before it stays in force")
        else:
            self._signature, self._context = signature, context
            self._told(None)

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate, self._key)
        if self._client_ca is not None:
            context.load_verify_locations(self._client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL  # probes of the kubelet present none; who must is decided by path
        return context

    def _signed(self) -> _Signature:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None while it is away."""
    try:
        return stamp_of(path)
    except OSError:
        return None
