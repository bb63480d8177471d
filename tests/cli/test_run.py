"""`netspec run`: rows of answers to files and standard output, in the order of what was given."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper as h
from PIL import Image
from pyarrow import parquet

from netspec.cli import main
from tests.runtime.models import model, tensor

CLASSES = ["cat", 'd,o"g']


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that says softmax of the two pixels of a picture, and three pictures, the second of which is none."""
    monkeypatch.chdir(tmp_path)
    write("softmax", "cross_entropy", "Softmax", CLASSES, axis=1)
    for name, pixels in {"a.png": [2, 0], "c.png": [0, 1]}.items():
        Image.fromarray(np.array([pixels], np.uint8)).save(name)
    Path("b.png").write_bytes(b"no picture")
    return tmp_path


def write(
    end: str, loss: str, node: str, classes: list[str] | None = None, before: Sequence[Any] = (), **attributes: Any
) -> None:
    told = {
        "version": 1,
        "data": {"classes": classes, "prepare": [*before, {"step": "grayscale"}], "test": None},
        "outputs": {"y": {"end": end, "loss": loss}},
    }
    nodes = [h.make_node("Flatten", ["x"], ["f"]), h.make_node(node, ["f"], ["y"], **attributes)]
    content = model(nodes, [tensor("x", ["N", 1, 1, 2])], [tensor("y", ["N", 2])], told=told)
    Path("m.onnx").write_bytes(content)


def asked(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    return main(["run", "m.onnx", *arguments]), *capfd.readouterr()


FIRST, SECOND = np.exp(2) / (1 + np.exp(2)), np.e / (1 + np.e)


def test_rows_of_every_form_say_the_same(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = ("a.png", "b.png", "c.png", "--top", "2", "--csv", "a.csv", "--jsonl", "a.jsonl", "--parquet", "a.parquet")
    status, out, error = asked(capfd, *given)
    assert (status, out) == (1, "")
    assert all(f"wrote a.{form}" in error for form in ("csv", "jsonl", "parquet"))
    with open("a.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["filename", "label", "prob", "index", "error", "label_2", "prob_2", "index_2", "code"]
    assert [row["filename"] for row in rows] == ["a.png", "b.png", "c.png"]
    assert [row["label"] for row in rows] == ["cat", "", CLASSES[1]]
    assert [rows[0]["index_2"], rows[1]["index_2"], rows[2]["index_2"]] == ["1", "", "0"]
    assert [float(rows[n]["prob"]) for n in (0, 2)] == pytest.approx([FIRST, SECOND], rel=1e-5)
    assert [float(rows[n]["prob_2"]) for n in (0, 2)] == pytest.approx([1 - FIRST, 1 - SECOND], rel=1e-5)
    assert rows[1]["code"] == "N705"
    assert "cannot be decoded" in rows[1]["error"]
    lines = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    packed = parquet.read_table("a.parquet").to_pylist()
    for row, line, kept in zip(rows, lines, packed, strict=True):
        assert {name: "" if value is None else str(value) for name, value in kept.items()} == row
        assert {name: value for name, value in kept.items() if value is not None} == {
            name: value for name, value in line.items() if value is not None
        }
    array = json.loads(asked(capfd, *given[:5], "--json")[1])
    assert array == lines


def test_an_error_that_comes_first_waits_for_the_columns(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = asked(capfd, "b.png", "a.png", "--top", "2", "--csv", "-")[1]
    assert [row["filename"] for row in csv.DictReader(out.splitlines())] == ["b.png", "a.png"]
    out = asked(capfd, "b.png", "--csv", "-")[1]
    assert out.splitlines()[0] == "filename,label,prob,index,error,code"
    assert asked(capfd, "b.png", "--parquet", "only.parquet")[0] == 1
    assert parquet.read_table("only.parquet").num_rows == 1


@pytest.mark.parametrize("batch", ["1", "2", "3", "64"])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_any_batch_and_threads_give_the_same_rows(
    batch: str, threads: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("list.txt").write_text("a.png\nb.png\nc.png\nc.png\na.png\n" * 9)
    out = asked(capfd, "@list.txt", "--csv", "-", "--batch", batch, "--threads", threads)[1]
    rows = [line.split(",")[:2] for line in out.splitlines()[1:]]
    assert rows == [["a.png", "cat"], ["b.png", ""], *[["c.png", '"d']] * 2, ["a.png", "cat"]] * 9


def test_values_that_are_no_probabilities_stand_apart(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write("", "hinge", "Identity", CLASSES)
    (row,) = json.loads(asked(capfd, "a.png", "--json")[1])
    assert row == {"filename": "a.png", "label": "cat", "prob": None, "index": 0, "error": None, "value": 2.0}
    write("dense", "mse", "Identity")
    (row,) = json.loads(asked(capfd, "a.png", "--json")[1])
    assert row["label"] is None
    assert (row["value_0"], row["value_1"]) == (2.0, 0.0)


def test_arrays_are_asked_about_row_by_row(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = {"version": 1, "data": {"classes": CLASSES, "prepare": [], "test": None},
            "outputs": {"y": {"end": "softmax", "loss": "cross_entropy"}}}  # fmt: skip
    nodes = [h.make_node("Add", ["a", "b"], ["s"]), h.make_node("Softmax", ["s"], ["y"], axis=1)]
    inputs = [tensor("a", ["N", 2]), tensor("b", ["N", 2])]
    Path("m.onnx").write_bytes(model(nodes, inputs, [tensor("y", ["N", 2])], told=told))
    np.savez("x.npz", a=[[0.0, 0.0], [1.0, 0.0]], b=[[0.0, 3.0], [2.0, 0.0]])
    status, out, error = asked(capfd, "x.npz", "--json")
    rows = json.loads(out)
    assert (status, [row["filename"] for row in rows]) == (0, ["x.npz[0]", "x.npz[1]"])
    assert [row["index"] for row in rows] == [1, 0]
    assert "2 examples in" in error
    assert asked(capfd, "a.png")[0] == 1  # two inputs are no picture


def test_nothing_is_left_where_a_row_cannot_be_asked_for(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("rows.csv").write_text("before")
    assert asked(capfd, "a.png", "@none.txt", "--csv", "rows.csv")[0] == 2
    assert Path("rows.csv").read_text() == "before"
    assert asked(capfd, "a.png", "--csv", "m.onnx")[0] == 2
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png", "c.png", "m.onnx", "rows.csv"]


def test_the_closing_line_tells_what_was_passed_over(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("in/__MACOSX").mkdir(parents=True)
    Path("in/a.png").write_bytes(Path("a.png").read_bytes())
    Path("in/notes.txt").write_text("x")
    status, _, error = asked(capfd, "in")
    assert status == 0
    assert "running on the cpu\n" in error
    assert "2 files passed over: 1 left by a system, 1 no picture by their names" in error
    assert "1 picture in" in error
    assert " a second: reading " in error


@pytest.mark.slow
def test_rows_for_an_output_that_is_closed(folder: Path) -> None:
    line = f"{sys.executable} -m netspec run m.onnx {'a.png ' * 600}--csv - >&-"  # more than is kept back
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "the output cannot be written: standard output is closed" in done.stderr
    assert "Exception ignored" not in done.stderr and "N604" not in done.stderr
