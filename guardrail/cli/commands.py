"""The commands: flags to options, what came of them to its readers, an exit code back."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail import app
from guardrail.cli.clock import now_of
from guardrail.cli.config import ignore_of, read_config
from guardrail.cli.progress import shown_progress
from guardrail.cli.streams import claim_output, output_file, standard_output
from guardrail.decision import EXIT_OK, EXIT_UNUSABLE, exit_code, lacks_profile, unusable
from guardrail.reporters.terminal import terminal_for

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from typing import TextIO

    from guardrail.model import Report
    from guardrail.ports import Reporter
    from guardrail.reporters.terminal import Terminal

    Writer = Callable[[TextIO, str], None]  # takes the stream and the format

__all__ = ["answer", "inspect", "lint", "list_policies", "options_of"]

_STDIN = "-"


def lint(flags: Namespace) -> int:
    """`guardrail lint`. Raises ConfigError, ProfileError or PolicyError."""
    _claim(flags)
    options = options_of(flags)
    with shown_progress(sys.stderr, os.environ, time.monotonic) as progress:
        report = app.lint(options, progress)

    def write(stream: TextIO, form: str) -> None:
        _publish(report, _reporter(flags, stream, form))

    _deliver(flags, write)
    if flags.require_profile and lacks_profile(report):
        sys.stderr.write(f"guardrail: --require-profile, and {_lack(report)}\n")
    return exit_code(report, fail_on=flags.fail_on, require_profile=flags.require_profile, allow_empty=flags.allow_empty)


def _lack(report: Report) -> str:
    if report.profile.path is None:
        return "no profile is given: --profile PATH, or profile: in .guardrail.yaml"
    waiting = ", ".join(f"{dormant.policy} ({', '.join(dormant.needs)})" for dormant in report.dormant)
    return f"these policies wait for facts: {waiting}"


def _reporter(flags: Namespace, stream: TextIO, form: str) -> Reporter:
    if form == "json":
        from guardrail.reporters.json_report import JsonReporter  # noqa: PLC0415 - a run loads the formats it writes

        return JsonReporter(stream)
    if form == "github":
        from guardrail.reporters.github import GithubReporter  # noqa: PLC0415 - as above

        folder = Path.cwd()
        return GithubReporter(stream, folder=folder.as_posix(), root=app.repository_of(folder).as_posix())
    from guardrail.reporters.text import TextReporter  # noqa: PLC0415 - as above

    return TextReporter(stream, terminal_for(stream, os.environ), verbose=flags.verbose, quiet=flags.quiet)


def _publish(report: Report, reporter: Reporter) -> None:
    reporter.begin(report)
    for finding in report.findings:
        reporter.finding(finding)
    reporter.end()


def inspect(flags: Namespace) -> int:
    """`guardrail inspect`. Raises ConfigError or ProfileError."""
    _claim(flags)
    with shown_progress(sys.stderr, os.environ, time.monotonic) as progress:
        inspection = app.inspect(options_of(flags), progress)

    def write(stream: TextIO, form: str) -> None:
        if form == "json":
            from guardrail.reporters.inspection import write_inspection  # noqa: PLC0415 - as in _reporter

            write_inspection(inspection, stream)
        else:
            from guardrail.reporters.inspection_text import write_inspection_text  # noqa: PLC0415 - as in _reporter

            write_inspection_text(inspection, stream, terminal_for(stream, os.environ), verbose=flags.verbose)

    _deliver(flags, write)
    return EXIT_UNUSABLE if unusable(inspection.inputs, allow_empty=flags.allow_empty) else EXIT_OK


def list_policies(flags: Namespace) -> int:
    """`guardrail policies list`. Raises ConfigError, ProfileError or PolicyError."""
    from guardrail.reporters.policy_list import write_policies, write_policies_text  # noqa: PLC0415 - as in _reporter

    library = app.load_library(options_of(flags))
    answer(flags, lambda stream: write_policies(library, stream), lambda stream, terminal: write_policies_text(library, stream, terminal))
    return EXIT_OK


def answer(flags: Namespace, document: Callable[[TextIO], None], text: Callable[[TextIO, Terminal], None]) -> None:
    """Writes to standard output what a command has to say: the document under `--format json`, else the text."""
    with standard_output(machine=flags.format == "json") as stream:
        if flags.format == "json":
            document(stream)
        else:
            text(stream, terminal_for(stream, os.environ))


def _claim(flags: Namespace) -> None:
    if flags.output:
        claim_output(flags.output, flags.paths)


def _deliver(flags: Namespace, write: Writer) -> None:
    """Writes to standard output in `--format`; with `--output` that goes to the file and people read text."""
    form = "text" if flags.output else flags.format
    with standard_output(machine=form == "json") as stream:
        write(stream, form)
    if flags.output:
        with output_file(flags.output) as stream:
            write(stream, flags.format)


def options_of(flags: Namespace) -> app.Options:
    """What the flags, the configuration file and the clock ask for. Raises ConfigError."""
    config = read_config(flags.config, Path.cwd())
    rules = app.Options(
        paths=(),
        now=now_of(flags.now, os.environ, lambda: datetime.now(UTC)),
        profile=flags.profile or config.profile,
        policies=tuple(flags.policies),
        engine=flags.engine,
        cache=None if flags.no_cache else app.directory_cache(os.environ),
    )
    if "paths" not in flags:
        return rules
    paths = tuple(flags.paths) or (".",)
    return replace(
        rules,
        paths=paths,
        context=tuple(flags.context),
        namespace=flags.namespace,
        cluster=flags.cluster or config.cluster,
        partial=flags.partial,
        allow_empty=getattr(flags, "allow_empty", False),
        ignores=(*config.ignores, *(ignore_of(text) for text in flags.ignore)),
        stdin=sys.stdin.buffer if _STDIN in paths else None,
        stdin_filename=flags.stdin_filename,
    )
