"""What an output is held against while it learns and when it is tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault
from netspec.settings.train import takes_labels

Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """An output with a loss: ``shape`` is one image's, channels last; ``end`` the layer that it ends in.

    ``rebuilds`` says that, where nothing else is given, it is held against the net's own input (an auto-encoder).
    """

    output: str
    loss: str
    end: str
    shape: tuple[int, ...]
    rebuilds: bool = False

    def of(self, given: Array | None, inputs: Mapping[str, Array]) -> Array:
        """Targets as the loss reads them: class numbers, or arrays of the output's shape. Fault N707 where they do not fit.

        ``given`` may be class numbers for any loss: arrays of one number take them as they are, others as one-hot.
        """
        if self.rebuilds and (given is None or given.ndim == 1):
            return next(iter(inputs.values())).reshape(-1, *self.shape)
        if given is None:
            raise Fault("N707", f"the data has nothing for output {self.output}", help=f"an array called {self.output} holds what it should answer")
        if takes_labels(self.loss):
            return self._labels(given, self.shape[:-1])
        if given.shape[1:] == self.shape or prod(given.shape[1:]) == prod(self.shape) == 1:
            return given.reshape(-1, *self.shape).astype(np.float32)
        if given.ndim == 1 and given.dtype.kind in "iu":
            wide: Array = np.eye(self.shape[-1], dtype=np.float32)[self._labels(given, ())]
            return wide.reshape(len(given), *self.shape)
        raise self._unfit(given, self.shape)

    def _labels(self, given: Array, positions: tuple[int, ...]) -> Array:
        if given.dtype.kind not in "iu" or prod(given.shape[1:]) != prod(positions):
            raise self._unfit(given, positions)
        least, most, units = int(given.min()), int(given.max()), self.shape[-1]
        if least < 0:
            raise Fault("N707", f"the data has a class {least}", help="classes are counted from 0")
        if most >= units:
            raise Fault("N707", f"the data has a class {most}, and output {self.output} gives {units}",
                        help=f"`--set classes={most + 1}`, where the net has such a parameter")  # fmt: skip
        return given.reshape(-1, *positions)

    def _unfit(self, given: Array, wanted: tuple[int, ...]) -> Fault:
        kind = "whole" if takes_labels(self.loss) else "real"
        return Fault("N707", f"the data has {given.dtype} numbers of {_sizes(given.shape[1:])} for output {self.output}, "
                     f"and {self.loss} reads {kind} ones of {_sizes(wanted)}")  # fmt: skip


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
