"""Reads the packaged tables: tab-separated, comments first, then a header."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows_of"]


def rows_of(name: str) -> Iterator[list[str]]:
    """The rows of a table of `guardrail/catalogue/data`, without its comments and its header."""
    text = resources.files("guardrail.catalogue").joinpath("data", name).read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    next(rows)
    return rows
