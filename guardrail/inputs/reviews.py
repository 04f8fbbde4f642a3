"""Requests to an API server as its webhooks get them: an AdmissionReview, or the request alone, to a `Review`.

The shape is that of `AdmissionReview` in admission.k8s.io/v1 and v1beta1, whose requests are alike.
Pure: whoever has parsed a review, from a file or from the network, reads it by the same call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardrail.model import Review, UnreadReview
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from guardrail.model import Origin

__all__ = ["is_review", "read_review"]

_GROUP = "admission.k8s.io"
_VERSIONS = ("v1", "v1beta1")
_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")
_LOOKED_AT = {"CREATE": ("object",), "UPDATE": ("object", "oldObject"), "DELETE": ("oldObject",)}
_OF_A_REQUEST = frozenset({"resource", "object", "oldObject", "userInfo", "requestKind"})


def is_review(value: Mapping[str, Any]) -> bool:
    """Whether a mapping means to be an AdmissionReview, or the request inside one, as logs and tests keep it."""
    if value.get("kind") == "AdmissionReview":
        return str(value.get("apiVersion")).partition("/")[0] == _GROUP
    return isinstance(value.get("kind"), Mapping) and "operation" in value and bool(_OF_A_REQUEST & value.keys())


def read_review(value: Mapping[str, Any], origin: Origin) -> Review | UnreadReview:
    """The request of a review; `origin` is where the review stands. Never raises, whatever the shape.

    What a request may leave out is "" or None; what it needs to be judged is a reason to refuse it.
    """
    if value.get("kind") != "AdmissionReview":
        return _request(value, origin)
    version = str(value.get("apiVersion")).partition("/")[2]
    if version not in _VERSIONS:
        return UnreadReview(None, f"{_GROUP}/{version} is not read; {' and '.join(_VERSIONS)} are", _at(origin, "apiVersion"))
    request = value.get("request")
    if isinstance(request, Mapping):
        return _request(request, _at(origin, "request"))
    if request is None and isinstance(value.get("response"), Mapping):
        return UnreadReview(None, "this AdmissionReview holds an answer (response) and no request", origin)
    return UnreadReview(None, "this AdmissionReview holds no request", origin)


def _at(origin: Origin, key: str) -> Origin:
    return replace(origin, pointer=f"{origin.pointer}/{escape(key)}")


def _request(request: Mapping[str, Any], origin: Origin) -> Review | UnreadReview:
    uid = request.get("uid") if isinstance(request.get("uid"), str) else None
    if faults := _faults(request):
        key = faults[0][0]
        return UnreadReview(uid or None, "; ".join(why for _, why in faults), _at(origin, key) if key in request else origin)
    made, old = _object(request, "object"), _object(request, "oldObject")
    version, kind = _kind(request, made if made is not None else old)
    resource = request.get("resource")
    return Review(
        uid=uid or None,
        operation=request["operation"],
        api_version=version,
        kind=kind,
        group=_text(resource, "group"),
        resource=_text(resource, "resource"),
        subresource=_text(request, "subResource"),
        name=_text(request, "name"),
        namespace=_text(request, "namespace"),
        object=made,
        old=old,
        requester=_text(request.get("userInfo"), "username") or None,
        origin=origin,
    )


def _faults(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a request, by the key to blame."""
    faults = []
    operation = request.get("operation")
    if operation is None:
        faults.append(("operation", f"this request names no operation ({', '.join(_OPERATIONS)})"))
    elif operation not in _OPERATIONS:
        faults.append(("operation", f"operation {operation!r} is none of {', '.join(_OPERATIONS)}"))
    sides = _LOOKED_AT.get(str(operation), ())  # a side that nobody looks at may hold anything
    faults.extend((key, f"{key} of this request is no object") for key in sides if not isinstance(request.get(key), (Mapping, type(None))))
    faults.extend(
        (key, f"{key} of this request is not text")
        for key in ("subResource", "namespace")
        if not isinstance(request.get(key), (str, type(None)))
    )
    faults.extend(_missing(request) if not faults else [])
    return faults


def _missing(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a request of its operation must have, so that anything can be judged."""
    operation = request["operation"]
    if operation in {"CREATE", "UPDATE"} and request.get("object") is None:
        return [("object", f"this request holds no object, which {operation} needs")]
    if operation != "CONNECT" and not _kind(request, _object(request, "object") or _object(request, "oldObject"))[1]:
        return [("kind", "neither this request nor its object names a kind")]
    return []


def _object(request: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = request.get(key)
    return found if isinstance(found, Mapping) else None


def _kind(request: Mapping[str, Any], value: Mapping[str, Any] | None) -> tuple[str, str]:
    """The apiVersion and kind: the object's own, else what the request says of it."""
    own = value or {}
    version, kind = _text(own, "apiVersion"), _text(own, "kind")
    said = request.get("kind")
    group = _text(said, "group")
    of_request = f"{group}/{_text(said, 'version')}" if group else _text(said, "version")
    return version or of_request, kind or _text(said, "kind")


def _text(holder: Any, key: str) -> str:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, str) else ""
