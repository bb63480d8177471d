"""Optimisers on a tape: weights and what is kept for them, from their gradients, as the engine's rules have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto

from netspec.interop.gradients.tape import Tape
from netspec.settings import train as settings
from netspec.settings.arguments import of_class


@dataclass(frozen=True)
class Moment:
    """What holds for a weight in a step: its rate (a value), its decay, and the step's number, a value from 1."""

    rate: str
    decay: float
    number: str


#: A weight and what is kept for it, after a step.
Stepped = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class Rule:
    """``kept`` names what is kept for each weight between steps, zero at first; ``counts`` says that it reads the
    step's number; ``step`` writes a weight's step from its gradient and what is kept."""

    kept: tuple[str, ...]
    counts: bool
    step: Callable[[Tape, str, str, Mapping[str, str], Moment], Stepped]


def _times(tape: Tape, value: str, number: float) -> str:
    return tape("Mul", value, tape.floats(number))


def _decayed(tape: Tape, w: str, g: str, decay: float) -> str:
    """g + decay · w."""
    return tape("Add", g, _times(tape, w, decay)) if decay else g


def _mean(tape: Tape, kept: str, now: str, share: float) -> str:
    """share · kept + (1 − share) · now."""
    return tape("Add", _times(tape, kept, share), _times(tape, now, 1 - share))


def _moved(tape: Tape, w: str, by: str, rate: str) -> str:
    return tape("Sub", w, tape("Mul", by, rate))


def _sgd(rule: settings.Sgd) -> Rule:
    """Sutskever et al. 2013, with the rate outside the momentum."""

    def step(tape: Tape, w: str, g: str, kept: Mapping[str, str], at: Moment) -> Stepped:
        g = _decayed(tape, w, g, at.decay)
        if not rule.momentum:
            return _moved(tape, w, g, at.rate), {}
        v = tape("Add", _times(tape, kept["momentum"], rule.momentum), g)
        along = tape("Add", g, _times(tape, v, rule.momentum)) if rule.nesterov else v
        return _moved(tape, w, along, at.rate), {"momentum": v}

    return Rule(("momentum",) if rule.momentum else (), False, step)


def _adam(rule: settings.Adam) -> Rule:
    """Kingma, Ba 2015, algorithm 1; AdamW as Loshchilov, Hutter 2019, algorithm 2: (1 − rate·decay)·w first."""
    apart = isinstance(rule, settings.AdamW)

    def step(tape: Tape, w: str, g: str, kept: Mapping[str, str], at: Moment) -> Stepped:
        if apart and at.decay:
            w = tape("Mul", w, tape("Sub", tape.floats(1.0), _times(tape, at.rate, at.decay)))
        else:
            g = _decayed(tape, w, g, at.decay)
        m = _mean(tape, kept["mean"], g, rule.beta1)
        s = _mean(tape, kept["square"], tape("Mul", g, g), rule.beta2)
        root = tape("Sqrt", tape("Div", s, _begun(tape, rule.beta2, at.number)))
        by = tape("Div", m, tape("Add", root, tape.floats(rule.epsilon)))
        return _moved(tape, w, by, tape("Div", at.rate, _begun(tape, rule.beta1, at.number))), {"mean": m, "square": s}

    return Rule(("mean", "square"), True, step)


def _begun(tape: Tape, beta: float, number: str) -> str:
    """1 − beta^t, in double precision, since in single the first few lose their digits."""
    t = tape("Cast", number, to=TensorProto.DOUBLE)
    rest = tape("Sub", tape.doubles(1.0), tape("Pow", tape.doubles(beta), t))
    return tape("Cast", rest, to=TensorProto.FLOAT)


def _rms_prop(rule: settings.RmsProp) -> Rule:
    """Hinton 2012, lecture 6."""

    def step(tape: Tape, w: str, g: str, kept: Mapping[str, str], at: Moment) -> Stepped:
        g = _decayed(tape, w, g, at.decay)
        s = _mean(tape, kept["square"], tape("Mul", g, g), rule.smoothing)
        by = tape("Div", g, tape("Add", tape("Sqrt", s), tape.floats(rule.epsilon)))
        if not rule.momentum:
            return _moved(tape, w, by, at.rate), {"square": s}
        v = tape("Add", _times(tape, kept["momentum"], rule.momentum), by)
        return _moved(tape, w, v, at.rate), {"square": s, "momentum": v}

    return Rule(("square", "momentum") if rule.momentum else ("square",), False, step)


#: What each optimiser writes, by its settings' class.
RULES: dict[type[settings.Optimizer], Callable[[Any], Rule]] = {
    settings.Sgd: _sgd,
    settings.Adam: _adam,
    settings.AdamW: _adam,
    settings.RmsProp: _rms_prop,
}


def kept_names(optimizer: settings.Optimizer, path: str) -> dict[str, str]:
    """Under which names what is kept for a weight goes in and out."""
    kept = of_class(RULES, optimizer)(optimizer).kept
    return {name: f"state/{path}" + (f"/{name}" if len(kept) > 1 else "") for name in kept}


def squared(tape: Tape, gradients: Mapping[str, str]) -> str:
    """The square of the length of all gradients together."""
    return tape("Sum", *(tape("ReduceSumSquare", grad, keepdims=0) for grad in gradients.values()))


def clipped(tape: Tape, gradients: Mapping[str, str], squares: str, longest: float | None) -> dict[str, str]:
    """All gradients, shortened together where they are longer than that."""
    if longest is None:
        return dict(gradients)
    length = tape("Sqrt", squares)
    bound = tape.floats(np.float32(longest))
    shorter = tape("Where", tape("Greater", length, bound), tape("Div", bound, length), tape.floats(1.0))
    return {path: tape("Mul", grad, shorter) for path, grad in gradients.items()}
