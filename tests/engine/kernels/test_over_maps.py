"""Layers over the maps of a position against their formulas: AlexNet's norm (Krizhevsky, Sutskever, Hinton 2012, 3.3),
softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import case

ALPHA, BETA, BIAS = 0.5, 0.75, 2.0


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("maps", [1, 2, 5])
def test_a_sum_of_squares_over_neighbours(maps: int, size: int) -> None:
    """An even size has one neighbour more behind, as ONNX counts: floor((n − 1)/2) before, ceil((n − 1)/2) behind."""
    bound = Bound(case("lrn", (maps, 2), size=size, alpha=ALPHA, beta=BETA, bias=BIAS), n=3)
    x = bound.point["x0"]
    near = [slice(max(0, c - (size - 1) // 2), c + size // 2 + 1) for c in range(maps)]
    s = np.stack([BIAS + ALPHA / size * (x[..., at] ** 2).sum(axis=-1) for at in near], axis=-1)
    m = bound.memory(bound.point)
    np.testing.assert_allclose(bound.forward(m), x * s**-BETA, rtol=1e-12)
    dy: Any = np.random.default_rng(8).standard_normal(x.shape)
    dx = dy * s**-BETA
    for c, at in enumerate(near):
        dx[..., at] -= 2 * ALPHA * BETA / size * x[..., at] * (dy * x * s ** (-BETA - 1))[..., c : c + 1]
    np.testing.assert_allclose(bound.gradients(m, dy)["x0"], dx, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("maps", [1, 2, 5, 127, 128, 129, 300])
def test_softmax_is_exp_over_its_sum(name: str, maps: int) -> None:
    """Of few maps and of many, whose largest are found in different ways; of numbers that exp would not hold too."""
    bound = Bound(case(name, (maps, 2)), n=3)
    x = bound.point["x0"]
    x[0] *= 300
    m = bound.memory(bound.point)
    log = x - x.max(axis=-1, keepdims=True)
    log = log - np.log(np.exp(log).sum(axis=-1, keepdims=True))
    p = np.exp(log)
    y = bound.forward(m)
    np.testing.assert_allclose(y, p if name == "softmax" else log, rtol=1e-11, atol=1e-12)
    dy: Any = np.random.default_rng(8).standard_normal(y.shape)
    total = (dy * p).sum(axis=-1, keepdims=True) if name == "softmax" else dy.sum(axis=-1, keepdims=True)
    dx = p * (dy - total) if name == "softmax" else dy - p * total
    np.testing.assert_allclose(bound.gradients(m, dy)["x0"], dx, rtol=1e-9, atol=1e-11)
