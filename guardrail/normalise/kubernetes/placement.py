"""Which nodes a pod must have, and what that says about its accelerators and its place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import LabelSays, label_says
from guardrail.catalogue.families import FamilyMatch, family_of
from guardrail.catalogue.instances import instance_type
from guardrail.catalogue.places import canonical_region, region_of_zone, same_place
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.reading import ABSENT_MAP, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["ANYWHERE", "Models", "Placement", "instance_types_of", "models_of", "placement_of", "regions_of"]

_AFFINITY = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
_OPEN = ""  # stands for the demands of a term that name no values
_CLOUDS = ("aws", "google", "azure")


@dataclass(frozen=True, slots=True)
class Placement:
    """The node labels that a pod requires, with the values it accepts, and where they are written."""

    required: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pointers: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[LabelSays, list[Sequence[str]]] = field(default_factory=dict)
    doubt: Unknown | None = None

    def values(self, says: LabelSays) -> Sequence[Sequence[str]]:
        """The accepted values of every required label that says this."""
        return self.said.get(says, ())

    def pointer(self, *says: LabelSays) -> str | None:
        """Where the first required label that says one of these is written."""
        return next((self.pointers[key] for key in self.required if label_says(key) in says), None)


ANYWHERE = Placement()


def placement_of(reader: Reader, pod: Mapping[str, Any], at: str) -> Placement:
    """What the node selector and the required node affinity of a pod spec demand together."""
    if not pod.get("nodeSelector") and not pod.get("affinity"):
        return ANYWHERE
    affinity, doubt = _affinity(reader, pod, at) if pod.get("affinity") else (ABSENT_MAP, None)
    required, unsure = _selector(reader, pod, at)
    if unsure is not None:
        doubt = unsure if doubt is None else doubt | unsure
    pointers = {key: f"{at}/nodeSelector/{escape(key)}" for key in required}
    for key, values in affinity.items():
        both = [value for value in required[key] if value in values] if key in required else list(values)
        required[key] = both or list(values)
        pointers.setdefault(key, f"{at}/{'/'.join(_AFFINITY)}")
    said: dict[LabelSays, list[Sequence[str]]] = defaultdict(list)
    for key, values in required.items():
        says = label_says(key)
        if says is not None:
            said[says].append(values)
    return Placement(required, pointers, said, doubt)


def _selector(reader: Reader, pod: Mapping[str, Any], at: str) -> tuple[dict[str, Sequence[str]], Unknown | None]:
    selector = reader.mapping(pod, "nodeSelector", at)
    if isinstance(selector, Unknown):
        return {}, selector
    doubt: Unknown | None = None
    required: dict[str, Sequence[str]] = {}
    for key, value in selector.items():
        if isinstance(value, str):
            required[key] = (value,)
        elif value is not None:
            wrong = reader.wrong(f"{at}/nodeSelector/{escape(str(key))}", "is not text; quote it")
            doubt = wrong if doubt is None else doubt | wrong
    return required, doubt


def _affinity(reader: Reader, pod: Mapping[str, Any], at: str) -> tuple[Mapping[str, Sequence[str]], Unknown | None]:
    """Terms are alternatives: a label is required only where every term demands it."""
    holder: Mapping[str, Any] = pod
    for part in _AFFINITY:
        found = reader.mapping(holder, part, at)
        if isinstance(found, Unknown):
            return ABSENT_MAP, found
        holder, at = found, f"{at}/{part}"
    terms = [_term(reader, term, where) for where, term in reader.members(holder, "nodeSelectorTerms", at)]
    known = [term for term in terms if term]
    if not known:
        return ABSENT_MAP, None
    shared = set(known[0]).intersection(*known[1:]) - {_OPEN}
    return {key: list(dict.fromkeys(value for term in known for value in term[key])) for key in sorted(shared)}, None


def _term(reader: Reader, term: Mapping[str, Any] | Unknown, at: str) -> Mapping[str, Sequence[str]]:
    if isinstance(term, Unknown):
        return ABSENT_MAP
    accepted: dict[str, Sequence[str]] = {}
    for where, demand in reader.members(term, "matchExpressions", at):
        key = None if isinstance(demand, Unknown) else demand.get("key")
        if isinstance(demand, Unknown) or not isinstance(key, str) or demand.get("operator") != "In":
            continue
        listed = reader.sequence(demand, "values", where)
        values = [] if isinstance(listed, Unknown) else [value for value in listed if isinstance(value, str)]
        accepted[key] = [value for value in values if value in accepted[key]] if key in accepted else values
    return accepted or ({_OPEN: ()} if term else ABSENT_MAP)  # a term that demands other things leaves every label open


@dataclass(frozen=True, slots=True)
class Models:
    """The accelerator models that a placement accepts; `named` is false where nothing names one."""

    matches: tuple[FamilyMatch, ...] = ()
    named: bool = False


def models_of(placement: Placement) -> Models:
    """The models that the required labels name, by their own labels first, else by instance type.

    A value of a model label that no table knows is a family of that name: it is named, and never
    an approved one.
    """
    groups = [[_model(value) for value in values] for values in placement.values(LabelSays.MODEL)]
    groups += [hints for values in placement.values(LabelSays.MODEL_HINT) if (hints := [m for v in values if (m := family_of(v))])]
    if not groups:
        groups = [_of_types(types) for types in (instance_types_of(placement),) if types]
    named = [[match for match in group if match.family is not None] for group in groups]
    named = [group for group in named if group]
    if not named:
        return Models()
    families = set.intersection(*({match.family for match in group} for group in named))
    kept = [match for group in named for match in group if not families or match.family in families]
    return Models(tuple(_most_exact(kept)), named=True)


def _model(value: str) -> FamilyMatch:
    return family_of(value) or FamilyMatch(value, None, None, None)


def _most_exact(matches: Iterable[FamilyMatch]) -> list[FamilyMatch]:
    """One match a family; where two labels name it, the one that knows more about it."""
    best: dict[str | None, FamilyMatch] = {}
    for match in matches:
        held = best.get(match.family)
        if held is None or _knowledge(match) > _knowledge(held):
            best[match.family] = match
    return list(best.values())


def _knowledge(match: FamilyMatch) -> tuple[bool, bool]:
    return match.share not in {None, 1}, match.memory_gib is not None


def _of_types(types: Sequence[str]) -> list[FamilyMatch]:
    found = [instance for name in types for cloud in _CLOUDS if (instance := instance_type(cloud, name)) is not None]
    return [_model(instance.accelerator) for instance in found if instance.accelerator is not None]


def instance_types_of(placement: Placement) -> list[str]:
    """The instance types that the required labels name, sorted, without the prefix of a service."""
    types = {value.removeprefix("ml.") for values in placement.values(LabelSays.INSTANCE_TYPE) for value in values}
    families, sizes = placement.values(LabelSays.INSTANCE_FAMILY), placement.values(LabelSays.INSTANCE_SIZE)
    if not types and families and sizes:
        types = {f"{family}.{size}" for family in families[0] for size in sizes[0]}
    return sorted(types)


def regions_of(placement: Placement) -> list[str | Unknown]:
    """The regions that the required regions and zones lie in; a zone in no table is unknown."""
    regions = {canonical_region(None, value) or same_place(value) for values in placement.values(LabelSays.REGION) for value in values}
    found: list[str | Unknown] = [*sorted(regions)]
    for zone in sorted({value for values in placement.values(LabelSays.ZONE) for value in values}):
        region = region_of_zone(None, zone)
        if region is None:
            found.append(Unknown((f"zone {zone} (in no table)",)))
        elif region not in found:
            found.append(region)
    return found
