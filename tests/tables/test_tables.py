"""Tables, from language.md section 5: what each generator and operator makes, as a picture (a row an input, a cell an output)."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.net import load
from netspec.tables import Table


def tables(folder: Path, text: str) -> dict[str, Table]:
    (folder / "t.net").write_text(f"netspec 1\nnet T {{\n input x: 2\n{text}\n output y = x -> dense(1)\n}}\n")
    return {name: table for name, table in load(folder / "t.net").meaning.tables.items() if isinstance(table, Table)}


def picture(table: Table) -> str:
    """Its cells; a weight by its number, a fixed value as `=` or the number."""
    cells = {}
    for output, input_, weight, value in zip(table.cells.output, table.cells.input, table.cells.weight, table.cells.value, strict=True):
        cells[int(input_), int(output)] = str(int(weight)) if weight >= 0 else "=" if value == 1 else f"{value:g}"
    return "\n".join(" ".join(cells.get((i, o), ".") for o in range(table.outputs)) for i in range(table.inputs))


def drawn(*rows: str) -> str:
    """A picture with X as whatever weight: numbered output by output, then input by input."""
    grid = [row.split() for row in rows]
    number = 0
    for output in range(len(grid[0])):
        for row in grid:
            if row[output] == "X":
                row[output] = str(number)
                number += 1
    return "\n".join(" ".join(row) for row in grid)


GENERATED = {
    "2 -> 3 = full": ("X X X", "X X X"),
    "2 -> 3 = identity": ("X . .", ". X ."),
    "3 -> 2 = identity": ("X .", ". X", ". ."),
    "4 -> 2 = groups(2)": ("X .", "X .", ". X", ". X"),
    "2 -> 4 = groups(2)": ("X X . .", ". . X X"),
    "2 -> 4 = depthwise(2)": ("X X . .", ". . X X"),
    "2 -> 2 = depthwise(1)": ("X .", ". X"),
    # output j: `width` inputs from j·inputs//outputs − width//2 on
    "4 -> 4 = band(1)": ("X . . .", ". X . .", ". . X .", ". . . X"),
    "4 -> 4 = band(2)": ("X X . .", ". X X .", ". . X X", ". . . X"),
    "4 -> 4 = band(3)": ("X X . .", "X X X .", ". X X X", ". . X X"),
    "4 -> 2 = band(3)": ("X .", "X X", ". X", ". X"),
    "2 -> 4 = band(1)": ("X X . .", ". . X X"),
    "2 -> 2 = band(100)": ("X X", "X X"),
    "3 -> 2 = rows([[0, 2], [1]])": ("X .", ". X", "X ."),
    "3 -> 2 = rows([[], [2]])": (". .", ". .", ". X"),
    "2 -> 3 = transpose(rows([[0, 2], [1]]))": ("X . X", ". X ."),
    "4 -> 4 = transpose(band(2))": ("X . . .", "X X . .", ". X X .", ". . X X"),
    "3 -> 3 = identity | rows([[1], [1], [0]])": ("X . X", "X X .", ". . X"),
    "3 -> 3 = full & identity": ("X . .", ". X .", ". . X"),
    "4 -> 4 = band(3) & groups(2)": ("X X . .", "X X . .", ". . X X", ". . X X"),
    "4 -> 4 = identity | groups(2) & band(1)": ("X . . .", ". X . .", ". . X .", ". . . X"),
}


@pytest.mark.parametrize("said", GENERATED)
def test_generators(said: str, tmp_path: Path) -> None:
    table = tables(tmp_path, f"sparse table t: {said}")["t"]
    wanted = drawn(*GENERATED[said])
    assert picture(table) == wanted
    flat = wanted.replace("\n", " ").split()
    columns = list(zip(*(row.split() for row in wanted.split("\n")), strict=True))
    assert table.connections == len(flat) - flat.count(".")
    assert table.weights == table.connections
    assert table.fan_in == max(len(column) - column.count(".") for column in columns)
    assert [table.inputs, table.outputs] == [len(columns[0]), len(columns)]


def test_the_kind_decides_what_identity_makes(tmp_path: Path) -> None:
    made = tables(tmp_path, "residual table r: 2 -> 3 = identity\nsparse table s: 2 -> 3 = identity\ndense table d: 2 -> 2")
    assert picture(made["r"]) == "= . .\n. = ."
    assert (made["r"].connections, made["r"].weights, made["r"].fan_in) == (2, 0, 1)
    assert picture(made["s"]) == "0 . .\n. 1 ."
    assert picture(made["d"]) == "0 2\n1 3"


SHARED = """
shared table a: 2 -> 3 {
    k . X
    k m .
}
shared table b: 2 -> 3 {
    m m m
    . k .
}
"""


def test_names_share_a_weight_and_stay_apart_in_unions(tmp_path: Path) -> None:
    made = tables(tmp_path, SHARED + "shared table c: 2 -> 3 = a | b\nshared table d: 2 -> 3 = a & b\nshared table e: 3 -> 2 = transpose(a)\nshared table f: 2 -> 3 = b | a")
    assert picture(made["a"]) == "0 . 2\n0 1 ."
    assert (made["a"].connections, made["a"].weights) == (4, 3)
    assert picture(made["b"]) == "0 0 0\n. 1 ."
    # a's cells stay; of b's, (0, 1) alone is free, and its m is not a's m
    assert picture(made["c"]) == "0 1 3\n0 2 ."
    assert [word for _, word in made["c"].names] == ["k", "m", "m"]
    assert picture(made["d"]) == "0 . 2\n. 1 ."
    assert picture(made["e"]) == "0 0\n. 2\n1 ."  # weights are numbered output by output
    # b's cells stay; a's k at (1, 0) is a weight of its own
    assert picture(made["f"]) == "0 0 0\n1 2 ."


def test_numbers_and_passes_in_residual_tables(tmp_path: Path) -> None:
    text = "residual table g: 3 -> 2 {\n 0.299 =\n 0.587 .\n 0.114 X\n}\nresidual table h: 3 -> 2 = g | full\nresidual table i: 2 -> 3 = transpose(g)"
    made = tables(tmp_path, text)
    assert picture(made["g"]) == "0.299 =\n0.587 .\n0.114 0"
    assert picture(made["h"]) == "0.299 =\n0.587 0\n0.114 1"
    assert picture(made["i"]) == "0.299 0.587 0.114\n= . 0"


def _mixed(z: int) -> int:
    """SplitMix64 (Steele, Lea, Flood 2014), in whole numbers."""
    mask = 2**64 - 1
    z = (z + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_random_is_the_same_everywhere(seed: int, tmp_path: Path) -> None:
    """The inputs with the smallest hashes of (seed, output, input)."""
    table = tables(tmp_path, f"sparse table t: 9 -> 5 = random(fan_in: 3, seed: {seed})")["t"]
    for j in range(5):
        keys = [_mixed((_mixed(_mixed(seed) ^ j) + i) % 2**64) for i in range(9)]
        wanted = sorted(sorted(range(9), key=keys.__getitem__)[:3])
        assert table.cells.input[table.cells.output == j].tolist() == wanted


def test_splitmix_is_the_published_one() -> None:
    """The first outputs of the generator seeded with 1234567 (the reference implementation's test vector)."""
    state, found = 1234567, []
    for _ in range(3):
        found.append(_mixed(state))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


WRONG = {
    "sparse table t: 5 -> 4 = groups(2)": "N208", "sparse table t: 4 -> 5 = groups(2)": "N208", "sparse table t: 4 -> 4 = groups(0)": "N208",
    "sparse table t: 2 -> 3 = depthwise(2)": "N208", "sparse table t: 2 -> 3 = band(0)": "N208", "sparse table t: 2 -> 3 = random(fan_in: 3)": "N208",
    "sparse table t: 2 -> 2 = rows([[0]])": "N208", "sparse table t: 2 -> 1 = rows([[2]])": "N208", "sparse table t: 2 -> 1 = rows([[0, 0]])": "N208",
    "sparse table t: 2 -> 2 = bands(2)": "N208", "sparse table a: 2 -> 3 = full\nsparse table t: 3 -> 2 = a": "N208",
    "sparse table a: 2 -> 3 = full\nsparse table t: 2 -> 3 = a & transpose(a)": "N208",
    "residual table a: 2 -> 2 = identity\nsparse table t: 2 -> 2 = a": "N207", "dense table t: 2 -> 2 = identity": "N207",
    "sparse table t: 2 -> 2 {\n 0: 0 0\n}": "N206", "sparse table t: 2 -> 2 {\n 0: 0\n 0: 1\n}": "N206",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told(text: str, tmp_path: Path) -> None:
    from netspec.diagnostics import SpecError

    with pytest.raises(SpecError) as caught:
        tables(tmp_path, text)
    assert {problem.code for problem in caught.value.problems.errors} == {WRONG[text]}
