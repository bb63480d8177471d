"""A model of another opset: its answers are those of opset 18, for every operator and every opset that takes it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from netspec import passes
from netspec.diagnostics import Trouble
from netspec.interop.export import export
from netspec.interop.opsets import FLOOR, OPSET, known, nothing, of_opset
from netspec.net.small import highest_opset
from netspec.runtime.devices import Device, opened
from netspec.settings import Data, steps
from netspec.shape import numbers
from netspec.weights import Model
from tests.agreement import LEVELS, by_onnxruntime, sound, weights_for
from tests.engine.kernels.cases import CASES, Row, random_weights
from tests.fixtures import TINY

HIGHEST = highest_opset()


def answers(proto: onnx.ModelProto, inputs: dict[str, Any]) -> list[np.ndarray]:
    return list(by_onnxruntime(proto.SerializeToString(), inputs, LEVELS[-1]).values())


def opsets_of(proto: onnx.ModelProto) -> list[int]:
    """Those that take a model; OPSET is always one."""
    found = []
    for opset in range(FLOOR, HIGHEST + 1):
        with contextlib.suppress(Trouble):
            of_opset(proto, opset, HIGHEST)
            found.append(opset)
    assert OPSET in found
    return found


def test_there_are_opsets_around_our_own() -> None:
    assert FLOOR < OPSET < HIGHEST <= known()


@pytest.mark.parametrize("row", CASES, ids=str)
def test_an_operator_answers_equally_in_every_opset(row: Row) -> None:
    graph = row.case().graph()
    weights = {path: array.astype(np.float32) for path, array in random_weights(graph).items()}
    model = passes.run(Model(graph, weights), passes.DEPLOY)
    proto = export(model, {})
    rng = np.random.default_rng(5)
    shapes = {name: numbers(shape) for name, shape in model.graph.inputs.items()}
    inputs = {name: rng.standard_normal((2, *shape)).astype(np.float32) for name, shape in shapes.items()}
    first = answers(proto, inputs)
    takers = opsets_of(proto)
    assert takers[-1] == HIGHEST and takers == list(range(takers[0], HIGHEST + 1))
    for opset in takers:
        other = of_opset(proto, opset, HIGHEST)
        assert [(each.domain, each.version) for each in other.opset_import] == [("", opset)]
        for mine, theirs in zip(first, answers(other, inputs), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_a_preparation_answers_equally_in_every_opset() -> None:
    data = Data(prepare=(steps.Resize(short=12), steps.CenterCrop(height=8), steps.Scale(factor=1 / 255)))
    graph = sound("netspec 1\nnet T {\ninput x: 3 x 8 x 8\noutput y = x -> dense(3) -> softmax\n}\n")
    model = passes.run(Model(graph, weights_for(graph)), passes.DEPLOY)
    proto = export(model, {"outputs": {"y": {"end": "softmax"}}}, data)
    picture = {"x": np.random.default_rng(0).integers(0, 255, (1, 20, 17, 3), dtype=np.uint8)}
    first = answers(proto, picture)
    for opset in opsets_of(proto):
        np.testing.assert_allclose(first, answers(of_opset(proto, opset, HIGHEST), picture), rtol=1e-6, atol=1e-6)


def test_other_opsets_name_the_range() -> None:
    graph = sound("netspec 1\nnet T {\ninput x: 3\noutput y = x -> dense(3)\n}\n")
    proto = export(Model(graph, weights_for(graph)), {})
    for opset in (FLOOR - 1, HIGHEST + 1, -1, 2**40):
        with pytest.raises(Trouble, match=f"in opset {opset}: it can in {FLOOR} to {HIGHEST}") as caught:
            of_opset(proto, opset, HIGHEST)
        assert caught.value.code == "N611"


def test_onnxruntime_takes_the_highest_and_not_the_next() -> None:
    assert not opened(nothing(HIGHEST), "cpu", Device()).why
    assert known() == HIGHEST or opened(nothing(HIGHEST + 1), "cpu", Device()).why


def test_a_compiled_model_is_of_the_opset(tmp_path: Path) -> None:
    from netspec.net import loads

    net = loads(TINY)
    net.compile(tmp_path / "m.onnx", opset=15)
    proto = onnx.load(tmp_path / "m.onnx")
    assert [(each.domain, each.version) for each in proto.opset_import] == [("", 15)] and proto.metadata_props
    net.compile(tmp_path / "a.onnx")
    net.compile(tmp_path / "b.onnx", opset=OPSET)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
