"""The command line. Importing it costs next to nothing: `--version` answers before argparse is loaded."""

from __future__ import annotations

import sys

from guardrail import __version__

TYPE_CHECKING = False  # typing would be a third of the time of `--version`
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; never raises SystemExit.

    0: no finding of action deny. 1: such findings. 2: unusable input, configuration or policy, and
    wrong flags. 3: a rule or guardrail itself failed. 130: interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        sys.stdout.write(f"guardrail {__version__}\n")
        return 0
    from guardrail.cli.run import run  # noqa: PLC0415 - see above

    return run(arguments)
