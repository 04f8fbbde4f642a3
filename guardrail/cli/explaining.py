"""`guardrail explain`: the inputs come from the flags, or from a report that a run left behind."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guardrail import explaining
from guardrail.cli.commands import answer, options_of
from guardrail.decision import EXIT_OK
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from argparse import Namespace
    from typing import TextIO

    from guardrail.app import Options
    from guardrail.reporters.terminal import Terminal

__all__ = ["explain"]

_LISTED = 5


@dataclass(frozen=True, slots=True)
class _Left:
    """What a JSON report says of the run that made it."""

    paths: tuple[str, ...]
    now: datetime
    profile: str | None
    engine: str
    library: str


def explain(flags: Namespace) -> int:
    """`guardrail explain`. Raises ConfigError, ProfileError or PolicyError."""
    left = None if flags.report is None else _left(flags.report)
    options = options_of(flags)
    account = explaining.explain(options if left is None else _as_in(left, flags, options), flags.fingerprint)
    if left is not None and left.library != account.report.library_hash:
        sys.stderr.write(f"guardrail: {flags.report} was made with other policies; this is what the present ones say\n")

    def document(stream: TextIO) -> None:
        from guardrail.reporters.explanation_json import write_explanation  # noqa: PLC0415 - a run loads the format it writes

        write_explanation(account.explained, account.report, account.places, stream, twins=account.twins)

    def text(stream: TextIO, terminal: Terminal) -> None:
        from guardrail.reporters.explanation_text import write_explanation_text  # noqa: PLC0415 - as above

        write_explanation_text(
            account.explained, account.report, account.places, stream, terminal, twins=account.twins, verbose=flags.verbose
        )

    answer(flags, document, text)
    return EXIT_OK


def _as_in(left: _Left, flags: Namespace, options: Options) -> Options:
    """The options of the flags, and of the report what the flags leave open."""
    return replace(
        options,
        paths=options.paths if flags.paths else left.paths,
        now=options.now if flags.now or os.environ.get("GUARDRAIL_NOW") else left.now,
        profile=flags.profile or left.profile,
        engine=options.engine if flags.engine != "guardrail" else left.engine,
    )


def _left(path: str) -> _Left:
    try:
        document: Any = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"--report {path}: {error.strerror}") from error
    except ValueError as error:  # no JSON, or no UTF-8
        raise ConfigError(f"--report {path}: no JSON: {error}") from error
    try:
        if (document["apiVersion"], document["kind"]) != ("guardrail.dev/v1", "Report"):
            raise ConfigError(f"--report {path}: no report of guardrail lint --format json")
        paths = [record["path"] for record in document["inputs"] if record["status"] != "skipped"]
        left = _Left(
            paths=tuple(text for text in paths if isinstance(text, str)),
            now=datetime.fromisoformat(document["now"]),
            profile=document["profile"]["path"],
            engine=document["engine"],
            library=document["library"]["hash"],
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ConfigError(f"--report {path}: a report that lacks inputs, now, profile or library; make it anew") from error
    gone = [text for text in left.paths if not Path(text).exists()]
    if gone:
        some = ", ".join(gone[:_LISTED]) + (f" and {len(gone) - _LISTED} more" if len(gone) > _LISTED else "")
        raise ConfigError(f"--report {path}: not there: {some}; start where the report was made, or give the paths")
    return left
