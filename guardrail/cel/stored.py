"""Programs as bytes: what a cache on disk keeps, so that a later run neither parses nor checks.

The bytes are those of `marshal` and hold code: load them only from where nobody else can write, and keep them apart by the version of this
package. Bytes of another Python are refused. What only a compiled program has is compiled when it is asked for.
"""

from __future__ import annotations

import marshal
import sys
from typing import TYPE_CHECKING, Any

from guardrail.cel.cost import call_cost
from guardrail.cel.errors import ErrorKind, EvaluationError
from guardrail.cel.fast import Unsupported, generate
from guardrail.cel.fast_code import FastCode
from guardrail.cel.fast_helpers import counted, plain
from guardrail.cel.program import Program
from guardrail.cel.reads import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.cel.declarations import Overload

__all__ = ["dump", "load"]

_HEADER = ("guardrail.cel", 2, sys.implementation.cache_tag)


def dump(program: Program) -> bytes | None:
    """The bytes of a program; None where it has no generated code or holds a constant that has no such form."""
    try:
        code = generate(program.planner(), program.tree)
        compiled = code.compiled()
        errors = {place: (error.message, str(error.kind), error.line, error.column) for place, error in code.errors(compiled).items()}
        constants = {name: value for name, value in code.constants.items() if name not in code.recipes}
        reads = [(read.path, read.line, read.column) for read in program.reads]
        return marshal.dumps((_HEADER, program.source, reads, compiled, constants, code.recipes, code.literals, errors))
    except (Unsupported, RecursionError, MemoryError, SyntaxError, ValueError):
        return None


def load(data: bytes, source: str, functions: Mapping[str, tuple[Overload, ...]], compiled: Callable[[], Program]) -> Program | None:
    """The program of some bytes; None where they are of another text, Python or format. `compiled` makes what they do not hold."""
    try:
        header, text, reads, code, constants, recipes, literals, errors = marshal.loads(data)  # noqa: S302 - the caller vouches for the bytes
    except (EOFError, ValueError, TypeError):
        return None
    if header != _HEADER or text != source:
        return None
    known = {place: EvaluationError(message, ErrorKind(kind), line, column) for place, (message, kind, line, column) in errors.items()}
    stored = FastCode("", constants, recipes, literals, code, known=known)
    return _Stored(source, tuple(Read(*read) for read in reads), stored, functions, compiled)


class _Stored(Program):
    """A program that knows its generated code only; everything else is compiled when it is first needed."""

    def __init__(
        self,
        text: str,
        reads: tuple[Read, ...],
        code: FastCode,
        functions: Mapping[str, tuple[Overload, ...]],
        compiled: Callable[[], Program],
    ) -> None:
        self._text = text
        self._reads = reads
        self._roots = frozenset(read.path[0] for read in reads)
        self._fast = None
        self._errors = code.known
        self._stored = code
        self._functions = functions
        self._compiled = compiled

    @property
    def source(self) -> str:
        """The text."""
        return self._text

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_tree" in self.__dict__:
            raise AttributeError(name)
        self.__dict__ = self._compiled().__dict__ | self.__dict__
        return getattr(self, name)

    def _warm(self) -> Any:
        constants = self._stored.constants | {name: _made(recipe, self._functions) for name, recipe in self._stored.recipes.items()}
        self._fast = FastCode("", constants, {}, self._stored.literals, self._stored.code).function()
        return self._fast


def _made(recipe: tuple[Any, ...], functions: Mapping[str, tuple[Overload, ...]]) -> Any:
    """A constant that is no plain value."""
    kind, name, overloads = recipe
    if kind == "pattern":
        from guardrail.cel.regex import compile_pattern  # noqa: PLC0415 - only patterns pay for RE2

        return compile_pattern(name).search
    from guardrail.cel.calls import function_of  # noqa: PLC0415 - few programs call the library

    function = function_of(functions, name, overloads)
    return counted(function, call_cost(name, overloads)) if kind == "call" else plain(function, int(kind.removeprefix("plain")))
