"""Batches of a training set: an order and random changes that the seed, the epoch and the picture decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.prepare import apply, as_input, draws_needed, split
from netspec.data.sets import Pictures
from netspec.settings import Arguments, Data
from netspec.settings import data as steps

Array = NDArray[Any]
#: Pictures prepared at a time before training, and in evaluation.
SLICE = 512


def with_mean(data: Data, pictures: Pictures) -> Data:
    """The settings with the training set's own mean where ``subtract(mean)`` asks for it."""
    prepare: list[Arguments] = []
    for step in data.prepare:
        if isinstance(step, steps.Subtract) and step.value is None:
            total, count = np.zeros(1), 0
            for at in range(0, len(pictures), SLICE):
                images = apply(pictures.images[at : at + SLICE], prepare)
                for image in images:
                    total = total + image.sum(axis=(0, 1), dtype=np.float64)
                    count += image.shape[0] * image.shape[1]
            step = step.model_copy(update={"value": [float(v) for v in total / count]})
        prepare.append(step)
    return data.model_copy(update={"prepare": tuple(prepare)})


class PictureBatches:
    """Training batches. What stands before the augmentation is done once; the rest as batches are asked for."""

    def __init__(
        self, pictures: Pictures, data: Data, shape: tuple[int | None, ...], name: str, outputs: Sequence[str], seed: int
    ) -> None:
        before, self.augment, self.after = split(data)
        self.labels, self.shape, self.name, self.outputs, self.seed = pictures.labels, shape, name, outputs, seed
        if self.augment:
            self.images = apply(pictures.images, before)
        else:
            self.images = _all(pictures, [*before, *self.after], shape)
            self.after = []
        self.draws = draws_needed(self.augment)
        if self.augment:  # a wrong size is told before the first step
            as_input(apply(self._changed(np.arange(1), 0), self.after), shape)

    def __len__(self) -> int:
        return len(self.labels)

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Mapping[str, Array], Mapping[str, Array]]]:
        """The batches of an epoch; the next one is made while the net computes."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed % 2**64, 2 * number]))
        order = rng.permutation(len(self))
        places = [order[at : at + batch] for at in range(0, len(order), batch)]
        with ThreadPoolExecutor(1) as ahead:
            waiting = ahead.submit(self._batch, places[0], number)
            for following in [*places[1:], None]:
                ready = waiting.result()
                if following is not None:
                    waiting = ahead.submit(self._batch, following, number)
                yield ready

    def _batch(self, places: Array, epoch: int) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
        images = apply(self._changed(places, epoch), self.after)
        array = images if not self.augment and isinstance(images, np.ndarray) else as_input(images, self.shape)
        return {self.name: array}, dict.fromkeys(self.outputs, self.labels[places])

    def _changed(self, places: Array, epoch: int) -> Any:
        """Some pictures, augmented: the numbers of picture i come from (seed, epoch, i) alone."""
        chosen = self.images[places] if isinstance(self.images, np.ndarray) else [self.images[i] for i in places]
        if not self.augment:
            return chosen
        rows = np.empty((len(places), self.draws))
        for row, place in enumerate(places.tolist()):
            rows[row] = _uniform(self.seed, epoch, place, self.draws)
        return apply(chosen, self.augment, rows)


def _uniform(seed: int, epoch: int, picture: int, count: int) -> Array:
    """Numbers from 0 to 1 by a counter-based generator."""
    counter = np.array([0, 0, picture, 2 * epoch + 1], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=[seed % 2**64, 1], counter=counter)).random(count)


def _all(pictures: Pictures, chain: list[Arguments], shape: tuple[int | None, ...]) -> Array:
    parts = [as_input(apply(pictures.images[at : at + SLICE], chain), shape) for at in range(0, len(pictures), SLICE)]
    return np.concatenate(parts)


def prepared(pictures: Pictures, data: Data, shape: tuple[int | None, ...]) -> Iterator[tuple[Array, Array]]:
    """Slices of inputs, channels last, and labels, as evaluation and use see them."""
    before, _, after = split(data)
    for at in range(0, len(pictures), SLICE):
        yield as_input(apply(pictures.images[at : at + SLICE], [*before, *after]), shape), pictures.labels[at : at + SLICE]
