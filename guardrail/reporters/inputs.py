"""What became of the inputs, in words; shared by the text forms of `lint` and `inspect`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardrail.model import InputStatus
from guardrail.reporters.terminal import Terminal, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.model import InputRecord

__all__ = ["failed_lines", "failure_of", "failure_place", "input_lines", "skip_kind"]

_LISTED = 10  # failed inputs: the others with -v

_LINE_COLUMN = re.compile(r"^line (\d+), column (\d+):")
_PLACE = re.compile(r"(?:[^:\s]*:)?(?:line )?\d+(?::\d+|, column \d+)?(?: \([^)]*\))?: ")
_DETAIL = re.compile(r" \(|[;:] ")


def skip_kind(record: InputRecord) -> str:
    """Why an input was skipped, without place and detail, so that a hundred templates count as one kind."""
    reason = (record.reason or "no reason known").partition("\n")[0].removeprefix(f"{record.path}:")
    return _DETAIL.split(_PLACE.sub("", reason, count=1), maxsplit=1)[0].strip().removeprefix("this is ").removeprefix("a ")


def failed_lines(inputs: Sequence[InputRecord], terminal: Terminal, *, verbose: bool = False) -> list[str]:
    """The inputs that could not be read whole, each with its reason; empty when all could."""
    failed = [record for record in inputs if record.status is InputStatus.FAILED]
    if not failed:
        return []
    shown = failed if verbose else failed[:_LISTED]
    what = "input could not be read whole" if len(failed) == 1 else "inputs could not be read whole"
    lines = [f"{terminal.paint('failed', 'failed')}    {str(len(failed)).rjust(3)}  {what}:"]
    for record in shown:
        lines += [f"    {printable(line)}" for line in failure_of(record).splitlines()]
    if len(shown) < len(failed):
        lines.append(f"    and {len(failed) - len(shown):,} more (-v lists them)")
    return lines


def failure_of(record: InputRecord) -> str:
    """The reason behind its place, `k8s/job.yaml:18:11: …`, where editors and log viewers look for it."""
    reason = _LINE_COLUMN.sub(r"\1:\2:", record.reason or "no reason known")
    if reason.startswith(record.path):
        return reason
    return f"{record.path}:{reason}" if reason != record.reason else f"{record.path}: {reason}"


def failure_place(record: InputRecord) -> tuple[int, int] | None:
    """The line and column at which reading an input failed, where they are known."""
    found = _LINE_COLUMN.match(record.reason or "")
    return (int(found[1]), int(found[2])) if found else None


def input_lines(inputs: Sequence[InputRecord], terminal: Terminal) -> list[str]:
    """Every input with its status, and how many objects it held or why it was not read."""
    if not inputs:
        return []
    column = min(max(len(printable(record.path)) for record in inputs), terminal.width // 2)
    return ["inputs", *(_input_line(record, column) for record in inputs)]


def _input_line(record: InputRecord, column: int) -> str:
    told = "1 object" if record.resources == 1 else f"{record.resources:,} objects"
    if record.status is not InputStatus.READ:
        told = (record.reason or "no reason known").splitlines()[0]
    elif record.reason:
        told = f"{told}; {record.reason}"
    return f"    {record.status.ljust(8)} {printable(record.path).ljust(column)}  {printable(told)}"
