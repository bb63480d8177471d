"""Gradients to steps, in stretches that fit the cache, side by side on the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.engine.kernel import Array
from netspec.engine.store import Store
from netspec.engine.threads import Pool
from netspec.settings.train import Adam, AdamW, RmsProp, Sgd

#: Numbers updated at a time.
RUN = 2**18
#: Momentum below this is cleared: numbers that sink further are computed twenty times slower.
FAINT = 1e-30
#: What each rule keeps for every weight.
STATE = {"sgd": ("momentum",), "adam": ("mean", "square"), "adamw": ("mean", "square"), "rmsprop": ("square", "momentum")}


@dataclass(frozen=True)
class _Stretch:
    """Neighbours with one multiple of the rate and one of the decay."""

    start: int
    end: int
    rate: float
    decay: float


class Optimiser:
    """One rule over the flat weights. Its state is one flat array a name, so that it can be kept in a file."""

    def __init__(self, rule: Any, store: Store, pool: Pool) -> None:
        self.rule, self.store, self.pool = rule, store, pool
        self.state = {name: np.zeros(store.size, dtype=store.dtype) for name in STATE[rule.name]}
        self.steps = 0
        self.stretches = _stretches(store)
        self.work = [np.empty((2, RUN), dtype=store.dtype) for _ in range(pool.workers)]
        self.update: Callable[[slice, Array, _Stretch, float, Array], None] = {
            "sgd": self._sgd, "adam": self._adam, "adamw": self._adam, "rmsprop": self._rmsprop,
        }[rule.name]  # fmt: skip

    def step(self, gradient: Array, multiple: float) -> None:
        """Change the weights by a gradient, at ``multiple`` times the rule's rate."""
        self.steps += 1
        workers = self.pool.workers if self.store.size > RUN * 4 else 1  # handing small work over costs more than it

        def work(worker: int) -> Callable[[], None]:
            def run() -> None:
                for stretch in self.stretches[worker::workers]:
                    here = slice(stretch.start, stretch.end)
                    rate = self.rule.rate * stretch.rate * multiple
                    self.update(here, gradient[here], stretch, rate, self.work[worker][:, : stretch.end - stretch.start])

            return run

        self.pool.run([work(worker) for worker in range(workers)])

    def _decayed(self, here: slice, g: Array, stretch: _Stretch, out: Array) -> Array:
        decay = self.rule.decay * stretch.decay
        if not decay:
            return g
        np.multiply(self.store.flat[here], decay, out=out)
        return np.add(out, g, out=out)

    def _sgd(self, here: slice, g: Array, stretch: _Stretch, rate: float, work: Array) -> None:
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

    def _adam(self, here: slice, g: Array, stretch: _Stretch, rate: float, work: Array) -> None:
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

    def _rmsprop(self, here: slice, g: Array, stretch: _Stretch, rate: float, work: Array) -> None:
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


def _stretches(store: Store) -> list[_Stretch]:
    """Slots beside each other with equal multiples as one, then cut into runs."""
    merged: list[_Stretch] = []
    for slot in store.slots.values():
        here = _Stretch(slot.stretch.start, slot.stretch.stop, slot.rate, slot.decay)
        last = merged[-1] if merged else None
        if last is not None and (last.end, last.rate, last.decay) == (here.start, here.rate, here.decay):
            merged[-1] = _Stretch(last.start, here.end, here.rate, here.decay)
        else:
            merged.append(here)
    return [
        _Stretch(at, min(at + RUN, whole.end), whole.rate, whole.decay)
        for whole in merged
        for at in range(whole.start, whole.end, RUN)
    ]
