"""A table of numbers: a CSV file with a header, whose columns make the inputs and outputs of a net."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import MOST, Examples
from netspec.data.folders import in_order, in_short, is_hidden
from netspec.data.lists import numbers_of
from netspec.data.needs import Needs
from netspec.data.rows import Row, each_row, first_row, refuse
from netspec.diagnostics import Fault, did_you_mean, printable

Array = NDArray[Any]
#: Rows that become numbers at a time, and columns that a message names.
_ROWS, _TOLD = 4096, 12


@dataclass(frozen=True)
class Table:
    """What a table has for the inputs and outputs of a net: ``values`` are (rows, columns) of float32, or texts.

    ``lines`` are where the rows begin; ``wrong`` says by line what is wrong with rows, which are not among these;
    ``unused`` are the columns that were not asked for.
    """

    path: Path
    values: Mapping[str, Array]
    lines: Sequence[int]
    wrong: Mapping[int, str]
    unused: Sequence[str]


def is_table(path: Path, needs: Needs) -> bool:
    """Whether the header of a file has the columns of all inputs."""
    with suppress(Fault):
        header = first_row(path)
        return bool(needs.inputs) and all(_found(path, header, name, needs) for name in needs.inputs)
    return False


def read_table(path: Path, needs: Needs, classes: Sequence[str] | None = None) -> Examples:
    """The examples of a table, an array for each input and output that it has columns for.

    A column of names of classes, or of their numbers, becomes numbers, counted by ``classes`` or else as they are
    sorted; those of a second output are numbers. Raises Fault N707 with all that is wrong, each with its line.
    """
    table = rows_of(path, needs, needs.outputs)
    wrong = dict(table.wrong)
    arrays: dict[str, Array] = {}
    names = list(classes) if classes else None
    labelled = next((name for name, values in table.values.items() if values.dtype.kind == "U"), None)
    for name, values in table.values.items():
        if values.dtype.kind == "U":
            labels = values[:, 0].tolist()
            if name == labelled:
                own = names = names or in_order(set(labels))
            else:
                own = list(map(str, range(needs.outputs[name] or 0)))
            numbers = numbers_of(labels, own)
            for row in np.flatnonzero(numbers < 0).tolist():
                line, what = table.lines[row], printable(labels[row]) + f" of {name}" * (name != labelled)
                wrong[line] = f"{path}:{line}: there is no class {what}; {in_short(own)}"
            arrays[name] = numbers
        else:
            arrays[name] = _shaped(values, needs.inputs.get(name))
    refuse(path, [text for _, text in sorted(wrong.items())])
    if not table.lines:
        raise Fault("N707", f"{path} has no rows behind its header")
    return Examples(arrays, names, labelled, [f"{path}:{line}" for line in table.lines], table.unused)


def rows_of(path: Path, needs: Needs, outputs: Sequence[str] | Mapping[str, Any] = ()) -> Table:
    """The rows of a table for the inputs and some ``outputs`` of a net, as float32, or texts where they are classes.

    Raises Fault N707 where the file is no table, or has no columns for one of them.
    """
    rows = each_row(path)
    header = _header(rows)
    if not header:
        raise Fault("N707", f"{path} is empty")
    places = {}
    for name in [*needs.inputs, *outputs]:
        found = _found(path, header, name, needs)
        if found:
            places[name] = found
        elif name in needs.inputs or name not in needs.rebuilt:
            raise _missing(path, header, name, needs, [place for used in places.values() for place in used])
    texts = {name for name, found in places.items() if _is_class(name, found, needs)}
    parts: dict[str, list[Array]] = {name: [] for name in places}
    lines: list[int] = []
    wrong: dict[int, str] = {}
    while some := list(islice(rows, _ROWS)):
        good = [row for row in some if not _misfit(path, row, len(header), wrong)]
        if not good:
            continue
        columns = {name: [[fields[place] for place in places[name]] for _, fields in good] for name in places}
        read, bad = {}, set[int]()
        for name, cells in columns.items():
            read[name], faults = _texts(cells) if name in texts else _numbers(cells)
            for row, at in faults:
                line, column = good[row][0], _quoted(header[places[name][at]])
                wrong.setdefault(line, f"{path}:{line}: {_said(cells[row][at], name in texts)} in column {column}")
                bad.add(row)
        kept = [row for row in range(len(good)) if row not in bad]
        for name, values in read.items():
            parts[name].append(values[kept])
        lines += [good[row][0] for row in kept]
    whole = {name: np.concatenate(some) if some else np.zeros((0, 1), np.float32) for name, some in parts.items()}
    used = {place for found in places.values() for place in found}
    return Table(path, whole, lines, wrong, [name for place, name in enumerate(header) if place not in used])


def _header(rows: Iterator[Row]) -> list[str]:
    """The names of the columns, which are taken off the rows; none of an empty file."""
    return next(rows, (1, []))[1]


def rows_in(path: Path) -> tuple[dict[int, bytes], list[str]]:
    """What the rows of a table hold, by line, and what is wrong with it whatever net it is for, each with its line."""
    rows = each_row(path)
    header, found, wrong = _header(rows), dict[int, bytes](), dict[int, str]()
    twice = [_quoted(name) for name, count in Counter(header).items() if count > 1]
    if not header or all(map(_is_number, header)):
        wrong[1] = f"{path}: the first line names no columns"
    elif twice:
        wrong[1] = f"{path}: columns have one name: {', '.join(twice)}"
    for row in rows:
        if _misfit(path, row, len(header), wrong):
            continue
        line, fields = row
        found[line] = "\0".join(fields).encode()
        empty = [_quoted(name) for name, field in zip(header, fields, strict=True) if not field]
        if empty:
            wrong[line] = f"{path}:{line}: nothing in column {', '.join(empty[:_TOLD])}"
    return found, [wrong[line] for line in sorted(wrong)]


def _shaped(values: Array, shape: Sequence[int | None] | None) -> Array:
    """Rows as an input reads them, channels last; those of an output as they are, a single number by itself."""
    if shape is None or len(shape) == 1:
        return values
    return np.moveaxis(values.reshape(len(values), *(size or 1 for size in shape)), 1, -1)


def example(table: Table, needs: Needs, row: int) -> dict[str, Array]:
    """One row as the inputs of a net, channels last."""
    return {name: _shaped(table.values[name][row : row + 1], shape) for name, shape in needs.inputs.items()}


def _is_class(name: str, places: Sequence[int], needs: Needs) -> bool:
    """Whether the one column of an output has a class for each of its numbers."""
    return name in needs.labels or (name in needs.outputs and len(places) == 1 and needs.outputs[name] != 1)


def _found(path: Path, header: Sequence[str], name: str, needs: Needs) -> list[int]:
    """The places of the columns of an input or output; none where they are not there, or not as many as it has numbers.

    Raises Fault N707 where the spec names them and one is not there.
    """
    count, asked = needs.count(name), needs.asked(name)
    single = name in needs.outputs
    if asked:
        where: dict[str, list[int]] = {}
        for place, column in enumerate(header):
            where.setdefault(column, []).append(place)
        places = [place for column in asked for place in _met(path, where, column)]
        if count is not None and len(places) != count and not (single and len(places) == 1):
            raise Fault(
                "N707",
                f"`columns` names {len(places):,} columns of {path} for {name}, which has {count:,} numbers",
                help=f"they are {_listed([header[place] for place in places])}",
            )
        return places
    if header.count(name) == 1 and (count == 1 or single):
        return [header.index(name)]
    order, places = _numbered(header, name)
    counted = bool(order) and order == list(range(order[0], order[0] + len(order))) and order[0] in (0, 1)
    return places if counted and count in (None, len(order)) else []


def _numbered(header: Sequence[str], name: str) -> tuple[list[int], list[int]]:
    """The numbers of the columns `NAME_0`, `NAME_1` …, sorted, and the place of each."""
    pattern = re.compile(re.escape(name) + r"[_ .\[]?(\d{1,9})\]?")
    found = sorted(
        (int(match[1]), place) for place, column in enumerate(header) if (match := pattern.fullmatch(column))
    )
    return [number for number, _ in found], [place for _, place in found]


def _met(path: Path, where: Mapping[str, list[int]], column: str) -> list[int]:
    """Where a column is that the spec names, or those that its pattern meets; ``where`` each name of the header is."""
    places = where.get(column, [])
    if len(places) > 1:
        raise Fault("N707", f"{path} has {len(places)} columns {_quoted(column)}", help="give each its own name")
    places = places or sorted(place for one in where if fnmatchcase(one, column) for place in where[one])
    if not places:
        raise Fault("N707", f"{path} has no column {_quoted(column)}, which `columns` names",
                    help=did_you_mean(column, where) or f"it has {_listed(list(where))}")  # fmt: skip
    return places


def _missing(path: Path, header: Sequence[str], name: str, needs: Needs, used: Sequence[int]) -> Fault:
    """What is said where no column is called after an input or output."""
    kind, count = "input" if name in needs.inputs else "output", needs.count(name)
    free = [column for place, column in enumerate(header) if place not in used]
    wanted = name if count == 1 or name in needs.labels else f"{name}_0 … {name}_{(count or 2) - 1}"
    if all(_is_number(column) for column in header):
        return Fault("N707", f"the first line of {path} has numbers, where the columns are named",
                     help=f"begin the file with a line of names: {wanted}")  # fmt: skip
    line = f"columns {name}: {json.dumps(free[:_TOLD] if kind == 'input' else free[-1:], ensure_ascii=False)}"
    alike = [header[place] for place in _numbered(header, name)[1]]
    if alike:
        numbers = "" if count is None else f", which has {count:,} numbers"
        return Fault(
            "N707",
            f"{path} has the columns {_listed(alike)} for {kind} {name}{numbers}",
            help="number them from 0 or 1, each once, or say in the spec which are meant: "
            f"`data {{ columns {name}: {json.dumps(alike[:count], ensure_ascii=False)} }}`",
        )
    mend = f"say in the spec which are meant: `data {{ {line} }}`" if free else f"add {wanted}"
    return Fault(
        "N707",
        f"{path} has no column for {kind} {name}: it would be called {wanted}",
        help=f"it has {_listed(header)}\n{mend}",
    )


def _misfit(path: Path, row: tuple[int, list[str]], width: int, wrong: dict[int, str]) -> bool:
    line, fields = row
    if len(fields) != width:
        wrong[line] = f"{path}:{line}: {len(fields)} field{'s' * (len(fields) != 1)}, and the header has {width}"
    return len(fields) != width


def _texts(cells: list[list[str]]) -> tuple[Array, list[tuple[int, int]]]:
    """One column of texts, and the places of those that name nothing."""
    bad = [(row, 0) for row, (cell,) in enumerate(cells) if not cell or is_hidden(cell)]
    return np.array(cells, np.str_).reshape(len(cells), 1), bad


def _numbers(cells: list[list[str]]) -> tuple[Array, list[tuple[int, int]]]:
    """The cells as float32, and the places of those that are no finite numbers."""
    try:
        found = np.array(cells, np.str_).astype(np.float64)
    except ValueError:
        found = np.array([[_number(cell) for cell in row] for row in cells], np.float64)
    bad = ~(np.abs(found) <= MOST)
    faults = [(int(row), int(at)) for row, at in zip(*np.nonzero(bad), strict=True)]
    return np.where(bad, 0, found).astype(np.float32), faults


def _number(cell: str) -> float:
    try:
        return float(cell) if "_" not in cell else np.nan
    except ValueError:
        return np.nan


def _is_number(cell: str) -> bool:
    return not np.isnan(_number(cell))


def _said(cell: str, text: bool) -> str:
    """What is wrong with a cell."""
    if not cell:
        return f"no {'class' if text else 'number'}"
    if text:
        return f"{_quoted(cell)} has control characters"
    if _is_number(cell):
        return (
            f"{_quoted(cell)} is {'too large for single precision' if np.isfinite(float(cell)) else 'no finite number'}"
        )
    comma = cell.count(",") == 1 and _is_number(cell.replace(",", "."))
    return f"{_quoted(cell)} is no number{': write a point for the comma' * comma}"


def _quoted(text: str) -> str:
    return json.dumps(printable(text[:60]), ensure_ascii=False)


def _listed(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - _TOLD:,} more" if len(columns) > _TOLD else ""
    return ", ".join(map(_quoted, columns[:_TOLD])) + more
