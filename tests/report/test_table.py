"""A connection table as text: the pictures of files come out again, and large ones are shares in shades."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics import Problems
from netspec.elaborate import elaborate, read_source
from netspec.language import parse
from netspec.report.table import cell_texts, draw
from netspec.tables import KernelTable, Table


def table(folder: Path, text: str) -> Table | KernelTable:
    path = folder / "a.net"
    path.write_text(f"netspec 1\n{text}\n", encoding="utf-8")
    problems = Problems()
    (found,) = elaborate(parse(read_source(path), problems), problems, path=path).tables.values()
    assert not problems.errors
    return found


def test_cells_with_their_numbers_around(tmp_path: Path) -> None:
    drawn = draw(table(tmp_path, "residual table t: 3 -> 2 {\n    a .\n    a 0.5\n    = b\n}"))
    assert drawn == (
        "residual table t: 3 -> 2\n"
        "5 connections of 6, 2 weights, fan-in up to 3\n\n"
        "     0   1\n"
        "0    a   .\n"
        "1    a 0.5\n"
        "2    =   b"
    )


def test_cells_one_by_one(tmp_path: Path) -> None:
    found = table(tmp_path, "residual table t: 2 -> 2 {\n    b -1\n    . b\n}")
    assert isinstance(found, Table)
    assert sorted(cell_texts(found)) == [(0, 0, 0, "b"), (0, 1, -1, "-1"), (1, 1, 0, "b")]


def test_a_kernel_in_rows(tmp_path: Path) -> None:
    drawn = draw(table(tmp_path, "kernel table k: 2 x 3 {\n    X . X\n    a X a\n}"))
    assert drawn.splitlines()[0] == "kernel table k: 2 x 3"
    assert drawn.splitlines()[-2:] == ["X . X", "a X a"]


def test_a_row_of_shades_is_a_run_of_inputs(tmp_path: Path) -> None:
    drawn = draw(table(tmp_path, "sparse table t: 192 -> 96 = full")).split("\n\n")[1].splitlines()
    assert drawn[1:] == ["@" * 2 * 24] * 48  # 4 x 4 connections each
    text = draw(
        table(tmp_path, "sparse table t: 96 -> 192 {\n" + ("X " * 192 + "\n") * 48 + (". " * 192 + "\n") * 48 + "}")
    )
    assert text.split("\n\n", 1)[1].split("\n")[1:] == ["@" * 2 * 48] * 12 + [""] * 12


def test_one_connection_of_a_hundred_is_seen(tmp_path: Path) -> None:
    drawn = draw(table(tmp_path, "sparse table t: 4800 -> 4800 = identity")).split("\n\n")[1].splitlines()
    assert drawn[1:] == ["  " * n + ".." for n in range(48)]


@pytest.mark.parametrize(("rule", "shades"), [("full", {"@"}), ("identity", {":", "."})])
def test_large_tables_are_shades(rule: str, shades: set[str], tmp_path: Path) -> None:
    drawn = draw(table(tmp_path, f"sparse table t: 96 -> 96 = {rule}")).split("\n\n")[1].splitlines()
    assert drawn[0] == "each cell is 2 x 2 connections, darker is more"
    assert len(drawn) == 1 + 48
    assert max(map(len, drawn[1:])) == 2 * 48  # two characters a cell
    found = set("".join(drawn[1:])) - {" "}
    assert found <= shades | {"-", "=", "+"}
    if rule == "full":
        assert found == {"@"}
    else:  # half of each block on the diagonal, and nothing beside it
        assert [line.find(line.strip()) for line in drawn[1:]] == [2 * n for n in range(48)]


def test_columns_are_as_wide_as_their_numbers(tmp_path: Path) -> None:
    lines = draw(table(tmp_path, "sparse table t: 2 -> 11 = full")).splitlines()[-3:]
    assert lines[0] == "   " + " ".join(f"{n:>2}" for n in range(11))
    assert lines[1] == "0  " + " ".join([" X"] * 11)
