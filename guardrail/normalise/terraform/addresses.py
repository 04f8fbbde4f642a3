r"""Addresses and references of Terraform, taken apart by a tokenizer.

A key of `for_each` is any text: `module.lab["a.b"].aws_instance.seat["say \"hi\" [0]"]` has four
steps. Splitting at dots or brackets would tear it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Address", "Key", "Step", "parse_address", "parse_steps"]

Key = str | int | None

_NAME = re.compile(r'[^.\["]+')
_NUMBER = re.compile(r"\[(\d+)\]", re.ASCII)
_TEXT = re.compile(r'\["((?:[^"\\]|\\.)*)"\]', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$\{|%%\{", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_LONGEST_INDEX = 18  # digits; no count goes beyond, and Python refuses endless numbers


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an address between two dots, with the key in brackets behind it (None: without)."""

    name: str
    key: Key = None

    def __str__(self) -> str:
        if self.key is None:
            return self.name
        return f"{self.name}[{self.key}]" if isinstance(self.key, int) else f'{self.name}["{_quoted(self.key)}"]'


@dataclass(frozen=True)
class Address:
    """The address of one resource instance: modules from the root inwards, type, name and key."""

    modules: tuple[Step, ...]
    type: str
    name: str
    key: Key = None
    is_data: bool = False

    @cached_property
    def module_names(self) -> tuple[str, ...]:
        """The module path without keys: configuration is written once per call, not per instance."""
        return tuple(step.name for step in self.modules)

    @property
    def block(self) -> str:
        """The resource inside its module without its key: `aws_instance.gpu`."""
        return f"{'data.' if self.is_data else ''}{self.type}.{self.name}"

    def __str__(self) -> str:
        parts = [part for step in self.modules for part in ("module", str(step))]
        last = str(Step(self.name, self.key))
        return ".".join([*parts, *(["data"] if self.is_data else []), self.type, last])


def parse_address(text: str) -> Address | None:
    """The parts of a resource instance address, or None: the text is no address of a resource."""
    steps = parse_steps(text)
    if steps is None:
        return None
    modules: list[Step] = []
    at = 0
    while at + 1 < len(steps) and steps[at] == Step("module"):
        modules.append(steps[at + 1])
        at += 2
    is_data = at < len(steps) and steps[at] == Step("data")
    rest = steps[at + is_data :]
    if len(rest) != 2 or rest[0].key is not None:  # noqa: PLR2004 - a type and a name
        return None
    return Address(tuple(modules), rest[0].name, rest[1].name, rest[1].key, is_data)


def parse_steps(text: str) -> tuple[Step, ...] | None:
    """The parts of an address or a reference (`aws_subnet.a["x.y"].id`), or None where it is neither.

    A second key behind one step (`module.vpc.subnets["a"][0]`) is a part of its own without a name.
    """
    if "[" not in text and '"' not in text:
        names = text.split(".")
        return tuple(map(Step, names)) if all(names) else None
    steps: list[Step] = []
    at = 0
    while at < len(text):
        name = _NAME.match(text, at)
        if name is not None:
            at = name.end()
        elif not steps or text[at] != "[":
            return None
        key, end = _key(text, at)
        if end is None:
            return None
        steps.append(Step(name[0] if name else "", key))
        if end < len(text) and text[end] == ".":
            end += 1
            if end == len(text):
                return None
        elif end < len(text) and text[end] != "[":
            return None
        at = end
    return tuple(steps)


def _key(text: str, at: int) -> tuple[Key, int | None]:
    """The key in brackets at a place and where it ends; an end of None: the brackets hold no key."""
    if at >= len(text) or text[at] != "[":
        return None, at
    number = _NUMBER.match(text, at)
    if number is not None and len(number[1]) <= _LONGEST_INDEX:
        return int(number[1]), number.end()
    quoted = _TEXT.match(text, at)
    if quoted is not None:
        return _ESCAPE.sub(_unescaped, quoted[1]), quoted.end()
    return None, None


def _unescaped(found: re.Match[str]) -> str:
    letter = found[1]
    if letter is None:
        return found[0][1:]  # $${ and %%{ stand for ${ and %{
    if letter[0] in "uU" and len(letter) > 1:
        point = int(letter[1:], 16)
        return chr(point) if point <= 0x10FFFF else found[0]  # noqa: PLR2004 - the last code point of Unicode
    return _LETTERS.get(letter, letter)


def _quoted(key: str) -> str:
    """A key as Terraform writes it: escapes for quotes, backslashes, control characters and templates."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return escaped.replace("${", "$${").replace("%{", "%%{")
