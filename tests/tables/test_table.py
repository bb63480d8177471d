"""What `|`, `&` and `transpose` make, and what a table says of itself: pictures and figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.diagnostics import Fault, SpecError
from netspec.tables import Table, generators, rules
from netspec.tables.joins import intersection, laid_out, transpose, union
from netspec.tables.table import listed, make
from tests.tables.pictures import drawn, picture, table

JOINED = {
    "3 -> 3 = identity | rows([[1], [1], [0]])": ("X . X", "X X .", ". . X"),
    "3 -> 3 = full & identity": ("X . .", ". X .", ". . X"),
    "3 -> 3 = identity & full": ("X . .", ". X .", ". . X"),
    "2 -> 2 = full | identity": ("X X", "X X"),
    "2 -> 2 = identity | full": ("X X", "X X"),
    "4 -> 4 = band(3) & groups(2)": ("X X . .", "X X . .", ". . X X", ". . X X"),
    "4 -> 4 = identity | groups(2) & band(1)": ("X . . .", ". X . .", ". . X .", ". . . X"),
    "3 -> 3 = rows([[0], [1], [2]]) & rows([[1], [1], []])": (". . .", ". X .", ". . ."),
    "3 -> 3 = identity & rows([[1], [2], [0]])": (". . .", ". . .", ". . ."),
    "3 -> 3 = identity & rows([[], [], []])": (". . .", ". . .", ". . ."),
    "3 -> 3 = rows([[0], [1], [2]]) & rows([[], [], []])": (". . .", ". . .", ". . ."),
    "3 -> 3 = identity | rows([[], [], []])": ("X . .", ". X .", ". . X"),
    "2 -> 3 = rows([[0], [], []]) | rows([[], [], [1]])": ("X . .", ". . X"),
    "2 -> 3 = transpose(rows([[0, 2], [1]]))": ("X . X", ". X ."),
    "3 -> 2 = transpose(identity)": ("X .", ". X", ". ."),
    "2 -> 3 = transpose(full)": ("X X X", "X X X"),
    "4 -> 2 = transpose(groups(2))": ("X .", "X .", ". X", ". X"),
    "4 -> 2 = transpose(depthwise(2))": ("X .", "X .", ". X", ". X"),
    "4 -> 4 = transpose(band(2))": ("X . . .", "X X . .", ". X X .", ". . X X"),
}


@pytest.mark.parametrize("text", JOINED)
def test_joins(text: str) -> None:
    made = table(f"sparse table t: {text}")
    assert picture(made) == drawn(*JOINED[text])
    assert (made.inputs, made.outputs) == tuple(int(n) for n in text.split(" = ")[0].split(" -> "))


A = "shared table a: 2 -> 3 {\n k . X\n k m .\n}\n"
B = "shared table b: 2 -> 3 {\n m m m\n . k .\n}\n"


def shared(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The picture of `c`, and the names of its weights."""
    made = table(f"{A}{B}shared table c: {text}")
    return picture(made), list(made.names)


def test_cells_of_one_name_share_a_weight() -> None:
    a, b = table(A), table(B)
    assert (picture(a), a.names) == ("0 . 2\n0 1 .", ((0, "k"), (1, "m")))
    assert (a.connections, a.weights, a.trained, a.fixed) == (4, 3, 4, False)
    assert (picture(b), b.names) == ("0 0 0\n. 1 .", ((0, "m"), (1, "k")))
    assert (b.connections, b.weights, b.trained) == (4, 2, 4)


def test_of_a_union_the_first_tables_cells_stay_and_names_stay_apart() -> None:
    # of b's cells only the one at input 0, output 1 is free, and its m is not a's m
    assert shared("2 -> 3 = a | b") == ("0 1 3\n0 2 .", [(0, "k"), (1, "m"), (2, "m")])
    # of a's cells only the k at input 1, output 0 is free
    assert shared("2 -> 3 = b | a") == ("0 0 0\n1 2 .", [(0, "m"), (1, "k"), (2, "k")])
    assert shared("2 -> 3 = a | full") == ("0 1 3\n0 2 4", [(0, "k"), (2, "m")])
    assert shared("2 -> 3 = full | a") == ("0 2 4\n1 3 5", [])


def test_an_intersection_keeps_the_first_tables_weights() -> None:
    assert shared("2 -> 3 = a & b") == ("0 . 2\n. 1 .", [(0, "k"), (1, "m")])
    assert shared("2 -> 3 = b & a") == ("0 . 0\n. 1 .", [(0, "m"), (1, "k")])
    assert shared("2 -> 3 = a & full") == ("0 . 2\n0 1 .", [(0, "k"), (1, "m")])
    assert shared("2 -> 3 = full & a") == ("0 . 3\n1 2 .", [])
    assert shared("2 -> 3 = a & identity") == ("0 . .\n. 1 .", [(0, "k"), (1, "m")])
    # a name whose last cell goes is gone
    assert shared("2 -> 3 = a & rows([[], [1], [0]])") == (". . 1\n. 0 .", [(0, "m")])


