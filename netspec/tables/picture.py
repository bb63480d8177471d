"""Tables drawn in a file: a row for each input, a cell for each output; or the list form; or a kernel's taps."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import re
from array import array
from collections.abc import Callable, Sequence
from math import prod

from netspec.shape import SINGLE
from netspec.tables.kernel import KernelTable
from netspec.tables.table import Table, make

#: Takes a finding: row, first and last column of the row's text, code, message, help.
Report = Callable[[int, int, int, str, str, str], None]

#: So many faults of one picture are reported; it is read no further then.
MOST_REPORTED = 100
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ALLOWED = {"sparse": "`.` and `X`", "dense": "`X`", "shared": "`.`, `X` and names",
            "residual": "`.`, `X`, names, `=` and numbers", "kernel": "`.`, `X` and names"}  # fmt: skip


def sort_of(text: str) -> str:
    """What a cell is: ``.``, ``X``, ``=``, ``name``, ``number``, or ``""`` for none of them."""
    if text in (".", "X", "="):
        return text
    if _NUMBER.fullmatch(text):
        return "number"
    return "name" if text.isidentifier() and not text[0].isupper() else ""


_SORTS = {"sparse": (".", "X"), "dense": ("X",), "shared": (".", "X", "name"), "kernel": (".", "X", "name"),
          "residual": (".", "X", "name", "=", "number")}  # fmt: skip


def read_table(kind: str, inputs: int, outputs: int, rows: Sequence[str], report: Report) -> Table | None:
    """The table that the rows draw, in either form; None where something in them is wrong and was reported."""
    if rows and all(re.match(r"\s*[0-9]+\s*:", row) for row in rows):
        return _read_list(kind, inputs, outputs, rows, report)
    expected = f"the table has {_count(inputs, 'input')}", "a row for each input, a cell for each output"
    grid = _Grid(kind, inputs, outputs, "output maps", expected, report)
    return grid.placed.table(kind, inputs, outputs) if grid.read(rows) else None


class _Grid:
    """A picture read row by row: nothing is kept of an empty cell."""

    def __init__(self, kind: str, high: int, wide: int, what: str, expected: tuple[str, str], report: Report) -> None:
        self.kind, self.high, self.wide, self.what, self.expected, self.report = (
            kind,
            high,
            wide,
            what,
            expected,
            report,
        )
        self.sorts: dict[str, str] = {}
        self.placed = _Placed()
        self.only_x = len(_SORTS[kind]) <= 2  # no names, no numbers

    def read(self, rows: Sequence[str]) -> bool:
        """Whether all rows are right; what is wrong was reported, and of very much only the first of it."""
        wrong = 0
        for number, row in enumerate(rows):
            cells = row.split()
            bad = not all(map(self._known, set(cells))) and self._report_cells(number, row)
            if len(cells) != self.wide:
                found = f"this row has {_count(len(cells), 'cell')}, but the table has {self.wide} {self.what}"
                needed = f"row {number + 1} of {self.high} needs {_count(self.wide, 'cell')}"
                self.report(number, 0, -1, "N206", found, needed)
                bad = True
            wrong += bad
            if wrong > MOST_REPORTED:
                self.report(number, 0, -1, "N206", f"the picture is read no further: {wrong} of its rows are wrong", "")
                return False
            if not wrong:
                self._place(number, cells)
        if len(rows) != self.high:
            self.report(
                len(rows) - 1,
                0,
                -1,
                "N206",
                f"the picture has {_count(len(rows), 'row')}, but {self.expected[0]}",
                self.expected[1],
            )
            return False
        return not wrong

    def _known(self, text: str) -> bool:
        sort = self.sorts.setdefault(text, sort_of(text))
        return sort in _SORTS[self.kind] and not (sort == "number" and abs(float(text)) > SINGLE)

    def _report_cells(self, number: int, row: str) -> bool:
        """Report the cells of a row that do not belong to the kind of table, but only the first of very many."""
        bad = [found for found in re.finditer(r"\S+", row) if not self._known(found[0])]
        for found in bad[:MOST_REPORTED]:
            _report_cell(self.kind, number, found, self.report)
        return True

    def _place(self, i: int, cells: list[str]) -> None:
        placed = self.placed
        if self.only_x:
            placed.extend([j for j, text in enumerate(cells) if text == "X"], i)
            return
        for j, text in enumerate(cells):
            if text == ".":
                continue
            sort = self.sorts[text]
            if sort in ("=", "number"):
                placed.add(j, i, -1, 1.0 if sort == "=" else float(text))
            else:
                placed.add(
                    j, i, placed.names.setdefault(text, len(placed.outputs)) if sort == "name" else len(placed.outputs)
                )


class _Placed:
    """Cells as they are found: output, input, weight and value of each."""

    def __init__(self) -> None:
        self.outputs, self.inputs, self.weights, self.values = array("q"), array("q"), array("q"), array("d")
        self.names: dict[str, int] = {}

    def add(self, output: int, input_: int, weight: int, value: float = float("nan")) -> None:
        """One more cell."""
        for column, entry in ((self.outputs, output), (self.inputs, input_), (self.weights, weight)):
            column.append(entry)
        self.values.append(value)

    def extend(self, outputs: list[int], input_: int) -> None:
        """Cells of one input with weights of their own."""
        count = len(outputs)
        self.weights.extend(range(len(self.outputs), len(self.outputs) + count))
        self.outputs.extend(outputs)
        self.inputs.extend([input_] * count)
        self.values.extend([float("nan")] * count)

    def table(self, kind: str, inputs: int, outputs: int) -> Table:
        """The table of them."""
        import numpy as np

        columns = tuple(np.array(column, dtype=np.int64) for column in (self.outputs, self.inputs, self.weights))
        cells = (*columns, np.array(self.values, dtype=float))
        return make("", kind, inputs, outputs, cells, [(n, word) for word, n in self.names.items()])


def _report_cell(kind: str, number: int, found: re.Match[str], report: Report) -> None:
    text, sort = found[0], sort_of(found[0])
    if sort == "number" and abs(float(text)) > SINGLE:
        report(
            number,
            found.start(),
            found.end(),
            "N207",
            f"`{text[:40]}` is too large for single precision, which ends at 3.4e38",
            "",
        )
        return
    help = f"cells of a {kind} table are {_ALLOWED[kind]}"
    if text in ("x", "O", "o", "0", "1") and kind in ("sparse", "dense"):
        help += f"; write `{'X' if text in 'x1' else '.'}`"
    elif sort == "name" and kind == "sparse":
        help += "; names need a `shared table`"
    elif sort in ("=", "number"):
        help += "; `=` and numbers need a `residual table`"
    report(number, found.start(), found.end(), "N207", f"`{text[:40]}` is not a cell of a {kind} table", help)


def _read_list(kind: str, inputs: int, outputs: int, rows: Sequence[str], report: Report) -> Table | None:
    seen: set[int] = set()
    placed = _Placed()
    wrong = 0
    for number, row in enumerate(rows):
        head, _, tail = row.partition(":")
        output = _index(head.strip(), outputs)
        if output >= outputs or output in seen:
            fault = (
                f"output {head.strip()[:20]} is listed twice"
                if output in seen
                else f"there is no output {head.strip()[:20]}"
            )
            report(number, 0, len(head), "N206", f"{fault}; the table has outputs 0 to {outputs - 1}", "")
            wrong += 1
        seen.add(output)
        wrong += _read_row(output, inputs, (number, len(head) + 1, tail), placed, report)
        if wrong > MOST_REPORTED:
            report(number, 0, -1, "N206", f"the list is read no further: {wrong} things in it are wrong", "")
            return None
    return None if wrong else placed.table(kind, inputs, outputs)


def _read_row(output: int, inputs: int, row: tuple[int, int, str], placed: _Placed, report: Report) -> int:
    """Place the inputs of one output; how many of them are wrong."""
    number, begins, tail = row
    taken: set[int] = set()
    wrong = 0
    for cell in re.finditer(r"\S+", tail):
        position = _index(cell[0], inputs)
        if position < inputs and position not in taken:
            taken.add(position)
            placed.add(output, position, len(placed.outputs))
            continue
        wrong += 1
        if wrong <= MOST_REPORTED:
            fault = " twice" if position in taken else ", which does not exist"
            message = f"output {output} takes input {cell[0][:40]}{fault}"
            span = begins + cell.start(), begins + cell.end()
            report(number, *span, "N206", message, f"inputs are numbered 0 to {inputs - 1}")
    return wrong


def _index(text: str, size: int) -> int:
    """The number that stands there; ``size``, which no index reaches, where it is none or too long to read."""
    digits = text.lstrip("0")
    return int(digits or "0") if text.isdecimal() and len(digits) < 19 else size


def read_kernel(size: tuple[int, ...], rows: Sequence[str], report: Report) -> KernelTable | None:
    """A kernel table: which taps exist, and which share a weight; rows are those of the last axis."""
    height, width = prod(size[:-1]), size[-1]
    grid = _Grid("kernel", height, width, "columns", (f"the kernel has {height}", ""), report)
    if not grid.read(rows):
        return None
    placed, taps = grid.placed, [-1] * (height * width)
    numbers: dict[int, int] = {}
    for i, j, weight in zip(placed.inputs, placed.outputs, placed.weights, strict=True):
        taps[i * width + j] = numbers.setdefault(weight, len(numbers))
    if not numbers:
        report(0, 0, -1, "N206", "the kernel has no taps", "draw at least one `X`")
        return None
    words = tuple(sorted((numbers[weight], word) for word, weight in placed.names.items()))
    return KernelTable("", size, tuple(taps), words)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
