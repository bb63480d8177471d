"""Detections by sliding: every place of a map of answers is a box, and of those that overlap the surest is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.slid import Windows

Array = NDArray[Any]
#: Two boxes of a class are of one thing where their intersection is more than this share of their union.
OVERLAP = 0.3


@dataclass(frozen=True)
class Box:
    """One detection: (top, left, bottom, right) in pixels, the number of its class and the probability of that."""

    place: tuple[float, float, float, float]
    index: int
    prob: float


def found(probabilities: Array, windows: Windows, least: float) -> list[Box]:
    """A box for each place whose surest class, of (classes, rows, columns), has ``least`` at least; the surest first.

    A map of a single class has a box wherever that has it.
    """
    best = probabilities.argmax(axis=0)
    prob = np.take_along_axis(probabilities, best[None], axis=0)[0]
    (height, down), (width, along) = windows
    boxes = [
        Box((y * down, x * along, y * down + height, x * along + width), int(best[y, x]), float(prob[y, x]))
        for y, x in np.argwhere(prob >= least).tolist()
    ]
    return sorted(boxes, key=lambda box: -box.prob)


def suppressed(boxes: list[Box], overlap: float = OVERLAP) -> list[Box]:
    """Non-maximum suppression: of boxes of a class that overlap by more than that, only the surest is left.

    Boxes come surest first, and go so (Felzenszwalb et al. 2010, section 5.3, by intersection over union). Other
    classes suppress nothing: one of them may be what is behind all things.
    """
    left: list[Box] = []
    for index in dict.fromkeys(box.index for box in boxes):
        rest = [box for box in boxes if box.index == index]
        places, waiting = np.array([box.place for box in rest]), np.arange(len(rest))
        while len(waiting):
            left.append(rest[waiting[0]])
            waiting = waiting[1:][_union(places[waiting[0]], places[waiting[1:]]) <= overlap]
    return sorted(left, key=lambda box: -box.prob)


def _union(one: Array, others: Array) -> Array:
    """Intersection over union of a box with others, (n, 4)."""
    top, left = np.maximum(one[:2], others[:, :2]).T
    bottom, right = np.minimum(one[2:], others[:, 2:]).T
    common = np.maximum(bottom - top, 0) * np.maximum(right - left, 0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    share: Array = common / ((one[2] - one[0]) * (one[3] - one[1]) + areas - common)
    return share
