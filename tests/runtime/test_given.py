"""What the arguments of `run` mean: files, folders, patterns, lists, standard input, arrays."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.needs import Needs
from netspec.diagnostics import Fault, Trouble
from netspec.runtime.given import Given


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.PNG", "a.jpg", "inner/c.png", "inner/deep/d.webp", ".hidden.png", "Thumbs.db", "notes.txt", "__MACOSX/e.png",
    ):  # fmt: skip
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: str, inputs: tuple[str, ...] = ("x",)) -> list[str]:
    return [item.name for item in Given(arguments, Needs(dict.fromkeys(inputs, (None,))))]


ALL = ["folder/a.jpg", "folder/b.PNG", "folder/inner/c.png", "folder/inner/deep/d.webp"]


def test_folders_are_walked_to_the_bottom_and_what_is_passed_over_is_counted() -> None:
    given = Given(["folder"])
    assert [item.name for item in given] == ALL
    assert given.passed == {"hidden": 1, "left by a system": 2, "no picture by their names": 1}


def test_files_come_in_the_order_given_there_or_not() -> None:
    assert names("none.png", "folder/notes.txt", "folder/a.jpg") == ["none.png", "folder/notes.txt", "folder/a.jpg"]


def test_a_list_that_is_given_as_a_picture_is_told_how_lists_are_given() -> None:
    Path("list.csv").write_text("filename,label\nfolder/a.jpg,cat\n")
    Image.new("L", (2, 2)).save("picture.txt", "PNG")
    for name in ("list.csv", "folder/notes.txt"):
        (item,) = Given([name], Needs({"x": (3, None, None)}))
        assert item.rows is not None
        with pytest.raises(Fault, match=f"{name} is no picture: a list of pictures is given as @{name}"):
            item.rows()
    assert [item.path for item in Given(["none.csv", "picture.txt"])] == [Path("none.csv"), Path("picture.txt")]


def test_patterns_are_matched_here_too(here: Path) -> None:
    assert names("folder/*.jpg") == ["folder/a.jpg"]
    assert names("folder/**/*.webp") == ["folder/inner/deep/d.webp"]
    assert names("folder/*/*.png") == ["folder/inner/c.png"]  # what a system left is passed over
    (here / "[1].png").write_bytes(b"")
    assert names("[1].png") == ["[1].png"]  # a file of that name is what is meant
    with pytest.raises(Trouble, match="nothing matches no"):
        names("no*")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_list_has_a_name_a_line(ends: str, here: Path) -> None:
    (here / "list.txt").write_bytes(f"\ufefffolder/a.jpg{ends}{ends}folder/inner{ends}".encode())
    assert names("@list.txt") == ["folder/a.jpg", "folder/inner/c.png", "folder/inner/deep/d.webp"]
    (here / "odd.txt").write_bytes(b"a\xe2\x80\xa8\xff.jpg\n")  # a separator of lines, and no UTF-8
    assert names("@odd.txt") == ["a\u2028\udcff.jpg"]
    with pytest.raises(Trouble) as caught:
        names("@no.txt")
    assert caught.value.code == "N706"


def test_names_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("folder/a.jpg\r\n\nnone.png"))
    assert names("-") == ["folder/a.jpg", "none.png"]


def test_nothing_is_an_error(here: Path) -> None:
    (here / "empty").mkdir()
    with pytest.raises(Trouble) as caught:
        names("empty")
    assert caught.value.code == "N706"


def test_a_row_of_each_array_is_an_example(here: Path) -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4)
    np.savez(here / "two.npz", b=b, a=a, y=[0, 1])
    items = list(Given(["two.npz"], Needs({"a": (3,), "b": (3, 4)})))
    assert [item.name for item in items] == ["two.npz[0]", "two.npz[1]"]
    assert items[1].rows is not None
    rows = items[1].rows()
    assert rows["a"].tolist() == [[3.0, 4.0, 5.0]]
    assert rows["b"].tolist() == [b[1].T.tolist()]  # maps last


def test_a_row_of_a_table_is_an_example_and_one_that_is_wrong_has_its_fault(here: Path) -> None:
    """By its line, in their order; columns are found by name, maps come last."""
    (here / "t.csv").write_text("b_1,a,note,b_0\n1,2,x,0\n3,?,x,2\n5,6,x,4\n")
    items = list(Given(["t.csv"], Needs({"a": (1,), "b": (1, 2)})))
    assert [item.name for item in items] == ["t.csv:2", "t.csv:3", "t.csv:4"]
    first, wrong, last = (item.rows for item in items)
    assert first is not None and wrong is not None and last is not None
    assert {name: rows.tolist() for name, rows in first().items()} == {"a": [[2]], "b": [[[0], [1]]]}
    assert last()["b"].tolist() == [[[4], [5]]]
    with pytest.raises(Fault, match=r't.csv:3: "\?" is no number in column "a"'):
        wrong()


def test_a_table_for_a_net_of_units_says_what_it_lacks_and_one_for_pictures_is_no_picture(here: Path) -> None:
    (here / "t.csv").write_text("width,height\n1,2\n")
    with pytest.raises(Fault, match="has no column for input x"):
        list(Given(["t.csv"], Needs({"x": (2,)})))
    assert [item.name for item in Given(["t.csv"], Needs({"x": (3, 8, 8)}))] == ["t.csv"]


def test_a_single_array_needs_no_name(here: Path) -> None:
    np.save(here / "one.npy", np.ones((3, 2)))
    np.savez(here / "one.npz", np.ones((3, 2)))
    assert names("one.npy", "one.npz") == [f"one.{end}[{n}]" for end in ("npy", "npz") for n in range(3)]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": np.ones((2, 1)), "c": np.ones((2, 1))}, "has nothing for input b"),
        ({"a": np.ones((2, 1)), "b": np.ones((3, 1))}, "different numbers of rows"),
        ({"a": np.ones(()), "b": np.ones(())}, "different numbers of rows, or none"),
        ({"a": np.array([[1.0], [np.nan]]), "b": np.ones((2, 1))}, "has nan in row 1"),
    ],
)
def test_arrays_that_do_not_fit(arrays: dict[str, np.ndarray], said: str, here: Path) -> None:
    np.savez(here / "bad.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(Fault, match=said) as caught:
        names("bad.npz", inputs=("a", "b"))
    assert caught.value.code == "N707"
