"""`string.format(list)`.

Kubernetes has the first form of this function, whose numbers follow the locale en-US (`12,345.679`, `3.140000×10⁰⁰`); the language
specification describes a later one. Both are here; the environment chooses.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.numerals import format_plain
from guardrail.cel.timestamps import timestamp_text
from guardrail.cel.values import BoolKey, Duration, Timestamp, TypeValue, UInt, keys_of, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Clause", "clauses", "format_kubernetes", "format_specification"]

_CLAUSE = re.compile(r"(?P<precision>\.[0-9]*)?(?P<letter>.)?", re.DOTALL | re.ASCII)
_LETTERS = frozenset("sdfebxXo")
_DEFAULT_PRECISION = 6
_MAX_PRECISION = 10_000
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SPECIAL_TEXTS = frozenset(("NaN", "Infinity", "-Infinity"))
TEXT_TYPES = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"


@dataclass(frozen=True, slots=True)
class Clause:
    """`%.3f`: letter and precision (-1: not given)."""

    letter: str
    precision: int


def _fault(message: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.FORMAT, message)


def clauses(text: str, count: int) -> Iterator[str | Clause]:
    """Literal parts and clauses of a format string with `count` arguments. Raises EvaluationFault."""
    at = used = 0
    while (percent := text.find("%", at)) >= 0:
        yield text[at:percent]
        if text[percent + 1 : percent + 2] == "%":
            yield "%"
            at = percent + 2
            continue
        if used >= count:
            raise _fault(f"index {used} out of range")
        used += 1
        match = _CLAUSE.match(text, percent + 1)
        assert match is not None
        yield _clause(match)
        at = match.end()
    yield text[at:]


def _clause(match: re.Match[str]) -> Clause:
    letter, precision = match["letter"], match["precision"]
    if letter is None:
        if precision is None:
            raise _fault("unexpected end of string")
        raise _fault("could not parse formatting clause: error while parsing precision: could not find end of precision specifier")
    if precision == ".":
        raise _fault('could not parse formatting clause: error while parsing precision: error while converting precision to integer: ""')
    if letter not in _LETTERS:
        raise _fault(f'could not parse formatting clause: unrecognized formatting clause "{letter}"')
    digits = int(precision[1:10]) if precision else -1
    if digits > _MAX_PRECISION:
        raise _fault(f"precision {digits} is over the limit of {_MAX_PRECISION}")
    return Clause(letter, digits)


def _formatted(text: str, args: list[Any], table: dict[str, Callable[[Any, Clause], str]]) -> str:
    parts, index = [], 0
    for part in clauses(text, len(args)):
        if isinstance(part, str):
            parts.append(part)
        else:
            parts.append(table[part.letter](args[index], part))
            index += 1
    return "".join(parts)


def _refused(what: str, value: Any) -> EvaluationFault:
    return _fault(f"error during formatting: {what}, was given {type_name(value)}")


# -- what both forms share


def _binary(value: Any, _: Clause) -> str:
    if type(value) is bool:
        return "1" if value else "0"
    if type(value) in (int, UInt):
        return format(int(value), "b")
    raise _refused("only integers and bools can be formatted as binary", value)


def _octal(value: Any, _: Clause) -> str:
    if type(value) in (int, UInt):
        return format(int(value), "o")
    raise _refused("octal clause can only be used on integers", value)


def _hexadecimal(value: Any, clause: Clause) -> str:
    if type(value) in (int, UInt):
        text = format(int(value), "x")
    elif type(value) is str:
        text = value.encode("utf-8", "surrogatepass").hex()
    elif type(value) is bytes:
        text = value.hex()
    else:
        raise _refused("only integers, byte buffers, and strings can be formatted as hex", value)
    return text.upper() if clause.letter == "X" else text


def _utf8(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _fault("error during formatting: invalid UTF-8 in bytes") from None


def _rounded(value: float, precision: int) -> str:
    """Fixed digits; the exact value is rounded, halves to even, as in Go."""
    return format(value, f".{precision}f")


# -- Kubernetes


def _plain_text(value: Any, clause: Clause) -> str:
    del clause
    return _text(value)


def _text(value: Any) -> str:
    from guardrail.cel.stdlib import text_of  # noqa: PLC0415 - the standard library needs this module's neighbours

    if value is None:
        return "null"
    if isinstance(value, list):
        return "[" + ", ".join(map(_member, value)) + "]"
    if isinstance(value, dict):
        return _entries(value)
    if type(value) is bytes:
        return _utf8(value)
    if type(value) is TypeValue:
        return value.name
    if type(value) in (bool, int, UInt, float, str, Duration, Timestamp):
        return text_of(value)
    raise _refused(f"string clause can only be used on {TEXT_TYPES}", value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _member(value: Any) -> str:
    """A value inside a list or map."""
    if type(value) is str:
        return _quoted(value)
    if type(value) is bytes:
        return "b" + _quoted(_utf8(value))
    if type(value) is float:
        if math.isfinite(value):
            return _rounded(value, _DEFAULT_PRECISION)
        return _quoted("NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf")
    if type(value) is Timestamp or type(value) is Duration:
        return f"{'timestamp' if type(value) is Timestamp else 'duration'}({_quoted(_text(value))})"
    if value is None or isinstance(value, (list, dict)) or type(value) in (bool, int, UInt, TypeValue):
        return _text(value)
    raise _fault(f"error during formatting: no formatting function for {type_name(value)}")


def _entries(value: dict[Any, Any]) -> str:
    pairs = []
    for key, item in zip(keys_of(value), value.values(), strict=True):
        if type(key) not in (str, bool, int, UInt):
            raise _fault(f"error during formatting: no formatting function for map key of type {type_name(key)}")
        pairs.append((_member(key), _member(item)))
    pairs.sort(key=lambda pair: pair[0])
    return "{" + ", ".join(f"{key}:{item}" for key, item in pairs) + "}"


def _decimal(value: Any, _: Clause) -> str:
    if type(value) in (int, UInt):
        return str(int(value))
    raise _refused("decimal clause can only be used on integers", value)


def _number(value: Any, what: str) -> float:
    if type(value) is float:
        return value
    if type(value) is str and value in _SPECIAL_TEXTS:
        return float(value)
    raise _refused(f"{what} clause can only be used on doubles", value)


def _special(number: float) -> str | None:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    return None


def _fixed(value: Any, clause: Clause) -> str:
    number = _number(value, "fixed-point")
    precision = _DEFAULT_PRECISION if clause.precision < 0 else clause.precision
    special = _special(number)
    if special is not None:
        return special
    digits = _rounded(number, precision)
    whole, dot, fraction = digits.lstrip("-").partition(".")
    return ("-" if digits.startswith("-") else "") + f"{int(whole):,}" + dot + fraction


def _scientific(value: Any, clause: Clause) -> str:
    number = _number(value, "scientific")
    special = _special(number)
    if special is not None:
        return special
    mantissa, _, exponent = format(number, f".{_DEFAULT_PRECISION}e").partition("e")
    sign = "-" if exponent.startswith("-") else ""
    # Kubernetes takes the precision of %e for a width
    return f"{mantissa}×10{(sign + exponent[1:]).translate(_SUPERSCRIPTS)}".rjust(clause.precision)


_KUBERNETES: dict[str, Callable[[Any, Clause], str]] = {
    "s": _plain_text,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "x": _hexadecimal,
    "X": _hexadecimal,
    "o": _octal,
}


def format_kubernetes(text: str, args: list[Any]) -> str:
    """Fill in the clauses %s %d %f %e %b %x %X %o."""
    return _formatted(text, args, _KUBERNETES)


# -- the specification


def _infinite(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return None


def _spec_text(value: Any, clause: Clause) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_spec_text(item, clause) for item in value) + "]"
    if isinstance(value, dict):
        pairs = sorted(
            (_spec_text(key, clause), _spec_text(item, clause)) for key, item in zip(keys_of(value), value.values(), strict=True)
        )
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if type(value) is float:
        return _infinite(value) or format_plain(value)
    if type(value) is Timestamp:
        return timestamp_text(Timestamp(value.nanos))
    if type(value) is BoolKey:
        value = bool(value.value)
    return _text(value)


def _spec_decimal(value: Any, clause: Clause) -> str:
    if type(value) is float:
        return _infinite(value) or format_plain(value)
    if type(value) in (int, UInt):
        return str(int(value))
    del clause
    raise _refused("decimal clause can only be used on numbers", value)


def _spec_fixed(value: Any, clause: Clause) -> str:
    if type(value) is not float:
        if type(value) not in (int, UInt):
            raise _refused("fixed-point clause can only be used on numbers", value)
        value = float(value)
    return _infinite(value) or _rounded(value, _DEFAULT_PRECISION if clause.precision < 0 else clause.precision)


def _spec_scientific(value: Any, clause: Clause) -> str:
    if type(value) is not float:
        if type(value) not in (int, UInt):
            raise _refused("scientific clause can only be used on numbers", value)
        value = float(value)
    return _infinite(value) or format(value, f".{_DEFAULT_PRECISION if clause.precision < 0 else clause.precision}e")


_SPECIFICATION = _KUBERNETES | {"s": _spec_text, "d": _spec_decimal, "f": _spec_fixed, "e": _spec_scientific}


def format_specification(text: str, args: list[Any]) -> str:
    """Fill in the clauses %s %d %f %e %b %x %X %o."""
    return _formatted(text, args, _SPECIFICATION)
