"""Tables of text: each column as wide as its widest cell, as a terminal counts."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Collection, Sequence


def columns(rows: Sequence[Sequence[str]], left: int, bold: Collection[int] = ()) -> list[str]:
    """Lines of a table, its first ``left`` columns aligned to the left and the others to the right.

    ``bold`` are the numbers of rows that are printed so.
    """
    count = max(map(len, rows))
    full = [row if len(row) == count else [*row, *[""] * (count - len(row))] for row in rows]
    aligned = [_aligned(column, i < left) for i, column in enumerate(zip(*full, strict=True))]
    lines = ["  ".join(row) for row in zip(*aligned, strict=True)]
    return [f"\x1b[1m{line}\x1b[0m" if i in bold else line for i, line in enumerate(lines)]


def _aligned(column: Sequence[str], left: bool) -> list[str]:
    """The cells of a column, all as wide as the widest."""
    widths = [_width_of(cell) for cell in column]
    widest = max(widths)
    gaps = [" " * (widest - width) for width in widths]
    return [cell + gap if left else gap + cell for cell, gap in zip(column, gaps, strict=True)]


def _width_of(cell: str) -> int:
    """Columns of a terminal: a wide character takes two."""
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)


def number(value: int | None) -> str:
    """With commas; a dash where it is not known."""
    return "-" if value is None else f"{value:,}"
