"""A profile written from what there is today, with where each line comes from: a start to be read and changed, not a judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.catalogue.families import known_families
from guardrail.catalogue.places import known_regions
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.binding import complete
from guardrail.policy.catalogue import TAG_KEYS
from guardrail.policy.profile import starter
from guardrail.policy.yaml_writing import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from guardrail.model import Resource
    from guardrail.policy.profile_survey import Largest, Survey, TagsFound

    Place = Callable[[Resource], str]  # where a resource is written, as people read it

__all__ = ["draft_of", "skeleton_of"]

_HEAD = """\
# Proposed by guardrail profile init. It states what there is today, not what should be: read every line, then make
# the limits yours. Check it with `guardrail profile check`; guardrail lint --profile takes it.
apiVersion: guardrail.dev/v1
kind: Profile
metadata: {name: my-organisation}

# enforcement: {ceiling: warn}    # while you roll it out: nothing is denied yet
"""
_REQUIRED = ("team", "project", "environment", "cost-center")
_CLOSED = ("environment", "cost-center", "criticality", "data-sensitivity", "purpose", "lifecycle")
_MOST_VALUES = 30  # a longer list is no closed one
_MOST_NAMED = 12  # of other things, in a comment
_COMMENT_AT = 60


def skeleton_of(found: TagsFound) -> str:
    """A profile that says how tags are spelled and environments recognised, and nothing else."""
    return "\n".join((_HEAD, *_environments(found), *_under("tags", _keys(found)))) + "\n"


def _under(part: str, lines: Iterable[str]) -> list[str]:
    """A part with its lines; a part that would hold nothing but comments is a comment itself."""
    inner = list(lines)
    filled = any(line.strip() and not line.lstrip().startswith("#") for line in inner)
    return [f"{part}:" if filled else f"# {part}:", *inner]


def draft_of(found: TagsFound, survey: Survey, defaults: Mapping[str, Any], place: Place) -> str:
    """The whole. `defaults` are the shipped ones by profile path; a resource is named with its `place`."""
    caps = _Caps(survey, defaults, place)
    parts = (
        _environments(found),
        _under("tags", _tags(found, survey)),
        _owners(survey),
        _places(survey),
        _families(survey),
        _quotas(survey, caps),
        _replicas(caps),
        _batch(survey, caps),
    )
    return "\n".join((_HEAD, *(line for part in parts for line in (*part, ""))))


def _line(text: str, comment: str = "") -> str:
    return f"{text.ljust(_COMMENT_AT)}  # {_shown(comment)}" if comment else text


def _shown(text: str) -> str:
    """A comment ends with its line, whatever names are in it."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _times(count: int) -> str:
    return f"{count:,} ×"


# ---- who and where


def _environments(found: TagsFound) -> Iterator[str]:
    aliases: Mapping[str, Any] = starter().value("environments.aliases")
    seen = [name for name in aliases if name in found.environments]
    if not seen:
        yield "# No environment can be told apart by tags, namespaces or accounts. Without any, everything is judged by one set of limits:"
        yield "# environments:"
        yield "#   aliases: {dev: [development], prod: [production]}    # strictest last"
        yield "#   homes: {prod: {namespaces: ['*-prod'], accounts: []}}"
        yield from _elsewhere(found)
        return
    yield "environments:"
    yield _line("  aliases:", "strictest last; what names no environment is judged as the last one")
    for name in seen:
        yield _line(f"    {flow(name)}: {flow(aliases[name])}", f"{_times(found.environments[name])} named by tags, namespaces or accounts")
    if any(found.homes.get(name) for name in seen):
        yield _line("  homes:", "by their names, and accounts whose tags all name one environment")
    for name in seen:
        for what, names in found.homes.get(name, {}).items():
            if what == next(iter(found.homes[name])):
                yield f"    {flow(name)}:"
            yield f"      {what}: {flow(names)}"
    yield from _elsewhere(found)


