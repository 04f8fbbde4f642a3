"""From the devices of one pod to the accelerator part of the view."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import accelerator_of
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.kubernetes.arithmetic import double, plus, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.kubernetes.placement import Models
    from guardrail.normalise.kubernetes.pods import Amount, PodDevices

__all__ = ["NO_DEVICES", "Devices", "devices_of"]

_UNNAMED = "unknown"  # the key of gpu.by_family where no family is named
_ACCELERATOR_LIKE = re.compile(r"(?:^|[-._])[a-z]?(?:[gntxid]pu|gcu|dcu|accelerator)s?(?:$|[-._0-9])", re.IGNORECASE)
_NO_MODEL = Unknown(("no node selector names a model",))


@dataclass(frozen=True, slots=True)
class Devices:
    """The accelerators of one pod as the view shows them.

    `by_family` is per pod: where several models are accepted, each of them could get all of it.
    `sure` is true where some device is certain, whatever else is unknown.
    """

    count: Amount
    listed: list[dict[str, Any]]
    families: list[Any] | Unknown
    by_family: Mapping[str, Amount]
    doubt: Unknown | None = None
    sure: bool = False

    @property
    def used(self) -> bool | Unknown:
        """Whether the pod has any device, or may have."""
        if not isinstance(self.count, Unknown):
            return self.count > 0
        return True if self.sure else self.count

    @property
    def vendors(self) -> list[str | Unknown]:
        """Who makes the devices, sorted; a claim may bring those of another."""
        known: list[str | Unknown] = sorted({device["vendor"] for device in self.listed if "vendor" in device})
        return known if self.doubt is None else [*known, self.doubt]

    def total(self, units: int | Unknown) -> float | Unknown:
        """The devices of so many pods."""
        return double(times(self.count, units))

    def totals(self, units: int | Unknown) -> dict[str, float | Unknown] | Unknown:
        """The devices of so many pods, by family."""
        if self.doubt is not None and not self.by_family:
            return self.doubt
        known = {family: double(times(amount, units)) for family, amount in self.by_family.items()}
        return known if self.doubt is None else PartialMap(known, unlisted=self.doubt)


NO_DEVICES = Devices(0, [], [], {})


def devices_of(pod: PodDevices, models: Models, doubt: Unknown | None) -> Devices:
    """The devices of a pod whose placement accepts `models`; `doubt`: what of the placement cannot be read."""
    unlisted = [_unlisted(resource) for resource in pod.unlisted if _ACCELERATOR_LIKE.search(resource.partition("/")[2])]
    if not pod.amounts and pod.doubt is None:
        return replace(NO_DEVICES, listed=unlisted) if unlisted else NO_DEVICES
    by_family: dict[str, Amount] = {}
    listed: list[dict[str, Any]] = []
    for resource, amount in sorted(pod.amounts.items()):
        names, vendor = _families(resource, models)
        for name in names or [_UNNAMED]:
            by_family[name] = plus(by_family[name], amount) if name in by_family else amount
        listed.append({"resource": resource, "vendor": vendor, "model": _model(names, doubt), "count": double(amount), "listed": True})
    listed.extend(unlisted)
    families: list[Any] = sorted(name for name in by_family if name != _UNNAMED)
    unnamed = _unnamed(by_family, pod.doubt, doubt)
    sure = any(not isinstance(amount, Unknown) for amount in pod.amounts.values())
    shown = unnamed if unnamed is not None and not families else families if unnamed is None else [*families, unnamed]
    return Devices(pod.total, listed, shown, by_family, pod.doubt, sure)


def _unnamed(by_family: Mapping[str, Amount], pod_doubt: Unknown | None, doubt: Unknown | None) -> Unknown | None:
    if pod_doubt is not None:
        return pod_doubt
    if _UNNAMED not in by_family:
        return None
    return _NO_MODEL if doubt is None else doubt


def _unlisted(resource: str) -> dict[str, Any]:
    """A device by a name that sounds like one and is in no table: shown, and counted as nothing."""
    return {"resource": resource, "count": 0.0, "listed": False}


def _families(resource: str, models: Models) -> tuple[list[str], str]:
    accelerator = accelerator_of(resource)
    vendor = accelerator.vendor if accelerator is not None else "nvidia"  # the annotation of the KAI scheduler
    if accelerator is not None and accelerator.named is not None and accelerator.named.family is not None:
        return [accelerator.named.family], vendor
    return sorted({match.family for match in models.matches if match.family is not None and match.vendor in {None, vendor}}), vendor


def _model(names: list[str], doubt: Unknown | None) -> str | Unknown:
    if len(names) == 1:
        return names[0]
    return Unknown((" or ".join(names),)) if names else _NO_MODEL if doubt is None else doubt
