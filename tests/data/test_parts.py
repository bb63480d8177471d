"""The parts of a data set: layouts as people have them, what is held out, what is passed over."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.arrays import Examples
from netspec.data.held_out import held_out
from netspec.data.images import PLAIN
from netspec.data.needs import NOTHING, Needs
from netspec.data.parts import Parts, part_to_judge, read_parts
from netspec.data.sets import Pictures
from netspec.diagnostics import Fault
from netspec.settings import Data


def picture(path: Path, shade: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (3, 3), shade).save(path)


def made(folder: Path, *names: str) -> Path:
    """Pictures of these names, each of a shade of its own; what does not end in .png is text."""
    for shade, name in enumerate(names):
        if name.endswith(".png"):
            picture(folder / name, shade)
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("no picture")
    return folder


def read(folder: Path, seed: int = 0, **data: object) -> Parts:
    return read_parts(folder, Data(**data), NOTHING, seed, PLAIN)


def many(folder: Path, where: str, each: int = 20) -> Path:
    return made(folder, *(f"{where}{kind}/{n:02}.png" for kind in ("cat", "dog") for n in range(each)))


# ---- which parts there are


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_part_that_judges_has_three_names(name: str, tmp_path: Path) -> None:
    parts = read(made(tmp_path, "train/a/1.png", "train/b/2.png", f"{name}/a/3.png"))
    assert parts.val is not None and (len(parts.train), len(parts.val), parts.test, parts.share) == (2, 1, None, None)


def test_with_a_training_and_a_test_part_nothing_is_held_out(tmp_path: Path) -> None:
    parts = read(made(many(tmp_path, "train/"), "test/cat/1.png"))
    assert (len(parts.train), parts.val, parts.share) == (40, None, None) and parts.test is not None
    assert any("the last weights are kept" in line for line in parts.messages())


@pytest.mark.parametrize("where", ["", "train/"])
def test_without_another_part_a_fifth_is_held_out(where: str, tmp_path: Path) -> None:
    parts = read(many(tmp_path, where, 100))
    assert parts.val is not None and parts.share == 0.2 and parts.test is None
    assert len(parts.train) + len(parts.val) == 200 and 20 <= len(parts.val) <= 60
    held = f"{len(parts.val)} of 200 training examples are held out"
    assert any(line.startswith(held) and line.endswith("(share 0.2)") for line in parts.messages())


def test_the_only_example_is_trained_with(tmp_path: Path) -> None:
    parts = read(made(tmp_path, "cat/1.png"))
    assert (len(parts.train), parts.val, parts.share) == (1, None, None)


def test_a_linked_folder_in_a_class_is_not_followed(tmp_path: Path) -> None:
    made(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/dog/1.png")
    (tmp_path / "train/cat/again").symlink_to(tmp_path / "train/cat", target_is_directory=True)
    assert len(read(tmp_path).train) == 2


def test_a_share_is_held_out_though_there_is_a_test_part(tmp_path: Path) -> None:
    parts = read(made(many(tmp_path, "train/"), "test/cat/1.png"), validate=0.5)
    assert parts.val is not None and parts.test is not None and parts.share == 0.5


def test_nothing_is_held_out_where_that_is_asked_for(tmp_path: Path) -> None:
    assert read(many(tmp_path, ""), validate=0).val is None


def test_classes_have_one_number_in_all_parts(tmp_path: Path) -> None:
    parts = read(made(tmp_path, "train/a/1.png", "train/b/1.png", "train/c/1.png", "val/c/1.png", "test/b/1.png"))
    assert isinstance(parts.val, Pictures) and isinstance(parts.test, Pictures)
    assert (parts.val.labels.tolist(), parts.test.labels.tolist()) == ([2], [1])


@pytest.mark.parametrize("part", ["val", "test"])
def test_a_class_that_only_another_part_has_is_an_error(part: str, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="there is no such class"):
        read(made(tmp_path, "train/a/1.png", "train/b/1.png", f"{part}/z/1.png"))


def test_idx_and_arrays_are_held_out_by_number(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=np.arange(50.0)[:, None], y=np.zeros((50, 1)))
    parts = read_parts(tmp_path, Data(), Needs({"x": (1,), "y": (1,)}), 3, PLAIN)
    assert isinstance(parts.val, Examples)
    chosen = [n for n in range(50) if rank(3, str(n)) < 0.2]
    assert parts.val.arrays["x"][:, 0].tolist() == chosen


# ---- what is held out


def rank(seed: int, key: str) -> float:
    """The first 56 bits of SHA-256 of the seed, a line end and the name, as a share."""
    return int(sha256(f"{seed}\n{key}".encode()).hexdigest()[:14], 16) / 2**56


def test_names_and_the_seed_decide(tmp_path: Path) -> None:
    keys = [f"{n}.png" for n in range(200)]
    part = Pictures(np.arange(200), np.zeros(200, int), ["a"], keys)
    train, val = held_out(part, 0.3, 7)
    wanted = [n for n, key in enumerate(keys) if rank(7, key) < 0.3]
    assert val.images.tolist() == wanted and sorted([*train.images, *val.images]) == list(range(200))
    assert 40 < len(wanted) < 80 and held_out(part, 0.3, 8)[1].images.tolist() != wanted


def test_what_is_held_out_stays_so_when_files_are_added() -> None:
    keys = [f"{n}.png" for n in range(100)]
    few = Pictures(np.arange(100), np.zeros(100, int), ["a"], keys)
    more = Pictures(np.arange(150), np.zeros(150, int), ["a"], [*keys, *(f"new{n}.png" for n in range(50))])
    before, after = (set(held_out(part, 0.2, 1)[1].images.tolist()) for part in (few, more))
    assert before == {n for n in after if n < 100}


def test_a_class_of_which_none_or_all_would_go_gives_or_keeps_its_lowest() -> None:
    keys = ["0", "1", "2", "0", "1"]
    part = Pictures(np.arange(5), np.array([0, 0, 0, 1, 1]), ["a", "b"], keys)
    order = sorted(range(3), key=lambda n: rank(0, str(n)))
    other = sorted(range(2), key=lambda n: rank(0, str(n)))
    assert held_out(part, 1e-9, 0)[1].images.tolist() == sorted([order[0], 3 + other[0]])
    assert held_out(part, 1 - 1e-9, 0)[0].images.tolist() == sorted([order[0], 3 + other[0]])


def test_the_only_example_of_a_class_is_kept_for_training() -> None:
    part = Pictures(np.arange(3), np.array([0, 1, 1]), ["a", "b"], ["0", "1", "2"])
    for share in (1e-9, 1 - 1e-9):
        train, val = held_out(part, share, 0)
        assert 0 in train.images and len(val) == 1


# ---- what is passed over


def test_pictures_in_deeper_folders_belong_to_the_class_above(tmp_path: Path) -> None:
    parts = read(made(tmp_path, "a/x/y/1.png", "a/2.png", "b/z/1.png"), validate=0)
    assert isinstance(parts.train, Pictures)
    assert parts.train.labels.tolist() == [0, 0, 1] and parts.train.keys == ["2.png", "x/y/1.png", "z/1.png"]


def test_what_is_no_picture_is_counted_with_the_reasons(tmp_path: Path) -> None:
    made(
        tmp_path,
        "a/1.png",
        "b/1.PNG",
        "a/.2.png",
        "a/notes.txt",
        "b/Thumbs.db",
        "__MACOSX/a/1.png",
        ".git/x.png",
        "top.png",
    )
    (tmp_path / "b" / "1.PNG").unlink()
    picture(tmp_path / "b" / "one.png")
    (tmp_path / "b" / "one.png").rename(tmp_path / "b" / "1.PNG")
    lines = list(read(tmp_path, validate=0).messages())
    assert [line for line in lines if "passed over" in line] == [
        "6 files passed over: 2 hidden, 2 left by a system, 1 no picture by their names, 1 outside the classes' folders"
    ]


@pytest.mark.parametrize(
    "names", [("a/1.png", "b/.keep"), ("train/a/1.png", "train/b/notes.txt"), ("train/a/1.png", "test/a/.x")]
)
def test_an_empty_class_folder_is_named(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"the folder of class (b|a) holds no pictures"):
        read(made(tmp_path, *names))


@pytest.mark.parametrize("share", [0, 0.5])
@pytest.mark.parametrize("kind", ["list", "table", "arrays"])
def test_columns_and_arrays_that_nothing_asks_for_are_told(kind: str, share: float, tmp_path: Path) -> None:
    data = tmp_path / ("train.npz" if kind == "arrays" else "train.csv")
    if kind == "list":
        made(tmp_path, "1.png", "2.png", "3.png", "4.png")
        lines = [f"{name},{name % 2},{name}.png,test" for name in (1, 2, 3, 4)]
        data.write_text("\n".join(["who,label,filename,split", *lines]))
    elif kind == "table":
        data.write_text("who,x,split,y\n" + "".join(f"{n},{n},test,{n % 2}\n" for n in range(8)))
    else:
        np.savez(data, who=np.zeros(8), x=np.zeros((8, 1)), split=np.zeros(8), y=np.arange(8) % 2)
    needs = NOTHING if kind == "list" else Needs({"x": (1,)}, {"y": 2}, labels=frozenset({"y"}))
    parts = read_parts(data, Data(validate=share), needs, 0, PLAIN)
    assert (parts.val is not None) == (share > 0)
    assert list(parts.messages())[-1] == 'not used of the data: "who", "split"'


def test_the_examples_of_each_class_are_told(tmp_path: Path) -> None:
    lines = list(read(made(tmp_path, "train/a/1.png", "train/b/1.png", "train/b/2.png", "val/b/1.png")).messages())
    assert "examples of each class (train, val): a 1/0, b 2/1" in lines


# ---- what a finished model is judged by


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("train/a/1.png", "val/a/2.png", "test/a/3.png"), ("test", 2)),
        (("train/a/1.png", "val/a/2.png"), ("val", 1)),
        (("test/a/1.png",), ("test", 0)),
        (("a/1.png",), ("all", 0)),
    ],
)  # fmt: skip
def test_test_comes_before_val_before_all(names: tuple[str, ...], wanted: tuple[str, int], tmp_path: Path) -> None:
    name, part = part_to_judge(made(tmp_path, *names), Data(), NOTHING, None, PLAIN)
    assert isinstance(part, Pictures)
    assert (name, int(part.images[0][0, 0, 0])) == wanted


def test_what_the_run_held_out_is_judged(tmp_path: Path) -> None:
    many(tmp_path, "")
    parts = read(tmp_path, seed=5)
    name, part = part_to_judge(tmp_path, Data(validate=0.2), NOTHING, 5, PLAIN)
    assert isinstance(part, Pictures) and isinstance(parts.val, Pictures)
    assert name == "held out" and part.keys == parts.val.keys and part.labels.tolist() == parts.val.labels.tolist()
    assert part_to_judge(tmp_path, Data(), NOTHING, 5, PLAIN)[0] == "all"


def test_where_each_class_has_one_example_nothing_is_held_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=np.ones((3, 2), np.float32), y=np.arange(3))
    needs = Needs({"x": (2,)}, {"y": 3}, frozenset({"y"}))
    parts = read_parts(tmp_path, Data(), needs, 0, PLAIN)
    assert (len(parts.train), parts.val, parts.share) == (3, None, None)
    assert "no part judges the epochs" in "\n".join(parts.messages())
    name, part = part_to_judge(tmp_path, Data(validate=0.2), needs, 0, PLAIN)
    assert (name, len(part)) == ("all", 3)