def _elsewhere(found: TagsFound) -> Iterator[str]:
    """Namespaces and accounts that tell no environment, so that somebody can say it."""
    for what, names in (("namespaces", found.namespaces), ("accounts", found.accounts)):
        homeless = [name for name in sorted(names) if not any(name in home.get(what, ()) for home in found.homes.values())]
        if homeless:
            yield _shown(f"# {what} without a home: {_listed(homeless)}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(flow, names[:_MOST_NAMED])) + more


def _keys(found: TagsFound) -> Iterator[str]:
    shipped_alone = all(
        set(raws) <= set(TAG_KEYS[key].get(platform, ()))
        for key, platforms in found.spellings.items()
        for platform, raws in platforms.items()
    )
    if shipped_alone:
        counts = {key: sum(sum(raws.values()) for raws in platforms.values()) for key, platforms in found.spellings.items()}
        yield _line(
            "  # keys: the shipped spellings hold", ", ".join(f"{key} {_times(count)}" for key, count in _counted(counts)) or "none seen"
        )
    else:
        yield from _spelled_keys(found)
    if found.inherited:
        yield "  inherit:"
        yield _line(f"    from_namespace: {flow(found.inherited)}", "carried by namespaces")


def _spelled_keys(found: TagsFound) -> Iterator[str]:
    yield _line("  keys:", "canonical key: accepted spellings, the most used first")
    for key, platforms in TAG_KEYS.items():
        used = found.spellings.get(key, {})
        accepted = {platform: _ranked(used[platform]) if platform in used else shipped for platform, shipped in platforms.items()}
        counts = ", ".join(f"{raw} {_times(count)}" for platform in platforms for raw, count in _counted(used.get(platform, {})))
        yield _line(f"    {flow(key)}: {flow(accepted)}", counts or "not seen; the shipped spellings")


def _counted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _ranked(counts: Mapping[str, int]) -> list[str]:
    return [name for name, _ in _counted(counts)]


def _tags(found: TagsFound, survey: Survey) -> Iterator[str]:
    yield from _keys(found)
    if found.others:
        yield _shown(f"  # other keys in use: {_listed([name for name, _ in _counted(found.others)])}")
    required = [key for key in _REQUIRED if survey.billable and survey.carriers.get(key, 0) * 2 >= survey.billable]
    counts = ", ".join(f"{key} {survey.carriers.get(key, 0):,}" for key in _REQUIRED)
    told = f"of {survey.billable:,} resources that cost money carry: {counts}"
    if required:
        yield _line("  required:", told)
        yield _line(f"    base: {flow(required)}", "what half of them carry")
    else:
        yield _line("  # required: {base: [team, cost-center]}", told)
    if survey.types:
        yield _line(f"  workload_types: {flow(survey.types)}", "every type that is named, or that a kind says by itself")
    closed = [key for key in _CLOSED if 0 < len(survey.values.get(key, {})) <= _MOST_VALUES]
    if closed:
        yield _line("  values:", "every value in use; strike out the slips")
    for key in closed:
        yield f"    {key}: {{enum: {flow(sorted(survey.values[key]))}}}"


def _owners(survey: Survey) -> Iterator[str]:
    if not survey.teams:
        yield "# owners: {some-team: {contact: team@example.org, cost_centers: [], members: []}}    # no team is named anywhere"
        return
    yield _line("owners:", "every team that a tag names, with the cost centers and owners beside it; add contact and escalation")
    for team, parts in survey.teams.items():
        entry = {part: parts.get(part, ()) for part in ("cost_centers", "members")}
        yield _line(f"  {flow(team)}: {flow(entry)}", f"{_times(survey.values['team'][team])}")


def _places(survey: Survey) -> Iterator[str]:
    used = {name: counts for name, counts in _by_environment(survey, survey.regions) if counts}
    if not used:
        yield "# regions: {approved: {default: []}}    # nothing is in a region that is known here; plans and --cluster tell it"
        return
    yield "regions:"
    newer = sorted({region for counts in used.values() for region in counts} - known_regions(None))
    if newer:
        yield _line(f"  further: {flow(newer)}", "in no catalogue: newer than it, or slips")
    yield _line("  approved:", "every region in use")
    for name, counts in used.items():
        yield _line(f"    {flow(name)}: {flow(sorted(counts))}", ", ".join(f"{region} {_times(n)}" for region, n in _counted(counts)))


def _families(survey: Survey) -> Iterator[str]:
    used = {
        name: {f: n for f, n in counts.items() if n and f in known_families()} for name, counts in _by_environment(survey, survey.families)
    }
    used = {name: counts for name, counts in used.items() if counts}
    if not used:
        yield "# gpu: {families: {default: []}}    # nothing asks for an accelerator by its family"
        return
    yield "gpu:"
    yield _line("  families:", "every accelerator family that is asked for")
    for name, counts in used.items():
        yield _line(f"    {flow(name)}: {flow(sorted(counts))}", ", ".join(f"{family} {_times(n)}" for family, n in _counted(counts)))


def _names(survey: Survey) -> tuple[str, ...]:
    return survey.environments or (DEFAULT_ENVIRONMENT,)


def _by_environment(survey: Survey, counts: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, Mapping[str, int]]]:
    return ((name, counts.get(name, {})) for name in _names(survey))


# ---- caps


