"""The names of time zones, the same on every machine: a slim container has no database of them."""

from __future__ import annotations

from functools import cache

from guardrail.catalogue.tables import rows_of

__all__ = ["timezones"]


@cache
def timezones() -> frozenset[str]:
    """The names of the IANA time zone database (release 2025b), links included."""
    return frozenset(name for (name,) in rows_of("timezones.tsv"))
