"""Capacity of AWS resources: instances, node groups and auto scaling groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.catalogue.instances import accelerators_among
from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.capacity import Capacity, Group, ceiling
from guardrail.normalise.terraform.launch_templates import BLOCK, SPECIFICATION, by_block, by_configuration, uses_configuration
from guardrail.normalise.terraform.machines import Device, Machine, machine_of, named_devices
from guardrail.normalise.terraform.values import text, texts, whole
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins
    from guardrail.normalise.terraform.launch_templates import Content
    from guardrail.normalise.terraform.values import Values

__all__ = ["auto_scaling_group", "eks_node_group", "instance"]

_ACCELERATORS = ("accelerator_types", "accelerator_manufacturers")
_EKS_DEFAULT_TYPE = "t3.medium"  # what EKS takes when neither the group nor its template names a type


def instance(change: Change, values: Values, joins: Joins) -> Capacity:
    """One machine of its own type, else of its launch template's."""
    own = text(values.get("instance_type"))
    machine = machine_of("aws", own) if own is not None else _from_template(change, values, joins)
    at = values.point("instance_type" if own is not None else "launch_template")
    return Capacity((Group("instance", machine or _untyped(change), 1, 1, 1),), blame={"gpu": at, "instance_types": at})


def eks_node_group(change: Change, values: Values, joins: Joins) -> Capacity:
    """A managed node group; several instance types are alternatives."""
    scaling = values.block("scaling_config", computed=False)
    minimum, maximum, desired = (_size(scaling, name) for name in ("min_size", "max_size", "desired_size"))
    types = values.get("instance_types")
    if isinstance(types, Unknown):
        machines = [machine_of("aws", types)]
    else:
        named = [machine_of("aws", type_) for type_ in texts(types)]
        machines = named or [_from_template(change, values, joins) or machine_of("aws", _EKS_DEFAULT_TYPE)]
    bounded = maximum if isinstance(maximum, Unknown) else maximum is not None
    low, high = _or(minimum, 0), _or(maximum, UNBOUNDED)
    groups = tuple(Group(_named("nodes", machine, machines), machine, low, high, _or(desired, low), bounded) for machine in machines)
    at = values.point("scaling_config", "0")
    by_template = types is None and not isinstance(values.blocks("launch_template"), Unknown) and values.blocks("launch_template") != []
    type_at = values.point("launch_template" if by_template else "instance_types")
    blame = {
        "units": at,
        "units.min": f"{at}/min_size",
        "units.max": f"{at}/max_size",
        "units.desired": f"{at}/desired_size",
        "gpu.total_max": f"{at}/max_size",
        "gpu.total_min": f"{at}/min_size",
        "gpu": type_at,
        "uses_gpu": type_at,
        "instance_types": type_at,
    }
    return Capacity(groups, alternatives=len(groups) > 1, cluster=_cluster(change, values, joins), blame=blame)


def _cluster(change: Change, values: Values, joins: Joins) -> str | Unknown | None:
    named = text(values.get("cluster_name"))
    if not isinstance(named, Unknown):
        return named
    for cluster in joins.linked(change, values, "cluster_name", ("aws_eks_cluster",)):
        found = text(cluster.now.get("name"))
        if isinstance(found, str):
            return found
    return named


def auto_scaling_group(change: Change, values: Values, joins: Joins) -> Capacity:
    """An auto scaling group: overrides of a mixed policy are alternatives that share its maximum.

    With weights the sizes count weighted units. The highest maximum of attached schedules raises
    the group's, and -1 there means unchanged.
    """
    minimum, maximum, desired = (whole(values.get(name)) for name in ("min_size", "max_size", "desired_capacity"))
    bounded = maximum if isinstance(maximum, Unknown) else maximum is not None
    low, high = _or(minimum, 0), _raised(change, values, joins, _or(maximum, UNBOUNDED))
    wanted = _or(desired, low)
    weighted, type_at = _asg_machines(change, values, joins)
    groups = tuple(
        Group(
            _named("instances", machine, [each for each, _ in weighted]),
            machine,
            ceiling(low, weight) if isinstance(weight, int) else weight,
            ceiling(high, weight) if isinstance(weight, int) else weight,
            ceiling(wanted, weight) if isinstance(weight, int) else weight,
            bounded,
        )
        for machine, weight in weighted
    )
    blame = {
        "units": values.point("max_size"),
        "units.min": values.point("min_size"),
        "units.desired": values.point("desired_capacity"),
        "gpu.total_max": values.point("max_size"),
        "gpu.total_min": values.point("min_size"),
        "gpu": type_at,
        "uses_gpu": type_at,
        "instance_types": type_at,
    }
    autoscaled = bool(joins.back(change, "aws_autoscaling_policy", "autoscaling_group_name"))
    return Capacity(groups, alternatives=len(groups) > 1, autoscaled=autoscaled, blame=blame)


def _raised(change: Change, values: Values, joins: Joins, maximum: int | Unknown) -> int | Unknown:
    """The maximum with what schedules and a warm pool may add to it."""
    sizes = [maximum]
    for schedule in joins.back(change, "aws_autoscaling_schedule", "autoscaling_group_name"):
        size = whole(schedule.now.get("max_size"))
        sizes += [] if size is None else [size]
    warm = values.block("warm_pool")
    prepared = warm if isinstance(warm, Unknown) or warm is None else whole(warm.get("max_group_prepared_capacity"))
    sizes += [] if prepared is None else [prepared]
    unknown = [size for size in sizes if isinstance(size, Unknown)]
    if unknown:
        return Unknown(ref for size in unknown for ref in size.references)
    return max(size for size in sizes if isinstance(size, int))


