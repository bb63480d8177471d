"""What of a model is left in float32 by the quantiser, and the model that the quantiser wrote made one of netspec's."""

from __future__ import annotations

from collections.abc import Iterator

import onnx

from netspec.interop.logits import ENDS


def left_alone(content: bytes) -> list[str]:
    """The nodes of a model that stay in float32: a preparation of pictures, and what turns values to probabilities."""
    nodes = onnx.load_model_from_string(content).graph.node
    return [node.name for node in nodes if node.name.startswith("prepare/") or node.op_type in ENDS]


def completed(content: bytes, original: bytes) -> onnx.ModelProto:
    """A quantised model, checked, with what ``original``, from which it was made, says of itself."""
    proto, before = onnx.load_model_from_string(content), onnx.load_model_from_string(original)
    del proto.metadata_props[:]
    proto.metadata_props.extend(before.metadata_props)
    proto.producer_name, proto.producer_version = before.producer_name, before.producer_version
    proto.ir_version = before.ir_version
    del proto.opset_import[:]
    proto.opset_import.extend(before.opset_import)  # the quantiser names a domain of its own that no node is of
    ordered = _in_order(proto.graph)
    del proto.graph.node[:]
    proto.graph.node.extend(ordered)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _in_order(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes, each behind what it reads: the quantiser forgets that branches read values of the graph around them.

    They stay in their order as far as that goes.
    """
    makers = {name: place for place, node in enumerate(graph.node) for name in node.output}
    order: dict[int, None] = {}
    for start in range(len(graph.node)):
        waiting = [start]
        while waiting:
            place = waiting[-1]
            before = {makers[name] for name in _read(graph.node[place]) if name in makers} - order.keys()
            if place in order or not before:
                order[waiting.pop()] = None
            else:
                waiting.extend(sorted(before, reverse=True))
    return [graph.node[place] for place in order]


def _read(node: onnx.NodeProto) -> Iterator[str]:
    """The values that a node reads, and those that the nodes of its branches do."""
    yield from node.input
    for attribute in node.attribute:
        yield from (output.name for output in attribute.g.output)
        for inner in attribute.g.node:
            yield from _read(inner)
