"""A net on a page: its figure, what folded blocks are made of, what colours mean, and what a layer sees."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from math import inf

from netspec.graph import Graph
from netspec.report.figure import Figure, Item, figure, walk
from netspec.report.grids import CONSTANT, OWN, grid
from netspec.report.layout import Layout, Placed, Row
from netspec.report.seen import Seen
from netspec.report.seen import drawn as field
from netspec.report.sheet import Sheet, Size, cost, sheets
from netspec.report.svg import (
    EDGE,
    FILLS,
    LOOKS,
    PIXELS,
    ROW,
    SOFT,
    cells,
    document,
    group,
    number,
    painted,
    rectangle,
    text,
    text_width,
)
from netspec.tables import KernelTable, Table

MARGIN, GAP = 14.0, 22.0
#: Pixels in a millimetre, as SVG counts them.
PER_MM = 96 / 25.4
#: A figure with a width in print is made so much smaller than on a screen, if that helps: texts are of 5 points then.
PRINTED = 0.62
#: How high a page of paper is at most, in millimetres, and texts are at least, in points.
COLUMN, READABLE = 235, 6.5
#: Lengths at which spines are broken into columns, of which the best one is taken; and those of a narrow page.
LONGEST, NARROW = (inf, 1500, 1150, 900), (inf, 900, 660, 480, 340)
#: A page of paper in pixels, and how much better a figure must be whose spine is broken.
PAGE, BROKEN = (660, 930), 1.2
#: What the families of layers are called in the legend.
FAMILIES = {
    "conv": "convolution", "dense": "dense", "pool": "pooling", "join": "join", "norm": "norm, activation, dropout",
    "rearrange": "rearranged", "wiring": "fixed wiring",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a net is drawn: blocks that are ``opened``, to the right or down, ``width`` in millimetres, with a legend.

    ``seen`` is a layer whose field is drawn on the input.
    """

    opened: Set[str] = frozenset()
    right: bool = False
    width: float | None = None
    legend: bool = True
    seen: Seen | None = None


@dataclass(frozen=True)
class Part:
    """What stands on the page as a whole: its size and what is painted."""

    width: float
    height: float
    lines: list[str]

    @property
    def size(self) -> Size:
        """Its width and height."""
        return self.width, self.height


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG; ``scale`` is how large it is shown, against a screen's pixels."""

    svg: str
    scale: float = 1.0

    @property
    def points(self) -> float:
        """How high the smallest texts are in print."""
        return LOOKS["note"][0] * self.scale * 72 / 96


def draw_net(graph: Graph, look: Look | None = None) -> Drawing:
    """The net's figure with all that belongs to it."""
    look = look or Look()
    drawn = figure(graph, look.opened)
    most = None if look.width is None else look.width * PER_MM / PRINTED - 2 * MARGIN
    beside = [_panel(item, look.right, most) for item in drawn.panels]
    beside += [Part(*field(look.seen))] if look.seen else []
    beside += [_legend(drawn)] if look.legend else []
    marked = {graph.names.get(look.seen.name, look.seen.name)} if look.seen else set()
    found: list[tuple[float, Placed, Sheet]] = []
    for longest in LONGEST if most is None else NARROW:
        net = Layout(PIXELS, look.right, longest).frame(drawn.net, [])
        for sheet in sheets([(net.width, net.height), *(part.size for part in beside)], GAP, most):
            if look.width is None:
                worth = cost(sheet, PAGE[::-1] if look.right else PAGE) * (1 if longest is inf else BROKEN)
            else:
                worth = _in_print(sheet, look.width)
            found.append((worth, net, sheet))
    _, net, sheet = min(found, key=lambda one: one[0])
    return _page(graph, [_part(net, marked), *beside], sheet, look.width)


def _in_print(sheet: Sheet, width: float) -> float:
    """How bad a sheet is that is shown so many millimetres wide: higher than a page, or its texts hard to read."""
    high = sheet.height + 2 * MARGIN + 3 * ROW
    scale = _scale(sheet.width + 2 * MARGIN, high, width)
    pages, points = high * scale / PER_MM / COLUMN, Drawing("", scale).points
    return max(1.0, pages) ** 2 * max(1.0, READABLE / points) ** 3 * (1 + pages / 4)


def _scale(wide: float, high: float, width: float) -> float:
    """How large pixels are shown on a page ``width`` millimetres wide: such that it fits, if texts stay readable."""
    return min(1.0, width * PER_MM / wide, max(PRINTED, COLUMN * PER_MM / high))


