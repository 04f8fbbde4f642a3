"""Runs the cases of one policy by the same calls as `guardrail lint`: inputs, normalisers, library, engine."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from guardrail.engine import Context, Judgement, evaluate
from guardrail.errors import Fault, PolicyError, ProfileError
from guardrail.findings import merge_causes
from guardrail.inputs.discovery import STDIN
from guardrail.inputs.parsing import parse_text
from guardrail.inputs.reader import read_inputs
from guardrail.matching import PolicyIndex
from guardrail.model import InputStatus, KubernetesObject, Review
from guardrail.normalise.kubernetes import normalise_kubernetes
from guardrail.normalise.kubernetes.requests import Requests
from guardrail.normalise.terraform import normalise_plan
from guardrail.policy.cases import PATCH_OPERATIONS, apply_patch, laid_over
from guardrail.policy.documents import read_documents
from guardrail.policy.library import compile_library
from guardrail.policy.profile import load_profile, starter
from guardrail.policy.verdicts import CaseResult, Found, PolicyResult, differences, gaps_of
from guardrail.syntax.documents import ParsedDocument
from guardrail.syntax.yaml_text import YamlReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from guardrail.inputs.reader import Inputs
    from guardrail.model import Resource
    from guardrail.policy.cases import Case, CaseFile
    from guardrail.policy.compiled import CompiledPolicy, Library
    from guardrail.policy.library import PolicySource
    from guardrail.policy.profile import Profile
    from guardrail.ports import CelRuntime, Program

__all__ = ["NOW", "CaseRunner", "Remembering"]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""The time by which cases are judged that name none: cases do not depend on the day they are run."""

_INPUT = "input"
_STARTER = "starter"
_BARE = {"apiVersion": "guardrail.dev/v1", "kind": "Profile"}


class Remembering:
    """A runtime that compiles each text once: the same rule is bound to many profiles."""

    def __init__(self, runtime: CelRuntime) -> None:
        self._runtime = runtime
        self._known: dict[str, Program] = {}

    @property
    def name(self) -> str:
        """The name of the runtime behind it."""
        return self._runtime.name

    def compile(self, source: str) -> Program:
        """Raises CompileError."""
        if source not in self._known:
            self._known[source] = self._runtime.compile(source)
        return self._known[source]


