"""The same weights through our engine and through onnxruntime give the same values (rtol 1e-4)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec import passes
from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.engine.running.evaluate import values
from netspec.graph import Graph
from netspec.interop.export import export, serialize
from netspec.language import format_text, parse
from netspec.runtime.predict import first_maps
from netspec.runtime.session import open_model
from netspec.shape import numbers
from netspec.weights import Model
from tests.agreement import sound
from tests.engine.kernels.cases import CASES, Row, random_weights
from tests.fuzz.valid import faults, meaning
from tests.zoo import SMALL, small


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


@pytest.mark.parametrize("row", CASES, ids=str)
def test_operator(row: Row, tmp_path: Path) -> None:
    graph = row.case().graph()
    weights = {path: array.astype(np.float32) for path, array in random_weights(graph).items()}
    agree(Model(graph, weights), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_net(name: str) -> None:
    net = small(name)
    sizes = {dim.name: 64 for shape in net.graph.inputs.values() for dim in shape if not isinstance(dim, int)}
    assert not faults(scores(net.graph), sizes, 5, net.initial())
    once = format_text(net.source.text)
    assert format_text(once) == once
    assert meaning(sound(once, net.given)) == meaning(net.graph)


def scores(graph: Graph) -> Graph:
    """Without softmax, which would make of a small difference between large scores a large one."""
    return graph.bypass(lambda node: node.op.name == "softmax")


STAGES = st.sampled_from([
    "relu", "tanh", "norm", "gelu", "conv(4, 3, pad: 1)", "conv(6, 1) -> norm", "conv(4, 3, pad: same)",
    "maxpool(3, stride: 1, pad: 1)",
    "avgpool(3, stride: 1, pad: 1)", "lrn(size: 3)", "residual { conv(in.maps, 3, pad: 1) -> norm }",
    "[identity, relu] -> concat",
    "[identity, tanh] -> add", "twice(3)", "(conv(3, 3, pad: 1) -> relu) * 2", "(conv(k, 1)) for k in [2, 5]",
    "layer_norm", "crop(4, 4)",
    "(relu if true else tanh)", "residual(shortcut: auto) { conv(8, 3, pad: 1) }", "upsample(2) -> maxpool(2)",
    "pad(1) -> crop(4, 4)",
])  # fmt: skip


@pytest.mark.slow
@given(
    st.lists(STAGES, min_size=1, max_size=6),
    st.sampled_from(["dense(3) -> softmax", "global_avgpool -> dense(2)", "relu", "flatten -> sigmoid"]),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_random_nets(stages: list[str], end: str) -> None:
    text = (
        "netspec 1\nnet A {\n  input x: 3 x 8 x 8\n"
        "  block twice(k) { in -> conv(k, 3, pad: 1) -> relu -> conv(k, 1) }\n"
        f"  output y = x -> conv(4, 3, pad: 1) -> {' -> '.join(stages)} -> {end}\n}}\n"
    )
    graphs = []
    for version in (text, format_text(text)):
        problems = Problems()
        graph = elaborate(parse(Source("net", version), problems), problems).graph
        assert graph is not None and not problems.errors, render(problems) + version
        graphs.append(graph)
    assert [(n.name, n.op, n.inputs, n.shape) for n in graphs[0].nodes] == [
        (n.name, n.op, n.inputs, n.shape) for n in graphs[1].nodes
    ]
    with TemporaryDirectory() as folder:
        drawn = random_weights(
            graphs[0]
        )  # by fan-in, as otherwise a sigmoid would make large differences of small ones
        weights = {path: (a / np.sqrt(np.prod(a.shape[1:]))).astype(np.float32) for path, a in drawn.items()}
        agree(Model(scores(graphs[0]), weights), Path(folder))
