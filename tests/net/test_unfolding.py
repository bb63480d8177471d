"""Training that begins with a compiled model whose norms are folded away: they are made again, and change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.engine.training.events import Epoch
from netspec.net import load
from netspec.net.start import Start

SPEC = """netspec 1
net F {
    input x: 2 x 6 x 6
    stem = x -> conv(4, 3, pad: 1, bias: BIAS) -> norm(affine: AFFINE) -> relu
    skip = stem -> residual { conv(4, 3, pad: 1) -> norm -> relu -> conv(4, 3, pad: 1) -> norm }
    output label = skip -> relu -> dense(3) -> softmax
}
train {
    optimizer: sgd(rate: 1e-12)
    batch: 200
    epochs: 1
}
"""


def made(folder: Path, bias: str, affine: str) -> tuple[Any, dict[str, Any]]:
    """A net, and weights whose statistics are not those of fresh ones."""
    text = SPEC.replace("BIAS", bias).replace("AFFINE", affine)
    (folder / "f.net").write_text(text.replace(", bias: none", ""))
    net, rng = load(folder / "f.net"), np.random.default_rng(1)
    weights = net.initial(3)
    for path, array in weights.items():
        if "norm" in path or path.endswith("bias"):
            weights[path] = (array + rng.uniform(0.1, 0.6, array.shape)).astype(np.float32)
    return net, weights


@pytest.mark.parametrize(("bias", "affine"), [("none", "true"), ("true", "true"), ("none", "false")])
def test_the_net_answers_as_the_model_does(bias: str, affine: str, tmp_path: Path) -> None:
    net, weights = made(tmp_path, bias, affine)
    net.compile(tmp_path / "m.onnx", weights)
    x = np.random.default_rng(0).standard_normal((50, 2, 6, 6)).astype(np.float32)
    start = Start(tmp_path / "m.onnx")
    found = start.weights(net.graph, net.initial(9), lambda: {"x": np.ascontiguousarray(np.moveaxis(x, 1, -1))})
    for inputs in (x, 3 * x[:7] + 1):  # of other statistics too
        np.testing.assert_allclose(net.values(found, inputs)["label"], net.values(weights, inputs)["label"], atol=2e-5)


def test_training_begins_where_the_model_stood(tmp_path: Path) -> None:
    """The loss of a step that changes nothing is the model's own, on the examples that were measured."""
    net, weights = made(tmp_path, "none", "true")
    net.compile(tmp_path / "m.onnx", weights)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 2, 6, 6)).astype(np.float32), rng.integers(0, 3, 200)
    (tmp_path / "d").mkdir()
    for part in ("train", "test"):
        np.savez(tmp_path / "d" / f"{part}.npz", x=x, label=y)
    events = net.train(tmp_path / "d", start=tmp_path / "m.onnx", workers=1)
    (epoch,) = [event for event in events if isinstance(event, Epoch)]
    expected = -np.log(net.values(weights, x)["label"][np.arange(200), y]).mean()
    assert epoch.loss == pytest.approx(float(expected), rel=1e-4)
    fresh = -np.log(net.values(net.initial(0), x)["label"][np.arange(200), y]).mean()
    assert abs(fresh - expected) > 0.01  # it could be told apart
