"""Where buffers lie: each lives from one moment to another, and those that never meet share memory."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: Buffers begin at multiples of so many bytes: a cache line, and AVX-512's width.
ALIGNMENT = 64


class Interval(NamedTuple):
    """A buffer of ``size`` bytes, needed at every moment from ``first`` to ``last``."""

    name: str
    size: int
    first: int
    last: int


def arrange(intervals: Sequence[Interval]) -> tuple[dict[str, int], int]:
    """Offsets, and the bytes needed in all: in order of birth, each into the smallest hole that takes it."""
    offsets: dict[str, int] = {}
    top = 0
    # a deep net has thousands of groups and few that differ: what was laid once is laid there again
    known: dict[tuple[object, ...], tuple[list[int], int]] = {}
    for group in _apart(sorted(intervals, key=lambda i: (i.first, -i.size, i.name))):
        start = group[0].first
        shape = (top, *((-(-i.size // ALIGNMENT) * ALIGNMENT, i.first - start, i.last - start) for i in group))
        if shape not in known:
            known[shape] = _lay(group, top)
        places, top = known[shape]
        offsets.update(zip((interval.name for interval in group), places, strict=True))
    return offsets, top


def _apart(intervals: Sequence[Interval]) -> Iterator[list[Interval]]:
    """Groups, in order, such that no two live at one time: a net repeats its blocks, and its groups are alike too."""
    group: list[Interval] = []
    end = -1
    for interval in intervals:
        if group and interval.first > end:
            yield group
            group = []
        group.append(interval)
        end = max(end, interval.last)
    if group:
        yield group


def _lay(group: Sequence[Interval], top: int) -> tuple[list[int], int]:
    """Offsets of one group where memory up to ``top`` was in use before it and is free now; the new top."""
    offsets: list[int] = []
    ends: list[tuple[int, int, int]] = []  # (last, offset, size) of the living
    holes: list[tuple[int, int]] = [(0, top)] if top else []  # (offset, size), in order of offset
    for interval in group:
        # what ended before this one begins is free; one that ends at this very moment is still read in it
        while ends and ends[0][0] < interval.first:
            _, offset, size = ends.pop(0)
            _free(holes, offset, size)
        size = -(-interval.size // ALIGNMENT) * ALIGNMENT
        fitting = [hole for hole in holes if hole[1] >= size]
        if fitting:
            offset, room = min(fitting, key=lambda hole: (hole[1], hole[0]))
            holes.remove((offset, room))
            if room > size:
                bisect.insort(holes, (offset + size, room - size))
        else:
            offset = top
            if holes and sum(holes[-1]) == top:  # the last hole reaches the top: grow it
                offset = holes.pop()[0]
            top = offset + size
        offsets.append(offset)
        bisect.insort(ends, (interval.last, offset, size))
    return offsets, top


def _free(holes: list[tuple[int, int]], offset: int, size: int) -> None:
    """Give a stretch back, joined with the holes beside it."""
    at = bisect.bisect(holes, (offset, 0))
    if at < len(holes) and holes[at][0] == offset + size:
        size += holes.pop(at)[1]
    if at > 0 and sum(holes[at - 1]) == offset:
        before = holes.pop(at - 1)
        offset, size = before[0], before[1] + size
    bisect.insort(holes, (offset, size))
