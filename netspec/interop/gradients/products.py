"""Gradients of products: matrices, and norms whose statistics stay."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.tape import Tape, attributes


def _gemm(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """y = x · w + b, w turned where ``transB`` says so."""
    turned = attributes(node).get("transB", 0)
    x, w, *bias = node.input
    dw = tape("Gemm", d, x, transA=1) if turned else tape("Gemm", x, d, transA=1)
    return [tape("Gemm", d, w, transB=1 - turned), dw, *(tape.summed(d, node.output[0], b) for b in bias)]


def _matmul(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x, w = node.input
    rank = len(tape.sizes[x])
    turned = [*range(rank - 2), rank - 1, rank - 2]
    dx = tape("MatMul", d, tape("Transpose", w, perm=turned))
    return [dx, tape("MatMul", tape("Transpose", x, perm=turned), d)]


def _normalised(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """A norm by running statistics is a product a map, and so is its gradient; it stands where nothing of it learns."""
    _, gain, _, mean, variance = node.input
    zeros = tape.zeros(tape("Shape", mean))
    epsilon = attributes(node)["epsilon"]
    return [tape("BatchNormalization", d, gain, zeros, zeros, variance, epsilon=epsilon), None, None, None, None]


RULES: Mapping[str, Rule] = {
    "Gemm": _gemm, "MatMul": _matmul, "BatchNormalization": _normalised,
}  # fmt: skip
