"""The memory that a step takes where it runs node by node: what is alive at a time."""

from __future__ import annotations

from math import prod

import onnx
from onnx import TensorProto, helper

#: Bytes of a session's own, and what its arena takes for each byte that is alive: the most that was measured, with
#: onnxruntime 1.31 on the steps of LeNet-5, ResNet-20, GoogLeNet and VGG-16.
_OWN, _ARENA = 10_000_000, 1.6
#: Nodes whose result is their first input under another name or shape.
_VIEWS = frozenset({"Reshape", "Flatten", "Unsqueeze", "Squeeze", "Identity"})


def bytes_of(proto: onnx.ModelProto, batch: int) -> int:
    """Bytes of what goes in and out and of the most values that are alive at a time, with what an arena takes for them.

    Values live from the node that makes them to the last that reads them.
    """
    sizes = _sizes(proto, batch)
    kept = sum(sizes[value.name] for value in (*proto.graph.input, *proto.graph.output))
    last: dict[str, int] = {}
    home: dict[str, str] = {}
    for number, node in enumerate(proto.graph.node):
        view = node.op_type in _VIEWS
        home |= {name: home.get(node.input[0], node.input[0]) if view else name for name in node.output}
        last |= {home.get(name, name): number for name in (*node.input, *node.output)}
    ends: dict[int, list[str]] = {}
    given = {value.name for value in proto.graph.input} | {tensor.name for tensor in proto.graph.initializer}
    for name in last.keys() - given:
        ends.setdefault(last[name], []).append(name)
    alive, most = 0, 0
    for number, node in enumerate(proto.graph.node):
        alive += sum(sizes.get(name, 0) for name in node.output if home[name] == name)
        most = max(most, alive)
        alive -= sum(sizes.get(name, 0) for name in ends.get(number, ()))
    return _OWN + int(_ARENA * (kept + most))


def _sizes(proto: onnx.ModelProto, batch: int) -> dict[str, int]:
    """Bytes of each value at a size of the batch."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(proto)
    for value in (*fixed.graph.input, *fixed.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = batch
    found = {}
    inferred = onnx.shape_inference.infer_shapes(fixed, data_prop=True).graph
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        kind = value.type.tensor_type
        width = helper.tensor_dtype_to_np_dtype(kind.elem_type or TensorProto.FLOAT).itemsize
        found[value.name] = width * prod(dim.dim_value for dim in kind.shape.dim)
    return found
