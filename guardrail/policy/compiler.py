"""One policy document checked and its expressions compiled, independent of any profile.

Every fault is collected: a wrong key does not hide a wrong expression below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardrail.policy.catalogue import CATALOGUE
from guardrail.policy.schema import did_you_mean, is_schema, schema_faults, unknown_path, value_faults
from guardrail.ports import CompileError
from guardrail.view.schema import declares, field_at, sub_fields, view_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from guardrail.errors import Fault
    from guardrail.policy.documents import Path, SourceDocument
    from guardrail.ports import CelRuntime, Program, Read

__all__ = ["IMPLICIT_PARAMS", "CheckedPolicy", "check_policy", "param_schema"]

IMPLICIT_PARAMS = ("clusters", "environments", "gpu_system_namespaces", "system_namespaces")
"""Parameters that every policy gets without declaring them."""

_BINDING_WORDS = frozenset({"from", "required", "optional", "by", "default"})
_VARIABLES = ("now", "oldResource", "params", "resource", "variables")
_KUBERNETES_ONLY = frozenset({"object", "oldObject"})
_PARAM_TYPES = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_NOT_READ = (
    (("match", "kubernetes"), "resource rules of Kubernetes are not read by this version"),
    (("selfDeclared",), "declared approvals are not read by this version"),
    (("forEach",), "run-level validations are not read by this version"),
)


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A policy document without faults, with the program of every expression by its YAML path."""

    document: SourceDocument
    name: str
    spec: Mapping[str, Any]
    programs: Mapping[Path, Program]


@dataclass(frozen=True, slots=True)
class _Site:
    """An expression in a policy: where it stands and what it may read."""

    path: Path
    source: str
    variables: tuple[str, ...] | None  # None: match conditions run before variables exist
    targets: frozenset[str]


def check_policy(document: SourceDocument, runtime: CelRuntime) -> tuple[CheckedPolicy | None, list[Fault]]:
    """The policy of a document, or None with everything that is wrong with it."""
    faults = [document.fault(path, message, at_key=at_key) for path, message, at_key in schema_faults(document.value, "policy")]
    spec = _map(_map(document.value).get("spec"))
    faults.extend(_static_faults(document, spec))
    params = {*_map(spec.get("params")), *IMPLICIT_PARAMS}
    programs: dict[Path, Program] = {}
    for site in _sites(spec):
        try:
            program = runtime.compile(site.source)
        except CompileError as error:
            faults.extend(document.text_fault(site.path, fault.line, fault.column, fault.message) for fault in error.faults)
            continue
        programs[site.path] = program
        faults.extend(_read_faults(document, site, program.reads, params))
    if faults:
        return None, faults
    return CheckedPolicy(document, document.value["metadata"]["name"], spec, programs), []


