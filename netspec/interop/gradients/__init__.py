"""Gradients as ONNX: reverse mode over the nodes that operators emit, a rule for each kind of node."""

from netspec.interop.gradients.backward import RULES, STILL, backward
from netspec.interop.gradients.tape import Own, Tape

__all__ = ["RULES", "STILL", "Own", "Tape", "backward"]
