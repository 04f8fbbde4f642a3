"""The page is current, and what it shows is true."""

from __future__ import annotations

import doctest

import pytest

from guardrail.cel.inventory import LIBRARIES, MACROS
from tests.cel.reference import EXAMPLES, MACRO_EXAMPLES, README, evaluated, examples, page, subjects


def test_the_reference_is_the_one_of_the_inventory() -> None:
    text = README.read_text()
    assert page(text) == text, "python -m tests.cel.reference writes it"


def test_the_examples_of_the_page_are_true() -> None:
    failed, tried = doctest.testfile(str(README), module_relative=False)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("expression", examples(EXAMPLES) + examples(MACRO_EXAMPLES))
def test_an_example_has_a_value(expression: str) -> None:
    assert evaluated(expression)


def test_every_function_has_an_example() -> None:
    shown = subjects()
    named = {overload.function for library in LIBRARIES for overload in library.overloads if overload.function[0].isalpha()}
    missing = {name for name in named if name not in shown}
    assert {name for name in missing if not _is_about_authorisation(name)} == set()


def test_every_macro_has_an_example() -> None:
    text = README.read_text()
    assert [key for key in MACROS if f"`{key.removeprefix('.').split(':')[0]}`" not in text and "*" not in key] == []


def _is_about_authorisation(name: str) -> bool:
    return any(overload.function == name for library in LIBRARIES if ".authz" in library.name for overload in library.overloads)
