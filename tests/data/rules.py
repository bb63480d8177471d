"""A row a step, with a plain rule for it: Pillow's own picture where Pillow has such a thing,
else the formula in float64.

Tests of pictures, of the raw-pixel graph and of the seams go through these rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sqrt
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from netspec.settings import steps

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(3)
PICTURE = RNG.integers(0, 256, (20, 26, 3), dtype=np.uint8)
#: ImageNet's colours (Krizhevsky et al. 2012): eigenvalues and a vector a column.
VALUES = np.array([0.2175, 0.0188, 0.0045])
VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Row:
    """A step, what it makes of PICTURE by a plain rule, and how far numbers may be apart.

    The rule of a random step takes its draws besides; that of a test's crops gives all of them.
    """

    step: steps.Step
    rule: Callable[..., Any]
    apart: float = 0

    def __str__(self) -> str:
        return str(self.step)


def pillow(change: Callable[[Image.Image], Image.Image]) -> Callable[[Array], Array]:
    """What Pillow makes of a picture."""
    return lambda picture: np.atleast_3d(np.asarray(change(Image.fromarray(picture))))


FIXED: tuple[Row, ...] = (
    Row(steps.Resize(height=5, width=7), pillow(lambda p: p.resize((7, 5), Image.Resampling.BILINEAR))),
    Row(steps.Resize(height=9), pillow(lambda p: p.resize((9, 9), Image.Resampling.BILINEAR))),
    # 26 · 13 / 20 = 16.9
    Row(steps.Resize(height=20, width=9), pillow(lambda p: p.resize((9, 20), Image.Resampling.BILINEAR))),
    Row(steps.Resize(height=9, width=26), pillow(lambda p: p.resize((26, 9), Image.Resampling.BILINEAR))),
    Row(steps.Resize(short=13, filter="lanczos"), pillow(lambda p: p.resize((16, 13), Image.Resampling.LANCZOS))),
    Row(steps.Resize(height=31, width=40, filter="bicubic"),
     pillow(lambda p: p.resize((40, 31), Image.Resampling.BICUBIC))),
    Row(steps.Resize(height=6, width=6, filter="nearest"),
     pillow(lambda p: p.resize((6, 6), Image.Resampling.NEAREST))),
    Row(steps.Resize(height=6, width=6, filter="box"), pillow(lambda p: p.resize((6, 6), Image.Resampling.BOX))),
    Row(steps.CenterCrop(height=5), lambda p: p[8:13, 10:15]),  # of 15 and 21 to cut off, 7.5 and 10.5, to even
    Row(steps.CenterCrop(height=4, width=20), lambda p: p[8:12, 3:23]),
    Row(steps.Grayscale(), pillow(lambda p: p.convert("L"))),
    Row(steps.Invert(), lambda p: 255 - p),
    Row(steps.Scale(factor=-0.5), lambda p: p * -0.5),
    Row(steps.Normalize(mean=[1.0, 2.0, 3.0], std=[2.0, 4.0, 8.0]), lambda p: (p - [1.0, 2, 3]) / [2, 4, 8], 1e-5),
    Row(steps.Normalize(mean=10.0, std=2.0), lambda p: (p - 10.0) / 2, 1e-5),
    Row(steps.Subtract(what="mean", value=[1.5, 2.5, 3.0]), lambda p: p - [1.5, 2.5, 3.0], 1e-5),
    Row(steps.Range(low=51.0, high=102.0), lambda p: (np.clip(p, 51.0, 102.0) - 51) * 5, 1e-4),
)  # fmt: skip


def cropped(picture: Array, d: Array) -> Array:
    padded = np.zeros((24, 30, 3), np.uint8)
    padded[2:22, 2:28] = picture
    top, left = int(d[0] * 9), int(d[1] * 15)
    return padded[top : top + 16, left : left + 16]


def resized(picture: Array, d: Array) -> Array:
    area, ratio = 20 * 26 * (0.08 + 0.92 * d[0]), (4 / 3) ** (2 * d[1] - 1)
    width, height = round(sqrt(area * ratio)), round(sqrt(area / ratio))
    top, left = int(d[20] * (21 - height)), int(d[21] * (27 - width))
    box = (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(picture).crop(box).resize((9, 9), Image.Resampling.BILINEAR))


def turned(picture: Array, d: Array) -> Array:
    return np.asarray(Image.fromarray(picture).rotate(-30 + 60 * d[0], Image.Resampling.BILINEAR))


def coloured(picture: Array, d: Array) -> Array:
    normal = [sqrt(-2 * np.log(d[i])) * cos(2 * pi * d[3 + i]) for i in range(3)]  # Box, Muller 1958
    return np.clip(picture + 255 * VECTORS @ (0.1 * np.array(normal) * VALUES), 0, 255)


def jittered(picture: Array, d: Array) -> Array:
    image = Image.fromarray(picture)
    image = ImageEnhance.Brightness(image).enhance(0.6 + 0.8 * d[0])
    image = ImageEnhance.Contrast(image).enhance(0.5 + 1.0 * d[1])
    return np.asarray(ImageEnhance.Color(image).enhance(0.0 + 2.0 * d[2]))


RANDOM: tuple[Row, ...] = (
    Row(steps.RandomCrop(size=16, pad=2), cropped),
    Row(steps.RandomResizedCrop(size=9), resized),
    Row(steps.Mirror(), lambda picture, d: np.fliplr(picture) if d[0] < 0.5 else picture),
    Row(steps.Rotate(degrees=30.0), turned),
    Row(steps.PcaJitter(sigma=0.1, of="imagenet"), coloured, 1e-2),
    Row(
        steps.ColorJitter(brightness=0.4, contrast=0.5, saturation=1.0), jittered, 3.5
    ),  # Pillow rounds after each part
)


def ten(picture: Array) -> Array:
    """Krizhevsky et al. 2012, section 4.1: the corners, the middle (of 12 and 18 to cut off, 6 and 9),
    and their mirrors."""
    crops = [picture[y : y + 8, x : x + 8] for y, x in ((0, 0), (0, 18), (12, 0), (12, 18), (6, 9))]
    return np.stack([*crops, *(crop[:, ::-1] for crop in crops)])


#: What `test:` names.
TESTS: tuple[Row, ...] = (
    Row(steps.CenterCrop(height=8), lambda p: p[None, 6:14, 9:17]),
    Row(steps.TenCrop(size=8), ten),
)
