"""Pictures of connection tables: a row for each input, a column for each output, a colour for each shared weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from netspec.tables import KernelTable, Table
from netspec.tables.written import cell_texts

#: Colours of the cells that share a weight, in the order in which they appear; of a weight of its own; of a constant.
SHARED = ("#c8503c", "#3c8c50", "#8c5aa0", "#c89632", "#3ca0aa", "#7a7a7a", "#a03c6e")
OWN, CONSTANT = "#1f5fa8", "#999999"
#: A table larger than this on a side is drawn in blocks of cells, darker where more of them are connections.
WIDEST = 100


@dataclass(frozen=True)
class Cell:
    """A connection at its row and column: its colour, what stands in it, and how much of the block is there."""

    row: int
    column: int
    fill: str
    name: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Grid:
    """A table's picture: its rows and columns, and its cells, each of ``blocks`` cells of the table on a side."""

    high: int
    wide: int
    cells: tuple[Cell, ...]
    blocks: int = 1

    @property
    def colours(self) -> set[str]:
        """The colours that occur."""
        return {cell.fill for cell in self.cells}


@lru_cache(maxsize=64)
def grid(table: Table | KernelTable) -> Grid:
    """The picture of a table, or of the taps of a kernel, whose planes stand below each other."""
    if isinstance(table, KernelTable):
        wide, names = table.size[-1], dict(table.names)
        taps = [(n // wide, n % wide, tap, names.get(tap, "")) for n, tap in enumerate(table.taps) if tap >= 0]
        return Grid(len(table.taps) // wide, wide, tuple(_coloured(taps)))
    if max(table.inputs, table.outputs) > WIDEST:
        return _shaded(table)
    cells = [(i, j, weight, "" if text == "X" else text) for i, j, weight, text in cell_texts(table)]
    return Grid(table.inputs, table.outputs, tuple(_coloured(cells)))


def _coloured(cells: list[tuple[int, int, int, str]]) -> Iterator[Cell]:
    """Cells from row, column, weight (below 0 a constant) and name."""
    colours: dict[int, str] = {}
    for row, column, weight, name in cells:
        fill = CONSTANT if weight < 0 else OWN
        if weight >= 0 and name:
            fill = colours.setdefault(weight, SHARED[len(colours) % len(SHARED)])
        yield Cell(row, column, fill, name)


def _shaded(table: Table) -> Grid:
    """A large table in blocks."""
    step = ceil(max(table.inputs, table.outputs) / WIDEST)
    high, wide = ceil(table.inputs / step), ceil(table.outputs / step)
    if table.is_full:
        return Grid(high, wide, tuple(Cell(i, j, OWN) for i in range(high) for j in range(wide)), step)
    counts: dict[tuple[int, int], int] = {}
    for i, j in zip((table.cells.input // step).tolist(), (table.cells.output // step).tolist(), strict=True):
        counts[i, j] = counts.get((i, j), 0) + 1
    most = max(counts.values(), default=1)
    return Grid(high, wide, tuple(Cell(i, j, OWN, "", n / most) for (i, j), n in sorted(counts.items())), step)
