"""What can go wrong in an expression: faults at compile time, errors as values at run time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CompileError", "ErrorKind", "EvaluationError", "EvaluationFault", "Fault"]


class ErrorKind(StrEnum):
    """The classes of run-time errors; messages follow cel-go and may vary, the class does not."""

    CANCELLED = "cancelled"
    CONVERSION = "conversion"
    COST_LIMIT = "cost_limit"
    DEADLINE = "deadline"
    DIVIDE_BY_ZERO = "divide_by_zero"
    DUPLICATE_KEY = "duplicate_key"
    EMPTY_LIST = "empty_list"
    FORMAT = "format"
    INDEX_OUT_OF_BOUNDS = "index_out_of_bounds"
    INDEX_TYPE = "index_type"
    INTERNAL = "internal"
    LIST_ELEMENTS = "list_elements"
    MODULUS_BY_ZERO = "modulus_by_zero"
    NAN_ORDER = "nan_order"
    NETWORK = "network"
    NO_SUCH_ATTRIBUTE = "no_such_attribute"
    NO_SUCH_KEY = "no_such_key"
    NO_SUCH_OVERLOAD = "no_such_overload"
    NOT_ITERABLE = "not_iterable"
    OPTIONAL_NONE = "optional_none"
    OVERFLOW = "overflow"
    QUANTITY = "quantity"
    REGEX = "regex"
    SEMVER = "semver"
    SLICE = "slice"
    TIMEZONE = "timezone"
    TOO_DEEP = "too_deep"
    URL = "url"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of an expression; `line` and `column` count from 1, in code points."""

    line: int
    column: int
    message: str


class CompileError(Exception):
    """An expression does not compile; `faults` holds every fault found, in the order of the text."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("; ".join(f"{fault.line}:{fault.column}: {fault.message}" for fault in self.faults))


class EvaluationError:
    """The result of an expression that cannot be evaluated: a value, never raised and never changed.

    `line` and `column` count from 1 and name the operation that failed; 0 means the expression as a whole.
    """

    __slots__ = ("column", "kind", "line", "message")
    __match_args__ = ("message", "kind", "line", "column")

    def __init__(self, message: str, kind: ErrorKind = ErrorKind.INTERNAL, line: int = 0, column: int = 0) -> None:
        self.message = message  # written out: a frozen dataclass takes three times as long, and absorbed errors are many
        self.kind = kind
        self.line = line
        self.column = column

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EvaluationError):
            return NotImplemented
        return (self.message, self.kind, self.line, self.column) == (other.message, other.kind, other.line, other.column)

    def __hash__(self) -> int:
        return hash((self.message, self.kind, self.line, self.column))

    def __repr__(self) -> str:
        return f"EvaluationError({self.message!r}, {str(self.kind)!r}, line={self.line}, column={self.column})"

    def at(self, line: int, column: int) -> EvaluationError:
        """The same error with a place, unless it has one already (the innermost place is the true one)."""
        return self if self.line else EvaluationError(self.message, self.kind, line, column)


class EvaluationFault(Exception):  # noqa: N818 - a fault becomes an EvaluationError; it is raised by functions only
    """Raised by the implementation of a function; the evaluator turns it into an EvaluationError with a place."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)
