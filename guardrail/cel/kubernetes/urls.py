"""URLs: `url("https://example.com/a")`, parsed by the rules of Go's net/url."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote_to_bytes

from guardrail.cel.declarations import ALWAYS, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.values import Opaque

__all__ = ["URLS", "Url", "parse_request"]

URLS = Library("kubernetes.urls", since=ALWAYS)

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):", re.ASCII)
_PORT = re.compile(r"(?::[0-9]*)?", re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_.~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff-]*")
_HOST_ESCAPE = re.compile(r"%(?!25|[89a-fA-F])")
_PATH_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@")
_PATH_VALID = re.compile(r"[A-Za-z0-9._~$&+,/:;=@!'()*\[\]%-]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _UrlError(ValueError):
    """A text is no URL."""


class Url(Opaque):
    """A parsed URL."""

    __slots__ = ("fragment", "host", "opaque", "path", "query", "scheme", "user")

    type_name = "kubernetes.URL"

    def __init__(self, scheme: str, user: str, host: str, path: str, query: str, opaque: str = "", fragment: str = "") -> None:  # noqa: PLR0913, PLR0917 - the parts of a URL
        self.scheme = scheme
        self.user = user
        self.host = host
        self.path = path
        self.query = query
        self.opaque = opaque
        self.fragment = fragment

    def _parts(self) -> tuple[str, ...]:
        return self.scheme, self.user, self.host, self.path, self.query, self.opaque, self.fragment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Url) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((Url, self._parts()))

    def __repr__(self) -> str:
        return f"url({self._parts()!r})"


def _unescaped(text: str) -> bytes:
    bad = _BAD_ESCAPE.search(text)
    if bad is not None:
        raise _UrlError(f'invalid URL escape "{text[bad.start() : bad.start() + 3]}"')
    return unquote_to_bytes(text)


def _escaped_path(path: str) -> str:
    """As EscapedPath(): what was written where it is a valid encoding, else the default one."""
    plain = _unescaped(path)
    default = "".join(chr(byte) if byte in _PATH_SAFE else f"%{byte:02X}" for byte in plain)
    return path if path == default or _PATH_VALID.fullmatch(path) else default


def _host(scheme: str, host: str) -> str:
    opening = host.rfind("[")
    if opening > 0:
        raise _UrlError("invalid IP-literal")
    if opening == 0:
        return _literal(host)
    first, last = host.find(":"), host.rfind(":")
    if first >= 0:
        port = host[first if scheme in ("http", "https") else last :]
        if not _PORT.fullmatch(port):
            raise _UrlError(f'invalid port "{port}" after host')
    return _plain_host(host)


def _literal(host: str) -> str:
    closing = host.rfind("]")
    if closing < 0:
        raise _UrlError("missing ']' in host")
    port = host[closing + 1 :]
    if not _PORT.fullmatch(port):
        raise _UrlError(f'invalid port "{port}" after host')
    name, percent, zone = host[1:closing].partition("%25")
    inner = _plain_host(name)
    try:
        version = ipaddress.ip_address(inner).version
    except ValueError as error:
        raise _UrlError(f"invalid host: {error}") from None
    if version == 4:  # noqa: PLR2004 - IPv4 takes no brackets
        raise _UrlError("invalid IP-literal")
    suffix = "%" + _unescaped(zone).decode("utf-8", "replace") if percent else ""
    return f"[{inner}{suffix}]{port}"


def _plain_host(host: str) -> str:
    bad = _BAD_ESCAPE.search(host) or _HOST_ESCAPE.search(host)
    if bad is not None:
        raise _UrlError(f'invalid URL escape "{host[bad.start() : bad.start() + 3]}"')
    if not _HOST.fullmatch(host):
        raise _UrlError("invalid character in host name")
    return unquote_to_bytes(host).decode("utf-8", "replace")


def _authority(scheme: str, authority: str) -> tuple[str, str]:
    user, at, host = authority.rpartition("@")
    parsed = _host(scheme, host)
    if at and not _USER.fullmatch(user):
        raise _UrlError("net/url: invalid userinfo")
    return (_unescaped(user).decode("utf-8", "replace") if at else ""), parsed


def _parse(text: str, *, request: bool) -> Url:
    if _CONTROL.search(text):
        raise _UrlError("net/url: invalid control character in URL")
    if not text and request:
        raise _UrlError("empty url")
    if text == "*":
        return Url("", "", "", "*", "")
    scheme, rest = _scheme(text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, "", "", "", query, opaque=rest)
        if request:
            raise _UrlError("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise _UrlError("first path segment in URL cannot contain colon")
    user = host = ""
    if (scheme or (not request and not rest.startswith("///"))) and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        user, host = _authority(scheme, authority)
        rest = slash + path
    return Url(scheme, user, host, _escaped_path(rest), query)


def _scheme(text: str) -> tuple[str, str]:
    match = _SCHEME.match(text)
    if match is not None:
        return match[1].lower(), text[match.end() :]
    if text.startswith(":"):
        raise _UrlError("missing protocol scheme")
    head = text.partition(":")[0] if ":" in text else ""
    if head and head[0].isascii() and (head[0].isdigit() or head[0] in "+-.") and re.fullmatch(r"[a-zA-Z0-9+.-]+", head):
        return "", text
    return "", text


def parse_request(text: str) -> None:
    """Whether a text may be the target of a request, as url.ParseRequestURI. Raises ValueError with Go's message."""
    try:
        _parse(text, request=True)
    except _UrlError as error:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        raise ValueError(f'parse "{quoted}": {error}') from None


@URLS.function("url(string) -> kubernetes.URL", "string_to_url")
def _url(text: str) -> Url:
    """The URL of a text."""
    try:
        parse_request(text)
        main, _, fragment = text.partition("#")
        parsed = _parse(main, request=False)
        _unescaped(fragment)
    except ValueError as error:
        raise EvaluationFault(ErrorKind.URL, f"URL parse error during conversion from string: {error}") from None
    parsed.fragment = fragment
    return parsed


@URLS.function("isURL(string) -> bool", "is_url_string")
def _is_url(text: str) -> bool:
    """Whether a text is an absolute URL or an absolute path."""
    try:
        parse_request(text)
    except ValueError:
        return False
    return True


def _split_port(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    if not colon or not _PORT.fullmatch(":" + port):
        name, port = host, ""
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name, port


@URLS.function("(kubernetes.URL).getQuery() -> map(string, list(string))", "url_get_query")
def _query(url: Url) -> dict[str, list[str]]:
    """The parameters of the query."""
    values: dict[str, list[str]] = {}
    for pair in url.query.split("&"):
        if not pair or ";" in pair:
            continue
        key, _, value = pair.partition("=")
        try:
            name, text = (_unescaped(part.replace("+", " ")).decode("utf-8", "replace") for part in (key, value))
        except _UrlError:
            continue
        values.setdefault(name, []).append(text)
    return values


URLS.add("(kubernetes.URL).getScheme() -> string", "url_get_scheme", lambda url: url.scheme, doc="The scheme, empty if none")
URLS.add("(kubernetes.URL).getHost() -> string", "url_get_host", lambda url: url.host, doc="Host and port")
URLS.add(
    "(kubernetes.URL).getHostname() -> string",
    "url_get_hostname",
    lambda url: _split_port(url.host)[0],
    doc="The host without port and brackets",
)
URLS.add("(kubernetes.URL).getPort() -> string", "url_get_port", lambda url: _split_port(url.host)[1], doc="The port, empty if none")
URLS.add("(kubernetes.URL).getEscapedPath() -> string", "url_get_escaped_path", lambda url: url.path, doc="The path, escaped")
