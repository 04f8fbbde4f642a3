"""What a launch template or configuration of the same plan holds, in the version that a resource takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.values import Values, flag, text, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.joins import Joins

__all__ = ["BLOCK", "SPECIFICATION", "Content", "by_block", "by_configuration", "uses_configuration"]

Content = tuple[str, Values | Unknown]
"""A template by its address and what it holds; unknown: a version, or a whole template, that is not in the plan."""

BLOCK = ("launch_template", ("id", "name"))
"""The block of machines and groups, with the attributes that name its template."""

SPECIFICATION = ("launch_template_specification", ("launch_template_id", "launch_template_name"))
"""The block of a mixed policy and of its overrides."""

_TEMPLATE = ("aws_launch_template",)
_CONFIGURATION = ("aws_launch_configuration",)


def by_block(change: Change, holder: Values, joins: Joins, names: tuple[str, tuple[str, str]]) -> Sequence[Content] | None:
    """The templates that a block of `holder` names, None without such a block; several where a reference names no instance."""
    name, attributes = names
    block = holder.block(name)
    if block is None or isinstance(block, Unknown):
        return None if block is None else [(name, block)]
    for attribute in attributes:
        templates = joins.linked(change, block, attribute, _TEMPLATE)
        if templates:
            return [(template.text, _in_version(template, block.get("version"), prior=block.is_prior)) for template in templates]
    return [_outside(next((value for attribute in attributes if (value := block.get(attribute)) is not None), None), "launch template")]


def uses_configuration(values: Values) -> bool:
    """Whether a group takes a launch configuration, the older form of a template."""
    return text(values.get("launch_configuration")) is not None


def by_configuration(change: Change, values: Values, joins: Joins) -> Sequence[Content]:
    """The launch configurations that a group names."""
    name = "launch_configuration"
    found = joins.linked(change, values, name, _CONFIGURATION)
    if not found:
        return [_outside(values.get(name), "launch configuration")]
    return [(one.text, _in_version(one, None, prior=values.is_prior)) for one in found]


def _outside(named: object, what: str) -> Content:
    """A template that is not in this plan."""
    name = f"{what} {named}" if isinstance(named, str) else what
    return name, named if isinstance(named, Unknown) else Unknown((name,))


def _in_version(template: Change, version: object, *, prior: bool) -> Values | Unknown:
    """What a version of a template holds.

    `$Latest` and a reference to the latest version follow this plan; the default version follows it
    on creation or with `update_default_version`; a number equal to the latest version before the
    change is the content before it. Any other version is not in the plan.
    """
    planned, applied = template.now, template.before or template.now
    if template.operation == "create" or (template.operation == "replace" and not prior):
        return planned
    if version == "$Latest" or isinstance(version, Unknown):
        return applied if prior else planned
    if version in (None, "", "$Default"):  # a damaged plan may hold what no set can
        if not prior and flag(planned.get("update_default_version")) is True:
            return planned
        version = applied.get("default_version")
    if whole(version) == whole(applied.get("latest_version")):
        return applied
    return Unknown((f"{template.text} version {version}",))
