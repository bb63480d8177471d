"""Where boxes stand that lines join: what all ways pass on one straight spine, what lies between side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from netspec.report.rows import rowed
from netspec.report.woven import Edge, Extent, Gaps, Woven


class Weaver:
    """Weaves boxes of some extents that edges join."""

    def __init__(self, extents: Mapping[int, Extent], edges: Collection[Edge], gaps: Gaps) -> None:
        self.extents, self.gaps = extents, gaps
        self.after: dict[int, list[int]] = {box: [] for box in extents}
        self.before: dict[int, list[int]] = {box: [] for box in extents}
        for a, b in edges:
            self.after[a].append(b)
            self.before[b].append(a)

    def weave(self, order: Sequence[int], ends: Collection[int]) -> Woven:
        """All boxes: those on a way to one of the ``ends``, and beside their spine what hangs off it."""
        kept = set(ends)
        for box in reversed(order):
            if kept.intersection(self.after[box]):
                kept.add(box)
        while True:
            main = [box for box in order if box in kept]
            spine = {main[at] for at in self.cuts(main, None, None)[1:-1]}
            groups = list(self.groups([box for box in order if box not in kept]))
            sources = [[a for box in group for a in self.before[box] if a in kept] for group in groups]
            staying = [
                box
                for group, read in zip(groups, sources, strict=True)
                if len(read) != 1 or read[0] not in spine or read[0] not in self.before[group[0]]
                for box in group
            ]
            if not staying:
                woven = self.series(main, None, None)
                edge = woven.high + self.gaps.side
                staying = [
                    box
                    for group, (source,) in zip(groups, sources, strict=True)
                    if not self.hang(woven, source, group, edge)
                    for box in group
                ]
            if not staying:
                return woven
            kept.update(staying)

    def series(self, boxes: Sequence[int], u: int | None, v: int | None) -> Woven:
        """Boxes behind ``u`` and before ``v``: what all ways pass on the spine, bundles between."""
        woven, bounds = Woven(runs=[[]]), self.cuts(boxes, u, v)
        for low, high in pairwise(bounds):
            start, stop = u if low < 0 else boxes[low], v if high == len(boxes) else boxes[high]
            between = boxes[low + 1 : high]
            whole = low < 0 and high == len(boxes)
            if between:
                groups = list(self.groups(between))
                edge = self.edge(None if whole else start, stop)
                if whole and len(groups) == 1:
                    return self.crossing(boxes, u, v)
                bundle = self.bundle([self.series(group, start, stop) for group in groups], edge)
                woven.length += self.gaps.rise * (low >= 0)
                woven.take(bundle, woven.length, 0)
                woven.length += bundle.length + self.gaps.rise * (high < len(boxes))
                woven.runs[-1] += between
            elif low >= 0 and high < len(boxes):
                woven.length += self.gaps.rise
                woven.runs.append([])
            if high < len(boxes):
                self.put(woven, boxes[high])
                woven.runs[-1].append(boxes[high])
        return woven

    def cuts(self, boxes: Sequence[int], u: int | None, v: int | None) -> list[int]:
        """The places that every way from ``u`` to ``v`` passes, between -1 and the number of boxes."""
        place = {box: at for at, box in enumerate(boxes)}
        far = [0] * (len(boxes) + 1)  # how far a line reaches that begins at -1, 0, …
        for at, box in enumerate(boxes):
            within = [place[b] for b in self.after[box] if b in place]
            far[at + 1] = len(boxes) if v in self.after[box] or not within else max(within)
            if u in self.before[box] or not any(a in place for a in self.before[box]):
                far[0] = at
        found, reach = [-1], far[0]
        for at in range(len(boxes)):
            if reach <= at:
                found.append(at)
            reach = max(reach, far[at + 1])
        return [*found, len(boxes)]

    def edge(self, start: int | None, stop: int | None) -> Edge | None:
        """The line from one box to another, if there is one."""
        if start is None or stop is None or stop not in self.after[start]:
            return None
        return start, stop

    def put(self, woven: Woven, box: int) -> None:
        """A box on the spine, at the end."""
        extent = self.extents[box]
        woven.at[box] = woven.length, -extent.spine
        woven.length += extent.along
        woven.low, woven.high = min(woven.low, -extent.spine), max(woven.high, extent.across - extent.spine)

    def bundle(self, groups: Sequence[Woven], edge: Edge | None) -> Woven:
        """Groups side by side, all from the same row on; of two the longer one stays on the spine."""
        bundle = Woven(length=max(group.length for group in groups))
        uneven = len(groups) == 2 and groups[0].length != groups[1].length
        if uneven:
            groups = sorted(groups, key=lambda group: -group.length)
        wide = sum(group.high - group.low for group in groups) + self.gaps.side * (len(groups) - 1)
        c = groups[0].low if uneven or len(groups) == 1 else -wide / 2
        for group in groups:
            bundle.take(group, 0, c - group.low)
            c += group.high - group.low + self.gaps.side
        if edge is not None:
            wide = max(self.extents[box].across - self.extents[box].spine for box in edge)
            bundle.high = max(bundle.high, wide) + self.gaps.lane
            bundle.lanes[edge] = bundle.high
        return bundle

    def groups(self, boxes: Sequence[int]) -> Iterator[list[int]]:
        """Boxes that lines join, each group in their order."""
        among, home = set(boxes), dict[int, int]()
        for first in boxes:
            waiting = [first]
            while waiting:
                box = waiting.pop()
                if box not in home:
                    home[box] = first
                    waiting += [other for other in (*self.after[box], *self.before[box]) if other in among]
        found: dict[int, list[int]] = {}
        for box in boxes:
            found.setdefault(home[box], []).append(box)
        yield from found.values()

    def crossing(self, boxes: Sequence[int], u: int | None, v: int | None) -> Woven:
        """Boxes whose ways cross."""
        edges = [(a, b) for b in boxes for a in self.before[b]]
        edges += [(a, v) for a in boxes if v is not None and v in self.after[a]]
        return rowed(boxes, edges, u, v, self.extents, self.gaps)

    def hang(self, woven: Woven, source: int, group: Sequence[int], edge: float) -> bool:
        """A group that leads nowhere else beside the box that it reads, from ``edge`` on; False where another hangs."""
        hung = self.series(group, source, None)
        a = woven.at[source][0] + self.extents[source].port[0] - self.extents[group[0]].along / 2
        for box, (start, c) in woven.at.items():
            if (
                c >= edge
                and start < a + hung.length + self.gaps.rise
                and a < start + self.extents[box].along + self.gaps.rise
            ):
                return False
        woven.take(hung, a, edge - hung.low)
        woven.length = max(woven.length, a + hung.length)
        woven.beside.add((source, group[0]))
        next(run for run in woven.runs if source in run).extend(group)
        return True
