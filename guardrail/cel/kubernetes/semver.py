"""Semantic versions: `semver("1.2.3")`."""

from __future__ import annotations

import re
from functools import lru_cache

from guardrail.cel.declarations import Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.values import INT_MAX, UINT_MAX, Opaque

__all__ = ["SEMVER", "Semver", "parse_semver"]

SEMVER = Library("kubernetes.semver", since="1.33")

_DIGITS = re.compile(r"[0-9]*", re.ASCII)
_WORD = re.compile(r"[0-9A-Za-z-]*", re.ASCII)
_PARTS = 3


class Semver(Opaque):
    """A version; the build metadata takes no part in comparisons."""

    __slots__ = ("numbers", "prerelease", "text")

    type_name = "kubernetes.Semver"

    def __init__(self, numbers: tuple[int, int, int], prerelease: tuple[int | str, ...], text: str) -> None:
        self.numbers = numbers
        self.prerelease = prerelease
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Semver) and self.numbers == other.numbers and self.prerelease == other.prerelease

    def __hash__(self) -> int:
        return hash((Semver, self.numbers, self.prerelease))

    def __repr__(self) -> str:
        return f"semver({self.text!r})"

    def order(self, other: Semver) -> int:
        """-1, 0 or 1."""
        mine, theirs = self._key(), other._key()
        return (mine > theirs) - (mine < theirs)

    def _key(self) -> tuple[object, ...]:
        """Numbers, then a release after its prereleases; numeric identifiers before words, fewer before more."""
        identifiers = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in self.prerelease)
        return (*self.numbers, not self.prerelease, identifiers)


def _fault(message: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.SEMVER, message)


def _number(text: str, name: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise _fault(f'Invalid character(s) found in {name} number "{text}"')
    if len(text) > 1 and text[0] == "0":
        raise _fault(f'{name.capitalize()} number must not contain leading zeroes "{text}"')
    if not text or len(text) > 20 or int(text) > UINT_MAX:  # noqa: PLR2004 - no 64-bit number has more digits
        kind = ErrorKind.OVERFLOW if text else ErrorKind.SEMVER
        raise EvaluationFault(kind, f'strconv.ParseUint: parsing "{text[:40]}": value out of range')
    return int(text)


def _identifier(text: str) -> int | str:
    if not text:
        raise _fault("Prerelease is empty")
    if _DIGITS.fullmatch(text):
        if len(text) > 1 and text[0] == "0":
            raise _fault(f'Numeric PreRelease version must not contain leading zeroes "{text}"')
        if len(text) > 20 or int(text) > UINT_MAX:  # noqa: PLR2004 - as above
            raise EvaluationFault(ErrorKind.OVERFLOW, f'strconv.ParseUint: parsing "{text[:40]}": value out of range')
        return int(text)
    if not _WORD.fullmatch(text):
        raise _fault(f'Invalid character(s) found in prerelease "{text}"')
    return text


@lru_cache(maxsize=256)
def parse_semver(text: str, normalise: bool = False) -> Semver:  # noqa: FBT001, FBT002 - the argument of the language's function
    """The version that a text states; with `normalise` also `v1.2` and leading zeros. Raises EvaluationFault."""
    given = text
    if normalise:
        text = _normalised(text)
    if not text:
        raise _fault("Version string empty")
    parts = text.split(".", _PARTS - 1)
    if len(parts) != _PARTS:
        raise _fault("No Major.Minor.Patch elements found")
    major, minor = _number(parts[0], "major"), _number(parts[1], "minor")
    patch, plus, build = parts[2].partition("+")
    patch, dash, prerelease = patch.partition("-")
    numbers = (major, minor, _number(patch, "patch"))
    identifiers = tuple(map(_identifier, prerelease.split("."))) if dash else ()
    for word in build.split(".") if plus else ():
        if not word:
            raise _fault("Build meta data is empty")
        if not _WORD.fullmatch(word):
            raise _fault(f'Invalid character(s) found in build meta data "{word}"')
    return Semver(numbers, identifiers, given)


def _normalised(text: str) -> str:
    parts = text.removeprefix("v").split(".", _PARTS - 1)
    for index, part in enumerate(parts):
        if len(part) > 1:
            stripped = part.lstrip("0")
            parts[index] = stripped if stripped[:1] in tuple("0123456789") else "0" + stripped
    if len(parts) < _PARTS:
        if "+" in parts[-1] or "-" in parts[-1]:
            raise _fault("Short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (_PARTS - len(parts))
    return ".".join(parts)


def _is_semver(text: str, normalise: bool = False) -> bool:  # noqa: FBT001, FBT002 - as above
    """Whether a text is a semantic version."""
    try:
        parse_semver(text, normalise)
    except EvaluationFault:
        return False
    return True


def _signed(number: int) -> int:
    """A 64-bit number as the int that the language has."""
    return number if number <= INT_MAX else number - UINT_MAX - 1


def _register() -> None:
    kind = "kubernetes.Semver"
    add = SEMVER.add
    add(f"semver(string) -> {kind}", "string_to_semver", parse_semver)
    add(f"semver(string, bool) -> {kind}", "string_bool_to_semver", parse_semver)
    add("isSemver(string) -> bool", "is_semver_string", _is_semver)
    add("isSemver(string, bool) -> bool", "is_semver_string_bool", _is_semver)
    add(f"({kind}).isGreaterThan({kind}) -> bool", "semver_is_greater_than", lambda v, other: v.order(other) > 0, doc="Whether it is later")
    add(f"({kind}).isLessThan({kind}) -> bool", "semver_is_less_than", lambda v, other: v.order(other) < 0, doc="Whether it is earlier")
    add(f"({kind}).compareTo({kind}) -> int", "semver_compare_to", Semver.order, doc="-1, 0 or 1")
    for index, name in enumerate(("major", "minor", "patch")):
        add(f"({kind}).{name}() -> int", f"semver_{name}", lambda v, i=index: _signed(v.numbers[i]), doc=f"The {name} number")


_register()
