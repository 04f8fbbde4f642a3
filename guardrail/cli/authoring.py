"""The commands for those who write policies: `test`, `new policy`, `policies show` and `policies docs`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from guardrail import authoring
from guardrail.cli.commands import answer, options_of
from guardrail.cli.streams import standard_output
from guardrail.decision import EXIT_DENIED, EXIT_OK
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

__all__ = ["docs", "new_policy", "show", "test"]


def test(flags: Namespace) -> int:
    """`guardrail test`: 1 when a case differs or is missing. Raises ConfigError, ProfileError or PolicyError."""
    from guardrail.reporters.case_results import write_case_results, write_case_results_text  # noqa: PLC0415 - a run loads what it writes

    results = authoring.test(flags.names, flags.policies, profile=flags.profile, engine=flags.engine)
    answer(
        flags,
        lambda stream: write_case_results(results, stream),
        lambda stream, terminal: write_case_results_text(results, stream, terminal, verbose=flags.verbose),
    )
    return EXIT_OK if all(result.passed for result in results) else EXIT_DENIED


def new_policy(flags: Namespace) -> int:
    """`guardrail new policy`. Raises ConfigError."""
    paths = authoring.new_policy(flags.name, flags.dir)
    with standard_output(machine=False) as stream:
        stream.writelines(f"{path}: written\n" for path in paths)
        stream.write(f"try it: guardrail test --policies {shlex.quote(flags.dir)}\n")
    return EXIT_OK


def show(flags: Namespace) -> int:
    """`guardrail policies show`. Raises ConfigError, ProfileError or PolicyError."""
    from guardrail.reporters.policy_sheet import write_sheet, write_sheet_text  # noqa: PLC0415 - as above

    sheet, profile = authoring.show(options_of(flags), flags.name)
    answer(
        flags,
        lambda stream: write_sheet(sheet, profile, stream),
        lambda stream, terminal: write_sheet_text(sheet, profile, stream, terminal),
    )
    return EXIT_OK


def docs(flags: Namespace) -> int:
    """`guardrail policies docs`; with `--check` 1 when a page differs from its sources. Raises ConfigError or PolicyError."""
    stale = {path: text for path, text in authoring.pages(flags.policies, flags.out).items() if _written(path) != text}
    if not flags.check:
        for path, text in stale.items():
            _write(path, text)
    with standard_output(machine=False) as stream:
        stream.writelines(f"{path}: {'differs from its sources' if flags.check else 'written'}\n" for path in stale)
    return EXIT_DENIED if flags.check and stale else EXIT_OK


def _written(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
