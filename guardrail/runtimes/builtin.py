"""The engine of `guardrail.cel`, told what rules may read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from guardrail.ports import CompileError
from guardrail.view.schema import declares, sub_fields, view_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.cel import Environment
    from guardrail.cel.program import Program as OwnProgram
    from guardrail.ports import Program, Read
    from guardrail.view.schema import ViewField

__all__ = ["ALONE", "BuiltinRuntime"]

_VIEW = "guardrail.View"
_VARIABLES = {
    "resource": _VIEW,
    "oldResource": _VIEW,
    "params": "map(string, dyn)",
    "variables": "map(string, dyn)",
    "now": "timestamp",
    "object": "dyn",
    "oldObject": "dyn",
}
_LISTS_AND_MAPS = (("list<", "list"), ("map<", "map"))


class BuiltinRuntime:
    """The engine of our own: rules are checked against the types of the view when they are loaded."""

    name = "guardrail"

    def __init__(self) -> None:
        self._functions = _Functions()

    @cached_property
    def environment(self) -> Environment:
        """Made when something has to be compiled: a run with stored programs may need none."""
        from guardrail.cel import Environment  # noqa: PLC0415 - parser, checker and library are half of the time of a short run

        return Environment(_VARIABLES, types=_types())

    def compile(self, source: str) -> Program:
        try:
            return self.environment.compile(source)
        except CompileError:
            unchecked = self.environment.compile_unchecked(source)  # raises where the syntax is to blame
            if any(_undeclared(read) for read in unchecked.reads):
                return unchecked  # the policy compiler refuses what it reads, by name and with what was meant
            raise

    def keep(self, program: Program) -> tuple[str, bytes | None] | None:
        from guardrail.cel.program import Program as OwnProgram  # noqa: PLC0415 - as above

        return (program.source, program.dump()) if isinstance(program, OwnProgram) else None

    def restore(self, source: str, data: bytes | None) -> Program:
        from guardrail.cel.stored import load  # noqa: PLC0415 - as above

        def compiled() -> OwnProgram:
            return self.environment.compile(source)

        found = load(data, source, self._functions, compiled) if data is not None else None
        return found if found is not None else compiled()


ALONE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("_+_", "double", "int", "matches", "startsWith", "endsWith", "contains", "size"), ("stdlib", "STANDARD")),
    **dict.fromkeys(("join", "lowerAscii", "replace", "split", "trim"), ("extensions", "STRINGS")),
    **dict.fromkeys(("editDistance", "nearest", "show"), ("own", "OWN")),
}
"""Functions that rules often call and that only one library has, with its module and its name: the other libraries need not be loaded."""


class _Functions(Mapping[str, Any]):
    """The functions of the environment, loaded when they are asked for: few programs call one, and none needs the compiler."""

    def __init__(self) -> None:
        self._alone: dict[str, Any] = {}

    @cached_property
    def _every(self) -> Mapping[str, Any]:
        from guardrail.cel.declarations import group  # noqa: PLC0415 - as above
        from guardrail.cel.inventory import overloads  # noqa: PLC0415 - as above

        return group(overloads())

    def __getitem__(self, name: str) -> Any:
        library = ALONE.get(name)
        if library is None:
            return self._every[name]
        found = self._alone.get(name)
        if found is None:
            module, called = library
            declared = getattr(import_module(f"guardrail.cel.{module}"), called).overloads
            found = self._alone[name] = tuple(overload for overload in declared if overload.function == name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._every)

    def __len__(self) -> int:
        return len(self._every)


def _undeclared(read: Read) -> bool:
    root, *path = read.path
    return root not in _VARIABLES or (root in {"resource", "oldResource"} and declares(path) is not None)


def _types() -> dict[str, dict[str, str]]:
    """The view, its messages and the elements of its lists as object types."""
    types = {_VIEW: _fields(view_fields())}
    todo = [field for field in view_fields().values() if field.fields]
    while todo:
        field = todo.pop()
        types[_name(field)] = _fields(sub_fields(field))
        todo.extend(inner for inner in field.fields.values() if inner.fields)
    return types


def _fields(fields: Mapping[str, ViewField]) -> dict[str, str]:
    return {name: _type(field) for name, field in fields.items()}


def _name(field: ViewField) -> str:
    return f"guardrail.{'.'.join(part.title().replace('_', '') for part in field.path.split('.'))}"


def _type(field: ViewField) -> str:
    if field.type == "view":
        return _VIEW  # without target and autoscaler of its own, which reading one would find missing
    if field.type == "message":
        return _name(field)
    if field.type == "list<message>":
        return f"list({_name(field)})"
    for written, kind in _LISTS_AND_MAPS:
        if field.type.startswith(written):
            return f"{kind}({field.type[len(written) : -1].replace('list<', 'list(').replace('>', ')')})"
    return field.type
