"""A loss bound to arrays of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netspec.engine.running import losses

Array = np.ndarray[Any, np.dtype[Any]]


def bound(
    loss: str,
    z: Array,
    target: Array,
    smoothing: float = 0.0,
    batch: int = 0,
    weight: float = 1.0,
    by_class: Sequence[float] | None = None,
) -> tuple[float, Array, Array]:
    """The engine's loss, gradient and sums; workspace is full of NaN."""
    dz, work, sums = np.full_like(z, np.nan), np.full_like(z, np.nan), np.zeros(3)
    counts = None if by_class is None else losses.ByClass(np.array(by_class), target)
    losses.bind(loss, z, dz, target, work, sums, batch or len(z), weight, smoothing, counts)()
    return float(sums[losses.LOSS]), dz, sums