def param_schema(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a parameter, without the words that say where it comes from."""
    return {key: value for key, value in declared.items() if key not in _BINDING_WORDS}


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _entries(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((at, entry) for at, entry in enumerate(value if isinstance(value, list) else ()) if isinstance(entry, dict))


# ---- expressions


def _sites(spec: Mapping[str, Any]) -> Iterator[_Site]:
    """Every expression of a policy, whatever else is wrong with it."""
    targets = _targets(spec)
    for at, entry in _entries(spec.get("matchConditions")):
        yield from _texts(("spec", "matchConditions", at, "expression"), entry.get("expression"), None, targets)
    named: tuple[str, ...] = ()
    for at, entry in _entries(spec.get("variables")):
        yield from _texts(("spec", "variables", at, "expression"), entry.get("expression"), named, targets)
        named = (*named, str(entry.get("name")))
    yield from _common_sites(("spec",), spec, named, targets)
    for at, entry in _entries(spec.get("validations")):
        path: Path = ("spec", "validations", at)
        own = _targets(entry) or targets
        for key in ("expression", "messageExpression", "remediationExpression"):
            yield from _texts((*path, key), entry.get(key), named, own)
        yield from _common_sites(path, entry, named, own)


def _common_sites(path: Path, owner: Mapping[str, Any], named: tuple[str, ...], targets: frozenset[str]) -> Iterator[_Site]:
    """The expressions that a policy and a validation may both have."""
    yield from _texts((*path, "warnWhen"), owner.get("warnWhen"), named, targets)
    for key, inner in (("noProfile", "when"), ("onUpdate", "measure"), ("exceptions", "when")):
        yield from _texts((*path, key, inner), _map(owner.get(key)).get(inner), named, targets)


def _texts(path: Path, value: Any, named: tuple[str, ...] | None, targets: frozenset[str]) -> Iterator[_Site]:
    if isinstance(value, str):
        yield _Site(path, value, named, targets)
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from _texts((*path, at), member, named, targets)


def _targets(owner: Mapping[str, Any]) -> frozenset[str]:
    listed = owner.get("targets")
    return frozenset(str(target) for target in listed) if isinstance(listed, list) else frozenset()


# ---- reads


def _read_faults(document: SourceDocument, site: _Site, reads: Iterable[Read], params: Iterable[str]) -> Iterator[Fault]:
    for read in reads:
        found = _read_fault(site, read, params)
        if found is not None:
            depth, message = found
            yield document.text_fault(site.path, read.line, _column(site.source, read, depth), message)


def _read_fault(site: _Site, read: Read, params: Iterable[str]) -> tuple[int, str] | None:
    """The part of a chain that nothing declares, by its position in the chain, and what to say."""
    root, rest = read.path[0], read.path[1:]
    if root in {"resource", "oldResource"}:
        return _view_fault(root, rest)
    if root == "params":
        return _name_fault("parameter", rest, params)
    if root == "variables":
        return _variable_fault(site, rest)
    if root in _KUBERNETES_ONLY:
        return None if site.targets == {"kubernetes"} else (0, f"{root} can be read with targets: [kubernetes] only")
    return None if root in _VARIABLES else (0, f"no variable {root}{did_you_mean(root, _VARIABLES)}; known: {', '.join(_VARIABLES)}")


def _view_fault(root: str, rest: tuple[str, ...]) -> tuple[int, str] | None:
    undeclared = declares(rest)
    if undeclared is None:
        return None
    parts = undeclared.split(".")
    parent = field_at(parts[:-1]) if parts[:-1] else None
    siblings = sub_fields(parent) if parent is not None else view_fields()
    return len(parts), f"the view has no field {root}.{undeclared}{did_you_mean(parts[-1], siblings)}"


def _name_fault(what: str, rest: tuple[str, ...], known: Iterable[str], where: str = "") -> tuple[int, str] | None:
    if not rest or rest[0] in known:
        return None
    return 1, f"no {what} {rest[0]}{where}{did_you_mean(rest[0], known)}"


def _variable_fault(site: _Site, rest: tuple[str, ...]) -> tuple[int, str] | None:
    if site.variables is None:
        return 0, "match conditions cannot read variables; they run before these are worked out"
    return _name_fault("variable", rest, site.variables, " above this one" if site.path[1] == "variables" else "")


def _column(source: str, read: Read, depth: int) -> int:
    """The column of a part of a chain, where the chain is written without white space; else of its start."""
    line = source.splitlines()[read.line - 1]
    offset = len(".".join(read.path[:depth])) + 1 if depth else 0
    written = line[read.column - 1 :].startswith(".".join(read.path[: depth + 1]))
    return read.column + offset if written else read.column


# ---- everything else


def _static_faults(document: SourceDocument, spec: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _double_names(document, spec)
    yield from _not_read(document, ("spec",), spec)
    yield from _class_faults(document, spec)
    for name, declared in _map(spec.get("params")).items():
        yield from _param_faults(document, name, _map(declared))
    targets = _targets(spec)
    for at, entry in _entries(spec.get("validations")):
        path: Path = ("spec", "validations", at)
        yield from _not_read(document, path, entry)
        if _targets(entry) - targets:
            yield document.fault(
                (*path, "targets"), f"names {', '.join(sorted(_targets(entry) - targets))}, which the policy does not target"
            )
        field = entry.get("field")
        if isinstance(field, str) and field.startswith("resource."):
            found = _view_fault("resource", tuple(field.split(".")[1:]))
            if found is not None:
                yield document.fault((*path, "field"), found[1])


def _double_names(document: SourceDocument, spec: Mapping[str, Any]) -> Iterator[Fault]:
    for part in ("matchConditions", "variables", "validations"):
        first: dict[str, int] = {}
        for at, entry in _entries(spec.get(part)):
            name = str(entry.get("name"))
            if first.setdefault(name, at) != at:
                yield document.fault(("spec", part, at, "name"), f"{name} is the name of {part}[{first[name]}] already")


def _not_read(document: SourceDocument, path: Path, owner: Mapping[str, Any]) -> Iterator[Fault]:
    for keys, message in _NOT_READ:
        inner = owner
        for key in keys[:-1]:
            inner = _map(inner.get(key))
        if keys[-1] in inner:
            yield document.fault((*path, *keys), message, at_key=True)


def _class_faults(document: SourceDocument, spec: Mapping[str, Any]) -> Iterator[Fault]:
    known = view_fields()["class"].values
    classes = _map(spec.get("match")).get("classes")
    for at, name in enumerate(classes if isinstance(classes, list) else ()):
        if isinstance(name, str) and name not in known:
            yield document.fault(("spec", "match", "classes", at), f"the view has no class {name}{did_you_mean(name, known)}")


def _param_faults(document: SourceDocument, name: str, declared: Mapping[str, Any]) -> Iterator[Fault]:
    path: Path = ("spec", "params", name)
    if name in IMPLICIT_PARAMS:
        yield document.fault(path, f"params.{name} is given to every policy; choose another name", at_key=True)
    stated = [word for word in ("default", "required", "optional") if word in declared and declared[word] is not False]
    if len(stated) != 1:
        yield document.fault(path, "needs exactly one of default, required: true and optional: true", at_key=True)
    if "from" not in declared and stated and stated[0] != "default":
        yield document.fault(path, "needs from: nothing else can supply it", at_key=True)
    if isinstance(declared.get("from"), str) and (unknown := unknown_path(declared["from"])) is not None:
        yield document.fault((*path, "from"), unknown)
    if declared.get("by") == "environment" and declared.get("type") != "object":
        yield document.fault((*path, "by"), "by: environment needs type: object")
    wrong = is_schema(param_schema(declared))
    if declared.get("type") not in _PARAM_TYPES:
        return  # the schema of policies has said so
    if wrong is not None:
        yield document.fault(path, f"not a JSON Schema: {wrong}")
    elif "default" in declared:
        yield from _default_faults(document, path, declared)


def _default_faults(document: SourceDocument, path: Path, declared: Mapping[str, Any]) -> Iterator[Fault]:
    default = declared["default"]
    if isinstance(default, dict) and set(default) == {"catalogue"}:
        table = default["catalogue"]
        if table not in CATALOGUE:
            yield document.fault(
                (*path, "default", "catalogue"),
                f"no table {table}{did_you_mean(str(table), CATALOGUE)}; known: {', '.join(sorted(CATALOGUE))}",
            )
        return
    for below, message in value_faults(default, param_schema(declared)):
        inner = (*path, "default", *below)
        yield document.fault(inner, f"breaks its own schema: {message}" if below else message)
