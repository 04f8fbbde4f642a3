"""The containers of a pod, the accelerators that each asks for, and accelerators that it gets without asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.catalogue.accelerators import Unit, accelerator_of
from guardrail.cel.unknown import Unknown
from guardrail.quantity import QuantityError, parse_quantity
from guardrail.syntax.pointers import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.normalise.kubernetes.reading import Reader

__all__ = ["NO_CONTAINERS", "Containers", "containers_of"]

_VISIBLE = "NVIDIA_VISIBLE_DEVICES"
_HIDDEN_BY = frozenset({"", "void", "none"})
"""Values with which the NVIDIA runtime shows no device (documentation of the NVIDIA Container Toolkit)."""

_GPU_RUNTIMES = frozenset({"nvidia", "nvidia-cdi", "nvidia-legacy", "nvidia-experimental"})
_DEVICE_FILES = "/dev/nvidia"
_FRACTIONS = ("gpu-fraction", "gpu-memory")  # annotations of the KAI scheduler, which ask for a part of a device
_PLACEHOLDER = frozenset("{}$<>")
_LISTS = ("containers", "initContainers")


@dataclass(frozen=True, slots=True)
class Containers:
    """`containers` of the view, the ways to an accelerator that was not asked for, and where all of it is written.

    A member of `bypass_by` is `Unknown` where a value that another object holds decides.
    """

    listed: list[Any] = field(default_factory=list)
    bypass_by: list[str | Unknown] = field(default_factory=list)
    blame: Mapping[str, str] = field(default_factory=dict)

    @property
    def bypass(self) -> bool | Unknown:
        """Whether some accelerator is visible but not requested."""
        if any(isinstance(way, str) for way in self.bypass_by):
            return True
        doubts = [way for way in self.bypass_by if isinstance(way, Unknown)]
        return Unknown(ref for doubt in doubts for ref in doubt.references) if doubts else False


NO_CONTAINERS = Containers()


@dataclass(frozen=True, slots=True)
class _Container:
    value: Mapping[str, Any]
    at: str
    name: str
    role: str
    accelerators: list[dict[str, Any]]
    pointers: list[str]

    @property
    def asks(self) -> bool:
        """Whether it asks for a device, or may: by a resource that is not 0, or by a claim."""
        resources = self.value.get("resources")
        if isinstance(resources, Mapping) and resources.get("claims"):
            return True
        return any(isinstance(amount, Unknown) or amount for one in self.accelerators for amount in (one.get("limit"), one.get("request")))


def containers_of(reader: Reader, template: Mapping[str, Any], pod: Mapping[str, Any], at: str) -> Containers:
    """The containers of a pod spec at the pointer `at`; `template` holds its metadata."""
    found: list[_Container | Unknown] = [one for key in _LISTS if pod.get(key) for one in _read(reader, pod, key, at)]
    known = [one for one in found if isinstance(one, _Container)]
    listed = [one if isinstance(one, Unknown) else {"name": one.name, "role": one.role, "accelerators": one.accelerators} for one in found]
    blame: dict[str, str] = {}
    for number, one in enumerate(found):
        if isinstance(one, _Container):
            blame[f"containers.{number}"] = one.at
            blame.update({f"containers.{number}.accelerators.{nth}": pointer for nth, pointer in enumerate(one.pointers)})
    ways = [] if _has_fraction(template) else list(_bypasses(pod, known, at))
    blame.update({f"gpu.bypass_by.{number}": pointer for number, (_, pointer) in enumerate(ways)})
    return Containers(listed, [way for way, _ in ways], blame)


def _read(reader: Reader, pod: Mapping[str, Any], key: str, at: str) -> Iterator[_Container | Unknown]:
    for where, value in reader.members(pod, key, at):
        if isinstance(value, Unknown):
            yield value
            continue
        name = value.get("name")
        role = "main" if key == "containers" else "sidecar" if value.get("restartPolicy") == "Always" else "init"
        written = list(_accelerators(value, where)) if value.get("resources") else []
        amounts, pointers = [one for one, _ in written], [pointer for _, pointer in written]
        yield _Container(value, where, name if isinstance(name, str) else "", role, amounts, pointers)


def _accelerators(container: Mapping[str, Any], at: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every accelerator resource of a container, sorted, with its amounts as written, and where it is written."""
    resources = container["resources"]
    written = {name: resources.get(name) for name in ("limits", "requests")} if isinstance(resources, Mapping) else {}
    maps = {name: amounts for name, amounts in written.items() if isinstance(amounts, Mapping)}
    for resource in sorted({resource for amounts in maps.values() for resource in amounts if _is_accelerator(resource)}):
        amounts = {name: amounts[resource] for name, amounts in maps.items() if amounts.get(resource) is not None}
        numbers = {name.removesuffix("s"): _number(amount) for name, amount in amounts.items()}
        if numbers:
            where = f"{at}/resources/{next(iter(amounts))}/{escape(resource)}"
            known = {name: number for name, number in numbers.items() if number is not None}
            yield {"resource": resource, **known, "valid": _valid(numbers.values())}, where


