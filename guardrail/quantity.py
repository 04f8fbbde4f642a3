"""Kubernetes quantities (`1500m`, `2Gi`, `1e3`) as exact rationals.

The rules are those of `resource.Quantity` of the API server, its oddities included, so that a
text means here what it will mean there.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

__all__ = ["QuantityError", "parse_quantity"]

_FORM = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?P<suffix>[eEinumkKMGTP]*(?P<exponent>[+-]?[0-9]*))", re.ASCII)
_EXPONENT = re.compile(r"[eE][+-]?[0-9]+", re.ASCII)
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = 10**9
_LARGEST_BINARY = Fraction(2**63 - 1)
_LONGEST = 256  # characters
_LARGEST_EXPONENT = 400  # beyond any double; stops a short text from becoming a number of a million digits


class QuantityError(ValueError):
    """A value is no Kubernetes quantity; the text says what is wrong with it."""


def parse_quantity(value: object) -> Fraction:
    """The exact amount that a quantity means: `1500m` is 3/2, `1Ki` is 1024, `1E` is 10^18, `1E3` is 1000.

    Takes text and the numbers that YAML and JSON readers make of plain scalars. Raises
    QuantityError. Amounts finer than a billionth are rounded away from zero to it, and binary
    amounts stop at 2^63 - 1, as in the API server, which also cuts white space around the text and
    reads a missing number before a suffix as zero.
    """
    if isinstance(value, str):
        return _bounded(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise QuantityError(f"{_kind(value)} is no quantity; write a number such as 1, 500m or 2Gi")
    if isinstance(value, int):
        return Fraction(value)
    return _bounded(repr(value))


def _bounded(text: str) -> Fraction:
    if len(text) > _LONGEST:
        raise QuantityError(f"a quantity of {len(text)} characters is too long")
    return _parse(text)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {bool: "true or false", list: "a list", dict: "a map"}
    return names.get(type(value), type(value).__name__)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Fraction:
    trimmed = text.strip()
    if not trimmed:
        raise QuantityError("an empty text is no quantity")
    found = _FORM.fullmatch(trimmed)
    if found is None:
        raise QuantityError(f"{trimmed!r} is no quantity; write a number with a suffix such as m, k, M, G, Ki, Mi or Gi")
    digits, part = found["whole"] or "", found["part"] or ""
    amount = Fraction(int(digits + part or "0"), 10 ** len(part))
    scaled = _scale(trimmed, amount, found["suffix"])
    return -scaled if found["sign"] == "-" else scaled


def _scale(text: str, amount: Fraction, suffix: str) -> Fraction:
    if suffix in _BINARY:
        return min(_round_up(amount * 2 ** _BINARY[suffix]), _LARGEST_BINARY)
    exponent = _DECIMAL.get(suffix)
    if exponent is None:
        if _EXPONENT.fullmatch(suffix) is None:
            raise QuantityError(f"{text!r} is no quantity: the suffix {suffix!r} does not exist (n, u, m, k, M, G, T, P, E, Ki to Ei, e3)")
        exponent = int(suffix[1:])
    if not amount:
        return amount
    if abs(exponent) > _LARGEST_EXPONENT:
        raise QuantityError(f"{text!r} is no quantity: its exponent is too large")
    return _round_up(amount * Fraction(10) ** exponent)


def _round_up(amount: Fraction) -> Fraction:
    if _NANO % amount.denominator == 0:
        return amount
    return Fraction(-(-amount.numerator * _NANO // amount.denominator), _NANO)
