"""One policy, for people and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.reporters.documents import API_VERSION
from guardrail.reporters.terminal import Terminal, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from guardrail.model import ProfileInfo
    from guardrail.policy.provenance import Source
    from guardrail.policy.sheet import Rule, Sheet

__all__ = ["write_sheet", "write_sheet_text"]

_MOST_CHARS = 160  # of one value
_NONE = "–"


def write_sheet(sheet: Sheet, profile: ProfileInfo, stream: TextIO) -> None:
    """Writes the JSON form."""
    policy = sheet.policy
    document = {
        "apiVersion": API_VERSION,
        "kind": "PolicySheet",
        "profile": {"name": profile.name, "version": profile.version, "hash": profile.hash},
        "name": policy.name,
        "version": policy.version,
        "title": policy.title,
        "description": sheet.description,
        "rationale": policy.rationale,
        "category": policy.category,
        "severity": policy.severity,
        "targets": sorted(policy.targets),
        "path": sheet.path,
        "dormant": policy.dormant,
        "validations": [_rule(rule) for rule in sheet.rules],
        "parameters": [
            {"name": entry.name, "description": entry.description, "value": entry.value, "source": _source(entry.source)}
            for entry in sheet.params
        ],
        "matchConditions": [{"name": name, "expression": text} for name, text in sheet.conditions],
        "variables": [{"name": name, "expression": text} for name, text in sheet.variables],
        "kubernetes": {"since": sheet.since, "beyond": list(sheet.beyond), "readsView": sheet.reads_view},
        "examples": [{"name": name, "outcomes": dict(outcomes)} for name, outcomes in sheet.examples],
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "expression": rule.expression,
        "message": rule.message,
        "place": rule.place,
        "targets": list(rule.targets),
        "dormant": rule.dormant,
        "remediation": dict(rule.remediation),
        "actions": {name: {"action": action, "source": _source(rule.sources[name])} for name, action in rule.actions.items()},
    }


def _source(source: Source) -> dict[str, str | None]:
    return {"what": source.what, "place": source.place or None}


def write_sheet_text(sheet: Sheet, profile: ProfileInfo, stream: TextIO, terminal: Terminal) -> None:
    """Writes the text form."""
    stream.write("".join(f"{line}\n" for line in _Page(sheet, profile, terminal).lines()))


class _Page:
    def __init__(self, sheet: Sheet, profile: ProfileInfo, terminal: Terminal) -> None:
        self._sheet, self._profile, self._terminal = sheet, profile, terminal

    def lines(self) -> Iterator[str]:
        policy, paint = self._sheet.policy, self._terminal.paint
        yield f"{paint(policy.name, 'bold')}  {policy.category}, {policy.severity}, version {policy.version}"
        yield from self._text(policy.title, 4)
        yield from self._block("what", self._sheet.description)
        yield from self._block("why", policy.rationale)
        yield from self._rules()
        yield from self._params()
        if self._sheet.conditions:
            yield from self._head("applies where")
            for name, text in self._sheet.conditions:
                yield from self._text(f"{name}: {text}", 4)
        if self._sheet.variables:
            yield from self._head("named expressions")
            for name, text in self._sheet.variables:
                yield from self._text(f"variables.{name} = {text}", 4)
        yield from self._block("as ValidatingAdmissionPolicy", self._cluster())
        yield from self._examples()
        yield ""
        name = "built-in starter profile" if self._profile.path is None else f"profile {self._profile.name} {self._profile.version}"
        yield printable(f"{self._sheet.path} · {name}")

    def _rules(self) -> Iterator[str]:
        yield from self._head("validations")
        for rule in self._sheet.rules:
            dormant = " (dormant: it waits for facts)" if rule.dormant else ""
            yield from self._text(f"{rule.name}, on {' and '.join(rule.targets)}{dormant}", 4)
            yield from self._text(rule.expression, 8)
            yield from self._text(f"says: {rule.message}", 8)
            for target, text in rule.remediation.items():
                yield from self._text(f"instead, in {target}: {text}", 8)
            actions = " · ".join(f"{name} {self._action(action)}" for name, action in rule.actions.items())
            yield f"        {actions}"
            for source in dict.fromkeys(str(source) for source in rule.sources.values()):
                yield from self._text(f"by {source}", 8)

    def _action(self, action: str | None) -> str:
        return self._terminal.paint(str(action), str(action)) if action else _NONE

    def _params(self) -> Iterator[str]:
        if not self._sheet.params:
            return
        yield from self._head("parameters")
        for entry in self._sheet.params:
            value = json.dumps(entry.value, ensure_ascii=False)
            short = value if len(value) <= _MOST_CHARS else f"{value[: _MOST_CHARS - 1]}…"
            yield from self._text(f"{entry.name} = {short}" if entry.value is not None else f"{entry.name}: not given", 4)
            yield from self._text(entry.description, 8)
            yield from self._text(f"from {entry.source}", 8)

    def _cluster(self) -> str:
        sheet = self._sheet
        if "kubernetes" not in sheet.policy.targets:
            return "no: it judges plans only"
        told = f"its expressions need Kubernetes {sheet.since} or later" if sheet.since else ""
        if sheet.beyond:
            told = f"no API server has {', '.join(sheet.beyond)}"
        view = "it reads guardrail's view, which an API server does not have"
        return "; ".join(part for part in (told, view if sheet.reads_view else "") if part)

    def _examples(self) -> Iterator[str]:
        if not self._sheet.examples:
            return
        yield from self._head("examples")
        for name, outcomes in self._sheet.examples:
            yield from self._text(f"{name}: {', '.join(f'{rule} {outcome}' for rule, outcome in outcomes)}", 4)

    def _block(self, title: str, text: str) -> Iterator[str]:
        if text.strip():
            yield from self._head(title)
            yield from self._text(text, 4, hanging=0)

    def _head(self, title: str) -> Iterator[str]:
        yield ""
        yield self._terminal.paint(title, "bold")

    def _text(self, text: str, indent: int, *, hanging: int = 2) -> Iterator[str]:
        return iter(wrapped(printable(" ".join(text.split())), self._terminal.width, " " * (indent + hanging), first=" " * indent))
