"""The accelerators of one machine, by its instance type or by what is attached to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.families import family_of
from guardrail.catalogue.instances import instance_type
from guardrail.cel.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BARE", "Device", "Machine", "attached", "machine_of", "named_devices"]


@dataclass(frozen=True, slots=True)
class Device:
    """Accelerators of one kind in one machine; `count` in whole-device equivalents.

    `resource` is the instance type or the accelerator type. `family` is None where that names none,
    and `Unknown` where the name is known only later. `listed`: the catalogue knows the accelerator.
    """

    resource: str
    vendor: str | None
    family: str | Unknown | None
    count: Fraction | Unknown
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. `unread` is what is not known about its accelerators; None: the devices are all.

    `by_attributes`: the cloud chooses the type, by attributes that are asked for.
    """

    type: str | Unknown | None
    devices: tuple[Device, ...] = ()
    unread: Unknown | None = None
    by_attributes: bool = False

    @property
    def count(self) -> Fraction | Unknown:
        """The accelerators of the machine in whole-device equivalents."""
        unknown = [device.count for device in self.devices if isinstance(device.count, Unknown)]
        if self.unread is not None:
            unknown.append(self.unread)
        if unknown:
            return Unknown(ref for part in unknown for ref in part.references)
        return sum((device.count for device in self.devices if isinstance(device.count, Fraction)), Fraction(0))

    @property
    def by_family(self) -> dict[str | None, Fraction | Unknown]:
        """The accelerators by canonical family; None stands for a family that is not named."""
        found: dict[str | None, Fraction | Unknown] = defaultdict(Fraction)
        for device in self.devices:
            family = None if isinstance(device.family, Unknown) else device.family
            sofar = found[family]
            if isinstance(sofar, Unknown) or isinstance(device.count, Unknown):
                found[family] = device.count if isinstance(device.count, Unknown) else sofar
            else:
                found[family] = sofar + device.count
        return dict(found)


BARE = Machine(None)
"""A machine without accelerators and without an instance type."""


def machine_of(provider: str, type_: str | Unknown | None) -> Machine:
    """The machine of an instance type. A type that the catalogue does not know has unknown accelerators, never none."""
    if type_ is None:
        return BARE
    if isinstance(type_, Unknown):
        return Machine(type_, unread=type_)
    found = instance_type(provider, type_)
    if found is None:
        return Machine(type_, unread=Unknown((f"instance type {type_}",)))
    if found.accelerator is None:
        return Machine(type_)
    count = Unknown((f"instance type {type_}",)) if found.count is None else found.count
    return Machine(type_, (_device(type_, found.accelerator, count, listed=True),))


def attached(machine: Machine, accelerator: str | Unknown | None, count: int | Unknown | None) -> Machine:
    """A machine with accelerators attached to it.

    A machine type that contains accelerators repeats them in its accelerator block, so they are not
    added to it. A count of 0 attaches nothing.
    """
    if machine.devices or count == 0 or count is None:
        return machine
    amount: Any = count if isinstance(count, Unknown) else Fraction(count)
    if isinstance(accelerator, Unknown):
        return Machine(machine.type, (Device("", None, accelerator, amount),), machine.unread)
    name = (accelerator or "").rsplit("/", 1)[-1]
    return Machine(machine.type, (_device(name, name, amount),), machine.unread)


def _device(resource: str, accelerator: str, count: Fraction | Unknown, *, listed: bool = False) -> Device:
    """The device of a name; one that the catalogue does not know is not listed, and names no family."""
    match = family_of(accelerator) if accelerator else None
    known = listed or match is not None or not accelerator
    return Device(resource, match.vendor if match else None, match.family if match else None, count, listed=known)


def named_devices(names: Iterable[str], resource: str, count: Unknown) -> tuple[Device, ...]:
    """Devices of the families that names mean, of which nobody knows how many."""
    families = {match.family: match.vendor for name in names if (match := family_of(name)) is not None and match.family is not None}
    return tuple(Device(resource, vendor, family, count) for family, vendor in sorted(families.items()))
