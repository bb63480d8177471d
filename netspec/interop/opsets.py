"""A model of another opset of the standard operators, where the same words mean the same in it."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from netspec.diagnostics import Trouble

#: The opset and IR version of what is written unless another is asked for.
OPSET, IR = 18, 8
#: Below it Softmax, Squeeze, Split and ReduceSum mean something else by the same words (ONNX' changelog of opset 13).
FLOOR = 13


def of_opset(proto: onnx.ModelProto, opset: int, highest: int) -> onnx.ModelProto:
    """A model of OPSET as one of ``opset``, checked; the highest that may be asked for is ``highest``.

    Its operators stay as they are. From FLOOR on ONNX has changed what an operator takes, never what the same inputs
    and attributes mean; so an opset will do where its checker takes the model. Raises Trouble N611 where it does not.
    """
    found = _stamped(proto, opset) if FLOOR <= opset <= highest else None
    if found is not None:
        return found
    lowest = next(n for n in range(FLOOR, OPSET + 1) if _stamped(proto, n) is not None)
    raise Trouble("N611", f"the net cannot be written in opset {opset}: it can in {lowest} to {highest}")


def known() -> int:
    """The highest opset that the onnx package knows."""
    return int(onnx.defs.onnx_opset_version())


def nothing(opset: int) -> bytes:
    """A model of an opset that hands its input on: what takes it knows the opset."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    body = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", [x], [y])
    return bytes(_named(helper.make_model(body), opset).SerializeToString())


def _named(proto: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """The same model, said to be of another opset."""
    imports = [helper.make_opsetid("", opset)]
    del proto.opset_import[:]
    proto.opset_import.extend(imports)
    proto.ir_version = IR if opset == OPSET else helper.find_min_ir_version_for(imports)
    return proto


def _stamped(proto: onnx.ModelProto, opset: int) -> onnx.ModelProto | None:
    """The model under another opset; None where an operator has not these words in it."""
    found = onnx.ModelProto()
    found.CopyFrom(proto)
    del found.graph.value_info[:]
    try:
        found = onnx.shape_inference.infer_shapes(
            _named(found, opset), check_type=True, strict_mode=True, data_prop=True
        )
        onnx.checker.check_model(found, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
        return None
    return found
