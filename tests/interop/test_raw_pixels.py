"""The preparation in the model's own graph gives what netspec's gives: the same bytes after resizing, equal numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from netspec.data.tested import averaged, views
from netspec.diagnostics import Fault
from netspec.net import Net, load

SIZES = [(40, 60), (13, 11), (100, 33), (28, 28), (29, 57), (7, 90)]


def net(folder: Path, data: str, size: str, layers: str = "relu") -> Net:
    path = folder / "a.net"
    path.write_text(
        f"netspec 1\nnet A {{\n input image: {size}\n output y = image -> {layers}\n}}\ndata {{\n{data}\n}}\n"
    )
    return load(path)


def both(spec: Net, path: Path, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The answer of the graph to raw pixels, and the inputs that netspec's own preparation makes of them."""
    spec.compile(path, raw_pixels=True)
    found = ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"image": pictures})[0]
    return np.asarray(found), np.moveaxis(views(pictures, spec.data, spec.input_shapes()["image"]), -1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("filter", ["bilinear", "bicubic", "nearest", "box", "lanczos"])
@pytest.mark.parametrize("resize", ["28, 28", "9, 50", "short: 20"])
def test_bytes_are_resized_as_by_pillow(filter: str, resize: str, tmp_path: Path) -> None:
    spec = net(tmp_path, f"prepare: resize({resize}, filter: {filter})", "3 x H x W")
    for size in SIZES:
        found, wanted = both(
            spec, tmp_path / "a.onnx", np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
        )
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepare", "size"),
    [
        ("scale(1 / 255) -> resize(20, 30, filter: FILTER)", "3 x 20 x 30"),
        ("grayscale -> resize(20, 30) -> invert -> scale(1 / 255) -> normalize(mean: 0.1, std: 0.3)", "1 x 20 x 30"),
        ("resize(short: 24) -> center_crop(20, 12) -> normalize(mean: [1, 2, 3], std: [4, 5, 6]) -> grayscale",
        "1 x 20 x 12"),
        ("grayscale -> resize(16, 16)", "3 x 16 x 16"),
        ("invert -> normalize(mean: [1, 2, 3], std: 2) -> invert -> resize(5, 5)", "3 x 5 x 5"),
    ],
)  # fmt: skip
def test_numbers_are_the_same(prepare: str, size: str, tmp_path: Path) -> None:
    for name in ("bilinear", "bicubic", "nearest", "box", "lanczos") if "FILTER" in prepare else ("",):
        spec = net(tmp_path, f"prepare: {prepare.replace('FILTER', name)}", size)
        for height, width in SIZES[:4]:
            found, wanted = both(
                spec,
                tmp_path / "a.onnx",
                np.random.default_rng(1).integers(0, 256, (2, height, width, 3), dtype=np.uint8),
            )
            np.testing.assert_allclose(found, np.maximum(wanted, 0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("test", ["center_crop(8)", "ten_crop(8)"])
@pytest.mark.parametrize("end", ["softmax", "log_softmax"])
def test_the_tests_crops_and_their_mean(test: str, end: str, tmp_path: Path) -> None:
    spec = net(
        tmp_path,
        f"prepare: resize(short: 12) -> scale(1 / 255)\ntest: {test}",
        "3 x 8 x 8",
        f"conv(4, 3) -> dense(5) -> {end}",
    )
    pictures = np.random.default_rng(2).integers(0, 256, (3, 20, 31, 3), dtype=np.uint8)
    found, inputs = both(spec, tmp_path / "a.onnx", pictures)
    answers = np.asarray(spec.values(spec.initial(), inputs)["y"])
    if test.startswith("ten"):  # the graph has crop after crop, netspec picture after picture
        assert len(answers) == 30
    np.testing.assert_allclose(found, averaged(answers, 3, end), rtol=1e-4, atol=1e-6)


def test_a_net_of_units_reads_a_flat_picture(tmp_path: Path) -> None:
    spec = net(tmp_path, "prepare: grayscale -> resize(7, 7) -> scale(1 / 255)", "49")
    pictures = np.random.default_rng(3).integers(0, 256, (2, 9, 9, 3), dtype=np.uint8)
    spec.compile(tmp_path / "a.onnx", raw_pixels=True)
    found = ort.InferenceSession(tmp_path / "a.onnx").run(None, {"image": pictures})[0]
    np.testing.assert_allclose(found, views(pictures, spec.data, (49,)), rtol=1e-6)


def test_another_size_is_an_error_and_no_answer(tmp_path: Path) -> None:
    spec = net(tmp_path, "prepare: scale(1 / 255)", "1 x 8 x 8", "conv(2, 3) -> global_avgpool")
    spec.compile(tmp_path / "a.onnx", raw_pixels=True)
    session = ort.InferenceSession(tmp_path / "a.onnx")
    assert session.run(None, {"image": np.zeros((2, 8, 8, 1), np.uint8)})[0].shape == (2, 2)
    with pytest.raises(Exception, match="Expand"):
        session.run(None, {"image": np.zeros((2, 9, 8, 1), np.uint8)})


@pytest.mark.parametrize(
    "body",
    ["input a: 3 x 8 x 8\n input b: 3 x 8 x 8\n output y = [a, b] -> add", "input a: 3 x 8\n output y = a -> relu"],
)
def test_what_reads_no_picture_is_told(body: str, tmp_path: Path) -> None:
    (tmp_path / "b.net").write_text(f"netspec 1\nnet B {{\n {body}\n}}\n")
    with pytest.raises(Fault) as caught:
        load(tmp_path / "b.net").compile(tmp_path / "b.onnx", raw_pixels=True)
    assert caught.value.code == "N607" and not (tmp_path / "b.onnx").exists()


def test_a_mean_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="training set's mean"):
        net(tmp_path, "prepare: subtract(mean)", "3 x 8 x 8").compile(tmp_path / "a.onnx", raw_pixels=True)
