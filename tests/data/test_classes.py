"""A class has one number wherever its pictures lie: names decide, those of the spec, else of the training set,
in eval of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.handed import Reader
from netspec.data.images import PLAIN
from netspec.data.needs import NOTHING, Needs
from netspec.data.parts import read_parts
from netspec.data.sets import read_part, read_set
from netspec.data.targets import Target
from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch
from netspec.net import load
from netspec.net.evaluation import evaluate
from netspec.settings import Data

COLOURS = {"bird": (250, 0, 0), "cat": (0, 250, 0), "dog": (0, 0, 250), "emu": (250, 250, 0)}


def put(folder: Path, part: str, names: str, count: int) -> Path:
    rng = np.random.default_rng(0)
    for name in names.split():
        (folder / part / name).mkdir(parents=True)
        for i in range(count):
            pixels = np.clip(np.array(COLOURS[name]) + rng.integers(-20, 20, (8, 8, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / part / name / f"{i}.png")
    return folder


@pytest.mark.parametrize(
    ("classes", "train", "test", "expected"),
    [
        (None, "bird cat dog", "cat dog", [1, 2]), (None, "bird cat dog", "dog", [2]),
         (None, "cat dog", "cat dog", [0, 1]),
        (["dog", "cat", "bird"], "bird cat dog", "cat bird", [2, 1]), (["dog", "cat", "bird"], "cat dog", "bird", [2]),
    ],
)  # fmt: skip
def test_folders(classes: list[str] | None, train: str, test: str, expected: list[int], tmp_path: Path) -> None:
    put(put(tmp_path, "train", train, 1), "test", test, 1)
    assert read_parts(tmp_path, Data(classes=classes), NOTHING, 0, PLAIN).test.labels.tolist() == expected


def test_where_no_names_are_known_numbers_are_their_own(tmp_path: Path) -> None:
    for name in ("7", "1"):
        (tmp_path / "test" / name).mkdir(parents=True)
        Image.new("L", (2, 2)).save(tmp_path / "test" / name / "a.png")
    assert read_set(tmp_path, "test").labels.tolist() == [1, 7]
    (tmp_path / "test").rename(tmp_path / "train")
    assert read_set(tmp_path, "train").labels.tolist() == [0, 1]  # a training set gives the names itself


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("10 9 1", "1 9 10"), ("100000 99999 2", "2 99999 100000"), ("10 9 x", "10 9 x"), ("10 9 02", "02 10 9"),
         ("b a Z 一", "Z a b 一"),
    ],
)  # fmt: skip
def test_one_order_for_folders_lists_tables_and_arrays(names: str, order: str, tmp_path: Path) -> None:
    rows, given = [], names.split()
    for name in given:
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("L", (2, 2)).save(tmp_path / "photos" / name / "a.png")
        rows.append((f"photos/{name}/a.png", name))
    (tmp_path / "list.csv").write_text("".join(f"{file},{name}\n" for file, name in rows))
    (tmp_path / "table.csv").write_text("x,y\n" + "".join(f"1,{name}\n" for name in given))
    needs = Needs({"x": (1,)}, {"y": len(given)}, frozenset({"y"}))
    reader = Reader({"x": (1,)}, [Target("y", "cross_entropy", "softmax", (len(given),))], Data())
    sets = [read_set(tmp_path / "photos", "train"), read_set(tmp_path / "list.csv", "train"),
            read_part(tmp_path / "table.csv", "train", None, needs),
            reader.part((np.ones((len(given), 1)), np.array(given)), "train", None)]  # fmt: skip
    assert [found.classes for found in sets] == [order.split()] * 4


@pytest.mark.parametrize("classes", [None, ["bird", "cat"]])
def test_a_class_more_is_named(classes: list[str] | None, tmp_path: Path) -> None:
    put(put(tmp_path, "train", "bird cat", 1), "test", "bird emu", 1)
    with pytest.raises(Fault, match="a folder emu, but there is no such class"):
        read_parts(tmp_path, Data(classes=classes), NOTHING, 0, PLAIN)


@pytest.mark.slow
@pytest.mark.parametrize("classes", ["", 'classes: ["dog", "bird", "cat"]\n'])
def test_training_and_eval_agree(classes: str, tmp_path: Path) -> None:
    put(put(tmp_path / "data", "train", "bird cat dog", 12), "test", "cat dog", 5)
    (tmp_path / "a.net").write_text(
        "netspec 1\nnet A {\n input image: 3 x 8 x 8\n"
        " output y = image -> conv(4, 3) -> relu -> global_avgpool -> dense(3) -> softmax\n}\n"
        f"train {{ optimizer: adam(rate: 0.02)\n batch: 6\n epochs: 12 }}\ndata {{ {classes}prepare: scale(1/255) }}\n"
    )
    last = [
        event
        for event in load(tmp_path / "a.net").train(tmp_path / "data", out=tmp_path / "run")
        if isinstance(event, Epoch)
    ][-1]
    assert (last.test_right, last.test_count) == (10, 10)
    score = evaluate(tmp_path / "run" / "model.onnx", tmp_path / "data", "cpu")[1].scores["y"]
    assert (score.right, score.count) == (10, 10)


def cifar(folder: Path, names: str | None, labels: list[int], part: str = "test_batch") -> Path:
    rows = np.zeros((len(labels), 3073), np.uint8)
    rows[:, 0] = labels
    (folder / f"{part}.bin").write_bytes(rows.tobytes())
    if names is not None:
        (folder / "batches.meta.txt").write_bytes(names.encode())
    return folder


@pytest.mark.parametrize(
    ("names", "classes", "expected"),
    [
        ("plane\ncar\nbird\n", None, [2, 0, 1]), ("plane\ncar\nbird", ["bird", "car", "plane"], [0, 2, 1]),
         (None, ["bird", "car", "plane"], [2, 0, 1]),
        ("\ufeffplane\r\ncar\r\nbird\r\n\r\n", ["car", "boat", "bird", "plane"], [2, 3, 0]),
    ],
)  # fmt: skip
def test_cifar_by_its_names(names: str | None, classes: list[str] | None, expected: list[int], tmp_path: Path) -> None:
    assert read_set(cifar(tmp_path, names, [2, 0, 1]), "test", classes).labels.tolist() == expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("plane\n\nbird\n", r"batches.meta.txt:2: this line is empty"),
         ("plane\ncar\nplane\n", r"meta.txt:3: the class plane is already in line 1"),
        ("plane\ncar\n", r"test_batch.bin has class 2 at byte 0, but .*meta.txt has only 2 names"),
         ("", "meta.txt:1: this line is empty"),
    ],
)  # fmt: skip
def test_damaged_names_are_told_by_line(names: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(Fault, match=message) as caught:
        read_set(cifar(tmp_path, names, [2, 0, 1]), "test")
    assert caught.value.code == "N707"


def test_a_class_of_cifar_that_the_spec_has_not(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"has pictures of bird, but there is no such class"):
        read_set(cifar(tmp_path, "plane\ncar\nbird\n", [2, 0]), "test", ["plane", "car"])
    assert read_set(cifar(tmp_path, "plane\ncar\nbird\n", [1, 0]), "test", ["car", "plane"]).labels.tolist() == [0, 1]
