"""Compact weights over a whole kernel, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.tables import KernelTable, Table
from netspec.tables.spread import add_fixed, matrix_of, spread_cells, spread_taps
from tests.tables.pictures import table


def test_taps_are_spread_with_zeros_between() -> None:
    cross = KernelTable("", (2, 3), (1, -1, 0, 1, 2, -1))
    spread = spread_taps(cross, np.array([[5, 6, 7], [1, 2, 3]], dtype=np.float32))
    assert spread.tolist() == [[[6, 0, 5], [6, 7, 0]], [[2, 0, 1], [2, 3, 0]]]
    assert spread.dtype == np.float32 and spread.flags.c_contiguous


MIXED = "residual table t: 3 -> 2 {\n = a\n a X\n . -2\n}"


def test_cells_are_spread_with_zeros_between() -> None:
    # weights: a is 0, X is 1; (outputs, inputs)
    dense = spread_cells(table(MIXED), np.array([5, 7], dtype=np.float64))
    assert dense.tolist() == [[0, 5, 0], [5, 7, 0]]
    assert dense.dtype == np.float64
    add_fixed(table(MIXED), dense, ())
    assert dense.tolist() == [[1, 5, 0], [5, 7, -2]]


def test_kernels_are_spread_and_fixed_cells_are_in_the_middle() -> None:
    compact = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)  # 2 kernels of 3 taps
    dense = spread_cells(table(MIXED), compact)
    assert dense.shape == (2, 3, 3)
    add_fixed(table(MIXED), dense, (3,))
    assert dense.tolist() == [[[0, 1, 0], [1, 2, 3], [0, 0, 0]], [[1, 2, 3], [4, 5, 6], [0, -2, 0]]]


def test_each_position_has_kernels_of_its_own() -> None:
    compact = np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1)  # 2 x 2 positions, 2 kernels, 1 tap
    dense = spread_cells(table(MIXED), compact, 2)
    assert dense.shape == (2, 2, 2, 3, 1)
    add_fixed(table(MIXED), dense, (1,), 2)
    assert dense[1, 0, :, :, 0].tolist() == [[1, 4, 0], [4, 5, -2]]
    assert dense[0, 1, :, :, 0].tolist() == [[1, 2, 0], [2, 3, -2]]


@pytest.mark.parametrize("taps", [(3, 5), (1, 3), (5, 1)])
def test_the_middle_of_a_kernel(taps: tuple[int, int]) -> None:
    dense = np.zeros((1, 1, *taps))
    add_fixed(table("residual table t: 1 -> 1 {\n 4\n}"), dense, taps)
    middle = {(3, 5): (1, 2), (1, 3): (0, 1), (5, 1): (2, 0)}[taps]
    assert np.argwhere(dense).tolist() == [[0, 0, *middle]]
    assert dense[(0, 0, *middle)] == 4


def test_a_full_table_has_plain_weights() -> None:
    weights = np.arange(6.0).reshape(2, 3)
    assert spread_cells(Table("", "dense", 3, 2), weights) is weights


def test_a_table_of_fixed_cells_as_a_matrix() -> None:
    matrix = matrix_of(table("residual table t: 3 -> 2 {\n 0.5 .\n = 2\n . .\n}"))
    assert matrix.tolist() == [[0.5, 1, 0], [0, 2, 0]]
    assert matrix.dtype == np.float32
