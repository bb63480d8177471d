"""How nets begin: moments against NumPy, and each thing that may be wrong with a layer, in a net that has it."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from netspec.engine.measuring.health import Health, health
from netspec.graph import Graph
from tests.engine.nets import graph

RNG = np.random.default_rng(3)
WIDE = RNG.standard_normal((9, 6)) * 300
LARGE = {"y_dense_weight": np.full((9, 6), 40)}
FAINT = {"y_dense_weight": RNG.standard_normal((9, 6)) * 1e-4, "y_dense_bias": np.zeros(9)}
NOTHING = {"y_dense_2_weight": np.zeros((2, 9)), "y_dense_2_bias": np.zeros(2)}


def begun(net: Graph, loss: str = "mse", size: tuple[int, ...] = (6,), count: int = 64, **weights: Any) -> Health:
    """A net's health on N(0, 1), its weights drawn from N(0, 1/fan-in) where none are given."""
    x = RNG.standard_normal((count, *size), dtype=np.float32)
    arrays = {
        path: np.asarray(weights.get(path.replace("/", "_").replace(".", "_"),
                                     RNG.standard_normal(weight.shape) / np.sqrt(max(np.prod(weight.shape[1:]), 1))),
                         np.float32)
        for path, weight in net.weights.items()
    }  # fmt: skip
    return health(net, {output.name: loss for output in net.outputs}, {"x": x}, arrays)


def findings(found: Health) -> dict[str, str]:
    return {vital.layer: vital.finding for vital in found.layers if vital.finding}


def test_moments_are_those_of_the_values_and_of_the_gradients_that_reach_them() -> None:
    net = graph("input x: 3", "output y = x -> dense(2, bias: false) -> relu")
    x = np.array([[1, 2, 0], [-1, 0, 1], [2, 2, 2], [0, 0, 0]], np.float32)
    w = np.array([[1, 0, 1], [-1, 1, 0]], np.float32)
    found = health(net, {"y": "mse"}, {"x": x}, {"y/dense.weight": w})
    z = x @ w.T
    y = np.maximum(z, 0)
    dense, relu = found.layers
    assert (dense.values.mean, dense.values.deviation, dense.values.zeros) == (z.mean(), z.std(), (z == 0).mean())
    assert (relu.values.mean, relu.values.deviation, relu.values.zeros) == (y.mean(), y.std(), (y == 0).mean())
    assert relu.values.norm == pytest.approx(np.sqrt((y**2).sum() / 4))
    assert relu.gradients is not None and dense.gradients is not None
    # mse's targets are random: the gradient that reaches the relu is passed on where its input is above 0, 0 elsewhere
    assert dense.gradients.zeros == pytest.approx((z <= 0).mean())
    assert relu.gradients.zeros == 0 and relu.gradients.norm > dense.gradients.norm > 0
    assert (found.inputs["x"].mean, found.batch) == (x.mean(), 4)


def test_the_first_loss_stands_beside_that_of_a_guess() -> None:
    net = graph("input x: 6", "output y = x -> dense(5, init: constant(0)) -> softmax")
    found = begun(net, "cross_entropy", y_dense_weight=np.zeros((5, 6)), y_dense_bias=np.zeros(5))
    assert found.losses["y"] == (pytest.approx(log(5)), pytest.approx(log(5)))
    assert found.layers[-1].kind == "softmax" and found.layers[-1].values.mean == pytest.approx(0.2)
    assert begun(graph("input x: 6", "output y = x -> dense(5)")).losses["y"][1] is None


def test_a_sound_net_has_no_finding() -> None:
    net = graph("input x: 2 x 8 x 8", "output y = x -> conv(8, 3) -> relu -> conv(8, 3) -> tanh -> dense(5) -> softmax")
    assert findings(begun(net, "cross_entropy", (8, 8, 2))) == {}


@pytest.mark.parametrize(
    ("statement", "weights", "layer", "text"),
    [
        ("x -> dense(9) -> relu -> dense(2)", {"y_dense_bias": np.full(9, -50)}, "y/relu",
         "dead: 100% of its values are 0, since values around -5"),
        ("x -> dense(9) -> tanh -> dense(2)", LARGE, "y/tanh", "saturated: "),
        ("x -> dense(9) -> tanh(scale: 2) -> dense(2)", LARGE, "y/tanh", "saturated: "),
        ("x -> dense(9) -> sigmoid -> dense(2)", LARGE, "y/sigmoid", "saturated: "),
        ("x -> dense(9) -> softmax", {"y_dense_weight": WIDE}, "y/softmax", "saturated: "),
        ("x -> dense(9) -> log_softmax", {"y_dense_weight": WIDE}, "y/log_softmax", "saturated: "),
        ("x -> dense(9) -> dense(2)", {"y_dense_weight": RNG.standard_normal((9, 6)) * 30}, "y/dense",
         "exploding: the deviation of its values is "),
        ("x -> dense(9) -> dense(2)", FAINT, "y/dense",
         "vanishing: the deviation of its values is "),
        ("x -> dense(9) -> dense(2)", NOTHING, "y/dense_2",
         "dead: 100% of its values are 0, since its kernel begins at 0"),
        ("x -> dense(9) -> dense(2)", NOTHING, "y/dense",
         "vanishing: its gradient is 0: a layer behind it lets none through"),
        ("x -> dense(9) -> scale(1e30) -> scale(1e30) -> dense(2)", {}, "y/scale_2", "overflows: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_the_reason(statement: str, weights: dict[str, Any], layer: str, text: str) -> None:
    found = findings(begun(graph("input x: 6", f"output y = {statement}"), **weights))
    assert found[layer].startswith(text)


def test_kernels_near_the_end_of_single_precision_raise_no_warning() -> None:
    net = graph("input x: 6", "output y = x -> dense(9) -> dense(2)")
    found = begun(net, y_dense_weight=np.linspace(-1e30, 1e30, 54).reshape(9, 6))
    assert "y/dense_2" in findings(found)
