"""Each rule against its paper's algorithm on plain numbers, one weight at a time."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from netspec.engine.training.rules import FAINT, RULES, SWEEP, Moment, slots
from netspec.settings.arguments import Arguments
from netspec.settings.train import OPTIMIZERS, Adam, AdamW, RmsProp, Sgd

#: Three gradients of two weights that begin at these values.
GRADIENTS, BEGIN = ((0.5, -1.0), (1.0, 0.25), (-2.0, 3.0)), (1.0, -2.0)
Paper = Callable[[float, list[float], float, float], float]


def sgd(momentum: float, nesterov: bool) -> Paper:
    """Sutskever et al. 2013 as PyTorch and Caffe 2 have it, the rate outside: v = momentum v + g; w -= rate v."""

    def run(w: float, gradients: list[float], rate: float, decay: float) -> float:
        v = 0.0
        for g in gradients:
            g = g + decay * w
            v = momentum * v + g
            w = w - rate * (g + momentum * v if nesterov else v)
        return w

    return run


def adam(beta1: float, beta2: float, epsilon: float, decoupled: bool) -> Paper:
    """Kingma, Ba 2015, algorithm 1, line by line; decoupled: Loshchilov, Hutter 2019, algorithm 2, line 12."""

    def run(w: float, gradients: list[float], rate: float, decay: float) -> float:
        m = v = 0.0
        for t, g in enumerate(gradients, 1):
            if not decoupled:
                g = g + decay * w
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            first, second = m / (1 - beta1**t), v / (1 - beta2**t)
            w = w - rate * (first / (sqrt(second) + epsilon) + (decay * w if decoupled else 0.0))
        return w

    return run


def rmsprop(smoothing: float, epsilon: float, momentum: float) -> Paper:
    """Hinton 2012, lecture 6: a moving mean of squares divides; momentum as in sgd."""

    def run(w: float, gradients: list[float], rate: float, decay: float) -> float:
        square = v = 0.0
        for g in gradients:
            g = g + decay * w
            square = smoothing * square + (1 - smoothing) * g * g
            v = momentum * v + g / (sqrt(square) + epsilon)
            w = w - rate * v
        return w

    return run


CASES: list[tuple[Any, Paper]] = [
    (Sgd(rate=0.1), sgd(0.0, False)),
    (Sgd(rate=0.1, momentum=0.9), sgd(0.9, False)),
    (Sgd(rate=0.1, momentum=0.5, nesterov=True), sgd(0.5, True)),
    (Sgd(rate=0.1, nesterov=True), sgd(0.0, True)),
    (Adam(rate=0.1), adam(0.9, 0.999, 1e-8, False)),
    (Adam(rate=0.1, beta1=0.5, beta2=0.75, epsilon=0.25), adam(0.5, 0.75, 0.25, False)),
    (AdamW(rate=0.1, beta1=0.5, beta2=0.75, epsilon=0.25), adam(0.5, 0.75, 0.25, True)),
    (RmsProp(rate=0.1), rmsprop(0.99, 1e-8, 0.0)),
    (RmsProp(rate=0.1, smoothing=0.75, epsilon=0.25, momentum=0.5), rmsprop(0.75, 0.25, 0.5)),
]


def stepped(chosen: Arguments, rate: float, decay: float, steps: int = 3) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Weights and what the rule keeps after some steps."""
    rule, w, work = RULES[type(chosen)](chosen), np.array(BEGIN), np.full((2, 2), np.nan)
    kept = {name: np.zeros(2) for name in rule.state}
    for number, g in enumerate(GRADIENTS[:steps], 1):
        given = np.array(g)
        rule.step(w, given, kept, Moment(number, rate, decay), work)
        assert tuple(given) == g  # the gradient stays as it is
    return w, kept


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("decay", [0.0, 0.25])
@pytest.mark.parametrize(("chosen", "paper"), CASES, ids=[str(chosen) for chosen, _ in CASES])
def test_steps_are_the_papers(chosen: Arguments, paper: Paper, decay: float, steps: int) -> None:
    found, _ = stepped(chosen, 0.125, decay, steps)
    wanted = [paper(w, [g[i] for g in GRADIENTS[:steps]], 0.125, decay) for i, w in enumerate(BEGIN)]
    assert found == pytest.approx(wanted, rel=1e-13)


def test_three_steps_of_momentum_worked_by_hand() -> None:
    # v: 0.5, 1.25, -1.375; w: 1 - 0.5, - 1.25, + 1.375
    found, kept = stepped(Sgd(rate=1.0, momentum=0.5), 1.0, 0.0)
    assert found[0] == 1 - 0.5 - 1.25 + 1.375
    assert kept["momentum"][0] == -1.375


def test_every_rule_has_a_case_and_every_setting_a_rule() -> None:
    assert {type(chosen) for chosen, _ in CASES} == set(RULES) == set(OPTIMIZERS.values())


@pytest.mark.parametrize(
    ("chosen", "names"),
    [(Sgd(), ("momentum",)), (Adam(), ("mean", "square")), (AdamW(), ("mean", "square")),
        (RmsProp(), ("square", "momentum"))],
    ids=str,
)  # fmt: skip
def test_names_of_what_is_kept_stay_as_runs_have_them(chosen: Arguments, names: tuple[str, ...]) -> None:
    assert slots(chosen) == names


@pytest.mark.parametrize(
    ("number", "left"),
    [(SWEEP - 1, [FAINT / 4, FAINT / 2, FAINT]), (SWEEP, [0.0, 0.0, FAINT]), (2 * SWEEP, [0.0, 0.0, FAINT])]
)  # fmt: skip
@pytest.mark.parametrize("sign", [1, -1])
def test_momentum_that_sinks_out_of_sight_is_cleared_now_and_then(number: int, left: list[float], sign: int) -> None:
    kept = {"momentum": sign * np.array([FAINT / 2, FAINT, 2 * FAINT])}
    rule = RULES[Sgd](Sgd(momentum=0.5))
    rule.step(np.zeros(3), np.zeros(3), kept, Moment(number, 0.1, 0.0), np.zeros((2, 3)))
    assert (sign * kept["momentum"]).tolist() == left
