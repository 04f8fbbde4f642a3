"""No shipped expression fails on a view that the schema allows, whatever is unset or unknown in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.policy.library import compile_library
from guardrail.policy.profile import starter
from guardrail.ports import EvaluationError
from guardrail.runtimes.builtin import BuiltinRuntime
from guardrail.stores.policy_dir import shipped_folder, shipped_policies
from guardrail.stores.profile_file import read_profile
from guardrail.view.schema import UNBOUNDED, faults_of, sub_fields, unknown_paths, view_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.policy.compiled import CompiledPolicy
    from guardrail.ports import Program
    from guardrail.view.schema import ViewField

LIBRARIES = {
    "profile": compile_library(shipped_policies(), read_profile(str(shipped_folder() / "profiles" / "example.yaml")), BuiltinRuntime()),
    "starter": compile_library(shipped_policies(), starter(), BuiltinRuntime()),
}
UNKNOWNS = st.sampled_from([Unknown(["var.a"]), Unknown(["run:cluster"]), Unknown(["var.a", "var.b"])])
WORDS = st.sampled_from(["", "team", "speech", "train", "eu-north-1", "run:x", "kube-system", "ü", "TBD"])
SCALARS: Mapping[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.sampled_from([0, 1, 2, 64, UNBOUNDED]),
    "double": st.sampled_from([0.0, 0.5, 1.0, 8.0, float(UNBOUNDED)]),
    "string": WORDS,
    "timestamp": st.just("2026-11-24T12:00:00Z"),
}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = st.sampled_from(["team", "project", "environment", "cost-center", "workload-type", "other"])


def values(field: ViewField) -> st.SearchStrategy[Any]:
    known = _known(field)
    return known | UNKNOWNS if field.unknown else known


def _known(field: ViewField) -> st.SearchStrategy[Any]:
    if field.type in {"message", "view"}:
        return views(sub_fields(field), nested=True)
    if field.type.startswith("list<"):
        member = views(field.fields, nested=True) if field.fields else SCALARS[field.type[5:-1]]
        return st.lists(member | UNKNOWNS if field.unknown else member, max_size=2)
    if field.type.startswith("map<"):
        return maps(field)
    return st.sampled_from(field.values) if field.values else SCALARS[field.type]


def maps(field: ViewField) -> st.SearchStrategy[Any]:
    element = field.type[4:-1].split(",", 1)[1].strip()
    if element.startswith("list<"):
        return st.dictionaries(KEYS, st.lists(WORDS, max_size=2), max_size=2)
    entry = SCALARS[element]
    known = st.dictionaries(KEYS, entry | UNKNOWNS if field.unknown else entry, max_size=4)
    if not field.unknown:
        return known
    return known | st.builds(
        lambda entries, maybe, unlisted: PartialMap(entries, maybe=maybe, unlisted=unlisted),
        known,
        st.dictionaries(KEYS, UNKNOWNS, max_size=2),
        st.none() | UNKNOWNS,
    )


@st.composite
def views(draw: st.DrawFn, fields: Mapping[str, ViewField], *, nested: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, field in fields.items():
        if field.type == "view" and (nested or draw(st.booleans())):
            continue
        if field.unset == "absent" and draw(st.booleans()):
            continue
        made[name] = draw(values(field))
    return made


@st.composite
def resources(draw: st.DrawFn, environments: tuple[str, ...]) -> dict[str, Any]:
    view = draw(views(view_fields()))
    view["environment"] = draw(st.sampled_from([*environments, "default"]))
    view["unknown"] = unknown_paths(view)
    return view


def programs(policy: CompiledPolicy) -> Iterator[tuple[str, Program]]:
    for condition in policy.match_conditions:
        yield condition.name, condition.program
    for validation in policy.validations:
        yield validation.name, validation.program
        for kind, program in (("measure", validation.on_update.measure), ("when", validation.applies_when)):
            if program is not None:
                yield f"{validation.name}/{kind}", program
        for at, softened in enumerate(validation.warn_when):
            yield f"{validation.name}/warnWhen[{at}]", softened


def messages(policy: CompiledPolicy, found: Mapping[str, Any]) -> Iterator[tuple[str, Program]]:
    """The expressions of messages and remedies are worked out only where the validation does not hold."""
    for validation in policy.validations:
        for program in (validation.message_program, validation.remediation_program):
            if program is not None and found[validation.name] is False:
                yield f"{validation.name}/message", program


def evaluated(policy: CompiledPolicy, view: Mapping[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    scope = {"resource": view, "oldResource": view, "params": policy.params, "variables": variables, "now": NOW}
    for variable in policy.variables:
        variables[variable.name] = variable.program.evaluate(scope)
    found = {name: program.evaluate(scope) for name, program in programs(policy)}
    return found | {name: program.evaluate(scope) for name, program in messages(policy, found)}


@pytest.mark.parametrize("name", sorted(LIBRARIES))
@settings(max_examples=60)
@given(data=st.data())
def test_no_expression_fails(name: str, data: st.DataObject) -> None:
    library = LIBRARIES[name]
    view = data.draw(resources(library.environments))
    assert faults_of(view) == []
    for policy in library.policies:
        if policy.dormant:
            continue
        failed = {place: value for place, value in evaluated(policy, view).items() if isinstance(value, EvaluationError)}
        assert failed == {}, policy.name


@pytest.mark.parametrize("name", sorted(LIBRARIES))
@settings(max_examples=60)
@given(data=st.data())
def test_conditions_and_validations_are_true_false_or_unknown(name: str, data: st.DataObject) -> None:
    library = LIBRARIES[name]
    view = data.draw(resources(library.environments))
    for policy in library.policies:
        if policy.dormant:
            continue
        for place, value in evaluated(policy, view).items():
            wanted = {"measure": int | float | list | Unknown, "message": str | Unknown}.get(place.rpartition("/")[2], bool | Unknown)
            assert isinstance(value, wanted), (policy.name, place)
