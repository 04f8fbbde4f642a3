"""A generated function as source, and how it becomes a function."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from guardrail.cel.fast_errors import errors_by_instruction
from guardrail.cel.fast_helpers import HELPERS

if TYPE_CHECKING:
    from guardrail.cel.errors import EvaluationError

__all__ = ["FastCode"]


@dataclass(slots=True)
class FastCode:
    """A generated function: its source and its constants.

    `literals` stand in the source as texts of their names and are put in after compilation: what every evaluation reads is then read from
    the code itself, not from a dictionary. `constants` are the other ones, the function's globals.
    """

    source: str
    constants: dict[str, Any]
    recipes: dict[str, tuple[Any, ...]]
    """How to make again those constants that are functions: `("call", name, overloads)`, the same with
    `"plain1"` (and other numbers of operands), or `("pattern", text, ())`."""
    literals: dict[str, Any]
    code: CodeType | None = None
    """The source compiled, if it is at hand."""
    marks: dict[str, EvaluationError] = field(default_factory=dict)
    """Names of keys, each read in one place, with the error that it is where a map lacks the key."""
    known: dict[int, EvaluationError] | None = None
    """What `errors` says, where the source is not at hand."""

    def function(self) -> Any:
        """The function, of the bindings and the cost limit."""
        code = self.code or self.compiled()
        literals = self.literals
        constants = tuple(literals.get(constant, constant) if type(constant) is str else constant for constant in code.co_consts)
        return FunctionType(code.replace(co_consts=constants), HELPERS | self.constants if self.constants else HELPERS)

    def compiled(self) -> CodeType:
        """The code of the function, its literals not put in yet. The source is generated from the checked tree alone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of what CEL allows and Python finds odd: `null[0]`, `1 is not M`
            module = compile(self.source, "<cel>", "exec")
        return next(constant for constant in module.co_consts if isinstance(constant, CodeType))

    def errors(self, function: CodeType) -> dict[int, EvaluationError]:
        """The error that a KeyError is which was raised at an instruction of the function, by the instruction's offset."""
        return errors_by_instruction(function, self.source, self.marks) if self.known is None else self.known
