"""Where rounding is a choice: torchvision's numbers, written out from its source;
models that name no conventions keep the first rules."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from netspec.data.augment import resized_part
from netspec.data.chain import apply
from netspec.data.tested import views
from netspec.net import Net, load
from netspec.settings import Data, steps


def net(folder: Path, data: str, size: str = "3 x H x W") -> Net:
    (folder / "a.net").write_text(
        f"netspec 1\nnet A {{\n input image: {size}\n output y = image -> relu\n}}\ndata {{\n{data}\n}}\n"
    )
    return load(folder / "a.net")


@pytest.mark.parametrize(
    ("short", "size", "expected"),
    [  # torchvision.transforms.functional._compute_resized_image_output_size: int(size * long / short)
        (256, (375, 500), (256, 341)), (256, (500, 375), (341, 256)), (224, (333, 500), (224, 336)),
         (6, (9, 14), (6, 9)),
        (10, (3, 5), (10, 16)), (7, (11, 11), (7, 7)), (256, (1, 3), (256, 768)), (232, (427, 640), (232, 347)),
    ],
)  # fmt: skip
def test_the_longer_side_is_cut_off(short: int, size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert steps.Resize(short=short).sizes(*size) == expected


#: torchvision's crop_top = int(round((height - crop_height) / 2.0)), where Python rounds a half to even.
MIDDLES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 2, 6: 3, 7: 4, 8: 4, 9: 4, 10: 5, 11: 6}


@pytest.mark.parametrize(("spare", "before"), MIDDLES.items())
def test_a_half_is_rounded_to_even(spare: int, before: int) -> None:
    picture = np.arange((8 + spare) * 8, dtype=np.uint8).reshape(1, 8 + spare, 8, 1)
    np.testing.assert_array_equal(apply(picture, [steps.CenterCrop(height=8)]), picture[:, before : before + 8])
    turned = picture.swapaxes(1, 2)
    ten = views(turned, Data(test=steps.TenCrop(size=8)), (1, 8, 8))
    np.testing.assert_array_equal(ten[4], turned[0, :, before : before + 8])
    np.testing.assert_array_equal(ten[9], turned[0, :, before : before + 8][:, ::-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    ["prepare: resize(short: 10) -> center_crop(7) -> scale(1)", "prepare: resize(short: 10)\ntest: ten_crop(7)"],
)
def test_the_raw_pixel_graph_has_the_same_conventions_old_and_new(data: str, tmp_path: Path) -> None:
    for height, width in itertools.product((3, 10, 13), (5, 10, 16)):
        picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
        spec = net(tmp_path, data)
        message = spec.data.to_json()
        assert message.pop("conventions") == "torchvision"
        first = Data.from_json(message)
        assert "conventions" not in first.to_json()
        for settings in (spec.data, first):
            spec.compile(tmp_path / "a.onnx", data=settings, raw_pixels=True)
            found = ort.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"]).run(
                None, {"image": picture}
            )[0]
            expected = np.moveaxis(views(picture, settings, (3, None, None)), -1, 1)
            np.testing.assert_allclose(found, expected.mean(axis=0, keepdims=True), rtol=1e-6)


def test_models_without_the_name_keep_the_first_rules() -> None:
    message: dict[str, Any] = {
        "classes": None,
        "prepare": [{"step": "resize", "short": 10}, {"step": "center_crop", "height": 7}],
        "test": {"step": "ten_crop", "size": 7},
    }
    first: Any = Data.from_json(message)
    now: Any = Data.from_json({**message, "conventions": "torchvision"})
    assert first.prepare[0].sizes(3, 5) == (10, 17) and now.prepare[0].sizes(3, 5) == (10, 16)
    assert (
        first.prepare[1].before(3) == first.test.before(3) == 1 and now.prepare[1].before(3) == now.test.before(3) == 2
    )
    assert Data.from_json(first.to_json()) == first and Data.from_json(now.to_json()) == now
    assert (
        Data(test=steps.TenCrop(size=7)).with_measured(first).test.before(3) == 1
    )  # weights that were trained by them
    with pytest.raises(ValueError, match="conventions"):
        Data.from_json({**message, "conventions": "of tomorrow"})


@pytest.mark.parametrize(("height", "width"), [(100, 400), (400, 100), (100, 100), (1, 50), (7, 5), (1, 1), (3, 4)])
def test_a_random_part_stays_within_its_bounds(height: int, width: int) -> None:
    rows = np.random.default_rng(0).random((3000, 22))
    places = np.array([resized_part(height, width, row) for row in rows])
    top, left, high, wide = places.T
    assert (top >= 0).all() and (left >= 0).all() and (high > 0).all() and (wide > 0).all()
    assert (top + high <= height).all() and (left + wide <= width).all()
    if min(height, width) >= 100:  # sides are whole numbers, so that bounds are kept up to half a pixel
        assert (wide / high <= 4 / 3 + 0.05).all() and (wide / high >= 3 / 4 - 0.05).all()
        assert (high * wide >= 0.08 * height * width * 0.95).all()
    if height == width == 100:
        assert np.log(wide / high).mean() == pytest.approx(0, abs=0.01)
        assert (high * wide).mean() / 1e4 == pytest.approx(
            0.51, abs=0.03
        )  # of what fits, the larger are a little rarer than 0.54
        assert (top + high == height).any() and (top == 0).any() and (left + wide == width).any()


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(100, 400, (0, 133, 100, 133)), (400, 100, (133, 0, 133, 100)), (100, 100, (0, 0, 100, 100))],
)
def test_where_no_try_fits_it_is_the_middle(height: int, width: int, expected: tuple[int, ...]) -> None:
    row = np.ones(22)
    row[1:20:2] = 1.0  # all of the area, 4 : 3
    if width > height:
        row[1:20:2] = 0.0
    assert resized_part(height, width, row) == expected


@pytest.mark.parametrize(
    ("amount", "low", "high"), [(0.4, 0.6, 1.4), (1.0, 0.0, 2.0), (1.5, 0.0, 2.5), (0.0, 1.0, 1.0)]
)
def test_factors_of_colour_end_at_zero(amount: float, low: float, high: float) -> None:
    grey = np.full((3, 1, 1, 3), 100, np.uint8)
    step = steps.ColorJitter(brightness=amount)
    result = apply(grey, [step], np.array([[0.0, 0.5, 0.5], [0.5, 0.5, 0.5], [1.0, 0.5, 0.5]]))
    np.testing.assert_allclose(
        np.asarray(result)[:, 0, 0, 0], np.clip([100 * low, 50 * (low + high), 100 * high], 0, 255), rtol=1e-5
    )


def test_contrast_never_inverts_a_picture() -> None:
    ramp = np.linspace(0, 255, 16, dtype=np.uint8).reshape(1, 1, 16, 1)
    for draw in (0.0, 0.1, 0.9, 1.0):
        result = np.asarray(
            apply(ramp, [steps.ColorJitter(contrast=1.5, saturation=3.0)], np.array([[0.5, draw, draw]]))
        )
        assert (np.diff(result[0, 0, :, 0]) >= -1e-4).all()


@pytest.mark.slow
def test_pca_jitter_is_normal_along_the_principal_colours() -> None:
    values, vectors = (
        np.array([0.2175, 0.0188, 0.0045]),
        np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]),
    )
    grey = np.full((20_000, 1, 1, 3), 128, np.uint8)
    published = [steps.PcaJitter(sigma=0.1, of="imagenet")]
    moved = np.asarray(apply(grey, published, np.random.default_rng(0).random((20_000, 6))))[:, 0, 0] - 128
    along = moved @ vectors  # the vectors are orthonormal
    np.testing.assert_allclose(along.mean(axis=0), 0, atol=0.2)
    np.testing.assert_allclose(along.std(axis=0), 25.5 * values, rtol=0.02)
    assert (np.abs(along) > 1.96 * 25.5 * values).mean() == pytest.approx(0.05, abs=0.005)


def test_rotation_goes_both_ways_and_a_mirror_is_every_second() -> None:
    picture = np.zeros((1, 21, 21, 1), np.uint8)
    picture[0, 10, 18] = 255  # to the right of the middle
    for draw, up in ((0.0, False), (1.0, True)):
        result = np.asarray(apply(picture, [steps.Rotate(degrees=90)], np.array([[draw]])))[0, ..., 0]
        row, column = np.unravel_index(result.argmax(), result.shape)
        assert (row < 10) == up and column == 10
    draws = np.random.default_rng(0).random((2000, 1))
    result = np.asarray(apply(np.repeat(picture, 2000, axis=0), [steps.Mirror()], draws))
    assert result[:, 10, 2, 0].astype(bool).mean() == pytest.approx(0.5, abs=0.04)
