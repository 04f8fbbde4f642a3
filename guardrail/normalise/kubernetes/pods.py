"""What accelerators one pod holds at its peak, by the rules of the scheduler.

An ordinary init container runs alone, beside the restartable ones (sidecars) declared before it;
afterwards all containers and all sidecars run together. The pod needs the larger of the two, per
resource, plus its overhead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import Accelerator, Unit, accelerator_of
from guardrail.cel.unknown import Unknown
from guardrail.normalise.kubernetes.arithmetic import Exact, largest, plus, times
from guardrail.normalise.kubernetes.sharing import share_of
from guardrail.quantity import QuantityError, parse_quantity
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from guardrail.normalise.kubernetes.placement import Models, Placement
    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["Amount", "PodDevices", "devices_of_pod"]

Amount = Exact | Unknown
_Amounts = dict[str, Amount]
_FRACTION = "gpu-fraction"  # annotation of the KAI scheduler, which such a pod has instead of a resource
_MEMORY = "gpu-memory"
_MIB_PER_GIB = 1024
_FRACTION_DEVICES = "gpu-fraction-num-devices"


@dataclass(frozen=True, slots=True)
class PodDevices:
    """The devices of one pod at its peak, in whole-device equivalents by resource name.

    `pointer` is where the largest amount is written. `doubt` is what else the pod may hold.
    `unlisted` are extended resources that are in no table.
    """

    amounts: Mapping[str, Amount] = field(default_factory=dict)
    pointer: str | None = None
    doubt: Unknown | None = None
    unlisted: tuple[str, ...] = ()

    @property
    def total(self) -> Amount:
        """All devices together."""
        total: Amount = 0
        for amount in self.amounts.values():
            total = plus(total, amount)
        return total if self.doubt is None else plus(total, self.doubt)


class _Counter:
    """Adds up the containers of one pod."""

    __slots__ = ("at", "largest", "models", "placement", "pointer", "reader", "unlisted")

    def __init__(self, reader: Reader, at: str, placement: Placement, models: Models) -> None:
        self.reader, self.at, self.placement, self.models = reader, at, placement, models
        self.unlisted: dict[str, None] = {}
        self.pointer: str | None = None
        self.largest: Exact = 0

    def containers(self, pod: Mapping[str, Any], key: str) -> tuple[list[tuple[_Amounts, Mapping[str, Any]]], Unknown | None]:
        found: list[tuple[_Amounts, Mapping[str, Any]]] = []
        doubt: Unknown | None = None
        for at, container in self.reader.members(pod, key, self.at):
            if isinstance(container, Unknown):
                doubt = container if doubt is None else doubt | container
                continue
            amounts, unsure = self.container(container, at)
            doubt = unsure if doubt is None else doubt if unsure is None else doubt | unsure
            found.append((amounts, container))
        return found, doubt

    def container(self, container: Mapping[str, Any], at: str) -> tuple[_Amounts, Unknown | None]:
        if not container.get("resources"):
            return {}, None
        resources = self.reader.mapping(container, "resources", at)
        if isinstance(resources, Unknown):
            return {}, resources
        limits = self.reader.mapping(resources, "limits", f"{at}/resources")
        requests = self.reader.mapping(resources, "requests", f"{at}/resources")
        if isinstance(limits, Unknown) or isinstance(requests, Unknown):
            return {}, limits if isinstance(limits, Unknown) else requests if isinstance(requests, Unknown) else None
        written = self.written(limits, f"{at}/resources/limits")
        beside = {} if requests == limits else self.written(requests, f"{at}/resources/requests")
        for resource, amount in beside.items():
            written[resource] = largest(written[resource], amount) if resource in written else amount
        return self.weighed(written) if written else {}, None

    def written(self, amounts: Mapping[str, Any], at: str) -> _Amounts:
        """The extended resources of one map, in units of the resource."""
        found: _Amounts = {}
        for resource, amount in amounts.items():
            if amount is None or not isinstance(resource, str) or "/" not in resource:
                continue
            accelerator = accelerator_of(resource)
            if accelerator is None:
                if "kubernetes.io/" not in resource:
                    self.unlisted[resource] = None
            elif accelerator.unit is not Unit.EXCLUDE:
                found[resource] = self.whole(amount, f"{at}/{escape(resource)}")
                self.point(found[resource], accelerator, f"{at}/{escape(resource)}")
        return found

    def whole(self, amount: Any, at: str) -> Amount:
        if type(amount) is int and amount >= 0:
            return amount
        try:
            number = parse_quantity(amount)
        except QuantityError as error:
            return self.reader.wrong(at, f"cannot be read: {error}")
        if number < 0:
            return self.reader.wrong(at, "is negative")
        return number.numerator if number.denominator == 1 else self.reader.wrong(at, "is not a whole number, which devices must be")

    def point(self, amount: Amount, accelerator: Accelerator, at: str) -> None:
        if accelerator.unit is Unit.MODIFIER:
            return
        size = self.largest if isinstance(amount, Unknown) else amount
        if self.pointer is None or size > self.largest:
            self.pointer, self.largest = at, size

    def weighed(self, written: _Amounts) -> _Amounts:
        """Whole-device equivalents: every unit times the part of a device that it is."""
        amounts: _Amounts = {}
        for resource, amount in written.items():
            accelerator = accelerator_of(resource)
            if accelerator is None or (accelerator.unit is Unit.MODIFIER and not _stands_alone(accelerator, written)):
                continue
            units = 1 if accelerator.unit is Unit.MODIFIER and not isinstance(amount, Unknown) and amount else amount
            amounts[resource] = times(units, share_of(accelerator, written, self.placement, self.models))
        return amounts


def _stands_alone(modifier: Accelerator, written: _Amounts) -> bool:
    """A memory or core amount without a device beside it: the sharing layer adds one, counted at the first of them."""
    beside = [other for other in map(accelerator_of, sorted(written)) if other is not None and other.vendor == modifier.vendor]
    return all(other.unit is Unit.MODIFIER for other in beside) and beside[0].name == modifier.name


def devices_of_pod(
    reader: Reader, template: Mapping[str, Any], pod: Mapping[str, Any], at: str, where: tuple[Placement, Models]
) -> PodDevices:
    """The accelerators of one pod. `template` holds its metadata, `pod` its spec at the pointer `at`."""
    counter = _Counter(reader, at, *where)
    main, doubt = counter.containers(pod, "containers")
    init, init_doubt = counter.containers(pod, "initContainers") if pod.get("initContainers") else ([], None)
    amounts = _peak(main, init, _overhead(counter, pod))
    fraction = _fraction(reader, template, where[1])
    if fraction is not None:
        amounts = {**amounts, _FRACTION: fraction}
    claims = _claims(reader, pod, at) if pod.get("resourceClaims") else None
    doubts = [part for part in (doubt, init_doubt, claims) if part is not None]
    known = {name: amount for name, amount in amounts.items() if isinstance(amount, Unknown) or amount}
    whole_doubt = Unknown(reference for part in doubts for reference in part.references) if doubts else None
    return PodDevices(known, counter.pointer, whole_doubt, tuple(counter.unlisted))


def _peak(main: list[tuple[_Amounts, Mapping[str, Any]]], init: list[tuple[_Amounts, Mapping[str, Any]]], overhead: _Amounts) -> _Amounts:
    running: _Amounts = {}
    for amounts, _ in main:
        _add(running, amounts)
    sidecars: _Amounts = {}
    peak: _Amounts = {}
    for amounts, container in init:
        if container.get("restartPolicy") == "Always":
            _add(sidecars, amounts)
            continue
        beside = dict(sidecars)
        _add(beside, amounts)
        _raise(peak, beside)
    _add(running, sidecars)
    _raise(running, peak)
    _add(running, overhead)
    return running


def _add(into: _Amounts, amounts: _Amounts) -> None:
    for resource, amount in amounts.items():
        into[resource] = plus(into[resource], amount) if resource in into else amount


def _raise(into: _Amounts, amounts: _Amounts) -> None:
    for resource, amount in amounts.items():
        into[resource] = largest(into[resource], amount) if resource in into else amount


def _overhead(counter: _Counter, pod: Mapping[str, Any]) -> _Amounts:
    if not pod.get("overhead"):
        return {}
    found = counter.reader.mapping(pod, "overhead", counter.at)
    return {} if isinstance(found, Unknown) else counter.weighed(counter.written(found, f"{counter.at}/overhead"))


def _claims(reader: Reader, pod: Mapping[str, Any], at: str) -> Unknown:
    """Claims of dynamic resource allocation: their devices stand in other objects, which are not read yet."""
    references: list[str] = []
    for where, claim in reader.members(pod, "resourceClaims", at):
        if isinstance(claim, Unknown):
            references.extend(claim.references)
            continue
        source = claim.get("source") if isinstance(claim.get("source"), Mapping) else claim
        named = source.get("resourceClaimName") if isinstance(source, Mapping) else None
        template = source.get("resourceClaimTemplateName") if isinstance(source, Mapping) else None
        kind, name = ("ResourceClaim", named) if named else ("ResourceClaimTemplate", template)
        references.append(f"{kind} {name}" if isinstance(name, str) and name else f"{where} names no claim")
    return Unknown(references)


def _fraction(reader: Reader, template: Mapping[str, Any], models: Models) -> Amount | None:
    """The part of a device that annotations of the KAI scheduler ask for, or None."""
    metadata = template.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(annotations, Mapping) or not (_FRACTION in annotations or _MEMORY in annotations):
        return None
    at = "the annotation"
    part = _annotated(reader, annotations, _FRACTION, at)
    if part is None:
        memory = _annotated(reader, annotations, _MEMORY, at)
        sizes = [match.memory_gib for match in models.matches]
        if isinstance(memory, Unknown) or memory is None:
            return memory
        smallest = min((size for size in sizes if size), default=None) if all(sizes) else None
        part = 1 if smallest is None else min(Fraction(memory) / (_MIB_PER_GIB * smallest), Fraction(1))
    devices = _annotated(reader, annotations, _FRACTION_DEVICES, at)
    return part if devices is None else times(part, devices)


def _annotated(reader: Reader, annotations: Mapping[str, Any], key: str, at: str) -> Amount | None:
    value = annotations.get(key)
    if value is None:
        return None
    try:
        number = parse_quantity(value)
    except QuantityError as error:
        return reader.wrong(f"{at} {key}", f"cannot be read: {error}")
    return number if number >= 0 else reader.wrong(f"{at} {key}", "is negative")
