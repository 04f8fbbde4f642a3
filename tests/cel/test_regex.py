"""Patterns: RE2 and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from guardrail.cel import CompileError, Environment, ErrorKind, EvaluationError, regex

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing remembered, before and after."""
    remembering = (regex.engine, regex.raw_works, regex.compile_pattern)
    for cached in remembering:
        cached.cache_clear()
    yield
    for cached in remembering:
        cached.cache_clear()


def test_the_raw_match_works_here() -> None:
    assert regex.raw_works()


def test_the_public_call_answers_where_the_raw_match_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "raw_search", lambda _: None)
    pattern = regex.compile_pattern("^a+$")
    assert pattern.search("aaa")
    assert not pattern.search("aab")


def test_a_raw_match_that_answers_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "raw_search", lambda _: lambda _text: True)
    assert not regex.compile_pattern("^b$").search("a")


def test_without_the_package_patterns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "engine", lambda: None)
    environment = Environment({"name": "string", "pattern": "string"})
    with pytest.raises(CompileError, match="invalid matches"):
        environment.compile("name.matches('a')")
    value = environment.compile("name.matches(pattern)").evaluate({"name": "a", "pattern": "a"})
    assert isinstance(value, EvaluationError)
    assert value.kind == ErrorKind.REGEX


def test_nested_repetition_takes_linear_time() -> None:
    program = Environment({"name": "string"}).compile("name.matches('^(a+)+$')")
    started = time.process_time()
    for _ in range(3):
        assert program.evaluate({"name": "a" * 50_000 + "b"}) is False
    assert time.process_time() - started < 1


def test_a_pattern_that_would_take_too_much_memory_is_an_error() -> None:
    value = Environment({"pattern": "string"}).compile("'a'.matches(pattern)").evaluate({"pattern": "((a{1,100}){1,100}){1,100}"})
    assert isinstance(value, EvaluationError)
    assert value.kind == ErrorKind.REGEX


def test_a_text_without_utf_8_form_is_matched() -> None:
    program = Environment({"name": "string"}).compile("name.matches('^.b$')")
    for _ in range(3):
        assert program.evaluate({"name": "\ud800b"}) is True