def test_transposed_cells_keep_their_weights() -> None:
    # weights are numbered output by output: what were inputs 0 and 1 are outputs 0 and 1
    assert shared("3 -> 2 = transpose(a)") == ("0 0\n. 2\n1 .", [(0, "k"), (2, "m")])


def test_fixed_cells_in_joins() -> None:
    grey = "residual table g: 3 -> 2 {\n 0.5 =\n 0.25 .\n -2 X\n}\n"
    assert picture(table(grey)) == "0.5 =\n0.25 .\n-2 0"
    assert picture(table(f"{grey}residual table h: 3 -> 2 = g | full")) == "0.5 =\n0.25 0\n-2 1"
    assert picture(table(f"{grey}residual table h: 3 -> 2 = full | g")) == "0 3\n1 4\n2 5"
    assert picture(table(f"{grey}residual table h: 3 -> 2 = g & full")) == "0.5 =\n0.25 .\n-2 0"
    assert picture(table(f"{grey}residual table h: 3 -> 2 = g & identity")) == "0.5 .\n. .\n. ."
    assert picture(table(f"{grey}residual table h: 3 -> 2 = identity | g")) == "= =\n0.25 =\n-2 0"
    assert picture(table(f"{grey}residual table h: 2 -> 3 = transpose(g)")) == "0.5 0.25 -2\n= . 0"
    assert picture(table("residual table h: 2 -> 3 = transpose(identity)")) == "= . .\n. = ."


@pytest.mark.parametrize("sign", ["|", "&"])
def test_joins_need_equal_sizes(sign: str) -> None:
    with pytest.raises(SpecError) as raised:
        table(f"sparse table a: 2 -> 3 = full\nsparse table t: 2 -> 3 = a {sign} transpose(a)")
    assert [problem.code for problem in raised.value.problems.errors] == ["N208"]
    for inputs, outputs in ((2, 4), (3, 3)):
        with pytest.raises(Fault) as fault:
            (union if sign == "|" else intersection)(Table("", "sparse", 2, 3), Table("", "sparse", inputs, outputs))
        assert fault.value.code == "N208"
        assert fault.value.message == f"tables of 2 -> 3 and of {inputs} -> {outputs} cannot be combined"
        assert fault.value.help == "give both sides of `|` and `&` the same numbers of inputs and outputs"


def test_joins_have_the_first_tables_kind_and_name() -> None:
    full, equal = Table("f", "dense", 3, 3), generators.identity("residual", 3, 3)
    band = generators.band("sparse", 3, 3, 1)
    for join in (union, intersection):
        assert [join(a, b).kind for a in (full, equal, band) for b in (full, equal, band)] == (
            ["dense"] * 3 + ["residual"] * 3 + ["sparse"] * 3
        )
        drawn_one = make("d", "shared", 3, 3, ([0], [0], [0], [np.nan]))  # type: ignore[arg-type]
        assert [join(drawn_one, other).name for other in (equal, band)] == ["d", "d"]
    assert (transpose(drawn_one).name, transpose(drawn_one).kind) == ("d", "shared")


def test_cells_in_any_order_are_put_in_order_and_weights_numbered_in_it() -> None:
    columns = [1, 0, 1, 0], [2, 1, 0, 0], [7, 7, 3, -1], [np.nan, np.nan, np.nan, 4.0]
    made = make("t", "residual", 3, 2, columns, [(3, "c"), (7, "a"), (9, "gone")])  # type: ignore[arg-type]
    assert picture(made) == "4 1\n0 .\n. 0"
    assert made.names == ((0, "a"), (1, "c"))
    assert (made.name, made.kind, made.weights, made.trained, made.connections) == ("t", "residual", 2, 3, 4)
    assert made.cells.output.tolist() == [0, 0, 1, 1] and made.cells.input.tolist() == [0, 1, 0, 2]
    assert [array.dtype for array in (made.cells.output, made.cells.input, made.cells.weight)] == [np.int64] * 3


