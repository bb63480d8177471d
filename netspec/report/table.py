"""A connection table as text, as a file would draw it."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from netspec.tables import KernelTable, Table
from netspec.tables.written import cell_texts

#: A table larger than this on a side is drawn as blocks, each cell the share of its connections.
WIDEST = 64


def draw(table: Table | KernelTable) -> str:
    """The head with its figures, then the picture."""
    if isinstance(table, KernelTable):
        return _kernel(table)
    head = (
        f"{table.kind} table {table.name}: {table.inputs} -> {table.outputs}\n"
        f"{table.connections:,} connections of {table.inputs * table.outputs:,}, {table.weights:,} weights, "
        f"fan-in up to {table.fan_in}\n\n"
    )
    return head + (_cells(table) if max(table.inputs, table.outputs) <= WIDEST else _blocks(table))


def _kernel(kernel: KernelTable) -> str:
    names = dict(kernel.names)
    cells = ["." if tap < 0 else names.get(tap, "X") for tap in kernel.taps]
    width, columns = max(map(len, cells)), kernel.size[-1]
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    size = " x ".join(map(str, kernel.size))
    head = f"kernel table {kernel.name}: {size}\n{kernel.count} taps, {kernel.weights} weights\n\n"
    return head + "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)


def _cells(table: Table) -> str:
    grid = [["."] * table.outputs for _ in range(table.inputs)]
    for i, j, _, text in cell_texts(table):
        grid[i][j] = text
    return _grid(grid, [str(j) for j in range(table.outputs)], [str(i) for i in range(table.inputs)])


def _grid(grid: list[list[str]], columns: list[str], rows: list[str]) -> str:
    width = max(max(map(len, columns)), max(len(cell) for row in grid for cell in row))
    edge = max(map(len, rows))
    lines = [" " * edge + "  " + " ".join(name.rjust(width) for name in columns)]
    lines += [
        f"{name.rjust(edge)}  " + " ".join(cell.rjust(width) for cell in row)
        for name, row in zip(rows, grid, strict=True)
    ]
    return "\n".join(lines)


def _blocks(table: Table) -> str:
    import numpy as np

    step = -(-max(table.inputs, table.outputs) // 48)
    high, wide = -(-table.inputs // step), -(-table.outputs // step)
    counts = np.zeros((high, wide))
    if table.is_full:
        counts[:] = step * step
    else:
        np.add.at(counts, (table.cells.input // step, table.cells.output // step), 1)
    shades = " .:-=+*#%@"
    level = np.ceil(counts / (step * step) * (len(shades) - 1)).astype(int).clip(0, len(shades) - 1)
    lines = ["".join(shades[n] * 2 for n in row).rstrip() for row in level.tolist()]
    return f"each cell is {step} x {step} connections, darker is more\n" + "\n".join(lines)
