"""`netspec run --parquet FOLDER`: the rows of a file, in blocks; what has a row is not asked about again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet

from netspec.cli import blocks, main
from netspec.net.lock import Lock
from netspec.runtime.predict import Predictor
from tests.cli.test_run import CLASSES, asked, folder, write

__all__ = ["folder"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def pictures(folder: Path) -> None:
    """Beside a.png, c.png and b.png, which is none: five pictures in p/."""
    Path("p").mkdir()
    for number in range(5):
        Image.fromarray(np.array([[number, 1]], np.uint8)).save(f"p/{number}.png")


def rows(folder: str = "rows") -> list[dict[str, Any]]:
    return [row for path in sorted(Path(folder).glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]


def names(folder: str = "rows") -> list[str]:
    return [row["filename"] for row in rows(folder)]


def held() -> list[str]:
    return sorted(path.name for path in Path("rows").iterdir())


@pytest.mark.slow
def test_blocks_have_the_rows_of_a_file(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 3)
    assert asked(capfd, "p", "b.png", "a.png", "--top", "2", "--parquet", "one.parquet")[0] == 1
    status, out, err = asked(capfd, "p", "b.png", "a.png", "--top", "2", "--parquet", "rows/")
    assert (status, out) == (1, "") and "wrote 7 rows into rows" in err
    assert rows() == parquet.read_table("one.parquet").to_pylist()
    assert held() == ["rows-000000.parquet", "rows-000001.parquet", "rows-000002.parquet"]
    assert [parquet.read_metadata(f"rows/{name}").num_rows for name in held()] == [3, 3, 1]
    assert len({parquet.read_schema(f"rows/{name}") for name in held()}) == 1


def test_what_has_a_row_is_not_asked_about_again(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    Path("rows").mkdir()  # a folder that is there needs no slash
    assert asked(capfd, "a.png", "p/1.png", "--parquet", "rows")[0] == 0
    status, _, err = asked(capfd, "p", "a.png", "b.png", "--parquet", "rows")
    assert status == 1 and "2 had rows in rows already" in err and "wrote 5 rows" in err
    assert names() == ["a.png", "p/1.png", "p/0.png", "p/2.png", "p/3.png", "p/4.png", "b.png"]
    before = [(path.name, path.stat().st_mtime_ns) for path in Path("rows").iterdir()]
    monkeypatch.setattr(Predictor, "_ready", None)  # no picture is read
    status, _, err = asked(capfd, "p", "a.png", "b.png", "--parquet", "rows")
    assert status == 0 and "7 had rows in rows already" in err and "nothing is left to do" in err
    assert [(path.name, path.stat().st_mtime_ns) for path in Path("rows").iterdir()] == before


def test_what_is_given_twice_has_two_rows(capfd: Captured) -> None:
    assert asked(capfd, "a.png", "--parquet", "rows/")[0] == 0
    for _ in range(2):
        assert asked(capfd, "a.png", "c.png", "a.png", "--parquet", "rows/")[0] == 0
        assert names() == ["a.png", "c.png", "a.png"]


def test_equal_names_in_two_folders_are_two(capfd: Captured) -> None:
    Path("q").mkdir()
    os.link("p/1.png", "q/1.png")
    assert asked(capfd, "p/1.png", "--parquet", "rows/")[0] == 0
    assert asked(capfd, "p/1.png", "q", "--parquet", "rows/")[0] == 0
    assert names() == ["p/1.png", "q/1.png"]


def test_a_name_of_any_bytes_is_known_again(capfd: Captured) -> None:
    strange = os.fsdecode(b"gr\xfc\xdfe \xe5\x9b\xbe.png")
    for name in (strange, "图片 1.png"):
        os.link("a.png", name)
    for _ in range(2):
        assert asked(capfd, strange, "图片 1.png", "--parquet", "rows/")[0] == 0
        assert names() == ["gr\\udcfc\\udcdfe 图.png", "图片 1.png"]


def test_errors_before_the_first_answer_wait_for_its_columns(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1)
    assert asked(capfd, "b.png", "b.png", "a.png", "c.png", "--top", "2", "--parquet", "rows/")[0] == 1
    assert [parquet.read_metadata(f"rows/{name}").num_rows for name in held()] == [3, 1]
    assert len({tuple(row) for row in rows()}) == 1 and "label_2" in rows()[0]
    assert asked(capfd, "b.png", "b.png", "b.png", "--top", "2", "--parquet", "rows/")[0] == 1
    assert len({tuple(row) for row in rows()}) == 1 and len(rows()) == 5  # the columns are those of the folder


def test_errors_alone_are_rows(capfd: Captured) -> None:
    assert asked(capfd, "b.png", "--parquet", "rows/")[0] == 1
    assert [(row["filename"], row["code"]) for row in rows()] == [("b.png", "N705")]
    assert asked(capfd, "a.png", "--top", "1", "--parquet", "rows/")[0] == 0


@pytest.mark.parametrize("ending", [KeyboardInterrupt, BrokenPipeError])
def test_rows_that_came_before_the_end_are_kept(
    ending: type[BaseException], monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    whole = Predictor.maps

    def until(self: Predictor, items: Iterable[Any]) -> Iterator[Any]:
        for number, each in enumerate(whole(self, items)):
            if number == 3:
                raise ending
            yield each

    monkeypatch.setattr(Predictor, "maps", until)
    assert asked(capfd, "p", "--parquet", "rows/")[0] == (130 if ending is KeyboardInterrupt else 141)
    assert names() == ["p/0.png", "p/1.png", "p/2.png"] and held() == ["rows-000000.parquet"]


def test_an_interrupted_folder_goes_on(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    assert asked(capfd, "p/0.png", "p/1.png", "--parquet", "rows/")[0] == 0
    Path("rows/.rows-000001.parque.0123456789abcdef.netspec-tmp").write_bytes(b"half")  # of a process that was killed
    assert asked(capfd, "p", "--parquet", "rows/")[0] == 0
    assert held() == ["rows-000000.parquet", "rows-000001.parquet"]
    assert names() == [f"p/{number}.png" for number in range(5)]
    Path("rows/rows-000000.parquet").unlink()  # its rows are missing, and no number is given twice
    assert asked(capfd, "p", "--parquet", "rows/")[0] == 0
    assert held() == ["rows-000001.parquet", "rows-000002.parquet"] and len(names()) == 5


def test_rows_of_another_question_are_left_alone(capfd: Captured) -> None:
    assert asked(capfd, "a.png", "--parquet", "rows/")[0] == 0
    kept = Path("rows/rows-000000.parquet").read_bytes()
    status, _, err = asked(capfd, "c.png", "--top", "2", "--parquet", "rows/")
    assert status == 2 and "error[N717]" in err and "the number of labels differs" in err
    write("softmax", "cross_entropy", "Softmax", [*CLASSES[:1], "dog"], axis=1)
    status, _, err = asked(capfd, "c.png", "--parquet", "rows/")
    assert status == 2 and "the model differs" in err
    assert held() == ["rows-000000.parquet"] and Path("rows/rows-000000.parquet").read_bytes() == kept


def test_weights_beside_the_model_are_of_the_model() -> None:
    before = blocks.question(Path("m.onnx"), 1)
    Path("m.onnx.data").write_bytes(b"weights")
    assert blocks.question(Path("m.onnx"), 1) != before


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing", None])
def test_a_block_that_cannot_be_read_or_is_not_ours_is_named(content: bytes | None, capfd: Captured) -> None:
    Path("rows").mkdir()
    if content is None:
        parquet.write_table(pyarrow.table({"filename": ["a.png"]}), "rows/other.parquet")
    else:
        Path("rows/other.parquet").write_bytes(content)
    status, _, err = asked(capfd, "a.png", "--parquet", "rows")
    assert status in (1, 2) and "error[N717]: rows/other.parquet " in err and held() == ["other.parquet"]


def test_a_folder_has_one_command_at_a_time(capfd: Captured) -> None:
    Path("rows").mkdir()
    lock = Lock(Path("rows")).take()
    try:
        status, _, err = asked(capfd, "a.png", "--parquet", "rows")
    finally:
        lock.release()
    assert status == 2 and "error[N714]" in err and "is writing rows into it" in err and "another folder" in err


def test_what_cannot_be_a_folder(capfd: Captured) -> None:
    assert asked(capfd, "a.png", "--parquet", "b.png/")[0] == 2
    assert asked(capfd, "none.png", "--parquet", "new/nothing.parquet")[0] == 2
    status, _, err = asked(capfd, "a.png", "--parquet", "rows/", "--csv", "a.csv")
    assert status == 2 and "no other form" in err and not Path("rows").exists()
    assert asked(capfd, "a.png", "--csv", "rows/", "--parquet", "file")[0] == 0
    assert Path("file").is_file() and Path("rows").is_file()


def test_a_new_folder_without_rows_does_not_stay(capfd: Captured) -> None:
    Path("empty").mkdir()
    assert main(["run", "m.onnx", "empty", "--parquet", "rows/"]) == 2
    assert "error[N706]" in capfd.readouterr().err and not Path("rows").exists()
