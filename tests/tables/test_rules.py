"""What tables say of themselves by arithmetic is what their cells say."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from netspec.tables import Table, generators
from netspec.tables.joins import intersection, transpose, union

SIZES = [(1, 1), (1, 6), (6, 1), (4, 4), (6, 4), (4, 6), (7, 12), (12, 7)]
Pairs = set[tuple[int, int]]


def pairs(table: Table) -> Pairs:
    """The (input, output) of each cell."""
    return set(zip(table.cells.input.tolist(), table.cells.output.tolist(), strict=True))


def agrees(table: Table, expected: Pairs) -> None:
    """Cells are the expected ones, and every figure is theirs."""
    fans = Counter(output for _, output in expected)
    counts = [fans[j] for j in range(table.outputs)]
    assert pairs(table) == expected
    assert (table.connections, table.fan_in, table.least_fan_in) == (len(expected), max(counts), min(counts))
    assert table.fan_ins.tolist() == counts
    assert list(table.unfed) == [j for j, count in enumerate(counts) if not count][:6]
    cells = list(zip(table.cells.output.tolist(), table.cells.input.tolist(), strict=True))
    assert cells == sorted(cells)


def banded(inputs: int, outputs: int, width: int) -> Pairs:
    starts = [j * inputs // outputs - width // 2 for j in range(outputs)]
    return {(i, j) for j, first in enumerate(starts) for i in range(first, first + width) if 0 <= i < inputs}


@pytest.mark.parametrize(("sizes", "width"), list(itertools.product(SIZES, (1, 2, 3, 5, 8, 30))))
def test_a_band(sizes: tuple[int, int], width: int) -> None:
    table = generators.band("sparse", *sizes, width)
    agrees(table, banded(*sizes, width))
    agrees(transpose(table), {(j, i) for i, j in banded(*sizes, width)})
    agrees(transpose(transpose(table)), banded(*sizes, width))


@pytest.mark.parametrize("sizes", SIZES)
def test_identity_and_full(sizes: tuple[int, int]) -> None:
    inputs, outputs = sizes
    agrees(generators.identity("sparse", *sizes), {(i, i) for i in range(min(sizes))})
    agrees(transpose(generators.identity("sparse", *sizes)), {(i, i) for i in range(min(sizes))})
    agrees(generators.full("dense", *sizes), {(i, j) for i in range(inputs) for j in range(outputs)})


@pytest.mark.parametrize(("inputs", "outputs", "n"), [(4, 4, 2), (6, 9, 3), (8, 2, 2), (2, 8, 2), (5, 5, 1), (5, 5, 5)])
def test_groups(inputs: int, outputs: int, n: int) -> None:
    expected = {(i, j) for i in range(inputs) for j in range(outputs) if i * n // inputs == j * n // outputs}
    agrees(generators.groups("sparse", inputs, outputs, n), expected)
    agrees(transpose(generators.groups("sparse", inputs, outputs, n)), {(j, i) for i, j in expected})


def test_depthwise() -> None:
    agrees(generators.depthwise("sparse", 3, 6, 2), {(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)})


def test_random() -> None:
    table = generators.random("sparse", 6, 3, 2, 7)
    agrees(table, pairs(table))
    agrees(transpose(table), {(j, i) for i, j in pairs(table)})


MADE = {
    "full": lambda: generators.full("sparse", 6, 6), "band": lambda: generators.band("sparse", 6, 6, 3),
    "groups": lambda: generators.groups("sparse", 6, 6, 2), "random": lambda: generators.random("sparse", 6, 6, 2, 1),
    "rows": lambda: generators.rows("sparse", 6, 6, [[0, 5], [], [3], [1, 2], [4], []]),
    "equal": lambda: generators.identity("residual", 6, 6),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), list(itertools.product(MADE, MADE)))
def test_unions_and_intersections(one: str, other: str) -> None:
    a, b = MADE[one](), MADE[other]()
    agrees(union(a, b), pairs(a) | pairs(b))
    agrees(intersection(a, b), pairs(a) & pairs(b))
    equal = pairs(a) if one == "equal" else pairs(b) - pairs(a) if other == "equal" else set()
    assert union(a, b).trained == len(pairs(a) | pairs(b)) - len(equal)


@pytest.mark.parametrize(
    ("rule", "connections"),
    [
        ("full", 2**28),
        ("groups", 2**27),
        ("identity", 2**14),
        ("random", 2**20),
        ("band", 16384 * 65 - 2 * sum(range(1, 33))),
    ],
)
def test_large_tables_are_counted_without_cells(rule: str, connections: int) -> None:
    arguments = {"groups": (2,), "random": (64,), "band": (65,)}.get(rule, ())
    table = generators.GENERATORS[rule]("sparse", 16384, 16384, *arguments)
    assert table.connections == table.weights == connections
    assert "cells" not in vars(table)
