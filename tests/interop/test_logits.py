"""A model with its logits as further outputs: made of nodes by hand, read without its weights being unpacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from netspec.data.scores import Logits
from netspec.diagnostics import Fault, Trouble
from netspec.interop.logits import exposed


def model(nodes: list[onnx.NodeProto], shape: tuple[object, ...] = ("N", 4), external: bool = False) -> bytes:
    """A model from x to y, with one weight that nothing reads."""
    weight = onnx.numpy_helper.from_array(np.ones(2, np.float32), "w")
    if external:
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value="w.bin")
    sizes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", [sizes[0]], [sizes[1]], [weight])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString()


def node(kind: str, inputs: str, outputs: str = "y", domain: str = "", **attributes: object) -> onnx.NodeProto:
    """Names by blanks."""
    return helper.make_node(kind, inputs.split(), outputs.split(), domain=domain, **attributes)


def found(content: bytes, folder: Path) -> dict[str, Logits]:
    """The logits of each output."""
    (folder / "m.onnx").write_bytes(content)
    result = exposed(folder / "m.onnx")
    assert (result.content is None) == (not result.logits)
    return dict(result.logits)


CROPS = [node("Split", "p", "a b c", axis=0, num_outputs=3), node("Mean", "a b c", "y")]
ENDS = [
    ([node("Softmax", "x", axis=1)], Logits("x", "softmax")),
    ([node("Softmax", "x", axis=-1)], Logits("x", "softmax")),  # the last of two axes is the first behind the batch
    ([node("Softmax", "x")], Logits("x", "softmax")),
    ([node("LogSoftmax", "x", axis=1)], Logits("x", "log_softmax")),
    ([node("Sigmoid", "x")], Logits("x", "sigmoid")),
    (
        [node("Relu", "x", "r"), node("Softmax", "r", "s", axis=1), node("Identity", "s", "t"), node("Identity", "t")],
        Logits("r", "softmax"),
    ),
    ([node("Softmax", "x", "p", axis=1), *CROPS], Logits("x", "softmax", 3)),
    (
        [node("LogSoftmax", "x", "l", axis=1), node("Exp", "l", "p"), CROPS[0], node("Mean", "a b c", "m"),
         node("Log", "m")],
        Logits("x", "log_softmax", 3),
    ),
    # another axis, another end, another domain, the mean of something else
    ([node("Softmax", "x", axis=0)], None),
    ([node("Relu", "x")], None),
    ([node("Softmax", "x", "s", axis=1), node("Relu", "s")], None),
    ([node("Softmax", "x", domain="other", axis=1)], None),
    ([node("Softmax", "x", "p", axis=1), node("Split", "p", "a b", axis=1, num_outputs=2), node("Mean", "a b")], None),
    ([node("Softmax", "x", "p", axis=1), CROPS[0], node("Mean", "a c b")], None),
    ([node("Softmax", "x", "p", axis=1), node("Log", "p")], None),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "logits"), ENDS)
def test_what_stands_before_the_last_layer(nodes: list[onnx.NodeProto], logits: Logits | None, tmp_path: Path) -> None:
    assert found(model(nodes), tmp_path) == ({"y": logits} if logits else {})


def test_over_maps_the_softmax_is_over_the_first_axis_behind_the_batch(tmp_path: Path) -> None:
    for axis, there in ((1, True), (-3, True), (-1, False), (3, False)):
        content = model([node("Softmax", "x", axis=axis)], ("N", 4, 2, 2))
        assert bool(found(content, tmp_path)) == there


@pytest.mark.parametrize("length", [100, 127, 128, 256, 300, 20_000])
def test_fields_of_any_length_are_read(length: int, tmp_path: Path) -> None:
    name = "r" * length
    content = model([node("Relu", "x", name), node("Softmax", name, axis=1)])
    assert found(content, tmp_path) == {"y": Logits(name, "softmax")}


def test_the_model_gives_its_logits_too(tmp_path: Path) -> None:
    content = model([node("Relu", "x", "r"), node("Softmax", "r", axis=1)])
    (tmp_path / "m.onnx").write_bytes(content)
    result = exposed(tmp_path / "m.onnx")
    assert result.content is not None and result.content.startswith(content)
    session = ort.InferenceSession(result.content, providers=["CPUExecutionProvider"])
    x = np.array([[-1, 0, 1, 2]], np.float32)
    answer = dict(zip([output.name for output in session.get_outputs()], session.run(None, {"x": x}), strict=True))
    assert list(answer) == ["y", "r"]
    np.testing.assert_array_equal(answer["r"], [[0, 0, 1, 2]])


def test_weights_in_other_files_are_left_alone(tmp_path: Path) -> None:
    assert found(model([node("Softmax", "x", axis=1)], external=True), tmp_path) == {}


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x3a\xff\xff", b"\x3b", b"\xff" * 20, b"\x3a\x05ab"])
def test_what_is_no_model(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(Fault, match=r"m\.onnx is not a model") as raised:
        exposed(tmp_path / "m.onnx")
    assert raised.value.code == "N708"


def test_no_file_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(Trouble):
        exposed(tmp_path / "m.onnx")
