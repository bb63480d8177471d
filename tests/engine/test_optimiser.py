"""Optimisers against steps worked out by hand: two weights of one kernel and a bias, two steps."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.engine import plan as planning
from netspec.engine.optimiser import Optimiser
from netspec.engine.store import Store
from netspec.net import load
from netspec.settings.train import Adam, AdamW, RmsProp, Sgd


def stepped(folder: Path, rule: Any, gradients: list[list[float]], clip: float | None = None, layer: str = "dense(1)") -> list[float]:
    """Weights 1 and -2 and bias 0.5 after steps with the gradients given."""
    path = folder / "a.net"
    path.write_text(f"netspec 1\nnet A {{\n input x: 2\n output y = x -> {layer}\n}}\n")
    graph = load(path).graph
    plan = planning.make(graph, 1, True, {"y": "mse"}, np.float64)
    store = Store(graph, plan.kernels, {"y/dense.weight": np.array([[1.0, -2.0]]), "y/dense.bias": np.array([0.5])}, np.float64)
    optimiser = Optimiser(rule, store, clip)
    for gradient in gradients:
        optimiser.steps += 1
        flat = np.array(gradient)
        for index in range(len(optimiser.stretches)):
            optimiser.measure(index, flat)
        optimiser.apply(flat, 0, 1)
    return [*store.views["y/dense.weight"].reshape(-1), *store.views["y/dense.bias"]]


G = [[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]]


def test_sgd_with_momentum_decays_kernels_only(tmp_path: Path) -> None:
    # v = g + 0.1 w: 0.6, -1.2, 2.0; w - 0.1 v: 0.94, -1.88, 0.3; v = 0.5 v + g + 0.1 w: 1.394, -0.788, 0.0
    assert stepped(tmp_path, Sgd(rate=0.1, momentum=0.5, decay=0.1), G) == pytest.approx([0.94 - 0.1394, -1.88 + 0.0788, 0.3])


def test_nesterov_looks_ahead(tmp_path: Path) -> None:
    # g + 0.5 v with v = g: 1.5 g in the first step
    assert stepped(tmp_path, Sgd(rate=0.1, momentum=0.5, nesterov=True), G[:1]) == pytest.approx([1 - 0.075, -2 + 0.15, 0.5 - 0.3])


def test_clip_shortens_the_whole_gradient(tmp_path: Path) -> None:
    length = sqrt(0.25 + 1 + 4)
    assert stepped(tmp_path, Sgd(rate=1.0), G[:1], clip=1.0) == pytest.approx([1 - 0.5 / length, -2 + 1 / length, 0.5 - 2 / length])
    assert stepped(tmp_path, Sgd(rate=1.0), G[:1], clip=3.0) == pytest.approx([0.5, -1.0, -1.5])


def test_rates_and_decays_of_a_layer(tmp_path: Path) -> None:
    found = stepped(tmp_path, Sgd(rate=0.1, decay=0.1), G[:1], layer="dense(1, rate: [2, 3], decay: [0, 1])")
    assert found == pytest.approx([1 - 0.2 * 0.5, -2 + 0.2, 0.5 - 0.3 * (2.0 + 0.1 * 0.5)])


def test_adam(tmp_path: Path) -> None:
    # the first step goes by the rate, whatever the gradient; the second by rate m / sqrt(s), both corrected
    m, s = (0.1 * 0.9 * 0.5 + 0.1 * 1.0) / (1 - 0.81), (0.001 * 0.999 * 0.25 + 0.001 * 1.0) / (1 - 0.999**2)
    found = stepped(tmp_path, Adam(rate=0.1, epsilon=1e-12), G)
    assert found[0] == pytest.approx(1 - 0.1 - 0.1 * m / sqrt(s))
    assert stepped(tmp_path, Adam(rate=0.1, epsilon=1e-12), G[:1]) == pytest.approx([0.9, -1.9, 0.4])


def test_adamw_decays_the_weights_themselves(tmp_path: Path) -> None:
    assert stepped(tmp_path, AdamW(rate=0.1, decay=0.5, epsilon=1e-12), G[:1]) == pytest.approx([0.95 - 0.1, -1.9 + 0.1, 0.4])


def test_rmsprop(tmp_path: Path) -> None:
    # s = 0.25 g²: a step of rate / 0.5, then s = 0.75 s + 0.25 g²
    found = stepped(tmp_path, RmsProp(rate=0.1, smoothing=0.75, epsilon=1e-12), G)
    assert found[0] == pytest.approx(1 - 0.2 - 0.1 / sqrt(0.75 * 0.0625 + 0.25))
    assert found[1] == pytest.approx(-2 + 0.2)
