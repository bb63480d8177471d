"""Each fixed step against its plain rule: in one array, in a list of sizes, in a model that takes pixels;
and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from PIL import Image

from netspec.data.chain import apply, split
from netspec.data.steps import resize_image
from netspec.data.tested import views
from netspec.diagnostics import Fault
from netspec.net import load
from netspec.settings import Data, steps
from netspec.settings.picture import Picture
from tests.data.rules import FIXED, PICTURE, RANDOM, TESTS, Array, Row


@pytest.mark.parametrize("row", FIXED, ids=str)
def test_a_step_is_its_rule(row: Row) -> None:
    expected = row.rule(PICTURE)
    (one,) = apply(PICTURE[None], [row.step])
    np.testing.assert_allclose(one, expected, atol=row.apart, rtol=1e-6)
    np.testing.assert_array_equal(apply([PICTURE, PICTURE[:, :21]], [row.step])[0], one)
    if expected.dtype == np.uint8:
        assert one.dtype == np.uint8  # bytes stay bytes


@pytest.mark.parametrize("row", TESTS, ids=str)
def test_a_tests_crops_are_their_rule(row: Row) -> None:
    np.testing.assert_array_equal(views(PICTURE[None], Data(test=row.step), (3, 8, 8)), row.rule(PICTURE))


def in_graph(data: Data, folder: Path, picture: Array) -> Array:
    """What a net that changes nothing answers to a picture, prepared in its own graph; channels last."""
    (folder / "a.net").write_text("netspec 1\nnet A {\n input x: 3 x H x W\n output y = x -> scale(1)\n}\n")
    load(folder / "a.net").compile(folder / "a.onnx", data=data, raw_pixels=True)
    session = ort.InferenceSession(folder / "a.onnx", providers=["CPUExecutionProvider"])
    return np.moveaxis(session.run(None, {"x": picture[None]})[0], 1, -1)


@pytest.mark.parametrize("row", FIXED, ids=str)
def test_a_step_is_the_same_in_a_model_that_takes_pixels(row: Row, tmp_path: Path) -> None:
    expected = np.broadcast_to(row.rule(PICTURE), (*row.rule(PICTURE).shape[:2], 3))  # grey in three equal maps
    picture = PICTURE.astype(np.float32) if isinstance(row.step, steps.Range) else PICTURE
    (found,) = in_graph(Data(prepare=(row.step,)), tmp_path, picture)
    np.testing.assert_allclose(found, expected, atol=row.apart, rtol=1e-6)


@pytest.mark.parametrize("row", TESTS, ids=str)
def test_a_tests_crops_are_the_same_in_a_model_that_takes_pixels(row: Row, tmp_path: Path) -> None:
    expected = row.rule(PICTURE).mean(axis=0, keepdims=True)  # their answers are averaged
    np.testing.assert_allclose(in_graph(Data(test=row.step), tmp_path, PICTURE), expected, rtol=1e-6)


@pytest.mark.parametrize("row", [*FIXED, *RANDOM], ids=str)
def test_a_step_says_the_size_that_it_makes(row: Row) -> None:
    height, width, maps = PICTURE.shape
    result = np.asarray(row.rule(PICTURE, *([np.full(22, 0.5)] if row.step.random else [])))
    assert row.step.after(Picture(height, width, maps)) == Picture(*result.shape)


def test_sizes_that_are_not_known_stay_so() -> None:
    assert steps.Resize(short=7).after(Picture(5, None, 3)) == Picture(None, None, 3)
    assert steps.Grayscale().after(Picture()) == Picture(maps=1)
    assert steps.Scale(factor=2.0).after(Picture(1, 2, 3)) == Picture(1, 2, 3)
    assert steps.Normalize(mean=[1.0], std=2.0).after(Picture(maps=3)) == Picture(maps=3)
    assert steps.Normalize(mean=[1.0, 2.0], std=2.0).after(Picture(maps=1)) == Picture(maps=2)
    assert steps.CenterCrop(height=3).after(Picture(3, 3, 1)) == Picture(3, 3, 1)
    assert steps.RandomCrop(size=5, pad=1).after(Picture(3, 3, 1)) == Picture(5, 5, 1)


@pytest.mark.parametrize(
    ("step", "picture", "message"),
    [
        (steps.CenterCrop(height=4), Picture(3, 9), "a crop of 4 x 4 does not fit into a picture of 3 x 9"),
        (steps.CenterCrop(height=3, width=4), Picture(3, 3), "a crop of 3 x 4 does not fit into a picture of 3 x 3"),
        (steps.RandomCrop(size=6, pad=1), Picture(9, 3),
         "a crop of 6 x 6 does not fit into a picture of 9 x 3 with 1 around"),
        (steps.TenCrop(size=4), Picture(4, 3), "a crop of 4 x 4 does not fit into a picture of 4 x 3"),
        (steps.Normalize(mean=[1.0, 2.0, 3.0], std=[1.0, 2.0]), Picture(), "normalize has 2 and 3 numbers"),
        (steps.Normalize(mean=[1.0, 2.0], std=1.0), Picture(maps=3),
         "normalize has 2 numbers, but the picture has 3 maps"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_done_is_an_error_before_there_is_a_picture(
    step: steps.Step, picture: Picture, message: str
) -> None:
    with pytest.raises(Fault) as caught:
        step.after(picture)
    assert (caught.value.code, caught.value.message) == ("N509", message)


@pytest.mark.parametrize(
    ("step", "message", "advice"),
    [
        (steps.CenterCrop(height=21, width=3), "a crop of 21 x 3 does not fit into a picture of 20 x 26",
         "resize before it"),
        (steps.CenterCrop(height=3, width=27), "a crop of 3 x 27 does not fit into a picture of 20 x 26",
         "resize before it"),
        (steps.Normalize(mean=[1.0, 2.0], std=1.0), "normalize has 2 numbers, but the picture has 3 maps", ""),
        (steps.Subtract(what="mean"), "subtract(mean) needs the training set's mean, which is not known yet",
         "train first: the mean is kept with the weights"),
    ],
)  # fmt: skip
def test_a_picture_that_a_step_does_not_fit(step: steps.Step, message: str, advice: str) -> None:
    for images in (PICTURE[None], [PICTURE, PICTURE[:, :25]]):
        with pytest.raises(Fault) as caught:
            apply(images, [step])
        assert (caught.value.code, caught.value.message, caught.value.help) == ("N703", message, advice)


@pytest.mark.parametrize("size", [(20, 27), (21, 26)])
def test_a_crop_as_large_as_the_picture_is_the_picture(size: tuple[int, int]) -> None:
    np.testing.assert_array_equal(apply(PICTURE[None], [steps.CenterCrop(height=20, width=26)])[0], PICTURE)
    with pytest.raises(Fault, match="does not fit"):
        apply(PICTURE[None], [steps.CenterCrop(height=size[0], width=size[1])])


@pytest.mark.parametrize("size", [(8, 7), (7, 8)])
def test_ten_crops_that_do_not_fit(size: tuple[int, int]) -> None:
    assert len(views(PICTURE[None, :8, :8], Data(test=steps.TenCrop(size=8)), (3, 8, 8))) == 10
    with pytest.raises(Fault, match=f"ten crops of 8 x 8 do not fit into a picture of {size[0]} x {size[1]}") as caught:
        views(PICTURE[None, : size[0], : size[1]], Data(test=steps.TenCrop(size=8)), (3, 8, 8))
    assert (caught.value.code, caught.value.help) == ("N703", "resize before it")


@pytest.mark.parametrize("kind", ["f8", "f2", "i1", "u2", "i2", "i4", "i8", "bool"])
def test_numbers_of_any_type_are_prepared_as_what_they_are(kind: str) -> None:
    numbers = (PICTURE // 2).astype(kind)
    exact = numbers.astype(np.float64)
    (found,) = apply(numbers[None], [steps.Resize(height=10, width=13, filter="box")])
    np.testing.assert_allclose(found, exact.reshape(10, 2, 13, 2, 3).mean(axis=(1, 3)), rtol=1e-5, atol=1e-6)
    (grey,) = apply(numbers[None], [steps.Grayscale(), steps.Resize(height=10, width=13, filter="box")])
    luma = (exact @ np.array([0.299, 0.587, 0.114])).reshape(10, 2, 13, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(grey[..., 0], luma, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("maps", [2, 4, 5])
def test_bytes_of_any_number_of_maps_are_resized_map_by_map(maps: int) -> None:
    many = np.concatenate([PICTURE, 255 - PICTURE], axis=2)[..., :maps]
    (found,) = apply(many[None], [steps.Resize(height=7, width=9)])
    for place in range(maps):
        alone = Image.fromarray(many[..., place]).resize((9, 7), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(found[..., place], np.asarray(alone))
    with pytest.raises(Fault) as caught:
        apply(many[None], [steps.Grayscale()])
    assert caught.value.message == f"grayscale is for pictures of 1 or 3 maps, but one has {maps}"
    assert (caught.value.code, "transparency" in caught.value.help) == ("N703", True)


def test_real_numbers_are_resized_and_made_grey_as_such() -> None:
    numbers = PICTURE.astype(np.float32) / 3
    (found,) = apply(numbers[None], [steps.Resize(height=10, width=13, filter="box")])
    np.testing.assert_allclose(found, numbers.reshape(10, 2, 13, 2, 3).mean(axis=(1, 3)), rtol=1e-5)
    (grey,) = apply(numbers[None], [steps.Grayscale()])
    np.testing.assert_allclose(grey[..., 0], numbers @ np.array([0.299, 0.587, 0.114]), rtol=1e-6)
    (inverted,) = apply(numbers[None], [steps.Invert()])
    np.testing.assert_allclose(inverted, 255 - numbers, rtol=1e-6)
    assert grey.shape == (20, 26, 1) and inverted.dtype == np.float32


def test_what_changes_nothing_is_left_alone() -> None:
    assert resize_image(PICTURE, 20, 26, "bilinear") is PICTURE
    several = PICTURE[None]
    assert apply(several, [steps.Resize(height=20, width=26)]) is several
    grey = PICTURE[..., :1]
    assert apply([grey], [steps.Grayscale()])[0] is grey
    (small,) = apply(grey[None], [steps.Resize(height=4, width=5)])
    assert small.shape == (4, 5, 1)


def test_a_number_for_each_map_spreads_a_grey_picture() -> None:
    (found,) = apply(PICTURE[None, ..., :1], [steps.Normalize(mean=[1.0, 2.0, 3.0], std=2.0)])
    np.testing.assert_allclose(found, (PICTURE[..., :1] - [1.0, 2.0, 3.0]) / 2)


def test_other_examples_than_pictures_take_arithmetic_alone() -> None:
    sound = np.arange(24.0).reshape(2, 6, 2)
    np.testing.assert_allclose(apply(sound, [steps.Scale(factor=2.0)]), 2 * sound)
    np.testing.assert_allclose(apply(sound, [steps.Invert()]), 255 - sound)
    with pytest.raises(Fault) as caught:
        apply(sound, [steps.Resize(height=2)])
    assert caught.value.code == "N703"
    assert caught.value.message == "resize is for pictures, but an example has 2 axes"
    assert caught.value.help == "use those of any numbers: invert, normalize, range, scale, subtract"


@pytest.mark.parametrize(
    ("prepare", "before", "after"),
    [
        ((), 0, 0),
        ((steps.Invert(), steps.Augment(), steps.Grayscale(), steps.Scale(factor=1.0)), 1, 2),
        ((steps.Invert(), steps.Grayscale()), 0, 2),
        ((steps.Range(low=0.0, high=1.0), steps.Invert()), 1, 1),
        ((steps.Augment(), steps.Invert()), 0, 1),
        ((steps.Range(low=0.0, high=1.0), steps.Invert(), steps.Augment()), 2, 0),
    ],
)
def test_the_augmentation_stands_at_its_mark_or_in_front(
    prepare: tuple[steps.Step, ...], before: int, after: int
) -> None:
    change = (steps.Mirror(),)
    first, middle, last = split(Data(prepare=prepare, augment=change))
    assert (len(first), middle, len(last)) == (before, list(change), after)
    assert [*first, *last] == [step for step in prepare if not isinstance(step, steps.Augment)]


@pytest.mark.parametrize(
    ("prepare", "rule"),
    [
        ((steps.Scale(factor=0.5), steps.Invert()), lambda p: 255 - 0.5 * p),
        ((steps.Scale(factor=0.5), steps.Grayscale()), lambda p: (0.5 * p @ [0.299, 0.587, 0.114])[..., None]),
        ((steps.Grayscale(), steps.Grayscale()), FIXED[[row.step.name for row in FIXED].index("grayscale")].rule),
        ((steps.Invert(), steps.Invert()), lambda p: p),
    ],
)
def test_steps_behind_others_in_a_model_that_takes_pixels(
    prepare: tuple[steps.Step, ...], rule: Callable[[Array], Array], tmp_path: Path
) -> None:
    expected = np.broadcast_to(rule(PICTURE), PICTURE.shape)
    (found,) = in_graph(Data(prepare=prepare), tmp_path, PICTURE)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    (read,) = apply(PICTURE[None], prepare)
    np.testing.assert_allclose(np.broadcast_to(read, PICTURE.shape), expected, rtol=1e-5)
