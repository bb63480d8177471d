"""The lines between boxes that are woven: straight on the spine, bent beside it, or in lanes around others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netspec.report.woven import Edge, Extent, Gaps, Woven

Point = tuple[float, float]


@dataclass(frozen=True)
class Span:
    """Where a box lies: along from ``start`` to ``end``, across from ``low`` to ``high``, its lines at ``spine``."""

    start: float
    end: float
    low: float
    high: float
    spine: float
    port: Point

    @property
    def middle(self) -> float:
        """Its middle along the flow."""
        return (self.start + self.end) / 2


def spans(woven: Woven, extents: Mapping[int, Extent]) -> dict[int, Span]:
    """Where each box lies."""
    found = {}
    for box, (a, c) in woven.at.items():
        x = extents[box]
        found[box] = Span(a, a + x.along, c, c + x.across, c + x.spine, (a + x.port[0], c + x.port[1]))
    return found


def ways(woven: Woven, extents: Mapping[int, Extent], edges: Collection[Edge], gaps: Gaps) -> list[list[Point]]:
    """A line for each edge, in points along and across."""
    at = spans(woven, extents)
    column = {box: number for number, boxes in enumerate(woven.columns) for box in boxes}
    leaving = Counter(a for a, _ in edges)
    found = []
    for a, b in edges:
        s, t = at[a], at[b]
        near = woven.turns.get((a, b), s.end + gaps.turn)  # where a line turns behind the one, or before the other
        far = woven.over.get((a, b), t.start - gaps.rise + gaps.turn)
        if column.get(a) != column.get(b):
            gutter = max(at[box].high for box in woven.columns[column[a]]) + gaps.column / 2
            near = max(at[box].end for box in woven.columns[column[a]]) + gaps.turn
            turns = [(near, s.spine), (near, gutter), (far, gutter), (far, t.spine)]
            found.append([(s.end, s.spine), *turns, (t.start, t.spine)])
        elif (a, b) in woven.lanes:
            lane = woven.lanes[a, b]
            if (a, b) in woven.over:
                end = [(far, lane), (far, t.spine), (t.start, t.spine)]
            elif t.low < lane <= t.high:
                end = [(t.start, lane)]
            else:
                end = [(t.middle, lane), (t.middle, t.high if lane > t.high else t.low)]
            found.append([(s.end, s.spine), (near, s.spine), (near, lane), *end])
        elif (a, b) in woven.beside:
            found.append([s.port, (s.port[0], t.low)])
        elif abs(s.spine - t.spine) < 0.5:
            found.append([(s.end, s.spine), (t.start, t.spine)])
        else:
            turn = near if leaving[a] > 1 else far
            found.append([(s.end, s.spine), (turn, s.spine), (turn, t.spine), (t.start, t.spine)])
    return found
