"""Each generator as a picture drawn by hand from docs/language.md section 5: a row an input, a cell an output."""

from __future__ import annotations

import time

import pytest

from netspec.diagnostics import Fault
from netspec.tables.generators import GENERATORS
from netspec.tables.table import MOST_CONNECTIONS
from tests.tables.pictures import drawn, picture, table

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
    "3 -> 2 = rows([[2, 0], [1]])": ("X .", ". X", "X ."),
    "3 -> 2 = rows([[], [2]])": (". .", ". .", ". X"),
    "1 -> 1 = rows([[0]])": ("X",),
    "2 -> 2 = random(fan_in: 2)": ("X X", "X X"),
}


def test_every_generator_is_drawn() -> None:
    assert {text.split("= ")[1].split("(")[0] for text in GENERATED} == set(GENERATORS)


@pytest.mark.parametrize("text", GENERATED)
def test_generators(text: str) -> None:
    made = table(f"sparse table t: {text}")
    expected = drawn(*GENERATED[text])
    assert picture(made) == expected
    columns = list(zip(*(row.split() for row in expected.split("\n")), strict=True))
    fans = [len(column) - column.count(".") for column in columns]
    assert (made.connections, made.weights, made.trained) == (sum(fans),) * 3
    assert (made.fan_in, made.least_fan_in, made.fan_ins.tolist()) == (max(fans), min(fans), fans)
    assert [made.inputs, made.outputs] == [len(columns[0]), len(columns)]
    assert (made.name, made.kind) == ("t", "sparse")


@pytest.mark.parametrize("kind", ["sparse", "shared", "residual", "dense"])
@pytest.mark.parametrize("name", GENERATORS)
def test_cells_are_x_but_for_identity_in_a_residual_table(kind: str, name: str) -> None:
    arguments = {"groups": (2,), "depthwise": (1,), "band": (3,), "random": (2, 0)}.get(name, ())
    made = GENERATORS[name](kind, 4, 4, *([[[0], [1], [2], [3]]] if name == "rows" else arguments))
    assert made.kind == kind
    passed_on = kind == "residual" and name == "identity"
    assert (made.weights == 0, made.fixed) == (passed_on, passed_on)
    assert picture(made).count("=") == (4 if passed_on else 0)


def test_the_kind_decides_what_identity_makes() -> None:
    made = table("residual table r: 2 -> 3 = identity")
    assert picture(made) == "= . .\n. = ."
    assert (made.connections, made.weights, made.trained, made.fan_in) == (2, 0, 0, 1)
    assert picture(table("sparse table s: 2 -> 3 = identity")) == "0 . .\n. 1 ."
    assert picture(table("dense table d: 2 -> 2")) == "0 2\n1 3"


def test_depthwise_has_one_output_an_input_unless_it_says_more() -> None:
    assert picture(GENERATORS["depthwise"]("sparse", 3, 3)) == "0 . .\n. 1 .\n. . 2"


