"""What a file is, by its content: manifests, a plan, a template, something else, or broken."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardrail.inputs.decoding import Decoded, NotTextError, decode
from guardrail.inputs.manifests import NO_OBJECT, Foreign, ObjectAt, ReviewAt, is_partial, patched_files, sort_document
from guardrail.inputs.parsing import Parsed, is_json_text, parse_text
from guardrail.inputs.reviews import read_review
from guardrail.inputs.templates import (
    RENDER_HELM,
    TemplateMark,
    application_tag,
    find_placeholder,
    find_template,
    find_template_near,
    find_template_of_comments,
)
from guardrail.inputs.terraform import Refused, as_plan, looks_like_plan, parse_plan, stream_refusal, text_refusal, unwrap
from guardrail.model import InputFormat, InputStatus, Origin, UnreadReview
from guardrail.syntax.documents import ParsedDocument, SyntaxFault
from guardrail.syntax.json_text import json_fault
from guardrail.syntax.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.model import Review
    from guardrail.syntax.json_positions import JsonPositions
    from guardrail.syntax.yaml_positions import YamlPositions
    from guardrail.syntax.yaml_text import YamlReader

__all__ = ["Content", "FoundObject", "classify"]

_EMPTY = "this file is empty; if a plan should be here, run: terraform show -json tfplan > plan.json"
_VALUES_FILE = re.compile(r"(?:^|[/_.-])values[^/]*\.ya?ml\Z")
_HELM_VALUE = re.compile(r"\{\{-?[^{}]*(?:\.(?:Values|Release|Chart)\b|\binclude\s)")
# A reason is one line of a report; the faults themselves are all kept.
_MAX_SHOWN_FAULTS = 3
_MANIFEST_SIGNS = re.compile(r"\bapiVersion\b[\"']?\s*:")


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A Kubernetes object of a file. `partial` means that it is a kustomize patch, not a whole object."""

    value: Mapping[str, Any]
    document: int
    pointer: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds and what becomes of it. `patches` are files that it lists as kustomize patches.

    Reviews are placed in the file that was classified.
    """

    format: InputFormat
    status: InputStatus
    reason: str | None = None
    objects: tuple[FoundObject, ...] = ()
    plan: Mapping[str, Any] | None = None
    faults: tuple[SyntaxFault, ...] = ()
    patches: tuple[str, ...] = ()
    reviews: tuple[Review | UnreadReview, ...] = ()


def classify(data: bytes, path: str, reader: YamlReader, *, named: bool) -> Content:
    """What the bytes of a file are. `named` is False for a file that a walk met: it may be something else."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        return Content(InputFormat.OTHER, InputStatus.FAILED if named or path.endswith(".json") else InputStatus.SKIPPED, _EMPTY)
    try:
        decoded = decode(data, path)
    except NotTextError as error:
        return _failed(InputFormat.OTHER, str(error))
    text = decoded.text
    if is_json_text(text) or unwrap(text) is not None:
        return _classify_json(decoded, path, reader, named=named)
    return _named_values(_classify_documents(text, parse_text(text, reader), path, None, named=named), path)


def _named_values(content: Content, path: str) -> Content:
    """Helm values look like any mapping; their file's name tells."""
    if (
        content.status is InputStatus.SKIPPED
        and not content.faults
        and _VALUES_FILE.search(path)
        and content.reason
        and content.reason.startswith(NO_OBJECT)
    ):
        return replace(content, reason="Helm values")
    return content


def _failed(format_: InputFormat, reason: str, faults: Sequence[SyntaxFault] = ()) -> Content:
    return Content(format_, InputStatus.FAILED, reason, faults=tuple(faults))


def _classify_json(decoded: Decoded, path: str, reader: YamlReader, *, named: bool) -> Content:
    text, notice = decoded.text, None
    unwrapped = unwrap(text)
    if unwrapped is not None:
        text, notice = unwrapped, "wrapper lines around the JSON were left out; write it with terraform_wrapper: false"
    if looks_like_plan(text):
        content = _classify_plan(text, decoded, notice)
        if content is not None:
            return content
    parsed = parse_text(text, reader)
    first = parsed.documents[0] if parsed.documents else None
    if isinstance(first, ParsedDocument) and (refused := stream_refusal(first.value)):
        return _failed(refused.format, refused.message)
    if parsed.faulty and find_template(text) is None and not named and not _MANIFEST_SIGNS.search(text):
        return Content(
            InputFormat.OTHER, InputStatus.SKIPPED, f"not JSON, and no manifest or plan by its words: {_reason_of(parsed.documents)}"
        )
    return _classify_documents(text, parsed, path, notice, named=named)


