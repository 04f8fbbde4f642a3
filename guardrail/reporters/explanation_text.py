"""How a finding came about, for people: the message first, then the rule with its values, then why it applies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.model import Outcome
from guardrail.reporters.grouping import place, place_of, subject
from guardrail.reporters.terminal import Terminal, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from guardrail.explanation import Explained, Expression, Part
    from guardrail.model import Location, Report

__all__ = ["write_explanation_text"]

_MOST_CHARS = 120  # of one value
_MOST_PARAMS = 8
_MOST_TWINS = 3
_COLUMN = 44  # where places begin, unless a line is longer
_HASH_CHARS = 19  # `sha256:` and 12 digits


def write_explanation_text(  # noqa: PLR0913 - what it says, where to, and how
    explained: Explained,
    report: Report,
    places: Mapping[str, Location],
    stream: TextIO,
    terminal: Terminal,
    *,
    twins: Sequence[Location] = (),
    verbose: bool = False,
) -> None:
    """Writes the text form.

    `places` are those of the pointers of the explanation, `twins` those of findings with the same
    fingerprint; `verbose` shows every sub-expression.
    """
    page = _Page(explained, report, places, terminal, verbose=verbose)
    also = page.twins(twins) if twins else ()
    stream.write("".join(f"{line}\n" for line in (*page.lines(), *also)))


class _Page:
    def __init__(self, explained: Explained, report: Report, places: Mapping[str, Location], terminal: Terminal, *, verbose: bool) -> None:
        self._explained, self._report, self._places, self._terminal = explained, report, places, terminal
        self._verbose = verbose

    def lines(self) -> Iterator[str]:
        yield from self._finding()
        explained = self._explained
        if explained.rule is not None:
            yield from self._rule(explained.rule)
        if explained.variables:
            yield from self._variables(explained.variables)
        if explained.params:
            yield from self._head("from the profile and the policy")
            shown = explained.params if self._verbose else explained.params[:_MOST_PARAMS]
            for param in shown:
                yield from self._row(f"{printable(param.source.what)} = {_shown(param.value)}", param.source.place, 4)
            if len(shown) < len(explained.params):
                yield f"    and {len(explained.params) - len(shown)} more (-v lists them)"
        yield from self._reasons()
        yield ""
        yield from wrapped(self._origin(), self._terminal.width, "  ", first="")

    def twins(self, twins: Sequence[Location]) -> Iterator[str]:
        """Where else the finding is."""
        shown = twins if self._verbose else twins[:_MOST_TWINS]
        more = f" and {len(twins) - len(shown):,} more (-v lists them)" if len(shown) < len(twins) else ""
        text = f"the same finding is in {', '.join(printable(place(twin)) for twin in shown)}{more}; give its path to explain that one"
        yield from wrapped(text, self._terminal.width, "  ", first="")

    def _finding(self) -> Iterator[str]:
        finding, paint = self._explained.finding, self._terminal.paint
        word = "error" if finding.outcome is Outcome.ERROR else str(finding.action)
        undecided = " (undecided)" if finding.outcome is Outcome.UNDECIDED else ""
        where, who = printable(place_of(finding)), printable(subject(finding.resource))
        yield f"{paint(where, 'bold')}  {paint(word, word)}{undecided}  {finding.policy}/{finding.validation}  {who}"
        yield from wrapped(printable(finding.message), self._terminal.width, "    ")
        yield from self._labelled("rule", self._explained.title)
        if finding.outcome is not Outcome.ERROR:
            yield from self._labelled("why", finding.rationale)
            yield from self._labelled("instead", finding.remediation)
        if finding.unknown:
            yield from self._labelled("unknown", f"what would decide is not known before apply: {', '.join(finding.unknown)}")

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        if not text.strip():
            return
        lines = wrapped(printable(" ".join(text.split())), self._terminal.width, " " * 13)
        yield f"    {self._terminal.paint(label, 'dim')}{' ' * (9 - len(label))}{lines[0].lstrip()}"
        yield from lines[1:]

    def _rule(self, rule: Expression) -> Iterator[str]:
        yield from self._head(f"the rule {rule.name}", rule.place)
        yield from wrapped(printable(f"{rule.text} is {_shown(rule.value)}"), self._terminal.width, "    ")
        for part in rule.parts if self._verbose else rule.decisive:
            yield from self._part(part, 6)

    def _variables(self, variables: Iterable[Expression]) -> Iterator[str]:
        yield from self._head("where")
        for variable in variables:
            if not self._verbose:
                yield from self._row(f"{variable.name} = {_shown(variable.value)}", _short(printable(variable.text), self._room), 4)
                continue
            yield from self._row(f"{variable.name} = {_shown(variable.value)}", printable(variable.place), 4)
            yield from wrapped(printable(variable.text), self._terminal.width, " " * 6)
            for part in variable.parts:
                yield from self._part(part, 8)

    @property
    def _room(self) -> int:
        return self._terminal.width - _COLUMN

    def _part(self, part: Part, indent: int) -> Iterator[str]:
        yield from self._row(f"{printable(part.text)} = {_shown(part.value)}", self._from(part), indent + 2 * (part.depth - 1))

    def _from(self, part: Part) -> str:
        if part.param is not None:
            return printable(part.param.source.what)
        where = self._places.get(part.pointer) if part.pointer is not None else None
        if where is None:
            return ""
        return printable(f"{where.path} {where.pointer}".rstrip() if self._planned() else place(where))

    def _planned(self) -> bool:
        who = self._explained.finding.resource
        return who is not None and who.source == "terraform"

    def _row(self, text: str, source: str, indent: int) -> Iterator[str]:
        """A line, and where its value comes from at its end or, where that does not fit, below."""
        lines = wrapped(text, self._terminal.width, " " * (indent + 2), first=" " * indent)
        gap = " " * max(2, _COLUMN - len(lines[-1]))
        if source and len(lines[-1]) + len(gap) + len(source) <= self._terminal.width:
            lines[-1] += f"{gap}{self._terminal.paint(source, 'dim')}"
            source = ""
        yield from lines
        if source:
            yield from (self._terminal.paint(line, "dim") for line in wrapped(source, self._terminal.width, " " * (indent + 4)))

    def _head(self, text: str, place: str = "") -> Iterator[str]:
        yield ""
        yield self._terminal.paint(text, "bold") + (f"  {self._terminal.paint(printable(place), 'dim')}" if place else "")

    def _reasons(self) -> Iterator[str]:
        explained = self._explained
        yield from self._head("why it applies")
        for condition in explained.conditions:
            text = _short(printable(condition.text), self._terminal.width - len(condition.name) - 14)
            yield from self._row(f"{condition.name}: {text} is {_shown(condition.value)}", "", 4)
        by = {"home": "by its home", "namespace": "by its namespace", "tag": "by its own label or tag", "default": "as it names none"}
        how = by.get(explained.environment_source, "the strictest that it may be, as it is not known yet")
        yield from self._row(f"environment {printable(explained.environment)}, {how}", "", 4)
        if explained.action_source is not None:
            softened = f", {printable(explained.softened)}" if explained.softened else ""
            yield from self._row(
                f"{explained.finding.action} in {printable(explained.environment)}{softened}", printable(str(explained.action_source)), 4
            )

    def _origin(self) -> str:
        report, profile = self._report, self._report.profile
        named = "built-in starter profile" if profile.path is None else f"profile {profile.name} {profile.version[:_HASH_CHARS]}"
        finding = self._explained.finding
        return printable(
            f"fingerprint {finding.fingerprint} · {finding.policy} version {self._explained.version}"
            f" · library {report.library_hash[:_HASH_CHARS]} · {named}"
        )


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _shown(value: Any) -> str:
    """A value in one line: unknown ones by what would supply them, failed ones by their reason."""
    if isinstance(value, dict) and set(value) == {"$unknown"}:
        return printable(f"unknown ({', '.join(value['$unknown'])})")
    if isinstance(value, dict) and set(value) == {"$error"}:
        return printable(f"error: {value['$error']}")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _short(printable(json.dumps(value, ensure_ascii=False)), _MOST_CHARS)
