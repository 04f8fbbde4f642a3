"""Resource quantities: `quantity("1.5Gi")`.

Held exactly as `unscaled * 10^scale`. As in the API server, a value is small (64 bits, exact) or large (arbitrary digits): only a
small one converts to an integer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from guardrail.cel.declarations import Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.values import INT_MAX, INT_MIN, Opaque

__all__ = ["QUANTITY", "Quantity", "parse_quantity"]

QUANTITY = Library("kubernetes.quantity", since="1.28")

_SHAPE = re.compile(r"([+-]?)(0*)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*)([-+]?)([0-9]*)", re.ASCII)
_DECIMAL = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE][+-]?[0-9]{1,10}", re.ASCII)
_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_NANO = -9
_MAX_DIGITS = 18
_NEAR = 30
"""Powers of ten that are cheaper to compute than to avoid."""

_MAX_SHIFT = 4000
"""Powers of ten that two quantities may be apart and still be added: beyond it the sum would have absurdly many digits."""


class Quantity(Opaque):
    """A quantity; `exact` is whether it is held in 64 bits."""

    __slots__ = ("exact", "scale", "unscaled")

    type_name = "kubernetes.Quantity"

    def __init__(self, unscaled: int, scale: int, *, exact: bool) -> None:
        self.unscaled = unscaled
        self.scale = scale
        self.exact = exact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.order(other) == 0

    def __hash__(self) -> int:
        digits = str(abs(self.unscaled)).rstrip("0")
        return hash((Quantity, self.unscaled > 0, digits, self._magnitude()))

    def __repr__(self) -> str:
        return f"quantity({self.unscaled}e{self.scale})"

    def _magnitude(self) -> int:
        """The decimal exponent of the first digit, comparable without computing powers."""
        return len(str(abs(self.unscaled))) + self.scale if self.unscaled else INT_MIN

    def order(self, other: Quantity) -> int:
        """-1, 0 or 1."""
        if self.scale == other.scale:
            return _sign(self.unscaled - other.unscaled)
        if abs(self.scale - other.scale) <= _NEAR:
            low = min(self.scale, other.scale)
            return _sign(self.unscaled * 10 ** (self.scale - low) - other.unscaled * 10 ** (other.scale - low))
        sign, other_sign = _sign(self.unscaled), _sign(other.unscaled)
        if sign != other_sign or not sign:
            return _sign(sign - other_sign)
        if (mine := self._magnitude()) != (theirs := other._magnitude()):
            return sign if mine > theirs else -sign
        low = min(self.scale, other.scale)
        return _sign(self.unscaled * 10 ** (self.scale - low) - other.unscaled * 10 ** (other.scale - low))

    def plus(self, other: Quantity) -> Quantity:
        """The sum. Raises EvaluationFault."""
        if not other.unscaled:
            return self
        if not self.unscaled:
            return other
        low = min(self.scale, other.scale)
        if max(self.scale, other.scale) - low > _MAX_SHIFT:
            raise EvaluationFault(ErrorKind.QUANTITY, "quantities are too far apart to be added")
        total = self.unscaled * 10 ** (self.scale - low) + other.unscaled * 10 ** (other.scale - low)
        return Quantity(total, low, exact=self.exact and other.exact and INT_MIN <= total <= INT_MAX)

    def integer(self) -> int | None:
        """The value as an integer of 64 bits, or None."""
        if not self.exact or self.scale < 0 or self._magnitude() > _MAX_DIGITS + 2:
            return None
        value = self.unscaled * 10**self.scale
        return value if INT_MIN <= value <= INT_MAX else None

    def approximate(self) -> float:
        """The nearest double, roughly, as the API server computes it."""
        return float(self.unscaled) * float(f"1e{max(-400, min(400, self.scale))}")


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _fault(message: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.QUANTITY, message)


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> Quantity:
    """The quantity of a text, by the rules of the API server. Raises EvaluationFault."""
    match = _SHAPE.fullmatch(text)
    if not text or match is None:
        raise _fault(_WRONG)
    if match[3] == "" and match[4] is None and match[5] == "" and match[6] == "" and match[7] == "":
        return Quantity(0, 0, exact=True)
    suffix = match[5] + match[6] + match[7]
    whole, fraction = match[3] or "0", match[4] or ""
    if len(whole) + len(fraction) > _MAX_SHIFT:
        raise _fault("unable to parse numeric part of quantity")
    number = int(whole + fraction) * (-1 if match[1] == "-" else 1)
    exact = suffix in _DECIMAL and _DECIMAL[suffix] - len(fraction) >= _NANO
    if not (match[2] or match[3] or fraction) and not exact and (suffix not in _BINARY or match[4]):
        raise _fault("unable to parse numeric part of quantity")
    if suffix in _BINARY:
        return _binary(number, len(whole), len(fraction), _BINARY[suffix])
    if suffix in _DECIMAL:
        exponent = _DECIMAL[suffix]
    elif _EXPONENT.fullmatch(suffix):
        exponent = _wrapped(int(suffix[1:]))
    else:
        raise _fault("unable to parse quantity's suffix")
    scale = exponent - len(fraction)
    if len(whole) + len(fraction) <= _MAX_DIGITS and scale >= _NANO:
        return Quantity(number, scale, exact=True)
    return _rounded(number, scale)


def _wrapped(exponent: int) -> int:
    """An exponent in the 32 bits that the API server keeps."""
    return (exponent + 2**31) % 2**32 - 2**31


def _binary(number: int, digits: int, fraction: int, power: int) -> Quantity:
    value = number << power
    if not fraction and 15 - digits - int(power * 3 / 10) - 1 >= 0:
        return Quantity(value, 0, exact=True)
    large = _rounded(value, -fraction)
    limit = Quantity(INT_MAX, 0, exact=False)
    if Quantity(abs(large.unscaled), large.scale, exact=False).order(limit) > 0:
        return Quantity(_sign(large.unscaled) * INT_MAX, 0, exact=False)
    return large


def _rounded(number: int, scale: int) -> Quantity:
    """A large quantity: not finer than a billionth, rounded away from zero."""
    if scale >= _NANO:
        return Quantity(number, scale, exact=False)
    drop = _NANO - scale
    if drop > len(str(abs(number))):
        return Quantity(_sign(number), _NANO, exact=False)
    divisor = 10**drop
    return Quantity(_sign(number) * -(-abs(number) // divisor), _NANO, exact=False)


@QUANTITY.function("isQuantity(string) -> bool", "is_quantity_string")
def _is_quantity(text: str) -> bool:
    """Whether a text is a quantity."""
    try:
        parse_quantity(text)
    except EvaluationFault:
        return False
    return True


@QUANTITY.function("(kubernetes.Quantity).asInteger() -> int", "quantity_get_int")
def _as_integer(quantity: Quantity) -> int:
    """The value as an integer; an error if it is none or too large."""
    value = quantity.integer()
    if value is None:
        raise _fault("cannot convert value to integer")
    return value


def _register() -> None:
    kind = "kubernetes.Quantity"
    add = QUANTITY.add
    add(f"quantity(string) -> {kind}", "string_to_quantity", parse_quantity)
    add(f"sign({kind}) -> int", "quantity_sign", lambda q: _sign(q.unscaled), doc="-1, 0 or 1")
    add(
        f"({kind}).isGreaterThan({kind}) -> bool",
        "quantity_is_greater_than",
        lambda q, other: q.order(other) > 0,
        doc="Whether it is greater",
    )
    add(f"({kind}).isLessThan({kind}) -> bool", "quantity_is_less_than", lambda q, other: q.order(other) < 0, doc="Whether it is less")
    add(f"({kind}).compareTo({kind}) -> int", "quantity_compare_to", Quantity.order, doc="-1, 0 or 1")
    add(
        f"({kind}).asApproximateFloat() -> double", "quantity_get_float", Quantity.approximate, doc="The value as a double, perhaps rounded"
    )
    add(f"({kind}).isInteger() -> bool", "quantity_is_integer", lambda q: q.integer() is not None, doc="Whether asInteger() works")
    add(f"({kind}).add({kind}) -> {kind}", "quantity_add", Quantity.plus, doc="Sum")
    add(f"({kind}).add(int) -> {kind}", "quantity_add_int", lambda q, n: q.plus(Quantity(n, 0, exact=True)), doc="Sum with an integer")
    add(f"({kind}).sub({kind}) -> {kind}", "quantity_sub", _minus, doc="Difference")
    add(
        f"({kind}).sub(int) -> {kind}", "quantity_sub_int", lambda q, n: q.plus(Quantity(-n, 0, exact=True)), doc="Difference to an integer"
    )


def _minus(quantity: Quantity, other: Any) -> Quantity:
    return quantity.plus(Quantity(-other.unscaled, other.scale, exact=other.exact))


_register()
