"""Named formats: `format.dns1123Label().validate(name)`.

Patterns and messages are those of k8s.io/apimachinery and of strfmt.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from guardrail.cel.declarations import Library
from guardrail.cel.kubernetes.urls import parse_request
from guardrail.cel.values import NONE, Opaque, Optional

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMATS", "LONGEST_PATTERN", "Format", "service_account_faults"]

FORMATS = Library("kubernetes.format", since="1.31")

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_UUID = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"
_TIME = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"
_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
_MAX_LABEL, _MAX_SUBDOMAIN = 63, 253
_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_LABEL_1035_MESSAGE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
_KEY_MESSAGE = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
_VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)


class Format(Opaque):
    """A format: what is wrong with a text, by its rules."""

    __slots__ = ("faults", "name", "pattern_cost_size")

    type_name = "kubernetes.NamedFormat"

    def __init__(self, name: str, faults: Callable[[str], list[str]], pattern_cost_size: int) -> None:
        self.name = name
        self.faults = faults
        self.pattern_cost_size = pattern_cost_size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and self.name == other.name

    def __hash__(self) -> int:
        return hash((Format, self.name))

    def __repr__(self) -> str:
        return f"format.named({self.name!r})"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _too_long(text: str, limit: int, unit: str = "characters") -> list[str]:
    return [f"must be no more than {limit} {unit}"] if _bytes(text) > limit else []


def _mismatch(message: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _label(text: str) -> list[str]:
    faults = _too_long(text, _MAX_LABEL)
    if not _matches(_LABEL, text):
        dotted = _matches(_SUBDOMAIN, text)
        faults.append("must not contain dots" if dotted else _mismatch(_LABEL_MESSAGE, _LABEL, "my-name", "123-abc"))
    return faults


def _subdomain(text: str, unit: str = "characters") -> list[str]:
    faults = _too_long(text, _MAX_SUBDOMAIN, unit)
    if not _matches(_SUBDOMAIN, text):
        faults.append(_mismatch(_SUBDOMAIN_MESSAGE, _SUBDOMAIN, "example.com"))
    return faults


def _label_1035(text: str) -> list[str]:
    faults = _too_long(text, _MAX_LABEL)
    if not _matches(_LABEL_1035, text):
        faults.append(_mismatch(_LABEL_1035_MESSAGE, _LABEL_1035, "my-name", "abc-123"))
    return faults


def _prefix(check: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """A name that something will be appended to: a dash at its end is covered by what follows."""
    return lambda text: check(text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text)


def _qualified_name(text: str) -> list[str]:
    parts = text.split("/")
    if len(parts) > 2:  # noqa: PLR2004 - prefix and name
        wrong = _mismatch(_KEY_MESSAGE, _KEY, "MyName", "my.name", "123-abc")
        return [f"a valid label key {wrong} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    faults, name = [], parts[-1]
    if len(parts) > 1:
        faults += [f"prefix part {fault}" for fault in _subdomain(parts[0], "bytes")] if parts[0] else ["prefix part must be non-empty"]
    if not name:
        faults.append("name part must be non-empty")
    else:
        faults += [f"name part {fault}" for fault in _too_long(name, _MAX_LABEL, "bytes")]
    if not _matches(_KEY, name):
        faults.append("name part " + _mismatch(_KEY_MESSAGE, _KEY, "MyName", "my.name", "123-abc"))
    return faults


def _label_value(text: str) -> list[str]:
    faults = _too_long(text, _MAX_LABEL, "bytes")
    if not _matches(_VALUE, text):
        faults.append(_mismatch(_VALUE_MESSAGE, _VALUE, "MyValue", "my_value", "12345"))
    return faults


def _uri(text: str) -> list[str]:
    try:
        parse_request(text)
    except ValueError as error:
        return [str(error)]
    return []


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text if not text.startswith("0000") else "0004" + text[4:])
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    day, _, time = text.lower().partition("t")
    match = re.match(_TIME, time.partition("t")[0], re.ASCII)
    return bool(_is_date(day) and match and match[1] <= "23" and match[2] <= "59" and match[3] <= "59")


def _when_not(check: Callable[[str], bool], message: str) -> Callable[[str], list[str]]:
    return lambda text: [] if check(text) else [message]


_FORMATS = {
    "dns1123Label": Format("DNS1123Label", _label, 30),
    "dns1123Subdomain": Format("DNS1123Subdomain", _subdomain, 60),
    "dns1035Label": Format("DNS1035Label", _label_1035, 30),
    "qualifiedName": Format("QualifiedName", _qualified_name, 60),
    "dns1123LabelPrefix": Format("DNS1123LabelPrefix", _prefix(_label), 30),
    "dns1123SubdomainPrefix": Format("DNS1123SubdomainPrefix", _prefix(_subdomain), 60),
    "dns1035LabelPrefix": Format("DNS1035LabelPrefix", _prefix(_label_1035), 30),
    "labelValue": Format("LabelValue", _label_value, 40),
    "uri": Format("URI", _uri, 1103),
    "uuid": Format("uuid", _when_not(lambda text: _matches(_UUID, text), "does not match the UUID format"), len(_UUID)),
    "byte": Format("byte", _when_not(lambda text: _matches(_BASE64, text), "invalid base64"), 84),
    "date": Format("date", _when_not(_is_date, "invalid date"), len(_TIME)),
    "datetime": Format("datetime", _when_not(_is_datetime, "invalid datetime"), len(_TIME)),
}

LONGEST_PATTERN = max(known.pattern_cost_size for known in _FORMATS.values())
"""What the costliest format is charged for its pattern."""


@FORMATS.function("format.named(string) -> optional_type(kubernetes.NamedFormat)", "format-named")
def _named(name: str) -> Optional:
    """A format by its name, if there is one."""
    found = _FORMATS.get(name)
    return NONE if found is None else Optional(found)


@FORMATS.function("(kubernetes.NamedFormat).validate(string) -> optional_type(list(string))", "format-validate")
def _validate(named: Format, text: str) -> Optional:
    """What is wrong with a text, or none."""
    faults = named.faults(text)
    return Optional(faults) if faults else NONE


def _register() -> None:
    for name, known in _FORMATS.items():
        FORMATS.add(f"format.{name}() -> kubernetes.NamedFormat", f"format.{name}", lambda f=known: f, doc=f"The format {known.name}")


_register()


def service_account_faults(namespace: str, name: str) -> str:
    """What is wrong with the name of a service account, or nothing."""
    if _subdomain(name):
        return "Invalid service account name"
    return "Invalid service account namespace" if _label(namespace) else ""
