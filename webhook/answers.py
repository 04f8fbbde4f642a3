"""The AdmissionReview that goes back, within what the API server takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer", "admission_review"]

_ANNOTATION_CHARS = 1024
_LEAST_DENIAL = 400  # a lower code is turned into 400 by the API server


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one review. `code` is the status of a denial; `annotations` go into the audit log of the cluster."""

    allowed: bool
    code: int = 200
    message: str = ""
    warnings: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""  # why, in one word, for counters: judged, passed, overload, deadline, unreadable


def admission_review(api_version: str, uid: str, answer: Answer) -> dict[str, Any]:
    """The document: same version as asked, the uid echoed, never a patch.

    Source: k8s.io/apiserver admission/plugin/webhook/request.VerifyAdmissionResponse (a validating response must
    carry neither patch nor patchType, and must echo uid, apiVersion and kind).
    """
    response: dict[str, Any] = {"uid": uid, "allowed": answer.allowed}
    if not answer.allowed:
        code = max(answer.code, _LEAST_DENIAL)
        response["status"] = {"status": "Failure", "code": code, "reason": _REASONS.get(code, "Forbidden"), "message": answer.message}
    if answer.warnings:
        response["warnings"] = list(answer.warnings)
    if answer.annotations:
        response["auditAnnotations"] = {key: value[:_ANNOTATION_CHARS] for key, value in answer.annotations.items()}
    return {"apiVersion": api_version, "kind": "AdmissionReview", "response": response}


_REASONS = {
    400: "BadRequest",
    403: "Forbidden",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
