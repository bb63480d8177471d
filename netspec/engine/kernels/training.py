"""Dropout: a mask from a counter, so that neither threads nor a resumed run change it."""

from __future__ import annotations

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Clock, Kernel, Memory, Run, Sizes


def draw_mask(mask: Array, draw: Array, share: float, clock: Clock, key: int, first: int) -> None:
    """Fill the mask of a chunk that begins at image ``first``, from (seed, layer's key, step, image).

    0 at a ``share`` of the numbers, 1 / (1 − share) at the others; ``draw`` is workspace of as many numbers.
    """
    keys = np.array([clock.seed % 2**64, key], dtype=np.uint64)
    counter = np.array([0, 0, first, clock.step], dtype=np.uint64)
    rng = np.random.Generator(np.random.Philox(key=keys, counter=counter))
    rng.random(dtype=draw.dtype, out=draw)
    np.greater_equal(draw.reshape(mask.shape), share, out=mask)
    np.multiply(mask, 1 / (1 - share), out=mask)


class Dropout(Kernel):
    """Keeps a number with probability 1 − share and divides it by that; drawn from (seed, layer, step, image)."""

    op_type = ops.training.Dropout

    def saved(self, n: int) -> Sizes:
        return {"mask": (n, *self.y)}

    def scratch(self, n: int) -> Sizes:
        return {"draw": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        x, y, mask, share, clock = m.xs[0], m.y, m.saved["mask"], self.op.share, m.clock
        draw = m.scratch["draw"].reshape(-1)

        def run() -> None:
            draw_mask(mask, draw, share, clock, m.key, m.first)
            np.multiply(x, mask, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        dx, dy, mask = m.dxs[0], m.dy, m.saved["mask"]
        if dx is None or dy is None:
            return lambda: None
        return lambda: np.multiply(dy, mask, out=dx)
