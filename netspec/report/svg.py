"""What figures are painted with, as SVG: every attribute written out, no classes and no style sheet, so that any viewer
shows the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import cos, pi, sin
from xml.sax.saxutils import escape, quoteattr

from netspec.report.fonts import width
from netspec.report.grids import Grid, grid
from netspec.report.layout import Measures, Placed, Row
from netspec.report.ways import Point
from netspec.report.woven import Gaps
from netspec.tables import KernelTable, Table

FILLS = {
    "input": "#ffffff", "conv": "#d6e6f7", "dense": "#fbe3c8", "pool": "#d9efd6", "join": "#ececec", "norm": "#f0e6f6",
    "activation": "#f0e6f6", "rearrange": "#f5f1dc", "wiring": "#f7dcdc", "training": "#f0e6f6", "block": "#ffffff",
}  # fmt: skip
INK, SOFT, EDGE, MARK = "#222222", "#5c5c5c", "#555555", "#c8503c"
FONT = ("DejaVu Sans, Helvetica, Arial, Noto Sans CJK SC, WenQuanYi Micro Hei, PingFang SC, Hiragino Sans GB, "
        "Microsoft YaHei, sans-serif")  # fmt: skip
#: The size, weight and colour of a row.
LOOKS = {"name": (13.0, "bold", INK), "text": (12.0, "normal", INK), "note": (11.0, "normal", SOFT)}
ROW, DOT = 15.0, 7.0
#: How large a table's picture in a box is at most, and its cells.
TABLET, CELL = 132.0, 7.0


def text_width(row: Row) -> float:
    """How wide a line of text is."""
    return width(row.text, LOOKS[row.look][0], row.look == "name")


def _tablet_step(picture: Grid) -> float:
    return min(CELL, TABLET / max(picture.high, picture.wide, 1))


def _tablet(table: Table | KernelTable) -> Point:
    """The size of a table's picture in a box, with room above; a full table has none."""
    if isinstance(table, Table) and table.is_full:
        return 0, 0
    picture = grid(table)
    step = _tablet_step(picture)
    return picture.wide * step, picture.high * step + 6


PIXELS = Measures(
    gaps=Gaps(rise=20, side=18, lane=14, column=34, turn=9),
    row=ROW,
    inset=(9, 5),
    pad=(12, 8),
    dot=DOT,
    least=56,
    text=text_width,
    table=_tablet,
)


