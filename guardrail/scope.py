"""What the expressions of one policy see of one resource: its variables, and the named expressions that are worked out when one is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardrail.cel.bindings import Bindings, Inspected, inspected_value
from guardrail.known import Touch, guarded, known_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.findings import Context
    from guardrail.matching import PolicyIndex
    from guardrail.model import Resource
    from guardrail.policy.compiled import CompiledPolicy
    from guardrail.ports import Path, Program

__all__ = ["Scope", "Subject"]

_OBJECTS = frozenset({"object", "oldObject"})


class Subject:
    """One resource with its variables, which all policies share: what is looked at in them is looked at once."""

    __slots__ = ("_everything", "_known", "_values", "context", "index", "known", "missing", "resource", "touching")

    def __init__(self, resource: Resource, index: PolicyIndex, context: Context) -> None:
        self.resource, self.index, self.context = resource, index, context
        self._values: dict[str, Any] = {"resource": resource.view, "now": context.now}
        others = {"oldResource": resource.old_view, "object": resource.object, "oldObject": resource.old_object}
        self._values |= {name: value for name, value in others.items() if value is not None}
        self._known = self._values
        self.missing: tuple[tuple[str, ...], ...] = ()
        for name in ("resource", "oldResource") if resource.old_view is not None else ("resource",):
            known, missing = known_part(name, self._values[name])
            if missing:
                self._known, self.missing = self._known | {name: known}, (*self.missing, *missing)
        self.touching = index.shapes.memo(self.missing)
        self.known = Bindings(self._known)
        self._everything: dict[Touch, Bindings] = {}

    def everything(self, touch: Touch) -> Bindings:
        """The variables with what is unknown in them; for expressions that may not come to it, the known part is tried first."""
        found = self._everything.get(touch)
        if found is None:
            found = Bindings(self._values)
            for other in self._everything.values():
                for name in dict.fromkeys(path[0] for path in self.missing):
                    found.put(name, self._values[name], other.inspected(name))  # looking is done once
            self._everything[touch] = found
            if touch is Touch.LEAVES:
                self._try_known(found)
        return found

    def _try_known(self, bindings: Bindings) -> None:
        for name in dict.fromkeys(path[0] for path in self.missing):
            bindings.inspected(name)  # the sizes in it bound costs
            bindings.plain[name] = guarded(self._known[name], [path for path in self.missing if path[0] == name])


class Scope:
    """The variables of one policy over one resource; named expressions are worked out once, when one is read."""

    __slots__ = ("_before", "_known", "_named", "_plain", "_ready", "_seen", "_subject", "old", "policy", "resource", "view")

    def __init__(self, policy: CompiledPolicy, subject: Subject) -> None:
        self.policy, self._subject, self.resource = policy, subject, subject.resource
        self._before: Scope | None = None
        self.view, self.old = subject.resource.view, subject.resource.old_view
        self._named: dict[str, Any] = {}
        self._plain: dict[str, Any] = {}  # those of them in which everything is known
        self._known = subject.known
        self._known.put("params", policy.params, subject.index.params(policy))
        self._known.put("variables", self._plain, _inspected(self._plain, 1))
        self._seen = _inspected({}, 1)  # all of them
        self._ready: dict[Touch, Bindings] = {}

    def before(self) -> Scope:
        """The same policy over the resource as it was."""
        if self._before is None:
            subject, resource = self._subject, self.resource
            assert self.old is not None
            was = replace(resource, view=self.old, old_view=None, object=resource.old_object, old_object=None)
            self._before = Scope(self.policy, Subject(was, subject.index, subject.context))
        return self._before

    def reads_object(self, program: Program) -> bool:
        """Whether an expression reads a Kubernetes object itself, through the named expressions too."""
        roots = {read.path[0] for read in program.reads}
        named = {read.path[1] for read in program.reads if read.path[0] == "variables" and len(read.path) > 1}
        return bool(roots & _OBJECTS) or any(self.reads_object(v.program) for v in self.policy.variables if v.name in named)

    def value(self, program: Program) -> Any:
        shapes, named = self._subject.index.shapes, self._named
        shape = shapes.of(program)
        for name in shape.named:
            if name not in named:
                self._work_out(name)
        subject, deadline = self._subject, self._subject.context.deadline
        touch = shapes.touches(program, subject.missing, subject.touching) if subject.missing else Touch.NOTHING
        if touch or (shape.takes_all and len(self._plain) != len(named)):
            return program.evaluate(self._everything(touch), deadline=deadline)
        for name in shape.named:
            if name not in self._plain:
                return program.evaluate(self._everything(Touch.WHOLE), deadline=deadline)
        return program.evaluate(self._known, deadline=deadline)

    def _everything(self, touch: Touch) -> Bindings:
        """The variables with what is unknown or failed in them, which few expressions read."""
        found = self._ready.get(touch)
        if found is None:
            found = self._ready[touch] = self._subject.everything(touch)
            found.put("params", self.policy.params, self._subject.index.params(self.policy))
            found.put("variables", self._seen.value, self._seen)
        return found

    def blamed(self, program: Program) -> Iterator[Path]:
        """The view paths that made the value of an expression what it is, through the named expressions too."""
        for path in program.blamed(self._everything(Touch.WHOLE)):
            if path[0] == "resource":
                yield path[1:]
            elif path[0] == "variables":
                for variable in self.policy.variables:
                    if variable.name in path[1:2]:
                        yield from self.blamed(variable.program)

    def reads(self, program: Program) -> frozenset[str]:
        """The view paths that an expression reads, through the named expressions too."""
        found: set[str] = set()
        for read in program.reads:
            if read.path[0] in {"resource", "oldResource"}:
                found.add(".".join(read.path[1:]))
            elif read.path[0] == "variables":
                found.update(*(self.reads(v.program) for v in self.policy.variables if v.name in read.path[1:2]))
        return frozenset(found)

    def _work_out(self, name: str) -> None:
        for variable in self.policy.variables:
            if variable.name == name:
                value = self._named[name] = self.value(variable.program)
                self._note(name, inspected_value(value))
                return

    def _note(self, name: str, found: Inspected) -> None:
        """Hands the value of a named expression to those that read it."""
        self._seen.value[name] = found.value
        seen = _inspected(self._seen.value, max(found.longest, len(self._seen.value), self._seen.longest))
        seen.partial, seen.odd = self._seen.partial or found.partial, self._seen.odd or found.odd
        self._seen = seen
        for bindings in self._ready.values():
            bindings.put("variables", seen.value, seen)
        if not found.partial and not found.odd:
            self._plain[name] = found.value
            self._known.put("variables", self._plain, _inspected(self._plain, seen.longest))


def _inspected(named: dict[str, Any], longest: int) -> Inspected:
    """What is known of named expressions, whose values were looked at one by one."""
    made = Inspected(named)
    made.longest = longest
    return made