def test_figures_of_given_cells() -> None:
    made = listed("sparse", 4, 5, np.array([0, 0, 0, 2, 3]), np.array([3, 1, 0, 2, 2]))
    assert (made.connections, made.weights, made.trained, made.fixed) == (5, 5, 5, False)
    assert (made.fan_ins.tolist(), made.fan_in, made.least_fan_in) == ([3, 0, 1, 1, 0], 3, 0)
    assert made.unfed == (1, 4)
    assert made.weight_fan_ins.tolist() == [3, 3, 3, 1, 1]
    assert not made.is_full and not made.is_plain
    fed = listed("sparse", 4, 2, np.array([0, 1, 1]), np.array([3, 1, 0]))
    assert (fed.fan_in, fed.least_fan_in, fed.unfed) == (2, 1, ())


def test_figures_of_an_empty_table() -> None:
    made = make("t", "sparse", 2, 9, ([], [], [], []))  # type: ignore[arg-type]
    assert (made.connections, made.weights, made.trained, made.fixed) == (0, 0, 0, True)
    assert (made.fan_in, made.least_fan_in, made.unfed) == (0, 0, (0, 1, 2, 3, 4, 5))
    assert picture(made) == "\n".join([" ".join("." * 9)] * 2)


def test_figures_of_rules() -> None:
    full = Table("f", "dense", 3, 2)
    assert full.is_full and full.is_plain and not full.fixed and str(full) == "f"
    assert (full.connections, full.weights, full.fan_in, full.least_fan_in, full.unfed) == (6, 6, 3, 3, ())
    assert full.fan_ins.tolist() == [3, 3] and full.weight_fan_ins.tolist() == [3] * 6
    passed = generators.identity("residual", 2, 9)
    assert not passed.is_full and not passed.is_plain and passed.fixed
    assert (passed.connections, passed.weights, passed.trained, passed.unfed) == (2, 0, 0, (2, 3, 4, 5, 6, 7))
    band = generators.band("sparse", 4, 2, 3)
    assert band.is_plain and not band.is_full
    assert band.weight_fan_ins.tolist() == [2, 2, 3, 3, 3]


def test_a_shared_weights_fan_in_is_that_of_its_first_output() -> None:
    made = table("shared table t: 3 -> 3 {\n a a .\n a . X\n . X a\n}")
    assert made.weight_fan_ins.tolist() == [2, 2, 2]
    made = table("shared table t: 3 -> 3 {\n a a a\n a . X\n . . X\n}")
    assert made.weight_fan_ins.tolist() == [2, 3, 3]
    made = table("residual table t: 3 -> 2 {\n = a\n a 2\n . =\n}")
    assert made.weight_fan_ins.tolist() == [2]


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [2**18, 2**18 + 3, 2**19 + 7])
def test_outputs_without_a_connection_are_found_in_large_tables(outputs: int) -> None:
    fed = np.setdiff1d(np.arange(outputs), [5, 2**18 - 1, outputs - 1])
    for given in (listed, lambda *of: Table("", *of[:3], rule=rules.places(of[1], of[2], of[3] * of[1] + of[4]))):
        made = given("sparse", 2, outputs, fed, np.zeros(len(fed), dtype=np.int64))
        assert made.unfed == tuple(sorted({5, 2**18 - 1, outputs - 1}))
    assert generators.identity("sparse", outputs - 2, outputs).unfed == (outputs - 2, outputs - 1)


def test_what_a_join_takes_is_known_before_it_is_made() -> None:
    """Cells to be made, and the work in cells; 0 where arithmetic is enough."""
    full, band = Table("", "dense", 64, 32), generators.band("sparse", 64, 32, 1)
    chance, drawn_one = generators.random("sparse", 64, 32, 2), generators.rows("sparse", 64, 32, [[0]] * 32)
    equal = generators.identity("residual", 64, 32)
    assert laid_out("transpose", full) == laid_out("transpose", equal) == (0, 0)
    assert laid_out("transpose", band) == (0, 16)  # its extremes are looked at: a quarter of its inputs
    assert laid_out("transpose", drawn_one) == (32, 32)
    assert laid_out("transpose", chance) == (64, 64 + 64 * 32 // 16)  # the hashes of all inputs and outputs
    assert laid_out("|", full, equal) == laid_out("|", band, full) == laid_out("&", drawn_one, full) == (0, 0)
    assert laid_out("&", full, band) == laid_out("&", full, chance) == (0, 0)
    assert laid_out("&", band, generators.groups("sparse", 64, 32, 2)) == (32, 32 + 32)
    assert laid_out("|", band, generators.groups("sparse", 64, 32, 2)) == (32 + 1024, 32 + 1024)
    assert laid_out("|", equal, full) == (32 + 2048, 32 + 2048)
    assert laid_out("|", band, chance) == (32 + 64, 32 + 64 + 128)
    assert laid_out("&", band, equal) == (64, 64)
    assert all(isinstance(number, int) for number in laid_out("|", band, chance))
