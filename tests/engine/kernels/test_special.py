"""Functions that NumPy has not, against `math` (another program) and a printed table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from netspec.engine.kernels.special import LAST, NEAR, RUN, erfc, logistic, normal
from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import case

#: erf x, Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1.
PRINTED = {0.0: 0.0, 0.5: 0.5204998778, 1.0: 0.8427007929, 1.5: 0.9661051465, 2.0: 0.9953222650}


def test_the_printed_table() -> None:
    for x, value in PRINTED.items():
        assert 1 - float(erfc(np.array([x]))[0]) == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize(
    ("low", "high", "bound"),
    [(0.0, NEAR, 1e-15), (NEAR, 1.0, 1e-15), (1.0, 4.0, 3e-15), (4.0, 10.0, 2e-14), (10.0, 25.0, 1e-13)],
)
def test_the_complement_in_each_range(low: float, high: float, bound: float) -> None:
    """Relative to the value; beyond 1 what exp makes of the rounded square is the error (Cody 1969, section 4)."""
    z = np.linspace(low, high, 2001)
    np.testing.assert_allclose(erfc(z), [math.erfc(x) for x in z], rtol=bound, atol=0)


def test_the_complement_is_within_1e_15_everywhere() -> None:
    z = np.concatenate(
        [np.linspace(0, LAST, 20001), np.nextafter([NEAR, 4.0], 0), [NEAR, 4.0], np.nextafter([NEAR, 4.0], 9)]
    )
    np.testing.assert_allclose(erfc(z), [math.erfc(x) for x in z], rtol=0, atol=1e-15)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-15), (np.float32, 1e-7)])
def test_the_normal_distribution(dtype: type, bound: float) -> None:
    x: Any = np.concatenate([np.linspace(-40, 40, RUN + 1001), [-np.inf, np.inf, 0.0, -0.0]]).astype(dtype)
    out = np.full_like(x, np.nan)
    normal(x, out)
    np.testing.assert_allclose(out, [math.erfc(-float(v) / math.sqrt(2)) / 2 for v in x], rtol=0, atol=bound)


def test_gelu_of_no_number_is_no_number() -> None:
    bound = Bound(case("gelu", (2,)), n=1)
    bound.point["x0"] = np.array([[np.nan, 1.0]])
    y = bound.forward(bound.memory(bound.point))
    assert np.isnan(y[0, 0])
    assert y[0, 1] == pytest.approx(0.8413447460685429, abs=1e-15)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-15), (np.float32, 1.2e-7)])
def test_the_logistic_function(dtype: type, bound: float) -> None:
    x: Any = np.linspace(-800, 800, 3201).astype(dtype)
    out = np.empty_like(x)
    logistic(x, out)
    wanted = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in x.tolist()]
    np.testing.assert_allclose(out, wanted, rtol=0, atol=bound)


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer, Unterthiner, Mayr, Hochreiter 2017


def written(name: str, x: float) -> float:
    """Each activation as docs/language.md and its paper have it."""
    s = 1 / (1 + math.exp(-x))
    return {
        "relu": max(x, 0), "relu6": min(max(x, 0), 6), "leaky_relu": x if x > 0 else 0.2 * x,
        "elu": x if x > 0 else 0.7 * math.expm1(x),
        "selu": SCALE * (x if x > 0 else ALPHA * math.expm1(x)), "gelu": x * math.erfc(-x / math.sqrt(2)) / 2,
        "sigmoid": s, "silu": x * s,
        "hard_sigmoid": min(max(x / 6 + 0.5, 0), 1), "hard_swish": x * min(max(x / 6 + 0.5, 0), 1),
        "tanh": 1.7159 * math.tanh(2 / 3 * x),
        "softplus": math.log1p(math.exp(-abs(x))) + max(x, 0), "softsign": x / (1 + abs(x)), "abs": abs(x),
        "square": x * x,
    }[name]  # fmt: skip


ARGUMENTS: dict[str, dict[str, Any]] = {
    "relu6": {"max": 6},
    "leaky_relu": {"slope": 0.2},
    "elu": {"alpha": 0.7},
    "tanh": {"scale": 1.7159, "slope": 2 / 3},
}
NAMES = [
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "sigmoid",
    "silu",
    "hard_sigmoid",
    "hard_swish",
    "tanh",
    "softplus",
    "softsign",
    "abs",
    "square",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_activation_number_by_number(name: str) -> None:
    """Around its corners too; the gradient is the difference of a small step, but at the corners."""
    x = np.array([-50, -8, -6, -3.5, -3, -2.9, -1, -1e-3, 0, 1e-3, 0.5, 1, 2.9, 3, 3.5, 6, 6.5, 50.0])
    bound = Bound(case(name.removesuffix("6"), (len(x),), **ARGUMENTS.get(name, {})), n=1)
    bound.point["x0"] = x[None]
    m = bound.memory(bound.point)
    np.testing.assert_allclose(bound.forward(m)[0], [written(name, v) for v in x.tolist()], rtol=1e-13, atol=1e-15)
    slopes = bound.gradients(m, np.ones((1, len(x))))["x0"][0]
    for v, slope in zip(x.tolist(), slopes.tolist(), strict=True):
        if v not in (-3, 0, 3, 6):
            step = 1e-6 * max(1, abs(v))
            assert slope == pytest.approx(
                (written(name, v + step) - written(name, v - step)) / (2 * step), rel=1e-6, abs=1e-8
            )
