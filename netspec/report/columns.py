"""Tables as text, each column as wide as its widest cell, as CSV and as Markdown; numbers as people read them."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

#: What Markdown takes for more than a character; a line between letters is one.
_MARKS = re.compile(r"[\\`*|<>\[\]~&]|(?<![^\W_])_|_(?![^\W_])")


def columns(rows: Sequence[Sequence[str]], left: int | Collection[int], bold: Collection[int] = ()) -> list[str]:
    """Lines of a table; ``left`` says how many columns, from the first on, or which are aligned to the left.

    ``bold`` are the numbers of rows that are printed so.
    """
    count = max(map(len, rows))
    lefts = range(left) if isinstance(left, int) else left
    full = [row if len(row) == count else [*row, *[""] * (count - len(row))] for row in rows]
    aligned = [_aligned(column, i in lefts) for i, column in enumerate(zip(*full, strict=True))]
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


def size(count: float) -> str:
    """Bytes in a unit that people read."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV, the head the first of them; what is None is empty, and bytes of names are valid text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace").decode()


def as_markdown(head: Sequence[str], rows: Iterable[Sequence[str]], left: Collection[int]) -> str:
    """A table of GitHub's Markdown, its columns ``left`` aligned to the left and the others to the right."""
    sides = [":--" if at in left else "--:" for at in range(len(head))]
    lines = [head, sides, *([_MARKS.sub(r"\\\g<0>", cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
