"""The JSON form of what the documents share: inputs, identities, locations, notes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guardrail.model import Finding, Identity, InputRecord, Location, Note, Report

__all__ = ["API_VERSION", "as_json", "finding_of", "head_of", "identity_of", "input_of", "location_of", "note_of"]

API_VERSION = "guardrail.dev/v1"


def as_json(value: Any) -> str:
    """One value on one line. Raises ValueError for a number that JSON does not have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def head_of(report: Report, kind: str) -> dict[str, Any]:
    """What every document of a run begins with: by which engine, library and profile, and when."""
    profile = report.profile
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "guardrail": report.version,
        "now": report.now,
        "engine": report.engine,
        "library": {"hash": report.library_hash, "policies": report.summary.policies},
        "profile": {"name": profile.name, "version": profile.version, "hash": profile.hash, "path": profile.path},
    }


def input_of(record: InputRecord) -> dict[str, Any]:
    """An entry of `inputs`."""
    return {
        "path": record.path,
        "format": record.format,
        "status": record.status,
        "reason": record.reason,
        "resources": record.resources,
    }


def identity_of(who: Identity) -> dict[str, Any]:
    """Who a resource is; members that make no sense for its source are null."""
    return {
        "id": who.id,
        "source": who.source,
        "apiVersion": who.api_version,
        "kind": who.kind,
        "namespace": who.namespace,
        "name": who.name,
        "address": who.address,
    }


def location_of(where: Location) -> dict[str, Any]:
    """The place of a finding or a resource."""
    return {
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "document": where.document,
        "pointer": where.pointer,
    }


def note_of(note: Note) -> dict[str, Any]:
    """An entry of `notes`."""
    return {"code": note.code, "message": note.message, "scope": note.scope, "count": note.count}


def finding_of(finding: Finding) -> dict[str, Any]:
    """An entry of `findings`."""
    return {
        "policy": finding.policy,
        "category": finding.category,
        "validation": finding.validation,
        "severity": finding.severity,
        "outcome": finding.outcome,
        "action": finding.action,
        "resource": None if finding.resource is None else identity_of(finding.resource),
        "location": location_of(finding.location),
        "message": finding.message,
        "remediation": finding.remediation,
        "fingerprint": finding.fingerprint,
        "unknown": list(finding.unknown),
        "related": list(finding.related),
        "exception": None,
    }
