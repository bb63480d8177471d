"""What an output is held against while it learns and when it is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault
from netspec.settings.losses import VOID, CrossEntropy, has_void, takes_labels
from netspec.shape import Shape

Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """An output with a loss: ``shape`` is one image's, channels last, 0 for a free size; ``end`` the layer it ends in.

    ``rebuilds`` says that, where nothing else is given, it is held against the net's own input (an auto-encoder).
    """

    output: str
    loss: str
    end: str
    shape: tuple[int, ...]
    rebuilds: bool = False

    @property
    def voids(self) -> bool:
        """Whether places may be void: those of a map of classes, of which none has that number."""
        return self.loss == CrossEntropy.name and has_void(len(self.shape), self.shape[-1])

    def of(self, given: Array | None, inputs: Mapping[str, Array]) -> Array:
        """Targets as the loss reads them: class numbers, or arrays of the output's shape.

        ``given`` may be class numbers for any loss: arrays of one number take them as they are, others as one-hot.
        Raises Fault N707 where they do not fit.
        """
        if self.rebuilds and (given is None or given.ndim == 1):
            return next(iter(inputs.values())).reshape(-1, *self.shape)
        if given is None:
            raise Fault(
                "N707",
                f"the data has nothing for output {self.output}",
                help=f"add an array called {self.output}, with what it should answer",
            )
        if takes_labels(self.loss):
            return self._labels(given, self._positions(given))
        if given.shape[1:] == self.shape or prod(given.shape[1:]) == prod(self.shape) == 1:
            return given.reshape(-1, *self.shape).astype(np.float32)
        if given.ndim == 1 and given.dtype.kind in "iu":
            wide: Array = np.eye(self.shape[-1], dtype=np.float32)[self._labels(given, ())]
            return wide.reshape(len(given), *self.shape)
        raise self._unfit(given, self.shape)

    def _positions(self, given: Array) -> tuple[int, ...]:
        """The sizes of the map of answers; free ones are those of what is given."""
        positions, found = self.shape[:-1], given.shape[1:]
        if len(found) != len(positions):
            return positions
        return tuple(size or own for size, own in zip(positions, found, strict=True))

    def _labels(self, given: Array, positions: tuple[int, ...]) -> Array:
        if positions and given.ndim == 1:
            raise one_for_all(self.output)
        if given.dtype.kind not in "iu" or prod(given.shape[1:]) != prod(positions):
            raise self._unfit(given, positions)
        self.in_range(given)
        return given.reshape(-1, *positions).astype(np.int64)  # one byte has no place for a sum of numbers

    def in_range(self, given: Array, where: str = "the data") -> None:
        """Fault N707 where a number is of no class of the output's; ``where`` says what has it."""
        units = self.shape[-1]
        known = given[given != VOID] if self.voids else given
        least, most = int(known.min(initial=0)), int(known.max(initial=0))
        if least < 0:
            raise Fault("N707", f"{where} has a class {least}", help="count classes from 0")
        if most >= units:
            raise Fault(
                "N707",
                f"{where} has a class {most}, but output {self.output} gives {units}",
                help=f"count classes from 0 to {units - 1}",
            )

    def _unfit(self, given: Array, required: tuple[int, ...]) -> Fault:
        kind = "whole" if takes_labels(self.loss) else "real"
        return Fault(
            "N707",
            f"the data has {given.dtype} numbers of {_sizes(given.shape[1:])} for output {self.output}, "
            f"but {self.loss} reads {kind} ones of {_sizes(required)}",
        )


def one_for_all(output: str) -> Fault:
    """What is wrong with a class for each example where there should be one for each of its places."""
    return Fault(
        "N707",
        f"output {output} has a class for each place, but the data has one for each example",
        help="it wants label pictures, of the names of their pictures: PART/images/ and PART/labels/;\n"
        "or arrays of whole numbers, (examples, height, width)",
    )


def targets(
    losses: Mapping[str, str], shapes: Mapping[str, Shape], ends: Mapping[str, str], inputs: Sequence[Shape]
) -> list[Target]:
    """What each output with a loss is held against: ``shapes`` and ``ends``, the kinds of last layers, are by output.

    An output rebuilds the input where that is the only one, of the same shape, and the loss is one between numbers
    (an auto-encoder).
    """
    found = []
    for name, shape in shapes.items():
        loss = losses.get(name)
        if loss is None:
            continue
        rebuilds = not takes_labels(loss) and len(inputs) == 1 and shape == inputs[0]
        sizes = tuple(n if isinstance(n, int) else 0 for n in (*shape[1:], shape[0]))
        found.append(Target(name, loss, ends[name], sizes, rebuilds))
    return found


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
