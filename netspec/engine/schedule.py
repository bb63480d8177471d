"""The learning rate over time, as a multiple of the optimiser's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, inf, pi

from netspec.settings import Arguments
from netspec.settings.train import Cosine, Plateau, Poly, Step, Warmup

#: What times counted in epochs are off by at most.
TINY = 1e-9


@dataclass
class Schedule:
    """``steps`` as ``schedule:`` has them; ``epochs`` in all. A plateau remembers the best loss."""

    steps: Sequence[Arguments]
    epochs: int
    factor: float = 1.0
    best: float = inf
    waited: int = 0
    warm: float = field(init=False)

    def __post_init__(self) -> None:
        self.warm = sum(step.epochs for step in self.steps if isinstance(step, Warmup))

    def at(self, epoch: float, took: float = 0.0) -> float:
        """The multiple for what begins at a time, counted in epochs from 0, and takes ``took`` of an epoch.

        A warm-up counts steps from 1: the i-th of n has i/n, so that none is lost to a rate of 0.
        """
        passed = 0.0
        for step in self.steps:
            if isinstance(step, Warmup):
                if epoch < passed + step.epochs - TINY:
                    return min((epoch - passed + took) / step.epochs, 1.0)
                passed += step.epochs
                continue
            return self._after(step, epoch, passed)
        return 1.0

    def _after(self, step: Arguments, epoch: float, start: float) -> float:
        done = min((epoch - start) / max(self.epochs - start, 1e-9), 1.0)
        if isinstance(step, Cosine):
            return 0.5 * (1 + cos(pi * done))
        if isinstance(step, Poly):
            return float((1 - done) ** step.power)
        if isinstance(step, Step):
            times = sum(epoch >= at for at in step.at) if step.at is not None else int(epoch // (step.every or 1))
            return float(step.factor**times)
        return self.factor

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
