"""Maps and boxes as pictures, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.report.painted import boxes_picture, map_picture, palette


def test_the_palette_is_that_of_pascal_voc() -> None:
    """As its development kit lists them: background, aeroplane, bicycle, bird, person, tv monitor, void."""
    colours = palette()
    known = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 15: (192, 128, 128), 20: (0, 64, 128),
             255: (224, 224, 192)}  # fmt: skip
    assert {number: tuple(colours[number].tolist()) for number in known} == known


def test_a_pixel_of_a_map_is_its_class() -> None:
    values = np.zeros((4, 2, 3))
    values[[3, 0, 2, 1, 1, 2], [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]] = 1
    picture = map_picture(values, (2, 3))
    assert picture.mode == "P" and picture.size == (9, 4)
    np.testing.assert_array_equal(np.asarray(picture)[::2, ::3], [[3, 0, 2], [1, 1, 2]])
    np.testing.assert_array_equal(np.asarray(picture)[1::2, 2::3], [[3, 0, 2], [1, 1, 2]])
    assert np.asarray(picture.convert("RGB"))[0, 0].tolist() == [128, 128, 0]


def test_more_classes_than_a_byte_holds_are_colours() -> None:
    values = np.zeros((300, 1, 2))
    values[299, 0, 1] = 1
    assert map_picture(values, (1, 1)).mode == "RGB"


@pytest.mark.parametrize(
    ("values", "grey"),
    [([0.0, 0.5, 1.0], [0, 128, 255]), ([0.0, 0.2], [0, 51]), ([-1.0, 1.0, 3.0], [0, 128, 255]), ([2.0, 2.0], [0, 0])],
)
def test_a_single_map_is_grey(values: list[float], grey: list[int]) -> None:
    assert np.asarray(map_picture(np.array([[values]]), (1, 1)))[0].tolist() == grey


def test_a_box_is_drawn_along_its_edges_and_a_grey_picture_gets_colours() -> None:
    picture = np.asarray(boxes_picture(np.full((60, 80, 1), 9, np.uint8), [((30, 20, 50, 60), 0, "cat 0.90")], 1))
    assert picture.shape == (60, 80, 3)
    for y, x in ((30, 40), (49, 40), (40, 20), (40, 59)):
        assert picture[y, x].tolist() == [128, 0, 0]
    assert picture[40, 40].tolist() == picture[50, 40].tolist() == picture[40, 60].tolist() == [9, 9, 9]
