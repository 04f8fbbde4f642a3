"""What guardrail saw, before any rule, as JSON (`inspection.schema.json`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.masking import shown_identity, shown_view
from guardrail.reporters.documents import API_VERSION, as_json, identity_of, input_of, location_of, note_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from guardrail.model import Inspection, Location, Resource

__all__ = ["write_inspection"]


def write_inspection(inspection: Inspection, stream: TextIO) -> None:
    """Writes the JSON form, a line for each resource."""
    stream.writelines(_chunks(inspection))


def _chunks(inspection: Inspection) -> Iterator[str]:
    head = {
        "apiVersion": API_VERSION,
        "kind": "Inspection",
        "inputs": [input_of(record) for record in inspection.inputs],
        "notes": [note_of(note) for note in inspection.notes],
    }
    yield "{\n"
    yield from (f" {as_json(key)}: {as_json(value)},\n" for key, value in head.items())
    yield ' "resources": ['
    yield from _rows(_resource(resource, where) for resource, where in inspection.resources)
    yield "\n}\n"


def _rows(members: Iterable[Any]) -> Iterator[str]:
    before, closing = "\n  ", "]"
    for member in members:
        yield f"{before}{as_json(member)}"
        before, closing = ",\n  ", "\n ]"
    yield closing


def _resource(resource: Resource, where: Location) -> dict[str, Any]:
    return {**identity_of(shown_identity(resource)), "location": location_of(where), "view": shown_view(resource)}
