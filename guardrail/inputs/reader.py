"""Files to objects and plans: the one call that the gates make."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from guardrail.errors import Fault
from guardrail.inputs.classify import Content, classify
from guardrail.inputs.discovery import STDIN, Candidate, PathIgnore, discover
from guardrail.inputs.locator import FileLocator
from guardrail.model import InputFormat, InputRecord, InputStatus, KubernetesObject, Note, Origin, Plan, Review, UnreadReview
from guardrail.syntax.yaml_text import YamlReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FileLocator", "Inputs", "PathIgnore", "read_inputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run looks at. `records` has every input once, also those that could not be read.

    `reviews` are requests to an API server, those that could not be read among them, as each wants an answer.

    `faults` are the single faults behind failed records. `partial` are the origins of objects that
    are kustomize patches by their content. `locator` finds places, also in what was piped in.
    """

    objects: tuple[KubernetesObject, ...]
    plans: tuple[Plan, ...]
    reviews: tuple[Review | UnreadReview, ...]
    records: tuple[InputRecord, ...]
    notes: tuple[Note, ...]
    faults: tuple[Fault, ...]
    partial: frozenset[Origin]
    locator: FileLocator


def read_inputs(  # noqa: PLR0913 - what a run is asked to read, all but the paths by name
    paths: Sequence[str],
    *,
    ignores: Sequence[PathIgnore] = (),
    stdin: BinaryIO | None = None,
    stdin_filename: str = "<stdin>",
    chosen: bool = True,
    progress: Callable[[str, int], None] | None = None,
) -> Inputs:
    """Reads files, folders, globs and `-` (standard input). Never raises for what a file holds.

    One bad file or document never hides the others: it is a record with the reason. `chosen` is
    False when a hook and not a person names the paths: a template among them, or a path that means
    no file, is then passed over as in a walk. `progress` is told how many files are read.
    """
    reading = _Reading(stdin, stdin_filename, chosen=chosen)
    for done, candidate in enumerate(discover(paths, ignores), 1):
        reading.add(candidate)
        if progress is not None:
            progress("files read:", done)
    return reading.inputs()


class _Reading:
    """One run over the candidates."""

    def __init__(self, stdin: BinaryIO | None, stdin_filename: str, *, chosen: bool) -> None:
        self._chosen = chosen
        self._stdin = stdin
        self._stdin_filename = stdin_filename
        self._yaml = YamlReader()
        self._kept: dict[str, bytes] = {}
        self._contents: list[tuple[str, Content]] = []

    def add(self, candidate: Candidate) -> None:
        path = self._stdin_filename if candidate.path == STDIN else candidate.path
        if candidate.missing is not None:
            status = InputStatus.FAILED if self._chosen else InputStatus.SKIPPED
            content = Content(InputFormat.OTHER, status, candidate.missing)
        elif candidate.ignored is not None:
            content = Content(InputFormat.OTHER, InputStatus.SKIPPED, candidate.ignored)
        else:
            content = self._read(candidate, path)
        self._contents.append((path, content))

    def _read(self, candidate: Candidate, path: str) -> Content:
        try:
            data = self._bytes(candidate, path)
        except OSError as error:
            return Content(InputFormat.OTHER, InputStatus.FAILED, f"cannot be read: {error.strerror or error}")
        return classify(data, path, self._yaml, named=candidate.named and self._chosen)

    def _bytes(self, candidate: Candidate, path: str) -> bytes:
        if candidate.path == STDIN:
            data = self._stdin.read() if self._stdin else b""
        else:
            with open(candidate.path, "rb") as file:  # noqa: PTH123 - a Path for each of thousands of files costs as much as reading them
                data = file.read()
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return data
        # A pipe, such as <(helm template .), gives its bytes once.
        self._kept[path] = data
        return data

    def inputs(self) -> Inputs:
        self._leave_out_patches()
        objects: list[KubernetesObject] = []
        plans: list[Plan] = []
        faults: list[Fault] = []
        partial: set[Origin] = set()
        for path, content in self._contents:
            for found in content.objects:
                origin = Origin(path, found.document, found.pointer)
                objects.append(KubernetesObject(found.value, origin))
                if found.partial:
                    partial.add(origin)
            if content.plan is not None:
                plans.append(Plan(content.plan, Origin(path)))
            faults.extend(Fault(path, fault.line, fault.column, "", fault.message, fault.excerpt, fault.column) for fault in content.faults)
        records = tuple(_record(path, content) for path, content in self._contents)
        reviews = tuple(review for _, content in self._contents for review in content.reviews)
        locator = FileLocator(self._kept)
        return Inputs(tuple(objects), tuple(plans), reviews, records, tuple(self._notes()), tuple(faults), frozenset(partial), locator)

    def _leave_out_patches(self) -> None:
        """Files that a kustomization of the run lists as patches are parts of objects, not objects."""
        listed = {
            posixpath.normpath(posixpath.join(posixpath.dirname(path), name)): path
            for path, content in self._contents
            for name in content.patches
        }
        for at, (path, content) in enumerate(self._contents):
            by = listed.get(path)
            if by is not None and content.objects and content.status is InputStatus.READ:
                reason = f"a kustomize patch of {by}; build it first: kustomize build {posixpath.dirname(by) or '.'} | guardrail lint -"
                self._contents[at] = path, replace(content, status=InputStatus.SKIPPED, reason=reason, objects=())

    def _notes(self) -> list[Note]:
        partial = [path for path, content in self._contents if any(found.partial for found in content.objects)]
        message = "an object lacks required parts, as kustomize patches do; build it first: kustomize build DIR | guardrail lint -"
        return [Note("partial-object", message, path) for path in partial]


def _record(path: str, content: Content) -> InputRecord:
    count = len(content.objects) + sum(isinstance(review, Review) for review in content.reviews)
    if content.plan is not None:
        count = len(content.plan.get("resource_changes") or ())
    return InputRecord(path, content.format, content.status, content.reason, count)
