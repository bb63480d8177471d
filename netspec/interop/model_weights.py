"""The weights that a compiled model holds, by the paths that netspec wrote them under."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from netspec.diagnostics import Fault
from netspec.files import foreign, open_regular
from netspec.kinds import STEP, mistaken
from netspec.weights import Array


def model_weights(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """The weights of a model by path; those that a layer reads in another shape than its own in that of ``shapes``.

    Raises Trouble N601 where there is no file, Fault N708 where it is no model, keeps its weights in other files
    or has them in 8 bits.
    """
    other = mistaken(path, "a model")
    if other:
        raise Fault("N708", other)
    with open_regular(path) as file, foreign("N708", f"{path} is not a model"):
        proto = onnx.load_model_from_string(file.read())
    if not proto.graph.node:
        raise Fault("N708", f"{path} is not a model: it has no layers")
    if _is_step(proto):
        raise Fault("N708", f"{path} is a training step, and a model or weights are wanted: a step reads its weights")
    if any(node.op_type == "DequantizeLinear" for node in proto.graph.node):
        raise Fault("N708", f"{path} has weights of 8 bits, which do not train", help="give the model of float32")
    found: dict[str, Array] = {}
    for tensor in proto.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise Fault("N708", f"{path} keeps its weights in other files, and only whole models are read")
        name, bracket, _ = tensor.name.partition("[")
        if (
            tensor.data_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
            or "." not in name.rsplit("/", 1)[-1]
        ):
            continue  # a constant of an operator
        with foreign("N708", f"{path} is damaged: a weight cannot be read"):
            array = np.array(numpy_helper.to_array(tensor), dtype=np.float32)
        shape = shapes.get(name, array.shape)
        found[name] = array.reshape(shape) if bracket and array.size == prod(shape) else array
    return found


def _is_step(proto: onnx.ModelProto) -> bool:
    """Whether netspec says in a model that it is a step of training."""
    for entry in proto.metadata_props:
        with suppress(ValueError, AttributeError, RecursionError):
            if entry.key == "netspec" and json.loads(entry.value).get("kind") == STEP:
                return True
    return False
