"""Gradients to steps: each worker sums up, measures and applies its own stretches, which fit its cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np

from netspec.engine.crew import shared
from netspec.engine.kernel import Array
from netspec.engine.store import Store
from netspec.settings.train import Adam, AdamW, RmsProp, Sgd

#: Numbers updated at a time: so many, or an eighth of a small net, so that all workers have their share.
SHORTEST, LONGEST = 2**13, 2**17
#: Momentum below this is cleared: numbers that sink further are computed twenty times slower.
FAINT = 1e-30
#: What each rule keeps for every weight.
STATE = {"sgd": ("momentum",), "adam": ("mean", "square"), "adamw": ("mean", "square"), "rmsprop": ("square", "momentum")}


@dataclass(frozen=True)
class Stretch:
    """Neighbours with one multiple of the rate and one of the decay."""

    start: int
    end: int
    rate: float
    decay: float


class Optimiser:
    """One rule over the flat weights. Its state is one flat array a name, so that it can be kept in a file.

    ``multiple`` is of the rule's rate, for the next step; ``clip`` the longest gradient that is applied as it is.
    All that workers read and write is shared memory, made before they are.
    """

    def __init__(self, rule: Any, store: Store, clip: float | None = None) -> None:
        self.rule, self.store, self.clip = rule, store, clip
        self.state = {name: shared(store.size, store.dtype) for name in STATE[rule.name]}
        self.steps, self.multiple = 0, 1.0
        self.length = stretch_length(store.size)
        self.stretches = _stretches(store, self.length)
        self.squares = shared(len(self.stretches), np.float64)
        self.work: dict[int, Array] = {}
        self.update: Callable[[slice, Array, Stretch, float, Array], None] = {
            "sgd": self._sgd, "adam": self._adam, "adamw": self._adam, "rmsprop": self._rmsprop,
        }[rule.name]  # fmt: skip

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
            here = slice(stretch.start, stretch.end)
            g = gradient[here]
            if shorter is not None:
                np.multiply(g, shorter, out=g)
            rate = self.rule.rate * stretch.rate * self.multiple
            self.update(here, g, stretch, rate, work[:, : stretch.end - stretch.start])

    def _decayed(self, here: slice, g: Array, stretch: Stretch, out: Array) -> Array:
        decay = self.rule.decay * stretch.decay
        if not decay:
            return g
        np.multiply(self.store.flat[here], decay, out=out)
        return np.add(out, g, out=out)

    def _sgd(self, here: slice, g: Array, stretch: Stretch, rate: float, work: Array) -> None:
        rule, w, v = self.rule, self.store.flat[here], self.state["momentum"][here]
        assert isinstance(rule, Sgd)
        t, u = work
        g = self._decayed(here, g, stretch, t)
        if rule.momentum:
            np.multiply(v, rule.momentum, out=v)
            np.add(v, g, out=v)
            if self.steps % 64 == 0:
                v[np.abs(v) < FAINT] = 0
            if rule.nesterov:
                np.multiply(v, rule.momentum, out=u)
                g = np.add(u, g, out=u)
            else:
                g = v
        np.multiply(g, rate, out=u)
        np.subtract(w, u, out=w)

    def _adam(self, here: slice, g: Array, stretch: Stretch, rate: float, work: Array) -> None:
        rule, w, m, s = self.rule, self.store.flat[here], self.state["mean"][here], self.state["square"][here]
        assert isinstance(rule, Adam)
        t, u = work
        if isinstance(rule, AdamW):
            np.multiply(w, 1 - rate * rule.decay * stretch.decay, out=w)
        else:
            g = self._decayed(here, g, stretch, t)
        np.multiply(g, 1 - rule.beta1, out=u)
        np.multiply(m, rule.beta1, out=m)
        np.add(m, u, out=m)
        np.multiply(g, g, out=u)
        np.multiply(u, 1 - rule.beta2, out=u)
        np.multiply(s, rule.beta2, out=s)
        np.add(s, u, out=s)
        np.multiply(s, 1 / (1 - rule.beta2**self.steps), out=u)
        np.sqrt(u, out=u)
        np.add(u, rule.epsilon, out=u)
        np.divide(m, u, out=u)
        np.multiply(u, rate / (1 - rule.beta1**self.steps), out=u)
        np.subtract(w, u, out=w)

    def _rmsprop(self, here: slice, g: Array, stretch: Stretch, rate: float, work: Array) -> None:
        rule, w, s, v = self.rule, self.store.flat[here], self.state["square"][here], self.state["momentum"][here]
        assert isinstance(rule, RmsProp)
        t, u = work
        g = self._decayed(here, g, stretch, t)
        np.multiply(g, g, out=u)
        np.multiply(u, 1 - rule.smoothing, out=u)
        np.multiply(s, rule.smoothing, out=s)
        np.add(s, u, out=s)
        np.sqrt(s, out=u)
        np.add(u, rule.epsilon, out=u)
        np.divide(g, u, out=u)
        if rule.momentum:
            np.multiply(v, rule.momentum, out=v)
            np.add(v, u, out=v)
            np.copyto(u, v)
        np.multiply(u, rate, out=u)
        np.subtract(w, u, out=w)


def stretch_length(numbers: int) -> int:
    """How many of a net's weights are updated at a time; a worker's workspace is twice that."""
    return min(LONGEST, max(SHORTEST, -(-numbers // 8)))


def _stretches(store: Store, length: int) -> list[Stretch]:
    """Slots beside each other with equal multiples as one, then cut; none reaches over the end of the direct gradients."""
    merged: list[Stretch] = []
    for slot in store.slots.values():
        here = Stretch(slot.stretch.start, slot.stretch.stop, slot.rate, slot.decay)
        last = merged[-1] if merged else None
        if last is not None and here.start != store.direct and (last.end, last.rate, last.decay) == (here.start, here.rate, here.decay):
            merged[-1] = Stretch(last.start, here.end, here.rate, here.decay)
        else:
            merged.append(here)
    return [Stretch(at, min(at + length, whole.end), whole.rate, whole.decay) for whole in merged for at in range(whole.start, whole.end, length)]
