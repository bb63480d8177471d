"""Folders that are made: one with what it is in, and one with all that goes into it or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from netspec.diagnostics.problem import Trouble
from netspec.files import TEMPORARY, reason, vanishing


def make_folder(folder: Path, what: str = "made") -> None:
    """A folder, with those that it is in; Trouble N604, which says ``what`` cannot be done, where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble("N604", f"{folder} cannot be {what}: {reason(error)}") from None


def fill_folder(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write files, by their paths in a folder that is new or empty: all of them or none. Returns how many.

    They get their names when all are written; none is flushed by itself, since thousands would take minutes.
    Raises Trouble N604 where the folder holds something, or that cannot be done.
    """
    there, count = folder.is_dir(), 0
    temporary = (folder if there else folder.parent) / f".{secrets.token_hex(8)}{TEMPORARY}"
    try:
        with vanishing(temporary):
            _free(folder, there)
            temporary.mkdir()
            for path, content in files:
                (temporary / path).parent.mkdir(parents=True, exist_ok=True)
                (temporary / path).write_bytes(content)
                count += 1
            if there:
                _name(sorted(temporary.iterdir()), folder)
            else:
                _free(folder)  # it took a while
                temporary.rename(folder)
            return count
    except (OSError, ValueError) as error:
        raise Trouble("N604", f"{folder} cannot be made: {reason(error)}", help="name a new folder") from None


def _name(entries: list[Path], folder: Path) -> None:
    """Bring files and folders into a folder: all or none."""
    try:
        for entry in entries:
            _free(folder / entry.name)
            entry.rename(folder / entry.name)
    except BaseException:
        for moved in (entry.name for entry in entries if not entry.exists()):
            shutil.move(folder / moved, entries[0].parent)
        raise


def _free(path: Path, empty: bool = False) -> None:
    """Raises FileExistsError where something stands under the name; an ``empty`` folder may."""
    if os.path.lexists(path) and not (empty and not any(path.iterdir())):
        raise FileExistsError(errno.EEXIST, "it is not empty" if empty else "it is there already")
