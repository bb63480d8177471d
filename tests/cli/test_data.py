"""`netspec data`: what is wrong with a data set before anybody trains on it, and digits for whoever has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.data import shipped
from netspec.data.sets import read_set
from netspec.diagnostics import Trouble
from netspec.folders import fill_folder

SPEC = """netspec 1
net Small(kinds = 2) {
    input x: 1 x 6 x 6
    output y = x -> conv(2, 3) -> dense(kinds) -> softmax
}
train {
    loss: cross_entropy
    epochs: 1
    batch: 4
}
data { prepare: grayscale -> scale(1 / 255) }
"""


def put(path: Path, level: int, size: tuple[int, int] = (6, 6), mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, level if mode in ("L", "1", "I;16") else (level,) * len(mode)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of six and three pictures to train with, and one each to test."""
    (tmp_path / "s.net").write_text(SPEC)
    for number in range(6):
        put(tmp_path / "d" / "train" / "cat" / f"{number}.png", number)
    for number in range(3):
        put(tmp_path / "d" / "train" / "dog" / f"{number}.png", 100 + number)
    put(tmp_path / "d" / "test" / "cat" / "1.png", 50)
    put(tmp_path / "d" / "test" / "dog" / "1.png", 150)
    return tmp_path / "d"


def checked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    status = main(["data", "check", *map(str, arguments), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_sound_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder / "train" / "cat" / "wide.jpg", 7, (9, 4), "RGB")
    (folder / "train" / "cat" / ".hidden.png").write_text("")
    for arguments in ((folder,), (folder, folder.parent / "s.net")):
        status, found = checked(capsys, *arguments)
        if len(arguments) == 1:
            assert status == 0 and found["sound"]
        assert found["examples"] == {"train": {"cat": 7, "dog": 3}, "test": {"cat": 1, "dog": 1}}
        assert found["sizes"] == {
            "different": 2, "least_height": 4, "most_height": 6, "least_width": 6, "most_width": 9,
        }  # fmt: skip
        assert found["modes"] == {"L": 11, "RGB": 1} and found["passed_over"] == {"hidden": 1} and not found["unused"]
        assert found["imbalance"] == pytest.approx(7 / 3)
    assert status == 1 and "different sizes after their preparation" in found["problems"][0]  # the wide one


def test_what_cannot_be_read_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "train" / "cat" / "3.png").write_bytes(b"none")
    (folder / "test" / "dog" / "2.png").write_bytes((folder / "train" / "cat" / "1.png").read_bytes()[:40])
    status, found = checked(capsys, folder)
    assert status == 1 and not found["sound"]
    assert [one["filename"] for one in found["unreadable"]] == ["train/cat/3.png", "test/dog/2.png"]


def test_equal_bytes_in_one_part_and_across(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = (folder / "train" / "cat" / "3.png").read_bytes()
    (folder / "train" / "dog" / "same.png").write_bytes(content)
    (folder / "train" / "dog" / "too.png").write_bytes(content)
    status, found = checked(capsys, folder)
    assert (status, found["leaks"]) == (1, [])
    assert found["duplicates"] == [["train/cat/3.png", "train/dog/same.png", "train/dog/too.png"]]
    for name in ("same", "too"):
        (folder / "train" / "dog" / f"{name}.png").unlink()
    (folder / "test" / "cat" / "same.png").write_bytes(content)
    status, found = checked(capsys, folder)
    assert (status, found["duplicates"]) == (1, [])
    assert found["leaks"] == [["train/cat/3.png", "test/cat/same.png"]]


def test_an_empty_class_folder_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "test" / "emu").mkdir()
    status, found = checked(capsys, folder)
    assert status == 1 and "emu" in found["problems"][0]