def _is_accelerator(resource: Any) -> bool:
    accelerator = accelerator_of(resource) if isinstance(resource, str) and "/" in resource else None
    return accelerator is not None and accelerator.unit is not Unit.EXCLUDE


def _number(amount: Any) -> float | Unknown | None:
    """A quantity as written; None where it is none, unknown where something has yet to fill it in."""
    if isinstance(amount, str) and _PLACEHOLDER & set(amount):
        return Unknown((f"{amount} is filled in later",))
    try:
        return float(parse_quantity(amount))
    except (QuantityError, OverflowError):
        return None


def _valid(numbers: Iterable[float | Unknown | None]) -> bool | Unknown:
    """Whether all are whole numbers of 0 or more."""
    doubts = []
    for number in numbers:
        if isinstance(number, Unknown):
            doubts.append(number)
        elif number is None or number < 0 or not number.is_integer():
            return False
    return Unknown(ref for doubt in doubts for ref in doubt.references) if doubts else True


# ---- accelerators without a request


def _has_fraction(template: Mapping[str, Any]) -> bool:
    metadata = template.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return isinstance(annotations, Mapping) and any(key in annotations for key in _FRACTIONS)


def _bypasses(pod: Mapping[str, Any], containers: list[_Container], at: str) -> Iterator[tuple[str | Unknown, str]]:
    idle = [one for one in containers if not one.asks]
    seen = False
    for one in idle:
        for way, pointer in (*_by_variable(one), *_by_device_file(pod, one)):
            seen = seen or isinstance(way, str)
            yield way, pointer
    runtime = pod.get("runtimeClassName")
    if not seen and runtime in _GPU_RUNTIMES and len(idle) == len(containers) and not all(map(_is_hidden, containers)):
        yield f"runtimeClassName {runtime}", f"{at}/runtimeClassName"


def _variables(container: _Container) -> Iterator[tuple[Mapping[str, Any], str]]:
    env = container.value.get("env")
    for number, entry in enumerate(env if isinstance(env, list) else ()):
        if isinstance(entry, Mapping) and entry.get("name") == _VISIBLE:
            yield entry, f"{container.at}/env/{number}"


def _by_variable(container: _Container) -> Iterator[tuple[str | Unknown, str]]:
    for entry, pointer in _variables(container):
        value = entry.get("value")
        if isinstance(entry.get("valueFrom"), Mapping):
            yield Unknown((f"{_VISIBLE} of container {container.name}",)), pointer
        elif isinstance(value, str) and _PLACEHOLDER & set(value):
            yield Unknown((f"{value} is filled in later",)), pointer
        elif str("" if value is None else value).strip().lower() not in _HIDDEN_BY:
            yield f"{container.name}: {_VISIBLE}={value}", pointer


def _is_hidden(container: _Container) -> bool:
    return any(
        not isinstance(entry.get("valueFrom"), Mapping) and str(entry.get("value") or "").strip().lower() in _HIDDEN_BY
        for entry, _ in _variables(container)
    )


def _by_device_file(pod: Mapping[str, Any], container: _Container) -> Iterator[tuple[str, str]]:
    volumes = pod.get("volumes")
    paths = {
        volume.get("name"): source.get("path")
        for volume in (volumes if isinstance(volumes, list) else ())
        if isinstance(volume, Mapping) and isinstance(source := volume.get("hostPath"), Mapping)
    }
    if not paths:
        return
    mounts = container.value.get("volumeMounts")
    for number, mount in enumerate(mounts if isinstance(mounts, list) else ()):
        name = mount.get("name") if isinstance(mount, Mapping) else None
        path = paths.get(name) if isinstance(name, str) else None
        if isinstance(path, str) and path.startswith(_DEVICE_FILES):
            yield f"{container.name}: {path}", f"{container.at}/volumeMounts/{number}"
