"""What an undecided finding says, and what makes it known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardrail.undecided import remedy_of, words_of
from guardrail.view.schema import sub_fields, view_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.view.schema import ViewField


def may_be_unknown(fields: Mapping[str, ViewField]) -> Iterator[str]:
    for field in fields.values():
        if field.unknown:
            yield field.path
        elif field.type == "message":
            yield from may_be_unknown(sub_fields(field))


@pytest.mark.parametrize("source", ["kubernetes", "terraform"])
@pytest.mark.parametrize("path", sorted(may_be_unknown(view_fields())))
def test_every_field_that_may_be_unknown_has_words_of_its_own(path: str, source: str) -> None:
    assert " " in words_of(path, source)
    assert not {".", "_"} & set(words_of(path, source))


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        pytest.param("tags.cost-center", "kubernetes", "the label cost-center", id="one label"),
        pytest.param("tags.cost-center", "terraform", "the tag cost-center", id="one tag"),
        pytest.param("tags", "terraform", "its tags", id="all tags"),
        pytest.param("declared.checkpoint-uri", "kubernetes", "what it declares", id="a key of a map is told as its map"),
        pytest.param("a.b", "kubernetes", "a.b", id="a path that the view does not have is told as it is"),
    ],
)
def test_what_is_not_known_is_told_in_the_words_of_the_platform(path: str, source: str, words: str) -> None:
    assert words_of(path, source) == words


@pytest.mark.parametrize(
    ("references", "source", "part"),
    [
        pytest.param(["Deployment a/b (not in this run)"], "kubernetes", "--context", id="an object beside the run is to be given"),
        pytest.param(["${N} is filled in later"], "kubernetes", "rendered", id="a placeholder is to be filled in"),
        pytest.param(["/spec/template/spec/containers (not written)"], "kubernetes", "write it", id="what is left out is to be written"),
        pytest.param(["aws_instance.a instance type (not written)"], "terraform", "write it", id="so it is in a plan that is cut short"),
        pytest.param(["ResourceClaimTemplate one-gpu"], "kubernetes", "claim yourself", id="nothing that is written makes a claim known"),
        pytest.param(
            ["provider.aws.eu", "type aws_lambda_function"], "terraform", "in the provider block or on the resource", id="a provider"
        ),
        pytest.param(["provider.azapi", "type azapi_resource"], "terraform", "location on the resource", id="a provider without places"),
        pytest.param(["launch template lt-1"], "terraform", "together with its launch template", id="a launch template elsewhere"),
        pytest.param(["random_shuffle.region.result"], "terraform", "known when the plan is made", id="what comes after apply"),
        pytest.param(["instance type z9.large"], "terraform", "", id="a gap of the catalogue has the remedy of the rule"),
        pytest.param(["ConfigMap train"], "kubernetes", "", id="a value elsewhere has the remedy of the rule"),
    ],
)
def test_the_remedy_of_what_is_undecided_makes_it_known(references: list[str], source: str, part: str) -> None:
    remedy = remedy_of(references, source)
    assert part in remedy
    assert bool(part) == bool(remedy)
