"""Random examples for an input, through its preparation: what a net meets at first, without any data."""

from __future__ import annotations

from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.chain import apply, draws_needed, split
from netspec.data.inputs import as_input
from netspec.data.measured import measured
from netspec.data.sets import Pictures
from netspec.settings import Data, steps

Array = NDArray[Any]


def drawn(data: Data, shape: tuple[int, ...], count: int, rng: np.random.Generator) -> Array:
    """Examples for an input of a shape, maps first: float32 (count, sizes…, maps), or (count, units).

    Where the input has rows and columns they are pictures of bytes, prepared as in training: random ones with the
    spectrum of natural ones. Units and signals are drawn from N(0, 1), since what their preparation reads is not known.
    """
    side = isqrt(shape[0]) if len(shape) == 1 else 0
    as_picture = side * side == prod(shape) and any(isinstance(step, steps.Grayscale) for step in data.prepare)
    if len(shape) < 3 and not as_picture:
        return rng.standard_normal((count, *shape[1:], shape[0]), dtype=np.float32)
    sizes, maps = ((side, side), 1) if as_picture else (shape[1:], shape[0])
    images = np.stack([np.stack([natural(sizes, rng) for _ in range(maps)], axis=-1) for _ in range(count)])
    data = measured(data, Pictures(images, np.zeros(count, np.int64)), ("",))
    before, augment, after = split(data)
    draws = rng.random((count, draws_needed(augment)))
    return as_input(apply(apply(apply(images, before), augment, draws), after), shape)


def natural(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Bytes around 128 with a deviation of 64, whose amplitude falls with one over the frequency (Field 1987)."""
    frequencies = np.meshgrid(*map(np.fft.fftfreq, sizes), indexing="ij")
    radius = np.sqrt(sum(np.square(frequency) for frequency in frequencies))
    radius[(0,) * len(sizes)] = np.inf  # the mean is set below
    noise = np.fft.ifftn(np.fft.fftn(rng.standard_normal(sizes)) / radius).real
    picture: Array = np.clip(128 + 64 * noise / (noise.std() or 1), 0, 255).astype(np.uint8)
    return picture
