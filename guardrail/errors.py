"""What can go wrong, and whose fault it is.

GuardrailError
├── ConfigError      a flag or a configuration file is wrong                 operator
├── ProfileError     the organisation profile does not load                  operator
├── PolicyError      a policy does not load                                  author of the policy
└── InputError       an input cannot be read                                 author of the input

Loading raises one error that holds every fault. Evaluating never raises: a rule that cannot be
evaluated is an `Evaluation` with outcome `error`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ConfigError", "Fault", "GuardrailError", "InputError", "PolicyError", "ProfileError"]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a file, with its place and the way out.

    `line` and `column` count from 1; 0 means that the file as a whole is meant. `where` is the
    YAML path of the value (`spec.validations[0].expression`) or empty. `excerpt` is the source
    text to show under the message, and `caret` the column in it (from 1, 0: no caret).
    """

    path: str
    line: int
    column: int
    where: str
    message: str
    excerpt: str = ""
    caret: int = 0

    def __str__(self) -> str:
        place = self.path if not self.line else f"{self.path}:{self.line}:{self.column or 1}"
        head = ": ".join(part for part in (place, self.where, self.message) if part)
        if not self.excerpt:
            return head
        mark = f"\n    {' ' * (self.caret - 1)}^" if self.caret else ""
        return f"{head}\n    {self.excerpt}{mark}"


class GuardrailError(Exception):
    """Base of all errors of guardrail; its text can be shown to a user as it is."""


class ConfigError(GuardrailError):
    """A flag or a configuration file is wrong."""


class _FaultsError(GuardrailError):
    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProfileError(_FaultsError):
    """The organisation profile does not load; `faults` lists everything that is wrong with it."""


class PolicyError(_FaultsError):
    """Policies do not load; `faults` lists everything that is wrong with them."""


class InputError(_FaultsError):
    """An input cannot be read; the run goes on with the others."""
