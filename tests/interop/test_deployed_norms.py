"""Norms of values far from zero in the compiled model: the papers' formulas in float64, onnxruntime in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec import passes
from netspec.interop.export import export, serialize
from netspec.net import load
from netspec.runtime.session import open_model
from netspec.weights import Model

EPSILON = 1e-5


@pytest.mark.parametrize("offset", [0.0, 10.0, 1e3, 1e4, 1e5])
@pytest.mark.parametrize(("layer", "axes"), [("norm", None), ("layer_norm", (2,)), ("group_norm(2)", (2, 3))])
def test_deployed(layer: str, axes: tuple[int, ...] | None, offset: float, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(f"netspec 1\nnet A {{\n input x: 6 x 5 x 4\n output y = x -> {layer}\n}}\n")
    net = load(path)
    weights = {name: array.astype(np.float32) for name, array in net.initial().items()}
    for name in weights:
        if name.endswith("running_mean"):
            weights[name][:] = offset
    path.with_suffix(".onnx").write_bytes(serialize(export(passes.run(Model(net.graph, weights), passes.DEPLOY), {})))
    x = (offset + np.random.default_rng(0).standard_normal((3, 6, 5, 4))).astype(np.float32)
    (found,) = open_model(path.with_suffix(".onnx"), "cpu").session.run(None, {"x": x})
    exact = x.astype(np.float64)
    if axes is None:
        wanted = (exact - offset) / np.sqrt(1 + EPSILON)
    else:
        parted = exact.reshape(3, 1, 6, 20) if axes == (2,) else exact.reshape(3, 2, 3, 20)
        wanted = (
            (parted - parted.mean(axes, keepdims=True)) / np.sqrt(parted.var(axes, keepdims=True) + EPSILON)
        ).reshape(x.shape)
    np.testing.assert_allclose(found, wanted, atol=5e-5 if axes is None else 2e-6)
