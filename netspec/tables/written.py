"""A table as a file writes it, cell by cell, and as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.tables.kernel import KernelTable
    from netspec.tables.table import Table

#: A table with a longer side is told in figures only.
WIDEST = 64


def cell_texts(table: Table) -> Iterator[tuple[int, int, int, str]]:
    """Input, output, weight (-1 for a constant) and what a file would write, of each cell that is not ``.``."""
    cells, names = table.cells, dict(table.names)
    for i, j, weight, value in zip(
        cells.input.tolist(), cells.output.tolist(), cells.weight.tolist(), cells.value.tolist(), strict=True
    ):
        yield i, j, weight, names.get(weight, "X") if weight >= 0 else "=" if value == 1 else f"{value:g}"


def figures(table: Table) -> str:
    """A table in a line: its kind, sizes, connections and weights."""
    return (
        f"{table.kind} table {table.name}: {table.inputs} -> {table.outputs}, {table.connections:,} connections, "
        f"{table.weights:,} weights"
    )


def html(table: Table) -> str:
    """A row for each input, a column for each output; every text escaped."""
    if max(table.inputs, table.outputs) > WIDEST:
        return f"<p>{escape(figures(table))}</p>"
    grid = [["."] * table.outputs for _ in range(table.inputs)]
    for i, j, _, text in cell_texts(table):
        grid[i][j] = text
    return _grid(figures(table), grid)


def kernel_html(kernel: KernelTable) -> str:
    """The taps of a kernel, the last axis across."""
    names, across = dict(kernel.names), kernel.size[-1]
    cells = ["." if tap < 0 else names.get(tap, "X") for tap in kernel.taps]
    return _grid(kernel_figures(kernel), [cells[at : at + across] for at in range(0, len(cells), across)])


def kernel_figures(kernel: KernelTable) -> str:
    """A kernel table in a line."""
    size = " x ".join(map(str, kernel.size))
    return f"kernel table {kernel.name}: {size}, {kernel.count} taps, {kernel.weights} weights"


def _grid(title: str, grid: Sequence[Sequence[str]]) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in grid)
    return f"<table><caption>{escape(title)}</caption><tbody>{rows}</tbody></table>"
