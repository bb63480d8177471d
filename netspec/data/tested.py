"""What a test picture goes through: as every picture, but for its crop, one or ten; and the answer to all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.prepare import Images, apply, as_input, each
from netspec.diagnostics import Fault
from netspec.settings import Data
from netspec.settings.steps import TenCrop

Array = NDArray[Any]


def views(images: Images, data: Data, shape: tuple[int | None, ...]) -> Array:
    """Inputs for some pictures or arrays, channels last; of ten crops a picture's ten stand one after the other."""
    before, after = data.tested()
    if data.test is None or (isinstance(images, np.ndarray) and images.ndim != 4):
        return as_input(apply(images, [*before, *after]), shape)
    images = apply(images, before)
    if isinstance(data.test, TenCrop):
        images = each([crop for image in images for crop in _ten(image, data.test)], np.asarray)
    else:
        images = apply(images, [data.test])
    return as_input(apply(images, after), shape)


def _ten(image: Array, step: TenCrop) -> list[Array]:
    """Four corners and the middle, then all of them mirrored (Krizhevsky et al. 2012, section 4.1)."""
    (height, width), n = image.shape[:2], step.size
    if n > height or n > width:
        raise Fault("N703", f"ten crops of {n} x {n} do not fit into a picture of {height} x {width}", help="resize before it")
    corners = [(0, 0), (0, width - n), (height - n, 0), (height - n, width - n), (step.before(height - n), step.before(width - n))]
    crops = [image[y : y + n, x : x + n] for y, x in corners]
    return [*crops, *(crop[:, ::-1] for crop in crops)]


def averaged(values: Array, count: int, end: str) -> Array:
    """The answers for ``count`` pictures: the mean over the views of each, of probabilities where they are logarithms."""
    if len(values) == count:
        return values
    parted = values.reshape(count, -1, *values.shape[1:])
    mean: Array = np.exp(parted.astype(np.float64)).mean(axis=1) if end == "log_softmax" else parted.mean(axis=1)
    return np.log(mean) if end == "log_softmax" else mean
