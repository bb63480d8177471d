"""Matrix products whole and in tiles (netspec/engine/products.py): GFLOP/s of one core, and how much faster tiles are.

`python benchmarks/products.py`, with OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset. Forms are those of a layer: forward
(rows of patches by a kernel) and the kernel's gradient (patches turned, by the result's gradient). Where BLAS packs all
products nothing is cut, and this says so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from train_step import machine

from netspec.engine.products import summed, tile_of, unpacked

#: Rows of patches, their numbers, and maps: of LeNet-5, ResNet-20, DenseNet-121, ResNet-18, units.
SHAPES = [
    (4096, 48, 16), (4096, 144, 32), (1152, 96, 32), (4096, 64, 256), (4096, 256, 128), (2304, 288, 64),
    (1152, 576, 128), (128, 784, 300), (3136, 1152, 128), (784, 512, 512), (784, 2304, 256),
]  # fmt: skip


def seconds(call: Callable[[], object]) -> float:
    """The median of runs that take a tenth of a second together."""
    call()
    taken: list[float] = []
    while sum(taken) < 0.1 or len(taken) < 5:
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def row(form: str, rows: int, inner: int, columns: int) -> str:
    """One line of the table."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return rng.standard_normal(shape, dtype=np.float32)

    a, b = (
        (array(rows, inner), array(inner, columns))
        if form == "forward"
        else (array(rows, inner).T, array(rows, columns))
    )
    out, term = (array(a.shape[0], columns) for _ in range(2))
    whole = seconds(partial(np.matmul, a, b, out=out))
    tiled = seconds(summed(a, b, out, None if form == "forward" else term, fresh=True))
    flops = 2e-9 * rows * inner * columns
    return (
        f"| {form} {rows} x {inner} x {columns} | {tile_of(*a.shape, columns) or 'whole'} | {flops / whole:.0f} "
        f"| {flops / tiled:.0f} | **{whole / tiled:.2f}** |"
    )


if __name__ == "__main__":
    print(machine() + "\n")
    if not unpacked():
        print("BLAS packs all products here: none is cut\n")
    print("| product | tile | whole, GFLOP/s | as it runs | ratio |\n| --- | --- | --- | --- | --- |")
    with threadpool_limits(1, user_api="blas"):
        for shape in SHAPES:
            for chosen in ("forward", "gradient"):
                print(row(chosen, *shape), flush=True)
