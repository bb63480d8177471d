"""The rules that turn gradients into steps, each as its paper writes it: a class a rule, by its settings' class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from netspec.engine.kernel import Array
from netspec.settings import train as settings

#: Momentum below this is cleared, every so many steps: numbers that sink further are computed twenty times slower.
FAINT, SWEEP = 1e-30, 64

Settings = TypeVar("Settings", bound=settings.Optimizer)


@dataclass(frozen=True)
class Moment:
    """A step's number, counted from 1, and the rate and the decay that hold for the weights at hand."""

    number: int
    rate: float
    decay: float


class Rule(Generic[Settings]):
    """Changes weights by their gradient; ``state`` names what is kept for each weight between steps, zero at first."""

    state: ClassVar[tuple[str, ...]] = ()

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen

    def step(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, work: Array) -> None:
        """Change ``w`` and ``kept``; ``work`` has room for two arrays of their length. ``g`` stays as it is."""
        raise NotImplementedError


def _decayed(w: Array, g: Array, decay: float, out: Array) -> Array:
    """g + decay · w."""
    if not decay:
        return g
    np.multiply(w, decay, out=out)
    return np.add(out, g, out=out)


class Sgd(Rule[settings.Sgd]):
    """v ← momentum·v + g + decay·w;  w ← w − rate·v (with nesterov: w − rate·(g + decay·w + momentum·v))."""

    state = ("momentum",)

    def step(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, work: Array) -> None:
        """Sutskever et al. 2013, with the rate outside the momentum."""
        rule, v, (t, u) = self.settings, kept["momentum"], work
        g = _decayed(w, g, moment.decay, t)
        if rule.momentum:
            np.multiply(v, rule.momentum, out=v)
            np.add(v, g, out=v)
            if moment.number % SWEEP == 0:
                v[np.abs(v) < FAINT] = 0
            if rule.nesterov:
                np.multiply(v, rule.momentum, out=u)
                g = np.add(u, g, out=u)
            else:
                g = v
        np.multiply(g, moment.rate, out=u)
        np.subtract(w, u, out=w)


class Adam(Rule[settings.Adam]):
    """m, s ← moving means of g and g²;  w ← w − rate · (m / (1 − beta1^t)) / (√(s / (1 − beta2^t)) + epsilon)."""

    state = ("mean", "square")

    def step(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, work: Array) -> None:
        """Kingma, Ba 2015, algorithm 1."""
        self._adapted(w, _decayed(w, g, moment.decay, work[0]), kept, moment, work[1])

    def _adapted(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, u: Array) -> None:
        rule, m, s = self.settings, kept["mean"], kept["square"]
        np.multiply(g, 1 - rule.beta1, out=u)
        np.multiply(m, rule.beta1, out=m)
        np.add(m, u, out=m)
        np.multiply(g, g, out=u)
        np.multiply(u, 1 - rule.beta2, out=u)
        np.multiply(s, rule.beta2, out=s)
        np.add(s, u, out=s)
        np.multiply(s, 1 / (1 - rule.beta2**moment.number), out=u)
        np.sqrt(u, out=u)
        np.add(u, rule.epsilon, out=u)
        np.divide(m, u, out=u)
        np.multiply(u, moment.rate / (1 - rule.beta1**moment.number), out=u)
        np.subtract(w, u, out=w)


class AdamW(Adam):
    """w ← (1 − rate·decay)·w, then Adam's step without decay."""

    def step(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, work: Array) -> None:
        """Loshchilov, Hutter 2019, algorithm 2."""
        np.multiply(w, 1 - moment.rate * moment.decay, out=w)
        self._adapted(w, g, kept, moment, work[1])


class RmsProp(Rule[settings.RmsProp]):
    """s ← smoothing·s + (1 − smoothing)·g²;  v ← momentum·v + g / (√s + epsilon);  w ← w − rate·v."""

    state = ("square", "momentum")

    def step(self, w: Array, g: Array, kept: Mapping[str, Array], moment: Moment, work: Array) -> None:
        """Hinton 2012, lecture 6."""
        rule, s, v, (t, u) = self.settings, kept["square"], kept["momentum"], work
        g = _decayed(w, g, moment.decay, t)
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
        np.multiply(u, moment.rate, out=u)
        np.subtract(w, u, out=w)


#: The rule of each optimiser's settings.
RULES: dict[type[settings.Optimizer], type[Rule[Any]]] = {
    settings.Sgd: Sgd,
    settings.Adam: Adam,
    settings.AdamW: AdamW,
    settings.RmsProp: RmsProp,
}


def slots(chosen: settings.Optimizer) -> tuple[str, ...]:
    """The names of what an optimiser keeps for every weight."""
    return RULES[type(chosen)].state
