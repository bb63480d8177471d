"""Runs of several boxes that follow each other again and again, as in `(conv(8, 3) -> maxpool(2)) * 4`.

What is there only twice is no cycle: in nets that write out their layers two runs may be equal by chance, and the same
block with other numbers would look otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netspec.report.woven import Edge

#: So many boxes a run has at most, and so many places with an equal box are tried for where it begins again.
LONGEST, TRIED = 32, 4
#: So often a run is there at least.
LEAST = 3


@dataclass(frozen=True)
class Cycle:
    """``times`` runs of ``length`` boxes each, the first of which is at ``start``."""

    start: int
    length: int
    times: int

    @property
    def end(self) -> int:
        """The place behind the last run."""
        return self.start + self.length * self.times


class Cycles:
    """Finds cycles among boxes in their order.

    ``kinds`` are equal for equal boxes, and None for one that stands for itself; ``edges`` join them by their places,
    ``entries`` are those that read each value from elsewhere, ``exits`` the boxes that are read there.
    """

    def __init__(
        self, kinds: Sequence[object], edges: Sequence[Edge], entries: Mapping[str, Sequence[int]], exits: Sequence[int]
    ) -> None:
        self.kinds, self.exits = kinds, set(exits)
        self.sources: list[list[int | str]] = [[] for _ in kinds]
        self.last = list(range(len(kinds)))  # the last box that reads each one
        for a, b in edges:
            self.sources[b].append(a)
            self.last[a] = max(self.last[a], b)
        for value, places in entries.items():
            for at in places:
                self.sources[at].append(value)

    def __iter__(self) -> Iterator[Cycle]:
        """The cycles from the front on; none shares a box with another."""
        following, again = dict[object, int](), [0] * len(self.kinds)
        for at in reversed(range(len(self.kinds))):
            again[at] = following.get(self.kinds[at], 0)
            following[self.kinds[at]] = at
        at = 0
        while at < len(self.kinds):
            cycle = self._from(at, again)
            if cycle is None:
                at += 1
            else:
                yield cycle
                at = cycle.end

    def _from(self, start: int, again: Sequence[int]) -> Cycle | None:
        """The cycle of the shortest runs that begins at a box."""
        behind = start
        for _ in range(TRIED):
            behind = again[behind]
            if self.kinds[start] is None or not 0 < behind - start <= LONGEST:
                return None
            length = behind - start
            times = self._times(start, length) if length > 1 else 1
            if times >= LEAST:
                return Cycle(start, length, times)
        return None

    def _times(self, start: int, length: int) -> int:
        """How often a run is there."""
        wiring, times = self._wiring(start, length, first=True), 1
        while wiring is not None and self._goes_on(start + times * length - 1, length):
            base = start + times * length
            if self.kinds[base : base + length] != self.kinds[start : start + length]:
                break
            if self._wiring(base, length) != wiring:
                break
            times += 1
        return times

    def _goes_on(self, end: int, length: int) -> bool:
        """Whether the value of a run is read by the next one alone."""
        return end not in self.exits and end < self.last[end] <= end + length

    def _wiring(self, base: int, length: int, first: bool = False) -> list[set[int]] | None:
        """What the boxes of a run read: places in it, or -1 for the value that comes in, which is the one before it.

        None where another value comes in too, or another one than the last goes out. The ``first`` run may read any.
        """
        boxes = range(base, base + length)
        if any(self.last[at] >= base + length or at in self.exits for at in boxes[:-1]):
            return None
        outside = {source for at in boxes for source in self.sources[at] if source not in boxes}
        if len(outside) != 1 or not (first or outside == {base - 1}):
            return None
        return [{s - base if isinstance(s, int) and s >= base else -1 for s in self.sources[at]} for at in boxes]
