"""Which nodes a pod must have, and what that says about its accelerators and its place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from guardrail.catalogue.accelerators import LabelSays, label_says, models_of_instance_family
from guardrail.catalogue.families import FamilyMatch, family_of
from guardrail.catalogue.instances import instance_type
from guardrail.catalogue.places import canonical_region, region_of_zone, same_place
from guardrail.cel.unknown import Unknown
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["ANYWHERE", "Demands", "Models", "Placement", "instance_types_of", "models_of", "placement_of", "regions_of"]

_Said = TypeVar("_Said")
_AFFINITY = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
_CLOUDS = ("aws", "google", "azure")
_SHARED_BY = ("time-slicing:", "mps:")  # how the registry writes that so many clients share a device


@dataclass(frozen=True, slots=True)
class Demands:
    """The node labels that one alternative requires, with the values it accepts, and what they say."""

    required: Mapping[str, Sequence[str]] = field(default_factory=dict)
    said: Mapping[LabelSays, list[Sequence[str]]] = field(default_factory=dict)

    def values(self, says: LabelSays) -> Sequence[Sequence[str]]:
        """The accepted values of every required label that says this."""
        return self.said.get(says, ())


@dataclass(frozen=True, slots=True)
class Placement:
    """The nodes that a pod may have: all that meet one of the alternatives, of which there is one at least.

    `pointers` tells where each label is written first; `doubt` is what cannot be read.
    """

    alternatives: Sequence[Demands] = (Demands(),)
    pointers: Mapping[str, str] = field(default_factory=dict)
    doubt: Unknown | None = None

    def pointer(self, *says: LabelSays) -> str | None:
        """Where the first label that says one of these is written."""
        return next((at for key, at in self.pointers.items() if label_says(key) in says), None)


ANYWHERE = Placement()


def placement_of(reader: Reader, pod: Mapping[str, Any], at: str, pools: Sequence[Mapping[str, Any]] = ()) -> Placement:
    """What the node selector and the required node affinity of a pod spec demand together.

    `pools` are the registered ones of the run's cluster: a label that names a pool says what the
    registry says of it.
    """
    if not pod.get("nodeSelector") and not pod.get("affinity"):
        return ANYWHERE
    demanded = _Demanded(reader)
    selected = demanded.selector(pod, at)
    terms = demanded.terms(pod, at) or [{}]
    alternatives = [_demands(_both(selected, term), pools) for term in terms]
    return Placement(alternatives, demanded.pointers, demanded.doubt)


class _Demanded:
    """Reads the demands of one pod and remembers where they are written and what is wrong with them."""

    __slots__ = ("doubt", "pointers", "reader")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.pointers: dict[str, str] = {}
        self.doubt: Unknown | None = None

    def doubts(self, why: Unknown) -> None:
        self.doubt = why if self.doubt is None else self.doubt | why

    def selector(self, pod: Mapping[str, Any], at: str) -> dict[str, Sequence[str]]:
        selector = self.reader.mapping(pod, "nodeSelector", at)
        if isinstance(selector, Unknown):
            self.doubts(selector)
            return {}
        required: dict[str, Sequence[str]] = {}
        for key, value in selector.items():
            where = f"{at}/nodeSelector/{escape(str(key))}"
            if isinstance(value, str):
                required[key] = (value,)
                self.pointers[key] = where
            elif value is not None:
                self.doubts(self.reader.wrong(where, "is not text; quote it"))
        return required

    def terms(self, pod: Mapping[str, Any], at: str) -> list[dict[str, Sequence[str]]]:
        """The terms of the affinity, which are alternatives; an empty one matches no node and is none."""
        holder: Mapping[str, Any] = pod
        for part in _AFFINITY:
            found = self.reader.mapping(holder, part, at)
            if isinstance(found, Unknown):
                self.doubts(found)
                return []
            holder, at = found, f"{at}/{part}"
        terms: list[dict[str, Sequence[str]]] = []
        for where, term in self.reader.members(holder, "nodeSelectorTerms", at):
            if isinstance(term, Unknown):
                self.doubts(term)
            elif term.get("matchExpressions") or term.get("matchFields"):
                terms.append(self.term(term, where))
        return terms

    def term(self, term: Mapping[str, Any], at: str) -> dict[str, Sequence[str]]:
        """The labels of which a term lists the values; one that it only forbids or wants to exist is open."""
        accepted: dict[str, Sequence[str]] = {}
        refused: dict[str, Sequence[str]] = defaultdict(list)
        for where, demand in self.reader.members(term, "matchExpressions", at):
            key = demand if isinstance(demand, Unknown) else self.reader.text(demand, "key", where)
            listed = demand if isinstance(demand, Unknown) else self.reader.sequence(demand, "values", where)
            if isinstance(demand, Unknown) or isinstance(key, Unknown) or isinstance(listed, Unknown):
                self.doubts(next(part for part in (demand, key, listed) if isinstance(part, Unknown)))
                continue
            values = [value for value in listed if isinstance(value, str)]
            if key is not None and demand.get("operator") == "In":
                accepted[key] = [value for value in values if value in accepted[key]] if key in accepted else values
                self.pointers.setdefault(key, where)
            elif key is not None and demand.get("operator") == "NotIn":
                refused[key] = [*refused[key], *values]
        return {key: [value for value in values if value not in refused[key]] for key, values in accepted.items()}


def _both(selected: Mapping[str, Sequence[str]], term: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    shared = {key: [value for value in selected[key] if value in term[key]] for key in selected if key in term}
    return {**selected, **term, **shared}


def _demands(required: Mapping[str, Sequence[str]], pools: Sequence[Mapping[str, Any]]) -> Demands:
    said: dict[LabelSays, list[Sequence[str]]] = defaultdict(list)
    for key, values in required.items():
        says = label_says(key)
        if says is not None:
            said[says].append(values)
        if says is LabelSays.POOL:
            _say_of_pools([pool for pool in pools if pool.get("name") in values], said)
    return Demands(required, said)


def _say_of_pools(named: Sequence[Mapping[str, Any]], said: dict[LabelSays, list[Sequence[str]]]) -> None:
    """What the registry says of the pools that a label names, where it says it of all of them."""
    families = [pool["family"] for pool in named if isinstance(pool.get("family"), str)]
    clients = [text.partition(":")[2] for pool in named if (text := str(pool.get("sharing"))).startswith(_SHARED_BY)]
    for says, found in ((LabelSays.MODEL, families), (LabelSays.CLIENTS, clients)):
        if found and len(found) == len(named):
            said[says].append(found)


@dataclass(frozen=True, slots=True)
class Models:
    """The accelerator models that a placement accepts; `named` is false where some alternative names none."""

    matches: tuple[FamilyMatch, ...] = ()
    named: bool = False


def models_of(placement: Placement) -> Models:
    """The models that the required labels name, by their own labels first, else by instance type.

    A value of a model label that no table knows is a family of that name: it is named, and never
    an approved one.
    """
    matches = _of_all(placement, _models)
    return Models(tuple(matches), named=bool(matches))


def _of_all(placement: Placement, read: Callable[[Demands], Iterable[_Said]]) -> list[_Said]:
    """What the alternatives say together; nothing where one of them says nothing, as it leaves everything open."""
    found = [list(read(demands)) for demands in placement.alternatives]
    return [item for part in found for item in part] if all(found) else []


def _models(demands: Demands) -> list[FamilyMatch]:
    groups = [[_model(value) for value in values] for values in demands.values(LabelSays.MODEL)]
    groups += [hints for values in demands.values(LabelSays.MODEL_HINT) if (hints := [m for v in values if (m := family_of(v))])]
    named = [[match for match in group if match.family is not None] for group in groups or [_of_instances(demands)]]
    named = [group for group in named if group]
    if not named:
        return []
    families = set.intersection(*({match.family for match in group} for group in named))
    return _most_exact(match for group in named for match in group if not families or match.family in families)


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


def _of_instances(demands: Demands) -> list[FamilyMatch]:
    """The models in the required instance types, or in all types of the required families; none where a type is not known."""
    types = _instance_types(demands)
    if not types:
        families = demands.values(LabelSays.INSTANCE_FAMILY)
        return [_model(name) for family in (families[0] if families else ()) for name in models_of_instance_family(family)]
    found = [[known for cloud in _CLOUDS if (known := instance_type(cloud, name)) is not None] for name in types]
    return [_model(one.accelerator) for known in found for one in known if one.accelerator is not None] if all(found) else []


def _instance_types(demands: Demands) -> list[str]:
    types = {value.removeprefix("ml.") for values in demands.values(LabelSays.INSTANCE_TYPE) for value in values}
    families, sizes = demands.values(LabelSays.INSTANCE_FAMILY), demands.values(LabelSays.INSTANCE_SIZE)
    if not types and families and sizes:
        types = {f"{family}.{size}" for family in families[0] for size in sizes[0]}
    return sorted(types)


def instance_types_of(placement: Placement) -> list[str]:
    """The instance types that the required labels name, sorted, without the prefix of a service."""
    return sorted(set(_of_all(placement, _instance_types)))


def regions_of(placement: Placement) -> list[str | Unknown]:
    """The regions that the required regions and zones lie in, sorted; a zone in no table is unknown."""
    found = list(dict.fromkeys(_of_all(placement, _regions)))
    unknown = [region for region in found if isinstance(region, Unknown)]
    return [*sorted(region for region in found if isinstance(region, str)), *unknown]


def _regions(demands: Demands) -> Iterable[str | Unknown]:
    for values in demands.values(LabelSays.REGION):
        yield from (canonical_region(None, value) or same_place(value) for value in values)
    for zone in sorted({value for values in demands.values(LabelSays.ZONE) for value in values}):
        yield region_of_zone(None, zone) or Unknown((f"zone {zone} (in no table)",))
