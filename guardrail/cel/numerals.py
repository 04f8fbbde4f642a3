"""Numbers to text and back, as the Go standard library does it (strconv), because cel-go's texts come from there."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.values import INT_MAX, INT_MIN, UINT_MAX, UInt

__all__ = ["format_double", "format_plain", "parse_double", "parse_int", "parse_uint"]

_INT = re.compile(r"[+-]?[0-9]+", re.ASCII)
_UINT = re.compile(r"[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HEX = re.compile(
    r"[+-]?0[xX](?=[0-9a-fA-F_.])_?[0-9a-fA-F]*(?:_[0-9a-fA-F]+)*(?:\.[0-9a-fA-F]*(?:_[0-9a-fA-F]+)*)?[pP][+-]?[0-9]+", re.ASCII
)
_SPECIAL = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}
_FIRST_LARGE_EXPONENT = 6
_FIRST_SMALL_EXPONENT = -4
_MAX_DIGITS = 40
"""More digits than any 64-bit number has, leading zeros aside: int() need not look at them (it is quadratic)."""


def _conversion(text: str, target: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.CONVERSION, f"type conversion error from 'string' to '{target}': {text[:40]!r}")


def parse_int(text: str) -> int:
    """strconv.ParseInt(text, 10, 64). Raises EvaluationFault."""
    digits = text.lstrip("+-").lstrip("0")
    if not _INT.fullmatch(text) or len(digits) > _MAX_DIGITS:
        raise _conversion(text, "int")
    number = int(text)
    if not INT_MIN <= number <= INT_MAX:
        raise _conversion(text, "int")
    return number


def parse_uint(text: str) -> UInt:
    """strconv.ParseUint(text, 10, 64). Raises EvaluationFault."""
    if not _UINT.fullmatch(text) or len(text.lstrip("0")) > _MAX_DIGITS or int(text) > UINT_MAX:
        raise _conversion(text, "uint")
    return UInt(text)


def parse_double(text: str) -> float:
    """strconv.ParseFloat(text, 64): no spaces; out of range is an error. Raises EvaluationFault."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    special = _SPECIAL.get(unsigned.lower())
    if special is not None and (unsigned.lower() != "nan" or unsigned == text):
        return -special if text[:1] == "-" else special
    if _DECIMAL.fullmatch(text):
        number = float(text)
    elif _HEX.fullmatch(text):
        try:
            number = float.fromhex(text.replace("_", ""))
        except OverflowError:
            number = math.inf
    else:
        raise _conversion(text, "double")
    if math.isinf(number):
        raise _conversion(text, "double")
    return number


def _special(number: float) -> str | None:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    return None


def format_double(number: float) -> str:
    """strconv.FormatFloat(number, 'g', -1, 64): what string(double) gives."""
    special = _special(number)
    if special is not None:
        return special
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent) - 1 if number else 0
    if _FIRST_SMALL_EXPONENT <= point < _FIRST_LARGE_EXPONENT:
        return format_plain(number)
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if point < 0 else '+'}{abs(point):02d}"


def format_plain(number: float) -> str:
    """strconv.FormatFloat(number, 'f', -1, 64): the shortest digits without an exponent."""
    special = _special(number)
    if special is not None:
        return special
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
