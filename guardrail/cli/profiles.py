"""The commands about a profile: `profile check`, `profile show` and `profile init`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail import profiling
from guardrail.cli.commands import answer, options_of
from guardrail.cli.streams import standard_output
from guardrail.decision import EXIT_OK, EXIT_UNUSABLE
from guardrail.errors import ConfigError
from guardrail.model import InputStatus

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["check", "init", "show"]

_STDOUT = "-"


def check(flags: Namespace) -> int:
    """`guardrail profile check`. Raises ConfigError, PolicyError, or ProfileError with every fault."""
    from guardrail.reporters.profile_documents import write_check, write_check_text  # noqa: PLC0415 - a run loads what it writes

    found = profiling.check_profile(options_of(flags))
    answer(flags, lambda stream: write_check(found, stream), lambda stream, terminal: write_check_text(found, stream, terminal))
    return EXIT_OK


def show(flags: Namespace) -> int:
    """`guardrail profile show`. Raises ConfigError, PolicyError, or ProfileError with every fault."""
    from guardrail.reporters.profile_documents import write_effective, write_effective_yaml  # noqa: PLC0415 - as above

    found = profiling.check_profile(options_of(flags))
    with standard_output(machine=True) as stream:
        (write_effective if flags.format == "json" else write_effective_yaml)(found, stream)
    return EXIT_OK


def init(flags: Namespace) -> int:
    """`guardrail profile init`: 2 when an input could not be read. Raises ConfigError or PolicyError; never overwrites without --force."""
    if _STDOUT in flags.paths:
        raise ConfigError("--from -: the inputs are read twice; give files or folders")
    target = Path(flags.output)
    if flags.output != _STDOUT and not flags.force and (target.exists() or target.is_symlink()):
        raise ConfigError(f"{flags.output}: is there already; --force overwrites it, --output - writes to standard output")
    draft = profiling.propose_profile(replace(options_of(flags), profile=None))
    failed = [f"{record.path}: {record.reason}" for record in draft.inputs if record.status is InputStatus.FAILED]
    sys.stderr.writelines(f"{line}\n" for line in failed)
    if not draft.is_read:
        raise ConfigError("nothing could be read that a profile could be proposed from; nothing was written")
    if flags.output == _STDOUT:
        with standard_output(machine=True) as stream:
            stream.write(draft.text)
    else:
        _write(target, draft.text, force=flags.force)
        told = f"proposed from {draft.resources:,} resources; read it, then: guardrail profile check {shlex.quote(flags.output)}"
        sys.stderr.write(f"{flags.output}: {told}\n")
    return EXIT_UNUSABLE if failed else EXIT_OK


def _write(target: Path, text: str, *, force: bool) -> None:
    try:
        with target.open("w" if force else "x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written: {error.strerror}") from error
