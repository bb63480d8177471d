"""A net drawn in the cells of a terminal: the same figure, of box-drawing characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, inf
from unicodedata import combining, east_asian_width

from netspec.graph import Graph
from netspec.report.drawing import Look, facts
from netspec.report.figure import figure
from netspec.report.grids import grid
from netspec.report.layout import Layout, Measures, Placed
from netspec.report.sheet import sheets
from netspec.report.ways import Point
from netspec.report.woven import Gaps
from netspec.tables import KernelTable, Table

#: A table wider than this has no picture in its box.
WIDEST = 32
#: A drawing is at most so many columns wide: no terminal shows more.
MOST_COLUMNS = 1000
#: What places may be off by.
TINY = 1e-6
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
#: Corners and sides of a box, and of one that is folded.
PLAIN, FOLDED, DASHED = "┌┐└┘─│", "╔╗╚╝═║", "┌┐└┘╌╎"


class TooWideError(ValueError):
    """No terminal is as wide as the drawing."""


def cells_of(text: str) -> int:
    """How many cells a text takes; a wide sign takes two."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _table(table: Table | KernelTable) -> Point:
    if isinstance(table, Table) and (table.is_full or max(table.inputs, table.outputs) > WIDEST):
        return 0, 0
    picture = grid(table)
    return picture.wide, picture.high


CELLS = Measures(
    gaps=Gaps(rise=2, side=2, lane=2, column=4, turn=0),
    row=1,
    inset=(2, 1),
    pad=(2, 1),
    dot=1,
    least=7,
    text=lambda row: cells_of(row.text),
    table=_table,
)


def draw_text(graph: Graph, look: Look, columns: int) -> str:
    """The net's figure for a terminal of so many columns. Raises TooWideError past ``MOST_COLUMNS``."""
    drawn = figure(graph, look.opened)
    layout = Layout(CELLS, look.right, columns if look.right else inf)
    parts = [layout.frame(drawn.net, []), *map(layout.panel, drawn.panels)]
    sizes = [(ceil(part.width), ceil(part.height)) for part in parts]
    sheet = min(sheets(sizes, 2, columns), key=lambda sheet: (max(sheet.width, columns), sheet.height))
    if sheet.width > MOST_COLUMNS:
        raise TooWideError(f"the drawing would be {ceil(sheet.width):,} columns wide")
    canvas = Canvas(ceil(sheet.width) + 1, ceil(sheet.height) + 1)
    for part, (x, y) in zip(parts, sheet.places, strict=True):
        canvas.paint(part, x, y, look.right)
    head = [graph.name, *facts(graph)]
    if look.seen is not None:
        head.append(": ".join([f"what {look.seen.name} sees", *(row.text for row in look.seen.texts[:1])]))
    return "\n".join([*head, "", *canvas.lines()])


def _cell(place: float) -> int:
    """The cell in which a line lies."""
    return floor(place + TINY)


def _edge(place: float) -> int:
    """The cell with which a box begins, or the first one behind it, so that lines in the middle of boxes agree."""
    return floor(place + 0.5 + TINY)


def _cells(points: Sequence[Point]) -> list[tuple[int, int]]:
    """The cells of a line's points; the first and the last lie on the edge of a box."""
    found = [(_cell(x), _cell(y)) for x, y in points]
    for end, beside in ((0, 1), (-1, -2)):
        (x, y), (a, b) = points[end], points[beside]
        level = abs(y - b) < TINY < abs(x - a)
        found[end] = (_edge(x), found[end][1]) if level else (found[end][0], _edge(y))
    return found