def _mixed(z: int) -> int:
    """SplitMix64 (Steele, Lea, Flood 2014), in whole numbers."""
    mask = 2**64 - 1
    z = (z + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
@pytest.mark.parametrize("fan_in", [1, 3, 8])
def test_random_is_the_same_everywhere(seed: int, fan_in: int) -> None:
    """The inputs with the smallest hashes of (seed, output, input)."""
    made = table(f"sparse table t: 9 -> 5 = random(fan_in: {fan_in}, seed: {seed})")
    for j in range(5):
        keys = [_mixed((_mixed(_mixed(seed) ^ j) + i) % 2**64) for i in range(9)]
        expected = sorted(sorted(range(9), key=keys.__getitem__)[:fan_in])
        assert made.cells.input[made.cells.output == j].tolist() == expected


def test_the_seed_of_random_is_0_unless_it_says_another() -> None:
    of = "sparse table t: 30 -> 3 = random(fan_in: 2"
    assert picture(table(f"{of})")) == picture(table(f"{of}, seed: 0)")) != picture(table(f"{of}, seed: 1)"))


def test_splitmix_is_the_published_one() -> None:
    """The first outputs of the generator seeded with 1234567 (the reference implementation's test vector)."""
    state, found = 1234567, []
    for _ in range(3):
        found.append(_mixed(state))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


#: Arguments behind the kind, inputs and outputs; the argument at fault, and what is said of it.
WRONG = [
    ("groups", 5, 4, [2], "n", "5 input maps cannot be split into 2 equal groups"),
    ("groups", 4, 5, [2], "n", "5 output maps cannot be split into 2 equal groups"),
    ("groups", 4, 4, [0], "n", "n is 0, but must be a whole number of at least 1"),
    ("groups", 4, 4, [True], "n", "n is True, but must be a whole number of at least 1"),
    ("groups", 4, 4, [2.0], "n", "n is 2.0, but must be a whole number of at least 1"),
    ("depthwise", 2, 3, [2], "m", "depthwise(2) makes 4 outputs of 2 inputs, not 3"),
    ("depthwise", 2, 2, [0], "m", "m is 0, but must be a whole number of at least 1"),
    ("band", 2, 3, [0], "width", "width is 0, but must be a whole number of at least 1"),
    ("random", 2, 3, [3], "fan_in", "an output cannot take 3 different inputs: there are 2"),
    ("random", 2, 3, [0], "fan_in", "fan_in is 0, but must be a whole number of at least 1"),
    ("rows", 2, 2, [[[0]]], "lists", "rows needs a list for each output: 2, not 1"),
    ("rows", 2, 2, [3], "lists", "rows takes a list of lists"),
    ("rows", 2, 2, [[0, 1]], "lists", "rows takes a list of lists"),
    ("rows", 2, 2, [[[0], [2]]], "lists", "output 1 takes input 2, but inputs are numbered 0 to 1"),
    ("rows", 2, 2, [[[0], [-1]]], "lists", "output 1 takes input -1, but inputs are numbered 0 to 1"),
    ("rows", 2, 1, [[[True]]], "lists", "output 0 takes input True, but inputs are numbered 0 to 1"),
    ("rows", 2, 1, [[[0.5]]], "lists", "output 0 takes input 0.5, but inputs are numbered 0 to 1"),
    ("rows", 3, 2, [[[0, 1, 2], [2, 0, 2]]], "lists", "output 1 takes input 2 twice"),
]


def test_an_input_that_is_twice_in_a_long_row_is_found_soon() -> None:
    began = time.process_time()
    with pytest.raises(Fault, match="output 0 takes input 19999 twice"):
        GENERATORS["rows"]("sparse", 20_000, 1, [[*range(20_000), 19_999]])
    assert time.process_time() - began < 1  # 0.01 where nothing else runs, and 3 where each is counted


@pytest.mark.parametrize(("name", "inputs", "outputs", "arguments", "at", "message"), WRONG)
def test_what_cannot_be_made(
    name: str, inputs: int, outputs: int, arguments: list[object], at: str, message: str
) -> None:
    with pytest.raises(Fault) as raised:
        GENERATORS[name]("sparse", inputs, outputs, *arguments)
    assert (raised.value.code, raised.value.at, raised.value.message) == ("N208", at, message)
    expected = {"depthwise": "write `2 -> 4`", "rows": "write `rows([[0, 1], [1, 2]])`"}.get(name, "")
    assert raised.value.help == (expected if "makes" in message or "list of lists" in message else "")


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "arguments", "message"),
    [
        ("full", 2**14, 2**14 + 1, (), "a table of 268,451,840 connections exceeds the limit of 268,435,456"),
        ("groups", 2**15, 2**14 + 2, (2,), "a table of 268,468,224 connections exceeds the limit of 268,435,456"),
        ("identity", 2**28 + 1, 2**28 + 1, (), "a table of 268,435,457 connections exceeds the limit of 268,435,456"),
        ("random", 2**14, 2**14 + 1, (2**14,), "a table of 268,451,840 connections exceeds the limit of 268,435,456"),
        (
            "random",
            2**14,
            2**14 + 1,
            (1,),
            "a table of 268,451,840 cells that `random` chooses from exceeds the limit of 268,435,456",
        ),
    ],
)
def test_what_is_too_large(name: str, inputs: int, outputs: int, arguments: tuple[int, ...], message: str) -> None:
    with pytest.raises(Fault) as raised:
        GENERATORS[name]("sparse", inputs, outputs, *arguments)
    assert (raised.value.code, raised.value.message) == ("N209", message)


def test_the_limit_itself_can_be_made() -> None:
    assert GENERATORS["full"]("sparse", 2**14, 2**14).connections == MOST_CONNECTIONS == 2**28
    assert GENERATORS["identity"]("sparse", 2**28, 2**30).connections == MOST_CONNECTIONS
    assert GENERATORS["random"]("sparse", 2**14, 2**14, 1).connections == 2**14
    assert GENERATORS["random"]("sparse", 2**14, 2**14, 2**14).connections == MOST_CONNECTIONS
