"""The page of a run: texts stay texts; kernels and pictures are drawn as they are."""

from __future__ import annotations

import io
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from netspec.report.page import MOST_ROWS, Judged, Page, Picture, Table, html
from netspec.report.pictures import KERNEL, data_uri, kernels, small

EVIL = "<script>alert('x')</script>"


def test_no_text_becomes_an_element() -> None:
    table = Table((EVIL,), [(EVIL,)])
    picture = Picture("data:image/png;base64,AA==", (EVIL,))
    judged = [Judged(EVIL, table, None, [picture], table, 3), Judged("second", table, None, [], table, 1)]
    text = html(Page(EVIL, EVIL, {EVIL: EVIL}, None, EVIL, judged, picture, None, {EVIL: table}))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 16


def test_of_long_tables_the_rest_is_counted() -> None:
    text = html(Page("t", "v", {}, tables={"long": Table(("n",), [(f"row{n}",) for n in range(MOST_ROWS + 7)])}))
    assert f"row{MOST_ROWS - 1}<" in text and f"row{MOST_ROWS}<" not in text
    assert "and 7 more" in text


def test_kernels_are_grey_at_nothing_and_white_at_the_largest() -> None:
    array = np.array([[[[0.0, 2.0], [-2.0, 1.0]]], [[[0.0, 0.0], [0.0, 0.0]]]], np.float32)  # 2 outputs of 1 input
    sheet = kernels(array)
    side = KERNEL // 2 * 2
    assert sheet.shape == (side, 2 * side + 3, 4)
    half = side // 2
    assert [sheet[y, x, 0] for y, x in ((0, 0), (0, half), (half, 0), (half, half))] == [128, 255, 0, 191]
    assert (sheet[:, side : side + 3, 3] == 0).all() and (sheet[:, side + 3 :, :3] == 128).all()


def test_kernels_of_three_maps_are_colours() -> None:
    array = np.zeros((1, 3, 2, 2), np.float32)
    array[0, 0], array[0, 2] = 1, -1
    assert kernels(array)[0, 0].tolist() == [255, 128, 0, 255]


def test_many_kernels_stand_in_rows() -> None:
    assert kernels(np.ones((300, 3, 3), np.float32)).shape == (16 * 39 - 3, 16 * 39 - 3, 4)


@pytest.mark.parametrize(
    ("picture", "wanted"),
    [
        (np.full((2, 2, 1), 7, np.uint8), np.full((2, 2), 7)),
        (np.full((2, 2, 4), 7, np.uint8), np.full((2, 2, 3), 7)),
        (np.array([[[0.5], [1.0]], [[1.5], [np.nan]]], np.float32), np.array([[0, 128], [255, 0]])),
    ],
)
def test_a_picture_as_it_is_shown(picture: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_array_equal(small(picture), wanted)


def test_large_pictures_become_small_and_keep_their_form() -> None:
    assert small(np.zeros((400, 1600, 3), np.uint8)).shape == (40, 160, 3)
    assert small(np.zeros((1, 5000, 1), np.uint8)).shape == (1, 160)


def test_an_image_is_in_its_address() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    head, _, body = data_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(b64decode(body)))), pixels)
