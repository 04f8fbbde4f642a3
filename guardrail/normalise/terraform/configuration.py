"""The configuration inside a plan: blocks, module calls, variables and what expressions refer to.

Configuration is written once per module call and never per instance, and it holds no values of
expressions, only the names they use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.unknown import Unknown
from guardrail.normalise.terraform.addresses import parse_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from guardrail.normalise.terraform.addresses import Address, Step

__all__ = ["Configuration", "as_list", "as_map", "references_of"]

_DEEPEST = 32  # steps of a chain of variables and outputs; a longer one is a loop in a damaged plan


def as_map(value: Any) -> Mapping[str, Any]:
    """The value if it is a map, else an empty one: a plan may hold anything anywhere."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, its only element if it is a map, else nothing."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def references_of(expression: Any) -> tuple[str, ...]:
    """The names that an expression uses, the longest of each chain only.

    Terraform lists every prefix too: `aws_subnet.a.id`, `aws_subnet.a`. A nested block counts with
    everything inside it.
    """
    found = list(dict.fromkeys(_references(expression)))
    return tuple(ref for ref in found if not any(other != ref and other.startswith((f"{ref}.", f"{ref}[")) for other in found))


def _references(expression: Any) -> Iterator[str]:
    waiting = list(reversed(as_list(expression)))
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            listed = part.get("references")
            if isinstance(listed, list):
                yield from (ref for ref in listed if isinstance(ref, str))
            elif "constant_value" not in part:
                waiting.extend(reversed(part.values()))


