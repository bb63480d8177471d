"""Weights stored as float16: half the size, the answers of the rounded weights, and what float16 does not hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from netspec.diagnostics import Fault
from netspec.interop.model_weights import model_weights
from netspec.net import load, loads
from netspec.runtime.session import open_model
from tests.fixtures import TINY

BIG = TINY.replace("dense(classes)", "dense(200) -> dense(classes)")


def test_the_file_is_half_and_answers_as_the_rounded_weights(tmp_path: Path) -> None:
    net = loads(BIG)
    weights = net.initial()
    rounded = {path: array.astype(np.float16).astype(np.float32) for path, array in weights.items()}
    net.compile(tmp_path / "full.onnx", weights)
    net.compile(tmp_path / "rounded.onnx", rounded)
    net.compile(tmp_path / "half.onnx", weights, float16=True)
    full, half = ((tmp_path / f"{name}.onnx").stat().st_size for name in ("full", "half"))
    numbers = sum(array.size for array in weights.values())
    assert full - half > 1.9 * numbers
    x = np.random.default_rng(0).standard_normal((3, 1, 28, 28)).astype(np.float32)
    first, second = (open_model(tmp_path / f"{name}.onnx", "cpu") for name in ("rounded", "half"))
    assert first.inputs == second.inputs and first.outputs == second.outputs
    assert first.metadata == second.metadata
    np.testing.assert_array_equal(first.run(x)[0], second.run(x)[0])


def test_no_weight_stays_in_float32_and_paths_stay(tmp_path: Path) -> None:
    net = load(Path(__file__).parents[2] / "specs" / "lenet5.net")
    weights = net.initial()
    net.compile(tmp_path / "half.onnx", weights, float16=True)
    proto = onnx.load(tmp_path / "half.onnx")
    onnx.checker.check_model(proto, full_check=True)
    kinds = {tensor.name.partition("[")[0]: tensor.data_type for tensor in proto.graph.initializer}
    assert {kinds[path] for path in weights if path in kinds} == {onnx.TensorProto.FLOAT16}
    assert all(t.data_type != onnx.TensorProto.FLOAT or numpy_helper.to_array(t).size < 2
               for t in proto.graph.initializer)  # fmt: skip
    found = model_weights(tmp_path / "half.onnx", {path: array.shape for path, array in weights.items()})
    assert found.keys() == weights.keys() & kinds.keys()
    for path in found:
        assert found[path].dtype == np.float32
        if path == "C3/conv.weight":  # of a table, which is spread over a whole kernel
            continue
        np.testing.assert_array_equal(found[path], weights[path].astype(np.float16))


def test_a_weight_past_float16_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    net = loads(TINY)
    weights = net.initial()
    weights["y/dense.bias"][3] = -65520.0
    with pytest.raises(Fault, match=r"y/dense\.bias has the number -65520, and float16 ends at 65,504") as caught:
        net.compile(tmp_path / "m.onnx", weights, float16=True)
    assert caught.value.code == "N609" and not list(tmp_path.iterdir())


def test_many_weights_that_become_0_are_told(tmp_path: Path) -> None:
    net, told = loads(TINY), list[str]()
    weights = net.initial()
    net.compile(tmp_path / "m.onnx", weights, float16=True, tell=told.append)
    assert not told
    small = {path: array * np.float32(1e-9) for path, array in weights.items()}
    net.compile(tmp_path / "m.onnx", small, float16=True, tell=told.append)
    assert len(told) == 1 and "too small for float16 and became 0" in told[0]