class _Caps:
    """The caps that let everything pass that there is, each with the resource that sets it."""

    def __init__(self, survey: Survey, defaults: Mapping[str, Any], place: Place) -> None:
        self.survey, self.defaults, self._place = survey, defaults, place
        self.names = _names(survey)

    def shipped(self, path: str, name: str) -> Any:
        """The shipped default of an environment."""
        return complete(self.defaults.get(path, {}), [name]).get(name)

    def largest(self, measure: str, name: str) -> Largest | None:
        return self.survey.maxima.get(measure, {}).get(name)

    def told(self, largest: Largest) -> str:
        """`24: Deployment ml/llm (llm.yaml:3)`."""
        who = largest.resource.identity
        name = who.address or "/".join(part for part in (who.namespace, who.name) if part) or who.id
        return f"{largest.value:,}: {who.kind} {name} ({self._place(largest.resource)})"

    def at_least(self, path: str, measure: str) -> dict[str, tuple[int, str]]:
        """The shipped limits, raised where more than that is in use; empty where none need be."""
        found = {name: self.largest(measure, name) for name in self.names}
        made: dict[str, tuple[int, str]] = {}
        for name, most in found.items():
            shipped = self.shipped(path, name)
            if isinstance(shipped, int):
                above = most is not None and most.value > shipped
                made[name] = (most.value, self.told(most)) if most is not None and above else (shipped, "the shipped default")
        raised = any(most is not None and made[name][0] == most.value for name, most in found.items() if name in made)
        return made if raised else {}


def _quotas(survey: Survey, caps: _Caps) -> Iterator[str]:
    yield "quotas:"
    if survey.namespace_types:
        yield _line("  namespaces:", "the workload types that each has today, whose caps it may claim")
    for namespace, types in survey.namespace_types.items():
        yield f"    {flow(namespace)}: {{workload_types: {flow(types)}}}"
    yield _line(
        "  workload_gpus:", "the most accelerators that one workload can reach today; `default` holds for every type without its own"
    )
    for name in caps.names:
        entries, why = _gpu_caps(survey, caps, name)
        yield f"    {flow(name)}:"
        yield from (_line(f"      {flow(kind)}: {cap}", why[kind]) for kind, cap in entries.items())
    surge = max(survey.maxima.get("surge", {}).values(), key=lambda most: most.value, default=None)
    if surge is not None and surge.value > caps.defaults["quotas.max_surge_gpus"]:
        yield _line(f"  max_surge_gpus: {surge.value}", caps.told(surge))
    if survey.unbounded:
        yield _shown(
            f"  # without any maximum, so that no cap can be read from them: {_listed(sorted(r.identity.id for r in survey.unbounded))}"
        )


def _gpu_caps(survey: Survey, caps: _Caps, name: str) -> tuple[dict[str, int], dict[str, str]]:
    most = caps.largest("gpus", name)
    shipped = caps.shipped("quotas.workload_gpus", name)
    without = shipped.get(DEFAULT_ENVIRONMENT) if isinstance(shipped, dict) else None
    entries: dict[str, int] = {}
    why: dict[str, str] = {}
    if most is None:
        entries[DEFAULT_ENVIRONMENT], why[DEFAULT_ENVIRONMENT] = (
            (0 if without is None else without),
            "no accelerators seen; the shipped default",
        )
    else:
        entries[DEFAULT_ENVIRONMENT], why[DEFAULT_ENVIRONMENT] = most.value, caps.told(most)
    for kind in survey.types:
        typed = caps.largest(f"gpus.{kind}", name)
        if typed is not None and typed.value < entries[DEFAULT_ENVIRONMENT]:
            entries[kind], why[kind] = typed.value, caps.told(typed)
    return entries, why


def _replicas(caps: _Caps) -> Iterator[str]:
    yield "replicas:"
    yield _line("  max:", "the most units that one workload can reach today, with GPUs and without")
    for name in caps.names:
        shipped = caps.shipped("replicas.max", name) or {}
        yield f"    {flow(name)}:"
        for what in ("gpu", "cpu"):
            most = caps.largest(f"replicas.{what}", name)
            if most is None:
                yield _line(f"      {what}: {shipped.get(what, 0)}", "none seen; the shipped default")
            else:
                yield _line(f"      {what}: {most.value}", caps.told(most))


def _batch(survey: Survey, caps: _Caps) -> Iterator[str]:
    runtime = caps.at_least("batch.max_runtime_s", "runtime")
    retries = caps.at_least("batch.max_retries", "retries")
    by_type = _longest_by_type(survey, caps)
    if not (runtime or retries or by_type):
        yield "# batch: runs keep to the shipped limits of runtime and retries, as far as they state any"
        return
    yield "batch:"
    for key, entries in (("max_runtime_s", runtime), ("max_runtime_by_type", by_type), ("max_retries", retries)):
        if entries:
            yield f"  {key}:"
        for name, (value, why) in entries.items():
            yield _line(f"    {flow(name)}: {value}", why)


def _longest_by_type(survey: Survey, caps: _Caps) -> dict[str, tuple[int, str]]:
    """Types with a shipped limit of their own that some run exceeds."""
    shipped = caps.defaults.get("batch.max_runtime_by_type", {})
    made: dict[str, tuple[int, str]] = {}
    raised = False
    for kind in survey.types:
        if kind in shipped:
            runs = [largest for largest in survey.maxima.get(f"runtime.{kind}", {}).values() if largest.value > shipped[kind]]
            most = max(runs, key=lambda largest: largest.value, default=None)
            made[kind] = (shipped[kind], "the shipped default") if most is None else (most.value, caps.told(most))
            raised = raised or most is not None
    return made if raised else {}
