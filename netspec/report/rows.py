"""Boxes whose ways cross: in rows, each behind all that it reads; lines that pass a row go around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

from netspec.report.woven import Edge, Extent, Gaps, Woven


def rowed(
    boxes: Sequence[int], edges: Sequence[Edge], u: int | None, v: int | None, extents: Mapping[int, Extent], gaps: Gaps
) -> Woven:
    """Boxes in their order, and the ``edges`` among them, from ``u`` before them, and to ``v`` behind them."""
    before = {box: [a for a, b in edges if b == box] for box in boxes}
    rank: dict[int | None, int] = {u: -1}
    for box in boxes:
        rank[box] = max((rank[a] + 1 for a in before[box] if a in rank), default=0)
    count = max(rank.values()) + 1
    rank[v] = count
    rows = [[box for box in boxes if rank[box] == row] for row in range(count)]
    woven, spine = Woven(runs=[list(boxes)]), dict[int, float]()
    for row in rows:
        wishes = {box: mean([spine[a] for a in before[box] if a in spine] or [0.0]) for box in row}
        row.sort(key=lambda box: wishes[box])
        spine |= apart(row, wishes, extents, gaps.side)
    for row in reversed(rows[:-1]):
        wishes = {box: mean([spine[b] for a, b in edges if a == box and b in spine] or [spine[box]]) for box in row}
        spine |= apart(row, wishes, extents, gaps.side)
    woven.at = {box: (0.0, c - extents[box].spine) for box, c in spine.items()}
    woven.low = min(c for _, c in woven.at.values())
    woven.high = max(c + extents[box].across for box, (_, c) in woven.at.items())
    _lines(woven, edges, rank, rows, extents, gaps)
    return woven


def apart(
    row: Sequence[int], wishes: Mapping[int, float], extents: Mapping[int, Extent], gap: float
) -> dict[int, float]:
    """The spines of neighbours, nearest to the wishes without overlap: those that meet share the mean of theirs."""
    groups: list[tuple[float, int]] = []
    offsets, offset = [], 0.0
    # Without the boxes before it each wishes for a place; a wish that is less than that of the box before cannot be
    # had, and the two move as one group to the mean of their wishes (isotonic regression by pooling neighbours).
    for box in row:
        offsets.append(offset + extents[box].spine)
        groups.append((wishes[box] - offsets[-1], 1))
        offset += extents[box].across + gap
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (a, n), (b, m) = groups[-2:]
            groups[-2:] = [((a * n + b * m) / (n + m), n + m)]
    starts = [start for start, n in groups for _ in range(n)]
    return {box: start + offset for box, start, offset in zip(row, starts, offsets, strict=True)}


def _lines(
    woven: Woven, edges: Sequence[Edge], rank: Mapping[int | None, int], rows: Sequence[Sequence[int]],
    extents: Mapping[int, Extent], gaps: Gaps,
) -> None:  # fmt: skip
    """Set the rows apart, as many turns as there are in between, and give lanes to lines that pass a row."""
    around = sorted((edge for edge in edges if rank[edge[1]] - rank[edge[0]] > 1), key=lambda edge: rank[edge[0]])
    last = {row[-1] for row in rows}
    over = {(a, b) for a, b in around if b in woven.at and b not in last}
    for number, row in enumerate(rows):
        entering = sorted(edge for edge in over if edge[1] in row)
        woven.length += gaps.turn * max(len(entering) - (number == 0), 0)
        for turn, edge in enumerate(reversed(entering)):
            woven.over[edge] = woven.length - gaps.rise + gaps.turn * (1 - turn)
        for box in row:
            woven.at[box] = woven.length, woven.at[box][1]
        woven.length += max(extents[box].along for box in row)
        leaving = dict.fromkeys(a for a, _ in edges if a in row)
        for turn, box in enumerate(leaving if number < len(rows) - 1 else ()):
            woven.turns |= {(a, b): woven.length + gaps.turn * (1 + turn) for a, b in edges if a == box}
        if number < len(rows) - 1:
            woven.length += gaps.rise + gaps.turn * max(len(leaving) - 1, 0)
    ends: list[int] = []  # where the last line of each lane ends
    edge_of_boxes = woven.high
    for edge in around:
        lane = next((n for n, end in enumerate(ends) if end <= rank[edge[0]]), len(ends))
        ends[lane : lane + 1] = [rank[edge[1]]]
        woven.lanes[edge] = edge_of_boxes + (lane + 1) * gaps.lane
    woven.high = max([woven.high, *woven.lanes.values()])
