"""Random changes of training pictures: each picture has a row of random numbers of its own, from 0 to below 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.data.inputs import Images, each, single
from netspec.data.steps import luma, resize_image
from netspec.diagnostics import Fault
from netspec.settings import steps

Array = NDArray[Any]


@dataclass(frozen=True)
class Random:
    """How many random numbers a step takes for one picture, and what it does with them."""

    draws: int
    change: Callable[[Images, Any, Array], Images]


def each_drawn(images: Images, draws: Array, change: Callable[[Array, Array], Any]) -> Images:
    """Change picture by picture, each with its own random numbers."""
    rows = iter(draws)
    return each(images, lambda image: change(image, next(rows)))


def random_crop(images: Images, step: steps.RandomCrop, draws: Array) -> Images:
    """A part from anywhere, of pictures with zeros around."""
    n, p = step.size, step.pad
    if not isinstance(images, np.ndarray):
        return each_drawn(images, draws, lambda image, row: np.asarray(random_crop(image[None], step, row[None]))[0])
    padded = np.pad(images, ((0, 0), (p, p), (p, p), (0, 0)))
    height, width = padded.shape[1] - n, padded.shape[2] - n
    if height < 0 or width < 0:
        raise Fault(
            "N703",
            f"a crop of {n} x {n} does not fit into a picture of {padded.shape[1]} x {padded.shape[2]}",
            help="resize before it",
        )
    top, left = (draws * [height + 1, width + 1]).astype(np.int64).T
    views = np.lib.stride_tricks.sliding_window_view(padded, (n, n), axis=(1, 2))
    cut: Array = np.moveaxis(views[np.arange(len(images)), top, left], 1, -1)
    return cut


#: Tries of area and shape before the middle is taken.
TRIES = 10


def random_resized_crop(images: Images, step: steps.RandomResizedCrop, draws: Array) -> Images:
    """A part of any size and shape within its bounds, resized."""
    return each_drawn(images, draws, lambda image, row: part_of(image, step, row))


def part_of(image: Array, step: steps.RandomResizedCrop, row: Array, filter: str = "bilinear") -> Array:
    """The same of one picture (height, width, maps), by one of Pillow's filters."""
    top, left, height, width = resized_part(image.shape[0], image.shape[1], row)
    part = np.ascontiguousarray(image[top : top + height, left : left + width])
    return resize_image(part, step.size, step.size, filter)


def resized_part(height: int, width: int, row: Array) -> tuple[int, int, int, int]:
    """Top, left, height and width of a part of 8 to 100 % of the area, its sides 3:4 to 4:3.

    As torchvision's RandomResizedCrop: ten tries of area and shape; where none fits, the middle, as large as the bounds
    of its shape let it be.
    """
    for share, shape in row[: 2 * TRIES].reshape(TRIES, 2):
        area, ratio = height * width * (0.08 + 0.92 * share), np.exp((2 * shape - 1) * np.log(4 / 3))
        w, h = round(float(np.sqrt(area * ratio))), round(float(np.sqrt(area / ratio)))
        if 0 < w <= width and 0 < h <= height:
            return int(row[-2] * (height - h + 1)), int(row[-1] * (width - w + 1)), h, w
    w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
    return (height - h) // 2, (width - w) // 2, h, w


def mirror(images: Images, step: steps.Mirror, draws: Array) -> Images:
    """Every second one, left and right changed."""
    return each_drawn(images, draws, lambda image, row: mirrored(image, row))


def mirrored(image: Array, row: Array) -> Array:
    """The same of one picture."""
    return image[:, ::-1] if row[0] < 0.5 else image


def rotate(images: Images, step: steps.Rotate, draws: Array) -> Images:
    """Either way round the middle, a draw of 1 being counterclockwise; what comes in from outside is 0."""
    return each_drawn(images, draws, lambda image, row: rotated(image, step, row, Image.Resampling.BILINEAR))


def rotated(image: Array, step: steps.Rotate, row: Array, how: Image.Resampling) -> Array:
    """The same of one picture (height, width, maps), by one of Pillow's ways."""
    angle = (2 * float(row[0]) - 1) * step.degrees
    maps = [
        np.asarray(Image.fromarray(np.ascontiguousarray(image[..., c])).rotate(angle, how))
        for c in range(image.shape[2])
    ]
    return np.stack(maps, axis=-1)


#: Principal components of ImageNet's colours, 0 to 1: values, and a vector a column (Krizhevsky's decorrelation).
_IMAGENET = (
    np.array([0.2175, 0.0188, 0.0045], dtype=np.float32),
    np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]], dtype=np.float32),
)


def components(step: steps.PcaJitter) -> tuple[Array, Array]:
    """The eigenvalues of a step's covariance, the largest first, and its vectors, one a column.

    The largest number of a vector is above 0, since either sign is right.
    """
    if step.of == steps.IMAGENET:
        return _IMAGENET
    if step.covariance is None:
        raise Fault(
            "N703",
            "pca_jitter needs the colours of the training set, which are not known yet",
            help="write `pca_jitter(of: imagenet)` for the published ones",
        )
    values, vectors = np.linalg.eigh(np.array(step.covariance, np.float64))
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(3)])
    return single(np.maximum(values[::-1], 0)), single((vectors * signs)[:, ::-1])


def _gaussians(draws: Array) -> Array:
    """Three normal numbers from six uniform ones (Box, Muller 1958)."""
    radius = np.sqrt(-2 * np.log(np.maximum(draws[:3], 1e-12)))
    normal: Array = (radius * np.cos(2 * np.pi * draws[3:])).astype(np.float32)
    return normal


def pca_jitter(images: Images, step: steps.PcaJitter, draws: Array) -> Images:
    """One colour added to all of a picture. Components are of colours from 0 to 1, pictures run to 255."""
    values, vectors = components(step)

    def one(image: Array, row: Array) -> Array:
        colour = image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)
        moved = vectors @ (_gaussians(row) * step.sigma * values) * 255
        return np.asarray(np.clip(single(colour) + moved, 0, 255))

    return each_drawn(images, draws, one)


def color_jitter(images: Images, step: steps.ColorJitter, draws: Array) -> Images:
    """Towards black, towards the picture's mean grey, and towards each place's own grey, or away from them."""

    def one(image: Array, row: Array) -> Array:
        amounts = (step.brightness, step.contrast, step.saturation)
        brightness, contrast, saturation = (_factor(float(r), amount) for r, amount in zip(row, amounts, strict=True))
        array = np.clip(single(image) * np.float32(brightness), 0, 255)
        mean = _grey(array).mean()
        array = np.clip((array - mean) * np.float32(contrast) + mean, 0, 255)
        grey = _grey(array)[..., None]
        return np.asarray(np.clip((array - grey) * np.float32(saturation) + grey, 0, 255))

    return each_drawn(images, draws, one)


def _grey(array: Array) -> Array:
    return luma(array) if array.shape[2] == 3 else array[..., 0]


def _factor(draw: float, amount: float) -> float:
    """A factor from [max(0, 1 - amount), 1 + amount]."""
    least = max(0.0, 1 - amount)
    return least + draw * (1 + amount - least)


#: What each random step does, by its class.
RANDOM: dict[type[steps.Step], Random] = {
    steps.RandomCrop: Random(2, random_crop),
    steps.RandomResizedCrop: Random(2 * TRIES + 2, random_resized_crop),
    steps.Mirror: Random(1, mirror),
    steps.Rotate: Random(1, rotate),
    steps.PcaJitter: Random(6, pca_jitter),
    steps.ColorJitter: Random(3, color_jitter),
}
