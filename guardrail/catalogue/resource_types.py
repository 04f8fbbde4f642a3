"""Terraform resource types: what they are, and where their tags stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ResourceType", "resource_type"]

_NOTHING = "-"
_BY_ATTRIBUTES = "?"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What the catalogue says of one resource type.

    `tags` is the path of its tags or labels (`labels`, `node_config[].resource_labels`, `tag[]`) and
    None for a type that takes none. `schema_known` is False where the attributes of the resource
    decide whether it takes tags; such a type costs money when it does, unless it is `listed`.
    """

    name: str
    tags: str | None
    class_: str
    controller: str
    billable: bool
    workload_type: str | None
    listed: bool = True
    schema_known: bool = True


def resource_type(name: str) -> ResourceType:
    """The row of a type; class `other` and controller `none` where the catalogue has no row."""
    line = _lines().get(name)
    if line is None:
        return ResourceType(name, None, "other", "none", billable=False, workload_type=None, listed=False, schema_known=False)
    tags, class_, controller, billable, workload = line.split("\t")
    return ResourceType(
        name=name,
        tags=None if tags in {_NOTHING, _BY_ATTRIBUTES} else tags,
        class_=class_,
        controller=controller,
        billable=billable == "yes",
        workload_type=None if workload == _NOTHING else workload,
        schema_known=tags != _BY_ATTRIBUTES,
    )


@cache
def _lines() -> Mapping[str, str]:
    """Each row after its type, taken apart only when it is asked for: plans name few of the 1,500 types."""
    text = resources.files("guardrail.catalogue").joinpath("data/resource_types.tsv").read_text("utf-8")
    return dict(line.split("\t", 1) for line in text.splitlines() if not line.startswith(("#", "type\t")))
