"""The specs in a folder and below it, looked for no longer than anybody waits: a spec may lie in somebody's home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

#: So many folders are walked through, and so many specs found.
MOST_FOLDERS, MOST_FILES = 500, 500
#: Folders that hold no specs of one's own.
_PASSED_OVER = ("node_modules", "__pycache__")


def specs_below(folder: Path) -> Iterator[Path]:
    """The files called ``.net``, those near the top first."""
    return islice(_found(folder), MOST_FILES)


def _found(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    for _ in range(MOST_FOLDERS):
        if not waiting:
            return
        inner, files = _listed(waiting.pop(0))
        yield from files
        waiting += inner


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the specs in a folder, links to folders left out; nothing where it cannot be read."""
    folders, files = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".net") and entry.is_file():
                    files.append(Path(entry.path))
                elif (
                    not entry.name.startswith(".")
                    and entry.name not in _PASSED_OVER
                    and entry.is_dir(follow_symlinks=False)
                ):
                    folders.append(Path(entry.path))
    except OSError:
        return [], []
    return sorted(folders), sorted(files)
