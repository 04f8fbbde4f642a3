"""How a finding came about: the expression, the values in it, where each comes from, and why the policy applies.

Pure. What is sensitive is hidden, and so is what was worked out from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from guardrail.blame import pointer_of
from guardrail.cel.bindings import Bindings
from guardrail.cel.errors import EvaluationError
from guardrail.cel.nodes import Call, Fold, Ident, Select
from guardrail.cel.unknown import Unknown
from guardrail.decision import action_of
from guardrail.findings import scrub
from guardrail.masking import SENSITIVE, is_hidden, own_secrets, shown_text, shown_value
from guardrail.model import Outcome
from guardrail.policy.provenance import Source, action_source, param_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from guardrail.cel.explain import Explanation, Step
    from guardrail.model import Action, Finding, Resource
    from guardrail.policy.compiled import CompiledPolicy, Validation
    from guardrail.policy.documents import SourceDocument
    from guardrail.policy.profile import Profile
    from guardrail.ports import Path, Program

__all__ = ["Explained", "Expression", "Param", "Part", "Rules", "explain_finding"]

_MOST_PARTS = 60  # of one expression; a rule that needs more is not read line by line
_TURNS = 3  # of a loop in which none decides
_OBJECTS = frozenset(("object", "oldObject"))
_INDEX = frozenset(("_[_]", "_[?_]"))


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-expression with its value as it may be shown (an unknown one is `{"$unknown": [...]}`, a failed one `{"$error": text}`).

    `depth` counts from 1. `pointer` is where the value is written in the document of the finding,
    `param` which parameter it is.
    """

    text: str
    value: Any
    depth: int
    pointer: str | None = None
    param: Param | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the policy (`over-peak`, `variables.cap`, `uses-gpu`) with its value.

    Where the engine tells them, `parts` are all of its sub-expressions, `decisive` those that made the
    value what it is. `place` is `file:line`.
    """

    name: str
    text: str
    place: str
    value: Any
    parts: tuple[Part, ...] = ()
    decisive: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter that was read, or what was read of it (`workload_gpus.dev.train`), and where it comes from."""

    name: str
    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding with everything that made it. `params` are the parameters that were read, the most exact only."""

    finding: Finding
    version: int
    title: str
    rule: Expression | None
    variables: tuple[Expression, ...]
    params: tuple[Param, ...]
    conditions: tuple[Expression, ...]
    environment: str
    environment_source: str
    action_source: Source | None
    softened: str


@runtime_checkable
class _Explaining(Protocol):
    """A program that keeps a record of its evaluation; not every runtime has them."""

    def explain(self, variables: Mapping[str, Any]) -> Explanation:
        """The value with the steps that led to it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy with what it was made from: `document` is its source, `profile` what its parameters were bound to."""

    policy: CompiledPolicy
    document: SourceDocument
    profile: Profile


def explain_finding(finding: Finding, resource: Resource, rules: Rules, now: datetime) -> Explained:
    """Evaluates the rule of a finding once more and keeps what it met on the way. `now` is the time of the run."""
    return _Account(resource, rules, now).of(finding)


class _Account:
    """One policy over one resource, evaluated with a record."""

    def __init__(self, resource: Resource, rules: Rules, now: datetime) -> None:
        policy = rules.policy
        self._resource, self._policy, self._document, self._profile = resource, policy, rules.document, rules.profile
        before = resource if resource.old_view is None else replace(resource, view=resource.old_view)
        self._seen = {"resource": resource, "oldResource": before}  # what is sensitive before may not be so after, and the other way round
        self._own = frozenset((*own_secrets(resource.view), *own_secrets(before.view)))
        self._tainted: set[str] = set()  # variables that were worked out from something sensitive
        self._blamed: dict[str, tuple[Path, ...]] = {}  # by expression: the paths that its value rests on
        self._roots: dict[str, Path] = {}  # where the value of a variable stands, for those that only name one
        values = {"resource": resource.view, "oldResource": resource.old_view, "object": resource.object, "now": now}
        self._named: dict[str, Any] = {}
        self._scope = {name: value for name, value in values.items() if value is not None}
        self._scope |= {"params": policy.params, "variables": self._named}
        self._variables = {variable.name: self._variable(variable.name, variable.program) for variable in policy.variables}

    def of(self, finding: Finding) -> Explained:
        policy, view = self._policy, self._resource.view
        validation = next((v for v in policy.validations if v.name == finding.validation), None)
        rule = None
        if validation is not None:
            at = policy.validations.index(validation)
            rule = self._expression(
                validation.name, validation.program, ("spec", "validations", at, "expression"), self._record(validation.program)
            )
        conditions = tuple(
            self._expression(
                condition.name, condition.program, ("spec", "matchConditions", at, "expression"), self._record(condition.program)
            )
            for at, condition in enumerate(policy.match_conditions)
        )
        if rule is None:  # a condition failed to run: that is the rule to explain
            rule = next((condition for condition in conditions if condition.name == finding.validation), None)
        variables = tuple(self._read_by(rule)) if rule is not None else ()
        environments = view["environments"] or (view["environment"],)
        judged = validation or policy.validations[0]
        declared = action_of(judged, view)
        where = next((name for name in environments if judged.actions.get(name) == declared), view["environment"])
        return Explained(
            finding=finding,
            version=policy.version,
            title=policy.title,
            rule=rule,
            variables=variables,
            params=tuple(self._params([rule, *variables] if rule is not None else [])),
            conditions=conditions,
            environment=where,
            environment_source=view["environment_source"],
            action_source=action_source(self._document, self._profile, judged.name, where, declared),
            softened=self._softened(finding, judged, declared),
        )

    def _softened(self, finding: Finding, validation: Validation, declared: Action | None) -> str:
        """Why a finding is milder than the action that the policy has in its environment."""
        if declared is None or declared == finding.action:
            return ""
        if finding.outcome is Outcome.UNDECIDED:
            return f"whenUnknown: what is not known is {finding.action} here, a failure {declared}"
        if any(program.evaluate(Bindings(self._scope)) is True for program in validation.warn_when):
            return f"warnWhen: {declared} otherwise"
        return f"older than this change, and no worse: {declared} for what is new"

    # ---- expressions

    def _variable(self, name: str, program: Program) -> Expression:
        at = next(at for at, variable in enumerate(self._policy.variables) if variable.name == name)
        record = self._record(program)
        self._named[name] = program.evaluate(Bindings(self._scope)) if record is None else record.value
        made = self._expression(f"variables.{name}", program, ("spec", "variables", at, "expression"), record)
        if record is not None and (step := record.step) is not None:
            if step.path is not None:
                self._roots[name] = self._resolved(step.path)
            if self._is_tainted(step):
                self._tainted.add(name)
        return made

    def _expression(self, name: str, program: Program, path: Path, record: Explanation | None) -> Expression:
        fault = self._document.fault(path, "")
        text: Any = self._document.value
        for part in path:
            text = text[part]
        place = f"{fault.path}:{fault.line}"
        if record is None or record.step is None:
            value = _plain(program.evaluate(Bindings(self._scope)))
            return Expression(name, _one_line(text), place, value if isinstance(value, bool) else self._masked(value))
        root = record.step
        self._blamed[name] = record.blamed
        parts = islice(self._parts(root, 1, set()), _MOST_PARTS)
        seen = {root.text}
        decisive = [part for step in record.decisive for part in self._with_itself(step, seen)]
        return Expression(name, _one_line(text), place, self._shown(root), tuple(parts), tuple(decisive[:_MOST_PARTS]))

    def _record(self, program: Program) -> Explanation | None:
        return program.explain(Bindings(self._scope)) if isinstance(program, _Explaining) else None

    def _with_itself(self, step: Step, seen: set[str]) -> Iterator[Part]:
        """A step with those below it; of the root itself only those below."""
        depth = 1
        if step.text not in seen:
            seen.add(step.text)
            yield self._part(step, depth)
            depth = 2
        yield from self._parts(step, depth, seen)

    def _parts(self, step: Step, depth: int, seen: set[str]) -> Iterator[Part]:
        for below in _inner(step):
            if below.text in seen:
                continue
            seen.add(below.text)
            yield self._part(below, depth)
            yield from self._parts(below, depth + 1, seen)

    def _part(self, step: Step, depth: int) -> Part:
        path = self._resolved(step.path) if step.path is not None else ()
        root, rest = (path[0], path[1:]) if path else ("", ())
        pointer = param = None
        if root == "resource" and rest:
            field = ".".join(str(part) for part in rest)
            pointer = self._resource.origin.pointer + pointer_of(field, self._resource.blame)
        elif root == "params" and rest:
            param = self._param(_without_indices(rest))
        return Part(step.text, self._shown(step), depth, pointer, param)

    def _param(self, path: Path) -> Param:
        value: Any = self._policy.params
        for part in path:
            known = value if isinstance(value, Mapping) else dict(enumerate(value)) if isinstance(value, list) else {}
            value = known.get(part)
        return Param(".".join(str(part) for part in path), value, param_source(self._document, self._profile, path))

    def _params(self, expressions: Iterable[Expression]) -> Iterator[Param]:
        """The parameters that made the values what they are, each once, without those of which something inside was read."""
        paths = [path for expression in expressions for path in self._blamed.get(expression.name, ())]
        resolved = [_without_indices(self._resolved(path)) for path in paths]
        known = dict.fromkeys(path[1:] for path in resolved if path[0] == "params" and len(path) > 1)
        inner = {path[:length] for path in known for length in range(1, len(path))}
        yield from (self._param(path) for path in known if path not in inner)

    def _read_by(self, rule: Expression) -> Iterator[Expression]:
        """The named expressions that took part, in the order in which the policy lists them."""
        wanted: set[str] = set()
        pending = [rule]
        while pending:
            for part in pending.pop().parts:
                for name, variable in self._variables.items():
                    if name not in wanted and _names(part.text, name):
                        wanted.add(name)
                        pending.append(variable)
        if not rule.parts:  # an engine without a record: whatever the text names
            wanted = {name for name in self._variables if _names(rule.text, name)}
        yield from (variable for name, variable in self._variables.items() if name in wanted)

    # ---- what may be shown

    def _resolved(self, path: Path) -> Path:
        """A path through a named expression that only names a value, as the path of that value."""
        if path[0] == "variables" and len(path) > 1 and path[1] in self._roots:
            return (*self._roots[str(path[1])], *path[2:])
        return path

    def _is_tainted(self, root: Step) -> bool:
        return any(self._is_sensitive(step.path) for step in root.every() if step.path is not None)

    def _is_sensitive(self, path: Path) -> bool:
        if path[0] == "variables" and len(path) > 1:
            return path[1] in self._tainted
        if path[0] in _OBJECTS:
            return self._resource.identity.kind == "Secret"
        seen = self._seen.get(str(path[0]))
        return seen is not None and len(path) > 1 and is_hidden(path[1:], seen)

    def _shown(self, step: Step) -> Any:
        value = step.value
        if isinstance(value, bool):
            return value
        path = self._resolved(step.path) if step.path is not None else ()
        if path and (seen := self._seen.get(str(path[0]))) is not None:
            return self._masked(_plain(shown_value(value, path[1:], seen)))
        if isinstance(value, Unknown):
            return _plain(value)
        return SENSITIVE if self._is_tainted(step) else self._masked(_plain(value))

    def _masked(self, value: Any) -> Any:
        """A value without secrets: those of the run in any text, those of the resource's own fields."""
        if isinstance(value, str):
            return scrub(value, self._resource)
        if isinstance(value, dict):
            return {shown_text(str(key), self._resource.secrets): self._masked(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._masked(member) for member in value]
        return SENSITIVE if not isinstance(value, bool) and str(value) in self._own else value


def _inner(step: Step) -> Iterator[Step]:
    """The steps below one that are worth a line: not what a path goes through on its way, of a loop the turns that decide."""
    node = step.node
    if isinstance(node, Ident):
        return
    if isinstance(node, Select):
        for below in step.steps[:1]:
            yield from _inner(below)
    elif isinstance(node, Call) and node.function in _INDEX:
        for below in step.steps[:1]:
            yield from _inner(below)
        yield from step.steps[1:]
    elif isinstance(node, Fold):
        turns = step.steps[1:]
        deciding = [turn for turn in turns if node.kind in {"all", "exists"} and turn.value is step.value]
        yield from (*step.steps[:1], *(deciding or turns)[:_TURNS])
    else:
        yield from step.steps


def _without_indices(path: Path) -> Path:
    """A path up to the list that an element stands in."""
    at = next((at for at, part in enumerate(path) if isinstance(part, int)), len(path))
    return path[:at]


def _names(text: str, variable: str) -> bool:
    return re.search(rf"\bvariables\.{re.escape(variable)}\b", text) is not None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plain(value: Any) -> Any:
    """A value of the engine as JSON."""
    if isinstance(value, Unknown):
        return {"$unknown": list(value.references)}
    if isinstance(value, EvaluationError):
        return {"$error": value.message}
    if isinstance(value, Mapping):
        made = {str(key): _plain(member) for key, member in value.items()}
        return made | {key: _plain(doubt) for key, doubt in getattr(value, "maybe", {}).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    return str(value)
