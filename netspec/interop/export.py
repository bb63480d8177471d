"""A model to ONNX: the one file that builds it. Opset 18 and IR 8, default domain, nothing of training."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.interop import raw_pixels
from netspec.settings import Data
from netspec.shape import Free, Shape
from netspec.weights import Model

OPSET, IR = 18, 8
#: The batch axis; its size is free.
BATCH = "N"


@dataclass
class Writer:
    """What operators speak to (ops.operator.Emit): collects nodes, constants and weights."""

    model: Model
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, onnx.TensorProto] = field(default_factory=dict)
    prefix: str = ""
    count: int = 0

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        self.count += 1
        name = f"{self.prefix}/{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def several(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node of many outputs; returns their names."""
        first = self(kind, *inputs, **attributes)
        names = [first, *(f"{first}_{number}" for number in range(1, count))]
        self.nodes[-1].output.extend(names[1:])
        return names

    def choice(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """One of two values, of which only that one is computed."""
        branches = []
        for make in (then, otherwise):
            outer, self.nodes = self.nodes, []
            made = helper.make_empty_tensor_value_info(make())
            branches.append(helper.make_graph(self.nodes, f"{self.prefix}/branch_{self.count}", [], [made]))
            self.nodes = outer
        return self("If", condition, then_branch=branches[0], else_branch=branches[1])

    def floats(self, values: Any, shape: tuple[int, ...] | None = None) -> str:
        """A constant of float32; Fault N609 where a number is past it."""
        with np.errstate(over="ignore"):
            array = np.asarray(values, dtype=np.float32)
        if not np.isfinite(array).all():
            raise Fault("N609", f"{self.prefix} has a number that a model cannot hold: single precision ends at 3.4e38")
        return self._constant(array if shape is None else array.reshape(shape))

    def doubles(self, values: Any) -> str:
        """A constant of float64."""
        return self._constant(np.asarray(values, dtype=np.float64))

    def scalar(self, value: int) -> str:
        """A constant of int64 without axes."""
        return self._constant(np.asarray(value, dtype=np.int64))

    def ints(self, values: Sequence[int]) -> str:
        """A constant of int64, one axis."""
        return self._constant(np.asarray(list(values), dtype=np.int64))

    def _constant(self, array: Any) -> str:
        self.count += 1
        name = f"{self.prefix}/constant_{self.count}"
        self.initializers[name] = numpy_helper.from_array(array.copy(order="C"), name)
        return name

    def weight(self, path: str) -> str:
        """A weight under its own path."""
        if path not in self.initializers:
            array = np.ascontiguousarray(self.model.weights[path], dtype=np.float32)
            self.initializers[path] = numpy_helper.from_array(array, path)
        return path

    def shaped(self, weight: str, shape: tuple[int, ...]) -> str:
        """A weight in another shape, under its own path where nothing else reads it."""
        array = np.asarray(self.model.weights[weight], dtype=np.float32).reshape(shape)
        name = weight if array.shape == tuple(self.model.weights[weight].shape) else f"{weight}[{'x'.join(map(str, shape))}]"
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name


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

    With ``pictures`` their preparation stands in front: the input is then uint8, (N, height, width, maps). Raises Fault N607
    where the net reads no picture.
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
    proto = helper.make_model(body, ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="netspec")
    helper.set_model_props(proto, {"netspec": json.dumps(metadata, sort_keys=True, ensure_ascii=False)})
    proto = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _only_input(graph: Graph) -> tuple[str, Shape]:
    if len(graph.inputs) > 1:
        raise Fault("N607", f"net {graph.name} reads {', '.join(graph.inputs)}, and a picture is one input")
    return next(iter(graph.inputs.items()))


def _picture(name: str, maps: int, numbers: bool) -> onnx.ValueInfoProto:
    """Bytes; where a `range` says what the numbers are, those."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT if numbers else TensorProto.UINT8, [BATCH, "height", "width", maps])


def _node(node: Node, graph: Graph, writer: Writer, values: Sequence[str]) -> None:
    writer.prefix = node.name
    names = _Weights(writer, node, list(graph.local_weights(node)))
    first = len(writer.nodes)
    result = node.op.onnx(writer, values, names, graph.input_shapes(node), node.shape)
    for made in writer.nodes[first:]:
        for value in made.input:
            if value in graph.weights and value not in writer.initializers:
                writer.weight(value)
    if len(writer.nodes) == first or writer.nodes[-1].output[0] != result:
        result = writer("Identity", result)
    last = writer.nodes[-1]  # the value and the node take the name a person knows
    last.output[0] = node.name
    last.name = node.name


def _leave(name: str, value: str, graph: Graph, writer: Writer) -> None:
    """Give the value the output's name, or a copy of it where others read it too."""
    maker = next((made for made in writer.nodes if made.output[0] == value), None)
    if maker is None or value in graph.inputs or graph.users.get(value) or sum(out.value == value for out in graph.outputs) > 1:
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
