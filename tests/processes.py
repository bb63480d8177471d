"""What runs on this machine, for tests that must leave nothing behind."""

from __future__ import annotations

import contextlib
from pathlib import Path


def members(group: int) -> list[int]:
    """Processes of a group that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(words[2]) == group and words[0] not in (b"Z", b"X"):
            found.append(int(path.parent.name))
    return found


def children() -> set[int]:
    """Children of this process, zombies too."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that ends meanwhile has none
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found