def number(value: float) -> str:
    """A coordinate, to a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x: float, y: float, row: Row, anchor: str = "middle", size: float | None = None, colour: str = "") -> str:
    """A line of text, its baseline at ``y``."""
    usual, weight, ink = LOOKS[row.look]
    look = f'font-size="{number(size or usual)}" fill="{colour or ink}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{number(x)}" y="{number(y)}" {look}>{escape(row.text)}</text>'


def rectangle(x: float, y: float, wide: float, high: float, fill: str, line: str = "none", more: str = "") -> str:
    """A rectangle; with a ``line`` its corners are round."""
    box = f'x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}"'
    edge = f' rx="4" stroke="{line}"' if line != "none" else ""
    return f'<rect {box}{edge} fill="{fill}"{more}/>'


def group(x: float, y: float, lines: Sequence[str], layer: str = "") -> list[str]:
    """What is painted at another place; of a box, with the path of its ``layer``."""
    named = f" data-layer={quoteattr(layer)}" if layer else ""
    return [f'<g transform="translate({number(x)} {number(y)})"{named}>', *lines, "</g>"]


def painted(placed: Placed, marked: Collection[str] = ()) -> list[str]:
    """A box or a frame at 0, 0 with all it holds; boxes with a node of ``marked`` have a red edge."""
    item = placed.item
    if item.family == "door":
        middle = placed.width / 2
        name = [text(middle, ROW - 4, Row(item.name, "note"))] if item.name else []
        return [
            *name,
            f'<circle cx="{number(middle)}" cy="{number(placed.height - DOT / 2)}" r="{DOT / 2}" fill="{SOFT}"/>',
        ]
    if placed.inner:
        return _frame(placed, marked)
    return _box(placed, marked)


def _frame(placed: Placed, marked: Collection[str]) -> list[str]:
    lines = []
    if placed.head:
        if placed.item.times > 1 and not placed.item.folded:
            lines.append(rectangle(4, 4, placed.width, placed.height, "#ffffff", "#999999"))
        lines.append(rectangle(0, 0, placed.width, placed.height, "#fafafa", "#aaaaaa"))
    lines += [text(placed.width / 2, ROW * (n + 1), row) for n, row in enumerate(placed.head)]
    for inner in placed.inner:
        lines += group(inner.x, inner.y, painted(inner, marked), "" if inner.item.family == "door" else inner.item.key)
    for way in placed.ways:
        lines += arrow(way)
    return lines


def _box(placed: Placed, marked: Collection[str]) -> list[str]:
    """A box with its rows of text and pictures; what is folded or repeated has a second one behind it."""
    item, wide, high = placed.item, placed.width, placed.height
    fill = FILLS["block"] if item.folded else FILLS.get(item.family, "#ffffff")
    is_marked = any(node.name in marked for node in item.nodes)
    lines = [rectangle(3, 3, wide, high, "#ffffff", "#999999")] if item.folded or item.times > 1 else []
    dashed = ' stroke-dasharray="4 3"' if item.family == "input" else ' stroke-width="2"' if is_marked else ""
    lines.append(rectangle(0, 0, wide, high, fill, MARK if is_marked else EDGE, dashed))
    y = PIXELS.inset[1]
    for row in placed.rows:
        y += ROW
        lines.append(text(wide / 2, y - 3.5, row))
    for table in item.tables:
        size = _tablet(table)
        if size != (0, 0):
            lines += cells(grid(table), (wide - size[0]) / 2, y + 4, _tablet_step(grid(table)))
            y += size[1]
    return lines


def arrow(way: Sequence[Point], colour: str = SOFT) -> list[str]:
    """A line through points, with a head at its end."""
    *_, (x0, y0), (x, y) = way
    angle = 0.0 if x > x0 + 1 else pi if x < x0 - 1 else pi / 2 if y > y0 else -pi / 2
    tip = [(x, y)] + [(x - 7 * cos(angle + side), y - 7 * sin(angle + side)) for side in (0.5, -0.5)]
    points = " ".join(f"{number(a)},{number(b)}" for a, b in [*way[:-1], (x - 4 * cos(angle), y - 4 * sin(angle))])
    head = " ".join(f"{number(a)},{number(b)}" for a, b in tip)
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.2" stroke-linejoin="round"/>',
        f'<polygon points="{head}" fill="{colour}"/>',
    ]


def cells(picture: Grid, x: float, y: float, step: float, names: bool = False) -> list[str]:
    """The cells of a table; a row of equal ones is one rectangle where they are small."""
    wide, high = picture.wide * step, picture.high * step
    lines = [f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}" '
             'fill="#f1f1f1" stroke="#bbbbbb" stroke-width="0.8"/>']  # fmt: skip
    gap = 0.5 if step >= 4 else 0
    for cell in picture.cells:
        left, top = x + cell.column * step + gap, y + cell.row * step + gap
        shade = f' fill-opacity="{cell.share:.2f}"' if cell.share < 1 else ""
        lines.append(rectangle(left, top, step - 2 * gap, step - 2 * gap, cell.fill, more=shade))
        if names and cell.name and step > 12:
            middle = x + (cell.column + 0.5) * step, y + (cell.row + 0.5) * step + 4
            lines.append(text(*middle, Row(cell.name, "note"), size=11, colour="#ffffff"))
    return lines


def document(wide: float, high: float, lines: Sequence[str], title: str, size: tuple[str, str] | None = None) -> str:
    """A whole SVG of a size in pixels, which may be shown in another ``size``."""
    shown = size or (number(wide), number(high))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown[0]}" height="{shown[1]}" '
        f'viewBox="0 0 {number(wide)} {number(high)}" font-family="{FONT}">',
        f"<title>{escape(title)}</title>",
        f'<rect x="0" y="0" width="{number(wide)}" height="{number(high)}" fill="#ffffff"/>', *lines, "</svg>", "",
    ])  # fmt: skip
