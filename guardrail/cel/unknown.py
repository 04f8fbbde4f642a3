"""Unknown values: what exists, but is known only later or elsewhere.

A value of a plan that depends on another resource, a run fact that nobody gave: neither set nor
unset. Rules meet it as the unknown sets of the CEL specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["PartialMap", "Unknown"]


class Unknown:
    """A value that is not known, with the references that will supply it (`var.region`, `run:cluster`)."""

    __slots__ = ("references",)

    references: tuple[str, ...]

    def __init__(self, references: Iterable[str] = ()) -> None:
        self.references = tuple(sorted(set(references)))

    def __or__(self, other: Unknown) -> Unknown:
        return Unknown((*self.references, *other.references))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and other.references == self.references

    def __hash__(self) -> int:
        return hash((Unknown, self.references))

    def __bool__(self) -> bool:
        msg = "an unknown value is neither true nor false; ask isinstance(value, Unknown) first"
        raise TypeError(msg)

    def __repr__(self) -> str:
        return f"Unknown({', '.join(self.references)})"


class PartialMap(dict[str, Any]):
    """A map that is not known as a whole.

    It holds the entries that are known (a value may be `Unknown` while its key surely exists).
    `maybe` gives the keys whose very presence is unknown. `unlisted` is set when further keys,
    which nobody knows, may exist: reading any key that is not listed is then unknown (an open map).
    """

    __slots__ = ("maybe", "unlisted")

    maybe: Mapping[str, Unknown]
    unlisted: Unknown | None

    def __init__(
        self,
        known: Mapping[str, Any] | None = None,
        *,
        maybe: Mapping[str, Unknown] | None = None,
        unlisted: Unknown | None = None,
    ) -> None:
        super().__init__(known or {})
        self.maybe = {key: value for key, value in (maybe or {}).items() if key not in self}
        self.unlisted = unlisted

    def presence(self, key: str) -> bool | Unknown:
        """Whether the key exists: true, false or unknown."""
        if key in self:
            return True
        if key in self.maybe:
            return self.maybe[key]
        return False if self.unlisted is None else self.unlisted

    def lookup(self, key: str) -> Any:
        """The value of a key, `Unknown` where presence or value is unknown. Raises KeyError."""
        present = self.presence(key)
        if isinstance(present, Unknown):
            return present
        return self[key]

    @property
    def doubt(self) -> Unknown | None:
        """What is unknown about the set of its keys, or None when all keys are known."""
        parts = [*self.maybe.values(), *([self.unlisted] if self.unlisted is not None else [])]
        return Unknown(ref for part in parts for ref in part.references) if parts else None
