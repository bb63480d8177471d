"""`netspec eval`: what it prints, writes and ends with, on answers whose figures are counted by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper as h
from PIL import Image

from netspec.cli import main
from tests.runtime.models import model, tensor

#: Six classes; the answer is the largest number that is given.
CLASSES = ["a", "b", "c", "d", "e", "<f>"]
LABELS = [0, 0, 1, 5]
ANSWERS = [0, 1, 1, 0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "m.onnx", "softmax", "cross_entropy")
    values = np.zeros((4, 6), np.float32)
    values[range(4), ANSWERS] = [3, 2, 1, 4]
    np.savez(tmp_path / "test.npz", x=values, y=np.array(LABELS))
    return tmp_path


def write(path: Path, end: str, loss: str) -> None:
    told = {
        "version": 1,
        "data": {"classes": CLASSES, "prepare": [], "test": None},
        "outputs": {"y": {"end": end, "loss": loss}},
    }
    node = h.make_node("Softmax" if end else "Identity", ["x"], ["y"], **({"axis": 1} if end else {}))
    path.write_bytes(model([node], [tensor("x", ["N", 6])], [tensor("y", ["N", 6])], told=told))


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["eval", "m.onnx", "--data", ".", "--device", "cpu", *arguments])
    return status, *capsys.readouterr()


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(evaluated(capsys, "--json")[1])
    return found


def test_one_document_has_all_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(capsys)
    assert (found["accuracy"], found["top5"], found["part"]) == (0.5, 0.75, "test")  # of equals the first are taken
    assert found["confusion"] == [[1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], *[[0] * 6] * 3, [1, 0, 0, 0, 0, 0]]
    assert [row["name"] for row in found["classes"]] == CLASSES
    assert found["classes"][0] == {"name": "a", "examples": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["classes"][1] == {
        "name": "b", "examples": 1, "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3),
    }  # fmt: skip
    assert found["classes"][5] == {"name": "<f>", "examples": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    # −log softmax: log(5 + e³) − 3, log(5 + e²), log(5 + e) − 1, log(5 + e⁴)
    e = np.e
    losses = np.log([5 + e**3, 5 + e**2, 5 + e, 5 + e**4]) - [3, 0, 1, 0]
    assert found["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert found["outputs"]["y"]["confusion"] == found["confusion"]


def test_the_screen_has_a_row_for_each_class(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text, error = evaluated(capsys)
    lines = text.splitlines()
    assert status == 0
    assert "accuracy 50.00% (2 of 4), top-5 75.00%" in lines[0]
    assert lines[2].split() == ["class", "examples", "precision", "recall", "F1"]
    assert lines[4].split() == ["b", "1", "50.00%", "100.00%", "66.67%"]
    assert "4 examples: the test part" in error
    assert ["a", "1", "1", ".", ".", ".", "."] in [line.split() for line in lines]


@pytest.mark.parametrize("to", ["wrong.csv", "-"])
def test_mistakes_the_worst_first(to: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text, _ = evaluated(capsys, "--mistakes", to)
    written = text if to == "-" else (folder / to).read_text()
    rows = list(csv.DictReader(written.splitlines()))
    assert status == 0
    assert [(row["filename"], row["label"], row["answer"]) for row in rows] == [("3", "<f>", "a"), ("1", "a", "b")]
    assert float(rows[0]["prob"]) == pytest.approx(np.e**4 / (5 + np.e**4), rel=1e-4)
    assert float(rows[0]["label_prob"]) == pytest.approx(1 / (5 + np.e**4), rel=1e-4)


@pytest.mark.parametrize(("least", "status"), [("0.5", 0), ("0.500001", 1), ("-1", 0), ("2", 1), ("nan", 2), ("x", 2)])
def test_a_bound_decides_the_exit_status(
    least: str, status: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _, error = evaluated(capsys, "--fail-under", least)
    assert found == status
    assert ("below --fail-under" in error) == (status == 1)


def test_what_has_no_accuracy_is_below_every_bound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "m.onnx", "", "mse")
    np.savez(folder / "test.npz", x=np.zeros((2, 6), np.float32), y=np.ones((2, 6), np.float32))
    assert evaluated(capsys, "--fail-under", "0")[0] == 1
    found = figures(capsys)
    assert (found["loss"], found["accuracy"], found["top5"]) == (1.0, None, None)
    assert (found["classes"], found["confusion"]) == ([], None)


def test_mistakes_in_pictures_are_told_by_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "test.npz").unlink()
    told = {
        "version": 1,
        "data": {"classes": ["a", "b"], "prepare": [{"step": "grayscale"}], "test": None},
        "outputs": {"y": {"end": "", "loss": "hinge"}},
    }
    nodes = [h.make_node("Flatten", ["x"], ["y"])]  # the left pixel speaks for a, the right one for b
    (folder / "m.onnx").write_bytes(model(nodes, [tensor("x", ["N", 1, 1, 2])], [tensor("y", ["N", 2])], told=told))
    for name, pixels in {"test/a/deep/l.png": [9, 1], "test/a/r.png": [1, 9], "test/b/r.png": [1, 9]}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.array([pixels], np.uint8)).save(folder / name)
    _, text, beside = evaluated(capsys, "--mistakes", "-")
    assert text.splitlines() == ["filename,label,answer,prob,label_prob", "test/a/r.png,a,b,9,1"]
    assert "accuracy 66.67% (2 of 3)" in beside and "confusion: a row for each class" in beside


@pytest.mark.slow
def test_where_the_model_is_not_trusted_no_file_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluated(capsys, "--untrusted", "--mistakes", "wrong.csv")[0] == 2
    status, text, _ = evaluated(capsys, "--untrusted", "--mistakes", "-", "--fail-under", "0.6")
    assert status == 1
    assert "3,<f>,a," in text
