"""What kind of table one is: each kind, and both sides of each threshold."""

from __future__ import annotations

import pytest

from netspec.tables import Table, generators
from netspec.tables.pattern import LARGE, SPARSE, Pattern, recognise
from tests.tables.pictures import table

ALL, FIXED = "every output takes every input", "only `=` and numbers, nothing to train"


def spread(share: str) -> Pattern:
    return Pattern("spread", f"{share} connections: its compact weights are spread over a dense kernel")


KINDS = {
    "dense table t: 4 -> 6": Pattern("full", ALL),
    "sparse table t: 4 -> 6 = full": Pattern("full", ALL),
    "sparse table t: 4 -> 6 = groups(1)": Pattern("full", ALL),
    "sparse table t: 2 -> 2 {\n X X\n X X\n}": Pattern("full", ALL),
    "sparse table t: 1 -> 3 = depthwise(3)": Pattern("full", ALL),
    "residual table t: 4 -> 6 = identity": Pattern("fixed", FIXED),
    "residual table t: 2 -> 1 {\n 0.5\n =\n}": Pattern("fixed", FIXED),
    "sparse table t: 2 -> 2 {\n . .\n . .\n}": Pattern("fixed", FIXED),
    "sparse table t: 4 -> 8 = depthwise(2)": Pattern("depthwise", "each of 4 inputs feeds outputs of its own", 4),
    "sparse table t: 4 -> 4 = identity": Pattern("depthwise", "each of 4 inputs feeds outputs of its own", 4),
    "sparse table t: 4 -> 4 = rows([[0], [1], [2], [3]])": Pattern(
        "depthwise", "each of 4 inputs feeds outputs of its own", 4
    ),
    "sparse table t: 4 -> 6 = groups(2)": Pattern("grouped", "2 equal blocks that share nothing", 2),
    "sparse table t: 4 -> 2 = rows([[0, 1], [3, 2]])": Pattern("grouped", "2 equal blocks that share nothing", 2),
    # blocks in another order, one that overlaps, one output too many, inputs that do not divide
    "sparse table t: 4 -> 2 = rows([[2, 3], [0, 1]])": spread("4 of 8"),
    "sparse table t: 4 -> 2 = rows([[0, 1], [1, 2]])": spread("4 of 8"),
    "sparse table t: 4 -> 3 = rows([[0, 1], [0, 1], [2, 3]])": spread("6 of 12"),
    "sparse table t: 5 -> 2 = rows([[0, 1], [2, 3]])": spread("4 of 10"),
    # as many connections as blocks would have, but not equally many an output
    "sparse table t: 4 -> 2 = rows([[0, 1, 2], [3]])": spread("4 of 8"),
    # a letter used twice, a cell passed on: no groups
    "shared table t: 2 -> 2 {\n a .\n . a\n}": spread("2 of 4"),
    "residual table t: 2 -> 2 {\n X .\n . =\n}": spread("2 of 4"),
    # at most a quarter of the inputs, equally many an output: gathered
    "sparse table t: 8 -> 3 = rows([[0, 5], [2, 7], [0, 1]])": Pattern(
        "even", "each output takes 2 of 8 inputs: gathered, then grouped", 3
    ),
    "sparse table t: 7 -> 3 = rows([[0, 5], [2, 6], [0, 1]])": spread("6 of 21"),
    "sparse table t: 8 -> 3 = rows([[0, 5], [2, 7], [1]])": spread("5 of 24"),
    "shared table t: 8 -> 1 {\n a\n a\n .\n .\n .\n .\n .\n .\n}": spread("2 of 8"),
}


@pytest.mark.parametrize("text", KINDS)
def test_kinds(text: str) -> None:
    assert recognise(table(text)) == KINDS[text]


def test_units_are_never_gathered() -> None:
    even = table("sparse table t: 8 -> 3 = rows([[0, 5], [2, 7], [0, 1]])")
    assert recognise(even).kind == "even"
    assert recognise(even, units=True) == spread("6 of 24")


@pytest.mark.parametrize(
    ("inputs", "outputs", "connections", "kind"),
    [
        (1024, 1024, 104_857, "sparse"),  # fewer than a tenth of 1,048,576
        (1024, 1024, 104_858, "spread"),
        (1023, 1024, 2, "spread"),  # just below 2**20 cells
        (1024, 1024, 2, "sparse"),
        (1000, 2000, 200_000, "spread"),  # a tenth exactly
        (1000, 2000, 199_999, "sparse"),
    ],
)
def test_a_large_thin_table_of_units_runs_by_its_connections(
    inputs: int, outputs: int, connections: int, kind: str
) -> None:
    first, rest = divmod(connections, outputs)
    rows = [list(range(first + (j < rest))) for j in range(outputs)]
    made = generators.rows("sparse", inputs, outputs, rows)
    pattern = recognise(made, units=True)
    share = f"{connections:,} of {inputs * outputs:,}"
    by_connections = Pattern("sparse", f"{share} connections: cheaper one by one than as a dense matrix")
    assert pattern == (by_connections if kind == "sparse" else spread(share))
    assert recognise(made).kind != "sparse"


def test_the_thresholds() -> None:
    assert (LARGE, SPARSE) == (1_048_576, 0.1)
    assert recognise(Table("", "dense", 2**14, 2**14), units=True).kind == "full"
