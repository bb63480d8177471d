"""Digits in colour before a coloured ground, 32 × 32: for nets that want more than black and white.

After MNIST-M (Ganin, Lempitsky 2015: Unsupervised domain adaptation by backpropagation, section 4.1), whose grounds are
pieces of photographs; here they are drawn, with the spectrum that photographs have.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.own import SIDES
from netspec.claims.pictures import Pictures
from netspec.data.drawn import natural

Array = NDArray[Any]
#: Of a picture, and of the digit on it.
SIDE, DIGIT = SIDES[3], SIDES[1]
#: By how much a digit is lighter than its ground, in each of three bytes; how much of the texture is seen.
LIGHTER, TEXTURE = (50, 128), 0.5


def coloured(digits: Pictures, seed: int = 1) -> Pictures:
    """The same digits (count, 28, 28, 1) as (count, 32, 32, 3), each before a ground of its own; equal for a seed."""
    rng = np.random.default_rng(seed)
    x, test_x = (np.stack([_one(digit[..., 0], rng) for digit in part]) for part in (digits.x, digits.test_x))
    return Pictures(x, digits.y, test_x, digits.test_y, digits.classes)


def _one(digit: Array, rng: np.random.Generator) -> Array:
    paint = rng.integers(0, 128, 3)
    ink = paint + rng.integers(*LIGHTER, 3)
    ground = (paint + TEXTURE * (natural((SIDE, SIDE), rng)[..., None] - 128.0)).clip(0, 255)
    y, x = rng.integers(0, SIDE - DIGIT + 1, 2)
    cover = np.zeros((SIDE, SIDE, 1))
    cover[y : y + DIGIT, x : x + DIGIT, 0] = digit / 255
    mixed: Array = (ground * (1 - cover) + ink * cover).round().astype(np.uint8)
    return mixed
