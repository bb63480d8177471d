"""A net that reads pictures of any size, slid over a whole picture: its preparation, and what its places see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.settings import Data
from netspec.settings.steps import CenterCrop, Resize, Step

#: Cells that a place sees and the step to the next, for rows and columns.
Windows = tuple[tuple[int, int], tuple[int, int]]


def whole(data: Data, windows: Windows | None) -> tuple[Data, list[Step]]:
    """The preparation of a picture that is seen whole, and the steps that were left out for that.

    Where all pictures would be so small that there is one place: crops, and if that does not help what resizes to a
    fixed size. Ten crops never make one map.
    """
    left: list[Step] = []
    several = getattr(data.test, "crops", 1) > 1
    for kind in (CenterCrop, Resize):
        if several or (windows is not None and _fixed(data) and _fixed(data) == tuple(size for size, _ in windows)):
            kept = [step for step in data.prepare if not _leaves(step, kind)]
            left += [step for step in data.prepare if _leaves(step, kind)]
            left += [data.test] if data.test is not None else []
            data, several = data.replaced(prepare=tuple(kept), test=None), False
    return data, left


def _leaves(step: Step, kind: type[Step]) -> bool:
    return isinstance(step, kind) and getattr(step, "short", None) is None


def _fixed(data: Data) -> tuple[int, int] | None:
    """The size of every picture behind its preparation; None where that depends on the picture."""
    size = None
    for step in _sizing(data):
        size = step.sizes() if isinstance(step, CenterCrop) else None if step.short is not None else step.sizes(1, 1)
    return size


def _sizing(data: Data) -> list[Resize | CenterCrop]:
    """The steps that a test picture's size comes from, in order."""
    before, after = data.tested()
    steps = [*before, *([data.test] if data.test is not None else []), *after]
    return [step for step in steps if isinstance(step, Resize | CenterCrop)]


@dataclass(frozen=True)
class Lie:
    """Where a prepared picture lies on the one in the file: rows and columns of that are ``(y + offset) / scale``."""

    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)

    @staticmethod
    def of(data: Data, size: tuple[int, int]) -> Lie:
        """That of a picture of ``size`` (height, width)."""
        scale, offset, now = (1.0, 1.0), (0.0, 0.0), size
        for step in _sizing(data):
            if isinstance(step, Resize):
                new = step.sizes(*now)
                by = (new[0] / now[0], new[1] / now[1])
                scale, offset = (scale[0] * by[0], scale[1] * by[1]), (offset[0] * by[0], offset[1] * by[1])
            else:
                new = step.sizes()
                offset = (offset[0] + step.before(now[0] - new[0]), offset[1] + step.before(now[1] - new[1]))
            now = new
        return Lie(scale, offset)

    def back(self, box: Sequence[float], size: tuple[int, int]) -> tuple[float, float, float, float]:
        """A box (top, left, bottom, right) of the prepared picture in the file's, within its ``size``."""
        (top, left, bottom, right), (sy, sx), (oy, ox) = box, self.scale, self.offset
        height, width = size
        return (
            min(max((top + oy) / sy, 0.0), height),
            min(max((left + ox) / sx, 0.0), width),
            min(max((bottom + oy) / sy, 0.0), height),
            min(max((right + ox) / sx, 0.0), width),
        )
