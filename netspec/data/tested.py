"""What a test picture goes through: as every picture, but for its crop, one or ten; and the answer to all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.chain import apply
from netspec.data.inputs import Images, as_input, each
from netspec.data.pixel_graph import PixelGraph
from netspec.data.steps import FIXED, Fixed, before
from netspec.diagnostics import Fault
from netspec.settings import Data
from netspec.settings.arguments import of_class
from netspec.settings.steps import CenterCrop, Step, TenCrop

Array = NDArray[Any]


def views(images: Images, data: Data, shape: tuple[int | None, ...], done: int = 0) -> Array:
    """Inputs for some pictures or arrays, channels last; of ten crops a picture's ten stand one after the other.

    They have been through the first ``done`` steps.
    """
    first, last = data.tested()
    if data.test is None or (isinstance(images, np.ndarray) and images.ndim != 4):
        return as_input(apply(images, [*first, *last][done:]), shape)
    images = of_class(CROPS, data.test).change(apply(images, first[done:]), data.test)
    return as_input(apply(images, last), shape)


def graph(pictures: PixelGraph, data: Data) -> None:
    """The same in the graph of a model that takes pixels; ten crops there follow one another along the batch."""
    first, last = data.tested()
    for step in first:
        of_class(FIXED, step).graph(pictures, step)
    if data.test is not None:
        of_class(CROPS, data.test).graph(pictures, data.test)
    for step in last:
        of_class(FIXED, step).graph(pictures, step)


def ten_crop(images: Images, step: TenCrop) -> Images:
    """Ten parts of each picture, a picture's beside each other."""
    return each([crop for image in images for crop in _ten(image, step)], np.asarray)


def _ten(image: Array, step: TenCrop) -> list[Array]:
    """Four corners and the middle, then all of them mirrored (Krizhevsky et al. 2012, section 4.1)."""
    (height, width), n = image.shape[:2], step.size
    if n > height or n > width:
        raise Fault(
            "N703", f"ten crops of {n} x {n} do not fit into a picture of {height} x {width}", help="resize before it"
        )
    corners = [
        (0, 0),
        (0, width - n),
        (height - n, 0),
        (height - n, width - n),
        (step.before(height - n), step.before(width - n)),
    ]
    crops = [image[y : y + n, x : x + n] for y, x in corners]
    return [*crops, *(crop[:, ::-1] for crop in crops)]


def ten_crop_graph(pictures: PixelGraph, step: TenCrop) -> None:
    """The ten parts in a graph: the first of every picture, then the second, to the tenth."""
    write, n = pictures.write, step.size
    bottom, right = (write("Sub", pictures.size(axis), write.ints([n])) for axis in (2, 3))
    top = write.ints([0])
    middle = [before(pictures, edge, step) for edge in (bottom, right)]
    places = [(top, top), (top, right), (bottom, top), (bottom, right), (middle[0], middle[1])]
    crops = [pictures.cut(y, x, n, n) for y, x in places]
    ends = write.ints([-1]), write.ints([-(2**62)]), write.ints([3]), write.ints([-1])
    pictures.value = write("Concat", *crops, *(write("Slice", crop, *ends) for crop in crops), axis=0)


#: What becomes of a test picture, by the class of the step that `test:` names.
CROPS: dict[type[Step], Fixed] = {CenterCrop: FIXED[CenterCrop], TenCrop: Fixed(ten_crop, ten_crop_graph)}


def averaged(values: Array, count: int, end: str) -> Array:
    """The answers for ``count`` pictures: the mean over the views of each; of logarithms, that of what they are of."""
    if len(values) == count:
        return values
    parted = values.reshape(count, -1, *values.shape[1:])
    mean: Array = np.exp(parted.astype(np.float64)).mean(axis=1) if end == "log_softmax" else parted.mean(axis=1)
    return np.log(mean) if end == "log_softmax" else mean
