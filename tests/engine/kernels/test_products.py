"""Products in tiles: each is the product, whatever its sizes and strides, and every kernel stays what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from netspec.engine import products
from netspec.engine.running.threads import pool
from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import CASES, Row
from tests.engine.nets import meaning, runner
from tests.engine.running.test_nets import MIXED, TABLES

Array = np.ndarray[Any, np.dtype[np.float64]]
#: Every operator that multiplies matrices.
MULTIPLYING = [row for row in CASES if row.name in ("conv", "deconv", "local", "dense")]


def tiles_of(monkeypatch: pytest.MonkeyPatch, multiplications: int) -> None:
    """So few multiplications that small products are cut, along all their axes."""
    bounds = {"VECTOR": 2, "WIDE": 4, "AT_A_TIME": 3, "LEAST": 3, "FEW": 0, "SUM": 5}
    for name, value in bounds.items():
        monkeypatch.setattr(products, name, value)
    monkeypatch.setattr(products, "unpacked", lambda: multiplications)


def numbers(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (7, 5, 8), (10, 3, 12), (13, 2, 5), (24, 9, 6), (1, 3, 8), (40, 1, 1)])
@pytest.mark.parametrize("form", ["plain", "a turned", "both turned", "b turned", "overlapping", "stacked", "one b"])
def test_a_product_is_the_product(sizes: tuple[int, int, int], form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles_of(monkeypatch, 60)
    rows, inner, columns = sizes
    stack = {"stacked": (2, 3), "one b": (4,)}.get(form, ())
    a, b = numbers(*stack, rows, inner), numbers(*(() if form == "one b" else stack), inner, columns)
    out = np.full((*stack, rows, columns), np.nan)
    if form in ("a turned", "both turned"):
        a = np.ascontiguousarray(a.T).T
    if form in ("b turned", "both turned"):
        b = np.ascontiguousarray(b.T).T
    if form == "overlapping":  # as windows are, each a number further
        line = numbers(rows + inner)
        a = as_strided(line, (rows, inner), (line.itemsize, line.itemsize))
    if form == "both turned":
        out = np.full((columns, rows), np.nan).T
    products.in_tiles(a, b, out)()
    np.testing.assert_allclose(out, np.einsum("...ri,...ic->...rc", a, b), rtol=1e-12, atol=1e-14)


def test_a_turned_factor_is_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBLAS packs a plain by a transposed factor, however small."""
    tiles_of(monkeypatch, 60)
    products_of: list[tuple[int, ...]] = []
    multiply = np.matmul
    monkeypatch.setattr(np, "matmul", lambda a, b, out: (products_of.append(a.shape), multiply(a, b, out=out)))
    for b in (numbers(5, 8), numbers(8, 5).T):
        products.in_tiles(numbers(12, 5), b, np.empty((12, 8)))()
    assert products_of == [(1, 4, 3, 5), (12, 5)]


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("inner", [1, 4, 5, 6, 23, 100])
def test_a_sum_is_cut_and_added_to_what_is_there(inner: int, fresh: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles_of(monkeypatch, 60)
    a, b, there, term = numbers(6, inner), numbers(inner, 4), numbers(6, 4), np.full((6, 4), np.nan)
    total = there.copy()
    products.summed(a, b, total, term, fresh)()
    np.testing.assert_allclose(total, a @ b + (0 if fresh else there), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("rows", [24, 100, 300, 5000])
@pytest.mark.parametrize("inner", [9, 48, 144, 576, 900, 2304, 20000])
@pytest.mark.parametrize("columns", [10, 16, 64, 100, 128, 512, 784])
def test_a_tile_is_one_that_blas_does_not_pack(
    rows: int, inner: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenBLAS 0.3.31, kernel/x86_64/sgemm_small_kernel_permit_skylakex.c: at most 100 · 100 · 100 multiplications."""
    monkeypatch.setattr(products, "unpacked", lambda: 10**6)
    tile = products.tile_of(rows, inner, columns)
    if tile is not None:
        high, wide = tile
        assert high * wide * inner <= 10**6 < rows * columns * inner
        assert columns % wide == 0
        assert (wide == columns or (wide % 16 == 0 and wide <= 64)) and high % 12 == 0


@pytest.mark.parametrize(
    ("libraries", "largest"),
    [
        ([{"internal_api": "openblas", "architecture": "SkylakeX"}], 10**6),
        ([{"internal_api": "openmp"}, {"internal_api": "openblas", "architecture": "Sapphirerapids"}], 10**6),
        ([{"internal_api": "openblas", "architecture": "Haswell"}], 0),
        ([{"internal_api": "mkl"}], 0),
        ([], 0),
    ],
)
def test_where_blas_packs_all_nothing_is_cut(
    libraries: list[dict[str, str]], largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "threadpool_info", lambda: libraries)
    products.unpacked.cache_clear()
    assert products.unpacked() == largest
    assert largest or products.tile_of(5000, 576, 64) is None
    products.unpacked.cache_clear()


@pytest.mark.parametrize("multiplications", [0, 60])
def test_a_factor_is_copied_only_where_tiles_want_it(multiplications: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles_of(monkeypatch, multiplications)
    factor, kept = numbers(2, 3, 4), np.full((2, 4, 3), np.nan)
    found, make = products.transposed(factor, kept)
    make()
    np.testing.assert_array_equal(found, factor.transpose(0, 2, 1))
    assert np.shares_memory(found, kept if multiplications else factor)
    assert np.shares_memory(products.transposed(factor, None)[0], factor)


@pytest.mark.parametrize("row", MULTIPLYING, ids=str)
def test_backward_is_the_gradient_of_forward_in_tiles_too(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles_of(monkeypatch, 60)
    numeric, analytic, _ = Bound(row.case()).slopes()
    assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("text", [MIXED, TABLES], ids=["mixed", "tables"])
def test_a_step_gives_the_same_gradient_in_tiles(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for multiplications in (0, 60):
        with monkeypatch.context() as patch, pool(1) as workers:
            tiles_of(patch, multiplications)
            bound = runner(meaning(text), workers, 9)
            loss = bound.step()[0]
            found.append((loss, bound.gradient.copy()))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-12)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-9, atol=1e-12)
