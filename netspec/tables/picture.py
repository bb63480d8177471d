"""Tables drawn in a file: a row for each input, a cell for each output; or the list form; or a kernel's taps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from netspec.shape import SINGLE
from netspec.tables.kernel import KernelTable
from netspec.tables.table import Table, make

#: Tells a finding: row, first and last column of the row's text, code, message, help.
Report = Callable[[int, int, int, str, str, str], None]

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ALLOWED = {"sparse": "`.` and `X`", "dense": "`X`", "shared": "`.`, `X` and names",
            "residual": "`.`, `X`, names, `=` and numbers", "kernel": "`.`, `X` and names"}  # fmt: skip


@dataclass(frozen=True)
class _Cell:
    text: str
    row: int
    start: int

    @property
    def sort(self) -> str:
        """What the cell is: ``.``, ``X``, ``=``, ``name``, ``number``, or ``""`` for none of them."""
        if self.text in (".", "X", "="):
            return self.text
        if _NUMBER.fullmatch(self.text):
            return "number"
        return "name" if self.text.isidentifier() and not self.text[0].isupper() else ""


_SORTS = {"sparse": (".", "X"), "dense": ("X",), "shared": (".", "X", "name"), "kernel": (".", "X", "name"),
          "residual": (".", "X", "name", "=", "number")}  # fmt: skip


def read_table(kind: str, inputs: int, outputs: int, rows: Sequence[str], report: Report) -> Table | None:
    """The table that the rows draw, in either form; None where something in them is wrong and was reported."""
    if rows and all(re.match(r"\s*[0-9]+\s*:", row) for row in rows):
        return _read_list(kind, inputs, outputs, rows, report)
    told = f"the table {_count(inputs, 'input')}", "a row for each input, a cell for each output"
    cells = _cells(kind, rows, inputs, outputs, "output maps", told, report)
    if cells is None:
        return None
    return _table(kind, inputs, outputs, [(cell, i, j) for i, row in enumerate(cells) for j, cell in enumerate(row)])


def _cells(
    kind: str, rows: Sequence[str], wanted_rows: int, width: int, what: str, told: tuple[str, str], report: Report
) -> list[list[_Cell]] | None:
    good, result = True, []
    for number, row in enumerate(rows):
        cells = [_Cell(found[0], number, found.start()) for found in re.finditer(r"\S+", row)]
        for cell in cells:
            good &= _allowed(kind, cell, report)
        if len(cells) != width:
            report(number, 0, -1, "N206", f"this row has {_count(len(cells), 'cell')}, and the table {width} {what}",
                   f"row {number + 1} of {wanted_rows} needs {_count(width, 'cell')}")  # fmt: skip
            good = False
        result.append(cells)
    if len(rows) != wanted_rows:
        report(len(rows) - 1, 0, -1, "N206", f"the picture has {_count(len(rows), 'row')}, and {told[0]}", told[1])
        good = False
    return result if good else None


def _allowed(kind: str, cell: _Cell, report: Report) -> bool:
    end = cell.start + len(cell.text)
    if cell.sort == "number" and abs(float(cell.text)) > SINGLE:
        report(cell.row, cell.start, end, "N207", f"`{cell.text}` is past the numbers of single precision, which end at 3.4e38", "")
        return False
    if cell.sort in _SORTS[kind]:
        return True
    help = f"cells of a {kind} table are {_ALLOWED[kind]}"
    if cell.text in ("x", "O", "o", "0", "1") and kind in ("sparse", "dense"):
        help += f"; write `{'X' if cell.text in 'x1' else '.'}`"
    elif cell.sort == "name" and kind == "sparse":
        help += "; names need a `shared table`"
    elif cell.sort in ("=", "number"):
        help += "; `=` and numbers need a `residual table`"
    report(cell.row, cell.start, end, "N207", f"`{cell.text}` is no cell of a {kind} table", help)
    return False


def _read_list(kind: str, inputs: int, outputs: int, rows: Sequence[str], report: Report) -> Table | None:
    seen: dict[int, int] = {}
    found: list[tuple[_Cell, int, int]] = []
    good = True
    for number, row in enumerate(rows):
        head, _, tail = row.partition(":")
        output = int(head) if len(head.strip()) < 19 else 2**63
        if output >= outputs or output in seen:
            told = f"output {output} stands twice" if output in seen else f"there is no output {output}"
            report(number, 0, len(head), "N206", f"{told}; the table has outputs 0 to {outputs - 1}", "")
            good = False
        seen[output] = number
        taken: set[int] = set()
        for cell in re.finditer(r"\S+", tail):
            start = len(head) + 1 + cell.start()
            at = int(cell[0][:18]) if cell[0].isdecimal() else inputs
            if at >= inputs or at in taken:
                told = "twice" if at in taken else "and there is none"
                report(number, start, start + len(cell[0]), "N206",
                       f"output {output} takes input {cell[0]}, {told}", f"inputs count 0 to {inputs - 1}")  # fmt: skip
                good = False
                continue
            taken.add(at)
            found.append((_Cell("X", number, start), at, output))
    return _table(kind, inputs, outputs, found) if good else None


def _table(kind: str, inputs: int, outputs: int, placed: list[tuple[_Cell, int, int]]) -> Table:
    numbers: dict[str, int] = {}
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for own, (cell, i, j) in enumerate(placed):
        if cell.sort == ".":
            continue
        weight, value = -1, float("nan")
        if cell.sort in ("=", "number"):
            value = 1.0 if cell.sort == "=" else float(cell.text)
        else:
            weight = numbers.setdefault(cell.text, own) if cell.sort == "name" else own
        for column, entry in zip(columns, (j, i, weight, value), strict=True):
            column.append(entry)
    import numpy as np

    whole = tuple(np.array(column, dtype=np.int64) for column in columns[:3])
    cells = (*whole, np.array(columns[3], dtype=float))
    return make("", kind, inputs, outputs, cells, [(n, word) for word, n in numbers.items()])  # type: ignore[arg-type]


def read_kernel(size: tuple[int, ...], rows: Sequence[str], report: Report) -> KernelTable | None:
    """A kernel table: which taps exist, and which share a weight; rows are those of the last axis."""
    height = prod(size[:-1])
    cells = _cells("kernel", rows, height, size[-1], "columns", (f"the kernel {height}", ""), report)
    if cells is None:
        return None
    numbers: dict[str, int] = {}
    taps: list[int] = []
    for own, cell in enumerate(cell for row in cells for cell in row):
        key = cell.text if cell.sort == "name" else f"#{own}"
        taps.append(-1 if cell.sort == "." else numbers.setdefault(key, len(numbers)))
    if not numbers:
        report(0, 0, -1, "N206", "the kernel has no tap at all", "draw at least one `X`")
        return None
    words = tuple((n, key) for key, n in numbers.items() if not key.startswith("#"))
    return KernelTable("", size, tuple(taps), words)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