class CaseRunner:
    """The cases of one policy.

    `base` is the profile over which each case lays its own, `fixtures` the folders in which files
    are looked for, nearest first. `path` of the source is what faults show.
    """

    def __init__(
        self, source: PolicySource, cases: CaseFile, *, base: Mapping[str, Any] | None, fixtures: Sequence[Path], runtime: CelRuntime
    ) -> None:
        self.cases = cases
        self._source = source
        self._base = _own({**(starter().document if base is None else base), **_BARE}, source)
        self._fixtures = tuple(fixtures)
        self._runtime = runtime if isinstance(runtime, Remembering) else Remembering(runtime)
        self._libraries: dict[str, tuple[Profile, Library]] = {}

    @property
    def policy(self) -> CompiledPolicy:
        """The policy, bound to the profile of the cases. Raises PolicyError, for a profile that does not hold too."""
        policies = self._bound(self._base).policies
        if len(policies) != 1:
            raise PolicyError([Fault(self._source.path, 0, 0, "", f"holds {len(policies)} policies; cases lie beside a file with one")])
        return policies[0]

    def run(self) -> PolicyResult:
        """Every case, and what they do not show together. Raises PolicyError with the faults of all cases that cannot be run."""
        policy = self.policy
        results: list[CaseResult] = []
        faults: list[Fault] = []
        for case in self.cases.cases:
            try:
                results.append(self.check(case))
            except PolicyError as error:
                faults.extend(error.faults)
        if faults:
            raise PolicyError(faults)
        return PolicyResult(policy.name, self.cases.path, tuple(results), gaps_of(policy, self.cases, results))

    def check(self, case: Case, library: Library | None = None) -> CaseResult:
        """One case, by its own library unless another is given. Raises PolicyError where it cannot be run."""
        library = self.library(case) if library is None else library
        resources = self.resources(case)
        found = _found(library.policies[0], self._judged(case, resources, library), resources)
        return CaseResult(case, differences(case, found), frozenset(resource.view["source"] for resource in resources))

    def judge(self, case: Case, library: Library) -> list[Judgement]:
        """What came of each resource of a case."""
        return self._judged(case, self.resources(case), library)

    def _judged(self, case: Case, resources: Iterable[Resource], library: Library) -> list[Judgement]:
        index = PolicyIndex(library)
        return [evaluate(resource, index, Context(now=_now(case))) for resource in resources]

    def library(self, case: Case) -> Library:
        """The policy bound to the profile of a case. Raises PolicyError for a profile that does not hold."""
        return self.bound(case)[1]

    def bound(self, case: Case) -> tuple[Profile, Library]:
        """The profile of a case and the policy bound to it. Raises PolicyError for a profile that does not hold."""
        document = None if case.profile == _STARTER else laid_over(self._base, case.profile)
        key = json.dumps(document, sort_keys=True)
        if key not in self._libraries:
            try:
                profile = starter() if document is None else load_profile([("profile", json.dumps(document))], "profile")
                self._libraries[key] = profile, compile_library([self._source], profile, self._runtime)
            except ProfileError as error:
                faults = [case.fault(f"{fault.where}: {fault.message}", "profile") for fault in error.faults]
                raise PolicyError(faults) from error
        return self._libraries[key]

    def _bound(self, document: Mapping[str, Any]) -> Library:
        try:
            profile = load_profile([("profile", json.dumps(document))], "profile")
            return compile_library([self._source], profile, self._runtime)
        except ProfileError as error:  # its places are those of no file: it was laid together
            told = [f"the profile of the cases: {fault.where}: {fault.message}" for fault in error.faults]
            raise PolicyError([Fault(self.cases.path, 0, 0, "", text) for text in told]) from error

    # ---- inputs

    def resources(self, case: Case) -> tuple[Resource, ...]:
        """What is judged in a case. Raises PolicyError where the input is none."""
        inputs = self._inputs(case)
        profile = self.bound(case)[0]
        facts = profile.facts(now=_now(case), cluster=case.cluster, namespace=case.namespace)
        context = [found for at, beside in enumerate(case.context) for found in self._beside(case, at, beside)]
        made, _ = normalise_kubernetes(inputs.objects, context, facts)
        if case.old is not None and inputs.reviews:
            raise PolicyError([case.fault("a review holds the object before the request itself (oldObject)", "old")])
        if case.old is not None:
            before, _ = normalise_kubernetes([_older(case, found) for found in inputs.objects], context, facts)
            made = [_updated(new, old) for new, old in zip(made, before, strict=True)]
        for plan in inputs.plans:
            made += normalise_plan(plan, facts)[0]
        requests = Requests(context, facts)
        admissions = [requests.admission(review) for review in inputs.reviews if isinstance(review, Review)]
        made += [one.resource for one in admissions if one.resource is not None and not one.not_judged]
        judged = tuple(r for r in made if r.view["operation"] != "none" and r.origin not in inputs.partial)
        if not judged:
            raise PolicyError([case.fault("holds nothing that is judged", _INPUT)])
        return judged

    def _inputs(self, case: Case) -> Inputs:
        if case.file is None:
            return _read(case, _with_patch(case, case.inline), (_INPUT, "inline"))
        inputs = read_inputs([str(self._fixture(case, case.file, (_INPUT,)))])
        _refuse_unread(case, inputs, (_INPUT,))
        if not case.patch:
            return inputs
        whole: list[Any] = [*(found.value for found in inputs.objects), *(plan.value for plan in inputs.plans)]
        whole += _review_documents(self._fixture(case, case.file, (_INPUT,))) if inputs.reviews else []
        if len(whole) != 1:
            raise PolicyError([case.fault(f"a patch needs a file with one object; {case.file} holds {len(whole)}", _INPUT, "patch")])
        return _read(case, _with_patch(case, whole[0]), (_INPUT, "patch"))

    def _beside(self, case: Case, at: int, beside: Any) -> Sequence[KubernetesObject]:
        place = ("context", at)
        if not isinstance(beside, str):
            inputs = _read(case, beside, place)
        else:
            inputs = read_inputs([str(self._fixture(case, beside, place))])
            _refuse_unread(case, inputs, place)
        origin = f"context-{at}"
        return [replace(found, origin=replace(found.origin, path=origin)) for found in inputs.objects]

    def _fixture(self, case: Case, name: str, place: tuple[str | int, ...]) -> Path:
        for folder in self._fixtures:
            if (folder / name).is_file():
                return folder / name
        looked = ", ".join(folder.as_posix() for folder in self._fixtures) or "no fixtures folder"
        raise PolicyError([case.fault(f"no file {name} (looked in {looked})", *place)])