def _page(graph: Graph, parts: list[Part], sheet: Sheet, width: float | None) -> Drawing:
    """The parts at their places below the head, on a page that is shown ``width`` millimetres wide."""
    head = _head(graph, sheet.width)
    lines = [text(MARGIN, MARGIN + (n + 0.8) * ROW, row, "start") for n, row in enumerate(head)]
    top = MARGIN + ROW * len(head) + 8
    for part, (x, y) in zip(parts, sheet.places, strict=True):
        lines += group(MARGIN + x, top + y, part.lines)
    wide, high = max(sheet.width, *map(text_width, head)) + 2 * MARGIN, top + sheet.height + MARGIN
    if width is None:
        return Drawing(document(wide, high, lines, graph.name))
    scale = _scale(wide, high, width)
    full = width * PER_MM / scale
    size = f"{number(width)}mm", f"{number(width * high / full)}mm"
    lines = group((full - wide) / 2, 0, lines)
    return Drawing(document(full, high, lines, graph.name, size), scale)


def _part(placed: Placed, marked: Collection[str] = ()) -> Part:
    return Part(placed.width, placed.height, painted(placed, marked))


def _panel(item: Item, right: bool, most: float | None) -> Part:
    """What a folded block is made of; in the other direction where it is too wide else."""
    panel = _part(Layout(PIXELS, right).panel(item))
    if most is None or panel.width <= most:
        return panel
    return min(panel, _part(Layout(PIXELS, not right).panel(item)), key=lambda part: part.width)


def facts(graph: Graph) -> list[str]:
    """A net's figures; those of the deployed net where they are others."""
    kept = graph.deployed()
    trained, deployed = graph.parameters(), kept.parameters()
    found = [f"{trained:,} parameters" + (f", {deployed:,} deployed" if deployed != trained else "")]
    cost = kept.costs()
    return found if cost is None else [*found, f"{cost.macs:,} multiply-accumulates"]


def _head(graph: Graph, wide: float) -> list[Row]:
    """The net's name and its figures, in one line where that is not wider than the page."""
    found = facts(graph)
    line = Row(" · ".join(found), "note")
    many = [Row(fact, "note") for fact in found]
    return [Row(graph.name, "name"), *([line] if text_width(line) <= wide else many)]


def _legend(drawn: Figure) -> Part:
    """What colours and edges mean, as far as they occur."""
    items = list(walk([drawn.net]))
    families = {"norm" if item.family in ("activation", "training") else item.family for item in items}
    swatches = [(FILLS[family], name, "") for family, name in FAMILIES.items() if family in families]
    if any(item.folded for item in items):
        swatches.append(("#ffffff", "block, drawn beside", "twice"))
    if any(item.times > 1 for item in items):
        swatches.append(("#ffffff", "× n: n times, weights of their own", "twice"))
    colours = {colour for item in items for table in item.tables for colour in grid(table).colours}
    if OWN in colours:
        swatches.append((OWN, "X in a table", "cell"))
    if CONSTANT in colours:
        swatches.append((CONSTANT, "a number in a table, not trained", "cell"))
    if colours - {OWN, CONSTANT}:
        swatches.append((min(colours - {OWN, CONSTANT}), "cells of one colour share a weight", "cell"))
    lines = []
    for n, (fill, name, kind) in enumerate(swatches):
        y = n * ROW + 2
        if kind == "twice":
            lines.append(rectangle(2.5, y + 2.5, 18, 9, "#ffffff", "#999999"))
        lines.append(rectangle(0, y, 18, 10, fill, EDGE) if kind != "cell" else rectangle(5, y + 1, 9, 9, fill))
        lines.append(text(27, y + 9, Row(name, "note"), "start"))
    wide = max((27 + text_width(Row(name, "note")) for _, name, _ in swatches), default=0)
    return Part(wide, ROW * len(swatches), lines)


def draw_table(table: Table | KernelTable) -> str:
    """A connection table as in a paper's figure: a row for each input, a column for each output."""
    if isinstance(table, KernelTable):
        title = f"kernel {table.name}: {' × '.join(map(str, table.size))}, {table.count} taps, {table.weights} weights"
    else:
        counts = f"{table.connections:,} connections, {table.weights:,} weights"
        title = f"table {table.name}: {table.inputs} → {table.outputs}, {counts}"
    picture = grid(table)
    step = 22.0 if max(picture.high, picture.wide) <= 24 else 12.0
    left, top = MARGIN + 22, MARGIN + 40
    lines = [text(MARGIN, MARGIN + 12, Row(title, "name"), "start")]
    if picture.blocks > 1:
        note = f"each cell is {picture.blocks} × {picture.blocks} of the table, darker is more"
        lines.append(text(MARGIN, MARGIN + 26, Row(note, "note"), "start"))
    every = 1 if step > 12 else 8
    for j in range(0, picture.wide, every):
        lines.append(text(left + (j + 0.5) * step, top - 5, Row(str(j * picture.blocks), "note"), size=10, colour=SOFT))
    for i in range(0, picture.high, every):
        label = Row(str(i * picture.blocks), "note")
        lines.append(text(left - 6, top + (i + 0.5) * step + 4, label, "end", size=10, colour=SOFT))
    lines += cells(picture, left, top, step, names=True)
    wide = max(left + picture.wide * step, MARGIN + text_width(Row(title, "name"))) + MARGIN
    return document(wide, top + picture.high * step + MARGIN, lines, title)
