"""deconv(pad: same) is the transpose of conv(pad: same) on the size it makes: ⟨conv x, y⟩ = ⟨x, deconv y⟩ for one set
of kernels."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.engine.running.evaluate import values
from netspec.graph import Graph, Node, Output
from netspec.interop.export import export, serialize
from netspec.ops import OPERATORS
from netspec.runtime.predict import first_maps
from netspec.runtime.session import open_model
from netspec.weights import Model
from tests.engine.kernels.bound import Array, Bound
from tests.engine.kernels.cases import case

INPUTS, OUTPUTS = 2, 3
AXES = list(product(range(1, 6), range(1, 5), (1, 2)))  # kernel, stride, dilation


def sizes(axes: list[tuple[int, int, int]], small: int = 3) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]:
    """Sizes before and behind the deconvolution, and its arguments."""
    k, s, d = zip(*axes, strict=True)
    few = tuple(small + i for i in range(len(axes)))
    return (
        few,
        tuple(n * m for n, m in zip(few, s, strict=True)),
        {"kernel": k, "stride": s, "dilation": d, "pad": "same", "bias": False},
    )


def turned(kernel: Array) -> Array:
    """The kernels of the convolution as those of its transpose: inputs and outputs change places."""
    return np.ascontiguousarray(kernel.swapaxes(0, 1))


def adjoint(axes: list[tuple[int, int, int]]) -> tuple[float, float]:
    """Both sums of products in the engine, float64."""
    few, many, told = sizes(axes)
    conv = Bound(case("conv", (INPUTS, *many), maps=OUTPUTS, **told))
    back = Bound(case("deconv", (OUTPUTS, *few), maps=INPUTS, **told), seed=2)
    assert conv.y == (*few, OUTPUTS)
    assert back.y == (*many, INPUTS)
    back.point["weight"] = back.kernel.pack("weight", turned(conv.kernel.unpack("weight", conv.point["weight"])))
    x, y = conv.point["x0"], back.point["x0"]
    return float(np.vdot(conv.forward(conv.memory(conv.point)), y)), float(
        np.vdot(x, back.forward(back.memory(back.point)))
    )


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
def test_transpose(kernel: int, stride: int) -> None:
    for dilation in (1, 2):
        for axes in (
            [(kernel, stride, dilation)],
            [(kernel, stride, dilation), (3, 2, 1)],
            [(4, 3, 1), (kernel, stride, dilation)],
        ):
            forward, backward = adjoint(axes)
            assert forward == pytest.approx(backward, rel=1e-10, abs=1e-10), axes


def test_cells_are_where_conv_looks() -> None:
    """A kernel of 4 with stride 1 pads 1 before and 2 behind, so its transpose cuts 1 before and 2 behind: by hand."""
    back = Bound(case("deconv", (1, 3), maps=1, kernel=4, pad="same", bias=False))
    back.point["weight"] = back.kernel.pack("weight", np.array([[[1.0, 2, 3, 4]]]))
    back.point["x0"] = np.array([1.0, 0, 0]).reshape(1, 3, 1)
    back.n = 1
    assert back.forward(back.memory(back.point)).reshape(-1).tolist() == [2, 3, 4]


def test_what_is_cut_is_told() -> None:
    told = case("deconv", (1, 3, 3), maps=1, kernel=(4, 2), stride=(1, 3), pad="same").op.decided([(1, 3, 3)])
    assert "pad: same cuts (1 before, 2 behind) x (0 before, -1 behind)" in told


@pytest.mark.slow
@pytest.mark.parametrize("rank", [1, 2])
def test_transpose_in_onnxruntime(rank: int, tmp_path: Path) -> None:
    """All strides and kernels as outputs of two models, one of convolutions and one of their transposes, by the same
    sums."""
    rng, sums = np.random.default_rng(0), []
    for number, axis in enumerate(AXES):
        axes = [axis, AXES[(7 * number + 3) % len(AXES)]][:rank]
        few, many, told = sizes(axes)
        kernel = rng.standard_normal((OUTPUTS, INPUTS, *told["kernel"])).astype(np.float32)
        x, y = (rng.standard_normal((2, *shape)).astype(np.float32) for shape in ((INPUTS, *many), (OUTPUTS, *few)))
        forward = ran(tmp_path, "conv", {"maps": OUTPUTS, **told}, kernel, x)
        backward = ran(tmp_path, "deconv", {"maps": INPUTS, **told}, turned(kernel), y)
        sums.append((float(np.vdot(forward, y)), float(np.vdot(x, backward)), float(np.abs(forward * y).sum())))
    for axis, (one, two, size) in zip(AXES, sums, strict=True):
        assert one == pytest.approx(two, abs=2e-6 * size), axis


def ran(folder: Path, name: str, told: dict[str, Any], kernel: Array, x: Array) -> Array:
    """What the exported layer gives in onnxruntime, which is what the engine gives."""
    op = OPERATORS[name](**told)
    shape = x.shape[1:]
    graph = Graph("One", {"x": shape}, (Node("y/op", "y/op", op, ("x",), op.shape([shape])),), (Output("y", "y/op"),))
    model = Model(graph, {"y/op.weight": kernel})
    (folder / "m.onnx").write_bytes(serialize(export(model, {})))
    session = open_model(folder / "m.onnx", "cpu")
    (found,) = session.session.run(None, {"x": x})
    mine = first_maps(values(model, {"x": np.ascontiguousarray(np.moveaxis(x, 1, -1))})["y"])
    np.testing.assert_allclose(mine, found, rtol=1e-5, atol=1e-5)
    return np.asarray(found)
