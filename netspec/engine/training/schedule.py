"""The learning rate over time, as a multiple of the optimiser's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from netspec.settings import train as settings
from netspec.settings.train import Plateau, Warmup

#: What times counted in epochs are off by at most.
TINY = 1e-9


@dataclass
class Schedule:
    """``steps`` as ``schedule:`` has them, ``epochs`` in all; a plateau keeps the ``best`` loss and its ``factor``."""

    steps: Sequence[settings.Schedule]
    epochs: int
    factor: float = 1.0
    best: float = inf
    waited: int = 0

    def at(self, epoch: float, took: float = 0.0) -> float:
        """The multiple for what begins at a time, counted in epochs from 0, and takes ``took`` of an epoch.

        A warm-up counts steps from 1: the i-th of n has i/n, so that none is lost to a rate of 0.
        """
        passed = 0.0
        for step in self.steps:
            if isinstance(step, Warmup):
                if epoch < passed + step.epochs - TINY:
                    return step.multiple(epoch + took, passed, self.epochs)
                passed += step.epochs
            else:
                return step.multiple(epoch, passed, self.epochs) * self.factor
        return 1.0

    def memory(self) -> tuple[float, float, int]:
        """What a plateau remembers: the arguments ``factor``, ``best`` and ``waited`` of a schedule that goes on."""
        return self.factor, self.best, self.waited

    def seen(self, loss: float) -> None:
        """Told an epoch's loss: a plateau lowers the rate when it has not fallen for long."""
        plateau = next((step for step in self.steps if isinstance(step, Plateau)), None)
        if plateau is None:
            return
        if loss < self.best:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= plateau.patience:
            self.factor, self.waited = self.factor * plateau.factor, 0
