"""Figures as SVG: every attribute written out, no classes and no style sheet, so that any viewer shows the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from xml.sax.saxutils import escape

from netspec.graph import Graph
from netspec.report.figure import Item, figure
from netspec.report.layout import LINE, PAD, TITLE, Placed, Point, place, rows, text_width
from netspec.tables import KernelTable, Table
from netspec.tables.written import cell_texts

FILLS = {
    "input": "#ffffff", "conv": "#d6e6f7", "dense": "#fbe3c8", "pool": "#d9efd6", "join": "#ececec", "norm": "#f0e6f6",
    "activation": "#f0e6f6", "rearrange": "#f5f1dc", "wiring": "#f7dcdc", "training": "#f0e6f6", "block": "#ffffff",
}  # fmt: skip
#: Colours of the cells that share a weight, in the order in which they appear.
CELLS = ("#1f5fa8", "#c8503c", "#3c8c50", "#8c5aa0", "#c89632", "#3ca0aa", "#7a7a7a", "#a03c6e")
#: A table wider or higher than this has no picture in a net's figure.
WIDEST = 64
INK, SOFT, FONT = "#222222", "#666666", "DejaVu Sans, Helvetica, Arial, sans-serif"


def draw_net(graph: Graph, tables: Mapping[str, Table | KernelTable], opened: Set[str] = frozenset()) -> str:
    """The net's figure: the net, a panel for each kind of folded block, its tables."""
    drawing = figure(graph, opened)
    cost = graph.costs()
    head = f"{graph.name}\n{graph.parameters():,} parameters" + (
        f"\n{cost.macs:,} multiply-accumulates" if cost else ""
    )
    net = place(drawing.net, head)
    parts = [(net.width, net.height, _frame(net, head, plain=True))]
    for panel in drawing.panels:
        title = f"{panel.block}, as at {panel.key}"
        placed = place(panel, title)
        parts.append((placed.width, placed.height, _frame(placed, title)))
    wired = (getattr(node.op, argument, None) for node in graph.nodes for argument in ("table", "kernel"))
    used = {table.name for table in wired if isinstance(table, Table | KernelTable)}
    parts += [_picture(t) for name, t in tables.items() if name in used and not _large(t)]
    return _sheet(parts)


def draw_table(table: Table | KernelTable) -> str:
    """A connection table as in a paper's figure: a row for each input, a column for each output."""
    return _sheet([_picture(table)])


def _large(table: Table | KernelTable) -> bool:
    return isinstance(table, Table) and (max(table.inputs, table.outputs) > WIDEST or table.is_full)


def _sheet(parts: list[tuple[float, float, list[str]]]) -> str:
    """The parts in columns from left to right, none higher than the first."""
    height = max(parts[0][1], 640)
    x = y = width = float(PAD)
    body: list[str] = []
    highest, column = 0.0, 0.0
    for w, h, lines in parts:
        if y > PAD and y + h > height + PAD:
            x, y, column = x + column + 2 * PAD, PAD, 0
        body += [f'<g transform="translate({x:g} {y:g})">', *lines, "</g>"]
        column = max(column, w)
        y += h + 2 * PAD
        highest, width = max(highest, y), max(width, x + column + PAD)
    size = f'width="{width:g}" height="{highest:g}" viewBox="0 0 {width:g} {highest:g}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}">',
        f'<rect x="0" y="0" width="{width:g}" height="{highest:g}" fill="#ffffff"/>', *body, "</svg>", "",
    ])  # fmt: skip


def _text(
    x: float, y: float, text: str, size: int = 13, colour: str = INK, weight: str = "normal", anchor: str = "middle"
) -> str:
    look = f'font-size="{size}" fill="{colour}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}" {look}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str, line: str, more: str = "") -> str:
    box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {box} rx="5" fill="{fill}" stroke="{line}" stroke-width="1"{more}/>'


def _frame(placed: Placed, title: str, plain: bool = False) -> list[str]:
    """A frame at 0, 0 with all it holds."""
    lines = [] if plain else [_rect(0, 0, placed.width, placed.height, "#fafafa", "#bbbbbb")]
    for n, text in enumerate(title.split("\n") if title else ()):
        lines.append(
            _text(
                PAD, TITLE * (n + 1) - 4, text, 13 if n else 14, SOFT if n else INK, "normal" if n else "bold", "start"
            )
        )
    for inner in placed.inner:
        lines += [f'<g transform="translate({inner.x:g} {inner.y:g})">', *_item(inner), "</g>"]
    return lines + [line for way in placed.ways for line in _way(way)]


