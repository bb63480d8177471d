"""Pictures are prepared by the same arithmetic in training, in its test, in evaluation and in use;
each step against Pillow's or its own rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.batches import Batches
from netspec.data.chain import apply
from netspec.data.images import read_image
from netspec.data.inputs import as_input
from netspec.data.sets import Pictures
from netspec.data.tested import averaged
from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch
from netspec.net import Net, load
from netspec.net.evaluation import evaluate
from netspec.runtime.predict import predict
from netspec.runtime.session import open_model
from netspec.settings import Data

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (9, 14, 3), dtype=np.uint8)


def net(folder: Path, data: str, end: str = "softmax", size: str = "3 x 8 x 8") -> Net:
    path = folder / "a.net"
    path.write_text(
        f"netspec 1\nnet A {{\n input image: {size}\n output y = image -> conv(4, 3) -> relu -> dense(2) -> {end}\n}}\n"
        f"train {{ epochs: 2\n batch: 4 }}\ndata {{\n{data}\n}}\n"
    )
    return load(path)


@pytest.mark.parametrize(
    ("prepare", "before", "after"),
    [
        ("resize(short: 9) -> center_crop(9) -> augment -> scale(2)", "resize center_crop", "scale"),
        ("resize(short: 9) -> center_crop(8) -> augment -> scale(2)", "resize", "scale"),
        ("resize(short: 9) -> center_crop(8) -> scale(2)", "resize", "scale"),
        ("augment -> resize(8, 8) -> scale(2)", "", "resize scale"),
        ("grayscale -> resize(short: 9) -> invert -> scale(2)", "grayscale resize", "invert scale"),
        ("scale(2) -> augment", "scale", ""),
    ],
)  # fmt: skip
def test_the_tests_crop_has_its_place(prepare: str, before: str, after: str, tmp_path: Path) -> None:
    found = net(tmp_path, f"prepare: {prepare}\ntest: center_crop(8)").data
    assert tuple(" ".join(step.name for step in part) for part in found.tested()) == (before, after)
    assert Data.from_json(found.to_json()).tested() == found.tested()


def test_the_mean_of_answers_is_of_probabilities() -> None:
    values = np.log(np.array([[0.2, 0.8], [0.4, 0.6], [0.5, 0.5], [0.1, 0.9]]))
    np.testing.assert_allclose(np.exp(averaged(values, 2, "log_softmax")), [[0.3, 0.7], [0.3, 0.7]])
    np.testing.assert_allclose(averaged(values, 2, "softmax"), values.reshape(2, 2, 2).mean(axis=1))
    assert averaged(values, 4, "log_softmax") is values


def test_grey_pictures_among_coloured_ones() -> None:
    mixed = [PICTURE[:8, :8], PICTURE[:8, :8, :1], PICTURE[:8, 1:9]]
    result = as_input(mixed, (3, 8, 8))
    np.testing.assert_array_equal(result[1], np.repeat(PICTURE[:8, :8, :1], 3, axis=-1))
    with pytest.raises(Fault, match="different sizes"):
        as_input(mixed, (1, 8, 8))


def folder(path: Path) -> Path:
    rng = np.random.default_rng(1)
    for part, count in (("train", 6), ("test", 5)):
        for name in ("a", "b"):
            (path / part / name).mkdir(parents=True)
            for i in range(count):
                picture = rng.integers(0, 256, (10 + i % 2, 11, 3), dtype=np.uint8)
                picture[..., 0] //= 4 if name == "a" else 1
                Image.fromarray(picture).save(path / part / name / f"{i}.png")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("end", ["softmax", "log_softmax"])
@pytest.mark.parametrize("test", ["center_crop(8)", "ten_crop(8)"])
def test_training_evaluation_and_use_agree_on_the_test_set(end: str, test: str, tmp_path: Path) -> None:
    pictures = folder(tmp_path / "pictures")
    spec = net(
        tmp_path,
        f"prepare: resize(short: 9) -> augment -> scale(1 / 255)\naugment: random_crop(8) -> mirror\ntest: {test}",
        end,
    )
    last = [event for event in spec.train(pictures, out=tmp_path / "run") if isinstance(event, Epoch)][-1]
    session = open_model(tmp_path / "run" / "model.onnx", "cpu")
    found = evaluate(tmp_path / "run" / "model.onnx", pictures, "cpu")[1].scores["y"]
    assert (found.right, found.count) == (last.test_right, last.test_count) == (found.right, 10)
    assert found.loss == pytest.approx(last.test_loss, rel=1e-5)
    paths = sorted((pictures / "test").rglob("*.png"))
    rows = list(predict(session, paths, 1))
    assert (
        sum(row.answers[0][1] == "ab".index(path.parent.name) for row, path in zip(rows, paths, strict=True))
        == found.right
    )
    spec.compile(tmp_path / "raw.onnx", *spec.weights_from(tmp_path / "run" / "weights.safetensors"), raw_pixels=True)
    raw = open_model(tmp_path / "raw.onnx", "cpu")
    again = evaluate(tmp_path / "raw.onnx", pictures, "cpu")[1].scores["y"]
    assert (again.right, again.count) == (found.right, 10) and again.loss == pytest.approx(found.loss, rel=1e-5)
    for one, other in zip(rows, predict(raw, paths, 1), strict=True):
        assert one.answers[0][:2] == other.answers[0][:2] and one.answers[0][2] == pytest.approx(
            other.answers[0][2], rel=1e-4
        )


def test_pictures_of_any_size_go_through_one_run(tmp_path: Path) -> None:
    (tmp_path / "f.net").write_text(
        "netspec 1\nnet F {\n input image: 3 x H x W\n output y = image -> conv(4, 3) -> softmax\n}\n"
    )
    load(tmp_path / "f.net").compile(tmp_path / "f.onnx")
    for name, size in (("a", (9, 12)), ("b", (20, 7)), ("c", (9, 12))):
        Image.fromarray(RNG.integers(0, 256, (*size, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "d.png").write_bytes(b"no picture")
    session = open_model(tmp_path / "f.onnx", "cpu")
    paths = [tmp_path / f"{name}.png" for name in "abdc"]
    rows = list(predict(session, paths, 2))
    assert [row.code for row in rows] == ["", "", "N705", ""]
    for row, path in zip(rows, paths, strict=True):
        assert [alone.answers for alone in predict(session, [path], 2)] == [row.answers]


def test_augmentation_depends_on_seed_epoch_and_picture_alone(tmp_path: Path) -> None:
    spec = net(
        tmp_path,
        "prepare: augment -> resize(8, 8)\naugment: random_resized_crop(9) -> mirror -> rotate(10)"
        " -> pca_jitter(0.1, of: imagenet)"
        " -> color_jitter(brightness: 0.2, contrast: 0.2, saturation: 0.2) -> random_crop(8, pad: 1)",
    )
    images = RNG.integers(0, 256, (6, 12, 12, 3), dtype=np.uint8)
    batches = Batches(Pictures(images, np.zeros(6, np.int64)), spec.data, {"image": (3, 8, 8)}, [], seed=4)
    one = {epoch: batches._batch(np.arange(6), epoch)[0]["image"] for epoch in (0, 1)}
    assert one[0].shape == (6, 8, 8, 3) and np.abs(one[0] - one[1]).max() > 1
    np.testing.assert_array_equal(batches._batch(np.array([4, 2]), 1)[0]["image"], one[1][[4, 2]])


def test_a_random_crop_goes_everywhere_and_pads_with_zeros(tmp_path: Path) -> None:
    found = net(tmp_path, "augment: random_crop(8, pad: 2)").data.augment
    images = np.ones((400, 8, 8, 1), np.uint8)
    cut = apply(images, found, np.random.default_rng(0).random((400, 2)))
    places = {(int(image[:, 4].argmax()), int(image[4].argmax()), int(image.sum())) for image in cut[..., 0]}
    assert (
        len({place[:2] for place in places}) == 9
        and max(place[2] for place in places) == 64
        and min(place[2] for place in places) == 36
    )


def test_exif_is_obeyed_and_what_is_transparent_lies_over_white(tmp_path: Path) -> None:
    turned = Image.fromarray(PICTURE)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), np.rot90(PICTURE, -1))
    clear = np.dstack([PICTURE, np.zeros((9, 14), np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert (read_image(tmp_path / "clear.png") == 255).all()
