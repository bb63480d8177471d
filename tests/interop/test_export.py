"""What an exported model is besides its numbers: versions, names, shapes, metadata, one file, equal bytes."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest

from netspec import passes
from netspec.diagnostics import Fault
from netspec.interop.export import export, serialize
from netspec.interop.writer import Writer
from netspec.settings import Data
from netspec.weights import Model
from tests.agreement import LEVELS, by_onnxruntime, sound, weights_for


def exported(body: str, x: str = "3 x 8 x 8", metadata: object = None) -> onnx.ModelProto:
    """The model of a deployed net of random weights."""
    graph = sound(f"netspec 1\nnet Tiny {{\ninput x: {x}\n{body}\n}}\n")
    return export(passes.run(Model(graph, weights_for(graph)), passes.DEPLOY), metadata or {})


def dims(info: onnx.ValueInfoProto) -> list[object]:
    """Sizes by number or by name."""
    return [dim.dim_param or dim.dim_value for dim in info.type.tensor_type.shape.dim]


LENET = "C1 = x -> conv(4, 3) -> tanh\nS2 = C1 -> maxpool(2)\noutput y = S2 -> dense(5) -> softmax"


def test_versions_and_names() -> None:
    model = exported(LENET)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert (model.ir_version, model.producer_name, model.graph.name) == (8, "netspec", "Tiny")
    assert {node.domain for node in model.graph.node} == {""}


def test_inputs_and_outputs_have_the_nets_names_and_a_free_batch() -> None:
    model = exported(LENET)
    assert [(info.name, dims(info)) for info in model.graph.input] == [("x", ["N", 3, 8, 8])]
    assert [(info.name, dims(info)) for info in model.graph.output] == [("y", ["N", 5])]
    assert {info.type.tensor_type.elem_type for info in (*model.graph.input, *model.graph.output)} == {
        onnx.TensorProto.FLOAT
    }


def test_nodes_and_weights_have_the_names_that_a_person_knows() -> None:
    model = exported(LENET)
    named = [node.name for node in model.graph.node]
    assert [name for name in named if name in ("C1/conv", "C1/tanh", "S2/maxpool", "y/dense", "y/softmax")] == named[
        :3
    ] + named[-2:]
    assert len(set(named)) == len(named)
    names = {tensor.name for tensor in model.graph.initializer}
    assert {"C1/conv.weight", "C1/conv.bias", "y/dense.weight", "y/dense.bias"} <= names
    # a layer of several nodes: the last has its name, its helpers stand below it
    parts = [node.name for node in exported("output y = x -> gelu -> relu").graph.node]
    assert parts[-2:] == ["y/gelu", "y/relu"] and all(name.startswith("y/gelu/") for name in parts[:-2])


def test_every_intermediate_value_has_its_shape() -> None:
    model = exported(LENET)
    shapes = {info.name: dims(info) for info in model.graph.value_info}
    assert shapes["C1/conv"] == shapes["C1/tanh"] == ["N", 4, 6, 6]
    assert shapes["S2/maxpool"] == ["N", 4, 3, 3]
    assert shapes["y/dense"] == ["N", 5]
    values = {value for node in model.graph.node for value in node.output} - {"y"}
    assert values <= set(shapes)


def test_free_sizes_keep_their_names() -> None:
    model = exported("output y = x -> conv(4, 3, pad: 1)", "3 x H x W")
    assert dims(model.graph.input[0]) == ["N", 3, "H", "W"]
    assert dims(model.graph.output[0]) == ["N", 4, "H", "W"]


@pytest.mark.parametrize(
    ("sizes", "batch"), [("N x H", "batch"), ("batch x H", "N"), ("N x batch", "batch_0"), ("H x W", "N")]
)
def test_the_batch_has_a_name_of_its_own(sizes: str, batch: str) -> None:
    model = exported("output y = x -> relu", f"3 x {sizes}")
    assert dims(model.graph.input[0])[0] == dims(model.graph.output[0])[0] == batch


def test_metadata_is_one_string_of_json() -> None:
    metadata = {"b": [1, "ö"], "a": {"z": None}}
    model = exported(LENET, metadata=metadata)
    assert [prop.key for prop in model.metadata_props] == ["netspec"]
    assert json.loads(model.metadata_props[0].value) == metadata
    assert model.metadata_props[0].value == '{"a": {"z": null}, "b": [1, "ö"]}'


def test_all_is_in_one_file_and_weights_are_single_precision() -> None:
    model = exported(LENET)
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)
    weights = [tensor for tensor in model.graph.initializer if "." in tensor.name]
    assert {tensor.data_type for tensor in weights} == {onnx.TensorProto.FLOAT}


def test_no_constant_that_no_node_reads() -> None:
    for body in (LENET, "output y = x -> relu -> norm", "output y = x -> relu -> norm(affine: false)"):
        model = exported(body)
        read = {value for node in model.graph.node for value in node.input}
        assert {tensor.name for tensor in model.graph.initializer} <= read


def test_equal_models_are_equal_bytes() -> None:
    assert serialize(exported(LENET, metadata={"a": 1, "b": 2})) == serialize(
        exported(LENET, metadata={"b": 2, "a": 1})
    )


def test_weights_that_two_layers_share_stand_once() -> None:
    model = exported("share s = dense(4, bias: false)\na = x -> s\nb = x -> relu -> s\noutput y = [a, b] -> add", "4")
    assert [tensor.name for tensor in model.graph.initializer] == ["s/dense.weight"]


@pytest.mark.parametrize(
    "body",
    [
        "output y = x",
        "output y = x -> relu\noutput z = y -> scale(2)",
        "a = x -> relu\noutput y = a\noutput z = a",
        "output y = x -> identity -> relu -> identity",
        "output y = x -> dropout",
    ],
)
def test_outputs_are_values_or_copies_of_them(body: str) -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 2\n{body}\n}}\n")
    content = serialize(export(passes.run(Model(graph, {}), passes.DEPLOY), {}))
    found = by_onnxruntime(content, {"x": np.array([[-1, 3]], np.float32)}, LEVELS[0])
    plain = np.array([[-1, 3]] if "relu" not in body else [[0, 3]])
    np.testing.assert_array_equal(found["y"], plain)
    if "z" in body:
        np.testing.assert_array_equal(found["z"], plain * (2 if "scale" in body else 1))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            "input a: 3 x 8 x 8\ninput b: 3 x 8 x 8\noutput y = [a, b] -> add",
            "net A has the inputs a, b, but a picture is one input",
        ),
        ("input a: 3 x 8\noutput y = a -> relu", "the net reads 2 axes, but a picture has maps, height and width"),
    ],
)
def test_a_picture_is_one_input(inputs: str, message: str) -> None:
    graph = sound(f"netspec 1\nnet A {{\n{inputs}\n}}\n")
    with pytest.raises(Fault) as raised:
        export(Model(graph, {}), {}, Data())
    assert (raised.value.code, raised.value.message) == ("N607", message)


@pytest.mark.parametrize("number", [1e39, -1e39, float("inf"), float("nan")])
def test_a_constant_past_single_precision_is_a_fault(number: float) -> None:
    graph = sound("netspec 1\nnet A {\ninput x: 2\noutput y = x -> relu\n}\n")
    writer = Writer(Model(graph, {}), prefix="y/relu")
    with pytest.raises(Fault) as raised:
        writer.floats([1.0, number])
    assert (raised.value.code, raised.value.message) == (
        "N609",
        "y/relu has a number that a model cannot hold: single precision ends at 3.4e38",
    )


def test_what_the_writer_writes() -> None:
    graph = sound("netspec 1\nnet A {\ninput x: 2\noutput y = x -> dense(1)\n}\n")
    writer = Writer(Model(graph, {"y/dense.weight": np.array([[1, 2]], np.float64)}), prefix="p")
    assert writer("Relu", "x") == "p/Relu_1"
    assert writer.several("Split", 3, "x", axis=0) == ["p/Split_2", "p/Split_2_1", "p/Split_2_2"]
    assert list(writer.nodes[-1].output) == ["p/Split_2", "p/Split_2_1", "p/Split_2_2"]
    names = [writer.floats([1, 2], (2, 1)), writer.doubles([3.0]), writer.scalar(4), writer.ints((5, 6))]
    arrays = {name: onnx.numpy_helper.to_array(tensor) for name, tensor in writer.initializers.items()}
    assert names == list(arrays) == [f"p/constant_{n}" for n in (3, 4, 5, 6)]
    assert [(array.dtype.name, array.shape) for array in arrays.values()] == [
        ("float32", (2, 1)),
        ("float64", (1,)),
        ("int64", ()),
        ("int64", (2,)),
    ]
    assert writer.weight("y/dense.weight") == writer.shaped("y/dense.weight", (1, 2)) == "y/dense.weight"
    assert writer.shaped("y/dense.weight", (2, 1)) == "y/dense.weight[2x1]"
    tensors = {
        name: onnx.numpy_helper.to_array(writer.initializers[name])
        for name in ("y/dense.weight", "y/dense.weight[2x1]")
    }
    assert [(array.dtype.name, array.tolist()) for array in tensors.values()] == [
        ("float32", [[1, 2]]),
        ("float32", [[1], [2]]),
    ]


@pytest.mark.parametrize("window", [2, 3])
def test_a_subsample_of_many_maps_is_one_convolution(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = {"x": np.random.default_rng(0).standard_normal((3, 32, 12, 12)).astype(np.float32)}
    body = f"output y = x -> subsample({window}) -> tanh"
    model = exported(body, "32 x 12 x 12")
    assert [node.op_type for node in model.graph.node] == ["Mul", "Expand", "Conv", "Tanh"]
    assert {tensor.name for tensor in model.graph.initializer} > {"y/subsample.bias", "y/subsample.weight[32x1x1x1]"}
    monkeypatch.setattr("netspec.ops.pool.Subsample.BLOCK", 64)
    plain = exported(body, "32 x 12 x 12")
    assert [node.op_type for node in plain.graph.node] == ["AveragePool", "Mul", "Add", "Tanh"]
    for level in LEVELS:
        first, second = (by_onnxruntime(each.SerializeToString(), x, level)["y"] for each in (model, plain))
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-6)
