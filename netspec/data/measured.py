"""What steps take from the training set: the mean of each map, the covariance of its colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples
from netspec.data.batches import SLICE, sources
from netspec.data.chain import apply, split
from netspec.data.picture_files import done, in_slices
from netspec.data.sets import Pictures
from netspec.settings import Data, steps

Array = NDArray[Any]
Inputs = Sequence[str] | Mapping[str, Any]


def measured(data: Data, part: Pictures | Examples, inputs: Inputs) -> Data:
    """The settings with what ``subtract(mean)`` and ``pca_jitter`` ask for, of a training set.

    Both are of what the steps before them give, by place and not by picture; colours before the augmentation. What is
    there already stays.
    """
    prepare: list[steps.Step] = []
    for step in data.prepare:
        if isinstance(step, steps.Subtract) and step.value is None:
            total, count = np.zeros(1), 0
            for numbers in _places(part, inputs, prepare):
                total, count = total + numbers.sum(axis=0, dtype=np.float64), count + len(numbers)
            step = step.replaced(value=[float(v) for v in total / count])
        prepare.append(step)
    data = data.replaced(prepare=tuple(prepare))
    if any(map(_lacks_colours, data.augment)):
        colours = _covariance(_places(part, inputs, split(data)[0]))
        data = data.replaced(
            augment=tuple(step.replaced(covariance=colours) if _lacks_colours(step) else step for step in data.augment)
        )
    return data


def _lacks_colours(step: steps.Step) -> bool:
    return isinstance(step, steps.PcaJitter) and step.of is None and step.covariance is None


def _covariance(pictures: Iterator[Array]) -> list[list[float]]:
    """That of red, green and blue, 0 to 1, over all places; a grey picture has three equal ones."""
    products, total, count = np.zeros((3, 3)), np.zeros(3), 0
    for numbers in pictures:
        # around the middle, so that little is lost to the square of the mean
        colours = np.broadcast_to(numbers, (len(numbers), 3)) / 255.0 - 0.5
        products += colours.T @ colours
        total += colours.sum(axis=0)
        count += len(colours)
    mean = total / count
    found: list[list[float]] = (products / count - np.outer(mean, mean)).tolist()
    return found


def _places(part: Pictures | Examples, inputs: Inputs, chain: Sequence[steps.Step]) -> Iterator[Array]:
    """The numbers of each example behind some steps, (places, maps)."""
    for images in sources(part, inputs).values():
        change = partial(apply, chain=chain[done(images) :])
        with closing(in_slices(images, SLICE, change)) as slices:
            for image in (image for pieces in slices for piece in pieces for image in piece):
                yield image.reshape(-1, image.shape[-1])
