"""How a file is seen to have changed, through the links by which mounted ConfigMaps and Secrets are swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Stamp", "stamp_of"]

Stamp = tuple[int, int, int]
"""Inode, size in bytes and time of change in nanoseconds."""


def stamp_of(file: Path) -> Stamp:
    """What differs once a file is another one, or holds something else. Raises OSError where there is none."""
    status = file.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns)
