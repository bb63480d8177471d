"""Is `subsample` quicker as a mean, a product and a sum, or as one depthwise convolution? onnxruntime, both in turn.

Prints a Markdown table: the median time of each, and the first one's time in that of the second: above 1 a convolution
is quicker. `python benchmarks/subsample.py [THREADS]`
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

import netspec
from netspec.ops.pool import Subsample
from netspec.runtime.devices import Device
from netspec.runtime.session import open_model

SPEC = "netspec 1\nnet S {{\ninput x: {maps} x {side} x {side}\noutput y = x -> subsample({window}) -> tanh\n}}\n"
MAPS, SIZES = (4, 6, 12, 16, 20, 32, 50, 64, 128), ((1, 28, 2), (32, 28, 2), (32, 12, 3), (8, 56, 4))


def session(maps: int, side: int, window: int, block: int, threads: int, folder: Path) -> Any:
    """The layer compiled so that layers whose maps are a multiple of ``block`` are convolutions."""
    Subsample.BLOCK = block
    netspec.loads(SPEC.format(maps=maps, side=side, window=window)).compile(folder / "s.onnx")
    return open_model(folder / "s.onnx", Device("cpu", threads=threads)).session


def seconds(runs: list[Any], x: np.ndarray) -> list[float]:
    """The median time of each session, run in turn."""
    repeats = max(3, min(200, 10**6 // x.size))
    times: list[list[float]] = [[] for _ in runs]
    for turn in range(15):
        for at in (0, 1) if turn % 2 else (1, 0):
            began = perf_counter()
            for _ in range(repeats):
                runs[at].run(None, {"x": x})
            times[at].append((perf_counter() - began) / repeats)
    return [median(each) for each in times]


def main(threads: int) -> None:
    """Print the table."""
    print("| maps | batch, side, window | mean, ms | convolution, ms | ratio |\n| --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        for maps, (batch, side, window) in product(MAPS, SIZES):
            runs = [session(maps, side, window, block, threads, Path(folder)) for block in (10**9, 1)]
            x = np.random.default_rng(0).standard_normal((batch, maps, side, side)).astype(np.float32)
            mean, conv = seconds(runs, x)
            print(f"| {maps} | {batch}, {side}², {window} | {1e3 * mean:.3f} | {1e3 * conv:.3f} | {mean / conv:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
