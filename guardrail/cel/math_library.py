"""The math extension library. Not in Kubernetes."""

from __future__ import annotations

import math
from typing import Any

from guardrail.cel.declarations import NEVER, Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.operators import compare
from guardrail.cel.values import INT_MAX, INT_MIN, UINT_MAX, UInt

__all__ = ["MATH"]

MATH = Library("math", since=NEVER)

_WORD = 64
_NUMERIC = ("int", "uint", "double")
_NAMES = {"int": "int", "uint": "uint", "double": "double"}


def _least(a: Any, b: Any) -> Any:
    """The lesser of two numbers."""
    return b if compare(a, b) > 0 else a


def _greatest(a: Any, b: Any) -> Any:
    """The greater of two numbers."""
    return b if compare(a, b) < 0 else a


def _least_of(items: list[Any]) -> Any:
    """The least of a list of numbers."""
    return _fold(items, _least, "math.@min")


def _greatest_of(items: list[Any]) -> Any:
    """The greatest of a list of numbers."""
    return _fold(items, _greatest, "math.@max")


def _fold(items: list[Any], choose: Any, name: str) -> Any:
    if not items:
        raise EvaluationFault(ErrorKind.EMPTY_LIST, f"{name}(list) argument must not be empty")
    chosen = items[0]
    for item in items[1:]:
        chosen = choose(chosen, item)
    if type(chosen) not in (int, UInt, float):
        raise EvaluationFault(ErrorKind.NO_SUCH_OVERLOAD, f"no such overload: {name}")
    return chosen


def _same(value: Any) -> Any:
    """The number itself."""
    return value


def _extremes() -> None:
    for name, pair, several in (("least", _least, _least_of), ("greatest", _greatest, _greatest_of)):
        short = "min" if name == "least" else "max"
        for left in _NUMERIC:
            MATH.add(f"math.{name}({left}) -> {left}", f"math_@{short}_{left}", _same)
            MATH.add(f"math.{name}(list({left})) -> {left}", f"math_@{short}_list_{left}", several)
            for right in _NUMERIC:
                result = left if left == right else "dyn"
                MATH.add(f"math.{name}({left}, {right}) -> {result}", f"math_@{short}_{left}_{right}", pair)


_extremes()


def _whole(function: Any) -> Any:
    """A rounding that keeps the sign of a zero, as Go's does: what is rounded to zero from below is -0.0."""
    return lambda value: math.copysign(float(function(value)), value) if math.isfinite(value) else value


def _round(value: float) -> float:
    """Half away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value) if abs(value) < 2**52 else value


MATH.add("math.ceil(double) -> double", "math_ceil_double", _whole(math.ceil), doc="Rounded up")
MATH.add("math.floor(double) -> double", "math_floor_double", _whole(math.floor), doc="Rounded down")
MATH.add("math.round(double) -> double", "math_round_double", _whole(_round), doc="Rounded to the nearest, halves away from zero")
MATH.add("math.trunc(double) -> double", "math_trunc_double", _whole(math.trunc), doc="Rounded towards zero")
MATH.add("math.isInf(double) -> bool", "math_isInf_double", math.isinf, doc="Whether it is infinite")
MATH.add("math.isNaN(double) -> bool", "math_isNaN_double", math.isnan, doc="Whether it is no number")
MATH.add("math.isFinite(double) -> bool", "math_isFinite_double", math.isfinite, doc="Whether it is neither")


def _abs_int(value: int) -> int:
    """The absolute value."""
    if value == INT_MIN:
        raise EvaluationFault(ErrorKind.OVERFLOW, "integer overflow")
    return abs(value)


def _sign(value: Any) -> Any:
    """-1, 0 or 1, of the same type."""
    if type(value) is float:
        return value if math.isnan(value) else float((value > 0) - (value < 0))
    sign = (value > 0) - (value < 0)
    return UInt(sign) if type(value) is UInt else sign


def _sqrt(value: Any) -> float:
    """The square root, NaN of a negative number."""
    number = float(value)
    return math.nan if number < 0 or math.isnan(number) else math.sqrt(number)


MATH.add("math.abs(double) -> double", "math_abs_double", abs, doc="The absolute value")
MATH.add("math.abs(int) -> int", "math_abs_int", _abs_int)
MATH.add("math.abs(uint) -> uint", "math_abs_uint", _same)
for _kind in _NUMERIC:
    MATH.add(f"math.sign({_kind}) -> {_kind}", f"math_sign_{_kind}", _sign)
    MATH.add(f"math.sqrt({_kind}) -> double", f"math_sqrt_{_kind}", _sqrt)


def _signed(bits: int) -> int:
    bits &= UINT_MAX
    return bits - 2**_WORD if bits > INT_MAX else bits


def _shift_left(value: Any, count: int) -> Any:
    """The bits moved up."""
    if count < 0:
        raise EvaluationFault(ErrorKind.CONVERSION, f"math.bitShiftLeft() negative offset: {count}")
    bits = 0 if count >= _WORD else (int(value) << count) & UINT_MAX
    return UInt(bits) if type(value) is UInt else _signed(bits)


def _shift_right(value: Any, count: int) -> Any:
    """The bits moved down, zeros moved in."""
    if count < 0:
        raise EvaluationFault(ErrorKind.CONVERSION, f"math.bitShiftRight() negative offset: {count}")
    bits = 0 if count >= _WORD else (int(value) & UINT_MAX) >> count
    return UInt(bits) if type(value) is UInt else _signed(bits)


def _bits() -> None:
    for kind, wrap in (("int", int), ("uint", UInt)):
        add = MATH.add
        add(
            f"math.bitAnd({kind}, {kind}) -> {kind}",
            f"math_bitAnd_{kind}_{kind}",
            lambda a, b, w=wrap: w(int(a) & int(b)),
            doc="Bits of both",
        )
        add(
            f"math.bitOr({kind}, {kind}) -> {kind}",
            f"math_bitOr_{kind}_{kind}",
            lambda a, b, w=wrap: w(int(a) | int(b)),
            doc="Bits of either",
        )
        add(
            f"math.bitXor({kind}, {kind}) -> {kind}",
            f"math_bitXor_{kind}_{kind}",
            lambda a, b, w=wrap: w(int(a) ^ int(b)),
            doc="Bits of one only",
        )
        add(f"math.bitShiftLeft({kind}, int) -> {kind}", f"math_bitShiftLeft_{kind}_int", _shift_left)
        add(f"math.bitShiftRight({kind}, int) -> {kind}", f"math_bitShiftRight_{kind}_int", _shift_right)
    MATH.add("math.bitNot(int) -> int", "math_bitNot_int_int", lambda a: ~a, doc="The other bits")
    MATH.add("math.bitNot(uint) -> uint", "math_bitNot_uint_uint", lambda a: UInt(int(a) ^ UINT_MAX), doc="The other bits")


_bits()
