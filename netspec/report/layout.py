"""Where the boxes of a figure stand: ranks from top to bottom, neighbours side by side, long ways around the outside.

Sizes are in pixels; a place is relative to the frame around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from unicodedata import east_asian_width

from netspec.report.figure import Item

GAP, RISE, PAD, LINE, LANE, TITLE = 26, 24, 16, 17, 16, 22
Point = tuple[float, float]


@dataclass
class Placed:
    """An item with its place and size; ``ways`` are the lines between what it holds."""

    item: Item
    width: float
    height: float
    x: float = 0
    y: float = 0
    inner: list[Placed] = field(default_factory=list)
    ways: list[list[Point]] = field(default_factory=list)


def text_width(text: str, size: float = 13) -> float:
    """About how wide a text is, whatever font the viewer has."""
    return sum(1.0 if east_asian_width(sign) in "WF" else 0.58 for sign in text) * size


def rows(item: Item) -> list[tuple[str, int]]:
    """What a box says from top to bottom, with its size; the number of repeats stands behind what is repeated."""
    times = f" × {item.times}" if item.times > 1 else ""
    title = [(item.title + (times if item.folded else ""), 14)] if item.title else []
    lines = [(line + (times if not item.folded and n == 0 else ""), 13) for n, line in enumerate(item.lines)]
    return title + lines + ([(item.shape.replace(" x ", " × "), 12)] if item.shape else [])


def place(item: Item, title: str | None = None) -> Placed:
    """The item, and all it holds where it is open; with ``title`` as a panel of its own."""
    if not item.items or (item.folded and title is None):
        lines = rows(item)
        return Placed(item, max([70.0] + [text_width(text, size) + 24 for text, size in lines]), len(lines) * LINE + 14)
    return _frame(item, item.title if title is None else title)


def _frame(item: Item, title: str) -> Placed:
    """A frame with all it holds: rank by rank from the top, then columns, then the lines between them.

    A door stands for a value that comes in from outside; it ranks above everything that reads it.
    """
    boxes = [place(inner) for inner in item.items]
    doors = [Placed(Item(value, "", [], family="door"), 8, 8) for value in item.entries]
    count = len(boxes)
    edges = list(item.edges) + [(count + n, at) for n, all_ in enumerate(item.entries.values()) for at in all_]
    everything = boxes + doors
    rank = _ranks(len(everything), edges, [*range(count, len(everything)), *range(count)])
    ranked = [[at for at in range(len(everything)) if rank[at] == r] for r in range(max(rank) + 1)]
    _columns(everything, ranked, edges)
    y: float = PAD + TITLE * (title.count("\n") + 1 if title else 0)
    tops = []
    for row in ranked:
        for at in row:
            everything[at].y = y
        tops.append(y)
        y += max(everything[at].height for at in row) + RISE
    bottom = y - RISE + PAD
    ways = _ways(everything, rank, edges, tops)
    if item.exits:
        bottom += 6
        ways += [
            [(_middle(boxes[at]), boxes[at].y + boxes[at].height), (_middle(boxes[at]), bottom)] for at in item.exits
        ]
    return _fitted(
        Placed(item, 0, bottom, inner=everything, ways=ways),
        max(text_width(line, 15) for line in title.split("\n")) + 2 * PAD,
    )


def _ranks(count: int, edges: Sequence[tuple[int, int]], order: Sequence[int]) -> list[int]:
    """The longest way from the top; an edge that runs against the order of the items has no say."""
    when = {at: number for number, at in enumerate(order)}
    rank = [0] * count
    into: dict[int, list[int]] = {}
    for a, b in edges:
        if when[a] < when[b]:
            into.setdefault(b, []).append(a)
    for at in order:
        rank[at] = max((rank[a] + 1 for a in into.get(at, ())), default=0)
    return rank


def _columns(boxes: Sequence[Placed], rows: Sequence[Sequence[int]], edges: Sequence[tuple[int, int]]) -> None:
    """Each box under the middle of what it reads, pushed apart where they would meet; x is its middle for now."""
    before: dict[int, list[int]] = {}
    for a, b in edges:
        before.setdefault(b, []).append(a)
    above: set[int] = set()
    for row in rows:
        wish = {}
        for at in row:
            known = [a for a in before.get(at, ()) if a in above]
            wish[at] = sum(boxes[a].x for a in known) / len(known) if known else 0.0
        ordered = sorted(row, key=lambda at: wish[at])
        for at, x in zip(
            ordered, _apart([boxes[at].width + GAP for at in ordered], [wish[at] for at in ordered]), strict=True
        ):
            boxes[at].x = x
        above.update(row)
    for box in boxes:
        box.x -= box.width / 2


def _apart(widths: Sequence[float], wishes: Sequence[float]) -> list[float]:
    """Middles nearest to the wishes without overlap: neighbours that meet share the mean of their wishes."""
    offsets, total = [], 0.0
    for width in widths:
        offsets.append(total + width / 2)
        total += width
    groups: list[tuple[float, int]] = []
    # Without its neighbours' widths each box wishes for a place; a wish that is less than that of the box before cannot
    # be had, and the two move as one group to the mean of their wishes (isotonic regression by pooling neighbours).
    for wish, offset in zip(wishes, offsets, strict=True):
        groups.append((wish - offset, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (a, n), (b, m) = groups[-2:]
            groups[-2:] = [((a * n + b * m) / (n + m), n + m)]
    starts = [start for start, n in groups for _ in range(n)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _middle(box: Placed) -> float:
    return box.x + box.width / 2


def _ways(
    boxes: Sequence[Placed], rank: Sequence[int], edges: Sequence[tuple[int, int]], tops: Sequence[float]
) -> list[list[Point]]:
    """Lines: straight down where the way is free, else around on the right, short ones inside."""
    ways: list[list[Point]] = []
    lanes: list[tuple[int, int, float]] = []
    for start, stop in sorted(edges, key=lambda edge: abs(rank[edge[1]] - rank[edge[0]])):
        source, target = boxes[start], boxes[stop]
        top, end = source.y + source.height, target.y
        low, high = sorted((rank[start], rank[stop]))
        between = [box for at, box in enumerate(boxes) if low < rank[at] < high]
        if rank[stop] > rank[start] and (x := _free(between, _middle(source), _middle(target))) is not None:
            turn = tops[rank[stop] if x == _middle(source) else rank[start] + 1] - RISE / 2
            ways.append(_bent(_middle(source), top, _middle(target), end, turn))
            continue
        spanned = [box for at, box in enumerate(boxes) if low <= rank[at] <= high]
        x = max(box.x + box.width for box in spanned) + LANE
        while any(a < high and low < b and abs(x - other) < LANE for a, b, other in lanes):
            x += LANE
        lanes.append((low, high, x))
        left = (source.x + source.width, source.y + source.height / 2)
        ways.append(
            [
                left,
                (x, left[1]),
                (x, target.y + target.height / 2),
                (target.x + target.width, target.y + target.height / 2),
            ]
        )
    return ways


def _free(between: Sequence[Placed], *columns: float) -> float | None:
    """A column that no box stands in, if there is one."""
    return next((x for x in columns if all(not box.x - 6 < x < box.x + box.width + 6 for box in between)), None)


def _bent(a: float, top: float, b: float, end: float, turn: float) -> list[Point]:
    return [(a, top), (b, end)] if abs(a - b) < 1 else [(a, top), (a, turn), (b, turn), (b, end)]


def _fitted(frame: Placed, least: float) -> Placed:
    """All moved so that the frame begins at 0."""
    points = [x for way in frame.ways for x, _ in way]
    left = min([box.x for box in frame.inner] + points)
    right = max([box.x + box.width for box in frame.inner] + points)
    frame.width = max(right - left + 2 * PAD, least)
    move = (frame.width - (right - left)) / 2 - left
    for box in frame.inner:
        box.x += move
    frame.ways = [[(x + move, y) for x, y in way] for way in frame.ways]
    return frame