class Canvas:
    """Cells of characters, with lines that join where they meet."""

    def __init__(self, wide: int, high: int) -> None:
        self.signs = [[""] * wide for _ in range(high)]
        self.bits = [[0] * wide for _ in range(high)]

    def lines(self) -> Iterator[str]:
        """What is painted, from the first row that has something to the last."""
        rows = []
        for signs, bits in zip(self.signs, self.bits, strict=True):
            cells = (sign or LINES[bit] for sign, bit in zip(signs, bits, strict=True))
            rows.append("".join(cell for cell in cells if cell != "\0").rstrip())
        while rows and not rows[0]:
            del rows[0]
        while rows and not rows[-1]:
            del rows[-1]
        return iter(rows)

    def paint(self, placed: Placed, x: float, y: float, right: bool) -> None:
        """A box, or a frame with all it holds, whose top left is at a place."""
        if placed.item.family == "door":
            self.text(_cell(x), _cell(y), placed.item.name)
            self.text(_cell(x + placed.width / 2), _cell(y + placed.height - 1), "●")
            return
        if not placed.inner:
            self.box(placed, _edge(x), _edge(y))
            return
        top = _cell(y)
        if placed.head:
            self.border(PLAIN, _cell(x), top, ceil(x + placed.width - TINY), ceil(y + placed.height - TINY))
        for n, row in enumerate(placed.head):
            self.text(_cell(x + (placed.width - cells_of(row.text)) / 2), top + 1 + n, row.text)
        for way in placed.ways:
            self.way([(x + a, y + b) for a, b in way], right)
        for inner in placed.inner:
            self.paint(inner, x + inner.x, y + inner.y, right)
        for way in placed.ways:
            self.arrow([(x + a, y + b) for a, b in way])

    def box(self, placed: Placed, left: int, top: int) -> None:
        """A box with its rows and tables."""
        wide, high = ceil(placed.width), ceil(placed.height)
        look = FOLDED if placed.item.folded else DASHED if placed.item.family == "input" else PLAIN
        for row in range(top, top + high):
            self.text(left, row, " " * wide)
        self.border(look, left, top, left + wide, top + high)
        y = top + 1
        for row_ in placed.rows:
            self.text(left + (wide - cells_of(row_.text)) // 2, y, row_.text)
            y += 1
        for table in placed.item.tables:
            for line in self.table(table):
                self.text(left + (wide - len(line)) // 2, y, line)
                y += 1

    @staticmethod
    def table(table: Table | KernelTable) -> list[str]:
        """A row for each input, as far as it is drawn."""
        if _table(table) == (0, 0):
            return []
        picture = grid(table)
        signs = [["·"] * picture.wide for _ in range(picture.high)]
        for cell in picture.cells:
            signs[cell.row][cell.column] = cell.name[:1] or "■"
        return ["".join(row) for row in signs]

    def border(self, look: str, left: int, top: int, right: int, bottom: int) -> None:
        """The edges of a box, up to ``right`` and ``bottom``."""
        across = look[4] * (right - left - 2)
        self.text(left, top, f"{look[0]}{across}{look[1]}")
        self.text(left, bottom - 1, f"{look[2]}{across}{look[3]}")
        for row in range(top + 1, bottom - 1):
            self.text(left, row, look[5])
            self.text(right - 1, row, look[5])

    def text(self, left: int, row: int, text: str) -> None:
        """A text from a cell on."""
        at = left
        for sign in text:
            wide = cells_of(sign)
            if wide == 0 and at > left:
                self.signs[row][at - 1] += sign
            elif 0 <= row < len(self.signs) and at >= 0 and at + wide <= len(self.signs[row]):
                self.signs[row][at : at + wide] = [sign, *["\0"] * (wide - 1)]
            at += wide

    def way(self, points: Sequence[Point], right: bool) -> None:
        """A line, from within the box where it begins."""
        (x, y), *rest = _cells(points)
        ahead = next(((a, b) for a, b in rest if (a, b) != (x, y)), (x, y))
        if points[0] == points[1]:
            before = (x - 1, y) if right else (x, y - 1)
        else:
            before = (x - (ahead[0] > x) + (ahead[0] < x), y - (ahead[1] > y) + (ahead[1] < y))
        at = before
        for stop in [(x, y), *rest]:
            while at != stop:
                step = (stop[0] > at[0]) - (stop[0] < at[0]), (stop[1] > at[1]) - (stop[1] < at[1])
                step = (step[0], 0) if step[0] else step
                self.join(at, step)
                at = at[0] + step[0], at[1] + step[1]

    def join(self, at: tuple[int, int], step: tuple[int, int]) -> None:
        """A line from a cell to one beside it."""
        there, back = {(0, -1): (UP, DOWN), (0, 1): (DOWN, UP), (-1, 0): (LEFT, RIGHT), (1, 0): (RIGHT, LEFT)}[step]
        for (x, y), bit in ((at, there), ((at[0] + step[0], at[1] + step[1]), back)):
            if 0 <= y < len(self.bits) and 0 <= x < len(self.bits[y]):
                self.bits[y][x] |= bit

    def arrow(self, points: Sequence[Point]) -> None:
        """The head of a line, in the last cell before a box."""
        cells = _cells(points)
        x, y = cells[-1]
        x0, y0 = next((cell for cell in reversed(cells) if cell != (x, y)), (x, y - 1))
        if x > x0:
            self.text(x - 1, y, "►")
        elif x < x0:
            self.text(x, y, "◄")
        elif y > y0:
            self.text(x, y - 1, "▼")
        else:
            self.text(x, y, "▲")
