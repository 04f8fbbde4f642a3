"""Reads objects whose shape nobody has checked: what is wrong becomes unknown and is told, never dropped.

`null` is absent, as for the API server. A value of the wrong type, or one that the API server would
refuse, becomes `Unknown` with a reference that says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from guardrail.cel.unknown import Unknown
from guardrail.syntax.pointers import escape
from guardrail.view.schema import UNBOUNDED

__all__ = ["ABSENT_LIST", "ABSENT_MAP", "Reader"]

ABSENT_MAP: Mapping[str, Any] = MappingProxyType({})
ABSENT_LIST: Sequence[Any] = ()


class Reader:
    """Reads one object and remembers its `faults`, in the order in which they are met."""

    __slots__ = ("faults",)

    def __init__(self) -> None:
        self.faults: dict[str, None] = {}

    def wrong(self, pointer: str, what: str) -> Unknown:
        """An unknown value in place of one that is wrong: `/spec/replicas` `is not a whole number`."""
        reference = f"{pointer or 'the object'} {what}"
        self.faults[reference] = None
        return Unknown((reference,))

    def mapping(self, holder: Mapping[str, Any], key: str, at: str) -> Mapping[str, Any] | Unknown:
        """The map under a key of `holder`, which stands at the pointer `at`; empty when absent."""
        found = holder.get(key)
        if type(found) is dict or isinstance(found, Mapping):
            return found
        return ABSENT_MAP if found is None else self.wrong(f"{at}/{escape(key)}", "is not a map")

    def sequence(self, holder: Mapping[str, Any], key: str, at: str) -> Sequence[Any] | Unknown:
        """The list under a key; empty when absent."""
        found = holder.get(key)
        if isinstance(found, list | tuple):
            return found
        return ABSENT_LIST if found is None else self.wrong(f"{at}/{escape(key)}", "is not a list")

    def members(self, holder: Mapping[str, Any], key: str, at: str) -> list[tuple[str, Mapping[str, Any] | Unknown]]:
        """The maps of the list under a key with their pointers; one unknown member where it is no list."""
        found = self.sequence(holder, key, at)
        if isinstance(found, Unknown):
            return [(f"{at}/{escape(key)}", found)]
        return [self._member(member, f"{at}/{escape(key)}/{index}") for index, member in enumerate(found)]

    def _member(self, member: Any, at: str) -> tuple[str, Mapping[str, Any] | Unknown]:
        return at, member if type(member) is dict or isinstance(member, Mapping) else self.wrong(at, "is not a map")

    def text(self, holder: Mapping[str, Any], key: str, at: str) -> str | Unknown | None:
        """The text under a key; None when absent or empty."""
        found = holder.get(key)
        if isinstance(found, str):
            return found or None
        return None if found is None else self.wrong(f"{at}/{escape(key)}", "is not text")

    def flag(self, holder: Mapping[str, Any], key: str, at: str) -> bool | Unknown:
        """The boolean under a key; false when absent."""
        found = holder.get(key)
        if found is None or isinstance(found, bool):
            return bool(found)
        return self.wrong(f"{at}/{escape(key)}", "is neither true nor false")

    def seconds(self, holder: Mapping[str, Any], key: str, at: str) -> int | Unknown | None:
        """The 64-bit seconds under a key, at most the view's largest number; None when absent."""
        found = holder.get(key)
        return UNBOUNDED if isinstance(found, int) and found > UNBOUNDED else self.count(holder, key, at)

    def count(self, holder: Mapping[str, Any], key: str, at: str, *, lowest: int = 0) -> int | Unknown | None:
        """The 32-bit number under a key; None when absent."""
        found = holder.get(key)
        if found is None:
            return None
        if isinstance(found, float) and found.is_integer():  # YAML's 3.0 reaches the API server as 3
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int):
            return self.wrong(f"{at}/{escape(key)}", "is not a whole number")
        if lowest <= found <= UNBOUNDED:
            return found
        return self.wrong(f"{at}/{escape(key)}", f"is below {lowest}" if found < lowest else "is too large")
