"""What guardrail saw, before any rule, for people: one paragraph for each resource."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from guardrail.masking import shown_identity, shown_view
from guardrail.model import InputStatus
from guardrail.reporters.grouping import place, subject, subject_of_id
from guardrail.reporters.inputs import failed_lines, input_lines
from guardrail.reporters.terminal import Terminal, printable, wrapped
from guardrail.view.schema import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from guardrail.model import Inspection, Location, Resource

__all__ = ["write_inspection_text"]

_LABEL = 12  # columns: two of indent, the label, a gap


def write_inspection_text(inspection: Inspection, stream: TextIO, terminal: Terminal, *, verbose: bool = False) -> None:
    """Writes a paragraph for each resource, what could not be read, the notes, and a line of counts."""
    stream.writelines("\n".join(_paragraph(resource, where, terminal)) + "\n\n" for resource, where in inspection.resources)
    closing = failed_lines(inspection.inputs, terminal, verbose=verbose)
    for note in inspection.notes:
        about = f": {note.scope}" if note.scope else ""
        closing += wrapped(printable(f"{note.message}{about}"), terminal.width, " " * _LABEL, first=f"note{str(note.count).rjust(6)}  ")
    closing += input_lines(inspection.inputs, terminal) if verbose else []
    stream.write("".join(f"{line}\n" for line in (*closing, *([""] if closing else []), _last_line(inspection))))


def _last_line(inspection: Inspection) -> str:
    counts = Counter(record.status for record in inspection.inputs)
    read = counts[InputStatus.READ]
    shown = len(inspection.resources)
    parts = [f"{shown:,} {'resource' if shown == 1 else 'resources'} in {read:,} {'input' if read == 1 else 'inputs'}"]
    parts += [f"{counts[InputStatus.SKIPPED]:,} not read"] if counts[InputStatus.SKIPPED] else []
    parts += [f"{counts[InputStatus.FAILED]:,} failed"] if counts[InputStatus.FAILED] else []
    return " · ".join(parts)


def _paragraph(resource: Resource, where: Location, terminal: Terminal) -> Iterator[str]:
    view = shown_view(resource)
    title = printable(subject(shown_identity(resource)))
    yield f"{terminal.paint(title, 'bold')}   {terminal.paint(printable(place(where)), 'dim')}"
    for label, text in _facts(resource, view):
        if text:
            lines = wrapped(printable(text), terminal.width, " " * _LABEL)
            yield f"  {terminal.paint(label, 'dim')}{' ' * (_LABEL - 2 - len(label))}{lines[0].lstrip()}"
            yield from lines[1:]


def _facts(resource: Resource, view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "what", _what(view)
    yield "units", _units(resource, view)
    yield "gpus", _gpus(view)
    yield "family", _text(view["gpu"]["families"])
    yield "types", _text(view["instance_types"])
    yield "tags", _tags(view)
    yield "where", _where(view)
    yield "unknown", _unknown(view)


def _what(view: Mapping[str, Any]) -> str:
    parts = [view["class"]]
    parts += [f"controller {view['controller']}"] if view["controller"] != "none" else []
    parts += [f"workload type {_text(view['workload_type'])}"] if "workload_type" in view else []
    parts += [f"operation {view['operation']}"] if view["source"] == "terraform" else []
    parts += ["costs money by itself"] if view["billable"] is True else []
    return ", ".join(parts)


def _units(resource: Resource, view: Mapping[str, Any]) -> str:
    if not view["pod_sets"]:
        return ""
    units = view["units"]
    parts = [_range(units["min"], units["max"])]
    parts += [f"{_text(units['surge'])} more in a rollout"] if units["surge"] else []
    parts += ["no number is written"] if units["bounded"] is False else []
    parts += [f"set by {subject_of_id(resource.autoscaled_by, resource.identity.source)}"] if resource.autoscaled_by else []
    return ", ".join(parts)


def _gpus(view: Mapping[str, Any]) -> str:
    gpu = view["gpu"]
    if view["uses_gpu"] is False:
        return ""
    return _range(gpu["total_min"], gpu["total_max"], _products(view["pod_sets"]))


def _products(pod_sets: Any) -> str:
    if not isinstance(pod_sets, list):
        return ""
    terms = [_product(group) for group in pod_sets if isinstance(group, dict) and group.get("gpu_count") != 0]
    return f" ({' + '.join(terms)})" if terms else ""


def _product(group: Mapping[str, Any]) -> str:
    count, most, surge = group["gpu_count"], group["units_max"], group["surge"]
    if not all(isinstance(number, int | float) for number in (count, most, surge)):
        return f"{_text(group['name'])} {_text(count)} × {_text(most)}"
    units = "no maximum" if most >= UNBOUNDED else _text(most + surge)
    return f"{_text(group['name'])} {units} × {_text(count)}"


def _tags(view: Mapping[str, Any]) -> str:
    tags = view["tags"]
    if "$unknown" in tags:
        return _text(tags)
    told = [f"{key} {_text(value)}" for key, value in tags.items() if not _waits_for_run(value)]
    waiting = [key for key, value in tags.items() if _waits_for_run(value)]
    told += [f"{', '.join(waiting)} from the namespace, which is not in this run"] if waiting else []
    told += ["further keys unknown"] if view["tags_open"] is True else []
    return " · ".join(told) or ("none" if view["taggable"] is True else "")


def _where(view: Mapping[str, Any]) -> str:
    parts = [_home(name, view[name]) for name in ("account", "cluster", "namespace") if name in view]
    if "region" in view and not _waits_for_run(view["region"]):
        source = view.get("region_source")
        parts.append(f"region {_text(view['region'])}{f' (from {source})' if source else ''}")
    elif "region" not in view and view["regions"]:
        parts.append(f"regions {_text(view['regions'])}")
    parts.append(f"environment {view['environment']} ({_ENVIRONMENT_FROM[view['environment_source']]})")
    return ", ".join(part for part in parts if part)


def _home(name: str, value: Any) -> str:
    """A part of where a resource lives. What only a flag of the run can tell is asked for once, at that flag."""
    if not _waits_for_run(value):
        return f"{name} {_text(value)}"
    return f"{name} not given ({_FLAGS[name]} NAME)" if name in _FLAGS and f"run:{name}" in value["$unknown"] else ""


def _waits_for_run(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("$unknown")) and all(ref.startswith("run:") for ref in value["$unknown"])


def _unknown(view: Mapping[str, Any]) -> str:
    """The unknown paths by what will supply them, without those that a flag of the run would."""
    paths: dict[tuple[str, ...], list[str]] = {}
    for path, references in view["unknown"].items():
        if not references or not all(reference.startswith("run:") for reference in references):
            paths.setdefault(tuple(references), []).append(path)
    return "; ".join(f"{', '.join(members)} ({', '.join(references)})" for references, members in paths.items())


_FLAGS = {"cluster": "--cluster", "namespace": "--namespace"}

_ENVIRONMENT_FROM = {
    "home": "from its account, cluster or namespace",
    "namespace": "from the namespace's label",
    "tag": "from its own tag",
    "default": "nothing names one",
    "unknown": "the strictest, as it is not known",
}


def _range(least: Any, most: Any, products: str = "") -> str:
    if least == most:
        return f"{_text(most)}{products}"
    unbounded = isinstance(most, int | float) and most >= UNBOUNDED
    top = "no maximum" if unbounded else f"{_text(most)} at most"
    return f"{top}{products}, {_text(least)} at least"


def _text(value: Any) -> str:
    """A shown value in words: numbers without needless digits, unknown ones with what will supply them."""
    if isinstance(value, dict) and "$unknown" in value:
        references: Sequence[str] = value["$unknown"]
        return f"unknown ({', '.join(references)})" if references else "unknown"
    if isinstance(value, list):
        return ", ".join(_text(member) for member in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
