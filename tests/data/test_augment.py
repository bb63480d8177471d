"""Each random step against a plain rule of its own, and the numbers that it draws:
their bounds, their share, their spread.

Shares are taken over thousands of pictures, and may be four standard deviations away from what the contract says.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from netspec.data.augment import resized_part
from netspec.data.batches import Batches
from netspec.data.chain import apply, draws_needed
from netspec.data.measured import measured
from netspec.data.sets import Pictures
from netspec.diagnostics import Fault
from netspec.settings import Data, steps
from tests.data.rules import LUMA, PICTURE, RANDOM, VALUES, VECTORS, Array, Row


@pytest.mark.parametrize("row", RANDOM, ids=str)
def test_a_step_is_its_rule(row: Row) -> None:
    draws = np.random.default_rng(0).uniform(0.2, 0.7, (8, draws_needed([row.step])))
    together = apply(np.repeat(PICTURE[None], 8, axis=0), [row.step], draws)
    alone = [apply([PICTURE, PICTURE[:, :21]], [row.step], np.stack([d, d]))[0] for d in draws]
    for found, one, d in zip(together, alone, draws, strict=True):
        np.testing.assert_allclose(np.asarray(found, np.float64), row.rule(PICTURE, d), atol=row.apart, rtol=0)
        np.testing.assert_array_equal(found, one)  # in a list of many sizes it is the same


def drawn(step: steps.Step, count: int, picture: Array = PICTURE) -> Any:
    """Many changes of one picture by the numbers that a training draws."""
    images = np.repeat(picture[None], count, axis=0)
    batches = Batches.__new__(Batches)
    batches.augment, batches.seed, batches.draws = [step], 5, draws_needed([step])
    return batches._changed(images, np.arange(count), batches._drawn(np.arange(count), 2))


def off(share: float, count: int) -> float:
    """Four standard deviations of a share over so many."""
    return 4 * sqrt(share * (1 - share) / count)


def test_every_second_is_mirrored() -> None:
    found = np.asarray(drawn(steps.Mirror(), 4000))
    changed = (found == PICTURE[:, ::-1]).all(axis=(1, 2, 3))
    assert ((found == PICTURE).all(axis=(1, 2, 3)) | changed).all()
    assert changed.mean() == pytest.approx(0.5, abs=off(0.5, 4000))


@pytest.mark.slow
def test_rotation_goes_to_both_sides_and_no_further_than_it_says() -> None:
    picture = np.zeros((61, 61, 1), np.uint8)
    picture[29:32, 53:56] = 255  # 24 to the right of the middle
    found = np.asarray(drawn(steps.Rotate(degrees=40.0), 2000, picture))[..., 0].astype(np.float64)
    weight = found.sum(axis=(1, 2))
    up = 30 - (found * np.arange(61)[:, None]).sum(axis=(1, 2)) / weight
    right = (found * np.arange(61)).sum(axis=(1, 2)) / weight - 30
    angles = np.degrees(np.arctan2(up, right))
    assert np.abs(angles).max() == pytest.approx(40, abs=1.5)
    assert angles.min() == pytest.approx(-40, abs=1.5)
    assert (angles > 0).mean() == pytest.approx(0.5, abs=off(0.5, 2000))
    assert (np.abs(angles) < 20).mean() == pytest.approx(0.5, abs=off(0.5, 2000) + 0.01)
    inside = drawn(steps.Rotate(degrees=40.0), 4, np.full((20, 20, 1), 200, np.uint8))
    assert all(image.min() == 0 for image in inside)  # what comes in is black


def test_a_random_crop_goes_everywhere_equally_often() -> None:
    picture = np.arange(1, 65, dtype=np.uint8).reshape(8, 8, 1)
    found = np.asarray(drawn(steps.RandomCrop(size=6, pad=1), 5000, picture))[..., 0]
    padded = np.pad(picture[..., 0], 1)
    places = {padded[y : y + 6, x : x + 6].tobytes(): 0 for y in range(5) for x in range(5)}
    for image in found:
        places[image.tobytes()] += 1
    assert all(count / 5000 == pytest.approx(0.04, abs=off(0.04, 5000)) for count in places.values())


def test_a_random_part_has_its_bounds_and_reaches_them() -> None:
    rows = np.random.default_rng(0).random((4000, 22))
    parts = np.array([resized_part(1000, 1000, row) for row in rows])
    top, left, height, width = parts.T
    ratio, share = width / height, width * height / 1e6
    assert ratio.min() == pytest.approx(3 / 4, abs=0.01) and ratio.max() == pytest.approx(4 / 3, abs=0.01)
    assert share.min() == pytest.approx(0.08, abs=0.005) and share.max() > 0.97
    assert (ratio > 1).mean() == pytest.approx(0.5, abs=off(0.5, 4000))
    assert (top + height).max() <= 1000 and (left + width).max() <= 1000
    # of those that leave room the place is anywhere: a half is above, and to the left, of the middle
    above, before = top < (1000 - height) / 2, left < (1000 - width) / 2
    assert above.mean() == pytest.approx(0.5, abs=off(0.5, 4000) + 0.01)
    assert before.mean() == pytest.approx(0.5, abs=off(0.5, 4000) + 0.01)


def test_a_part_of_one_row_may_lie_anywhere() -> None:
    row = np.full(22, 0.9)
    row[0], row[1] = (0.25 - 0.08) / 0.92, 0.5  # an area of one of the four, as high as wide
    assert resized_part(1, 4, row) == (0, 3, 1, 1)
    assert resized_part(4, 1, row) == (3, 0, 1, 1)


def test_the_colours_of_a_picture_move_together_by_a_gaussian_along_the_components() -> None:
    grey = np.full((2, 2, 3), 128, np.uint8)
    moved = np.asarray(drawn(steps.PcaJitter(sigma=0.1, of="imagenet"), 8000, grey)) - 128
    assert (moved == moved[:, :1, :1]).all()
    along = moved[:, 0, 0] @ VECTORS
    # a deviation over n has a deviation of 1 / sqrt(2 n) of itself
    np.testing.assert_allclose(along.std(axis=0), 0.1 * 255 * VALUES, rtol=4 / sqrt(16000))
    np.testing.assert_allclose(along.mean(axis=0) / (25.5 * VALUES), 0, atol=4 / sqrt(8000))
    outside = np.abs(along) > 1.96 * 25.5 * VALUES
    assert outside.mean(axis=0) == pytest.approx([0.05] * 3, abs=off(0.05, 8000))


@pytest.mark.parametrize("what", ["brightness", "contrast", "saturation"])
def test_factors_of_colour_are_spread_evenly_around_1(what: str) -> None:
    picture = np.array([[[100, 120, 140], [60, 50, 40]]], np.uint8)
    found = np.asarray(drawn(steps.ColorJitter(**{what: 0.5}), 4000, picture)).astype(np.float64)
    luma = picture @ LUMA
    middle = {"brightness": 0.0, "contrast": luma.mean(), "saturation": luma[0, 0]}[what]
    factors = (found[:, 0, 0, 2] - middle) / (140 - middle)
    assert factors.min() == pytest.approx(0.5, abs=0.01) and factors.max() == pytest.approx(1.5, abs=0.01)
    assert (factors > 1).mean() == pytest.approx(0.5, abs=off(0.5, 4000))
    assert (np.abs(factors - 1) < 0.25).mean() == pytest.approx(0.5, abs=off(0.5, 4000))


def test_no_saturation_is_grey_and_twice_as_much_is_further_from_it() -> None:
    step = steps.ColorJitter(saturation=1.0)
    red = np.array([[[200, 100, 100]]], np.uint8)
    grey, same, more = (np.asarray(apply(red[None], [step], np.array([[0.5, 0.5, d]])))[0, 0, 0] for d in (0, 0.5, 1))
    np.testing.assert_allclose(grey, [129.9] * 3, rtol=1e-5)
    np.testing.assert_allclose(same, [200, 100, 100], rtol=1e-5)
    np.testing.assert_allclose(more, [255, 70.1, 70.1], rtol=1e-5)  # 270.1 is cut off


def test_brightness_comes_before_contrast_and_saturation_last() -> None:
    step = steps.ColorJitter(brightness=1.0, contrast=1.0, saturation=1.0)
    picture = np.array([[[200, 150, 100], [20, 10, 30]]], np.uint8)
    found = np.asarray(apply(picture[None], [step], np.array([[1.0, 0.25, 1.0]])))[0]
    array = np.minimum(picture * 2.0, 255)
    weights = LUMA
    mean = (array @ weights).mean()
    array = (array - mean) * 0.5 + mean
    grey = (array @ weights)[..., None]
    np.testing.assert_allclose(found, np.clip((array - grey) * 2 + grey, 0, 255), rtol=1e-5)


@pytest.mark.parametrize("maps", [1, 3])
def test_maps_of_grey_pictures(maps: int) -> None:
    grey = PICTURE[None, ..., :1]
    assert apply(grey, [steps.PcaJitter(of="imagenet")], np.full((1, 6), 0.4)).shape[-1] == 3
    assert apply(grey, [steps.ColorJitter(saturation=1.0)], np.zeros((1, 3))).shape[-1] == 1
    step = steps.ColorJitter(contrast=1.0)
    found = np.asarray(apply(PICTURE[None, ..., :maps], [step], np.array([[0.5, 0.0, 0.5]])))
    luma = PICTURE @ LUMA if maps == 3 else PICTURE[..., 0]
    np.testing.assert_allclose(found, luma.mean(), rtol=1e-5)  # no contrast is the mean's grey


def test_numbers_of_a_chain_are_taken_in_order_one_after_the_other() -> None:
    chain = [steps.Mirror(), steps.Augment(), steps.RandomCrop(size=19)]
    assert draws_needed(chain) == 3
    found = np.asarray(apply(PICTURE[None], chain, np.array([[0.9, 0.99, 0.0]])))[0]
    np.testing.assert_array_equal(found, PICTURE[1:20, :19])


def test_a_crop_that_is_larger_than_the_picture_is_told() -> None:
    with pytest.raises(Fault, match=r"a crop of 25 x 25 does not fit into a picture of 22 x 28") as caught:
        apply(PICTURE[None], [steps.RandomCrop(size=25, pad=1)], np.zeros((1, 2)))
    assert (caught.value.code, caught.value.help) == ("N703", "resize before it")


def test_each_picture_is_changed_anew_in_each_epoch_and_by_itself() -> None:
    count = 3000
    images = np.repeat(PICTURE[None, :4, :4], count, axis=0)
    settings = Data(augment=(steps.Mirror(),))
    batches = Batches(Pictures(images, np.zeros(count, np.int64)), settings, {"x": (3, 4, 4)}, [], seed=9)

    def mirrored(epoch: int, seed: int = 9) -> Array:
        batches.seed = seed
        result = batches._batch(np.arange(count), epoch)[0]["x"]
        return np.asarray((result == PICTURE[:4, 3::-1]).all(axis=(1, 2, 3)))

    first, second, other = mirrored(0), mirrored(1), mirrored(0, seed=10)
    for one, two in ((first, second), (first, other), (first[1:], first[:-1])):
        assert (one == two).mean() == pytest.approx(0.5, abs=off(0.5, count - 1))
    assert (first == mirrored(0)).all()


def test_colours_move_along_those_of_the_training_set() -> None:
    """Three components, of eigenvalues that were chosen (Krizhevsky et al. 2012, section 4.1)."""
    basis = np.linalg.qr(np.array([[1.0, 1, 1], [1, 1, -1], [0, -1, 2]]))[0]
    values = np.array([0.02, 0.005, 0.001])
    colours = 128 + 255 * (np.random.default_rng(3).normal(size=(40_000, 3)) * np.sqrt(values)) @ basis.T
    images = np.clip(np.rint(colours), 0, 255).astype(np.uint8).reshape(400, 10, 10, 3)
    data = Data(augment=(steps.Mirror(), steps.PcaJitter(sigma=0.1)))
    found = measured(data, Pictures(images, np.zeros(400, np.int64)), ["x"]).augment[1]
    moved = np.asarray(drawn(found, 8000, np.full((1, 1, 3), 128, np.uint8)))[:, 0, 0] - 128
    np.testing.assert_allclose((moved @ basis).std(axis=0), 25.5 * values, rtol=0.06)


def test_a_covariance_is_numpys_over_pictures_of_many_sizes_behind_the_steps_before() -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (size, 3, maps), dtype=np.uint8) for size, maps in ((2, 3), (5, 1), (700, 3))]
    data = Data(
        prepare=(steps.Invert(), steps.Augment(), steps.Scale(factor=9.0)),
        augment=(steps.PcaJitter(), steps.PcaJitter(of="imagenet")),
    )
    found, published = measured(data, Pictures(pictures, np.zeros(3, np.int64)), ["x"]).augment
    places = np.concatenate(
        [np.broadcast_to(255.0 - image, (*image.shape[:2], 3)).reshape(-1, 3) for image in pictures]
    )
    np.testing.assert_allclose(found.arguments()["covariance"], np.cov(places.T / 255, bias=True), rtol=1e-9)
    assert published == steps.PcaJitter(of="imagenet")
    with pytest.raises(Fault, match="pca_jitter needs the colours of the training set"):
        apply(np.zeros((1, 1, 1, 3), np.uint8), [steps.PcaJitter()], np.zeros((1, 6)))


def test_what_was_measured_is_kept_with_the_weights() -> None:
    colours = [[0.5, 0.1, 0.0], [0.1, 0.4, 0.0], [0.0, 0.0, 0.3]]
    data = Data(augment=(steps.Mirror(), steps.PcaJitter(sigma=0.2, covariance=colours)))
    kept = data.to_json()
    jitter = {"step": "pca_jitter", "sigma": 0.2, "of": None, "covariance": colours}
    assert kept["augment"] == [{"step": "mirror"}, jitter]
    assert Data.from_json(kept).augment == data.augment
    assert "augment" not in Data(augment=(steps.Mirror(), steps.PcaJitter(of="imagenet"))).to_json()
