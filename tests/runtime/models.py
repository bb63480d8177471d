"""Models that netspec did not write: a graph of a line or two, and what stands in its metadata."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import onnx
from onnx import TensorProto as T
from onnx import helper as h

DATA: dict[str, Any] = {
    "classes": None,
    "prepare": [{"step": "grayscale"}, {"step": "scale", "factor": 1 / 255}],
    "test": None,
}


def tensor(name: str, shape: Sequence[Any] | None, kind: int = T.FLOAT) -> onnx.ValueInfoProto:
    return h.make_tensor_value_info(name, kind, shape)


def model(
    nodes: Sequence[onnx.NodeProto], inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (), told: Any = None, domains: Sequence[str] = ("",),
) -> bytes:  # fmt: skip
    """The bytes of a model; ``told`` is netspec's metadata, text as it is, else JSON (default: plain data settings)."""
    graph = h.make_graph(list(nodes), "foreign", list(inputs), list(outputs), list(weights))
    made = h.make_model(
        graph, ir_version=8, opset_imports=[h.make_opsetid(domain, 18 if not domain else 1) for domain in domains]
    )
    told = {"version": 1, "data": DATA, "end": "", "loss": None} if told is None else told
    if told != "":
        h.set_model_props(made, {"netspec": told if isinstance(told, str) else json.dumps(told)})
    content: bytes = made.SerializeToString()
    return content


X = tensor("x", ["N", 1, 4, 4])
FLAT = h.make_node("Flatten", ["x"], ["f"])


def ints(name: str, *values: int) -> onnx.TensorProto:
    return h.make_tensor(name, T.INT64, [len(values)], values)


def number(name: str, value: float, kind: int = T.FLOAT) -> onnx.TensorProto:
    return h.make_tensor(name, kind, [], [value])


def flat(told: Any = None, end: str = "Identity", **attributes: Any) -> bytes:
    """A model that answers with the 16 cells of a picture, after a layer ``end``."""
    return model([FLAT, h.make_node(end, ["f"], ["y"], **attributes)], [X], [tensor("y", ["N", 16])], told=told)


def cast(to: int) -> bytes:
    return model([FLAT, h.make_node("Cast", ["f"], ["y"], to=to)], [X], [tensor("y", ["N", 16], to)])


def reads(kind: int) -> bytes:
    nodes = [h.make_node("Cast", ["x"], ["c"], to=T.FLOAT), h.make_node("Flatten", ["c"], ["y"])]
    return model(nodes, [tensor("x", ["N", 1, 4, 4], kind)], [tensor("y", ["N", 16])])


def external(location: str) -> bytes:
    weights = onnx.TensorProto(name="w", data_type=T.FLOAT, dims=[16], data_location=T.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "64")):
        weights.external_data.add(key=key, value=value)
    return model([FLAT, h.make_node("Add", ["f", "w"], ["y"])], [X], [tensor("y", ["N", 16])], [weights])
