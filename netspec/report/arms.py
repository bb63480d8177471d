"""A net whose values cross over from its way down to its way up stands as a U, each crossing line level."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from netspec.report.ways import Point, spans
from netspec.report.woven import Edge, Extent, Gaps, Woven


@dataclass(frozen=True)
class Arms:
    """The boxes of the way down and of the way up, each in the order of the flow, the crossings from the outermost on.

    ``lowest`` stands between the two, if there is a box between the innermost crossing.
    """

    down: list[int]
    lowest: int | None
    up: list[int]
    crossings: list[Edge]


def arms(order: Sequence[int], edges: Collection[Edge]) -> Arms | None:
    """The arms of a chain with at least two lines that lie within each other; None where it is none."""
    place = {box: at for at, box in enumerate(order)}
    chain = {(a, b) for a, b in edges if place[b] - place[a] == 1}
    crossings = sorted(((a, b) for a, b in edges if (a, b) not in chain), key=lambda edge: place[edge[0]])
    starts, ends = [place[a] for a, _ in crossings], [place[b] for _, b in crossings]
    nested = starts == sorted(set(starts)) and ends == sorted(set(ends), reverse=True)
    if len(chain) != len(order) - 1 or len(crossings) < 2 or not nested or starts[-1] >= ends[-1]:
        return None
    between = order[starts[-1] + 1 : ends[-1]]
    return Arms(
        [*order[: starts[-1] + 1], *between[:-1]], between[-1] if between else None, list(order[ends[-1] :]), crossings
    )


def bent(u: Arms, extents: Mapping[int, Extent], gaps: Gaps) -> tuple[Woven, list[list[Point]]]:
    """The boxes of a U at their places, and its lines: the chain's in their order, then the crossings."""
    level = _levels(u, extents, gaps)
    woven = Woven()
    left, right = (
        _column(u.down, dict(zip([a for a, _ in u.crossings], level)), extents, gaps),
        _column(u.up[::-1], dict(zip([b for _, b in u.crossings], level)), extents, gaps),
    )
    reach = max(extents[box].across - extents[box].spine for box in u.down)
    back = max(extents[box].spine for box in u.up)
    apart = reach + back + 2 * gaps.column
    if u.lowest is not None:
        apart = max(apart, extents[u.lowest].across + 2 * gaps.side)
    for column, spine in ((left, 0.0), (right, apart)):
        for box, a in column.items():
            woven.at[box] = a, spine - extents[box].spine
    bottom = max(woven.at[box][0] + extents[box].along for box in (u.down[-1], u.up[0]))
    if u.lowest is not None:
        woven.at[u.lowest] = bottom + gaps.rise, apart / 2 - extents[u.lowest].across / 2
        bottom += gaps.rise + extents[u.lowest].along
    first = min(a for a, _ in woven.at.values())
    woven.at = {box: (a - first, c) for box, (a, c) in woven.at.items()}
    woven.low = min(c for _, c in woven.at.values())
    woven.high = max(c + extents[box].across for box, (_, c) in woven.at.items())
    woven.length = bottom - first + (gaps.rise if u.lowest is None else 0)
    return woven, _lines(u, woven, extents, gaps)


def _levels(u: Arms, extents: Mapping[int, Extent], gaps: Gaps) -> list[float]:
    """Where each crossing lies along the flow, from the outermost on."""
    levels: list[float] = []
    up = u.up[::-1]
    for number, (a, b) in enumerate(u.crossings):
        if not number:
            levels.append(0.0)
            continue
        before = u.crossings[number - 1]
        left = u.down[u.down.index(before[0]) + 1 : u.down.index(a)]
        right = up[up.index(before[1]) + 1 : up.index(b)]
        tall = [
            extents[before[0]].along - extents[before[0]].port[0] + extents[a].port[0],
            extents[before[1]].along / 2 + extents[b].along / 2,
        ]
        for side, boxes in enumerate((left, right)):
            tall[side] += sum(extents[box].along for box in boxes) + gaps.rise * (len(boxes) + 1)
        levels.append(levels[-1] + max(tall))
    return levels


def _column(
    boxes: Sequence[int], level: Mapping[int, float], extents: Mapping[int, Extent], gaps: Gaps
) -> dict[int, float]:
    """Where the boxes of an arm begin, from the top: those at a crossing on its level, the others behind them."""
    found: dict[int, float] = {}
    first = next(at for at, box in enumerate(boxes) if box in level)
    for at, box in enumerate(boxes[first:], first):
        port = extents[box].port[0] if box in level else 0
        found[box] = (
            level[box] - port if box in level else found[boxes[at - 1]] + extents[boxes[at - 1]].along + gaps.rise
        )
    for at in range(first - 1, -1, -1):
        found[boxes[at]] = found[boxes[at + 1]] - gaps.rise - extents[boxes[at]].along
    return found


def _lines(u: Arms, woven: Woven, extents: Mapping[int, Extent], gaps: Gaps) -> list[list[Point]]:
    at = spans(woven, extents)
    found = [[(at[a].end, at[a].spine), (at[b].start, at[b].spine)] for a, b in zip(u.down, u.down[1:])]
    last, first = at[u.down[-1]], at[u.up[0]]
    if u.lowest is not None:
        low = at[u.lowest]
        turn = low.start - gaps.rise + gaps.turn
        found.append([(last.end, last.spine), (turn, last.spine), (turn, low.spine), (low.start, low.spine)])
        found.append([low.port, (low.port[0], first.spine), (first.end, first.spine)])
    else:
        turn = max(last.end, first.end) + gaps.turn
        found.append([(last.end, last.spine), (turn, last.spine), (turn, first.spine), (first.end, first.spine)])
    found += [[(at[a].start, at[a].spine), (at[b].end, at[b].spine)] for a, b in zip(u.up, u.up[1:])]
    return found + [[at[a].port, (at[a].port[0], at[b].low)] for a, b in u.crossings]
