"""A model whose weights stand in its file as float16, half the size, and are made float32 before they are used."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netspec.diagnostics import Fault

#: The largest number of float16.
LARGEST = float(np.finfo(np.float16).max)


def in_float16(proto: onnx.ModelProto, weights: Collection[str]) -> tuple[int, int]:
    """Store the named weights of a model as float16, in place; how many numbers became 0, and how many there are.

    Each keeps its name, and a Cast gives what its readers read: runtimes compute it once, when they open the model.
    Raises Fault N609 where a weight has a number that float16 does not hold, with the weight's path.
    """
    lost, count, casts = 0, 0, {}
    for tensor in proto.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or tensor.name.partition("[")[0] not in weights:
            continue
        array = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            small = array.astype(np.float16)
        _check(tensor.name, array, small)
        lost += int(np.count_nonzero((small == 0) & (array != 0)))
        count += array.size
        tensor.CopyFrom(numpy_helper.from_array(small, tensor.name))
        casts[tensor.name] = f"{tensor.name}/float32"
    _read(proto.graph, casts)
    first = [helper.make_node("Cast", [name], [to], to, to=TensorProto.FLOAT) for name, to in casts.items()]
    nodes = [*first, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return lost, count


def _check(name: str, array: np.ndarray, small: np.ndarray) -> None:
    past = np.isinf(small) & np.isfinite(array)
    if past.any():
        raise Fault(
            "N609",
            f"{name.partition('[')[0]} has the number {array[past].flat[0]:.6g}, and float16 ends at {LARGEST:,.0f}",
            help="compile it without `--float16`",
        )


def _read(graph: onnx.GraphProto, renamed: dict[str, str]) -> None:
    """Let all nodes, also those of branches, read other values."""
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _read(attribute.g, renamed)
