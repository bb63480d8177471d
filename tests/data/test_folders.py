"""Pictures in a folder for each class: which files and folders count, in which order, and what is wrong with others."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.data.folders import below, entries, listing, numbered
from netspec.data.images import PLAIN, SUFFIXES, Reading
from netspec.data.picture_files import decoded
from netspec.diagnostics import Fault


def read_folder(folder: Path, classes: list[str] | None, reading: Reading) -> tuple[Any, list[int], list[str]]:
    found = listing(folder, classes)
    return decoded(found, reading, folder), found.labels, found.classes


def put(path: Path, level: int, size: tuple[int, int] = (2, 3), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, (level,) * 3 if mode == "RGB" else level).save(path)


def test_pictures_are_read_by_class_and_name_and_all_else_is_passed_by(tmp_path: Path) -> None:
    put(tmp_path / "b" / "2.png", 30)
    put(tmp_path / "b" / "1.PNG", 20)
    put(tmp_path / "a" / "z.bmp", 10)
    put(tmp_path / ".hidden" / "a.png", 99)
    (tmp_path / "b" / "0.txt").write_text("no picture")
    (tmp_path / "readme.png").write_text("a file beside the classes")
    images, labels, names = read_folder(tmp_path, None, PLAIN)
    assert names == ["a", "b"]
    assert labels == [0, 1, 1]
    images = np.asarray(images)
    assert images[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert images.shape == (3, 3, 2, 1)


@pytest.mark.slow
def test_a_walk_holds_few_names_at_a_time_and_goes_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.intern", lambda text: text)  # pathlib's, whose dict grows by megabytes at a time
    names = [f"{number:03} {'é' * (number % 3)}.png" for number in range(400)]
    for name in reversed(names):
        (tmp_path / name).touch()
    os.mkdir(tmp_path / "1a")
    (tmp_path / "1a" / "x.png").touch()
    peaks = {}
    for most in (1, 7, 400, 401, 402, 1000):
        monkeypatch.setattr("netspec.data.folders.AT_A_TIME", most)
        assert [path.name for path in below(tmp_path, Counter())] == [*names[:200], "x.png", *names[200:]]
        gc.collect()
        tracemalloc.start()
        for _ in below(tmp_path, Counter()):
            pass
        peaks[most] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[7] < peaks[1000] - 300 * 60


def test_pictures_of_several_sizes_are_a_list(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png", 1)
    put(tmp_path / "a" / "2.png", 2, (4, 4), "RGB")
    images, _, _ = read_folder(tmp_path, None, PLAIN)
    assert [image.shape for image in images] == [(3, 2, 1), (4, 4, 3)]


def test_a_name_with_a_line_end_is_one_line_of_what_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("1\n= help: no.png", "2.png"):
        (tmp_path / "a" / name).write_text("none")
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, None, PLAIN)
    first, second = caught.value.help.splitlines()
    assert first.startswith(f"{tmp_path}/a/1\\n= help: no.png cannot be decoded") and "/a/2.png" in second


def test_classes_of_a_spec_give_the_numbers(tmp_path: Path) -> None:
    put(tmp_path / "cat" / "1.png", 1)
    put(tmp_path / "ant" / "1.png", 2)
    _, labels, names = read_folder(tmp_path, ["cat", "dog", "ant"], PLAIN)
    assert (labels, names) == ([2, 0], ["cat", "dog", "ant"])
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, ["cat", *(f"c{i}" for i in range(25))], PLAIN)
    assert caught.value.message == f"{tmp_path} has a folder ant, but there is no such class"
    assert caught.value.help.startswith("classes: cat, c0, c1, ")
    assert caught.value.help.endswith(", c18, … and 6 more")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_endings_of_pictures(suffix: str, tmp_path: Path) -> None:
    put(tmp_path / "a" / f"1{suffix}", 0, (2, 2), "1" if suffix == ".pbm" else "L")
    assert len(read_folder(tmp_path, None, PLAIN)[1]) == 1


def test_all_broken_pictures_are_said_at_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png", 1)
    (tmp_path / "a" / "2.png").write_text("none")
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, None, PLAIN)
    assert caught.value.code == "N707"
    assert caught.value.message.startswith(f"a picture cannot be read (N705): {tmp_path}/a/2.png cannot be decoded")
    assert not caught.value.help
    for number in range(30):
        (tmp_path / "a" / f"x{number:02}.png").write_text("none")
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, None, PLAIN)
    assert caught.value.message.startswith("31 pictures cannot be read (N705): ")
    assert len(caught.value.help.splitlines()) == 31
    assert caught.value.help.splitlines()[1].startswith(f"{tmp_path}/a/x00.png")
    for number in range(60):
        (tmp_path / "a" / f"x{number:02}.png").write_text("none")
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, None, PLAIN)
    assert len(caught.value.help.splitlines()) == 51
    assert caught.value.help.splitlines()[-1] == "… and 11 more"


def test_no_picture_at_all(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        read_folder(tmp_path, None, PLAIN)
    assert (caught.value.message, caught.value.help) == (
        f"{tmp_path} holds no pictures",
        f"put them into {tmp_path}/CLASS/",
    )


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["0", "2"], ["0", "1", "2"]),
        (["7"], [str(n) for n in range(8)]),
        (["99999"], [str(n) for n in range(100_000)]),
        (["0", "cat"], None), (["01"], None), (["-1"], None), (["100000"], None), (["²"], None), ([], None),
    ],
)  # fmt: skip
def test_classes_that_are_only_numbered(folders: list[str], names: list[str] | None, tmp_path: Path) -> None:
    for name in (*folders, ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("")
    assert numbered(tmp_path) == names


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="nothing cannot be read: ") as caught:
        entries(tmp_path / "nothing")
    assert caught.value.code == "N707"


@pytest.mark.parametrize("name", ["a\nb", "a\x7fb", os.fsdecode(b"caf\xe9")])
def test_a_name_that_is_not_valid_text(name: str, tmp_path: Path) -> None:
    put(tmp_path / name / "1.png", 1)
    with pytest.raises(Fault, match="whose name is not valid text") as caught:
        read_folder(tmp_path, None, PLAIN)
    assert caught.value.help == "name the folder after its class, in UTF-8"


def test_what_netspec_made_among_the_classes_is_none(tmp_path: Path) -> None:
    """Whoever trains in the folder of the pictures has runs beside the classes; a class with pictures stays one."""
    put(tmp_path / "cat" / "1.png", 1)
    put(tmp_path / "runs.of.dogs" / "1.png", 1)
    for run in ("run1", "runs/cat-1", "runs/old/cat-2"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "settings.json").touch()
        (tmp_path / run / "spec.net").touch()
    for folder, name in (("run2", ".lock"), ("sweeps", "sweep.json"), ("cat", "settings.json"), ("cat", "spec.net")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch()
    found = listing(tmp_path)
    assert found.classes == ["cat", "runs.of.dogs"] and len(found.files) == 2
    assert found.passed == {"made by netspec": 4, "no picture by their names": 2}
    (tmp_path / "runs" / "notes").mkdir()
    with pytest.raises(Fault, match="the folder of class runs holds no pictures"):
        listing(tmp_path)
