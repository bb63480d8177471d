"""Files of text that the parts of a data set may be in: lists of pictures, and tables of numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from netspec.data.folders import PARTS, entries
from netspec.data.images import Reading
from netspec.data.lists import is_list
from netspec.data.needs import Needs
from netspec.data.rows import SUFFIXES
from netspec.data.table import is_table
from netspec.diagnostics import Fault

Kind = Callable[[Path], bool]


def list_of(folder: Path, part: str) -> Path | None:
    """The list of a part's pictures: the file itself, PART.csv, or the only list of a folder; None where there is none.

    A file alone is a training set.
    """
    return _file_of(folder, part, is_list, lambda path: True)


def table_of(folder: Path, part: str, needs: Needs, reading: Reading) -> Path | None:
    """The table that a part is in: one that has the columns of the net's inputs, or which can be nothing else."""

    def asked(path: Path) -> bool:
        return reading.layout == "table" or is_table(path, needs)

    def only(path: Path) -> bool:
        return reading.layout is None and needs.by_columns and _is_no_list(path)

    return _file_of(folder, part, asked, lambda path: asked(path) or only(path)) if reading.allows("table") else None


def plain_table(folder: Path, part: str, reading: Reading) -> Path | None:
    """The table that a part is in, whatever net it is for: a CSV that lists no pictures."""
    if not reading.allows("table"):
        return None
    return _file_of(folder, part, lambda path: path.suffix.lower() != ".txt" and not is_list(path), _is_no_list)


def _file_of(folder: Path, part: str, kind: Kind, alone: Kind) -> Path | None:
    """PART.csv, or the only file of text of a ``kind`` in a folder, which is a training set; None where there is none.

    In place of a folder it may be such a file, ``alone``.
    """
    if not os.path.isdir(folder):
        return folder if part == "train" and folder.suffix.lower() in SUFFIXES and _fits(alone, folder) else None
    known = {name: role for role, names in PARTS.items() for name in names}
    texts = [path for path in entries(folder) if path.suffix.lower() in SUFFIXES]
    files = [path for path in texts if _fits(kind, path)]
    of_parts = {known[path.stem]: path for path in files if path.stem in known}
    if of_parts:  # the others are meant for the same, and what is wrong with them is told
        of_parts = {known[path.stem]: path for path in texts if path.stem in known and _fits(alone, path)} | of_parts
    if of_parts or len(files) != 1:
        return of_parts.get(part)
    return files[0] if part == "train" else None


def _fits(kind: Kind, path: Path) -> bool:
    with suppress(Fault):
        return os.path.isfile(path) and kind(path)
    return False


def _is_no_list(path: Path) -> bool:
    return not _fits(is_list, path)
