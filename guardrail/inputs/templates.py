"""Unrendered templates: text that another tool turns into manifests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "RENDER_HELM",
    "TemplateMark",
    "application_tag",
    "find_placeholder",
    "find_template",
    "find_template_near",
    "find_template_of_comments",
]

# Statements of Go templates (Helm) and names that only Helm provides; comments count too.
_GO = re.compile(
    r"\{\{-?\s*(?:(?:if|else|range|with|end|define|template|include|block|tpl|toYaml|range)\b|/\*|[^{}]*\.(?:Values|Release|Chart|Capabilities|Files)\b)"
)
_JINJA = re.compile(r"\{%-?\s*(?:if|elif|else|for|set|block|include|extends|macro|import|from|raw|end[a-z]+)\b|\{#-? ")
# Directives of Terraform's templatefile.
_TERRAFORM = re.compile(r"%\{~?\s*(?:if|else|endif|for|endfor)\b")
# Directives of ytt live in comments: the text around them is valid YAML, whose values are not there yet.
# Indented ones may be a template that an object carries for others.
_YTT = re.compile(r"^#@(?:[a-z]+/[a-z-]+|[ \t]*(?:load|def|if|for|end)\b)", re.MULTILINE)
_ERB = re.compile(r"<%[-=#]?\s")
_PLACEHOLDER = re.compile(
    r"\{\{-?[^{}\n]{0,200}\}\}|(?<![\w$])\{[A-Za-z_]\w*\}|<[A-Z][A-Z0-9_-]+>|\$\{[A-Za-z_]\w*\}|%[sdv]\b|__[A-Z][A-Z0-9_]+__|@[A-Z][A-Z0-9_]+@"
)
_SEPARATOR = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_TAG = re.compile(r"(?:^|[:\-,\[]\s+)(![A-Za-z][\w.:/-]*)", re.MULTILINE)

_RENDER = "render it first and lint the result"
RENDER_HELM = "render it first: helm template CHART | guardrail lint -"


@dataclass(frozen=True, slots=True)
class TemplateMark:
    """A sign of a template: where it is in the text and what to do about it."""

    offset: int
    text: str
    advice: str


def find_template(text: str) -> TemplateMark | None:
    """The first statement of a template language, if there is one; mere placeholders are none."""
    return _first_statement(text, 0, len(text))


def find_template_near(text: str, lines: Sequence[int]) -> TemplateMark | None:
    """The first statement of a template language in the YAML documents that these lines, from 1, belong to.

    Other documents of the text may carry templates for others in peace.
    """
    cuts = [0, *(found.start() for found in _SEPARATOR.finditer(text)), len(text)]
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    offsets = {starts[min(line, len(starts)) - 1] for line in lines}
    found = [
        mark
        for start, end in pairwise(cuts)
        # A parser notices what is wrong at the end of a document as late as the first line behind it.
        if any(start <= offset <= end for offset in offsets) and (mark := _first_statement(text, start, end))
    ]
    return found[0] if found else None


def _first_statement(text: str, start: int, end: int) -> TemplateMark | None:
    found = [
        TemplateMark(match.start(), match[0], advice)
        for pattern, advice in (
            (_GO, RENDER_HELM),
            (_JINJA, _RENDER),
            (_ERB, _RENDER),
            (_TERRAFORM, _RENDER),
        )
        if (match := pattern.search(text, start, end))
    ]
    return min(found, key=lambda mark: mark.offset, default=None)


def find_template_of_comments(text: str) -> TemplateMark | None:
    """The first directive of a template language whose templates are valid YAML (ytt)."""
    found = _YTT.search(text) if "#@" in text else None
    return None if found is None else TemplateMark(found.start(), found[0], "render it first: ytt -f DIR | guardrail lint -")


def find_placeholder(text: str) -> str | None:
    """A placeholder such as `{{ name }}`, `${NAME}` or `<NAME>` in a line of text."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def application_tag(text: str) -> tuple[int, str] | None:
    """The first YAML tag that belongs to an application (`!Ref`), with its offset."""
    found = _TAG.search(text)
    return (found.start(1), found[1]) if found else None
