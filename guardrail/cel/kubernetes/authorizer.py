"""The authorizer: `authorizer.group("apps").resource("deployments").check("create").allowed()`.

Who may do what is the caller's to answer: an `Authorizer` is made with a function from `Attributes` to a `Decision`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.declarations import Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.kubernetes.formats import service_account_faults
from guardrail.cel.values import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AUTHORIZER", "AUTHORIZER_SELECTORS", "Attributes", "Authorizer", "Decision"]

AUTHORIZER = Library("kubernetes.authz", since="1.27")
AUTHORIZER_SELECTORS = Library("kubernetes.authzSelectors", since="1.31")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked: a verb on a path, or on a resource. `service_account` is (namespace, name) or None for the requester."""

    verb: str = ""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""
    service_account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Decision(Opaque):
    """The answer to a check."""

    allowed: bool
    reason: str = ""
    error: str = ""

    type_name = "kubernetes.authorization.Decision"


@dataclass(frozen=True, slots=True)
class Authorizer(Opaque):
    """Answers checks with a function of the caller."""

    decide: Callable[[Attributes], Decision]
    attributes: Attributes = Attributes()

    type_name = "kubernetes.authorization.Authorizer"


@dataclass(frozen=True, slots=True)
class _PathCheck(Opaque):
    authorizer: Authorizer
    attributes: Attributes

    type_name = "kubernetes.authorization.PathCheck"


@dataclass(frozen=True, slots=True)
class _GroupCheck(Opaque):
    authorizer: Authorizer
    attributes: Attributes

    type_name = "kubernetes.authorization.GroupCheck"


@dataclass(frozen=True, slots=True)
class ResourceCheck(Opaque):
    """A check on a resource; `authorizer.requestResource` is one."""

    authorizer: Authorizer
    attributes: Attributes

    type_name = "kubernetes.authorization.ResourceCheck"


def _fault(message: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.CONVERSION, message)


@AUTHORIZER.function(
    "(kubernetes.authorization.Authorizer).path(string) -> kubernetes.authorization.PathCheck",
    "authorizer_path",
)
def _path(authorizer: Authorizer, path: str) -> _PathCheck:
    """Checks on a non-resource path."""
    if not path.strip():
        raise _fault("path must not be empty")
    return _PathCheck(authorizer, replace(authorizer.attributes, path=path))


@AUTHORIZER.function(
    "(kubernetes.authorization.Authorizer).group(string) -> kubernetes.authorization.GroupCheck",
    "authorizer_group",
)
def _group(authorizer: Authorizer, group: str) -> _GroupCheck:
    """Checks on resources of an API group."""
    return _GroupCheck(authorizer, replace(authorizer.attributes, group=group))


@AUTHORIZER.function(
    "(kubernetes.authorization.Authorizer).serviceAccount(string, string) -> kubernetes.authorization.Authorizer",
    "authorizer_serviceaccount",
)
def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    """Checks for a service account rather than the requester."""
    fault = service_account_faults(namespace, name)
    if fault:
        raise _fault(fault)
    return Authorizer(authorizer.decide, replace(authorizer.attributes, service_account=(namespace, name)))


@AUTHORIZER.function(
    "(kubernetes.authorization.GroupCheck).resource(string) -> kubernetes.authorization.ResourceCheck",
    "groupcheck_resource",
)
def _resource(check: _GroupCheck, resource: str) -> ResourceCheck:
    """Checks on a resource."""
    if not resource.strip():
        raise _fault("resource must not be empty")
    return ResourceCheck(check.authorizer, replace(check.attributes, resource=resource))


def _narrowed(attribute: str) -> Callable[[ResourceCheck, str], ResourceCheck]:
    def narrow(check: ResourceCheck, value: str) -> ResourceCheck:
        changes: dict[str, Any] = {attribute: value}
        return ResourceCheck(check.authorizer, replace(check.attributes, **changes))

    return narrow


def _check(check: ResourceCheck | _PathCheck, verb: str) -> Decision:
    """The decision on a verb."""
    return check.authorizer.decide(replace(check.attributes, verb=verb))


def _register() -> None:
    package = "kubernetes.authorization"
    for name in ("subresource", "namespace", "name"):
        AUTHORIZER.add(
            f"({package}.ResourceCheck).{name}(string) -> {package}.ResourceCheck",
            f"resourcecheck_{name}",
            _narrowed(name),
            doc=f"With a {name}",
        )
    for kind, name in (("PathCheck", "pathcheck"), ("ResourceCheck", "resourcecheck")):
        AUTHORIZER.add(f"({package}.{kind}).check(string) -> {package}.Decision", f"{name}_check", _check)
    for name, attribute in (("fieldSelector", "field_selector"), ("labelSelector", "label_selector")):
        signature = f"({package}.ResourceCheck).{name}(string) -> {package}.ResourceCheck"
        AUTHORIZER_SELECTORS.add(signature, f"authorizer_{name.lower()}", _narrowed(attribute), doc="With a selector")
    decision = f"{package}.Decision"
    AUTHORIZER.add(f"({decision}).allowed() -> bool", "decision_allowed", lambda d: d.allowed, doc="Whether it may")
    AUTHORIZER.add(f"({decision}).reason() -> string", "decision_reason", lambda d: d.reason, doc="Why")
    AUTHORIZER.add(
        f"({decision}).errored() -> bool", "decision_errored", lambda d: bool(d.error), doc="Whether the check failed", since="1.28"
    )
    AUTHORIZER.add(f"({decision}).error() -> string", "decision_error", lambda d: d.error, doc="The failure of the check", since="1.28")


_register()
