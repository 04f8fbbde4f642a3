"""The surface: an environment compiles expressions, a program evaluates one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel import wellknown
from guardrail.cel.blocks import BLOCK_MACROS
from guardrail.cel.celtype import CelType, parse_type
from guardrail.cel.checker import Scope, check
from guardrail.cel.declarations import Library, Overload, group
from guardrail.cel.errors import CompileError, Fault
from guardrail.cel.exact import Options
from guardrail.cel.inventory import LATEST, MACROS, available, constants, overloads
from guardrail.cel.parser import parse
from guardrail.cel.program import Program
from guardrail.cel.unchecked import resolve_names
from guardrail.cel.validators import too_deep, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Environment"]


class Environment:
    """What expressions may use: variables with their types, functions, and the Kubernetes version they are for.

    `variables` maps a name (dots allowed) to a type (`"dyn"`, `"map(string, dyn)"`, `"list(int)"`, an object type of `types`).
    `types` maps the name of an object type to its fields. `functions` are further libraries. `version` is the Kubernetes version
    that `Program.minimum_version` is measured against; with `strict=True` what it lacks does not compile
    (functions, macros, quoted fields, literals of mixed types, more than 250 levels).
    `specification=True` is the language definition where Kubernetes differs from it: map keys, getMilliseconds(), the later format().
    `folded=False` leaves constants to be computed (and charged) at run time.
    """

    def __init__(  # noqa: PLR0913 - one keyword per thing that an environment declares
        self,
        variables: Mapping[str, str | CelType] | None = None,
        *,
        types: Mapping[str, Mapping[str, str | CelType]] | None = None,
        functions: Iterable[Library] = (),
        version: str = LATEST,
        strict: bool = False,
        specification: bool = False,
        container: str = "",
        folded: bool = True,
    ) -> None:
        self.version = version
        self._specification = specification
        self._folded = folded
        found = [*overloads(specification=specification), *(overload for library in functions for overload in library.overloads)]
        self._macros = frozenset(MACROS) | (BLOCK_MACROS if specification else frozenset())
        self._strict = strict
        self._quoted = not strict
        if strict:
            found = [overload for overload in found if available(overload.since, overload.until, version)]
            self._macros = frozenset(key for key, since in MACROS.items() if available(since, "", version))
        self._functions: Mapping[str, tuple[Overload, ...]] = group(found)
        self._scope = Scope(
            variables={name: _type(t) for name, t in (variables or {}).items()},
            functions=self._functions,
            constants=constants(),
            objects=wellknown.FIELDS | {name: {key: _type(t) for key, t in fields.items()} for name, fields in (types or {}).items()},
            container=container,
            mixed_literals=True,
        )

    @property
    def functions(self) -> Mapping[str, tuple[Overload, ...]]:
        """Every function that compiles here."""
        return self._functions

    def compile(self, source: str) -> Program:
        """Raises CompileError with every fault."""
        tree, text = parse(source, macros=self._macros, quoted=self._quoted)
        faults: list[Fault] = []
        try:
            check(tree, text, self._scope, faults)
            if self._strict and too_deep(tree):
                faults.append(Fault(1, 1, "max recursion depth exceeded"))
            if not faults:
                validate(tree, text, faults, specification=self._specification, homogeneous=self._strict)
            if faults:
                raise CompileError(faults)
            return Program(tree, text, Options(self._functions, specification=self._specification, folded=self._folded))
        except RecursionError:
            raise CompileError([Fault(1, 1, "expression nested too deeply")]) from None

    def load(self, data: bytes, source: str) -> Program:
        """The program that `Program.dump` of an equal environment wrote for a text; compiled where the bytes are of no use.

        The bytes hold code: load them only from where nobody else can write.
        """
        from guardrail.cel.stored import load  # noqa: PLC0415 - few programs are stored

        return load(data, source, self._functions, lambda: self.compile(source)) or self.compile(source)

    def compile_unchecked(self, source: str) -> Program:
        """Without the type rules: what a name or call means is then decided when it is evaluated. Raises CompileError."""
        tree, text = parse(source, macros=self._macros)
        resolve_names(tree, self._scope)
        return Program(tree, text, Options(self._functions, unchecked=self._scope, specification=self._specification, folded=self._folded))


def _type(declared: str | CelType) -> CelType:
    return parse_type(declared) if isinstance(declared, str) else declared
