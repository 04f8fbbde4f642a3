"""The commands for those who write policies: `test` and `new policy`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from guardrail import authoring
from guardrail.cli.streams import standard_output
from guardrail.decision import EXIT_DENIED, EXIT_OK
from guardrail.reporters.terminal import terminal_for

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["new_policy", "test"]


def test(flags: Namespace) -> int:
    """`guardrail test`: 1 when a case differs or is missing. Raises ConfigError, ProfileError or PolicyError."""
    from guardrail.reporters.case_results import write_case_results, write_case_results_text  # noqa: PLC0415 - a run loads what it writes

    results = authoring.test(flags.names, flags.policies, profile=flags.profile, engine=flags.engine)
    with standard_output(machine=flags.format == "json") as stream:
        if flags.format == "json":
            write_case_results(results, stream)
        else:
            write_case_results_text(results, stream, terminal_for(stream, os.environ), verbose=flags.verbose)
    return EXIT_OK if all(result.passed for result in results) else EXIT_DENIED


def new_policy(flags: Namespace) -> int:
    """`guardrail new policy`. Raises ConfigError."""
    paths = authoring.new_policy(flags.name, flags.dir)
    with standard_output(machine=False) as stream:
        stream.writelines(f"{path}: written\n" for path in paths)
        stream.write(f"try it: guardrail test --policies {shlex.quote(flags.dir)}\n")
    return EXIT_OK
