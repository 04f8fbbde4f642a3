"""Unrendered templates: text that another tool turns into manifests."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["RENDER_HELM", "TemplateMark", "application_tag", "find_placeholder", "find_template"]

# Statements of Go templates (Helm) and names that only Helm provides; comments count too.
_GO = re.compile(
    r"\{\{-?\s*(?:(?:if|else|range|with|end|define|template|include|block|tpl|toYaml|range)\b|/\*|[^{}]*\.(?:Values|Release|Chart|Capabilities|Files)\b)"
)
_JINJA = re.compile(r"\{%-?\s*(?:if|elif|else|for|set|block|include|extends|macro|import|from|raw|end[a-z]+)\b|\{#-? ")
_ERB = re.compile(r"<%[-=#]?\s")
_PLACEHOLDER = re.compile(
    r"\{\{-?[^{}\n]{0,200}\}\}|(?<![\w$])\{[A-Za-z_]\w*\}|<[A-Z][A-Z0-9_-]+>|\$\{[A-Za-z_]\w*\}|%[sdv]\b|__[A-Z][A-Z0-9_]+__|@[A-Z][A-Z0-9_]+@"
)
_TAG = re.compile(r"(?:^|[:\-,\[]\s+)(![A-Za-z][\w.:/-]*)", re.MULTILINE)

RENDER_HELM = "render it first: helm template CHART | guardrail lint -"


@dataclass(frozen=True, slots=True)
class TemplateMark:
    """A sign of a template: where it is in the text and what to do about it."""

    offset: int
    text: str
    advice: str


def find_template(text: str) -> TemplateMark | None:
    """The first statement of a template language, if there is one; mere placeholders are none."""
    found = [
        TemplateMark(match.start(), match[0], advice)
        for pattern, advice in (
            (_GO, RENDER_HELM),
            (_JINJA, "render it first and lint the result"),
            (_ERB, "render it first and lint the result"),
        )
        if (match := pattern.search(text))
    ]
    return min(found, key=lambda mark: mark.offset, default=None)


def find_placeholder(text: str) -> str | None:
    """A placeholder such as `{{ name }}`, `${NAME}` or `<NAME>` in a line of text."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def application_tag(text: str) -> tuple[int, str] | None:
    """The first YAML tag that belongs to an application (`!Ref`), with its offset."""
    found = _TAG.search(text)
    return (found.start(1), found[1]) if found else None
