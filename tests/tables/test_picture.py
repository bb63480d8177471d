"""Pictures and lists of cells read by docs/language.md section 5, and each thing that can be wrong in one."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from netspec.tables import Table
from netspec.tables.picture import read_kernel, read_table, sort_of
from tests.tables.pictures import picture

Finding = tuple[int, int, int, str, str, str]


def read(kind: str, inputs: int, outputs: int, *rows: str) -> tuple[Table | None, list[Finding]]:
    """The table, and all that was reported: row, first and last column, code, message, help."""
    found: list[Finding] = []
    return read_table(kind, inputs, outputs, rows, lambda *finding: found.append(finding)), found


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        (".", "."), ("X", "X"), ("=", "="), ("a", "name"), ("k1", "name"), ("_b", "name"), ("x", "name"), ("ä", "name"),
        ("aB", "name"), ("0", "number"), ("1", "number"), ("0.299", "number"), ("-2", "number"), ("+1.5", "number"),
        ("1e3", "number"), ("2.5E-3", "number"), ("-1e+2", "number"), ("A", ""), ("Xa", ""), ("1a", ""), ("1.", ""),
        (".5", ""), ("a-b", ""), ("--1", ""), ("1e", ""), ("..", ""), ("==", ""), ("nan", "name"),
    ],
)  # fmt: skip
def test_what_a_cell_is(text: str, sort: str) -> None:
    assert sort_of(text) == sort


def test_a_row_is_an_input_and_a_column_an_output() -> None:
    table, found = read("sparse", 2, 3, "X . X", " .  X\tX ")
    assert table is not None and not found
    assert picture(table) == "0 . 2\n. 1 3"
    assert (table.inputs, table.outputs, table.kind, table.weights) == (2, 3, "sparse", 4)


def test_names_share_a_weight_and_an_x_has_its_own() -> None:
    table, found = read("shared", 3, 3, "a X b", ". a X", "b . a")
    assert table is not None and not found
    assert picture(table) == "0 2 1\n. 0 3\n1 . 0"
    assert table.names == ((0, "a"), (1, "b"))


def test_residual_tables_have_all_cells() -> None:
    table, found = read("residual", 3, 2, "= 0.25", "a -2", "X 1")
    assert table is not None and not found
    assert picture(table) == "= 0.25\n0 -2\n1 ="  # the number 1 is the same as `=`
    assert table.weights == 2
    assert np.array_equal(table.cells.value, [1, nan, nan, 0.25, -2, 1], equal_nan=True)


def test_the_list_form_has_a_line_for_each_output_in_any_order() -> None:
    table, found = read("sparse", 4, 3, "1: 3 0", " 0 : 2", "2:")
    assert table is not None and not found
    assert picture(table) == ". 1 .\n. . .\n0 . .\n. 2 ."
    table, found = read("shared", 2, 2, "0: 0 1", "1: 00 0000000000000000001")
    assert table is not None and not found
    assert picture(table) == "0 2\n1 3"


LONG = "the picture has {}, but the table has 2 inputs"
WRONG: list[tuple[str, tuple[str, ...], list[Finding]]] = [
    (
        "sparse",
        ("X .", ". X X"),
        [(1, 0, -1, "N206", "this row has 3 cells, but the table has 2 output maps", "row 2 of 2 needs 2 cells")],
    ),
    (
        "sparse",
        ("X", ". X"),
        [(0, 0, -1, "N206", "this row has 1 cell, but the table has 2 output maps", "row 1 of 2 needs 2 cells")],
    ),
    ("sparse", ("X .",), [(0, 0, -1, "N206", LONG.format("1 row"), "a row for each input, a cell for each output")]),
    (
        "sparse",
        ("X .", ". X", "X X"),
        [(2, 0, -1, "N206", LONG.format("3 rows"), "a row for each input, a cell for each output")],
    ),
    ("sparse", ("X a", ". X"), [
        (0, 2, 3, "N207", "`a` is not a cell of a sparse table", "; names need a `shared table`"),
    ]),
    ("sparse", ("X x", ". X"), [(0, 2, 3, "N207", "`x` is not a cell of a sparse table", "; write `X`")]),
    ("sparse", ("1 .", ". 0"), [
        (0, 0, 1, "N207", "`1` is not a cell of a sparse table", "; write `X`"),
        (1, 2, 3, "N207", "`0` is not a cell of a sparse table", "; write `.`"),
    ]),
    ("sparse", ("X o", "O X"), [
        (0, 2, 3, "N207", "`o` is not a cell of a sparse table", "; write `.`"),
        (1, 0, 1, "N207", "`O` is not a cell of a sparse table", "; write `.`"),
    ]),
    ("sparse", ("X =", ". 0.5"), [
        (0, 2, 3, "N207", "`=` is not a cell of a sparse table", "; `=` and numbers need a `residual table`"),
        (1, 2, 5, "N207", "`0.5` is not a cell of a sparse table", "; `=` and numbers need a `residual table`"),
    ]),
    ("dense", ("X .", "X X"), [(0, 2, 3, "N207", "`.` is not a cell of a dense table", "")]),
    ("dense", ("X 0", "x X"), [
        (0, 2, 3, "N207", "`0` is not a cell of a dense table", "; write `.`"),
        (1, 0, 1, "N207", "`x` is not a cell of a dense table", "; write `X`"),
    ]),
    ("shared", ("a =", "A 1"), [
        (0, 2, 3, "N207", "`=` is not a cell of a shared table", "; `=` and numbers need a `residual table`"),
        (1, 0, 1, "N207", "`A` is not a cell of a shared table", ""),
        (1, 2, 3, "N207", "`1` is not a cell of a shared table", "; `=` and numbers need a `residual table`"),
    ]),
    ("residual", ("=  -", "1 Y"), [
        (0, 3, 4, "N207", "`-` is not a cell of a residual table", ""),
        (1, 2, 3, "N207", "`Y` is not a cell of a residual table", ""),
    ]),
    # a cell that is wrong and a row of the wrong length are both told
    ("sparse", ("X . a", ". X"), [
        (0, 4, 5, "N207", "`a` is not a cell of a sparse table", "; names need a `shared table`"),
        (0, 0, -1, "N206", "this row has 3 cells, but the table has 2 output maps", "row 1 of 2 needs 2 cells"),
    ]),
    ("sparse", (f"X {'q' * 60}", ". X"), [
        (0, 2, 62, "N207", f"`{'q' * 40}` is not a cell of a sparse table", "; names need a `shared table`"),
    ]),
    ("sparse", ("0: 0", "0: 1"), [(1, 0, 1, "N206", "output 0 is listed twice; the table has outputs 0 to 1", "")]),
    ("sparse", ("0: 0", "2: 1"), [(1, 0, 1, "N206", "there is no output 2; the table has outputs 0 to 1", "")]),
    ("sparse", ("0: 0 0",), [(0, 5, 6, "N206", "output 0 takes input 0 twice", "inputs are numbered 0 to 1")]),
    ("sparse", ("1: 0  2",), [
        (0, 6, 7, "N206", "output 1 takes input 2, which does not exist", "inputs are numbered 0 to 1"),
    ]),
    ("sparse", ("1: X",), [
        (0, 3, 4, "N206", "output 1 takes input X, which does not exist", "inputs are numbered 0 to 1"),
    ]),
    ("sparse", (f"1: {'9' * 60}",), [
        (0, 3, 63, "N206", f"output 1 takes input {'9' * 40}, which does not exist", "inputs are numbered 0 to 1"),
    ]),
    ("sparse", (f"{'9' * 60}: 0",), [
        (0, 0, 60, "N206", f"there is no output {'9' * 20}; the table has outputs 0 to 1", ""),
    ]),
    ("sparse", ("0: 1: 1",), [
        (0, 3, 5, "N206", "output 0 takes input 1:, which does not exist", "inputs are numbered 0 to 1"),
    ]),
    # a list is one where every line begins as one does
    ("sparse", ("0: 0", "X ."), [
        (0, 0, 2, "N207", "`0:` is not a cell of a sparse table", ""),
        (0, 3, 4, "N207", "`0` is not a cell of a sparse table", "; write `.`"),
    ]),
]  # fmt: skip
CELLS = {
    "sparse": "`.` and `X`",
    "dense": "`X`",
    "shared": "`.`, `X` and names",
    "residual": "`.`, `X`, names, `=` and numbers",
}


@pytest.mark.parametrize(("kind", "rows", "expected"), WRONG)
def test_what_is_wrong_is_reported(kind: str, rows: tuple[str, ...], expected: list[Finding]) -> None:
    table, found = read(kind, 2, 2, *rows)
    assert table is None
    full = [
        (*finding[:5], f"cells of a {kind} table are {CELLS[kind]}{finding[5]}") if finding[3] == "N207" else finding
        for finding in expected
    ]
    assert found == full


@pytest.mark.parametrize("text", ["3.5e38", "-3.5e38", "1e400"])
def test_numbers_are_of_single_precision(text: str) -> None:
    table, found = read("residual", 1, 2, f"= {text}")
    message = f"`{text}` is too large for single precision, which ends at 3.4e38"
    assert table is None
    assert found == [(0, 2, 2 + len(text), "N207", message, "")]
    table, found = read("residual", 1, 2, "= -3.4e38")
    assert table is not None and not found


def test_a_picture_without_rows_and_one_of_a_single_input() -> None:
    table, found = read("sparse", 1, 1)
    assert table is None
    assert found[0][3:5] == ("N206", "the picture has 0 rows, but the table has 1 input")


@pytest.mark.parametrize("wrong", [100, 101, 150])
def test_of_very_much_only_the_first_hundred_is_reported(wrong: int) -> None:
    table, found = read("sparse", 200, 2, *["X"] * wrong, *["X X"] * (200 - wrong))
    assert table is None
    if wrong == 100:
        assert len(found) == 100 and all("1 cell," in finding[4] for finding in found)
    else:
        assert len(found) == 102
        assert found[-1] == (100, 0, -1, "N206", "the picture is read no further: 101 of its rows are wrong", "")
    _, found = read("sparse", 2, 150, "a " * wrong + "X " * (150 - wrong), "X " * 150)
    assert [finding[:4] for finding in found] == [(0, 2 * i, 2 * i + 1, "N207") for i in range(100)]


@pytest.mark.parametrize("wrong", [100, 101, 150])
def test_of_a_long_list_only_the_first_hundred_is_reported(wrong: int) -> None:
    table, found = read("sparse", 9, 200, *["0: 1"] * (wrong + 1))
    assert table is None
    assert len(found) == (100 if wrong == 100 else 102)
    told = (101, 0, -1, "N206", "the list is read no further: 101 things in it are wrong", "")
    assert wrong == 100 or found[-1] == told
    table, found = read("sparse", 9, 200, "0: " + "0 " * (wrong + 1))
    assert table is None
    assert [finding[4] for finding in found[:100]] == ["output 0 takes input 0 twice"] * 100
    assert len(found) == (100 if wrong == 100 else 101)


def kernel(size: tuple[int, ...], *rows: str) -> tuple[tuple[int, ...] | None, list[Finding]]:
    """The taps, and all that was reported."""
    found: list[Finding] = []
    made = read_kernel(size, rows, lambda *finding: found.append(finding))
    assert made is None or made.size == size
    return None if made is None else made.taps, found


def test_a_kernel_tables_taps_are_numbered_in_row_order() -> None:
    assert kernel((3, 3), ". X .", "X X X", ". X .") == ((-1, 0, -1, 1, 2, 3, -1, 4, -1), [])
    assert kernel((1, 3), "b X b") == ((0, 1, 0), [])
    assert kernel((4,), "X b a b") == ((0, 1, 2, 1), [])
    assert kernel((2, 1, 2), "X .", "a a") == ((0, -1, 1, 1), [])


def test_names_uses_and_weights_of_a_kernel_table() -> None:
    made = read_kernel((2, 3), ["c X c", "a . a"], print)
    assert made is not None
    assert (made.taps, made.names) == ((0, 1, 0, 2, -1, 2), ((0, "c"), (2, "a")))
    assert (made.weights, made.count, made.name, str(made)) == (3, 5, "", "")
    alone = read_kernel((1, 2), ["X ."], print)
    assert alone is not None and (alone.weights, alone.count, alone.names) == (1, 1, ())


@pytest.mark.parametrize(
    ("size", "rows", "finding"),
    [
        ((2, 2), ("X X",), (0, 0, -1, "N206", "the picture has 1 row, but the kernel has 2", "")),
        ((2, 2, 2), ("X X",) * 3, (2, 0, -1, "N206", "the picture has 3 rows, but the kernel has 4", "")),
        (
            (1, 3),
            ("X X",),
            (0, 0, -1, "N206", "this row has 2 cells, but the table has 3 columns", "row 1 of 1 needs 3 cells"),
        ),
        ((1, 2), (". .",), (0, 0, -1, "N206", "the kernel has no taps", "draw at least one `X`")),
        (
            (1, 2),
            ("X =",),
            (
                0,
                2,
                3,
                "N207",
                "`=` is not a cell of a kernel table",
                "cells of a kernel table are `.`, `X` and names; `=` and numbers need a `residual table`",
            ),
        ),
    ],
)
def test_what_is_wrong_in_a_kernel_table(size: tuple[int, ...], rows: tuple[str, ...], finding: Finding) -> None:
    assert kernel(size, *rows) == (None, [finding])
