"""Where the boxes of a figure stand: a frame is woven of the boxes in it, which may be frames themselves.

A place is relative to the frame around it, from its top left; the unit is that of the ``Measures``: pixels, or cells of
a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from netspec.report.arms import arms, bent
from netspec.report.figure import Item
from netspec.report.ways import Point, ways
from netspec.report.weave import Weaver
from netspec.report.woven import Extent, Gaps, Woven, broken, ordered
from netspec.tables import KernelTable, Table


@dataclass(frozen=True)
class Row:
    """A line of text in a box: ``look`` is name (bold), text or note (small and grey)."""

    text: str
    look: str = "text"


@dataclass(frozen=True)
class Measures:
    """What a drawing measures: its texts and tables, and the room around them."""

    gaps: Gaps
    row: float  # the height of a line of text
    inset: Point  # between a box and its texts
    pad: Point  # between a frame and its boxes
    dot: float  # where a value comes in
    least: float  # how wide a box is at least
    text: Callable[[Row], float]  # how wide a line is
    table: Callable[[Table | KernelTable], Point]  # the size of a table's picture, with the room above it


@dataclass
class Placed:
    """An item with its place and size; ``spine`` is where lines enter and leave, across the flow.

    A line that leaves at the side begins at ``port``. ``ways`` are the lines between what it holds.
    """

    item: Item
    width: float
    height: float
    spine: float
    port: Point
    x: float = 0
    y: float = 0
    rows: list[Row] = field(default_factory=list)
    head: list[Row] = field(default_factory=list)
    inner: list[Placed] = field(default_factory=list)
    ways: list[list[Point]] = field(default_factory=list)


def rows(item: Item) -> list[Row]:
    """What a box says from top to bottom; the number of repeats stands behind what is repeated."""
    times = f" × {item.times}" if item.times > 1 else ""
    if item.folded:
        lines = [Row((item.call or item.block) + times)]
    elif len(item.layers) > 1:
        lines = [Row(item.layers[0]), Row(", ".join(item.layers[1:])), *([Row(times[1:], "name")] if times else [])]
    else:
        lines = [Row(layer + times) for layer in item.layers]
    names = [item.value if item.value != item.name else "", item.name]
    found = ([Row(": ".join(filter(None, names)), "name")] if item.name else []) + lines
    if item.shared:
        found.append(Row("shared weights", "note"))
    return found + ([Row(item.shape.replace(" x ", " × "), "note")] if item.shape else [])


def heading(item: Item) -> list[Row]:
    """What stands above an open frame."""
    times = f" × {item.times}" if item.times > 1 else ""
    names = [item.value if item.value != item.name else "", item.name, item.call]
    found = [Row((": ".join(filter(None, names)) + times).strip(), "name")]
    if item.shared:
        found.append(Row("shared weights", "note"))
    if times and item.items[-1].shape != item.shape:  # what is in it says the sizes of the first
        found.append(Row(f"at the end {item.shape.replace(' x ', ' × ')}", "note"))
    return found


class Layout:
    """Places items: down, or with ``right`` to the right; a spine longer than ``longest`` is broken into columns."""

    def __init__(self, measures: Measures, right: bool = False, longest: float = inf) -> None:
        self.measures, self.right, self.longest = measures, right, longest

    def place(self, item: Item, back: bool = False) -> Placed:
        """An item as it stands among others; ``back`` turns the flow within it around."""
        if item.items and not item.folded:
            return self.frame(item, heading(item), back=back)
        return self.box(item)

    def panel(self, item: Item) -> Placed:
        """What a folded block is made of."""
        place = item.nodes[0].path.split("/")[0]
        head = [Row(item.call or item.block, "name"), Row(f"as at {place}", "note")]
        return self.frame(item, head, ends=True)

    def box(self, item: Item) -> Placed:
        """A box with its texts, and the pictures of its tables below them."""
        lines, m = rows(item), self.measures
        pictures = [m.table(table) for table in item.tables]
        width = max([m.text(line) for line in lines] + [wide for wide, _ in pictures] + [0])
        width = max(width + 2 * m.inset[0], m.least)
        height = len(lines) * m.row + sum(high for _, high in pictures) + 2 * m.inset[1]
        return self._sized(Placed(item, width, height, 0, (0, 0), rows=lines))

    def _sized(self, placed: Placed) -> Placed:
        """With its lines in the middle."""
        placed.spine = (placed.height if self.right else placed.width) / 2
        placed.port = (placed.width / 2, placed.height) if self.right else (placed.width, placed.height / 2)
        return placed

    def door(self, item: Item, value: str, named: bool) -> Placed:
        """Where a value comes into a frame; with its name where several do."""
        dot, m = self.measures.dot, self.measures
        name = value.split("/")[-1].partition("#")[0] if named else ""
        if not name:
            return self._sized(Placed(Item(value, family="door"), dot, dot, 0, (0, 0)))
        placed = Placed(Item(value, name, family="door"), max(dot, m.text(Row(name, "note"))), m.row + dot, 0, (0, 0))
        self._sized(placed)
        placed.spine = placed.height - dot / 2 if self.right else placed.spine
        return placed

    def frame(self, item: Item, head: list[Row], *, ends: bool = False, back: bool = False) -> Placed:
        """A frame with all it holds; with ``ends`` it shows where values come in and go out."""
        doors = {} if item.is_chain and not ends else item.entries
        count = len(item.items)
        edges = [*item.edges, *((count + n, at) for n, all_ in enumerate(doors.values()) for at in all_)]
        order, edges = ordered([*range(count, count + len(doors)), *range(count)], edges)
        u = arms(order, edges)
        upward = set(u.up) if u else set[int]()
        boxes = [self.place(inner, back ^ (at in upward)) for at, inner in enumerate(item.items)]
        boxes += [self.door(item, value, len(doors) > 1) for value in doors]
        extents = {at: self._extent(box, at in upward) for at, box in enumerate(boxes)}
        gaps = self.measures.gaps
        if u:
            woven, lines = bent(u, extents, gaps)
        else:
            woven = Weaver(extents, edges, gaps).weave(order, item.exits or order)
            if not ends and not back and woven.length > self.longest:
                woven = broken(woven, extents, gaps, self.longest)
            lines = ways(woven, extents, edges, gaps)
        if ends:
            lines += self._leaving(item, woven, extents)
        return self._framed(Placed(item, 0, 0, 0, (0, 0), head=head, inner=boxes), woven, lines, back)

    def _extent(self, box: Placed, upward: bool) -> Extent:
        along, across = (box.width, box.height) if self.right else (box.height, box.width)
        port = box.port if self.right else (box.port[1], box.port[0])
        return Extent(along, across, box.spine, (along / 2, across) if upward else port)

    def _leaving(self, item: Item, woven: Woven, extents: dict[int, Extent]) -> list[list[Point]]:
        """Lines to the end of a frame from what is read behind it."""
        rise = self.measures.gaps.rise
        ends = {at: woven.at[at][0] + extents[at].along for at in item.exits}
        woven.length = max([woven.length, *(end + rise for end in ends.values())])
        found = []
        for at, end in ends.items():
            spine = woven.at[at][1] + extents[at].spine
            found.append([(end, spine), (woven.length, spine)])
        return found

    def _framed(self, frame: Placed, woven: Woven, lines: Sequence[Sequence[Point]], back: bool) -> Placed:
        """What is woven becomes what a frame holds: its heading above, room around."""
        m = self.measures
        head = len(frame.head) * m.row
        low = min([woven.low] + [c for line in lines for _, c in line])
        high = max([woven.high] + [c for line in lines for _, c in line])
        wide = max([m.text(row) for row in frame.head] + [0])
        inside = woven.length if self.right else high - low
        spare = max(wide - inside, 0) / 2
        pad = m.pad if frame.head else (0.0, 0.0)  # the net itself has no edge
        left, top = pad[0] + spare, pad[1] + head

        def at(a: float, c: float) -> Point:
            a = woven.length - a if back else a
            return (left + a, top + c - low) if self.right else (left + c - low, top + a)

        for number, (a, c) in woven.at.items():
            box = frame.inner[number]
            along = box.width if self.right else box.height
            box.x, box.y = at(a + along if back else a, c)
        frame.ways = [[at(a, c) for a, c in line] for line in lines]
        frame.width = inside + 2 * (pad[0] + spare)
        frame.height = top + (high - low if self.right else woven.length) + pad[1]
        frame.spine = (top if self.right else left) - low
        if woven.columns:
            frame.spine = (frame.height if self.right else frame.width) / 2
        if frame.item.exits:  # a line at the side comes from the box whose value it is
            last = frame.inner[frame.item.exits[0]]
            frame.port = last.x + last.port[0], last.y + last.port[1]
        return frame
