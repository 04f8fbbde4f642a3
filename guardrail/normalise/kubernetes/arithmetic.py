"""Sums and products of exact numbers of which some are unknown; products stop at the view's UNBOUNDED."""

from __future__ import annotations

from fractions import Fraction
from typing import overload

from guardrail.cel.unknown import Unknown
from guardrail.view.schema import UNBOUNDED

__all__ = ["Exact", "double", "largest", "least", "plus", "times"]

Exact = int | Fraction
"""Whole numbers stay int: they are the rule, and an order of magnitude faster."""


@overload
def plus(left: int | Unknown, right: int | Unknown) -> int | Unknown: ...
@overload
def plus(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown: ...
def plus(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown:
    """The sum; unknown where a summand is."""
    if isinstance(left, Unknown):
        return left | right if isinstance(right, Unknown) else left
    return right if isinstance(right, Unknown) else left + right


@overload
def times(left: int | Unknown, right: int | Unknown) -> int | Unknown: ...
@overload
def times(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown: ...
def times(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown:
    """The product; nought times an unknown number is nought."""
    if isinstance(left, Unknown):
        if isinstance(right, Unknown):
            return left | right
        return left if right else 0
    if isinstance(right, Unknown):
        return right if left else 0
    product = left * right
    return min(product, UNBOUNDED)


@overload
def largest(left: int | Unknown, right: int | Unknown) -> int | Unknown: ...
@overload
def largest(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown: ...
def largest(left: Exact | Unknown, right: Exact | Unknown) -> Exact | Unknown:
    """The larger number; unknown where one is."""
    if isinstance(left, Unknown):
        return left | right if isinstance(right, Unknown) else left
    return right if isinstance(right, Unknown) or right > left else left


def least(left: int | Unknown, right: int | Unknown) -> int | Unknown:
    """The smaller number; nought is the smallest there is, whatever the other may be."""
    if isinstance(left, Unknown):
        if isinstance(right, Unknown):
            return left | right
        return left if right else 0
    if isinstance(right, Unknown):
        return right if left else 0
    return min(left, right)


def double(number: Exact | Unknown) -> float | Unknown:
    """A number as the view holds it, rounded to a millionth."""
    if isinstance(number, Unknown):
        return number
    return float(number if isinstance(number, int) else round(number, 6))