def _item(placed: Placed) -> list[str]:
    item = placed.item
    if item.family == "door":
        return [f'<circle cx="4" cy="4" r="4" fill="{SOFT}"/>']
    if placed.inner:
        return _frame(placed, item.title + (f" × {item.times}" if item.times > 1 else ""))
    return _box(placed, item)


def _box(placed: Placed, item: Item) -> list[str]:
    """A box with its rows of text; what is folded or repeated has a second one behind it."""
    fill = FILLS.get(item.family, "#ffffff")
    lines = []
    if item.folded or item.times > 1:
        lines.append(_rect(4, 4, placed.width, placed.height, "#ffffff", "#999999"))
    lines.append(
        _rect(
            0,
            0,
            placed.width,
            placed.height,
            fill,
            "#555555",
            ' stroke-dasharray="4 3"' if item.family == "input" else "",
        )
    )
    middle, y = placed.width / 2, 6.0
    for text, size in rows(item):
        y += LINE
        lines.append(_text(middle, y - 2, text, size, SOFT if size == 12 else INK, "bold" if size == 14 else "normal"))
    return lines


def _way(way: list[Point]) -> list[str]:
    points = " ".join(f"{x:g},{y:g}" for x, y in way)
    (x0, _), (x, y) = way[-2:]
    across = (-7, -4, -7, 4) if x > x0 + 1 else (7, -4, 7, 4) if x < x0 - 1 else (-4, -7, 4, -7)
    a, b, c, d = across
    return [
        f'<polyline points="{points}" fill="none" stroke="{SOFT}" stroke-width="1.3" stroke-linejoin="round"/>',
        f'<polygon points="{x:g},{y:g} {x + a:g},{y + b:g} {x + c:g},{y + d:g}" fill="{SOFT}"/>',
    ]


def _picture(table: Table | KernelTable) -> tuple[float, float, list[str]]:
    if isinstance(table, KernelTable):
        wide = table.size[-1]
        names = dict(table.names)
        cells = [(n // wide, n % wide, tap, names.get(tap, "")) for n, tap in enumerate(table.taps) if tap >= 0]
        title = f"kernel {table.name}: {' × '.join(map(str, table.size))}, {table.count} taps, {table.weights} weights"
        return _grid(title, len(table.taps) // wide, wide, cells)
    cells = [(i, j, weight, "" if text == "X" else text) for i, j, weight, text in cell_texts(table)]
    counts = f"{table.connections:,} connections, {table.weights:,} weights"
    title = f"table {table.name}: {table.inputs} → {table.outputs}, {counts}"
    return _grid(title, table.inputs, table.outputs, cells)


def _grid(
    title: str, high: int, wide: int, cells: Iterable[tuple[int, int, int, str]]
) -> tuple[float, float, list[str]]:
    """A picture of cells (row, column, weight, what stands in it); named weights have their own colours."""
    step = 22 if max(high, wide) <= 24 else 12 if max(high, wide) <= WIDEST else max(1, 800 // max(high, wide))
    left, top = 2 * PAD + 14, TITLE + 24
    lines = [_text(PAD, TITLE - 4, title, 14, INK, "bold", "start")]
    lines.append(
        f'<rect x="{left}" y="{top}" width="{wide * step}" height="{high * step}" fill="#f4f4f4" stroke="#bbbbbb"/>'
    )
    every = 1 if step > 12 else 8
    lines += [_text(left + (j + 0.5) * step, top - 5, str(j), 10, SOFT) for j in range(0, wide, every) if step >= 12]
    lines += [
        _text(left - 6, top + (i + 0.5) * step + 4, str(i), 10, SOFT, anchor="end")
        for i in range(0, high, every)
        if step >= 12
    ]
    colours: dict[object, str] = {}
    for i, j, weight, name in cells:
        own = weight if name and weight >= 0 else "own" if weight >= 0 else "constant"
        fill = {"own": CELLS[0], "constant": "#999999"}.get(str(own)) or colours.setdefault(
            own, CELLS[1 + len(colours) % (len(CELLS) - 1)]
        )
        x, y, side = left + j * step + 1, top + i * step + 1, max(step - 2, 1)
        lines.append(f'<rect x="{x:g}" y="{y:g}" width="{side}" height="{side}" fill="{fill}"/>')
        if name and step > 12:
            lines.append(_text(left + (j + 0.5) * step, top + (i + 0.5) * step + 4, name, 11, "#ffffff"))
    width = max(left + wide * step + PAD, text_width(title, 14) + 2 * PAD)
    return width, top + high * step + PAD, lines
