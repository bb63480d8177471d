"""Answers to pictures against plain NumPy: the best classes, means over positions, a row for each file in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper as h
from PIL import Image

from netspec.diagnostics import Fault
from netspec.runtime.predict import first_maps, over_positions, predict
from netspec.runtime.session import Session, open_model
from tests.runtime.models import FLAT, X, flat, model, tensor

CLASSES = [f"class {n}" for n in range(16)]
PLAIN = {"classes": CLASSES, "prepare": [{"step": "grayscale"}, {"step": "scale", "factor": 1 / 255}], "test": None}


def session(end: str, loss: str | None, node: str, **attributes: Any) -> Session:
    about = {"version": 1, "data": PLAIN, "outputs": {"y": {"end": end, "loss": loss}}}
    return open_model(Path("a.onnx"), "cpu", flat(about, node, **attributes))


def pictures(folder: Path, count: int) -> tuple[list[Path], np.ndarray[Any, Any]]:
    """Grey pictures, and the numbers that a model sees of them."""
    cells = np.random.default_rng(count).integers(0, 256, (count, 4, 4), dtype=np.uint8)
    paths = [folder / f"{n}.png" for n in range(count)]
    for path, picture in zip(paths, cells, strict=True):
        Image.fromarray(picture).save(path)
    return paths, cells.reshape(count, 16) / 255


def softmax(z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("top", [1, 5, 16, 40])
@pytest.mark.parametrize("end", ["softmax", "log_softmax"])
def test_the_best_classes_with_their_probabilities(end: str, top: int, tmp_path: Path) -> None:
    paths, x = pictures(tmp_path, 3)
    node = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[end]
    rows = list(predict(session(end, "cross_entropy", node, axis=1), paths, top))
    for row, path, p in zip(rows, paths, softmax(x), strict=True):
        order = sorted(range(16), key=lambda n: (-p[n], n))[:top]
        assert (row.filename, row.probable, row.error) == (str(path), True, "")
        assert [(label, n) for label, n, _ in row.answers] == [(CLASSES[n], n) for n in order]
        np.testing.assert_allclose([value for _, _, value in row.answers], p[order], rtol=1e-5)


def test_named_classes_without_probabilities_are_ranked_by_their_values(tmp_path: Path) -> None:
    paths, x = pictures(tmp_path, 1)
    (row,) = predict(session("", "hinge", "Identity"), paths, 3)
    assert (row.probable, [n for _, n, _ in row.answers]) == (False, np.argsort(-x[0], kind="stable")[:3].tolist())


def test_values_of_named_classes_are_ranked_whatever_the_loss(tmp_path: Path) -> None:
    paths, x = pictures(tmp_path, 1)
    (row,) = predict(session("dense", "mse", "Identity"), paths, 2)
    assert [label for label, _, _ in row.answers] == [CLASSES[n] for n in np.argsort(-x[0], kind="stable")[:2]]


def test_numbers_without_classes_come_in_their_order(tmp_path: Path) -> None:
    paths, x = pictures(tmp_path, 1)
    about = {"version": 1, "data": {**PLAIN, "classes": None}, "outputs": {"y": {"end": "dense", "loss": "mse"}}}
    (row,) = predict(open_model(Path("a.onnx"), "cpu", flat(about, "Identity")), paths, 3)
    assert [(label, n) for label, n, _ in row.answers] == [(str(n), n) for n in range(16)]
    np.testing.assert_allclose([value for _, _, value in row.answers], x[0], rtol=1e-6)


def test_many_files_one_of_which_is_no_picture(tmp_path: Path) -> None:
    paths, x = pictures(tmp_path, 70)  # more than two batches
    paths[40].write_text("no picture", encoding="utf-8")
    rows = list(predict(session("softmax", "cross_entropy", "Softmax", axis=1), paths, 1))
    assert [row.filename for row in rows] == [str(path) for path in paths]
    assert [n for n, row in enumerate(rows) if row.error] == [40]
    assert rows[40].code == "N705"
    best = [row.answers[0][1] for n, row in enumerate(rows) if n != 40]
    assert best == [n for at, n in enumerate(x.argmax(axis=1).tolist()) if at != 40]


@pytest.mark.parametrize("below", [0.5, 2.0])  # some are roots of numbers below 0, or all
def test_an_answer_that_is_no_number_is_an_error(below: float, tmp_path: Path) -> None:
    paths, _ = pictures(tmp_path, 1)
    nodes = [
        FLAT,
        h.make_node("Sub", ["f", "part"], ["s"]),
        h.make_node("Sqrt", ["s"], ["y"]),
    ]
    part = h.make_tensor("part", 1, [], [below])
    about = json.dumps({"version": 1, "data": PLAIN, "outputs": {"y": {"end": "softmax", "loss": "cross_entropy"}}})
    content = model(nodes, [X], [tensor("y", ["N", 16])], [part], told=about)
    (row,) = predict(open_model(Path("a.onnx"), "cpu", content), paths, 1)
    assert (row.code, row.answers) == ("N726", ())


def test_means_over_positions_are_those_of_probabilities() -> None:
    p = np.random.default_rng(1).random((2, 3, 4, 5))
    np.testing.assert_allclose(over_positions(p, "softmax"), p.mean(axis=(2, 3)))
    np.testing.assert_allclose(over_positions(np.log(p), "log_softmax"), p.mean(axis=(2, 3)))
    np.testing.assert_allclose(over_positions(p[:, :, 0, 0], ""), p[:, :, 0, 0])


def test_maps_come_first_and_units_stay() -> None:
    assert first_maps(np.zeros((2, 5, 7, 3))).shape == (2, 3, 5, 7)
    assert first_maps(np.zeros((2, 9, 3))).shape == (2, 3, 9)
    assert first_maps(np.zeros((2, 3))).shape == (2, 3)


def test_a_model_that_cannot_be_asked_is_an_error_before_the_first_row() -> None:
    with pytest.raises(Fault) as caught:
        predict(open_model(Path("a.onnx"), "cpu", flat("")), [], 1)
    assert caught.value.code == "N708"
