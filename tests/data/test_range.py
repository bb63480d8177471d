"""`range(low, high)`: what the numbers of a picture run from and to;
the same in training, eval, run and the raw-pixel graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.chain import apply, split
from netspec.data.images import PLAIN, Reading
from netspec.data.needs import NOTHING
from netspec.data.parts import read_parts
from netspec.data.sets import read_set
from netspec.diagnostics import Fault, SpecError
from netspec.engine.training.events import Epoch
from netspec.net import Net, load
from netspec.net.evaluation import evaluate
from netspec.runtime.predict import predict
from netspec.runtime.session import open_model
from netspec.settings import Data

RNG = np.random.default_rng(0)


def net(folder: Path, data: str) -> Net:
    (folder / "a.net").write_text(
        "netspec 1\nnet A {\n input image: 1 x 8 x 8\n"
        " output y = image -> conv(4, 3) -> relu -> dense(2) -> softmax\n}\n"
        f"train {{ epochs: 2\n batch: 4 }}\ndata {{\n{data}\n}}\n"
    )
    return load(folder / "a.net")


@pytest.mark.parametrize(
    ("low", "high", "numbers", "expected"),
    [
        (0, 1, [0, 0.5, 1], [0, 127.5, 255]), (-1000, 400, [-1000, -300, 400, 500, -2000], [0, 127.5, 255, 255, 0]),
        (0, 255, [0, 7, 255], [0, 7, 255]), (100, 200, [50, 150, 250], [0, 127.5, 255]),
    ],
)  # fmt: skip
def test_low_to_high_become_0_to_255(
    low: float, high: float, numbers: list[float], expected: list[float], tmp_path: Path
) -> None:
    step = net(tmp_path, f"prepare: range({low}, {high})").data.prepare
    for kind in (np.float32, np.float64):
        np.testing.assert_allclose(
            apply(np.array(numbers, kind).reshape(1, 1, -1, 1), step).ravel(), expected, rtol=1e-5
        )
    np.testing.assert_allclose(
        apply(np.array([[[[100], [200]]]], np.uint8), step).ravel(),
        np.clip((np.array([100.0, 200]) - low) * 255 / (high - low), 0, 255),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("prepare: scale(2) -> range(0, 1)", "N720"), ("prepare: augment -> range(0, 1)", "N720"),
         ("augment: range(0, 1)", "N720"),
        ("prepare: range(0, 1) -> range(0, 1)", "N720"), ("prepare: range(1, 1)", "N112"), ("prepare: range(1)", None),
         ("prepare: range(1, 0)", "N112"),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be(data: str, code: str | None, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        net(tmp_path, data)
    assert code is None or code in {problem.code for problem in caught.value.problems}


def test_the_augmentation_comes_behind_it(tmp_path: Path) -> None:
    data = net(tmp_path, "prepare: range(0, 1) -> scale(1/255)\naugment: color_jitter(brightness: 0.5)").data
    assert [[step.name for step in part] for part in split(data)] == [["range"], ["color_jitter"], ["scale"]]
    data = net(tmp_path, "prepare: range(0, 1) -> scale(1/255)\ntest: center_crop(8)").data
    assert [[step.name for step in part] for part in data.tested()] == [["range"], ["scale"]]


def test_bytes_among_wide_numbers_are_one_set(tmp_path: Path) -> None:
    (tmp_path / "train" / "a").mkdir(parents=True)
    Image.fromarray(np.full((2, 3), 0.5, np.float32)).save(tmp_path / "train" / "a" / "0.tif")
    Image.fromarray(np.full((2, 3), 1, np.uint8)).save(tmp_path / "train" / "a" / "1.png")
    found = read_set(tmp_path, "train", None, Reading(span=(0.0, 1.0))).images
    assert np.asarray(found)[:, 0, 0, 0].tolist() == [0.5, 1.0]

    Image.fromarray(np.full((2, 3), 2, np.uint8)).save(tmp_path / "train" / "a" / "1.png")
    with pytest.raises(Fault, match=r"1\.png has whole numbers from 0 to 255, which `range\(0, 1\)` would make white"):
        read_set(tmp_path, "train", None, Reading(span=(0.0, 1.0)))


def pictures(folder: Path, kind: str, most: float) -> Path:
    for part in ("train", "test"):
        for name in ("a", "b"):
            (folder / part / name).mkdir(parents=True)
            for i in range(4):
                numbers = RNG.random((10, 12)) * (0.5 if name == "a" else 1.0)
                Image.fromarray((numbers * most).astype(kind)).save(folder / part / name / f"{i}.tif")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "most"), [("f4", 1.0), ("i4", 70_000), ("u2", 4095)])
def test_training_eval_run_and_raw_pixels_agree(kind: str, most: float, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "data", kind, most)
    plain = net(tmp_path, "prepare: resize(8, 8) -> scale(1/255)")
    if kind != "u2":
        with pytest.raises(Fault, match=r"pictures cannot be read \(N705\).*`range\("):
            list(plain.train(folder))
    spec = net(tmp_path, f"prepare: range(0, {most:g}) -> resize(8, 8) -> scale(1/255)".replace("e+04", "0000"))
    last = [event for event in spec.train(folder, out=tmp_path / "run") if isinstance(event, Epoch)][-1]
    score = evaluate(tmp_path / "run" / "model.onnx", folder, "cpu")[1].scores["y"]
    assert (score.right, score.loss) == (last.test_right, pytest.approx(last.test_loss, rel=1e-4))
    spec.compile(tmp_path / "raw.onnx", *spec.weights_from(tmp_path / "run" / "weights.safetensors"), raw_pixels=True)
    again = evaluate(tmp_path / "raw.onnx", folder, "cpu")[1].scores["y"]
    assert (again.right, again.loss) == (score.right, pytest.approx(score.loss, rel=1e-4))
    paths = sorted((folder / "test").rglob("*.tif"))
    for model in ("run/model.onnx", "raw.onnx"):
        rows = list(predict(open_model(tmp_path / model, "cpu"), paths, 1))
        assert sum(row.answers[0][0] == path.parent.name for row, path in zip(rows, paths, strict=True)) == score.right
    read = read_parts(folder, Data(), NOTHING, 0, PLAIN).train if kind == "u2" else None
    assert read is None or np.asarray(read.images).dtype == np.uint8
