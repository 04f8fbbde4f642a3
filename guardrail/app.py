"""The composition root: wires inputs, normalisers, library, engine and report from one set of options.

The only module that knows concrete classes. `cli` parses flags and calls `lint`, `inspect` or
`load_library`; nothing here prints.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from guardrail import __version__
from guardrail.attribution import attribution_gaps
from guardrail.engine import Context, Judgement, RunFact, evaluate
from guardrail.errors import ConfigError, Fault, ProfileError
from guardrail.findings import merge_causes, merge_undecided, report_order
from guardrail.inputs.discovery import STDIN
from guardrail.inputs.reader import Inputs, read_inputs
from guardrail.matching import PolicyIndex
from guardrail.model import (
    Action,
    Decision,
    Finding,
    InputStatus,
    Inspection,
    Note,
    Origin,
    Outcome,
    Report,
    Resource,
    Review,
    Summary,
)
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.normalise.kubernetes.requests import Admission, Requests, about
from guardrail.policy.profile import examine_profile, starter
from guardrail.policy.stored import dump_rules, load_rules
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.library_cache import directory_cache, library_key
from guardrail.stores.policy_dir import read_policies, shipped_policies, unread_notes
from guardrail.stores.profile_file import profile_texts, read_profile
from guardrail.verdict import decide, refuse_unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from guardrail.facts import Facts
    from guardrail.inputs.discovery import PathIgnore
    from guardrail.inputs.locator import FileLocator
    from guardrail.policy.compiled import Library
    from guardrail.policy.profile import Profile
    from guardrail.policy.sources import PolicySource
    from guardrail.ports import CelRuntime, LibraryCache

__all__ = [
    "ENGINES",
    "Options",
    "Progress",
    "Run",
    "Seen",
    "directory_cache",
    "inspect",
    "lint",
    "load_library",
    "policy_sources",
    "repository_of",
    "rules_of",
    "run",
    "see",
]


def _second_opinion() -> CelRuntime:
    from guardrail.runtimes.cel_python import CelpyRuntime  # noqa: PLC0415 - its grammar takes a fifth of a second to build

    return CelpyRuntime()


ENGINES: Mapping[str, Callable[[], CelRuntime]] = {"guardrail": BuiltinRuntime, "cel-python": _second_opinion}
"""The CEL runtimes by the name that `--engine` takes."""

_ADMISSION = "admission"

_RUN_FACT_NOTES = {
    "cluster": "the cluster is not known, so nothing that hangs on it was judged; name it with --cluster NAME",
    "namespace": "objects without a namespace were not judged by what hangs on it; give it with --namespace NAME",
    "namespace-labels": "the labels of the namespace are not in this run, so what they may supply was not judged (--context PATH)",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do; the flags of `lint` and `inspect`."""

    paths: tuple[str, ...]
    now: datetime  # aware, UTC
    profile: str | None = None  # a path, `starter`, or None for the starter unasked
    policies: tuple[str, ...] = ()  # folders of further policies, beside the shipped library
    context: tuple[str, ...] = ()
    namespace: str | None = None
    cluster: str | None = None
    partial: bool = False
    allow_empty: bool = False  # the paths come from a hook: nothing to judge among them is no fault
    engine: str = "guardrail"
    cache: LibraryCache | None = None  # of compiled libraries; it holds code, so only who trusts its place gives one
    ignores: tuple[PathIgnore, ...] = ()
    stdin: BinaryIO | None = None
    stdin_filename: str = "<stdin>"


class Progress(Protocol):
    """Who is told how far a run is; what it does with it takes no time."""

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        """So many files are read, or resources judged; `total` where it is known."""


def load_library(options: Options) -> Library:
    """The compiled library with the profile bound. Raises ConfigError, ProfileError or PolicyError."""
    return rules_of(options)[1]


