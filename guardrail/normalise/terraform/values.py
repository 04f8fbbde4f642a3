"""Attributes of a planned change, read with three answers: a value, unset, or known only later.

`after` and `after_unknown` are walked together. An unknown value counts as unknown only when the
author wrote an expression for it; otherwise the provider computes what was left out (nine of ten
"known after apply" values), and that is unset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.terraform.configuration import as_list, as_map, references_of
from guardrail.syntax.pointers import escape
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.normalise.terraform.configuration import Configuration

__all__ = ["Values", "flag", "text", "texts", "whole"]


@dataclass(frozen=True, slots=True)
class Values:
    """One object of a plan: a resource, or a nested block of it.

    `expressions` are the configuration's expressions for the same object, several where a block is
    written more than once. `otherwise` answers for an unknown attribute that has no expression:
    None, it is computed; else what supplies it (a dynamic block, a plan without configuration).
    """

    known: Mapping[str, Any]
    unknown: Any  # the same shape with true at unknown places; true alone: everything
    expressions: tuple[Mapping[str, Any], ...]
    otherwise: Unknown | None
    module: tuple[str, ...]
    configuration: Configuration
    pointer: str

    def get(self, name: str) -> Any:
        """A JSON value, None where nothing is set, `Unknown` where a reference will supply it.

        Unknown members stand as `Unknown` inside a list; a map with unknown members is a
        `PartialMap`.
        """
        doubt = self._doubt(name)
        if doubt is True:
            return self._supplied(name)
        value = self.known.get(name)
        if isinstance(value, dict):
            return self._map(name, value, doubt)
        if isinstance(value, list) and isinstance(doubt, list):
            return [self._element(name, member, doubt[at] if at < len(doubt) else None) for at, member in enumerate(value)]
        return value

    @property
    def is_prior(self) -> bool:
        """Whether these are values of the prior state, which are facts."""
        return self.pointer.startswith("/change/before")

    def has(self, name: str) -> bool:
        """Whether the attribute exists in the plan at all, set or not."""
        return name in self.known or (isinstance(self.unknown, dict) and name in self.unknown)

    def point(self, *path: str) -> str:
        """The JSON pointer of an attribute, relative to the resource change."""
        return "/".join((self.pointer, *map(escape, path)))

    def blocks(self, name: str, *, computed: bool = True) -> list[Values] | Unknown:
        """The nested blocks of a name; a single object counts as a list of one.

        `computed`: the provider fills in what is not written. Where it does not, only a dynamic
        block, which the configuration does not hold, can be unknown as a whole.
        """
        doubt = self._doubt(name)
        if doubt is True:
            supplied = self._supplied(name)
            if supplied is None and not computed:
                return Unknown((name,))
            return supplied if isinstance(supplied, Unknown) else []
        value = self.known.get(name)
        members, doubts = as_list(value), as_list(doubt)
        inner, otherwise = self._inner(name)
        made = replace(self, expressions=inner, otherwise=otherwise)
        pointer = self.point(name)
        return [
            replace(
                made,
                known=as_map(member),
                unknown=doubts[at] if at < len(doubts) else {},
                pointer=pointer if isinstance(value, dict) else f"{pointer}/{at}",
            )
            for at, member in enumerate(members)
        ]

    def block(self, name: str, *, computed: bool = True) -> Values | Unknown | None:
        """The first nested block of a name, None where there is none; `computed` as for `blocks`."""
        found = self.blocks(name, computed=computed)
        return found if isinstance(found, Unknown) else next(iter(found), None)

    def references(self, name: str) -> tuple[str, ...]:
        """What the expression of an attribute refers to, as written inside its own module."""
        return references_of([written[name] for written in self.expressions if isinstance(written.get(name), dict)])

    def _doubt(self, name: str) -> Any:
        return self.unknown if self.unknown is True else as_map(self.unknown).get(name)

    def _supplied(self, name: str) -> Any:
        """What an unknown attribute is: the reference that supplies it, or unset."""
        written = [expressions[name] for expressions in self.expressions if name in expressions]
        if not written:
            return self.otherwise
        if len(written) == 1:
            value = self.configuration.resolve(written[0], self.module)
            if value is None or (isinstance(written[0], dict) and "constant_value" in written[0]):
                return value
        references = tuple(ref for expression in written for ref in references_of(expression))
        seen = self.configuration.root_references(references, self.module)
        return Unknown(seen or ((self.otherwise.references if self.otherwise else ()) or (name,)))

    def _map(self, name: str, value: Mapping[str, Any], doubt: Any) -> Mapping[str, Any]:
        unknown = [key for key, member in as_map(doubt).items() if member is True]
        if not unknown:
            return value
        supplied = self._member(name)
        return PartialMap({**value, **dict.fromkeys(unknown, supplied)})

    def _element(self, name: str, member: Any, doubt: Any) -> Any:
        return self._member(name) if doubt is True else member

    def _member(self, name: str) -> Unknown:
        """The source of one unknown member of a list or map that is known otherwise."""
        supplied = self._supplied(name)
        return supplied if isinstance(supplied, Unknown) else Unknown((name,))

    def _inner(self, name: str) -> tuple[tuple[Mapping[str, Any], ...], Unknown | None]:
        """Expressions of a nested block, and what stands for those that are not written one by one."""
        written = [expressions[name] for expressions in self.expressions if name in expressions]
        inner = tuple(part for expression in written for part in as_list(expression) if isinstance(part, dict))
        if any("references" in part or "constant_value" in part for part in inner):
            return (), Unknown(self.configuration.root_references(references_of(written), self.module) or (name,))
        if not written and self.otherwise is None and self.expressions:
            return (), Unknown((name,))
        return inner, self.otherwise


def text(value: Any) -> str | Unknown | None:
    """The value as text; empty text is unset, and so is what is no text."""
    if isinstance(value, Unknown):
        return value
    return value if isinstance(value, str) and value else None


def whole(value: Any) -> int | Unknown | None:
    """The value as a whole number of at most `UNBOUNDED`; plans write numbers as text too (`"3"`).

    Anything else is unset.
    """
    if isinstance(value, Unknown):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER:
        return min(int(value), UNBOUNDED)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return max(-UNBOUNDED, min(int(value), UNBOUNDED))
    return None


def flag(value: Any) -> bool | Unknown:
    """The value as a flag; several booleans are text (`"true"`). Unset is false."""
    if isinstance(value, Unknown):
        return value
    return value is True or value == "true"


_LONGEST_NUMBER = 18  # digits


def texts(value: Any) -> Iterator[str | Unknown]:
    """The members of a list of texts; a text alone is a list of one."""
    for member in value if isinstance(value, list) else [value]:
        found = text(member)
        if found is not None:
            yield found
