"""Certificates that change while connections are open."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from webhook.selfsigned import write_self_signed
from webhook.tls import Certificates

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def written(folder: Path, *hosts: str) -> tuple[Path, Path]:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("tls.*"):
        old.unlink()
    return write_self_signed(folder, hosts or ("localhost",), NOW)


def test_a_self_signed_certificate_is_its_own_authority_for_the_names_it_was_asked_for(tmp_path: Path) -> None:
    certificate, key = written(tmp_path, "guardrail.guardrail-system.svc", "127.0.0.1", "::1")
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["guardrail.guardrail-system.svc"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert key.stat().st_mode & 0o077 == 0
    ssl.create_default_context(cafile=str(certificate))


def test_a_context_is_made_once_and_again_when_a_file_changed(tmp_path: Path) -> None:
    certificates = Certificates(*written(tmp_path))
    first = certificates.context()
    assert certificates.context() is first
    assert first.minimum_version == ssl.TLSVersion.TLSv1_2
    written(tmp_path, "another.example")
    assert certificates.context() is not first


def test_a_renewed_certificate_that_does_not_fit_leaves_the_old_one_in_force_and_is_told_once(tmp_path: Path) -> None:
    told: list[str | None] = []
    certificate, key = written(tmp_path)
    certificates = Certificates(certificate, key, told=told.append)
    first = certificates.context()
    _, other = written(tmp_path / "other")
    key.write_bytes(other.read_bytes())
    assert certificates.context() is first
    assert certificates.context() is first
    assert len(told) == 2
    assert told[0] is None
    assert told[1] is not None
    assert str(certificate) in told[1]
    written(tmp_path)
    assert certificates.context() is not first
    assert told[2:] == [None]


def test_files_that_are_away_for_a_moment_change_nothing(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    certificates = Certificates(certificate, key)
    first = certificates.context()
    certificate.rename(tmp_path / "away")
    assert certificates.context() is first
    (tmp_path / "away").rename(certificate)
    assert certificates.context().minimum_version == first.minimum_version


def test_a_first_certificate_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    key.write_text("no key")
    with pytest.raises(OSError, match=r"."):
        Certificates(certificate, key).context()


def test_a_secret_swapped_by_its_link_is_seen(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name)
    link = tmp_path / "..data"
    link.symlink_to(tmp_path / "one")
    certificates = Certificates(link / "tls.crt", link / "tls.key")
    first = certificates.context()
    swapped = tmp_path / "..data_tmp"
    swapped.symlink_to(tmp_path / "two")
    swapped.replace(link)
    assert certificates.context() is not first


def test_clients_are_asked_for_a_certificate_where_an_authority_is_given(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    assert Certificates(certificate, key).context().verify_mode is ssl.CERT_NONE
    assert Certificates(certificate, key, certificate).context().verify_mode is ssl.CERT_OPTIONAL
