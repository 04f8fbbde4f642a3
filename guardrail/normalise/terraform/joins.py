"""Which resource of the plan another one means, by value or by reference."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from guardrail.normalise.terraform.configuration import as_map, references_of
from guardrail.normalise.terraform.values import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.normalise.terraform.addresses import Key, Step
    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.configuration import Configuration
    from guardrail.normalise.terraform.values import Values

__all__ = ["Joins"]

_ID_KEYS = ("id", "arn", "self_link")
_VALUE_KEYS = (*_ID_KEYS, "name", "bucket")


class Joins:
    """The resources of one plan, found by what other resources say of them."""

    def __init__(self, changes: Iterable[Change], configuration: Configuration) -> None:
        self._configuration = configuration
        self._by_place: dict[tuple[tuple[Step, ...], str], list[Change]] = defaultdict(list)
        self._by_block: dict[tuple[tuple[str, ...], str], list[Change]] = defaultdict(list)
        self._by_key: dict[tuple[tuple[Step, ...], str], dict[Key, list[Change]]] = {}
        self._by_type: dict[str, list[Change]] = defaultdict(list)
        self._by_value: dict[str, dict[str, list[Change]]] = {}
        self._by_id: dict[str, list[Change]] | None = None
        self._backs: dict[tuple[str, str, str], dict[int, list[Change]]] = {}
        for change in changes:
            self._by_place[change.address.modules, change.address.block].append(change)
            self._by_block[change.address.module_names, change.address.block].append(change)
            self._by_type[change.type].append(change)

    def of_type(self, type_: str) -> list[Change]:
        """Every resource of a type, in the order of the plan."""
        return self._by_type.get(type_, [])

    def linked(self, source: Change, values: Values, name: str, types: tuple[str, ...]) -> list[Change]:
        """The resources of some types that an attribute means.

        A known value is compared with id, name, ARN and self link; several that share it are told
        apart by the references of the configuration, which also lead where the value is known only
        later.
        """
        valued = [
            target
            for value in texts(values.get(name))
            if isinstance(value, str)
            for type_ in types
            for target in self._valued(type_, value)
        ]
        referred = [target for target in self.referred(source, values.references(name)) if target.type in types]
        if not valued:
            return referred
        return [target for target in valued if target in referred] or valued

    def identified(self, values: Values, name: str) -> list[Change]:
        """The resources of any type whose id, ARN or self link an attribute holds."""
        if self._by_id is None:
            self._by_id = _table((change for changes in self._by_type.values() for change in changes), _ID_KEYS)
        return [target for value in texts(values.get(name)) if isinstance(value, str) for target in self._by_id.get(_folded(value), ())]

    def referred(self, source: Change, references: Iterable[str]) -> list[Change]:
        """The resources that references of a resource's block lead to, of its own module instance and key."""
        found: dict[int, Change] = {}
        for reference in references:
            for modules, block, key in self._targets(source, reference):
                for target in self._instances(source, modules, block, key):
                    found[target.index] = target
        return list(found.values())

    def _targets(self, source: Change, reference: str) -> Iterator[tuple[tuple[Step, ...], str, Key]]:
        if reference.split(".", 1)[0] != "each":
            yield from self._configuration.targets(reference, source.address.modules)
            return
        block = as_map(self._configuration.block(source.address))
        for repeated in references_of(block.get("for_each_expression")):
            for modules, name, _ in self._configuration.targets(repeated, source.address.modules):
                yield modules, name, source.address.key

    def _instances(self, source: Change, modules: tuple[Step, ...], block: str, key: Key) -> list[Change]:
        """The instances of a block that a reference may mean: of the named key, else of the own key, else all."""
        if (modules, block) not in self._by_key:
            table: dict[Key, list[Change]] = defaultdict(list)
            for change in self._living(modules, block):
                table[change.address.key].append(change)
            self._by_key[modules, block] = table
        keyed = self._by_key[modules, block]
        if key is not None:
            return keyed.get(key, [])
        return keyed.get(source.address.key) or [change for changes in keyed.values() for change in changes]

    def _living(self, modules: tuple[Step, ...], block: str) -> list[Change]:
        """The instances of a block in a module instance; a step without a key means every instance of its call."""
        if (modules, block) in self._by_place:
            return self._by_place[modules, block]
        return [
            change
            for change in self._by_block.get((tuple(step.name for step in modules), block), ())
            if all(wanted.key in {None, step.key} for wanted, step in zip(modules, change.address.modules, strict=True))
        ]

    def _valued(self, type_: str, value: str) -> list[Change]:
        if type_ not in self._by_value:
            self._by_value[type_] = _table(self.of_type(type_), _VALUE_KEYS)
        return self._by_value[type_].get(_folded(value), [])

    def back(self, target: Change, type_: str, name: str) -> list[Change]:
        """The resources of a type whose attribute means this one (`autoscaling_group_name`)."""
        key = (type_, name, target.type)
        if key not in self._backs:
            table: dict[int, list[Change]] = defaultdict(list)
            for change in self.of_type(type_):
                for meant in self.linked(change, change.now, name, (target.type,)):
                    table[meant.index].append(change)
            self._backs[key] = table
        return self._backs[key].get(target.index, [])


def _table(changes: Iterable[Change], keys: tuple[str, ...]) -> dict[str, list[Change]]:
    """Changes by what they are or were called."""
    table: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        sides = [change.now.known, *([change.before.known] if change.before else [])]
        for name in {_folded(said) for side in sides for key in keys if isinstance(said := side.get(key), str)}:
            table[name].append(change)
    return dict(table)


def _folded(name: str) -> str:
    """A name as it is compared: the ids of Azure have no case."""
    return name.lower() if name.startswith("/subscriptions/") else name
