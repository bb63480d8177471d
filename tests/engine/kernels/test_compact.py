"""Compact weights: cells with one letter share one weight, and its gradient is the sum of theirs; by hand, layer by
layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.engine.kernel import Kernel
from netspec.engine.kernels import METHODS
from netspec.engine.kernels.dense.blocks import Blocks
from netspec.engine.kernels.dense.spread import Spread
from netspec.engine.kernels.table_blocks import SIZES, blocks, cost
from netspec.tables import Table
from netspec.tables.generators import band, random
from tests.engine.kernels.bound import Array, Bound
from tests.engine.kernels.cases import case, drawn
from tests.engine.kernels.definition import full, rows, summed

A, B = 2.0, 3.0
X = np.array([[1.0, 10.0], [5.0, 7.0]])
DY = np.array([[1.0, 2.0], [4.0, 8.0]])
#: y = (a·x0 + b·x1, b·x0 + a·x1): by hand.
Y = np.array([[32.0, 23.0], [31.0, 29.0]])
DX = np.array([[8.0, 7.0], [32.0, 28.0]])
#: da = Σ dy0·x0 + dy1·x1, db = Σ dy0·x1 + dy1·x0.
DA, DB = 1 + 20 + 20 + 56, 10 + 2 + 28 + 40


def crossed() -> Table:
    """Two inputs and two outputs over two letters."""
    return drawn("shared", 2, 2, "a b", "b a")


WAYS: list[tuple[str, tuple[int, ...], dict[str, Any], type[Kernel] | None]] = [
    ("dense", (2,), {"units": 2}, Spread),
    ("dense", (2,), {"units": 2}, Blocks),
    ("conv", (2, 1), {"maps": 2, "kernel": 1}, None),
    ("conv", (2, 1, 1), {"maps": 2, "kernel": 1}, METHODS["blocks of a table"]),
    ("deconv", (2, 1), {"maps": 2, "kernel": 1}, None),
    ("local", (2, 1), {"maps": 2, "kernel": 1}, None),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_letters_gradients_add_up(way: tuple[str, tuple[int, ...], dict[str, Any], type[Kernel] | None]) -> None:
    name, shape, arguments, method = way
    bound = Bound(case(name, shape, bias=False, table=crossed(), **arguments), method=method)
    bound.point["x0"] = X.reshape(2, *bound.xs[0])
    bound.point["weight"] = np.array([A, B]).reshape(bound.point["weight"].shape)
    m = bound.memory(bound.point)
    np.testing.assert_array_equal(bound.forward(m).reshape(2, 2), Y)
    found = bound.gradients(m, DY.reshape(m.y.shape))
    np.testing.assert_array_equal(found["x0"].reshape(2, 2), DX)
    np.testing.assert_array_equal(found["weight"].reshape(-1), [DA, DB])


PICTURES = {
    "fixed": ("residual", ["= X . 0.5", ". = X .", "X . = -2"]),
    "letters": ("shared", ["a . b X", ". a a .", "b . . a"]),
    "empty": ("sparse", [". . . .", ". . . .", ". . . ."]),
    "one": ("sparse", [". . . .", ". . X .", ". . . ."]),
}


def layers(picture: str) -> tuple[Table, Array, Array, Array]:
    """A table, its weights, an input and a gradient of the result."""
    kind, lines = PICTURES[picture]
    table, rng = drawn(kind, 3, 4, *lines), np.random.default_rng(1)
    return table, rng.standard_normal(table.weights), rng.standard_normal((5, 3)), rng.standard_normal((5, 4))


@pytest.mark.parametrize("picture", ["fixed", "letters", "one"])
@pytest.mark.parametrize("method", [Spread, Blocks], ids=lambda kind: kind.__name__)
def test_units_with_a_table(method: type[Kernel], picture: str) -> None:
    table, w, x, dy = layers(picture)
    bound = Bound(case("dense", (3,), units=4, bias=False, table=table), n=5, method=method)
    bound.point["x0"], bound.point["weight"] = x, w
    m = bound.memory(bound.point)
    dense = full(table, w)
    np.testing.assert_allclose(bound.forward(m), x @ dense.T, rtol=1e-13, atol=1e-13)
    found = bound.gradients(m, dy)
    np.testing.assert_allclose(found["x0"], dy @ dense, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found["weight"], summed(table, dy.T @ x, w), rtol=1e-13, atol=1e-13)


def test_blocks_that_read_the_same_inputs_add_up() -> None:
    table, rng = random("sparse", 6, 300, 2, 1), np.random.default_rng(1)
    assert len(blocks(table)) > 2
    bound = Bound(case("dense", (6,), units=300, bias=False, table=table), n=3, method=Blocks)
    w, x, dy = (rng.standard_normal(size) for size in (table.weights, (3, 6), (3, 300)))
    bound.point["x0"], bound.point["weight"] = x, w
    m = bound.memory(bound.point)
    dense = full(table, w)
    np.testing.assert_allclose(bound.forward(m), x @ dense.T, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(bound.gradients(m, dy)["x0"], dy @ dense, rtol=1e-12, atol=1e-12)


def test_a_table_without_a_cell_gives_its_bias() -> None:
    table, _, x, dy = layers("empty")
    bound = Bound(case("dense", (3,), units=4, table=table), n=5)
    bound.point["x0"] = x
    m = bound.memory(bound.point)
    np.testing.assert_array_equal(bound.forward(m), np.tile(bound.point["bias"], (5, 1)))
    assert not bound.gradients(m, dy)["x0"].any()


@pytest.mark.parametrize("size", SIZES)
def test_blocks_have_every_cell_once(size: int) -> None:
    """Whatever the size of blocks: what they spread over and what they take back is the table."""
    table = random("sparse", 3 * size + 5, 2 * size + 1, 3, 2)
    compact = np.arange(1.0, table.weights + 1)
    seen: dict[tuple[int, int], float] = {}
    for block in blocks(table):
        kernel = np.full((1, block.height, block.width), np.nan)
        block.fill(kernel, compact[:, None], 0)
        inputs = np.arange(table.inputs)[block.inputs]
        for (i, j), value in np.ndenumerate(kernel[0]):
            if value:
                place = (block.outputs.start + i, int(inputs[j]))
                assert place not in seen
                seen[place] = value
    assert seen == {(output, source): compact[weight] for output, source, weight, _ in rows(table)}


def test_what_a_tables_blocks_cost() -> None:
    """A diagonal of 256 in blocks of n outputs that read n inputs: 256 · n products; the fewer blocks are worth
    more."""
    diagonal = band("sparse", 256, 256, 1)
    found = blocks(diagonal)
    assert cost(found) == 256 * found[0].width
    assert cost(found, 9) == 9 * cost(found)
    assert [block.height for block in found] == [block.width for block in found]
