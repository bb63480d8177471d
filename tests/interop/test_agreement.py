"""The same weights through our engine and through onnxruntime give the same values (rtol 1e-4)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cases import CASES, Case, random_weights

from netspec import passes
from netspec.engine.evaluate import values
from netspec.interop.export import export, serialize
from netspec.net import load
from netspec.runtime.predict import first_maps
from netspec.runtime.session import open_model
from netspec.shape import numbers
from netspec.weights import Model

SPECS = Path(__file__).parents[2] / "specs"


def through_onnxruntime(model: Model, inputs: dict[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
    path = folder / "m.onnx"
    path.write_bytes(serialize(export(model, {})))
    session = open_model(path, "cpu")
    feeds = {name: np.ascontiguousarray(first_maps(x), dtype=np.float32) for name, x in inputs.items()}
    return dict(zip(session.outputs, session.session.run(None, feeds), strict=True))


def agree(graph_model: Model, folder: Path, n: int = 3) -> None:
    model = passes.run(graph_model, passes.DEPLOY)
    rng = np.random.default_rng(5)
    shapes = {name: numbers(shape) for name, shape in model.graph.inputs.items()}
    inputs = {name: rng.standard_normal((n, *s[1:], s[0])).astype(np.float32) for name, s in shapes.items()}
    inputs = {name: x.reshape(n, -1) if len(shapes[name]) == 1 else x for name, x in inputs.items()}
    ours = values(model, inputs)
    theirs = through_onnxruntime(model, inputs, folder)
    for name, mine in ours.items():
        scale = np.abs(theirs[name]).max() + 1e-6
        np.testing.assert_allclose(first_maps(mine), theirs[name], rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_operator(case: Case, tmp_path: Path) -> None:
    graph = case.graph()
    weights = {path: array.astype(np.float32) for path, array in random_weights(graph).items()}
    agree(Model(graph, weights), tmp_path)


@pytest.mark.parametrize("name", ["lenet5", "lenet5_rbf"])
def test_net(name: str, tmp_path: Path) -> None:
    net = load(SPECS / f"{name}.net")
    agree(Model(net.graph, net.initial()), tmp_path)