def rules_of(options: Options) -> tuple[Profile, Library]:
    """The profile and the library that is bound to it: what an earlier run kept of the very same texts, else compiled now."""
    if options.engine not in ENGINES:
        raise ConfigError(f"--engine {options.engine}: there is no such engine; known: {', '.join(sorted(ENGINES))}")
    texts = profile_texts(options.profile)
    sources = policy_sources(options)
    runtime, cache = ENGINES[options.engine](), options.cache
    if cache is None or not isinstance(runtime, BuiltinRuntime):
        return _compiled(options, texts, sources, runtime)
    key = library_key(sources, (options.profile, texts or ()))
    kept = cache.get(key)
    if kept is not None and (known := load_rules(kept, runtime)) is not None:
        return known
    profile, library = _compiled(options, texts, sources, runtime)
    made = dump_rules(profile, library, runtime) if cache.refused is None else None
    if made is not None:
        cache.put(key, made)
    if cache.refused is not None:
        library = replace(library, notes=(*library.notes, Note("cache-refused", f"the library was compiled anew: {cache.refused}")))
    return profile, library


def _compiled(
    options: Options, texts: Sequence[tuple[str, str]] | None, sources: Sequence[PolicySource], runtime: CelRuntime
) -> tuple[Profile, Library]:
    from guardrail.policy.library import compile_library  # noqa: PLC0415 - a run with a cached library checks nothing

    if texts is None or options.profile is None:
        profile, faults = starter(), set[Fault]()
    else:
        examined = examine_profile(texts, options.profile)
        profile, faults = examined.profile, set(examined.faults)
    try:
        library = compile_library(sources, profile, runtime)
    except ProfileError as error:  # what policies say about the profile stands beside what is wrong with it in itself
        raise ProfileError([*faults.union(error.faults)]) from None
    if faults:
        raise ProfileError([*faults])
    return profile, library


def policy_sources(options: Options) -> list[PolicySource]:
    """The policies of a run as they are written. Raises ConfigError or PolicyError."""
    return [*shipped_policies(), *read_policies(options.policies)]


def inspect(options: Options, progress: Progress | None = None) -> Inspection:
    """Builds the views of the inputs without judging them. Raises ConfigError or ProfileError."""
    seen = see(options, read_profile(options.profile), progress)
    found = ((one, one.origin) for one in _told(seen.resources, "resources found:", progress))
    locate = seen.inputs.locator.locate
    placed = tuple((resource, locate(Origin(at.path, at.document), at.pointer)) for resource, at in found)
    return Inspection(seen.inputs.records, placed, _once([*seen.notes, *_not_judged(seen.admissions)]))


def _told(resources: Sequence[Resource], what: str, progress: Progress | None) -> Iterator[Resource]:
    """The resources one after another; when the next one is wanted, that one more is done is told."""
    for done, resource in enumerate(resources, 1):
        yield resource
        if progress is not None:
            progress(what, done, len(resources))


def lint(options: Options, progress: Progress | None = None) -> Report:
    """Judges the inputs. Raises ConfigError, ProfileError or PolicyError; faults of inputs are in the report.

    `progress` is told how far the run is.
    """
    return run(options, progress).report


@dataclass(frozen=True, slots=True)
class Run:
    """A run with what made it: the report, and the resource of each finding.

    A fingerprint names a planned resource by its address, which several plans of a run may have: see `resource_of`.
    """

    report: Report
    profile: Profile
    library: Library
    locator: FileLocator
    resources: Mapping[tuple[str, str, int], Resource]

    def resource_of(self, finding: Finding) -> Resource | None:
        """What a finding is about; None for one about the run as a whole."""
        return self.resources.get(_key(finding))


def _key(finding: Finding) -> tuple[str, str, int]:
    return finding.fingerprint, finding.location.path, finding.location.document or 0


