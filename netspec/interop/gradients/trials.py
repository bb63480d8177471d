"""A gradient of a convolution as a model by itself, so that its forms can be timed."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from netspec.graph import Graph
from netspec.interop.gradients.forms import INPUT, KERNEL
from netspec.interop.gradients.sliding import Met
from netspec.interop.gradients.tape import Tape
from netspec.interop.opsets import IR, OPSET
from netspec.weights import Model


def trial(met: Met, form: str, batch: int) -> onnx.ModelProto:
    """The model of a gradient in a form, on so many examples: its two inputs have the shapes that it reads."""
    at, tape = met.at, Tape(Model(Graph(met.of, {}, (), ()), {}))
    narrow, kernel = (batch, *at.narrow), (at.narrow[0], at.maps, *at.kernel)
    first, second, found = (
        ((batch, *at.wide), narrow, kernel) if met.of == "kernel" else (narrow, kernel, (batch, *at.wide))
    )
    result = (KERNEL if met.of == "kernel" else INPUT)[form](tape, at, "a", "b")
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name, shape in (("a", first), ("b", second))]  # fmt: skip
    outputs = [helper.make_tensor_value_info(result, TensorProto.FLOAT, found)]
    body = helper.make_graph(tape.nodes, met.of, inputs, outputs, list(tape.initializers.values()))
    return helper.make_model(body, ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)])
