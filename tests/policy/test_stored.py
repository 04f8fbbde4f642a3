"""Libraries as bytes: what comes back is what was compiled, policy by policy, when it is wanted."""

from __future__ import annotations

import marshal
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardrail.matching import PolicyIndex
from guardrail.policy.compiled import Library, StoredPolicies
from guardrail.policy.library import compile_library
from guardrail.policy.profile import load_profile, starter
from guardrail.policy.stored import dump_rules, load_rules
from guardrail.runtimes.builtin import ALONE, BuiltinRuntime
from guardrail.stores.policy_dir import shipped_policies
from tests.policy.samples import RUNTIME, policy, profile, validation

if TYPE_CHECKING:
    from guardrail.policy.profile import Profile
    from guardrail.ports import Program


def again(library: Library, given: Profile) -> tuple[Profile, Library]:
    data = dump_rules(given, library, RUNTIME)
    assert data is not None
    found = load_rules(data, BuiltinRuntime())
    assert found is not None
    return found


def plain(value: Any) -> Any:
    """A value in which programs are their texts and what they read, so that two libraries can be compared."""
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, {entry.name: plain(getattr(value, entry.name)) for entry in fields(value)}
    if hasattr(value, "reads"):
        return value.source, value.reads
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, StoredPolicies)):
        return [plain(member) for member in value]
    return type(value).__name__, value


@pytest.mark.parametrize("given", [pytest.param(starter(), id="without a profile"), pytest.param(profile(), id="with a profile")])
def test_the_shipped_library_comes_back_as_it_was(given: Profile) -> None:
    library = compile_library(shipped_policies(), given, RUNTIME)
    profile_again, library_again = again(library, given)
    assert plain(library_again) == plain(library)
    assert (profile_again.document, profile_again.info, profile_again.is_starter) == (given.document, given.info, given.is_starter)


def test_every_program_of_the_shipped_library_is_stored_as_code() -> None:
    library = compile_library(shipped_policies(), starter(), RUNTIME)
    programs = [program for one in library.policies for program in _programs(one)]
    assert programs
    kept = [RUNTIME.keep(program) for program in programs]
    assert all(found is not None and found[1] is not None for found in kept)


def _programs(value: Any) -> list[Any]:
    if hasattr(value, "reads"):
        return [value]
    members = [getattr(value, entry.name) for entry in fields(value)] if is_dataclass(value) and not isinstance(value, type) else []
    members = list(value) if isinstance(value, tuple) else members
    return [program for member in members for program in _programs(member)]


def test_nothing_is_compiled_and_only_what_matches_is_made() -> None:
    sources = [policy("jobs", match={"classes": ["batch"]}), policy("pools", match={"classes": ["pool"]})]
    data = dump_rules(profile(), compile_library(sources, profile(), RUNTIME), RUNTIME)
    assert data is not None
    runtime = BuiltinRuntime()
    found = load_rules(data, runtime)
    assert found is not None
    index = PolicyIndex(found[1])
    matching = index.matching({"source": "kubernetes", "class": "batch", "operation": "create", "kind": "Job"})
    assert [one.name for one in matching] == ["jobs"]
    assert matching[0].validations[0].program.evaluate({"resource": {"units": {"max": 3}}}) is True
    assert "environment" not in vars(runtime)
    made = found[1].policies
    assert isinstance(made, StoredPolicies)
    assert list(made._made) == [0]  # noqa: SLF001 - that the other was not made is the point


def test_a_program_without_bytes_is_compiled_from_its_text() -> None:
    source = policy(validations=[validation(expression="[1u] == [1u] && resource.units.max < 10")])
    library = compile_library([source], profile(), RUNTIME)
    assert RUNTIME.keep(library.policies[0].validations[0].program) == (library.policies[0].validations[0].program.source, None)  # type: ignore[attr-defined]
    program = again(library, profile())[1].policies[0].validations[0].program
    assert program.evaluate({"resource": {"units": {"max": 30}}}) is False


def test_values_of_every_json_type_come_back_in_parameters() -> None:
    values = {"default": {"a": [1, 2.5, "x", None, True, {"b": []}], "": {}}}
    source = policy(params={"max": {"from": "replicas.max", "type": "object", "default": values}})
    assert again(compile_library([source], profile(), RUNTIME), profile())[1].policies[0].params["max"] == values


def test_programs_of_another_engine_are_not_stored() -> None:
    class Foreign:
        reads = ()

    assert RUNTIME.keep(cast("Program", Foreign())) is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"nonsense", id="no marshal"),
        pytest.param(marshal.dumps(1), id="a number"),
        pytest.param(marshal.dumps((1, 2)), id="too few parts"),
        pytest.param(marshal.dumps(({"hash": "x"}, [], [], {}, None, True)), id="a library that lacks parts"),
        pytest.param(marshal.dumps(({}, [(99, 1)], [], {}, None, True)), id="a kind of record that there is not"),
    ],
)
def test_other_bytes_are_no_library(data: bytes) -> None:
    assert load_rules(data, RUNTIME) is None


def test_a_profile_of_several_files_comes_back_as_one() -> None:
    head = "apiVersion: guardrail.dev/v1\nkind: Profile\n"
    files = [("p/a.yaml", f"{head}environments: {{aliases: {{dev: [d], prod: []}}}}"), ("p/b.yaml", f"{head}clusters: []")]
    given = load_profile(files, "p")
    found = again(compile_library([policy()], given, RUNTIME), given)[0]
    assert found.document == given.document
    assert found.environments == ("dev", "prod")


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_function_that_is_loaded_alone_is_the_whole_function(name: str) -> None:
    runtime = BuiltinRuntime()
    assert runtime.environment.functions[name] == runtime._functions[name]  # noqa: SLF001 - what restored programs call