def _with_patch(case: Case, value: Any) -> Any:
    """The input of a case with its patch applied. Raises PolicyError for a path that is not there."""
    return _patched(case, value, case.patch, (_INPUT, "patch"))


def _patched(case: Case, value: Any, patch: Sequence[Mapping[str, Any]], place: tuple[str | int, ...]) -> Any:
    for at, step in enumerate(patch):
        try:
            value = apply_patch(value, [step])
        except LookupError as error:
            known = step["op"] in PATCH_OPERATIONS
            why = f"there is no {step['path']}" if known else f"{step['op']} is none of {', '.join(PATCH_OPERATIONS)}"
            raise PolicyError([case.fault(f"cannot be applied: {why}", *place, at)]) from error
    return value


def _read(case: Case, value: Any, place: tuple[str | int, ...]) -> Inputs:
    """A value as if it were written in a file, so that it is recognised as one is."""
    inputs = read_inputs([STDIN], stdin=io.BytesIO(json.dumps(value).encode()), stdin_filename="case")
    _refuse_unread(case, inputs, place)
    return inputs


def _review_documents(path: Path) -> list[Any]:
    """The documents of a file of reviews as they are written, for a patch to change."""
    documents = parse_text(path.read_text("utf-8"), YamlReader()).documents
    return [document.value for document in documents if isinstance(document, ParsedDocument)]


def _refuse_unread(case: Case, inputs: Inputs, place: tuple[str | int, ...]) -> None:
    unread = [record for record in inputs.records if record.status is not InputStatus.READ]
    if unread or not (inputs.objects or inputs.plans or inputs.reviews):
        reasons = "; ".join(record.reason or "it cannot be read" for record in unread) or "nothing is in it"
        raise PolicyError([case.fault(f"neither an object nor a plan nor a review: {reasons}", *place)])


def _own(document: Mapping[str, Any], source: PolicySource) -> Mapping[str, Any]:
    """A profile without what it says of other policies, which are not there to be checked against."""
    enforcement = document.get("enforcement", {})
    documents, _ = read_documents(source.path, source.text)
    names = [value["metadata"].get("name") for value in (d.value for d in documents) if isinstance(value.get("metadata"), dict)]
    overrides = {key: word for key, word in enforcement.get("overrides", {}).items() if key.partition("/")[0] in names}
    return {**document, "enforcement": {**enforcement, "overrides": overrides}} if enforcement else document


def _older(case: Case, found: KubernetesObject) -> KubernetesObject:
    return replace(found, value=_patched(case, found.value, case.old or (), ("old", "patch")))


def _updated(new: Resource, old: Resource) -> Resource:
    return replace(new, view={**new.view, "operation": "update"}, old_view=old.view, old_object=old.object)


def _now(case: Case) -> datetime:
    return NOW if case.now is None else datetime.fromisoformat(case.now).astimezone(UTC)


def _found(policy: CompiledPolicy, judged: Sequence[Judgement], resources: Sequence[Resource]) -> dict[str, list[Found]]:
    """What every validation came to; the findings tell, and what is nowhere was skipped."""
    found: dict[str, list[Found]] = defaultdict(list, {validation.name: [] for validation in policy.validations})
    for judgement in judged:
        for _, name in judgement.passed:
            found[name].append(Found("pass"))
    for finding in merge_causes((f for judgement in judged for f in judgement.findings), resources, (policy,)):
        who = finding.resource.id if finding.resource else ""
        found[finding.validation].append(Found(finding.outcome.value, finding.action.value, finding.message, finding.remediation, who))
    return dict(found)
