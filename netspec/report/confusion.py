"""A confusion matrix as a picture and as a table: a row for each class, a column for each answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from netspec.report.curves import FONT, text_at

#: Sides of a cell in pixels: of up to so many classes.
SIDES = ((12, 34), (24, 24), (60, 12))
#: The longest name that is written in full.
LONGEST = 18


def confusion_csv(names: Sequence[str], matrix: NDArray[np.int64]) -> str:
    """A head with the answers, then a row for each class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["label", *names])
    writer.writerows([name, *row] for name, row in zip(names, matrix.tolist(), strict=True))
    return text.getvalue()


def confusion_svg(names: Sequence[str], matrix: NDArray[np.int64], title: str) -> str:
    """Each cell as dark as the share of its row; green where right, red where wrong; its number where there is room."""
    classes = len(names)
    side = next((side for most, side in SIDES if classes <= most), max(1, 720 // classes))
    shown = [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in names]
    room = 7 * max(map(len, shown)) + 16 if side >= 12 else 16
    left, top = room + 20, 44 + room
    width, height = max(left + classes * side + 20, 9 * len(title) + 30, 340), top + classes * side + 24
    parts = [
        text_at(16, 24, title, 15, "start"),
        text_at(16, height - 6, "rows: what it is; columns: what was answered", 12, "start"),
        *(_names(shown, left, top, side) if side >= 12 else ()),
        *_cells(matrix, left, top, side),
        f'<rect x="{left}" y="{top}" width="{classes * side}" height="{classes * side}" fill="none" stroke="#bbbbbb"/>',
    ]
    look = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="{FONT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {look}>'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _names(names: Sequence[str], left: int, top: int, side: int) -> Iterator[str]:
    size = 12 if side >= 20 else 9
    for n, name in enumerate(names):
        middle = (n + 0.5) * side
        yield text_at(left - 8, top + middle + 4, name, size, "end")
        x, y = left + middle + 4, top - 8
        yield (
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="#222222" text-anchor="start" '
            f'transform="rotate(-90 {x:g} {y:g})">{escape(name)}</text>'
        )


def _cells(matrix: NDArray[np.int64], left: int, top: int, side: int) -> Iterator[str]:
    totals = matrix.sum(axis=1)
    for i, j in np.argwhere(matrix).tolist():
        number, share = int(matrix[i, j]), float(matrix[i, j] / totals[i])
        x, y = left + j * side, top + i * side
        look = f'fill="{"#2b7a3d" if i == j else "#b8402a"}" fill-opacity="{0.12 + 0.88 * share:.3f}"'
        yield f'<rect x="{x}" y="{y}" width="{side}" height="{side}" {look}/>'
        if side >= 24:
            ink = "#ffffff" if share > 0.5 else "#222222"
            yield text_at(x + side / 2, y + side / 2 + 4, _short(number), 11 if number < 10_000 else 8, colour=ink)


def _short(number: int) -> str:
    return str(number) if number < 100_000 else f"{number / 1000:.0f}k"