def test_all_folders_that_are_wrong_are_told_and_the_others_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for shade, name in enumerate(("train/a/1", "train/c/1", "val/a/1", "val/z/1")):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.new("L", (6, 6), shade).save(tmp_path / f"{name}.png")
    for name in ("train/b", "train/d", "val/c"):
        (tmp_path / name).mkdir()
    (tmp_path / "train/c/2.png").write_text("no picture")
    assert main(["data", "check", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == {"train": {"a": 1, "b": 0, "c": 2, "d": 0}, "val": {"a": 1, "b": 0, "c": 0, "d": 0}}
    assert [one["filename"] for one in found["unreadable"]] == ["train/c/2.png"]
    said = (
        "class b holds no pictures",
        "class d holds no pictures",
        "class c holds no pictures",
        "has a folder z, but",
    )
    assert len(found["problems"]) == 4 and all(map(str.__contains__, found["problems"], said))
    assert main(["train", "specs/lenet5.net", "--data", str(tmp_path), "-o", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert "2 folders cannot be used" in error and "class b holds" in error and "class d holds" in error


def test_what_stands_beside_a_wrong_line_of_a_list_is_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (6, 6)).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_text("no picture")
    (tmp_path / "list.csv").write_text("1.png,a\n2.png,b\n3.png,b\n")
    assert main(["data", "check", str(tmp_path / "list.csv"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == {"train": {"a": 1, "b": 1}} and "list.csv:3: there is no file" in found["problems"][0]
    assert [one["filename"] for one in found["unreadable"]] == ["2.png"]


def test_fewer_classes_than_units(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = folder.parent / "s.net"
    assert main(["data", "check", str(folder), str(spec)]) == 0
    assert main(["data", "check", str(folder), str(spec), "--set", "kinds=5"]) == 1
    assert (
        "the data has 2 classes, but output y gives 5 (say `--set kinds=2`; classes: cat, dog)"
        in capsys.readouterr().out
    )
    spec.write_text(SPEC.replace("dense(kinds)", "dense(3)"))
    assert main(["train", str(spec), "--data", str(folder), "--out", str(folder.parent / "run")]) == 1
    assert "end it in `dense(2)`" in capsys.readouterr().err


def test_classes_that_do_not_fit_a_net(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too many, too few, one alone: what mends it is said, by a parameter only where the net has one."""
    net = "netspec 1\nnet A{} {{\n input x: 1\n output y = x -> dense({}) -> softmax\n}}\n"
    net += "train {{\n loss: cross_entropy\n}}\n"
    table, arrays = tmp_path / "t.csv", tmp_path / "a.npz"
    np.savez(arrays, x=np.zeros((3, 1)), y=np.array([0, 7, 2]))
    for head, units, classes, wanted in (
        (
            "(kinds = 3)",
            "kinds",
            "abcd",
            ["the data has 4 classes, but output y gives 3", "`--set kinds=4`", "a, b, c, d"],
        ),
        ("(kinds = 3)", "kinds", "ab", ["the data has 2 classes, but output y gives 3", "`--set kinds=2`"]),
        ("", "3", "abcd", ["the data has 4 classes, but output y gives 3", "end it in `dense(4)`"]),
        ("(kinds = 3)", "kinds", "aaa", ["the data has one class, a, but output y gives 3", "classes are missing"]),
        ("(kinds = 3)", "kinds", "", ["the data has a class 7, but output y gives 3", "`--set kinds=8`"]),
        ("", "3", "", ["the data has a class 7, but output y gives 3", "end it in `dense(8)`"]),
    ):
        spec = tmp_path / "s.net"
        spec.write_text(net.format(head, units))
        table.write_text("x,y\n" + "".join(f"1,{name}\n" for name in classes))
        data = table if classes else arrays
        assert main(["train", str(spec), "--data", str(data), "--out", str(tmp_path / "run")]) == 1
        told = capsys.readouterr().err
        assert all(text in told for text in wanted), told
        assert ("--set" in told) == any("--set" in text for text in wanted)


@pytest.mark.slow
def test_numbers_among_the_names_of_classes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for names, told in (("ab1", True), ("012", False), ("abc", False)):
        data, spec = tmp_path / "t.csv", tmp_path / "s.net"
        data.write_text("x,y\n" + "".join(f"1,{name}\n" for name in names * 2))
        spec.write_text(
            "netspec 1\nnet A {\n input x: 1\n output y = x -> dense(3) -> softmax\n}\n"
            "train {\n loss: cross_entropy\n epochs: 1\n}\n"
        )
        assert main(["train", str(spec), "--data", str(data), "--out", str(tmp_path / names)]) == 0
        error = capsys.readouterr().err
        assert ("numbers among names of classes are names too, not places: 1\n" in error) is told
        assert ("numbers among" in error) is told


def test_examples_that_are_no_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.arange(12.0).reshape(4, 3)
    np.savez(tmp_path / "train.npz", x=x[[0, 1, 1]], y=x[:3, :1] * 0)
    (tmp_path / "n.net").write_text(
        "netspec 1\nnet N {\n input x: 3\n output y = x -> dense(1)\n}\ntrain { loss: mse }\n"
    )
    status, found = checked(capsys, tmp_path, tmp_path / "n.net")
    assert status == 1 and found["duplicates"] == [["train 1", "train 2"]] and found["examples"] == {"train": {"": 3}}


def test_text_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "train: 9 examples: cat 6, dog 3",
        "test: 2 examples: cat 1, dog 1",
        "the largest class has 2.0 times as many training examples as the smallest",
        "sizes: 1, from 6 x 6 to 6 x 6",
        "modes: L 11",
    ]


def test_no_folder_and_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(tmp_path / "none")]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["data", "check", str(tmp_path / "empty")]) == 1
    assert "holds no data" in capsys.readouterr().err


def test_arrays_are_looked_at_without_a_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrays = {"x": np.arange(12.0).reshape(4, 3), "y": np.array([0, 1, 1, 1])}
    (tmp_path / "loose").mkdir()
    (tmp_path / "parts").mkdir()
    np.savez(tmp_path / "alone.npz", **arrays)
    np.savez(tmp_path / "parts" / "train.npz", **arrays)
    np.savez(tmp_path / "parts" / "valid.npz", x=arrays["x"][:2] + 100, y=arrays["y"][:2])
    for name, array in arrays.items():
        np.save(tmp_path / "loose" / f"{name}.npy", array)
    for name in ("alone.npz", "loose", "parts"):
        assert main(["data", "check", str(tmp_path / name)]) == 0
        assert "train: 4 examples: 0 1, 1 3\n" in capsys.readouterr().out
    assert main(["data", "check", str(tmp_path / "parts"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"]["val"] == {"0": 1, "1": 1}
    for wrong, said in (
        ({"y": np.zeros(3, int)}, "have 4 x, 3 y"),
        ({"x": np.full((4, 3), np.nan)}, "has nan in row 0"),
        ({"x": np.zeros((4, 3)), "y": np.zeros(4, int)}, "equal: train 0, train 1"),
    ):
        np.savez(tmp_path / "alone.npz", **(arrays | wrong))
        assert main(["data", "check", str(tmp_path / "alone.npz")]) == 1
        assert said in capsys.readouterr().out


def test_pictures_of_no_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        Image.new("L", (6, 6), number).save(tmp_path / f"{number}.png")
    for command in (["data", "check", str(tmp_path)], ["train", "specs/lenet5.net", "--data", str(tmp_path)]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert "has 3 pictures, and nothing says of which class they are" in error and "labels.csv" in error
    (tmp_path / "labels.csv").write_text("0.png,a\n1.png,b\n2.png,b\n")
    assert main(["data", "check", str(tmp_path)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--pictures"]])
def test_the_shipped_digits(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "digits"
    assert main(["data", "demo", str(folder), *options]) == 0
    train = read_set(folder, "train")
    assert len(train) == 10_000 and np.bincount(train.labels).min() > 800 and train.images[0].shape == (28, 28, 1)
    assert main(["data", "check", str(folder)]) == 0
    assert main(["data", "demo", str(folder), *options]) == 2  # it is not empty


@pytest.mark.parametrize("error", [OSError(28, "no space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("there", [False, True])
def test_of_digits_that_could_not_all_be_written_none_is_left(
    error: BaseException, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = Path.write_bytes, 3

    def full(path: Path, content: bytes) -> int:
        nonlocal left
        left -= 1
        if not left:
            raise error
        return real(path, content)

    folder = tmp_path / "digits"
    if there:
        folder.mkdir()
    monkeypatch.setattr(Path, "write_bytes", full)
    for pictures in (False, True):
        left = 3
        with pytest.raises(Trouble if isinstance(error, OSError) else type(error)) as caught:
            shipped.write(folder, pictures)
        assert not left and list(tmp_path.rglob("*")) == [folder] * there
        assert "netspec-tmp" not in str(caught.value)


@pytest.mark.parametrize("there", [False, True])
def test_what_others_put_there_meanwhile_stays(there: bool, tmp_path: Path) -> None:
    """One of two files has its name already when the other cannot get its own."""
    folder = tmp_path / "digits"
    if there:
        folder.mkdir()

    def files() -> Iterator[tuple[str, bytes]]:
        yield "a/1.png", b"1"
        yield "b/1.png", b"2"
        folder.mkdir(exist_ok=True)
        (folder / "b").write_text("own")

    with pytest.raises(Trouble, match="it is there already"):
        fill_folder(folder, files())
    assert [(path.name, path.read_text()) for path in tmp_path.rglob("*") if path != folder] == [("b", "own")]
