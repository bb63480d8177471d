"""Nets over whole pictures: what is left out of their preparation, and where their boxes lie in the file's picture."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.data.slid import Lie, whole
from netspec.data.tested import views
from netspec.settings import Data, steps

FIXED, SHORT = steps.Resize(height=224, width=224), steps.Resize(short=256)
CROP, TEN, SCALE = steps.CenterCrop(height=224), steps.TenCrop(size=224), steps.Scale(factor=0.5)
WINDOWS = ((224, 32), (224, 32))


@pytest.mark.parametrize(
    ("prepare", "test", "kept", "left"),
    [
        ((FIXED, SCALE), None, (SCALE,), [FIXED]),
        ((SHORT, CROP, SCALE), None, (SHORT, SCALE), [CROP]),
        ((SHORT, SCALE), TEN, (SHORT, SCALE), [TEN]),
        ((SHORT, SCALE), CROP, (SHORT, SCALE), [CROP]),
        ((FIXED, CROP, SCALE), None, (SCALE,), [CROP, FIXED]),
        ((SHORT, SCALE), None, (SHORT, SCALE), []),
        ((steps.Resize(height=500, width=400), SCALE), None, (steps.Resize(height=500, width=400), SCALE), []),
        ((FIXED, SHORT, SCALE), None, (FIXED, SHORT, SCALE), []),  # the last one decides
    ],
)
def test_what_would_leave_one_place_is_left_out(
    prepare: tuple[steps.Step, ...], test: steps.Step | None, kept: tuple[steps.Step, ...], left: list[steps.Step]
) -> None:
    data, found = whole(Data(prepare=prepare, test=test), WINDOWS)
    assert (data.prepare, data.test, found) == (kept, None if left or test is None else test, left)


def test_ten_crops_are_left_out_whatever_the_windows_are() -> None:
    data, left = whole(Data(prepare=(SHORT,), test=steps.TenCrop(size=100)), WINDOWS)
    assert data.test is None and left == [steps.TenCrop(size=100)]


@pytest.mark.parametrize(
    "prepare",
    [
        (steps.Resize(height=40, width=90),),
        (steps.Resize(short=40), steps.CenterCrop(height=30, width=24)),
        (steps.CenterCrop(height=31, width=50), steps.Resize(height=62, width=150)),
        (steps.CenterCrop(height=50), steps.Resize(short=100), steps.CenterCrop(height=60, width=30)),
    ],
)
def test_a_point_of_a_prepared_picture_is_found_in_the_file(prepare: tuple[steps.Step, ...]) -> None:
    """A ramp along each axis, prepared: what stands at a place is where that came from."""
    height, width = 60, 80
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    data = Data(prepare=prepare)
    for axis, ramp in ((0, rows), (1, columns)):
        prepared = views([ramp[..., None]], data, (1, None, None))[0, ..., 0]
        lie = Lie.of(data, (height, width))
        y, x = prepared.shape[0] // 2, prepared.shape[1] // 3
        back = lie.back((y + 0.5, x + 0.5, y + 0.5, x + 0.5), (height, width))
        assert back[axis] == pytest.approx(prepared[y, x], abs=0.05)


def test_a_box_ends_at_the_picture() -> None:
    assert Lie().back((-3, -4, 70, 90), (60, 80)) == (0, 0, 60, 80)
