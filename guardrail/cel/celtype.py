"""Static types, and the text form they are written in.

`list(int)`, `map(string, dyn)`, `optional_type(A)`, `wrapper(int)`, `type(A)`, a capital letter for a type parameter, any
other name for an object or opaque type.
"""

from __future__ import annotations

import re

__all__ = [
    "BOOL",
    "BYTES",
    "DOUBLE",
    "DURATION",
    "DYN",
    "ERROR",
    "INT",
    "NULL",
    "STRING",
    "TIMESTAMP",
    "TYPE",
    "UINT",
    "CelType",
    "list_of",
    "map_of",
    "opaque",
    "optional_of",
    "param",
    "parse_type",
    "struct",
    "type_of",
    "wrapper_of",
]


class CelType:
    """A type; immutable. `kind` is bool, int, … list, map, type, opaque, struct, param, dyn or error.

    `generic` is whether a type parameter occurs in it; that and the hash are kept, so that deep types stay cheap.
    """

    __slots__ = ("_hash", "generic", "kind", "name", "nullable", "params")

    def __init__(self, kind: str, name: str, params: tuple[CelType, ...] = (), nullable: bool = False) -> None:  # noqa: FBT001, FBT002 - a field
        self.kind = kind
        self.name = name
        self.params = params
        self.nullable = nullable
        self.generic: bool = kind == "param" or any(part.generic for part in params)
        self._hash = hash((kind, name, params, nullable))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, CelType) or self._hash != other._hash:
            return False
        return (self.kind, self.name, self.nullable, self.params) == (other.kind, other.name, other.nullable, other.params)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"CelType({self})"

    def __str__(self) -> str:
        written: list[str] = []
        todo: list[str | CelType] = [self]
        while todo:  # a literal may be nested too deeply for recursion
            part = todo.pop()
            if isinstance(part, str):
                written.append(part)
                continue
            written.append(f"wrapper({part.name})" if part.nullable else part.name)
            if part.params and not part.nullable:
                inner = [piece for param in part.params for piece in (param, ", ")][:-1]
                todo.extend(reversed(["(", *inner, ")"]))
        return "".join(written)


def _simple(kind: str, name: str = "") -> CelType:
    return CelType(kind, name or kind)


BOOL, INT, UINT, DOUBLE, STRING, BYTES = map(_simple, ("bool", "int", "uint", "double", "string", "bytes"))
NULL, DYN, ERROR, TYPE = _simple("null"), _simple("dyn"), _simple("error", "*error*"), _simple("type")
TIMESTAMP = _simple("timestamp", "google.protobuf.Timestamp")
DURATION = _simple("duration", "google.protobuf.Duration")
_SIMPLE = {t.name: t for t in (BOOL, INT, UINT, DOUBLE, STRING, BYTES, NULL, DYN, TYPE, TIMESTAMP, DURATION)}
_SIMPLE |= {"null_type": NULL, "timestamp": TIMESTAMP, "duration": DURATION, "any": DYN, "google.protobuf.Any": DYN}
_TOKEN = re.compile(r"\s*([A-Za-z_][\w.]*|[(),])\s*")


def list_of(element: CelType) -> CelType:
    """`list(element)`."""
    return CelType("list", "list", (element,))


def map_of(key: CelType, value: CelType) -> CelType:
    """`map(key, value)`."""
    return CelType("map", "map", (key, value))


def optional_of(value: CelType) -> CelType:
    """`optional_type(value)`."""
    return CelType("opaque", "optional_type", (value,))


def type_of(value: CelType) -> CelType:
    """`type(value)`."""
    return CelType("type", "type", (value,))


def wrapper_of(value: CelType) -> CelType:
    """The same type or null."""
    return CelType(value.kind, value.name, value.params, nullable=True)


def param(name: str) -> CelType:
    """A type parameter."""
    return CelType("param", name)


def opaque(name: str, *params: CelType) -> CelType:
    """A type whose values can only be handed to functions."""
    return CelType("opaque", name, params)


def struct(name: str) -> CelType:
    """An object type; the environment knows its fields."""
    return CelType("struct", name)


def parse_type(text: str) -> CelType:
    """The type that a text names. Raises ValueError."""
    found = _TOKEN.findall(text)
    if not found or "".join(found) != re.sub(r"\s", "", text):
        raise ValueError(f"{text!r} is not a type")
    parsed, rest = _parse(found)
    if rest:
        raise ValueError(f"{text!r} is not a type")
    return parsed


def _parse(tokens: list[str]) -> tuple[CelType, list[str]]:
    name, rest = tokens[0], tokens[1:]
    args: list[CelType] = []
    while rest and rest[0] in ("(", ",") and (rest[0] == "(") == (not args):
        arg, rest = _parse(rest[1:])
        args.append(arg)
    if args:
        rest = rest[1:]
    return _named(name, args), rest


_BARE = _SIMPLE | {"list": list_of(DYN), "map": map_of(DYN, DYN)}
_MAKERS = {"list": list_of, "optional_type": optional_of, "optional": optional_of, "type": type_of, "wrapper": wrapper_of}


def _named(name: str, args: list[CelType]) -> CelType:
    if name == "map" and len(args) == 2:  # noqa: PLR2004 - key and value
        return map_of(*args)
    if name in _MAKERS and len(args) == 1:
        return _MAKERS[name](args[0])
    if name in _BARE and not args:
        return _BARE[name]
    if len(name) == 1 and name.isupper():
        return param(name)
    return opaque(name, *args) if args else struct(name)
