"""Lists of pictures: lines `filename,label` as people write them, and each fault told with its line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data import shipped
from netspec.data.checking import check
from netspec.data.folders import UNLISTED
from netspec.data.images import PLAIN, Reading
from netspec.data.needs import NOTHING
from netspec.data.sets import find_part, read_set
from netspec.diagnostics import Fault, Trouble
from netspec.settings import Data

FILES = {"p/a.png": 10, "p/b.png": 20, "p/c, d.png": 30, "é.png": 40}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, level in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (2, 2), level).save(name)
    return tmp_path


def levels(text: str | bytes, name: str = "list.csv", part: str = "train") -> list[tuple[int, str]]:
    """The grey and the class of each example."""
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_set(Path(name), part)
    assert found.classes is not None
    images = list(found.images)
    return [(int(image[0, 0, 0]), found.classes[label]) for image, label in zip(images, found.labels, strict=True)]


TWO = [(10, "cat"), (20, "dog")]


@pytest.mark.parametrize(
    "text",
    [
        "p/a.png,cat\np/b.png,dog\n",
        "filename,label\np/a.png,cat\np/b.png,dog",
        "label,filename\ncat,p/a.png\ndog,p/b.png\n",
        "id,path,class\n1,p/a.png,cat\n2,p/b.png,dog\n",
        "\ufefffilename,label\r\np/a.png,cat\r\n\r\np/b.png,dog\r\n",
        "p/a.png;cat\np/b.png;dog\n",
        "p/a.png\tcat\np/b.png\tdog\n",
        '"p/a.png","cat"\n"p/b.png","dog"\n',
        " p/a.png , cat \n p/b.png , dog \n",
    ],
)
def test_ways_to_write_the_same_list(text: str) -> None:
    assert levels(text) == TWO


def test_a_text_file_may_have_blanks_between(here: Path) -> None:
    assert levels("p/a.png cat\np/b.png dog\n", "list.txt") == TWO
    assert levels(f"{here}/p/a.png cat\np/b.png dog\n", "list.txt") == TWO  # absolute names too


def test_names_with_commas_and_letters_of_any_script() -> None:
    assert levels('"p/c, d.png",cat\né.png,dog\n') == [(30, "cat"), (40, "dog")]


def test_labels_that_are_numbers_are_in_their_order() -> None:
    assert levels("p/a.png,10\np/b.png,9\n") == [(10, "10"), (20, "9")]
    assert read_set(Path("list.csv"), "train").labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lists no pictures"),
        ("filename,label\n", "lists no pictures"),
        ("p/a.png,cat\np/x.png,dog\n", "list.csv:2: there is no file"),
        ("p/a.png,cat\np/b.png\n", "list.csv:2: p/b.png has no label"),
        ("p/a.png,cat\np/b.png,\n", "list.csv:2: p/b.png has no label"),
        ("p/a.png,cat\n,dog\n", "list.csv:2: the label dog has no file"),
        ("p/a.png,cat\np/../p/a.png,dog\n", "is already in line 1 as cat, and here as dog"),
        ("p/a.png,cat\np/c, d.png,cat\n", "list.csv:2: 3 fields, not 2"),
        (b"p/a.png,cat\np/b\xe9.png,dog\n", "list.csv:2: this is not UTF-8"),
        ('p/a.png,"cat\n', "this is no row of a CSV file"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str | bytes, said: str) -> None:
    with pytest.raises(Fault) as caught:
        levels(text)
    assert caught.value.code == "N707"
    assert said in caught.value.message


def test_all_faults_of_a_list_are_told_to_50() -> None:
    with pytest.raises(Fault) as caught:
        levels("".join(f"p/{n}.png,cat\n" for n in range(60)))
    assert "list.csv has 60 faults" in caught.value.message
    assert caught.value.help.count("there is no file") == 50
    assert "… and 10 more" in caught.value.help


def test_a_folder_may_hold_its_lists(here: Path) -> None:
    Path("labels.csv").write_text("p/a.png,cat\np/b.png,dog\n")
    assert len(read_set(here, "train")) == 2
    assert find_part(here, "test", None, NOTHING) is None
    Path("others.csv").write_text("p/a.png,dog\n")
    assert find_part(here, "train", None, NOTHING, Reading(layout="list")) is None  # which of the two is not known
    Path("others.csv").unlink()
    for part, line in {"train": "p/a.png,cat", "val": "p/b.png,cat", "test": "é.png,cat"}.items():
        Path(f"{part}.csv").write_text(f"{line}\n", encoding="utf-8")
    Path("notes.txt").write_text("not a list\n")
    assert [read_set(here, part).images[0][0, 0, 0] for part in ("train", "val", "test")] == [10, 20, 40]


def test_a_class_that_training_lacks_is_an_error(here: Path) -> None:
    Path("test.csv").write_text("p/a.png,cow\n")
    Path("train.csv").write_text("p/a.png,cat\n")
    with pytest.raises(Fault, match="there is no class cow"):
        read_set(here, "test", ["cat"])


def test_the_layout_may_be_insisted_on(here: Path) -> None:
    Path("x/cat").mkdir(parents=True)
    Path("x/dog").mkdir()
    for n, name in enumerate(("x/cat/1.png", "x/cat/2.png", "x/dog/1.png")):
        Image.new("L", (2, 2), n).save(name)
    Path("x/one.csv").write_text("dog/1.png,wolf\n")
    folder = Path("x")
    assert read_set(folder, "train", None, Reading(layout="folder")).classes == ["cat", "dog"]
    assert read_set(folder, "train", None, Reading(layout="list")).classes == ["wolf"]
    for layout in ("idx", "cifar", "arrays"):
        with pytest.raises(Fault, match=f"holds no train data in the format `{layout}`"):
            read_set(folder, "train", None, Reading(layout=layout))


def both(here: Path, text: str, *names: str) -> Path:
    """A folder with pictures and a list of some."""
    for name in names:
        (here / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(here / "x" / name)
    (here / "x" / "labels.csv").write_text(text)
    return Path("x")


def test_a_list_and_folders_that_may_be_classes_are_not_both_meant(here: Path) -> None:
    folder = both(here, "cat/1.png,a\ndog/1.png,b\n", "cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    said = "holds labels.csv, and 2 other pictures in folders that may be classes: cat, dog"
    with pytest.raises(Fault, match=said) as caught:
        read_set(folder, "train")
    assert "`--format list` or `--format folder`" in caught.value.help
    for layout, classes in {"list": ["a", "b"], "folder": ["cat", "dog"]}.items():
        assert read_set(folder, "train", None, Reading(layout=layout)).classes == classes
    assert check(folder, Data(), NOTHING, PLAIN).problems


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ("cat/1.png,a\ncat/../dog/1.png,b\n", 0),  # all that the folders have
        ("{}/x/cat/1.png,a\ndog/1.png,b\n", 0),
        ("cat/1.png,a\n", 1),  # what is left is in one folder, which is no classes
    ],
)
def test_pictures_that_no_list_has_are_counted(listed: str, left: int, here: Path) -> None:
    folder = both(here, listed.format(here), "cat/1.png", "dog/1.png")
    assert read_set(folder, "train").passed == Counter({UNLISTED: left})
    both(here, listed.format(here), "top.png", "val/a/1.png", "val/b/1.png", "test/1.png", "cat/.h.png")
    (folder / "labels.csv").rename(folder / "train.csv")
    (folder / "test.csv").write_text("test/1.png,a\n")
    assert read_set(folder, "train").passed == Counter({UNLISTED: left + 1})  # val is read by its folders
    assert read_set(folder, "val").classes == ["a", "b"]


def test_bad_pictures_are_an_error_or_passed_over(here: Path) -> None:
    Path("p/b.png").write_bytes(b"no picture")
    text = "p/a.png,cat\np/b.png,dog\né.png,dog\n"
    with pytest.raises(Fault, match="cannot be read"):
        levels(text)
    found = read_set(Path("list.csv"), "train", None, Reading(skip=True))
    assert (found.keys, found.labels.tolist()) == (["p/a.png", "é.png"], [0, 1])
    assert found.passed == {"that cannot be decoded": 1}
    np.testing.assert_array_equal(np.asarray(found.images)[:, 0, 0, 0], [10, 40])
    Path("list.csv").write_text("p/b.png,dog\n")
    with pytest.raises(Fault, match="cannot be read"):  # nothing is left
        read_set(Path("list.csv"), "train", None, Reading(skip=True))


def test_what_is_no_list_is_no_data() -> None:
    with pytest.raises(Trouble) as caught:
        read_set(Path("p/a.png"), "train")
    assert caught.value.code == "N706"


def test_a_folder_whose_name_has_a_digit_that_is_no_number(here: Path) -> None:
    (here / "a:²:b").mkdir()
    with pytest.raises(Fault, match="no file"):
        levels("nothing.png,cat\n", "a:²:b/list.csv")


@pytest.mark.parametrize("parts", [True, False])
def test_digits_of_mnist_and_folders_that_may_be_classes_are_not_both_meant(parts: bool, here: Path) -> None:
    folder = here / "x"
    shipped.write(folder, pictures=False)
    for name in ("cat/1.png", "dog/1.png", "dog/2.png"):
        path = folder / ("train" if parts else "") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(path)
    with pytest.raises(Fault) as caught:
        read_set(folder, "train")
    assert "holds train-images-idx3-ubyte.gz, and 3 other pictures in folders that may be" in caught.value.message
    assert "`--format idx` or `--format folder`" in caught.value.help
    assert read_set(folder, "train", None, Reading(layout="folder")).classes == ["cat", "dog"]
    assert len(read_set(folder, "train", None, Reading(layout="idx"))) == 10_000
