"""What the commands about a profile do: check it, show what it comes to, propose one. Composes as `app` does; prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guardrail.app import ENGINES, policy_sources, rules_of, see
from guardrail.model import InputStatus, Origin
from guardrail.policy.library import checked_policies
from guardrail.policy.owner_registry import registry_notes
from guardrail.policy.profile import load_profile, starter
from guardrail.policy.profile_draft import draft_of, skeleton_of
from guardrail.policy.profile_feeds import effective_values, feeds_of
from guardrail.policy.profile_survey import survey_of, tags_and_environments_of
from guardrail.stores.policy_dir import from_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.app import Options
    from guardrail.model import Dormant, InputRecord, Note, ProfileInfo, Resource
    from guardrail.policy.profile import Profile
    from guardrail.policy.profile_feeds import Feed, Value

__all__ = ["Draft", "ProfileCheck", "check_profile", "propose_profile"]


@dataclass(frozen=True, slots=True)
class ProfileCheck:
    """A profile without a fault: what it feeds, what waits for more of it, and what it comes to. `stated` are the paths it has."""

    info: ProfileInfo
    feeds: tuple[Feed, ...]
    stated: frozenset[str]
    dormant: tuple[Dormant, ...]
    notes: tuple[Note, ...]
    values: tuple[Value, ...]


def check_profile(options: Options) -> ProfileCheck:
    """Checks a profile against its schema, itself and the policies. Raises ConfigError, PolicyError, or ProfileError with every fault."""
    profile, library = rules_of(replace(options, cache=None))  # a kept profile does not know its lines
    feeds = feeds_of(checked_policies(policy_sources(options), ENGINES[options.engine]()))
    return ProfileCheck(
        info=profile.info,
        feeds=feeds,
        stated=frozenset(_stated(profile)),
        dormant=library.dormant,
        notes=(*profile.notes, *library.notes, *registry_notes(profile.value("owners") or {}, options.now)),
        values=effective_values(profile, feeds),
    )


def _stated(profile: Profile) -> set[str]:
    """The dotted paths of what a profile has, down to the third level, where parameters and guardrail take their parts."""
    paths: set[str] = set()
    pending: list[tuple[tuple[str, ...], Any]] = [((key,), value) for key, value in profile.document.items()]
    while pending:
        path, value = pending.pop()
        paths.add(".".join(path))
        if isinstance(value, dict) and len(path) < 3:  # noqa: PLR2004 - the depth that the docstring states
            pending.extend(((*path, key), member) for key, member in value.items())
    return paths


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed profile. `inputs` are what it was read from; `resources` how many resources that were."""

    text: str
    inputs: tuple[InputRecord, ...]
    resources: int

    @property
    def is_read(self) -> bool:
        """Whether anything could be read at all."""
        return any(record.status is InputStatus.READ for record in self.inputs)


def propose_profile(options: Options) -> Draft:
    """A profile that states what the inputs are today. Raises ConfigError or PolicyError.

    The inputs are looked at twice: once for tags and environments, and once more with those, since
    the environment of a resource decides which maximum it counts for.
    """
    feeds = feeds_of(checked_policies(policy_sources(options), ENGINES[options.engine]()))
    first = see(options, starter())
    found = tags_and_environments_of([resource.view for resource in first.judged])
    skeleton = load_profile([("profile.yaml", skeleton_of(found))], "profile.yaml")
    seen = see(options, skeleton)
    survey = survey_of(seen.judged, skeleton.environments)
    locator = seen.inputs.locator

    def place(resource: Resource) -> str:
        at = locator.locate(Origin(resource.origin.path, resource.origin.document), resource.origin.pointer)
        path = from_here(Path(at.path))  # the profile is kept, and read where no such folder may be
        return f"{path}:{at.line}" if at.line else str(path)

    text = draft_of(found, survey, _defaults(feeds), place)
    return Draft(text, seen.inputs.records, len(seen.judged))


def _defaults(feeds: Sequence[Feed]) -> dict[str, object]:
    return {feed.path: feed.default for feed in feeds if feed.default is not None}
