"""Values far from zero: norms in single precision against float64 by the papers' formulas, forward, gradient and
statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.engine.kernel import Barrier, Memory, last
from netspec.engine.kernels import KERNELS
from netspec.ops import OPERATORS
from netspec.shape import numbers

OFFSETS = [0.0, 10.0, 1e3, -3e3, 1e4, 1e5]
N, MOMENTUM, EPSILON = 6, 0.9, 1e-5
Array = np.ndarray[Any, np.dtype[Any]]


class Layer:
    """A norm in single precision, in memory full of NaN, its batch in chunks; arrays are channels last."""

    def __init__(self, name: str, x: Array, chunks: list[int], **arguments: Any) -> None:
        op = OPERATORS[name](**arguments)
        maps = x.shape[-1]
        shape = (maps, *x.shape[1:-1])
        self.kernel = KERNELS[type(op)](op, [x.shape[1:]], last(numbers(op.shape([shape]))), op.weights([shape]))
        rng = np.random.default_rng(5)
        self.w = {
            "weight": rng.uniform(0.5, 2, maps),
            "bias": rng.standard_normal(maps),
            "running_mean": np.zeros(maps),
            "running_var": np.ones(maps),
        }
        self.w = {name: array.astype(np.float32) for name, array in self.w.items() if name in op.weights([shape])}
        self.ready = {name: np.full(size, np.nan, np.float32) for name, size in self.kernel.prepared().items()}
        self.x, self.y, self.dy, self.dx = (
            x,
            np.full_like(x, np.nan),
            np.asarray(rng.standard_normal(x.shape), np.float32),
            np.full_like(x, np.nan),
        )
        self.dw = {name: np.zeros(maps, np.float32) for name in ("weight", "bias")}
        self.memories = [
            self.memory(a, b) for a, b in zip(np.cumsum([0, *chunks[:-1]]), np.cumsum(chunks), strict=True)
        ]

    def memory(self, a: int, b: int) -> Memory:
        def nan(sizes: Any) -> dict[str, Array]:
            return {name: np.full(size, np.nan, np.float32) for name, size in sizes.items()}

        return Memory(
            [self.x[a:b]], self.y[a:b], self.w | self.ready, nan(self.kernel.scratch(b - a)),
            nan(self.kernel.saved(b - a)),
            self.dy[a:b], [self.dx[a:b]], self.dw,
        )  # fmt: skip

    def train(self) -> None:
        """A step forward and backward; two partial sums, as for two parts of a batch."""
        for kind, step in (("forward", "forward"), ("backward", "backward")):
            if isinstance(self.kernel, Barrier):
                parts = [np.zeros(self.kernel.totals()[kind]) for _ in range(2)]
                for i, m in enumerate(self.memories):
                    getattr(self.kernel, f"{step}_sums")(m, parts[i % 2])()
                more = (True,) if kind == "forward" else ()
                getattr(self.kernel, f"{step}_ready")(parts, N, self.memories[0], self.ready, *more)()
            for m in self.memories:
                getattr(self.kernel, step)(m)()


def normalised(x: Array, dy: Array, w: dict[str, Array], axes: tuple[int, ...]) -> dict[str, Array]:
    """Ioffe, Szegedy 2015, algorithm 1 and its gradients, in float64: x in the shape whose ``axes`` are normalised."""
    x, dy = x.astype(np.float64), dy.astype(np.float64)
    gain, bias = (w[name].astype(np.float64) for name in ("weight", "bias"))
    maps = tuple(range(x.ndim - gain.ndim))
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    sigma = np.sqrt(variance + EPSILON)
    z, g = (x - mean) / sigma, dy * gain
    dx = (g - g.mean(axes, keepdims=True) - z * (g * z).mean(axes, keepdims=True)) / sigma
    return {
        "y": z * gain + bias,
        "dx": dx,
        "weight": (dy * z).sum(maps),
        "bias": dy.sum(maps),
        "mean": mean.reshape(-1),
        "variance": variance.reshape(-1),
    }


def close(found: Array, wanted: Array, bound: float, what: str) -> None:
    assert np.abs(found - wanted).max() <= bound * max(1.0, np.abs(wanted).max()), what


SHAPES = {"units": (50,), "1-D": (40, 3), "2-D": (9, 8, 5), "3-D": (4, 5, 3, 4)}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("rank", SHAPES)
def test_norm(rank: str, offset: float) -> None:
    rng = np.random.default_rng(4)
    x = (offset + rng.standard_normal((N, *SHAPES[rank]))).astype(np.float32)
    layer = Layer("norm", x, [2, 1, 3])
    layer.train()
    count = x.size // x.shape[-1]
    wanted = normalised(x, layer.dy, layer.w, tuple(range(x.ndim - 1)))
    close(layer.y, wanted["y"], 1e-5, "y")
    close(layer.dx, wanted["dx"], 1e-5, "dx")
    for name in ("weight", "bias"):
        close(layer.dw[name], wanted[name], 1e-5, name)
    np.testing.assert_allclose(layer.w["running_mean"], (1 - MOMENTUM) * wanted["mean"], rtol=1e-6, atol=1e-7)
    unbiased = wanted["variance"] * count / (count - 1)
    np.testing.assert_allclose(layer.w["running_var"], MOMENTUM + (1 - MOMENTUM) * unbiased, rtol=2e-6)


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_first_image_that_is_like_no_other(offset: float) -> None:
    """What the first chunk looks like does not decide how well the moments of all are known."""
    x = (offset + np.random.default_rng(4).standard_normal((N, 9, 8, 5))).astype(np.float32)
    x[0] = 0
    layer = Layer("norm", x, [2, 1, 3])
    layer.train()
    wanted = normalised(x, layer.dy, layer.w, (0, 1, 2))
    close(layer.y, wanted["y"], 1e-5, "y")
    close(layer.dx, wanted["dx"], 1e-5, "dx")


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("rank", SHAPES)
def test_norm_with_running_statistics(rank: str, offset: float) -> None:
    x = (offset + np.random.default_rng(4).standard_normal((N, *SHAPES[rank]))).astype(np.float32)
    layer = Layer("norm", x, [2, 4])
    layer.w["running_mean"][:] = offset + 0.25
    layer.w["running_var"][:] = 1.5
    assert isinstance(layer.kernel, Barrier)
    layer.kernel.from_running(layer.w, layer.ready)()
    for m in layer.memories:
        layer.kernel.forward(m)()
    gain, bias, mean, variance = (
        layer.w[name].astype(np.float64) for name in ("weight", "bias", "running_mean", "running_var")
    )
    close(layer.y, (x.astype(np.float64) - mean) / np.sqrt(variance + EPSILON) * gain + bias, 1e-6, "y")


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("rank", SHAPES)
def test_layer_norm(rank: str, offset: float) -> None:
    shape = (*SHAPES[rank][:-1], 40)
    x = (offset + np.random.default_rng(4).standard_normal((N, *shape))).astype(np.float32)
    layer = Layer("layer_norm", x, [2, 4])
    layer.train()
    wanted = normalised(x, layer.dy, layer.w, (-1,))
    close(layer.y, wanted["y"], 1e-5, "y")
    close(layer.dx, wanted["dx"], 1e-5, "dx")
    close(layer.dw["weight"], wanted["weight"], 1e-5, "weight")


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("rank", [rank for rank in SHAPES if rank != "units"])
def test_group_norm(rank: str, offset: float) -> None:
    shape = (*SHAPES[rank][:-1], 6)
    x = (offset + np.random.default_rng(4).standard_normal((N, *shape))).astype(np.float32)
    layer = Layer("group_norm", x, [2, 4], groups=2)
    layer.train()
    parted = {name: array.reshape(2, 3) for name, array in layer.w.items()}
    wanted = normalised(x.reshape(N, -1, 2, 3), layer.dy.reshape(N, -1, 2, 3), parted, (1, 3))
    close(layer.y, wanted["y"].reshape(x.shape), 1e-5, "y")
    close(layer.dx, wanted["dx"].reshape(x.shape), 1e-5, "dx")
    close(layer.dw["weight"], wanted["weight"].reshape(-1), 1e-5, "weight")


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_mean_of_many_positions(offset: float) -> None:
    """One sum number by number over 224 x 224 positions is off by 10 at 100,000."""
    x = (offset + np.random.default_rng(4).standard_normal((2, 224, 224, 3))).astype(np.float32)
    op = OPERATORS["global_avgpool"]()
    kernel = KERNELS[type(op)](op, [x.shape[1:]], (3,), {})
    y = np.full((2, 3), np.nan, np.float32)
    kernel.forward(
        Memory([x], y, {}, {name: np.full(size, np.nan, np.float32) for name, size in kernel.scratch(2).items()})
    )()
    np.testing.assert_allclose(y, x.mean((1, 2), dtype=np.float64), rtol=1e-6, atol=1e-6)