class Configuration:
    """The configuration of one plan; empty when the plan carries none."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        written = as_map(plan.get("configuration"))
        self.providers: Mapping[str, Any] = as_map(written.get("provider_config"))
        self._root = as_map(written.get("root_module"))
        self._variables = as_map(plan.get("variables"))
        self._blocks: dict[tuple[str, ...], dict[str, Mapping[str, Any]]] = {}

    def module(self, names: Iterable[str]) -> Mapping[str, Any]:
        """The module at a path of call names; empty where there is none."""
        module = self._root
        for name in names:
            module = as_map(as_map(as_map(module.get("module_calls")).get(name)).get("module"))
        return module

    def block(self, address: Address) -> Mapping[str, Any] | None:
        """The resource block that an instance comes from, or None (removed, or no configuration)."""
        names = address.module_names
        if names not in self._blocks:
            self._blocks[names] = {
                _block_name(block): block for block in as_list(self.module(names).get("resources")) if isinstance(block, dict)
            }
        return self._blocks[names].get(address.block)

    def managed_blocks(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every managed resource block that is not switched off, as (module path, type.name)."""
        waiting: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), self._root)]
        while waiting:
            names, module = waiting.pop()
            for block in as_list(module.get("resources")):
                if isinstance(block, dict) and block.get("mode", "managed") == "managed" and not self._is_off(block, names):
                    yield names, _block_name(block)
            waiting.extend(
                ((*names, name), as_map(as_map(call).get("module")))
                for name, call in as_map(module.get("module_calls")).items()
                if not self._is_off(as_map(call), names)
            )

    def _is_off(self, block: Mapping[str, Any], names: tuple[str, ...]) -> bool:
        """Whether a block or a call surely makes nothing: its count is 0, or there is nothing to repeat it for."""
        count = self.resolve(block["count_expression"], names) if "count_expression" in block else None
        repeated = self.resolve(block["for_each_expression"], names) if "for_each_expression" in block else None
        return (count == 0 and count is not False) or repeated in ({}, [])

    def sensitive_variables(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The declarations of variables that are marked sensitive, of every module."""
        waiting = [self._root]
        while waiting:
            module = waiting.pop()
            for name, declared in as_map(module.get("variables")).items():
                if as_map(declared).get("sensitive") is True:
                    yield name, declared
            waiting.extend(as_map(as_map(call).get("module")) for call in as_map(module.get("module_calls")).values())

    def resolve(self, expression: Any, names: tuple[str, ...]) -> Any:
        """The value of an expression in a module: a constant, or one variable, else `Unknown`.

        Variables are followed through the module calls up to the root, whose values the plan
        states. An expression over more than one name has no value here: the plan keeps no operators.
        """
        return self._resolve(expression, names, 0)

    def _resolve(self, expression: Any, names: tuple[str, ...], depth: int) -> Any:
        written = as_map(expression)
        if "constant_value" in written:
            return written["constant_value"]
        references = references_of(expression)
        steps = parse_steps(references[0]) if len(references) == 1 else None
        if steps and steps[0].name == "var" and len(steps) > 1 and depth < _DEEPEST:
            value = self._variable(steps[1].name, names, depth + 1)
            return _descend(value, steps[1:])
        return Unknown(self.root_references(references, names))

    def _variable(self, name: str, names: tuple[str, ...], depth: int) -> Any:
        if not names:
            given = self._variables.get(name)
            if isinstance(given, dict):
                return given.get("value")
            declared = as_map(as_map(self._root.get("variables")).get(name))
            return declared["default"] if "default" in declared else Unknown((f"var.{name}",))
        passed = self._argument(name, names)
        if passed is not None:
            return self._resolve(passed, names[:-1], depth)
        declared = as_map(as_map(self.module(names).get("variables")).get(name))
        return declared["default"] if "default" in declared else Unknown((_prefixed(f"var.{name}", names),))

    def _argument(self, name: str, names: tuple[str, ...]) -> Any:
        """The expression that a module call passes for a variable, or None where it passes none."""
        call = as_map(as_map(self.module(names[:-1]).get("module_calls")).get(names[-1]))
        return as_map(call.get("expressions")).get(name)

    def root_references(self, references: Iterable[str], names: tuple[str, ...], depth: int = 0) -> tuple[str, ...]:
        """References as seen from the root: variables of modules replaced by what is passed for them."""
        found: list[str] = []
        for reference in references:
            steps = parse_steps(reference)
            passed: tuple[str, ...] = ()
            if names and steps and steps[0].name == "var" and len(steps) > 1 and depth < _DEEPEST:
                passed = references_of(self._argument(steps[1].name, names))
            if passed:
                found.extend(self.root_references(passed, names[:-1], depth + 1))
            else:
                found.append(_prefixed(reference, names))
        return tuple(dict.fromkeys(found))

    def targets(self, reference: str, modules: tuple[Step, ...], depth: int = 0) -> Iterator[tuple[tuple[Step, ...], str, Any]]:
        """The resources that a reference leads to: (module path, type.name, key or None).

        Variables lead to the caller, outputs into the child module. Locals lead nowhere: the plan
        does not say what they hold.
        """
        steps = parse_steps(reference)
        if not steps or len(steps) < 2 or depth > _DEEPEST:  # noqa: PLR2004 - a root and a name
            return
        head, second = steps[0].name, steps[1]
        if head == "var" and modules:
            passed = references_of(self._argument(second.name, tuple(step.name for step in modules)))
            for further in passed:
                yield from self.targets(further, modules[:-1], depth + 1)
        elif head == "module":
            inner = (*modules, second)
            for further in self._output_references(inner, steps[2].name if len(steps) > 2 else None):  # noqa: PLR2004 - its output
                yield from self.targets(further, inner, depth + 1)
        elif head not in _NO_RESOURCES:
            yield modules, f"{head}.{second.name}", second.key

    def _output_references(self, modules: tuple[Step, ...], output: str | None) -> tuple[str, ...]:
        outputs = as_map(self.module(step.name for step in modules).get("outputs"))
        return references_of(as_map(outputs.get(output)).get("expression")) if output else ()


_NO_RESOURCES = frozenset({"var", "local", "data", "each", "count", "path", "terraform", "self", "ephemeral"})


def _block_name(block: Mapping[str, Any]) -> str:
    prefix = "data." if block.get("mode") == "data" else ""
    return f"{prefix}{block.get('type')}.{block.get('name')}"


def _prefixed(reference: str, names: tuple[str, ...]) -> str:
    return "".join(f"module.{name}." for name in names) + reference


def _descend(value: Any, steps: tuple[Step, ...]) -> Any:
    """The part of a variable's value that a reference names: `var.settings["eu"].region`."""
    for at, step in enumerate(steps):
        if isinstance(value, Unknown):
            return value
        if at > 0 and step.name:
            value = value.get(step.name) if isinstance(value, dict) else None
        if step.key is not None:
            value = _member(value, step.key)
    return value


def _member(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(key))
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None
