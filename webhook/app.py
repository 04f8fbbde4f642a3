"""The routes: reviews in, answers out; health, readiness and metrics beside them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, request

from webhook.answers import admission_review
from webhook.deadlines import seconds_of
from webhook.service import Service

if TYPE_CHECKING:
    from webhook.config import Config

__all__ = ["create_app"]

_JSON = "application/json"
_MOST_BYTES = 8 * 1024 * 1024  # a review holds the new and the old object, each of which etcd bounds at 1.5 MiB
_VERSIONS = frozenset({"admission.k8s.io/v1", "admission.k8s.io/v1beta1"})


def create_app(config: Config, service: Service | None = None) -> Flask:
    """The WSGI application. Without a `service` it makes one from the configuration and loads the rules. Does no work at import."""
    app = Flask("guardrail")
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    serving = service or Service.started(config)

    @app.post("/validate")
    @app.post("/validate/<failure_policy>")
    def validate(failure_policy: str | None = None) -> Response:
        return _validated(serving, config, failure_policy)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        ready, detail = serving.readiness()
        return Response(orjson.dumps(detail, option=orjson.OPT_APPEND_NEWLINE), status=200 if ready else 503, mimetype=_JSON)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(serving.metrics.text(), mimetype="text/plain; version=0.0.4; charset=utf-8")

    return app


def _validated(service: Service, config: Config, failure_policy: str | None) -> Response:
    arrived = time.monotonic()
    if failure_policy not in {None, "fail", "ignore"}:
        return _refused(404, "reviews are taken at /validate, /validate/fail and /validate/ignore")
    if config.client_certificates and not _has_certificate():
        return _refused(401, "a client certificate is asked for here, and none was presented")
    review = _review_of(request.get_data(cache=False))
    if isinstance(review, str):
        return _refused(400, review)
    deadline = arrived + max(seconds_of(request.args.get("timeout"), config.timeout_s) - config.margin_s, 0.0)
    answer = service.answer(review, deadline=deadline, failure_policy=failure_policy)
    if answer.reason == "overload":  # no answer of ours: the failure policy of the configuration decides
        return _refused(503, answer.message, retry_s=1)
    body = orjson.dumps(admission_review(review["apiVersion"], review["request"]["uid"], answer))
    service.metrics.seconds.labels("total").observe(time.monotonic() - arrived)
    return Response(body, mimetype=_JSON)


def _review_of(body: bytes) -> dict[str, Any] | str:
    """The review of a body, or what is wrong with it."""
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"the body is no JSON: {error}"
    if not isinstance(review, dict) or review.get("kind") != "AdmissionReview" or review.get("apiVersion") not in _VERSIONS:
        return f"expected an AdmissionReview of {' or '.join(sorted(_VERSIONS))}"
    asked = review.get("request")
    if not isinstance(asked, dict) or not isinstance(asked.get("uid"), str) or not asked["uid"]:
        return "the AdmissionReview has no request with a uid"
    return review


def _has_certificate() -> bool:
    """Whether the client proved who it is; the server has verified what was presented."""
    connection = request.environ.get("gunicorn.socket")
    certificate = getattr(connection, "getpeercert", lambda: None)()
    return bool(certificate)


def _refused(status: int, why: str, *, retry_s: int | None = None) -> Response:
    response = Response(f"{why}\n", status=status, mimetype="text/plain")
    if retry_s is not None:
        response.headers["Retry-After"] = str(retry_s)
    return response
