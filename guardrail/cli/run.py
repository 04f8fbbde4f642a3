"""The outermost boundary: arguments to a command, every way it can end to an exit code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from guardrail.cli.parser import build_parser
from guardrail.errors import GuardrailError, PolicyError, ProfileError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["run"]

_USAGE = 2  # wrong flags are unusable configuration
_FAULT = 3  # guardrail itself failed: never 1, which means that something was found
_COLLECTION = (100_000, 50, 100)  # a run makes values and ends: looking for garbage at Python's pace would be a quarter of its time
_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def run(arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; the exit code of `guardrail.cli.main`."""
    flags: Namespace | int = _USAGE
    try:
        flags = _parsed(arguments)
        return flags if isinstance(flags, int) else _command(flags)
    except GuardrailError as error:
        if not isinstance(flags, int):
            _document(error, flags)
        _complain(_told(error))
        return _USAGE
    except KeyboardInterrupt:
        _complain("guardrail: interrupted")
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nothing lies further out, and Python's own exit code would be 1
        if os.environ.get("GUARDRAIL_DEBUG"):
            traceback.print_exc()
        _complain(_internal(error))
        return _FAULT


def _parsed(arguments: Sequence[str]) -> Namespace | int:
    if arguments and arguments[0] not in _FIRST_WORDS and not arguments[0].startswith("-"):
        done = _extended(arguments)
        if done is not None:
            return done
    parser = build_parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return _USAGE
    try:
        return parser.parse_args(arguments)
    except SystemExit as done:  # argparse has printed the help, or said what is wrong
        return _USAGE if done.code else 0


_FIRST_WORDS = frozenset({"lint", "inspect", "explain", "policies", "profile", "test", "new"})


def _extended(arguments: Sequence[str]) -> int | None:
    """The exit code of a command that another package adds; None where there is none of that name."""
    from guardrail.cli.extensions import command_named  # noqa: PLC0415 - looking for packages takes a while

    try:
        command = command_named(arguments[0])
    except ImportError as error:
        _complain(f"guardrail: {arguments[0]} needs {error.name or error}; install it: pip install 'guardrail-policy[webhook]'")
        return _USAGE
    if command is None:
        return None
    try:
        return command(arguments[1:])
    except SystemExit as done:  # argparse has printed the help, or said what is wrong
        return _USAGE if done.code else 0


_COMMANDS = {
    "lint": ("commands", "lint"),
    "inspect": ("commands", "inspect"),
    "policies-list": ("commands", "list_policies"),
    "policies-show": ("authoring", "show"),
    "policies-docs": ("authoring", "docs"),
    "profile-check": ("profiles", "check"),
    "profile-show": ("profiles", "show"),
    "profile-init": ("profiles", "init"),
    "explain": ("explaining", "explain"),
    "test": ("authoring", "test"),
    "new-policy": ("authoring", "new_policy"),
}
"""Module and function of each command; a run imports those of its own only."""


def _command(flags: Namespace) -> int:
    gc.set_threshold(*_COLLECTION)
    module, function = _COMMANDS[flags.command]
    return int(getattr(import_module(f"guardrail.cli.{module}"), function)(flags))


def _document(error: GuardrailError, flags: Namespace) -> None:
    """The faults as JSON in the file that was to hold a report as JSON.

    Never on standard output: who reads a report there finds one or nothing. What cannot be written is on standard error all the same.
    """
    output = getattr(flags, "output", None)
    if not output or getattr(flags, "format", None) != "json":
        return
    from guardrail.cli.streams import output_file  # noqa: PLC0415 - few runs fail
    from guardrail.reporters.failure import write_failure  # noqa: PLC0415 - as above

    with suppress(GuardrailError), output_file(output) as stream:
        write_failure(error, stream)


def _complain(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.flush()  # what was found stands before what went wrong
    sys.stderr.write(f"{text}\n")


def _told(error: GuardrailError) -> str:
    """The text of an error; faults of files start their line with `file:line:column`, where editors look for it."""
    text = str(error)
    if isinstance(error, ProfileError | PolicyError):
        what = "the profile" if isinstance(error, ProfileError) else "the policies"
        count = "1 fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        return f"{text}\nguardrail: {count} in {what}; nothing was judged"
    return f"guardrail: nothing was judged:\n{text}" if "\n" in text else f"guardrail: {text}"


def _internal(error: Exception) -> str:
    """What happened and where. Without the text of the error: it may quote a value that nobody may see."""
    return (
        f"guardrail: internal error: {type(error).__name__}{_where(error.__traceback__)}\n"
        "    This is a fault of guardrail, not of your files; please report it.\n"
        "    GUARDRAIL_DEBUG=1 prints the traceback. It may quote values from the inputs: read it before you send it."
    )


def _where(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    if not frames:
        return ""
    last = frames[-1]
    return f" in {os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119 - a frame's file may be no path at all
