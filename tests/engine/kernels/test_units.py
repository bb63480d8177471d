"""Layers of units that read maps: maps first, then rows, then columns, as every file of weights has them; and
distances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import CODES, case

SHAPES = [(6,), (3, 4), (2, 3, 2), (2, 3, 1, 2), (1, 2, 3), (6, 1, 1)]


def flat(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(images, positions…, maps) as rows of maps, then positions."""
    return np.moveaxis(x, -1, 1).reshape(len(x), -1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense_reads_maps_first(shape: tuple[int, ...]) -> None:
    bound = Bound(case("dense", shape, units=4), n=3)
    m = bound.memory(bound.point)
    x, w = flat(bound.point["x0"]), bound.kernel.unpack("weight", bound.point["weight"])
    np.testing.assert_allclose(bound.forward(m), x @ w.T + bound.point["bias"], rtol=1e-12, atol=1e-12)
    dy = np.random.default_rng(8).standard_normal(m.y.shape)
    found = bound.gradients(m, dy)
    np.testing.assert_allclose(flat(found["x0"]), dy @ w, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(bound.kernel.unpack("weight", found["weight"]), dy.T @ x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["bias"], dy.sum(axis=0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("width", [None, 2.0])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rbf_is_a_distance(shape: tuple[int, ...], width: float | None) -> None:
    """LeCun, Bottou, Bengio, Haffner 1998, equation 7; with a width exp(−d / 2w²)."""
    bound = Bound(case("rbf", shape, units=4, width=width), n=3)
    m = bound.memory(bound.point)
    x, w = flat(bound.point["x0"]), bound.point["weight"]
    apart = x[:, None] - w[None]
    y = (apart**2).sum(axis=2)
    slope = np.ones_like(y)
    if width is not None:
        y = np.exp(-y / (2 * width**2))
        slope = -y / (2 * width**2)
    np.testing.assert_allclose(bound.forward(m), y, rtol=1e-12, atol=1e-12)
    dy = np.random.default_rng(8).standard_normal(y.shape)
    found = bound.gradients(m, dy)
    each = (dy * slope)[:, :, None] * 2 * apart
    np.testing.assert_allclose(flat(found["x0"]), each.sum(axis=1), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found["weight"], -each.sum(axis=0), rtol=1e-10, atol=1e-12)


def test_codes_of_a_table_are_not_trained() -> None:
    bound = Bound(case("rbf", (6,), units=4, codes=CODES.make()))
    assert bound.trained == []
