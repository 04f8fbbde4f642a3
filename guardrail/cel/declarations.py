"""Functions and their overloads: signature, implementation, and the Kubernetes version that introduced them.

A signature is written as text: `charAt(string, int) -> string` for a function, `string.charAt(int) -> string` with the receiver
in brackets for a method: `(string).charAt(int) -> string`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.celtype import CelType, parse_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ALWAYS", "NEVER", "Library", "Overload", "group"]

ALWAYS = "1.25"
"""In every Kubernetes version that has CEL for validation (1.25 is the first)."""

NEVER = ""
"""Not in Kubernetes."""

_SIGNATURE = re.compile(r"(?:\((?P<receiver>.+?)\)\.)?(?P<name>[@\w.!&|?:+*/%<>=\[\]-]+)\((?P<args>.*)\)\s*->\s*(?P<result>.+)")


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function. `implementation` is None for what the evaluator does itself."""

    function: str
    id: str
    member: bool
    params: tuple[CelType, ...]
    result: CelType
    implementation: Callable[..., Any] | None
    since: str
    until: str
    doc: str
    library: str
    guarded: bool = True
    """Whether arguments must have the declared types at run time; else only their number counts."""

    @property
    def generic(self) -> bool:
        """Whether it has type parameters."""
        return self.result.generic or any(t.generic for t in self.params)

    @property
    def signature(self) -> str:
        """As it is written in the reference."""
        params = [str(t) for t in self.params]
        receiver = f"{params.pop(0)}." if self.member else ""
        return f"{receiver}{self.function}({', '.join(params)}) -> {self.result}"


class Library:
    """Collects the overloads of one library."""

    def __init__(self, name: str, *, since: str = NEVER, until: str = "") -> None:
        self.name = name
        self.since = since
        self.until = until
        self.overloads: list[Overload] = []

    def add(  # noqa: PLR0913 - what there is to say of an overload
        self,
        signature: str,
        overload_id: str,
        implementation: Callable[..., Any] | None,
        *,
        doc: str = "",
        since: str | None = None,
        guarded: bool = True,
    ) -> None:
        """Register one overload."""
        match = _SIGNATURE.fullmatch(signature)
        if match is None:
            raise ValueError(f"{signature!r} is not a signature")
        receiver = match["receiver"]
        args = _split(match["args"])
        params = tuple(parse_type(text) for text in ([receiver] if receiver else []) + args)
        introduced = self.since if since is None else since
        result = parse_type(match["result"])
        text = doc or ((implementation.__doc__ or "").split("\n")[0] if implementation is not None else "")
        self.overloads.append(
            Overload(
                match["name"], overload_id, bool(receiver), params, result, implementation, introduced, self.until, text, self.name, guarded
            ),
        )

    def function(self, signature: str, overload_id: str, *, since: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the decorated function as one overload; its docstring's first line is the documentation."""

        def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
            self.add(signature, overload_id, implementation, since=since)
            return implementation

        return register


def _split(args: str) -> list[str]:
    """The arguments of a signature: commas inside brackets do not part them."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(args):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(args[start:at].strip())
            start = at + 1
    last = args[start:].strip()
    return [*parts, last] if last else parts


def group(overloads: Iterable[Overload]) -> dict[str, tuple[Overload, ...]]:
    """Overloads by the name of their function."""
    functions: dict[str, list[Overload]] = {}
    for overload in overloads:
        functions.setdefault(overload.function, []).append(overload)
    return {name: tuple(members) for name, members in functions.items()}
