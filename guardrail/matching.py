"""Which policies look at a resource, decided without CEL and remembered per kind of resource."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from guardrail.cel.bindings import Inspected, inspected_value
from guardrail.known import Shapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from guardrail.policy.compiled import CompiledPolicy, Library, Selector

__all__ = ["PolicyIndex"]

_Key = tuple[str, str, str, str]


class PolicyIndex:
    """The policies of a library by what they match: one that cannot match costs nothing.

    The answer depends on source, class, operation and kind alone, of which a run has few
    combinations; each is worked out once.
    """

    __slots__ = ("_params", "_seen", "_selectors", "library", "shapes")

    library: Library
    shapes: Shapes

    def __init__(self, library: Library) -> None:
        self.library = library
        self._selectors = library.selectors
        self._seen: dict[_Key, tuple[CompiledPolicy, ...]] = {}
        self._params: dict[str, Inspected] = {}
        self.shapes = Shapes()

    def matching(self, view: Mapping[str, Any]) -> tuple[CompiledPolicy, ...]:
        """The policies that look at a resource, sorted by name; dormant ones are left out."""
        key = (view["source"], view["class"], view["operation"], view["kind"])
        found = self._seen.get(key)
        if found is None:
            policies = self.library.policies
            found = tuple(policies[at] for at, selector in enumerate(self._selectors) if _matches(selector, key))
            self._seen[key] = found
        return found

    def params(self, policy: CompiledPolicy) -> Inspected:
        """What is in the parameters of a policy, looked at once for all resources."""
        found = self._params.get(policy.name)
        if found is None:
            found = self._params[policy.name] = inspected_value(policy.params)
        return found


def _matches(selector: Selector, key: _Key) -> bool:
    source, class_, operation, kind = key
    match = selector.match
    return (
        not selector.dormant
        and source in selector.targets
        and (not match.classes or class_ in match.classes)
        and operation in (match.operations or _JUDGED)
        and (source != "terraform" or not match.terraform_types or any(fnmatchcase(kind, glob) for glob in match.terraform_types))
    )


_JUDGED = frozenset({"create", "update", "replace", "scale"})
"""What is judged unless a policy says otherwise: never what stays as it is, deletes only by opt-in."""