def _asg_machines(change: Change, values: Values, joins: Joins) -> tuple[list[tuple[Machine, int | Unknown]], str]:
    """The machines of a group with their weights, and where they are written."""
    mixed = values.block("mixed_instances_policy")
    if isinstance(mixed, Unknown):
        return [(machine_of("aws", mixed), 1)], values.point("mixed_instances_policy")
    if mixed is not None:
        return _mixed(change, mixed, joins)
    if uses_configuration(values):
        found, name = _of(by_configuration(change, values, joins)), "launch_configuration"
    else:
        found, name = _from_template(change, values, joins), "launch_template"
    return [(found or _untyped(change), 1)], values.point(name)


def _mixed(change: Change, mixed: Values, joins: Joins) -> tuple[list[tuple[Machine, int | Unknown]], str]:
    template = mixed.block("launch_template")
    if template is None or isinstance(template, Unknown):
        return [(machine_of("aws", template) if isinstance(template, Unknown) else _untyped(change), 1)], mixed.point("launch_template")
    base = _by_specification(change, template, joins)
    overrides = template.blocks("override", computed=False)
    if isinstance(overrides, Unknown):
        return [(machine_of("aws", overrides), 1)], template.point("override")
    found = [(_override(change, override, joins) or base or _untyped(change), _weight(override)) for override in overrides]
    if found:
        return found, template.point("override")
    return [(base or _untyped(change), 1)], template.point("launch_template_specification")


def _override(change: Change, override: Values, joins: Joins) -> Machine | None:
    """The machine that an override names, itself or by a template of its own; None: it keeps that of the policy."""
    return _written(override) or _by_specification(change, override, joins)


def _written(holder: Values) -> Machine | None:
    """The machine that an override or a template names by its type or by attributes."""
    own = text(holder.get("instance_type"))
    if own is not None:
        return machine_of("aws", own)
    requirements = holder.block("instance_requirements")
    return None if requirements is None else _required(requirements)


def _required(requirements: Values | Unknown) -> Machine:
    """Types chosen by attributes: none with an accelerator when the maximum is 0, else any that fits.

    Accelerators that are asked for by number, name, kind or maker are on every type that fits; names
    and lists of allowed types say which families they may be of.
    """
    if isinstance(requirements, Unknown):
        return machine_of("aws", requirements)
    count = requirements.block("accelerator_count")
    if isinstance(count, Unknown):
        return machine_of("aws", count)
    chosen = Unknown(("instance_requirements",))
    if count is not None and whole(count.get("max")) == 0:
        return Machine(chosen, by_attributes=True)
    least = whole(count.get("min")) if count is not None else None
    names = _listed(requirements, "accelerator_names")
    allowed = _listed(requirements, "allowed_instance_types")
    devices = named_devices(names or (accelerators_among("aws", allowed) if allowed else ()), "instance_requirements", chosen)
    if devices:
        return Machine(chosen, devices, by_attributes=True)
    if names or any(_listed(requirements, kind) for kind in _ACCELERATORS) or (isinstance(least, int) and least > 0):
        return Machine(chosen, (Device("instance_requirements", None, chosen, chosen),), by_attributes=True)
    return Machine(chosen, unread=None if allowed else chosen, by_attributes=True)


def _listed(requirements: Values, name: str) -> list[str]:
    return [word for word in texts(requirements.get(name)) if isinstance(word, str)]


def _weight(override: Values) -> int | Unknown:
    found = whole(override.get("weighted_capacity"))
    return found if isinstance(found, Unknown) else max(found or 1, 1)


def _from_template(change: Change, values: Values, joins: Joins) -> Machine | None:
    """The machine that the `launch_template` block names, None without such a block or where its template names none."""
    return _of(by_block(change, values, joins, BLOCK))


def _by_specification(change: Change, holder: Values, joins: Joins) -> Machine | None:
    """The machine that the template of a mixed policy, or of one of its overrides, names."""
    return _of(by_block(change, holder, joins, SPECIFICATION))


def _of(templates: Sequence[Content] | None) -> Machine | None:
    """The machine that templates name, None where they name none.

    Several are possible where a reference names no instance: what they do not agree on is unknown.
    """
    if templates is None:
        return None
    machines = [Machine(held, unread=held) if isinstance(held, Unknown) else _written(held) for _, held in templates]
    if all(machine == machines[0] for machine in machines):
        return machines[0]
    unread = (machine.unread for machine in machines if machine is not None)
    unknown = Unknown((*(name for name, _ in templates), *(ref for doubt in unread if doubt for ref in doubt.references)))
    return Machine(unknown, unread=unknown)


def _untyped(change: Change) -> Machine:
    """A machine whose type nothing names: a plan that is cut short."""
    unknown = Unknown((f"{change.text} instance type (not written)",))
    return Machine(unknown, unread=unknown)


def _size(scaling: Values | Unknown | None, name: str) -> int | Unknown | None:
    return scaling if isinstance(scaling, Unknown) or scaling is None else whole(scaling.get(name))


def _or(number: int | Unknown | None, default: int | Unknown) -> int | Unknown:
    return default if number is None else number


def _named(group: str, machine: Machine, machines: list[Machine]) -> str:
    """The name of a pod set: that of the group, with the type where there are several."""
    return f"{group} {machine.type}" if len(machines) > 1 and isinstance(machine.type, str) else group
