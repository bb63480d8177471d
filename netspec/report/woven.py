"""Boxes that lines join, at their places along the flow (``a``) and across it (``c``).

Boxes are numbers. The spine of what is woven, where lines enter and leave, is where c is 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

Edge = tuple[int, int]


@dataclass(frozen=True)
class Extent:
    """The size of a box along the flow and across it, and where across it lines enter and leave.

    A line that leaves at the side begins at ``port``, along and across.
    """

    along: float
    across: float
    spine: float
    port: tuple[float, float]


@dataclass(frozen=True)
class Gaps:
    """Between boxes along the flow, between neighbours, between lines that go around, and between columns."""

    rise: float
    side: float
    lane: float
    column: float
    turn: float  # behind a box, where its lines part


@dataclass
class Woven:
    """Where boxes begin, along and across, and how lines go that do not lead straight on.

    ``lanes`` are where across lines go around others. ``turns`` are where along a line parts from the spine of its
    first box, and ``over`` where it comes to that of its second, if it does not enter at the side. Lines ``beside`` go
    from side to side. ``runs`` are boxes that stay together when the spine is broken into ``columns``.
    """

    at: dict[int, tuple[float, float]] = field(default_factory=dict)
    lanes: dict[Edge, float] = field(default_factory=dict)
    turns: dict[Edge, float] = field(default_factory=dict)
    over: dict[Edge, float] = field(default_factory=dict)
    beside: set[Edge] = field(default_factory=set)
    length: float = 0
    low: float = 0
    high: float = 0
    runs: list[list[int]] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)

    def take(self, other: Woven, a: float, c: float) -> None:
        """Put another one at a place within this one."""
        self.at |= {box: (a + x, c + y) for box, (x, y) in other.at.items()}
        self.lanes |= {edge: c + y for edge, y in other.lanes.items()}
        self.turns |= {edge: a + x for edge, x in other.turns.items()}
        self.over |= {edge: a + x for edge, x in other.over.items()}
        self.beside |= other.beside
        self.low, self.high = min(self.low, c + other.low), max(self.high, c + other.high)

    def part(self, boxes: Collection[int], extents: Mapping[int, Extent]) -> Woven:
        """Some of the boxes and the lines that end at them."""
        part, among = Woven({box: self.at[box] for box in boxes}), set(boxes)
        for name in ("lanes", "turns", "over"):
            setattr(part, name, {edge: x for edge, x in getattr(self, name).items() if edge[1] in among})
        part.low = min(c for _, c in part.at.values())
        part.high = max([c + extents[box].across for box, (_, c) in part.at.items()] + [*part.lanes.values()])
        return part


def broken(woven: Woven, extents: Mapping[int, Extent], gaps: Gaps, longest: float) -> Woven:
    """The spine broken into columns side by side, about equally long and none longer than it must be or ``longest``."""
    starts = [min(woven.at[box][0] for box in run) for run in woven.runs]
    ends = [max(woven.at[box][0] + extents[box].along for box in run) for run in woven.runs]
    count = len(_filled(starts, ends, longest))
    if count == 1:
        return woven
    low, high = max(end - start for start, end in zip(starts, ends, strict=True)), max(ends) - starts[0]
    while high - low > 1:  # the least length that needs no more columns
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(starts, ends, middle)) <= count else (middle, high)
    result, c = Woven(beside=woven.beside, low=woven.low), 0.0
    for first, last in pairwise([*_filled(starts, ends, high), len(starts)]):
        boxes = [box for run in woven.runs[first:last] for box in run]
        column = woven.part(boxes, extents)
        result.take(column, gaps.rise - starts[first], c - column.low if result.columns else 0.0)
        result.columns.append(boxes)
        result.length = max(result.length, max(ends[first:last]) - starts[first] + 2 * gaps.rise)
        c = result.high + gaps.column
    return result


def _filled(starts: Sequence[float], ends: Sequence[float], length: float) -> list[int]:
    """The first run of each column, where no column is longer than it must be or than ``length``."""
    firsts = [0]
    for at, end in enumerate(ends):
        if end - starts[firsts[-1]] > length:
            firsts.append(at)
    return firsts


def ordered(boxes: Sequence[int], edges: Collection[Edge]) -> tuple[list[int], list[Edge]]:
    """Boxes in an order in which each comes behind what it reads, near that given, and the edges that keep to it.

    Some edge of a circle does not.
    """
    given = {box: at for at, box in enumerate(boxes)}
    after: dict[int, list[int]] = {}
    missing = dict.fromkeys(boxes, 0)
    for a, b in edges:
        after.setdefault(a, []).append(b)
        missing[b] += 1
    place: dict[int, int] = {}
    ready = [at for at, box in enumerate(boxes) if missing[box] == 0]
    left = iter(boxes)
    while len(place) < len(boxes):
        at = heappop(ready) if ready else given[next(box for box in left if box not in place)]
        if boxes[at] in place:
            continue
        place[boxes[at]] = len(place)
        for b in after.get(boxes[at], ()):
            missing[b] -= 1
            if missing[b] == 0:
                heappush(ready, given[b])
    return list(place), [(a, b) for a, b in edges if place[a] < place[b]]