def _classify_plan(text: str, decoded: Decoded, notice: str | None) -> Content | None:
    """A plan or what is taken for one; None when the text is something else."""
    try:
        value = parse_plan(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return _broken_plan(error, text, decoded)
    plan = as_plan(value)
    if plan is None:
        return None
    if isinstance(plan, Refused):
        return _failed(plan.format, plan.message)
    if notice is None and not isinstance(plan.get("resource_changes"), list):
        notice = "this plan has no resource_changes" + (
            "" if "format_version" in plan else "; it is a fragment, not the output of terraform show -json"
        )
    return Content(InputFormat.PLAN, InputStatus.READ, notice, plan=plan)


def _broken_plan(error: json.JSONDecodeError, text: str, decoded: Decoded) -> Content | None:
    try:
        first, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        first = None
    if refused := stream_refusal(first):
        return _failed(refused.format, refused.message)
    if first is not None and as_plan(first) is None:
        return None
    # No excerpt: the line may hold a value that Terraform keeps secret.
    fault = replace(json_fault(error, Lines(text), 0), excerpt="")
    address = re.findall(r'"address":\s*"((?:[^"\\]|\\.)*)"', text[: error.pos])
    near = f", after the address {address[-1]}" if address else ""
    # Behind a wrapper's lines the offset in the file is not known.
    byte = f" (byte {decoded.byte_offset(error.pos)}{near})" if text is decoded.text else ""
    reason = (
        f"line {fault.line}, column {fault.column}{byte}: {fault.message}; "
        "write the plan again as UTF-8: terraform show -json tfplan > plan.json"
    )
    return _failed(InputFormat.PLAN, reason, [fault])


def _classify_documents(text: str, parsed: Parsed, path: str, notice: str | None, *, named: bool) -> Content:
    if parsed.faulty and not parsed.json and (refused := text_refusal(text)):
        return _failed(refused.format, refused.message)
    mark = _template_in(text, parsed)
    if mark is None:
        return _sorted(_Sorting(text, parsed, path), notice, named=named)
    line, column = Lines(text).place(mark.offset)
    fault = SyntaxFault(f"this is a template ({mark.text.strip()}…); {mark.advice}", line, column, 0)
    return _unless_walked([fault], named=named)


def _template_in(text: str, parsed: Parsed) -> TemplateMark | None:
    if not parsed.faulty:
        return find_template_of_comments(text) or _helm_in_objects(text, parsed.documents)
    if parsed.json:
        return find_template(text)
    return find_template_near(text, [document.line for document in parsed.documents if isinstance(document, SyntaxFault)])


def _helm_in_objects(text: str, documents: Iterable[ParsedDocument | SyntaxFault]) -> TemplateMark | None:
    """A sign of a chart in objects that are valid YAML. Blocks of text are left out: they may carry templates for others."""
    if "{{" not in text or not _HELM_VALUE.search(text):
        return None
    found_objects = (sort_document(document.value) for document in documents if isinstance(document, ParsedDocument))
    values: list[Any] = [found.value for sorted_ in found_objects for found in sorted_ if isinstance(found, ObjectAt)]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
        elif isinstance(value, str) and "\n" not in value and (found := _HELM_VALUE.search(value)):
            return TemplateMark(max(text.find(found[0]), 0), found[0], RENDER_HELM)
    return None


def _unless_walked(faults: Sequence[SyntaxFault], *, named: bool) -> Content:
    """What is no manifest yet fails when it is named, and is passed over when a walk meets it."""
    if named:
        return _failed(InputFormat.OTHER, _reason_of(faults), faults)
    return Content(InputFormat.OTHER, InputStatus.SKIPPED, _reason_of(faults))


def _sorted(sorting: _Sorting, notice: str | None, *, named: bool) -> Content:
    """The objects of a file, with everything that is wrong in it."""
    for document in sorting.parsed.documents:
        sorting.add(document)
    found = bool(sorting.objects or sorting.reviews)
    if sorting.faults and not found and sorting.placeholders == len(sorting.faults):
        return _unless_walked(sorting.faults, named=named)
    if not sorting.faults and not found and sorting.foreign:
        return _foreign(sorting, sorting.text, named=named)
    reasons = [notice] if notice else []
    if sorting.faults:
        reasons.append(_reason_of(sorting.faults))
    elif not found:
        reasons.append("nothing to judge: only comments, empty documents or empty lists")
    reasons.extend(f"document {at} is left out: {what}" for at, what in sorting.foreign)
    partial = sum(found.partial for found in sorting.objects)
    if partial:
        reasons.append(f"{partial} of {len(sorting.objects)} objects are partial, as kustomize patches are")
    return Content(
        InputFormat.REVIEW if sorting.reviews else InputFormat.KUBERNETES,
        InputStatus.FAILED if sorting.faults else InputStatus.READ,
        "; ".join(reasons) or None,
        objects=tuple(sorting.objects),
        faults=tuple(sorting.faults),
        reviews=tuple(sorting.reviews),
    )


def _foreign(sorting: _Sorting, text: str, *, named: bool) -> Content:
    if (refused := text_refusal(text)) is not None:
        return _failed(refused.format, refused.message)
    if (tag := application_tag(text)) is not None:
        line, column = Lines(text).place(tag[0])
        what = f"the tag {tag[1]} belongs to another tool ({sorting.foreign[0][1]}); no Kubernetes manifest has it"
        return _unless_walked([SyntaxFault(what, line, column, sorting.foreign[0][0])], named=named)
    reason = "; ".join(dict.fromkeys(what for _, what in sorting.foreign))
    return Content(InputFormat.OTHER, InputStatus.SKIPPED, reason, patches=tuple(sorting.patches))


class _Sorting:
    """The documents of one file, sorted."""

    def __init__(self, text: str, parsed: Parsed, path: str) -> None:
        self.text = text
        self.parsed = parsed
        self._path = path
        self.objects: list[FoundObject] = []
        self.faults: list[SyntaxFault] = []
        self.foreign: list[tuple[int, str]] = []
        self.patches: list[str] = []
        self.placeholders = 0
        self.reviews: list[Review | UnreadReview] = []
        self._positions: JsonPositions | YamlPositions | None = None

    def add(self, document: ParsedDocument | SyntaxFault) -> None:
        if isinstance(document, SyntaxFault):
            self._add_fault(document)
            return
        for found in sort_document(document.value):
            if isinstance(found, ObjectAt):
                self.objects.append(FoundObject(found.value, document.index, found.pointer, is_partial(found.value)))
            elif isinstance(found, Foreign):
                self.foreign.append((document.index, found.what))
                self.patches.extend(patched_files(document.value))
            elif isinstance(found, ReviewAt):
                review = read_review(found.value, Origin(self._path, document.index, found.pointer))
                self.reviews.append(review)
                if isinstance(review, UnreadReview):
                    self._blame(review.reason, document.index, review.origin.pointer)
            else:
                self._blame(found.message, document.index, found.pointer)

    def _add_fault(self, fault: SyntaxFault) -> None:
        lines = self.text.split("\n", fault.line)[max(fault.line - 2, 0) : fault.line]
        # libyaml may notice one line late.
        placeholder = find_placeholder(fault.excerpt) or find_placeholder("\n".join(lines))
        if placeholder is not None:
            self.placeholders += placeholder.startswith("{{")
            message = f"{fault.message}; {placeholder} looks like the placeholder of a template: fill it in first"
            fault = replace(fault, message=message)
        self.faults.append(fault)

    def _blame(self, message: str, document: int, pointer: str) -> None:
        if self._positions is None:
            self._positions = self.parsed.positions(self.text)
        line, column = self._positions.locate(document, pointer) or (1, 1)
        self.faults.append(SyntaxFault(message, line, column, document))


def _reason_of(faults: Iterable[SyntaxFault | ParsedDocument]) -> str:
    texts = [f"line {fault.line}, column {fault.column}: {fault.message}" for fault in faults if isinstance(fault, SyntaxFault)]
    more = f"; and {len(texts) - _MAX_SHOWN_FAULTS} more" if len(texts) > _MAX_SHOWN_FAULTS else ""
    return "; ".join(texts[:_MAX_SHOWN_FAULTS]) + more
