"""Type rules of the comprehension macros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.cel.assignability import substitute
from guardrail.cel.celtype import BOOL, DYN, ERROR, INT, CelType, list_of, map_of, optional_of

if TYPE_CHECKING:
    from guardrail.cel.checker import _Checker
    from guardrail.cel.nodes import Fold, Node

__all__ = ["SORTABLE", "check_fold"]

SORTABLE = frozenset(("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"))
"""Kinds that lists can be sorted by."""


def check_fold(checker: _Checker, node: Fold) -> CelType:
    """The type of a macro."""
    if node.kind == "bind":
        return _bound(checker, node, checker.check(node.range))
    if node.kind in ("optMap", "optFlatMap"):
        return _optional(checker, node)
    given = substitute(checker.bindings, checker.check(node.range))
    checker.locals.append(_variables(checker, node, given))
    result = _KINDS[node.kind](checker, node)
    checker.locals.pop()
    return result if node.kind != "sortBy" else _sorted(checker, node, given)


def _bound(checker: _Checker, node: Fold, value: CelType) -> CelType:
    checker.locals.append({node.names[0]: value})
    result = checker.check(node.body)
    checker.locals.pop()
    return result


def _optional(checker: _Checker, node: Fold) -> CelType:
    given = substitute(checker.bindings, checker.check(node.range))
    value: CelType = DYN
    if given.name == "optional_type":
        value = given.params[0]
    elif given.kind == "param":
        checker.fits(given, optional_of(checker.new_variable()))
    elif given.kind not in ("dyn", "error"):
        checker.fault(node.offset, f"{node.kind}() is a macro of optionals, not of {checker.shown(given)}")
        value = ERROR
    result = _bound(checker, node, value)
    if node.kind == "optMap":
        return optional_of(result)
    if not checker.fits(result, optional_of(checker.new_variable())):
        checker.fault(node.offset, f"optFlatMap() needs an expression that gives an optional, not {checker.shown(result)}")
        return ERROR
    return result


def _variables(checker: _Checker, node: Fold, given: CelType) -> dict[str, CelType]:
    two = len(node.names) > 1
    types: tuple[CelType, ...]
    if given.kind == "list":
        types = (INT, given.params[0]) if two else (given.params[0],)
    elif given.kind == "map":
        types = given.params if two else given.params[:1]
    else:
        fallback = DYN
        if given.kind in ("dyn", "error", "param"):
            checker.fits(DYN, given)
        else:
            checker.fault(node.range.offset, f"{node.kind}() goes over a list or a map, not over {checker.shown(given)}")
            fallback = ERROR
        types = (fallback, fallback)
    return dict(zip(node.names, types, strict=False))


def _truth(checker: _Checker, node: Node) -> None:
    t = checker.check(node)
    if not checker.fits(t, BOOL):
        checker.mismatch(node.offset, BOOL, t)


def _quantifier(checker: _Checker, node: Fold) -> CelType:
    _truth(checker, node.body)
    return BOOL


def _exactly_one(checker: _Checker, node: Fold) -> CelType:
    t = checker.check(node.body)
    if not checker.fits(t, BOOL):
        checker.fault(node.offset, f"the condition of {node.kind}() must be a bool, not {checker.shown(t)}")
    return BOOL


def _condition(checker: _Checker, node: Fold) -> None:
    if node.condition is None:
        return
    t = checker.check(node.condition)
    if not checker.fits(t, BOOL):
        checker.fault(node.offset, f"the condition of {node.kind}() must be a bool, not {checker.shown(t)}")


def _list(checker: _Checker, node: Fold) -> CelType:
    element = checker.new_variable()
    _condition(checker, node)
    t = checker.check(node.body)
    checker.fits(t, element)
    return list_of(element)


def _map(checker: _Checker, node: Fold) -> CelType:
    result = map_of(checker.locals[-1][node.names[0]], checker.new_variable())
    _condition(checker, node)
    checker.fits(checker.check(node.body), result.params[1])
    return result


def _entries(checker: _Checker, node: Fold) -> CelType:
    result = map_of(checker.new_variable(), checker.new_variable())
    _condition(checker, node)
    t = checker.check(node.body)
    if not checker.fits(t, result):
        checker.fault(node.offset, f"transformMapEntry() needs an expression that gives a map, not {checker.shown(t)}")
        return ERROR
    return result


def _sorted(checker: _Checker, node: Fold, given: CelType) -> CelType:
    key = substitute(checker.bindings, node.body.type)
    if key.kind not in SORTABLE and key.kind not in ("dyn", "error", "param"):
        checker.fault(node.offset, f"sortBy() cannot order {checker.shown(key)}; keys are {', '.join(sorted(SORTABLE))}")
        return ERROR
    if key.kind == given.kind == "dyn":
        return DYN  # every overload fits, each with a list of its own
    if not checker.fits(given, wanted := list_of(checker.new_variable())):
        checker.fault(node.offset, f"sortBy() sorts a list, not {checker.shown(given)}")
        return ERROR
    return wanted


_KINDS = {
    "all": _quantifier,
    "exists": _quantifier,
    "exists_one": _exactly_one,
    "map": _list,
    "filter": _list,
    "sortBy": _list,
    "transformList": _list,
    "transformMap": _map,
    "transformMapEntry": _entries,
}
