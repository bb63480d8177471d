"""Matrix products in tiles that BLAS multiplies where they lie.

OpenBLAS copies ("packs") what it multiplies, so that large products stream through the caches. Its kernels for
processors with AVX-512 take products of up to 100³ multiplications without: most products of layers' sizes run at 101
to 114 GFLOP/s a core in such tiles, and whole at 72 to 104 (AMD EPYC, OpenBLAS 0.3.31: `benchmarks/products.py`).
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from numpy.lib.stride_tricks import as_strided
from threadpoolctl import threadpool_info

from netspec.engine.kernel import Array, Memory, Run, in_turn, nothing

#: OpenBLAS's names of the processors whose kernels know products that are not packed, and the multiplications of the
#: largest (its sgemm_small_kernel_permit_skylakex.c).
KNOWING, UNPACKED = frozenset({"SkylakeX", "Cooperlake", "Sapphirerapids"}), 100**3
#: A tile's columns are all, or a multiple of a vector, at most ``WIDE``; its rows a multiple of what the kernels take
#: at a time, and not fewer than pay for a call.
VECTOR, WIDE, AT_A_TIME, LEAST = 16, 64, 12, 24
#: Where tiles would have fewer results than ``FEW``, a product of ``LARGE`` results would read its factors too often.
FEW, LARGE = 800, 2**14
#: A second factor of more numbers comes from memory: with few rows to a number, waiting for it is all that takes time.
STREAMED, REUSED = 2**20, 128
#: Numbers of a sum at least where sums are cut.
SUM = 1024


@cache
def unpacked() -> int:
    """Multiplications of the largest product that BLAS does not pack; 0 where it packs all."""
    return UNPACKED if any(found.get("architecture") in KNOWING for found in threadpool_info()) else 0


def tile_of(rows: int, inner: int, columns: int) -> tuple[int, int] | None:
    """Rows and columns of the tiles of a product; None where it is best left whole."""
    area = unpacked() // inner
    if rows * columns <= area or (area < FEW and rows * columns >= LARGE):
        return None
    widths = [columns, *(w for w in range(columns - columns % VECTOR, 0, -VECTOR) if columns % w == 0 and w <= WIDE)]
    for wide in widths:
        high = min(rows, area // wide)
        if high >= LEAST:
            return high - high % AT_A_TIME, wide
    return None


def in_tiles(a: Array, b: Array, out: Array) -> Run:
    """The call out = a · b, for (…, rows, inner) and (…, inner, columns)."""
    rows, columns = out.shape[-2:]
    tile = tile_of(rows, a.shape[-1], columns)
    streamed = b.size > STREAMED and rows <= REUSED
    # a transposed second factor is packed, however small
    if tile is None or streamed or b.strides[-1] != b.itemsize:
        return partial(np.matmul, a, b, out=out)
    high, wide = tile
    whole = rows - rows % high
    calls = [_tiled(a[..., :whole, :], b, out[..., :whole, :], high, wide)]
    if whole < rows:
        calls.append(_tiled(a[..., whole:, :], b, out[..., whole:, :], rows - whole, wide))
    return calls[0] if len(calls) == 1 else in_turn(calls)


def add_product(m: Memory, name: str, a: Array, b: Array) -> Run:
    """The call that adds a · b to the gradient of a weight; the step's first call writes it there."""
    return summed(a, b, m.dw[name], m.scratch.get(f"adding:{name}"), m.fresh)


def summed(a: Array, b: Array, total: Array, term: Array | None, fresh: bool = False) -> Run:
    """The call total += a · b, or = where it is ``fresh``, which needs no ``term``; with one, long sums are cut."""
    rows, inner, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    if term is None:
        assert fresh
        return in_tiles(a, b, total)
    longest = max(SUM, unpacked() // (rows * columns)) if unpacked() else inner
    size = -(-inner // -(-inner // longest))
    calls: list[Run] = []
    for start in range(0, inner, size):
        place = total if fresh and not start else term
        calls.append(in_tiles(a[..., start : start + size], b[..., start : start + size, :], place))
        if place is term:
            calls.append(partial(np.add, total, term, out=total))
    return in_turn(calls)


def transposed(factor: Array, kept: Array | None) -> tuple[Array, Run]:
    """A transposed factor, and the call that makes it: a copy in ``kept`` where tiles can be had so, else a view."""
    view = factor.swapaxes(-1, -2)
    if kept is None or not unpacked():
        return view, nothing
    return kept, partial(np.copyto, kept, view)


def _tiled(a: Array, b: Array, out: Array, high: int, wide: int) -> Run:
    """The call over tiles, columns outermost: what is read of ``b`` stays in the first cache over all rows."""
    left = _cut(a, -2, high)[..., None, :, :, :]
    right = np.moveaxis(_cut(b, -1, wide), -2, -3)[..., None, :, :]
    return partial(np.matmul, left, right, out=np.moveaxis(_cut(_cut(out, -1, wide), -3, high), -2, -4))


def _cut(array: Array, axis: int, size: int) -> Array:
    """An axis as two: pieces, and what is in one."""
    place = array.ndim + axis
    shape, strides = list(array.shape), list(array.strides)
    shape[place : place + 1] = [array.shape[place] // size, size]
    strides[place : place + 1] = [array.strides[place] * size, array.strides[place]]
    return as_strided(array, shape, strides)
