"""A model to ONNX: the one file that builds it. Opset 18 and IR 8, default domain, nothing of training."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import onnx
from onnx import TensorProto, helper

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.interop import raw_pixels
from netspec.interop.opsets import IR, OPSET
from netspec.interop.writer import Writer
from netspec.settings import Data
from netspec.shape import Free, Shape
from netspec.weights import Model

#: The batch axis; its size is free.
BATCH = "N"


class _Weights(Mapping[str, str]):
    """Local names to initializers, written when an operator asks."""

    def __init__(self, writer: Writer, node: Node, names: list[str]) -> None:
        self.writer, self.node, self.names = writer, node, names

    def __getitem__(self, local: str) -> str:
        return self.node.key(local)

    def __iter__(self) -> Any:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def export(model: Model, metadata: Mapping[str, Any], pictures: Data | None = None) -> onnx.ModelProto:
    """The ONNX model of a model after the DEPLOY passes, checked, every intermediate shape in it.

    With ``pictures`` their preparation stands in front: the input is then uint8, (N, height, width, maps).
    Raises Fault N607 where the net reads no picture.
    """
    graph, writer = model.graph, Writer(model)
    batch = _batch(graph)
    inputs = [_info(name, shape, batch) for name, shape in graph.inputs.items()]
    renamed: dict[str, str] = {}
    if pictures is not None:
        name, shape = _only_input(graph)
        inputs = [_picture(name, raw_pixels.maps_read(pictures, shape), pictures.span is not None)]
        renamed[name] = raw_pixels.prepare(pictures, name, shape, writer)
    for node in graph.nodes:
        _node(node, graph, writer, [renamed.get(value, value) for value in node.inputs])
    for output in graph.outputs:
        value = renamed.get(output.value, output.value)
        if pictures is not None:
            value = raw_pixels.answer(pictures, value, metadata["outputs"][output.name]["end"], writer)
        _leave(output.name, value, graph, writer)
    outputs = [_info(output.name, graph.shapes[output.value], batch) for output in graph.outputs]
    body = helper.make_graph(writer.nodes, graph.name, inputs, outputs, list(_used(writer)))
    proto = helper.make_model(
        body, ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="netspec"
    )
    helper.set_model_props(proto, {"netspec": json.dumps(metadata, sort_keys=True, ensure_ascii=False)})
    proto = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _only_input(graph: Graph) -> tuple[str, Shape]:
    if len(graph.inputs) > 1:
        raise Fault("N607", f"net {graph.name} has the inputs {', '.join(graph.inputs)}, but a picture is one input")
    return next(iter(graph.inputs.items()))


def _picture(name: str, maps: int, numbers: bool) -> onnx.ValueInfoProto:
    """Bytes; where a `range` says what the numbers are, those."""
    return helper.make_tensor_value_info(
        name, TensorProto.FLOAT if numbers else TensorProto.UINT8, [BATCH, "height", "width", maps]
    )


def _node(node: Node, graph: Graph, writer: Writer, values: Sequence[str]) -> None:
    writer.prefix = node.name
    names = _Weights(writer, node, list(graph.local_weights(node)))
    first = len(writer.nodes)
    result = node.op.onnx(writer, values, names, graph.input_shapes(node), node.shape)
    for written in writer.nodes[first:]:
        for value in written.input:
            if value in graph.weights and value not in writer.initializers:
                writer.weight(value)
    if len(writer.nodes) == first or writer.nodes[-1].output[0] != result:
        result = writer("Identity", result)
    last = writer.nodes[-1]  # the value and the node take the name a person knows
    last.output[0] = node.name
    last.name = node.name


def _leave(name: str, value: str, graph: Graph, writer: Writer) -> None:
    """Give the value the output's name, or a copy of it where others read it too."""
    maker = next((node for node in writer.nodes if node.output[0] == value), None)
    if (
        maker is None
        or value in graph.inputs
        or graph.users.get(value)
        or sum(out.value == value for out in graph.outputs) > 1
    ):
        writer.nodes.append(helper.make_node("Identity", [value], [name], f"{name}/output"))
    else:
        maker.output[0] = name


def _batch(graph: Graph) -> str:
    """The name of the batch axis: another one where the net calls a free size so, since equal names are equal sizes."""
    taken = {dim.name for shape in graph.inputs.values() for dim in shape if isinstance(dim, Free)}
    return next(name for name in (BATCH, "batch", *(f"batch_{n}" for n in range(len(taken)))) if name not in taken)


def _info(name: str, shape: Shape, batch: str) -> onnx.ValueInfoProto:
    dims = [batch, *(str(d) if isinstance(d, Free) else d for d in shape)]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def _used(writer: Writer) -> list[onnx.TensorProto]:
    """The constants that some node reads."""
    read = {value for node in _all(writer.nodes) for value in node.input}
    return [tensor for name, tensor in writer.initializers.items() if name in read]


def _all(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, and those of their branches."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            yield from _all(attribute.g.node)


def serialize(proto: onnx.ModelProto) -> bytes:
    """The same bytes for the same model."""
    return bytes(proto.SerializeToString(deterministic=True))
