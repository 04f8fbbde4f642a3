"""The report for people: what is wrong, where, why, and what to write instead; then what was not looked at; then the counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardrail.model import Action, InputFormat, InputStatus, Outcome
from guardrail.reporters.decisions import decision_lines
from guardrail.reporters.grouping import grouped, line_of, place_of, shared_place, subject, subject_of_id
from guardrail.reporters.inputs import failed_lines, input_lines, skip_kind
from guardrail.reporters.terminal import Terminal, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from guardrail.model import Finding, InputRecord, Note, Report
    from guardrail.reporters.grouping import Entry

__all__ = ["TextReporter"]

_WIDEST_PLACE = 34  # columns; a longer place pushes only its own line
_LISTED = 2  # members of a group, scopes of a note: the others with -v
_LISTS = " (-v lists them)"
_REASONS = 4  # reasons of skipped inputs on the summary line
_HASH_CHARS = 12  # a profile without a version is named by the start of its hash
_ONLY_TOLD = frozenset(
    {
        "cache-refused",
        "owner-registry",
        "plan-deletes",
        "plan-without-changes",
        "profile-names-no-policy",
        "profile-names-nothing",
        "profile-part-not-read",
        "profile-without-environments",
        "unattributed",
    }
)
"""Codes of notes that leave nothing unjudged; any other is counted in a quiet report too."""

_BLOCK = " " * 15  # under the text of `undecided   2  …`


class TextReporter:
    """Writes the text report to a stream.

    `quiet` keeps findings, failed inputs, the number of what was not judged and the last line; `verbose` lists everything.
    """

    def __init__(self, stream: TextIO, terminal: Terminal, *, verbose: bool = False, quiet: bool = False) -> None:
        self._stream = stream
        self._terminal = terminal
        self._verbose = verbose
        self._quiet = quiet
        self._report: Report | None = None
        self._findings: list[Finding] = []
        self._explained: set[str] = set()  # policies whose reason was told: once is enough

    def begin(self, report: Report) -> None:
        self._report = report

    def finding(self, finding: Finding) -> None:
        self._findings.append(finding)

    def end(self) -> None:
        report = self._report
        assert report is not None
        blocks = [block for block in self._blocks(report) if block]
        lines = [line for block in blocks for line in (*block, "")]
        lines.append(_last_line(report, self._findings, self._terminal))
        self._stream.write("\n".join(lines) + "\n")

    def _blocks(self, report: Report) -> Iterator[list[str]]:
        shown = [f for f in self._findings if _stands_alone(f)]
        yield from self._entries(grouped(shown))
        yield failed_lines(report.inputs, self._terminal, verbose=self._verbose)
        waiting = [f for f in self._findings if not _stands_alone(f)]
        if self._quiet:
            yield [*self._undecided(grouped(waiting)), *self._not_judged(report)]
            return
        yield [line for count, told in decision_lines(report.decisions, verbose=self._verbose) for line in self._decision(count, told)]
        yield [
            *self._undecided(grouped(waiting)),
            *self._dormant(report),
            *self._not_read(report.inputs),
            *self._notes(report.notes),
        ]
        if self._verbose:
            yield input_lines(report.inputs, self._terminal)

    def _entries(self, entries: Sequence[Entry]) -> Iterator[list[str]]:
        places = [printable(_place_of(entry)) for entry in entries]
        column = min(max(map(len, places), default=0), _WIDEST_PLACE)
        word_column = max((len(_word(entry)) for entry in entries), default=0)
        for entry, where in zip(entries, places, strict=True):
            word, rule = _word(entry), f"{entry.first.policy}/{entry.first.validation}"
            after_place, after_word = " " * (max(column - len(where), 0) + 2), " " * (word_column - len(word) + 2)
            room = self._terminal.width - len(f"{where}{after_place}{word}{after_word}{rule}")
            who = printable(subject(entry.first.resource)) if len(entry.findings) == 1 else f"{len(entry.findings):,} objects"
            fits = room >= len(who) + 2
            paint = self._terminal.paint
            head = f"{paint(where, 'bold')}{after_place}{paint(word, word)}{after_word}{rule}"
            yield [
                f"{head}{paint(who.rjust(room), 'dim')}" if who and fits else head,
                *self._body(entry, "" if fits else who),
            ]

    def _body(self, entry: Entry, who: str) -> Iterator[str]:
        """What is wrong, for what else, and what to write instead. `who` is the object where the first line has no room for it."""
        first = entry.first
        text = f"undecided: {printable(entry.message)}" if first.outcome is Outcome.UNDECIDED else printable(entry.message)
        if who:
            text = f"{who}: {text}"
        members = [] if len(entry.findings) == 1 else _members(entry)
        if members and not self._verbose:
            text = f"{text}: {_first_of(members)}"
        yield from wrapped(text, self._terminal.width, "    ")
        if self._verbose:
            named = zip(members, entry.findings, strict=True) if members else ()
            yield from (f"    - {member}  {self._terminal.paint(finding.fingerprint, 'dim')}" for member, finding in named)
        if also := _related(entry):
            yield from self._labelled("also", f"the same for {_first_of(also, verbose=self._verbose)}")
        if first.outcome is not Outcome.ERROR:
            yield from self._advice(first)
        if first.resource is not None and not self._quiet:
            yield from self._labelled("explain", f"guardrail explain {first.fingerprint}")

    def _advice(self, first: Finding) -> Iterator[str]:
        if first.rationale and first.policy not in self._explained:
            self._explained.add(first.policy)
            yield from self._labelled("why", printable(_first_sentence(first.rationale)))
        if first.remediation:
            yield from self._labelled("instead", printable(" ".join(first.remediation.split())))

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        lines = wrapped(text, self._terminal.width, " " * 13)
        head = f"    {self._terminal.paint(label, 'dim')}{' ' * (9 - len(label))}"
        yield head + lines[0].lstrip()
        yield from lines[1:]

    def _undecided(self, entries: Sequence[Entry]) -> Iterator[str]:
        """A line for each validation, and with `verbose` for each cause: one plan can leave the same thing open in many ways."""
        by_rule: dict[str, list[Entry]] = {}
        for entry in entries:
            rule = f"{entry.first.policy}/{entry.first.validation}"
            by_rule.setdefault(f"{rule}: {entry.message}" if self._verbose else rule, []).append(entry)
        for causes in by_rule.values():
            first = max(causes, key=lambda entry: len(entry.findings))
            members = _members(first) if len(first.findings) > 1 else [_member(first.first, "")]
            text = f"{first.first.policy}/{first.first.validation}: {printable(first.message)}: {_first_of(members, verbose=self._verbose)}"
            if len(causes) > 1:
                text += f"; and {len(causes) - 1:,} more {'cause' if len(causes) == 2 else 'causes'} (-v lists them)"  # noqa: PLR2004 - one beside the first
            if not self._quiet:
                text += f" (guardrail explain {first.first.fingerprint})"
            yield from self._block("undecided", sum(len(entry.findings) for entry in causes), text)

    def _decision(self, count: int, told: str) -> Iterator[str]:
        return self._block("decision", count, printable(told))

    def _dormant(self, report: Report) -> Iterator[str]:
        if not report.dormant:
            return
        needs = sorted({need for dormant in report.dormant for need in dormant.needs})
        who = "policy waits" if len(report.dormant) == 1 else "policies wait"
        hint = "" if self._verbose else " (guardrail profile init --from PATH proposes them)"
        yield from self._block("dormant", len(report.dormant), f"{who} for facts that the profile does not give: {', '.join(needs)}{hint}")
        if self._verbose:
            for dormant in report.dormant:
                yield from wrapped(f"{dormant.policy}: {', '.join(dormant.needs)}", self._terminal.width, _BLOCK)

    def _not_judged(self, report: Report) -> Iterator[str]:
        """One line in place of all that a quiet report leaves out and that no rule, or not every rule, looked at."""
        counts = Counter({"policies that wait for facts": len(report.dormant)})
        for note in report.notes:
            if note.code not in _ONLY_TOLD:
                counts[note.code] += note.count
        if counts.total():
            told = ", ".join(f"{what} ({count:,})" for what, count in _most_first(counts) if count)
            yield from self._block("not judged", counts.total(), f"{told}: told without -q")

    def _not_read(self, inputs: Iterable[InputRecord]) -> Iterator[str]:
        reasons = Counter(skip_kind(record) for record in inputs if record.status is InputStatus.SKIPPED)
        if not reasons:
            return
        ranked = _most_first(reasons)
        told = " · ".join(f"{count} × {printable(reason)}" for reason, count in ranked[:_REASONS])
        rest = f" · and {sum(count for _, count in ranked[_REASONS:])} for other reasons" if len(ranked) > _REASONS else ""
        hint = "" if self._verbose else _LISTS
        yield from self._block("not read", reasons.total(), f"{told}{rest}{hint}")

    def _notes(self, notes: Iterable[Note]) -> Iterator[str]:
        """A line for each code, and with `verbose` for each message."""
        messages: dict[str, dict[str, Counter[str]]] = {}
        for note in notes:
            messages.setdefault(note.code, {}).setdefault(note.message, Counter())[note.scope] += note.count
        for by_message in messages.values():
            ranked = sorted(by_message.items(), key=lambda item: (-item[1].total(), item[0]))
            for message, scopes in ranked if self._verbose else ranked[:1]:
                text = f"{printable(message)}{self._about(scopes)}"
                total = scopes.total()
                if not self._verbose and len(ranked) > 1:
                    total = sum(counts.total() for counts in by_message.values())
                    text = f"{text.removesuffix(_LISTS)}; and {total - scopes.total():,} for other reasons{_LISTS}"
                yield from self._block("note", total, text)

    def _about(self, scopes: Counter[str]) -> str:
        told = [f"{printable(scope)} ({count:,})" if count > 1 else printable(scope) for scope, count in _most_first(scopes) if scope]
        return f": {_first_of(told, verbose=self._verbose)}" if told else ""

    def _block(self, label: str, count: int, text: str) -> Iterator[str]:
        head = f"{label.ljust(10)}{str(count).rjust(3)}  "
        lines = wrapped(text, self._terminal.width, " " * len(head), first=head)
        yield self._terminal.paint(label, "dim") + lines[0][len(label) :]
        yield from lines[1:]


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _first_sentence(text: str) -> str:
    joined = " ".join(text.split())
    sentence, stop, _ = joined.partition(". ")
    return sentence.rstrip(".") if stop else joined.rstrip(".")


def _stands_alone(finding: Finding) -> bool:
    """Whether a finding is an entry of its own: all that can fail the run; undecided ones that only warn share the block below."""
    return finding.outcome is not Outcome.UNDECIDED or finding.action is Action.DENY


def _word(entry: Entry) -> str:
    return "error" if entry.first.outcome is Outcome.ERROR else str(entry.first.action)


def _place_of(entry: Entry) -> str:
    return place_of(entry.first) if len(entry.findings) == 1 else shared_place(entry.findings)[0]


def _members(entry: Entry) -> list[str]:
    prefix = shared_place(entry.findings)[1]
    return [_member(finding, prefix) for finding in entry.findings]


def _related(entry: Entry) -> list[str]:
    """The objects that the findings stand for beside their own."""
    named = {
        subject_of_id(identity, finding.resource.source) for finding in entry.findings if finding.resource for identity in finding.related
    }
    return [printable(name) for name in sorted(named)]


def _member(finding: Finding, prefix: str) -> str:
    line = line_of(finding)
    path = finding.location.path.removeprefix(prefix)
    at = f"{path}:{line}" if path and line else path or (f"line {line}" if line else "")
    who = subject(finding.resource)
    return printable(f"{who} ({at})" if at else who)


def _first_of(texts: Sequence[str], *, verbose: bool = False) -> str:
    if verbose or len(texts) <= _LISTED + 1:  # "and 1 more" would be no shorter than the one
        return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
    return f"{', '.join(texts[:_LISTED])} and {len(texts) - _LISTED:,} more{_LISTS}"


def _last_line(report: Report, findings: Sequence[Finding], terminal: Terminal) -> str:
    parts = [
        _verdict(report, findings, terminal),
        *_seen(report),
        _counted(report.summary.policies, "policy", "policies"),
        _profile(report),
    ]
    if terminal.timed:
        parts.append(f"{report.elapsed_s:.1f} s")
    return " · ".join(parts)


def _verdict(report: Report, findings: Sequence[Finding], terminal: Terminal) -> str:
    summary = report.summary
    failures = Counter(finding.action for finding in findings if finding.outcome is Outcome.FAIL)
    counts = [
        (summary.errors, "rule error" if summary.errors == 1 else "rule errors", "error"),
        (failures[Action.DENY], "deny", "deny"),
        (failures[Action.WARN], "warn", "warn"),
        (failures[Action.AUDIT], "audit", "audit"),
        (summary.excepted, "excepted", ""),
        (summary.undecided, f"undecided{_denied(findings)}", ""),
    ]
    told = ", ".join(terminal.paint(f"{count:,} {word}", style) for count, word, style in counts if count)
    if told:
        return told
    if not summary.read:
        return "nothing to judge" if summary.files else "nothing to judge: no input was found"
    return "no findings" if summary.resources else "no findings: there is nothing to judge in what was read"


def _denied(findings: Sequence[Finding]) -> str:
    denied = sum(finding.outcome is Outcome.UNDECIDED and finding.action is Action.DENY for finding in findings)
    return f" ({denied:,} of them deny)" if denied else ""


def _seen(report: Report) -> Iterator[str]:
    """What was judged, and what was not read: the numbers of files, plans and inputs add up to `summary.files`."""
    read = [record for record in report.inputs if record.status is InputStatus.READ]
    plans = sum(record.format is InputFormat.PLAN for record in read)
    files = len(read) - plans
    where = [_counted(files, "file", "files")] if files else []
    where += [_counted(plans, "plan", "plans")] if plans else []
    resources = _counted(report.summary.resources, "resource", "resources")
    if where:
        yield f"{resources} in {' and '.join(where)}"
    elif report.summary.resources:  # the readable documents of files that failed as a whole
        yield resources
    if report.summary.skipped_files:
        yield f"{report.summary.skipped_files:,} not read"
    if report.summary.failed:
        yield f"{report.summary.failed:,} failed"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _profile(report: Report) -> str:
    profile = report.profile
    if profile.path is None:
        return "built-in starter profile"
    version = profile.version
    if ":" in version or len(version) > 2 * _HASH_CHARS:
        version = version.rpartition(":")[2][:_HASH_CHARS]
    return printable(f"profile {profile.name} {version}")
