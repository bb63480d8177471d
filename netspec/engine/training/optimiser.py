"""Gradients to steps: each worker sums up, measures and applies its own stretches, which fit its cache."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any

import numpy as np

from netspec.engine.kernel import Array
from netspec.engine.planning.chunks import stretch_length
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.shared_memory import shared
from netspec.engine.running.update import Stretch
from netspec.engine.training.rules import RULES, Moment


class Optimiser:
    """One rule over the flat weights. Its state is one flat array a name, so that it can be kept in a file.

    ``multiple`` is of the rule's rate, for the next step; ``clip`` the longest gradient that is applied as it is.
    All that workers read and write is shared memory, made before they are.
    """

    def __init__(self, settings: Any, store: Parameters, clip: float | None = None) -> None:
        self.settings, self.store, self.clip = settings, store, clip
        self.rule = RULES[type(settings)](settings)
        self.state = {name: shared(store.size, store.dtype) for name in self.rule.state}
        self.steps, self.multiple = 0, 1.0
        self.length = stretch_length(store.size)
        self.stretches: Sequence[Stretch] = _stretches(store, self.length)
        self.squares = shared(len(self.stretches), np.float64)
        self.work: dict[int, Array] = {}

    def measure(self, index: int, gradient: Array) -> None:
        """Note the length of a stretch of the gradient; all are added in their order, whoever measured them."""
        stretch = self.stretches[index]
        g = gradient[stretch.start : stretch.end]
        self.squares[index] = np.vdot(g, g)

    def finite(self, loss: float) -> bool:
        """Whether the last step's loss and gradient were finite, so that it was taken."""
        return isfinite(loss) and isfinite(float(self.squares.sum()))

    def apply(self, gradient: Array, worker: int, workers: int) -> None:
        """A worker's share of a step: change the weights by the gradient, clipped where it is too long."""
        length = sqrt(float(self.squares.sum()))
        shorter = self.clip / length if self.clip is not None and length > self.clip else None
        if worker not in self.work:
            self.work[worker] = np.empty((2, self.length), dtype=self.store.dtype)
        work = self.work[worker]
        for stretch in self.stretches[worker::workers]:
            span = slice(stretch.start, stretch.end)
            g = gradient[span]
            if shorter is not None:
                np.multiply(g, shorter, out=g)
            kept = {name: flat[span] for name, flat in self.state.items()}
            moment = Moment(
                self.steps, self.settings.rate * stretch.rate * self.multiple, self.settings.decay * stretch.decay
            )
            self.rule.step(self.store.flat[span], g, kept, moment, work[:, : stretch.end - stretch.start])


def _stretches(store: Parameters, length: int) -> list[Stretch]:
    """Slots beside each other with equal multiples joined, then cut; none crosses the end of the direct gradients."""
    merged: list[Stretch] = []
    for slot in store.slots.values():
        new = Stretch(slot.stretch.start, slot.stretch.stop, slot.rate, slot.decay)
        last = merged[-1] if merged else None
        if (
            last is not None
            and new.start != store.direct
            and (last.end, last.rate, last.decay) == (new.start, new.rate, new.decay)
        ):
            merged[-1] = Stretch(last.start, new.end, new.rate, new.decay)
        else:
            merged.append(new)
    return [
        Stretch(start, min(start + length, run.end), run.rate, run.decay)
        for run in merged
        for start in range(run.start, run.end, length)
    ]