def run(options: Options, progress: Progress | None = None) -> Run:
    """As `lint`, and keeps what a finding can be explained from."""
    started = time.perf_counter()
    profile, library = rules_of(options)
    seen = see(options, profile, progress)
    index = PolicyIndex(library)
    now = options.now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    folder = Path.cwd()
    context = Context(now=options.now, folder=folder.as_posix(), root=repository_of(folder).as_posix())
    resources = seen.judged
    judged = [evaluate(resource, index, context) for resource in _told(resources, "resources judged:", progress)]
    findings = _placed(_merged(resources, judged, library), seen)
    about_rules = (*profile.notes, *library.notes, *unread_notes(options.policies))
    gaps = attribution_gaps(resource.view for resource in resources) if profile.is_starter else ()
    notes = _once([*seen.notes, *about_rules, *_run_fact_notes(judged), *_partial_note(options), *gaps])
    report = Report(
        version=__version__,
        now=now,
        engine=options.engine,
        library_hash=library.hash,
        profile=library.profile,
        inputs=seen.inputs.records,
        summary=_summary(seen, judged, findings, library),
        notes=notes,
        dormant=library.dormant,
        findings=findings,
        elapsed_s=time.perf_counter() - started,
        decisions=tuple(_decisions(seen, resources, judged)),
    )
    owners = {_key(finding): resource for resource, one in zip(resources, judged, strict=True) for finding in one.findings}
    return Run(report, profile, library, seen.inputs.locator, owners)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the inputs hold, before any rule."""

    inputs: Inputs
    written: tuple[Resource, ...]
    admissions: tuple[Admission, ...]
    notes: tuple[Note, ...]

    @property
    def resources(self) -> tuple[Resource, ...]:
        """What is seen, judged or not."""
        return (*self.written, *(one.resource for one in self.admissions if one.resource is not None))

    @property
    def judged(self) -> tuple[Resource, ...]:
        """What rules look at: nothing that stays as it is, and no kustomize patch, which does not say what the object becomes."""
        written = (r for r in self.written if r.view["operation"] != "none" and r.origin not in self.inputs.partial)
        return (*written, *(one.resource for one in self.admissions if one.resource is not None and not one.not_judged))


def see(options: Options, profile: Profile, progress: Progress | None = None) -> Seen:
    """Reads the inputs and makes their views. Raises ConfigError for context that cannot be read."""
    facts = profile.facts(now=options.now, cluster=options.cluster, namespace=options.namespace)
    inputs = read_inputs(
        options.paths,
        ignores=options.ignores,
        stdin=options.stdin,
        stdin_filename=options.stdin_filename,
        chosen=not options.allow_empty,
        progress=progress,
    )
    context = _read_context(options.context)
    resources, notes = _normalise(inputs, context, facts)
    requests = Requests(context.objects, facts)
    admissions = tuple(requests.admission(review) for review in inputs.reviews if isinstance(review, Review))
    notes += [note for admission in admissions for note in admission.notes]
    return Seen(inputs, tuple(resources), admissions, (*inputs.notes, *notes))


def _read_context(paths: Sequence[str]) -> Inputs:
    if STDIN in paths:
        raise ConfigError(f"--context {STDIN}: standard input can only be judged; give a file")
    context = read_inputs(paths)
    unread = [f"--context {record.path}: {record.reason}" for record in context.records if record.status is InputStatus.FAILED]
    if unread:
        raise ConfigError("\n".join(unread))
    if context.reviews:
        raise ConfigError(f"--context {context.reviews[0].origin.path}: a review is a request to be judged, not an object that exists")
    return context


def _normalise(inputs: Inputs, context: Inputs, facts: Facts) -> tuple[list[Resource], list[Note]]:
    resources, notes = normalise_kubernetes(inputs.objects, context.objects, facts)
    if inputs.plans:
        from guardrail.normalise.terraform import normalise_plan  # noqa: PLC0415 - a run over manifests needs none of it
    for plan in inputs.plans:
        planned, more = normalise_plan(plan, facts)
        resources += planned
        notes += more
    return resources, notes


def _merged(resources: Sequence[Resource], judged: Sequence[Judgement], library: Library) -> list[Finding]:
    """The findings of a run, one for each cause; a request is judged as one object, beside which nothing else is told."""
    pairs = list(zip(resources, judged, strict=True))
    of_requests = [f for resource, judgement in pairs if resource.view["surface"] == _ADMISSION for f in judgement.findings]
    others = [(resource, judgement) for resource, judgement in pairs if resource.view["surface"] != _ADMISSION]
    told = merge_causes((f for _, judgement in others for f in judgement.findings), [resource for resource, _ in others], library.policies)
    return [*merge_undecided(told), *of_requests]


def _decisions(seen: Seen, resources: Sequence[Resource], judged: Sequence[Judgement]) -> Iterator[Decision]:
    """An answer to every request among the inputs, in their order."""
    of_resource = {id(resource): judgement.findings for resource, judgement in zip(resources, judged, strict=True)}
    admissions = iter(seen.admissions)
    for review in seen.inputs.reviews:
        if not isinstance(review, Review):
            yield refuse_unread(review)
            continue
        admission = next(admissions)
        yield decide(review, of_resource.get(id(admission.resource), ()), about=about(review), not_judged=admission.not_judged)


def _not_judged(admissions: Iterable[Admission]) -> list[Note]:
    return [Note("request-not-judged", one.not_judged, about(one.review)) for one in admissions if one.not_judged]


def _placed(findings: Iterable[Finding], seen: Seen) -> tuple[Finding, ...]:
    """The findings with line and column, in the order of the report: deny, warn, audit, then location."""
    placed = []
    for finding in sorted(findings, key=attrgetter("location.path")):  # file by file: the locator keeps one at a time
        place = finding.location
        located = seen.inputs.locator.locate(Origin(place.path, place.document or 0), place.pointer)
        placed.append(replace(finding, location=located))
    return tuple(sorted(placed, key=report_order))


def _summary(seen: Seen, judged: Sequence[Judgement], findings: Sequence[Finding], library: Library) -> Summary:
    records = seen.inputs.records
    statuses = Counter(record.status for record in records)
    actions = Counter(finding.action for finding in findings)
    outcomes = Counter(finding.outcome for finding in findings)
    return Summary(
        files=len(records),
        read=statuses[InputStatus.READ],
        skipped_files=statuses[InputStatus.SKIPPED],
        failed=statuses[InputStatus.FAILED],
        resources=sum(resource.view["operation"] != "delete" for resource in seen.judged),
        policies=len(library.policies),
        evaluations=sum(judgement.evaluations for judgement in judged),
        deny=actions[Action.DENY],
        warn=actions[Action.WARN],
        audit=actions[Action.AUDIT],
        undecided=outcomes[Outcome.UNDECIDED],
        errors=outcomes[Outcome.ERROR],
        skipped=sum(judgement.skipped for judgement in judged),
        dormant=len(library.dormant),
    )


def _once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Each note once, in order, with how often it was met in all inputs together."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for note in notes:
        counts[note.code, note.message, note.scope] += note.count
    return tuple(sorted(Note(code, message, scope, count) for (code, message, scope), count in counts.items()))


def _run_fact_notes(judged: Iterable[Judgement]) -> list[Note]:
    counts = Counter(fact for judgement in judged for fact in judgement.run_facts)
    return [_run_fact_note(fact, count) for fact, count in counts.items()]


def _run_fact_note(fact: RunFact, count: int) -> Note:
    return Note(f"no-{fact.fact}", _RUN_FACT_NOTES[fact.fact], fact.namespace, count)


def _partial_note(options: Options) -> list[Note]:
    return [Note("partial-run", "the run is not the whole (--partial): what is missing from it proves nothing")] if options.partial else []


def repository_of(folder: Path) -> Path:
    """The top of the git repository that a folder is in; outside of one the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
