"""A list of pictures with the class of each: lines `filename,label` in a CSV, TSV or text file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.folders import Listing, in_order, in_short, is_hidden, is_number
from netspec.data.images import SUFFIXES
from netspec.data.rows import Row, first_row, read_rows, refuse
from netspec.diagnostics import Fault, printable

#: What the two columns may be called; a header may have others besides, which are not read.
FILES = ("filename", "file", "file_name", "path", "filepath", "image", "picture")
LABELS = ("label", "class", "category", "target")
_HELP = "a list has a line for each picture: photos/1.jpg,cat"


@dataclass(frozen=True)
class _Entry:
    """One line: the file as it is written there, and what its class is called."""

    line: int
    name: str
    label: str


def is_list(path: Path) -> bool:
    """Whether a file looks like a list of pictures: by its header, or by the first name in it. Raises Fault N707."""
    first = first_row(path, blanks=True)
    return bool(first) and (_columns(first) is not None or _is_picture(first[0]))


def read_list(path: Path, classes: Sequence[str] | None = None) -> tuple[Listing, list[str]]:
    """The pictures that a list names, and all that is wrong with it, each with its line.

    Names are relative to the list's folder, or absolute. ``classes`` say which number each class has, by its name or,
    where that is none of them, by its number; without them the labels do: in order, numbers by their size. A line that
    is wrong is not in the listing. Raises Fault N707 where the file is no list.
    """
    rows = read_rows(path, blanks=True)
    entries, wrong = _entries(path, rows)
    if not entries and not wrong:
        raise Fault("N707", f"{path} lists no pictures", help=_HELP)
    names = list(classes or in_order({entry.label for entry in entries}))
    result = Listing(names, unused=_unread(rows))
    seen: dict[str, _Entry] = {}
    numbers = numbers_of([entry.label for entry in entries], names).tolist()
    for entry, number in zip(entries, numbers, strict=True):
        file = path.parent / entry.name
        before = seen.setdefault(os.path.normpath(file), entry)
        if before is not entry:
            wrong.append(f"{path}:{entry.line}: {entry.name} is already in line {before.line}{_as(before, entry)}")
        elif number < 0:
            wrong.append(f"{path}:{entry.line}: there is no class {entry.label}; {in_short(names)}")
        elif not os.path.lexists(file):
            wrong.append(f"{path}:{entry.line}: there is no file {file}")
        else:
            result.files.append(file)
            result.keys.append(Path(entry.name).as_posix())
            result.labels.append(number)
    return result, wrong


def listed(path: Path, classes: Sequence[str] | None = None, told: list[str] | None = None) -> Listing:
    """As ``read_list``; Fault N707 where anything is wrong, unless that is ``told`` there."""
    found, wrong = read_list(path, classes)
    missing = any(": there is no file " in line for line in wrong)
    try:
        refuse(path, sorted(wrong, key=_line), f"names are relative to {path.parent}, or absolute" if missing else "")
    except Fault as fault:
        if told is None:
            raise
        told += fault.each
    return found


def _line(text: str) -> int:
    """The line that a fault is of."""
    return next((int(part) for part in text.split(":") if part.isdecimal()), 0)


def _as(before: _Entry, entry: _Entry) -> str:
    return "" if before.label == entry.label else f" as {before.label}, and here as {entry.label}"


def _entries(path: Path, rows: Sequence[Row]) -> tuple[list[_Entry], list[str]]:
    """The lines behind the header, if there is one, and what is wrong with some."""
    file, label, width = 0, 1, 2
    if rows and (columns := _columns(rows[0][1])) is not None:
        (file, label), width, rows = columns, len(rows[0][1]), rows[1:]
    entries, wrong = [], []
    for line, fields in rows:
        where = f"{path}:{line}:"
        if len(fields) > width:
            wrong.append(f"{where} {len(fields)} fields, not {width}: quote a name that has a comma")
        elif len(fields) <= label or not fields[label]:
            wrong.append(f"{where} {fields[file] if len(fields) > file else 'this line'} has no label")
        elif is_hidden(fields[label]):
            wrong.append(f"{where} the label {printable(fields[label])} has control characters in it")
        elif not fields[file]:
            wrong.append(f"{where} the label {fields[label]} has no file")
        else:
            entries.append(_Entry(line, fields[file], fields[label]))
    return entries, wrong


def _unread(rows: Sequence[Row]) -> list[str]:
    """The columns of a header that are neither of files nor of labels."""
    columns = _columns(rows[0][1])
    return [] if columns is None else [name for place, name in enumerate(rows[0][1]) if place not in columns]


def _columns(header: Sequence[str]) -> tuple[int, int] | None:
    """Where a header has the files and the labels; None where it is none."""
    words = [field.lower() for field in header]
    found = [next((words.index(name) for name in names if name in words), None) for names in (FILES, LABELS)]
    if found[0] is not None and found[1] is None and len(words) == 2 and not _is_picture(header[1 - found[0]]):
        found[1] = 1 - found[0]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def numbers_of(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """The number of each label: the place of its name or, where it is none, the number that it is; -1 where neither."""
    known: dict[Any, int] = {name: place for place, name in enumerate(names)}
    for label in set(labels) - known.keys():
        known[label] = int(label) if is_number(label) and int(label) < len(names) else -1
    return np.array([known[label] for label in labels], np.int64)
