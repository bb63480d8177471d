"""A compiled model with the values before its last softmax or sigmoid as further outputs, its weights never unpacked.

A protobuf message may be written in parts that a reader merges, so the outputs are a few bytes behind the file's own:
a model of 2 GB costs no more than to read it.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import onnx

from netspec.data.scores import Logits
from netspec.diagnostics import Fault
from netspec.files import foreign, open_regular
from netspec.kinds import mistaken

#: The last layer of an output by its node in the model.
ENDS = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}
#: Protobuf's numbers of the fields that are looked at: a model's graph; a graph's nodes, weights and outputs.
_GRAPH, _NODE, _WEIGHTS, _OUTPUT = 7, 1, 5, 12
_EXTERNAL = onnx.TensorProto.EXTERNAL


@dataclass(frozen=True)
class Exposed:
    """The bytes of a model that also gives ``logits``, by output; no bytes where it is best opened as it is."""

    content: bytes | None = None
    logits: Mapping[str, Logits] = field(default_factory=dict)


def exposed(path: Path) -> Exposed:
    """The model of a file with its logits as outputs; outputs whose end is none of ENDS have none.

    Raises Trouble where there is no file, Fault N708 where it is no model.
    """
    other = mistaken(path, "a model")
    if other and not path.is_dir():
        raise Fault("N708", other)
    with open_regular(path) as file, foreign("N708", f"{path} is not a model"):
        if file.seek(0, 2) == 0:
            raise Fault("N708", f"{path} is not a model: it is empty")
        view = memoryview(
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        )  # closed when nothing looks at it any more
        nodes, outputs, external = _skim(view)
        makers = {node.output[0]: node for node in nodes if node.output}
        found = {name: logits for name, axes in outputs.items() if (logits := _before(name, axes, makers)) is not None}
        if external or not found:
            return Exposed(None, {})
        names = dict.fromkeys(logits.name for logits in found.values() if logits.name not in outputs)
        return Exposed(_giving(view, names), found)


def with_output(path: Path, value: str) -> tuple[bytes | None, list[str]]:
    """The bytes of a model that also gives ``value``, None where it has no such value or cannot be given as bytes.

    And the names of the values that it has. Raises Fault N708 where it is no model.
    """
    with open_regular(path) as file, foreign("N708", f"{path} is not a model"):
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        nodes, _, external = _skim(view)
        known = [name for node in nodes for name in node.output]
        if external or value not in known:
            return None, known
        return _giving(view, [value]), known


def _giving(view: memoryview, names: Iterable[str]) -> bytes:
    """A model's bytes with further outputs behind them."""
    more = onnx.ModelProto()
    more.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    return b"".join((view, more.SerializeToString()))


def _skim(view: memoryview) -> tuple[list[onnx.NodeProto], dict[str, int], bool]:
    """The nodes of a model, the axes of its outputs by name, and whether weights stand in other files."""
    nodes: list[onnx.NodeProto] = []
    outputs: dict[str, int] = {}
    external = False
    for number, graph in _fields(view):
        if number != _GRAPH:
            continue
        for kind, content in _fields(graph):
            if kind == _NODE:
                nodes.append(onnx.NodeProto.FromString(bytes(content)))
            elif kind == _OUTPUT:
                output = onnx.ValueInfoProto.FromString(bytes(content))
                outputs[output.name] = len(output.type.tensor_type.shape.dim)
            elif kind == _WEIGHTS and len(content) < 2**16:  # weights that stand elsewhere are short
                external |= onnx.TensorProto.FromString(bytes(content)).data_location == _EXTERNAL
    return nodes, outputs, external


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a message that have a length; others are passed over."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        kind = key & 7
        if kind == 2:
            size, at = _varint(view, at)
            if at + size > len(view):
                raise ValueError("it ends too early")
            yield key >> 3, view[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(view, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("it holds what no model does")


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(view):
            raise ValueError("it ends too early")
        byte = view[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("it holds a number that is too long")


def _before(output: str, axes: int, makers: Mapping[str, onnx.NodeProto]) -> Logits | None:
    """What stands before an output's last layer; the mean over crops that a model of raw pixels takes is passed by."""
    node, views = _passed(output, makers), 1
    if node is not None and node.op_type == "Log":
        node = _passed(node.input[0], makers)
        node = node if node is not None and node.op_type == "Mean" else None
    if node is not None and node.op_type == "Mean":
        node, views = _split(node, makers)
        if node is not None and node.op_type == "Exp":
            node = _passed(node.input[0], makers)
    if node is None or node.op_type not in ENDS or node.domain not in ("", "ai.onnx") or not node.input:
        return None
    if node.op_type != "Sigmoid" and next((a.i for a in node.attribute if a.name == "axis"), -1) not in (1, 1 - axes):
        return None
    return Logits(node.input[0], ENDS[node.op_type], views)


def _passed(value: str, makers: Mapping[str, onnx.NodeProto]) -> onnx.NodeProto | None:
    """The node that gives a value, copies passed by."""
    for _ in range(100):
        node = makers.get(value)
        if node is None or node.op_type != "Identity" or not node.input:
            return node
        value = node.input[0]
    return None


def _split(mean: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto]) -> tuple[onnx.NodeProto | None, int]:
    """What gives the value whose equal parts a node takes the mean of, and how many there are."""
    split = makers.get(mean.input[0]) if mean.input else None
    if split is None or split.op_type != "Split" or list(split.output) != list(mean.input) or len(split.input) != 1:
        return None, 1
    if next((a.i for a in split.attribute if a.name == "axis"), 0) != 0:
        return None, 1
    return _passed(split.input[0], makers), len(mean.input)
