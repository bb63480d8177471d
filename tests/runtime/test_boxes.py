"""Boxes of a map: places and sizes by hand, and which of those that overlap are left."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.runtime.boxes import Box, found, suppressed


def test_every_place_is_a_box_of_its_surest_class() -> None:
    values = np.zeros((3, 2, 4))
    values[1, 0, 2], values[2, 1, 3], values[0, 1, 0], values[1, 1, 0] = 0.9, 0.5, 0.6, 0.7
    assert found(values, ((8, 2), (6, 3)), 0.5) == [
        Box((0, 6, 8, 12), 1, 0.9),
        Box((2, 0, 10, 6), 1, 0.7),
        Box((2, 9, 10, 15), 2, 0.5),
    ]


def test_a_map_of_one_class_has_boxes_where_that_is_probable() -> None:
    assert found(np.array([[[0.2, 0.8]]]), ((4, 4), (4, 4)), 0.5) == [Box((0, 4, 4, 8), 0, 0.8)]


def box(left: float, right: float, prob: float, index: int = 0) -> Box:
    return Box((0, left, 10, right), index, prob)


@pytest.mark.parametrize(
    ("boxes", "left"),
    [
        ([], []),
        # 5 of 15 in common is 0.33, 4 of 16 is 0.25
        ([box(0, 10, 0.9), box(5, 15, 0.8)], [0]),
        ([box(0, 10, 0.9), box(6, 16, 0.8)], [0, 1]),
        ([box(0, 10, 0.9, 1), box(5, 15, 0.8, 2), box(4, 14, 0.7, 1)], [0, 1]),  # another class suppresses nothing
        ([box(0, 10, 0.9), box(5, 15, 0.8), box(10, 20, 0.7)], [0, 2]),  # what is suppressed suppresses nothing
        ([box(0, 10, 0.9), box(20, 30, 0.8), box(0, 9, 0.7), box(21, 30, 0.6)], [0, 1]),
        ([box(0, 40, 0.9), box(0, 10, 0.8)], [0, 1]),  # 10 of 40: a small thing within a large one stays
    ],
)
def test_of_boxes_that_overlap_the_surest_is_left(boxes: list[Box], left: list[int]) -> None:
    assert suppressed(boxes) == [boxes[place] for place in left]
